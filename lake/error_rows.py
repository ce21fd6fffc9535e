"""The errors of a trace: those it lists, and those of its parts that it does not list. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from lake.trace_parts import MAX_PARTS, Part, TraceParts

_NOTHING: Final = Part().error
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_as_any = msgspec.json.Decoder().decode
_as_text = msgspec.json.Decoder(str).decode
#: A shorter message may stand in another one by chance.
_TELLING: Final = 8
#: A failure is looked for among so many errors: a trace with thousands of them must not cost their square.
_MOST_COMPARED: Final = 100
_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True)
class ErrorRow:
    """One error: of which list of the trace (``source``), and the place in it of the part that has it."""

    source: str
    place: int
    type: str | None
    message: str | None
    node: str | None = None
    name: str | None = None
    started_at: str | None = None


def error_rows(parts: TraceParts) -> tuple[list[ErrorRow], int]:
    """All errors of a trace, and how many there were beyond `MAX_PARTS`.

    What a tool call, an iteration or a node says of its failure is an error of its own unless it is told already:
    one entry of ``errors`` tells of one call, and, because an exception goes through several of them, of all
    iterations and nodes with the same message.
    """
    rows = [
        ErrorRow("errors", n, e.type, e.message, e.node, e.name, e.started_at)
        for n, e in enumerate(parts.errors)
    ]
    untold = [*rows]
    for row in _failures(parts):
        told = _told(row, untold if row.source == "tool_calls" else rows)
        if told is None:
            rows.append(row)
        elif row.source == "tool_calls":
            untold.remove(told)
    return rows[:MAX_PARTS], max(0, len(rows) - MAX_PARTS)


def _failures(parts: TraceParts) -> Iterator[ErrorRow]:
    steps: tuple[tuple[str, Sequence[Part]], ...] = (
        ("tool_calls", parts.calls),
        ("react_iterations", parts.iterations),
        ("nodes", parts.nodes),
    )
    for source, each in steps:
        for place, part in enumerate(each):
            if part.error is not _NOTHING:
                yield from _failure(source, place, part, parts)


def _failure(source: str, place: int, part: Part, parts: TraceParts) -> Iterator[ErrorRow]:
    kind, message = read_error(part.error)
    if kind is None and message is None:
        return
    node, name = part.node, part.name
    if source == "nodes":
        node = part.name
    elif source == "tool_calls" and node is None and (of := parts.places[place]) is not None:
        node = parts.iterations[of].node if of < len(parts.iterations) else None
    yield ErrorRow(source, place, kind, message, node, name, part.started_at)


def _told(row: ErrorRow, told: Sequence[ErrorRow]) -> ErrorRow | None:
    """The first of ``told`` that says the same."""
    return next((other for other in told[:_MOST_COMPARED] if _says(other, row)), None)


def _says(other: ErrorRow, row: ErrorRow) -> bool:
    """Whether ``other`` tells of the same failure: no other type, and the same message, or one that holds it."""
    if row.type and other.type and row.type != other.type:
        return False
    if row.message is None or other.message is None:
        return row.message == other.message and row.type == other.type
    is_held = len(row.message) >= _TELLING and row.message in other.message
    return is_held or row.message == other.message


def read_error(value: msgspec.Raw) -> tuple[str | None, str | None]:
    """Type and message of what a part says of its failure: a text, an object of both, or any other JSON.

    >>> read_error(msgspec.Raw(b'{"type": "Timeout", "message": "no answer"}')), read_error(msgspec.Raw(b'"late"'))
    (('Timeout', 'no answer'), (None, 'late'))
    >>> read_error(msgspec.Raw(b'false'))
    (None, None)
    """
    try:
        found: Any = _as_any(value)
    except _UNREADABLE:
        return None, None
    if not found:
        return None, None
    if isinstance(found, str):
        return None, found
    if isinstance(found, dict) and ("message" in found or "type" in found):
        return _text(found.get("type")), _text(found.get("message"))
    return None, _encode(found).decode()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
