"""What was masked, by rule and path, never by value: so a hole in a log can be told from a fault in a workflow."""

from __future__ import annotations

import re
from typing import Any

#: Paths named for each rule; the count goes on.
_MAX_PATHS = 20
_MARKS = re.compile(r"\[(secret|card|iban|phone|name|body|cut)\b|\b(email):[0-9a-f]{16}|\[not (maskable)")


def describe_masking(before: Any, after: Any, rule: str | None = None) -> dict[str, dict[str, Any]]:
    """For each rule how many values it changed and where the first of them stand; with ``rule`` all are that rule's.

    >>> describe_masking({"trace": {"n": ["bob@x.org"]}}, {"trace": {"n": ["email:0123456789abcdef"]}})
    {'email': {'count': 1, 'paths': ['trace.n[0]']}}
    """
    report = _Report(rule)
    report.compare(before, after, "")
    return report.found


class _Report:
    def __init__(self, rule: str | None) -> None:
        self._rule = rule
        self.found: dict[str, dict[str, Any]] = {}

    def compare(self, before: Any, after: Any, path: str) -> None:
        # Equal parts are most of a log, and comparing them is one call.
        if before == after:
            return
        if isinstance(before, dict) and isinstance(after, dict) and len(before) == len(after):
            for (name, value), (masked_name, masked) in zip(before.items(), after.items()):
                inner = f"{path}.{masked_name}" if path else masked_name
                if name != masked_name:
                    self._note(masked_name, f"{inner} (name)")
                self.compare(value, masked, inner)
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for place, (value, masked) in enumerate(zip(before, after)):
                self.compare(value, masked, f"{path}[{place}]")
        else:
            self._note(after, path)

    def _note(self, masked: Any, path: str) -> None:
        marks = {next(filter(None, mark)) for mark in _MARKS.findall(str(masked))} or {"other"}
        for rule in {self._rule} if self._rule else marks:
            entry = self.found.setdefault(rule, {"count": 0, "paths": []})
            entry["count"] += 1
            if len(entry["paths"]) < _MAX_PATHS:
                entry["paths"].append(path[:200])
