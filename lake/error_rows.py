"""The errors of a trace: those it lists, and those of its parts that it does not list. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
#: What the status of a tool call says where it failed; compared in small letters.
FAILED: Final = "error"
#: How most languages write an exception: its name, which has two capitals or an ending of its kind, and what it says.
_EXCEPTION: Final = re.compile(
    r"(?:[A-Za-z_]\w*\.)*"
    r"(?:[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]\w*(?:Error|Exception|Timeout)|Error|Exception|Timeout)(?=: +\S)"
)
#: The longest such name.
_LONGEST_TYPE: Final = 200
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
    one entry of ``errors`` tells of one call, whose tool it then has, and, because an exception goes through several
    of them, of all iterations and nodes with the same message. A call that failed and does not say why is an error
    without a type and a message, unless an entry of ``errors`` may tell of it.
    """
    rows = [
        ErrorRow("errors", n, *_typed(e.type, e.message), e.node, e.name, e.started_at)
        for n, e in enumerate(parts.errors)
    ]
    untold = [*rows]
    # Those that say nothing come last: what others say more surely tells of an entry is taken then.
    for row in sorted(_failures(parts), key=_is_silent):
        told = _told(row, untold if row.source == "tool_calls" else rows)
        if told is None:
            rows.append(row)
        elif row.source == "tool_calls":
            untold.remove(told)
            # Entries stand first, in order.
            rows[told.place] = replace(told, name=told.name or row.name, node=told.node or row.node)
    return rows[:MAX_PARTS], max(0, len(rows) - MAX_PARTS)


def _failures(parts: TraceParts) -> Iterator[ErrorRow]:
    steps: tuple[tuple[str, Sequence[Part]], ...] = (
        ("tool_calls", parts.calls),
        ("react_iterations", parts.iterations),
        ("nodes", parts.nodes),
    )
    for source, each in steps:
        for place, part in enumerate(each):
            if part.error is not _NOTHING or (source == "tool_calls" and has_failed(part)):
                yield from _failure(source, place, part, parts)


def _failure(source: str, place: int, part: Part, parts: TraceParts) -> Iterator[ErrorRow]:
    kind, message = read_error(part.error)
    if kind is None and message is None and not (source == "tool_calls" and has_failed(part)):
        return
    node, name = part.node, part.name
    if source == "nodes":
        node = part.name
    elif source == "tool_calls" and node is None and (of := parts.places[place]) is not None:
        node = parts.iterations[of].node if of < len(parts.iterations) else None
    yield ErrorRow(source, place, kind, message, node, name, part.started_at)


def has_failed(part: Part) -> bool:
    """Whether a part failed: its status says so, or it has an error.

    >>> has_failed(Part(status="Error")), has_failed(Part(error=msgspec.Raw(b'"late"'))), has_failed(Part(status="ok"))
    (True, True, False)
    """
    if part.status is not None and part.status.lower() == FAILED:
        return True
    return part.error is not _NOTHING and read_error(part.error) != (None, None)


def _told(row: ErrorRow, told: Sequence[ErrorRow]) -> ErrorRow | None:
    """The first of ``told`` that says the same."""
    return next((other for other in told[:_MOST_COMPARED] if _says(other, row)), None)


def _is_silent(row: ErrorRow) -> bool:
    return row.type is None and row.message is None


def _says(other: ErrorRow, row: ErrorRow) -> bool:
    """Whether ``other`` tells of the same failure: no other type, and the same message, or one that holds it."""
    if _is_silent(row):
        return other.source == "errors" and (other.name is None or other.name == row.name)
    if row.type and row.message and f"{row.type}: {row.message}" in (other.message or ""):
        return True  # an entry may call another type what a message begins with
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
        return _typed(None, found)
    if isinstance(found, dict) and ("message" in found or "type" in found):
        return _typed(_text(found.get("type")), _text(found.get("message")))
    return None, _encode(found).decode()


def _typed(kind: str | None, message: str | None) -> tuple[str | None, str | None]:
    """Type and message; the type is read from the message where it begins with one and nothing else names it.

    >>> _typed(None, "shop.PaymentRefused: no currency"), _typed("Late", "TimeoutError: 5 s")
    (('shop.PaymentRefused', 'no currency'), ('Late', 'TimeoutError: 5 s'))
    >>> _typed(None, "Note: late")
    (None, 'Note: late')
    """
    if kind or message is None:
        return kind, message
    named = _EXCEPTION.match(message, 0, _LONGEST_TYPE)
    return (None, message) if named is None else (named[0], message[named.end() + 1 :].lstrip())


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
