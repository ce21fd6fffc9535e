"""What was masked, by rule and path, never by value: so a hole in a log can be told from a fault in a workflow."""

from __future__ import annotations

import re
from typing import Any

#: Paths named for each rule; the count goes on.
_MAX_PATHS = 20
_MARKS = re.compile(r"\[(secret|card|iban|phone|name|body|cut)\b|\b(email):[0-9a-f]{16}|\[not (maskable)")


def describe_masking(before: Any, after: Any) -> dict[str, dict[str, Any]]:
    """For each rule how many values it changed and where the first of them stand.

    >>> describe_masking({"trace": {"n": ["bob@x.org"]}}, {"trace": {"n": ["email:0123456789abcdef"]}})
    {'email': {'count': 1, 'paths': ['trace.n[0]']}}
    """
    found: dict[str, dict[str, Any]] = {}
    _compare(before, after, "", found)
    return found


def _compare(before: Any, after: Any, path: str, found: dict[str, dict[str, Any]]) -> None:
    # Equal parts are most of a log, and comparing them is one call.
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and len(before) == len(after):
        for (name, value), (masked_name, masked) in zip(before.items(), after.items()):
            inner = f"{path}.{masked_name}" if path else masked_name
            if name != masked_name:
                _note(masked_name, f"{inner} (name)", found)
            _compare(value, masked, inner, found)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (value, masked) in enumerate(zip(before, after)):
            _compare(value, masked, f"{path}[{place}]", found)
    else:
        _note(after, path, found)


def _note(masked: Any, path: str, found: dict[str, dict[str, Any]]) -> None:
    for rule in {next(filter(None, mark)) for mark in _MARKS.findall(str(masked))} or {"other"}:
        entry = found.setdefault(rule, {"count": 0, "paths": []})
        entry["count"] += 1
        if len(entry["paths"]) < _MAX_PATHS:
            entry["paths"].append(path[:200])
