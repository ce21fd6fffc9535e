"""The errors of a trace: those it lists, and those of its parts that it does not list. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from lake.error_row import ErrorRow
from lake.failures import NOTHING, has_failed, read_error, read_reason
from lake.message_pattern import GENERIC_TYPES
from lake.part_bound import kept_kinds
from lake.said_errors import typed
from lake.trace_parts import Part, ToolCall, TraceParts
from lake.untold_steps import untold_steps

#: A shorter message may stand in another one by chance.
_TELLING: Final = 8
#: A failure is looked for among so many errors: a trace with thousands of them must not cost their square.
_MOST_COMPARED: Final = 100


def error_rows(parts: TraceParts) -> tuple[list[ErrorRow], int]:
    """All errors of a trace, and how many more there were than become rows: `lake.part_bound`.

    What a tool call, an iteration or a node says of its failure is an error of its own unless it is told already:
    one entry of ``errors`` tells of one call, whose tool it then has, and, because an exception goes through several
    of them, of all iterations and nodes with the same message. What a call that failed says of it stands in its error,
    else in its result. One that says nothing is an error without a type and a message, unless an entry of ``errors``
    may tell of it, which names no tool by that; so is an iteration or a node that says nothing, unless something that
    went wrong in it is told.
    """
    rows = [
        ErrorRow("errors", n, *typed(e.type, e.message), e.node, e.name, e.started_at)
        for n, e in enumerate(parts.errors)
    ]
    untold = [*rows]
    said = {row.message for row in rows}
    # First those that say an entry to the letter; those that say nothing come last.
    for row in sorted(_failures(parts), key=lambda row: (_is_silent(row), row.message not in said)):
        told = _told(row, untold if row.source == "tool_calls" else rows)
        if told is None:
            rows.append(row)
        elif row.source == "tool_calls":
            untold.remove(told)
            # Entries stand first, in order.
            if not _is_silent(row):
                rows[told.place] = replace(told, name=told.name or row.name, node=told.node or row.node)
    rows += untold_steps(parts, rows)
    kept = kept_kinds(rows, lambda row: (row.type, row.node, row.name))
    return [_in_trace(row, parts) for row in kept] if parts.error_places else kept, len(rows) - len(kept)


def _in_trace(row: ErrorRow, parts: TraceParts) -> ErrorRow:
    """An entry of ``errors`` with its place in the trace's list."""
    if row.source != "errors" or not parts.error_places:
        return row
    return replace(row, place=parts.error_places[row.place])


def _failures(parts: TraceParts) -> Iterator[ErrorRow]:
    steps: tuple[tuple[str, Sequence[Part]], ...] = (
        ("tool_calls", parts.calls),
        ("react_iterations", parts.iterations),
        ("nodes", parts.nodes),
    )
    for source, each in steps:
        for place, part in enumerate(each):
            if part.error is not NOTHING or (source == "tool_calls" and has_failed(part)):
                yield from _failure(source, place, part, parts)


def _failure(source: str, place: int, part: Part, parts: TraceParts) -> Iterator[ErrorRow]:
    kind, message = read_error(part.error)
    if kind is None and message is None:
        if source != "tool_calls" or not isinstance(part, ToolCall) or not has_failed(part):
            return
        kind, message = read_reason(part.result)
    node, name = part.node, part.name
    if source == "nodes":
        node = part.name
    elif source == "tool_calls" and node is None and (of := parts.places[place]) is not None:
        node = parts.iterations[of].node if of < len(parts.iterations) else None
    yield ErrorRow(source, place, kind, message, node, name, part.started_at)


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
    if _telling(row.type) and _telling(other.type) and _telling(row.type) != _telling(other.type):
        return False
    if row.message is None or other.message is None:
        return row.message == other.message and row.type == other.type
    if row.message == other.message or _holds(other.message, row.message):
        return True
    return row.source == "tool_calls" and _holds(row.message, other.message)


def _holds(message: str, other: str) -> bool:
    return len(other) >= _TELLING and other in message


def _telling(kind: str | None) -> str:
    """The name of a type without its module; nothing where it says no more than that it is an error."""
    name = (kind or "").rpartition(".")[2]
    return "" if name.lower() in GENERIC_TYPES else name
