"""A log that is too big loses length, not existence: strings first, then long lists, then the trace.

Whatever is cut leaves a marker that says how much is missing.
"""

from __future__ import annotations

import json
import sys
from typing import Any

#: Length limits tried one after the other: characters of a string, items of a list or dict.
_STEPS = ((100_000, 10_000), (10_000, 2_000), (2_000, 500), (400, 100))


def cut_to(log: dict[str, Any], max_bytes: int) -> bytes | None:
    """The log as one line of JSON of at most so many bytes; None where even its small fields are too big."""
    line = _encode(log)
    for max_chars, max_items in _STEPS:
        if len(line) <= max_bytes:
            return line
        log = {name: _shorten(value, max_chars, max_items) for name, value in log.items()}
        line = _encode(log)
    if len(line) > max_bytes and "trace" in log:
        line = _encode({**log, "trace": {"cut": f"[cut: a trace of {len(line)} bytes]"}})
    return line if len(line) <= max_bytes else None


def drop_items(log: dict[str, Any]) -> dict[str, Any]:
    """An enormous log with only the first items of its longest lists: masking each would take the machine's time."""
    return {name: _shorten(value, sys.maxsize, _STEPS[0][1]) for name, value in log.items()}


def _encode(log: dict[str, Any]) -> bytes:
    # A lone surrogate is no Unicode text and would be refused: it becomes "?".
    return json.dumps(log, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )


def _shorten(value: Any, max_chars: int, max_items: int) -> Any:
    if isinstance(value, str):
        return _shorten_text(value, max_chars)
    if isinstance(value, list):
        return _shorten_list(value, max_chars, max_items)
    return _shorten_dict(value, max_chars, max_items) if isinstance(value, dict) else value


def _shorten_text(text: str, max_chars: int) -> str:
    if len(text) <= max_chars:
        return text
    return f"{text[: max_chars // 2]}… [cut: {len(text)} characters] …{text[-max_chars // 4 :]}"


def _shorten_list(items: list[Any], max_chars: int, max_items: int) -> list[Any]:
    kept = [_shorten(item, max_chars, max_items) for item in items[:max_items]]
    return kept if len(items) <= max_items else [*kept, f"[cut: {len(items)} items]"]


def _shorten_dict(fields: dict[str, Any], max_chars: int, max_items: int) -> dict[str, Any]:
    kept = {name: _shorten(value, max_chars, max_items) for name, value in list(fields.items())[:max_items]}
    return kept if len(fields) <= max_items else {**kept, "[cut]": f"[cut: {len(fields)} entries]"}
