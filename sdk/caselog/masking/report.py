"""What was masked, by what it was, by which rule and where, never by value: so a hole can be told from a fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, Optional

from .engine import Find, replace

Finds = Mapping[str, Sequence[Find]]
#: What a value was, and the rule that told it, where that is known.
Reasons = Iterable[tuple[str, Optional[str]]]

#: Paths named for each kind, beside the first of each rule; the count goes on.
_MAX_PATHS = 20
_MAX_PATH_CHARS = 200
_MARKS = re.compile(r"\[(secret|card|iban|name|body|cut)\b|\b(email|phone):[0-9a-f]{16}|\[not (maskable)")
#: The rule of a value that none for texts found: its field told it, unless its mark says otherwise.
_FIELD = "field"
_RULES_OF_MARKS = {"body": "bodies", "maskable": "failed"}
#: For the docs: rules beside those for texts, and what was masked by them.
RULES_WITHOUT_TEXT = {
    _FIELD: "a value, by its field or what stands beside it, in JSON in a text too; a number that is a card's",
    "known name": "a name that is known in the ticket, where nothing else tells it",
    "own key": "the SDK's own API key and hash key, wherever they stand",
    "bodies": "what people and models said to each other (`CASELOG_MASK=bodies`)",
    "failed": "a value that could not be looked at",
    "own": "whatever your own mask changed (`caselog.set_mask`)",
}


def describe_masking(before: Any, after: Any, finds: Finds | None = None) -> dict[str, dict[str, Any]]:
    """For each kind of what is private how many values were changed, by which rules, and where the first of them stand.

    ``finds`` are those of the texts of ``before``; without them no rule is named. Where a kind has several rules,
    ``at`` says which of the paths are whose, by their numbers from 0.

    >>> log, masked = {"trace": {"password": "hunter2"}}, {"trace": {"password": "[secret]"}}
    >>> describe_masking(log, masked, {})
    {'secret': {'count': 1, 'paths': ['trace.password'], 'rules': {'field': 1}}}
    """
    return _compare(before, after, lambda value, masked: _find_reasons(value, masked, finds))


def describe_own_mask(before: Any, after: Any) -> dict[str, dict[str, Any]]:
    """The same of what the user's own mask changed, under ``own``."""
    return _compare(before, after, lambda _value, _masked: (("own", None),))


def by_rule(masked: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What `describe_masking` says, for each rule; a value that was of two kinds for one rule counts twice.

    >>> by_rule({"secret": {"count": 1, "paths": ["a"], "rules": {"token": 1}}, "own": {"count": 1, "paths": ["b"]}})
    {'token': {'count': 1, 'paths': ['a']}, 'own': {'count': 1, 'paths': ['b']}}
    """
    told: dict[str, dict[str, Any]] = {}
    for kind, entry in masked.items():
        paths = entry["paths"]
        for rule, count in entry.get("rules", {kind: entry["count"]}).items():
            rule_s = told.setdefault(rule, {"count": 0, "paths": []})
            rule_s["count"] += count
            at = entry.get("at", {}).get(rule, range(len(paths)))
            rule_s["paths"] += [paths[place] for place in at if place < len(paths)]
    return told


def _find_reasons(before: Any, masked: Any, finds: Finds | None) -> Reasons:
    found = finds.get(before, ()) if finds and isinstance(before, str) else ()
    marks = {next(filter(None, mark)): None for mark in _MARKS.findall(str(masked))}
    # Its field may have told of a text that is found elsewhere too.
    if found and (not marks or masked == replace(before, found)):
        return {(find.kind, find.rule): None for find in found}
    kinds = marks or {"other": None}
    return [(kind, None if finds is None else _RULES_OF_MARKS.get(kind, _FIELD)) for kind in kinds]


def _compare(
    before: Any, after: Any, find_reasons: Callable[[Any, Any], Reasons]
) -> dict[str, dict[str, Any]]:
    comparison = _Comparison(find_reasons)
    comparison.compare(before, after, "")
    return {kind: entry.tell() for kind, entry in comparison.found.items()}


class _Comparison:
    """Two versions of a log, walked through together."""

    def __init__(self, find_reasons: Callable[[Any, Any], Reasons]) -> None:
        self._find_reasons = find_reasons
        self.found: dict[str, _Kind] = {}

    def compare(self, before: Any, after: Any, path: str) -> None:
        # Equal parts are most of a log, and comparing them is one call.
        if before == after:
            return
        if isinstance(before, dict) and isinstance(after, dict) and len(before) == len(after):
            for (name, value), (masked_name, masked) in zip(before.items(), after.items()):
                inner = f"{path}.{masked_name}" if path else masked_name
                if name != masked_name:
                    self._note(name, masked_name, f"{inner} (name)")
                self.compare(value, masked, inner)
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for place, (value, masked) in enumerate(zip(before, after)):
                self.compare(value, masked, f"{path}[{place}]")
        else:
            self._note(before, after, path)

    def _note(self, before: Any, masked: Any, path: str) -> None:
        rules: dict[str, list[str]] = {}
        for kind, rule in self._find_reasons(before, masked):
            rules.setdefault(kind, []).extend((rule,) if rule else ())
        for kind, of_kind in rules.items():
            self.found.setdefault(kind, _Kind()).add(path[:_MAX_PATH_CHARS], of_kind)


class _Kind:
    """The values of one kind that were changed."""

    def __init__(self) -> None:
        self._count = 0
        self._paths: list[str] = []
        self._rules: dict[str, int] = {}
        self._at: dict[str, list[int]] = {}

    def add(self, path: str, rules: Sequence[str]) -> None:
        self._count += 1
        if len(self._paths) < _MAX_PATHS or not self._rules.keys() >= set(rules):
            for rule in rules:
                self._at.setdefault(rule, []).append(len(self._paths))
            self._paths.append(path)
        for rule in rules:
            self._rules[rule] = self._rules.get(rule, 0) + 1

    def tell(self) -> dict[str, Any]:
        told: dict[str, Any] = {"count": self._count, "paths": self._paths}
        if self._rules:
            told["rules"] = self._rules
        if len(self._rules) > 1:
            told["at"] = self._at
        return told
