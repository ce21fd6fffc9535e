"""The parts of a trace that tables are derived from, whatever shape the trace has. Pure.

One decode of a trace reads what the columns of `lake.columns.DERIVED` need and steps over everything else. A trace
that does not have the types of `caselog.model.TRACE_PARTS` is read again part by part and field by field: a field of
another type is empty, and costs no other field, part or log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final, TypeVar

import msgspec

from caselog.said_parts import Said
from lake.call_twins import without_told
from lake.endings import fail, gave_error, settle, status_of
from lake.error_entries import complete_entries
from lake.failures import NOTHING, has_failed
from lake.odd_calls import read_odd_calls
from lake.part_bound import MAX_PARTS, kept_kinds, kept_places
from lake.said_calls import take_over, tell_steps
from lake.said_words import Message

T = TypeVar("T")

_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class Part(msgspec.Struct, gc=False):
    """What every kind of part may say under the model's names."""

    name: str | None = None
    node: str | None = None
    started_at: str | None = None
    duration_ms: float | None = None
    status: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    model: str | None = None
    error: msgspec.Raw = NOTHING
    state: msgspec.Raw = NOTHING
    outcome: msgspec.Raw = NOTHING
    level: msgspec.Raw = NOTHING
    success: msgspec.Raw = NOTHING


class ToolCall(Part, gc=False):
    """A tool call; of its arguments and its result the bytes of their JSON are kept until they are counted."""

    id: str | None = None
    is_error: bool | None = None
    isError: bool | None = None  # noqa: N815 - as MCP calls it
    arguments: msgspec.Raw = NOTHING
    result: msgspec.Raw = NOTHING


class Iteration(Part, gc=False):
    """An iteration and the tool calls in it."""

    iteration: int | None = None
    action: msgspec.Raw = NOTHING
    tool_calls: list[ToolCall] | None = None


class Node(Part, gc=False):
    """A node; ``parent`` is the name of the node that it ran in."""

    parent: str | None = None


class Error(Part, gc=False):
    """An entry of ``errors``."""

    type: str | None = None
    message: str | None = None


class Parts(msgspec.Struct):
    """What is read of a trace."""

    nodes: list[Node] | None = None
    react_iterations: list[Iteration] | None = None
    tool_calls: list[ToolCall] | None = None
    errors: list[Error] | None = None
    messages: msgspec.Raw = NOTHING
    final_response: msgspec.Raw = NOTHING
    subject: msgspec.Raw = NOTHING


_as_parts = msgspec.json.Decoder(Parts).decode
_as_messages = msgspec.json.Decoder(list[Message]).decode
_as_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_as_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_as_text = msgspec.json.Decoder(str).decode
_EXACT: Final[dict[type, Callable[[Any], Any]]] = {
    kind: msgspec.json.Decoder(kind).decode for kind in (Node, Iteration, ToolCall, Error, Message)
}
#: How a field is read where its part has an odd shape.
_FIELDS: Final[dict[type, dict[str, Callable[[Any], Any]]]] = {
    kind: {
        each.name: bytes if each.type is msgspec.Raw else msgspec.json.Decoder(each.type).decode
        for each in msgspec.structs.fields(kind)
    }
    for kind in _EXACT
}
_KINDS: Final = {
    "nodes": Node,
    "react_iterations": Iteration,
    "tool_calls": ToolCall,
    "errors": Error,
}


class TraceParts(msgspec.Struct):
    """The parts of one trace in their order; a tool call that the trace has in two places stands here once.

    ``calls`` are those of the iterations, in their order, then those of no iteration, and then those that nothing but
    its messages tells. ``places`` are the positions of the iterations that they belong to. ``failed_calls`` counts all
    that failed, and ``said_calls`` those that stand in messages alone. ``beyond`` is how many parts are left out,
    because there are too many of their kind: `lake.part_bound`.
    """

    iterations: Sequence[Iteration] = ()
    calls: Sequence[ToolCall] = ()
    places: Sequence[int | None] = ()
    errors: Sequence[Error] = ()
    nodes: Sequence[Node] = ()
    messages: Sequence[Message] = ()
    final_response: msgspec.Raw = NOTHING
    subject: msgspec.Raw = NOTHING
    #: Where each of ``errors`` stands in the trace's list; None: where it stands here.
    error_places: Sequence[int] | None = None
    failed_calls: int = 0
    said_calls: int = 0
    beyond: int = 0


#: Of a log without a trace.
NO_PARTS: Final = TraceParts()


def read_parts(trace: bytes | memoryview | str | None) -> TraceParts:
    """The parts of a trace; of one that is no JSON object, none.

    >>> found = read_parts(b'{"nodes": [{"name": "classify", "duration_ms": "slow"}, 7], "tool_calls": "none"}')
    >>> [(node.name, node.duration_ms) for node in found.nodes], found.calls
    ([('classify', None), (None, None)], [])
    """
    if trace is None:
        return NO_PARTS
    try:
        told = _as_parts(trace)
    except _UNREADABLE:
        told = _read_odd_trace(trace)
    return _in_order(told, trace)


def _in_order(parts: Parts, trace: bytes | memoryview | str) -> TraceParts:
    iterations = parts.react_iterations or []
    calls, places = _listed_calls(parts, trace)
    said = [_said_call(each) for each in tell_steps(calls, bytes(parts.messages))]
    calls += said
    places += [None] * len(said)
    for call in calls:
        _settle(call)
    for part in chain(iterations, parts.nodes or ()):
        settle(part)
    errors = parts.errors or []
    complete_entries(errors, trace)
    found = TraceParts(
        iterations,
        calls,
        places,
        errors,
        parts.nodes or [],
        _read_messages(parts.messages),
        parts.final_response,
        parts.subject,
        failed_calls=sum(map(has_failed, calls)),
        said_calls=len(said),
    )
    if max(len(iterations), len(calls), len(found.errors), len(found.nodes)) > MAX_PARTS:
        _bound(found)
    return found


def _listed_calls(parts: Parts, trace: bytes | memoryview | str) -> tuple[list[ToolCall], list[int | None]]:
    """The calls of the iterations and those of none, and the places of their iterations."""
    calls: list[ToolCall] = []
    places: list[int | None] = []
    for place, iteration in enumerate(parts.react_iterations or ()):
        if inside := iteration.tool_calls:
            calls += inside
            places += [place] * len(inside)
    outside = parts.tool_calls or []
    read_odd_calls([*calls, *outside], trace)
    outside = without_told(calls, outside) if calls else outside
    return [*calls, *outside], [*places, *([None] * len(outside))]


def _settle(call: ToolCall) -> None:
    """Has the status of a call say what its flags and its result say."""
    settle(call)
    if (call.is_error or call.isError or gave_error(call.result)) and not has_failed(call):
        fail(call)


def _said_call(said: Said) -> ToolCall:
    """A call that stands in nothing but messages."""
    call = ToolCall(id=said.ids[0] if said.ids else None, name=said.name or None, status=said.status)
    take_over(call, said)
    return call


def _read_messages(messages: msgspec.Raw) -> list[Message]:
    try:
        return _as_messages(messages) if messages is not NOTHING else []
    except _UNREADABLE:
        return _read_odd_list(Message, messages)


def _bound(found: TraceParts) -> None:
    """Leave out what is too much; a call whose iteration is left out stands in none."""
    steps = kept_places(found.iterations, _has_failure)
    place_of = {place: n for n, place in enumerate(steps)}
    calls = kept_places(found.calls, has_failed)
    found.places = [None if (of := found.places[n]) is None else place_of.get(of) for n in calls]
    kept = {
        "iterations": steps,
        "calls": calls,
        "errors": kept_kinds(range(len(found.errors)), lambda place: _kind_of(found.errors[place])),
        "nodes": kept_places(found.nodes, has_failed),
    }
    found.error_places = kept["errors"]
    for name, places in kept.items():
        values = getattr(found, name)
        found.beyond += len(values) - len(places)
        setattr(found, name, [values[place] for place in places])


def _kind_of(error: Error) -> tuple[str | None, ...]:
    return error.type, error.node, error.name


def _has_failure(step: Iteration) -> bool:
    return has_failed(step) or any(map(has_failed, step.tool_calls or ()))


# ------------------------------------------------------------ traces of odd shapes


def _read_odd_trace(trace: bytes | memoryview | str) -> Parts:
    try:
        told = _as_object(trace)
    except _UNREADABLE:
        return Parts()
    found = Parts()
    for name in ("messages", "final_response", "subject"):
        setattr(found, name, told.get(name, NOTHING))
    for name, kind in _KINDS.items():
        setattr(found, name, _read_odd_list(kind, told.get(name)))
    return found


def _read_odd_list(kind: type[T], value: msgspec.Raw | None) -> list[T]:
    """The parts of a list, one for each of its items, also of one that is JSON in a text; of anything else, none."""
    try:
        text = bytes(value or b"[]")
        if text.startswith(b'"'):
            text = _as_text(text).encode("utf-8", "replace")
        return [_read_odd_part(kind, item) for item in _as_list(text)]
    except _UNREADABLE:
        return []


def _read_odd_part(kind: type[T], item: msgspec.Raw) -> T:
    try:
        part: T = _EXACT[kind](item)
    except _UNREADABLE:
        part = kind()
        _read_odd_fields(part, item)
    return part


def _read_odd_fields(part: Any, item: msgspec.Raw) -> None:
    """Set what can be read; an error that is a text and no object is its message."""
    try:
        told = _as_object(item)
    except _UNREADABLE:
        if isinstance(part, Error):
            part.message = _read(_as_text, item)
        return
    for name, decode in _FIELDS[type(part)].items():
        if name not in told:
            continue
        if isinstance(part, Iteration) and name == "tool_calls":
            part.tool_calls = _read_odd_list(ToolCall, told[name])
        elif decode is bytes:
            setattr(part, name, told[name])
        elif name == "status":
            part.status = status_of(told[name], part)
        else:
            setattr(part, name, _read(decode, told[name]))


def _read(decode: Callable[[Any], T], value: msgspec.Raw) -> T | None:
    try:
        return decode(value)
    except _UNREADABLE:
        return None
