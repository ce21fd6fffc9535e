"""How many parts of each kind a trace holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from caselog.said_parts import Said
from lake.json_shape import count_items
from lake.said_calls import count_untold, said_in
from lake.trace_parts import read_parts

#: What is counted of a trace of fewer bytes, or with fewer commas, can be held while it is counted.
_SMALL_BYTES: Final = 256 * 1024
_FEW_COMMAS: Final = 100_000
#: Where there are more iterations than any run has, tool calls in them are not counted.
_MOST_LOOKED_INTO: Final = 100_000
_NOTHING: Final = msgspec.Raw(b"null")


class _Iteration(msgspec.Struct, gc=False):
    tool_calls: list[msgspec.Raw] | None = None


class _Countable(msgspec.Struct, gc=False):
    errors: list[msgspec.Raw] | None = None
    tool_calls: list[msgspec.Raw] | None = None
    react_iterations: list[_Iteration] | None = None
    messages: msgspec.Raw = _NOTHING


class _Named(msgspec.Struct, gc=False):
    id: str | None = None
    name: str | None = None
    arguments: msgspec.Raw = _NOTHING


class _NamedStep(msgspec.Struct, gc=False):
    tool_calls: list[_Named] | None = None


class _NamedCalls(msgspec.Struct, gc=False):
    tool_calls: list[_Named] | None = None
    react_iterations: list[_NamedStep] | None = None


class _Calls(msgspec.Struct, gc=False):
    tool_calls: msgspec.Raw = _NOTHING


class _Parts(msgspec.Struct, gc=False):
    errors: msgspec.Raw = _NOTHING
    tool_calls: msgspec.Raw = _NOTHING
    react_iterations: msgspec.Raw = _NOTHING
    messages: msgspec.Raw = _NOTHING


_as_countable = msgspec.json.Decoder(_Countable).decode
_as_named = msgspec.json.Decoder(_NamedCalls).decode
_as_parts = msgspec.json.Decoder(_Parts).decode
_as_calls = msgspec.json.Decoder(_Calls).decode
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_as_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True)
class PartCounts:
    """How many parts of each kind a trace holds; tool calls inside iterations count too."""

    react_iterations: int = 0
    tool_call_count: int = 0
    error_count: int = 0


def count_parts(trace: bytes) -> PartCounts:
    """How many iterations, tool calls and errors there are; parts of an unexpected shape count as none.

    Calls that stand in nothing but its messages count too.

    >>> count_parts(b'{"errors": [{}], "react_iterations": [{"tool_calls": [1, 2]}]}')
    PartCounts(react_iterations=1, tool_call_count=2, error_count=1)
    """
    counts, messages = _count_listed(trace)
    found = said_in(bytes(messages))
    said = sum(each.is_call for each in found)
    if said and counts.tool_call_count:
        said = _count_untold(trace, found)
    return replace(counts, tool_call_count=counts.tool_call_count + said) if said else counts


def _count_untold(trace: bytes, said: Sequence[Said]) -> int:
    """Of calls that messages say, those that no step tells."""
    try:
        told = _as_named(trace)
    except _UNREADABLE:
        return read_parts(trace).said_calls
    listed = [call for step in told.react_iterations or () for call in step.tool_calls or ()]
    return count_untold([*listed, *(told.tool_calls or ())], said)


def _count_listed(trace: bytes) -> tuple[PartCounts, msgspec.Raw]:
    """What the lists hold, and the messages."""
    if len(trace) > _SMALL_BYTES and trace.count(b",") > _FEW_COMMAS:
        return _count_apart(trace)
    try:
        parts = _as_countable(trace)
    except msgspec.DecodeError:
        return _count_apart(trace)
    iterations = parts.react_iterations or []
    nested = sum(len(iteration.tool_calls or ()) for iteration in iterations)
    counts = PartCounts(len(iterations), nested + len(parts.tool_calls or ()), len(parts.errors or ()))
    return counts, parts.messages


def _count_apart(trace: bytes) -> tuple[PartCounts, msgspec.Raw]:
    """As `_count_listed`, of traces of any shape and size."""
    try:
        parts = _as_parts(trace)
    except (msgspec.DecodeError, RecursionError):
        return PartCounts(), _NOTHING
    iterations = count_items(bytes(parts.react_iterations))
    nested = _count_nested(parts.react_iterations) if 0 < iterations <= _MOST_LOOKED_INTO else 0
    calls = nested + count_items(bytes(parts.tool_calls))
    return PartCounts(iterations, calls, count_items(bytes(parts.errors))), parts.messages


def _count_nested(iterations: msgspec.Raw) -> int:
    return sum(map(_count_calls, _as_list(iterations)))


def _count_calls(iteration: msgspec.Raw) -> int:
    try:
        return count_items(bytes(_as_calls(iteration).tool_calls))
    except msgspec.DecodeError:  # it is no object
        return 0
