"""Tool calls that stand in the messages of a trace: those of its steps, with what came back, and others. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from caselog.blocks import read_json
from caselog.endings import DONE_STATUSES
from caselog.said_calls import read_said
from caselog.said_fields import ABSENT
from caselog.said_parts import Said
from caselog.said_steps import Step, join_steps
from lake.failures import has_failed, is_null, read_value
from lake.json_shape import count_items

#: A message in which none of these stands holds no call and no result: texts are sought far quicker than by an
#: expression.
_OF_CALLS: Final = (
    *(b"tool_", b'"tool', b"tool-", b"-tool", b"Tool", b"TOOL", b"_call", b"-call", b".call", b"Call"),
    *(b'"function', b"function_", b"function.", b"functionC", b"functionR", b"xecutable", b"xecution"),
)
#: Of more messages than any run has, none is looked at; nor is one of so many values that it would fill the memory.
_MOST_MESSAGES: Final = 100_000
_MOST_COMMAS: Final = 100_000
_NO_MESSAGES: Final = 2

_as_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class Call(Protocol):
    """A call as a step tells it."""

    id: str | None
    name: str | None
    status: str | None
    error: msgspec.Raw
    arguments: msgspec.Raw
    result: msgspec.Raw


def may_call(messages: bytes) -> bool:
    """Whether a call may stand in these messages: their JSON has one of the words of calls."""
    if len(messages) <= _NO_MESSAGES:
        return False
    for word in _OF_CALLS:  # noqa: SIM110 - this is asked of each message, and `any` takes twice as long
        if word in messages:
            return True
    return False


def said_in(messages: bytes) -> list[Said]:
    """The calls in a list of messages as `caselog` reads them, then results that are nobody's; else none.

    >>> [said.told() for said in said_in(b'[{"type": "function_call", "call_id": "c", "name": "f", "input": ""}]')]
    [{'id': 'c', 'name': 'f', 'arguments': ''}]
    """
    if not may_call(messages):
        return []
    try:
        if count_items(messages) > _MOST_MESSAGES:
            return []
        return read_said(_those_that_may_call(_as_list(messages)))
    except _UNREADABLE:
        return []


def _those_that_may_call(messages: list[msgspec.Raw]) -> Iterator[Any]:
    """One message after another, so that memory holds one of them; None in place of one without calls."""
    for message in messages:
        text = bytes(message)
        is_looked_at = may_call(text) and text.count(b",") <= _MOST_COMMAS
        yield read_value(message) if is_looked_at else None


def tell_steps(calls: Sequence[Call], messages: bytes) -> list[Said]:
    """Has calls of steps say what only messages say of them; the calls that no step tells."""
    said = said_in(messages)
    if not said or not calls:
        return [each for each in said if each.is_call]
    theirs, untold = join_steps([_step_of(call) for call in calls], said)
    for place, each in theirs.items():
        take_over(calls[place], each)
    return untold


class Named(Protocol):
    """As much of a call as tells which one it is."""

    id: str | None
    name: str | None
    arguments: msgspec.Raw


def count_untold(calls: Sequence[Named], said: Sequence[Said]) -> int:
    """How many calls no step tells."""
    return len(join_steps([_step_of(call) for call in calls], said)[1])


def _step_of(call: Named) -> Step:
    return Step(call.id, call.name, partial(read_value, call.arguments))


def take_over(call: Call, said: Said) -> None:
    """What a call does not say itself; one that says that it is done did not fail."""
    for name in ("arguments", "result", "error"):
        told = getattr(said, name)
        if told is not None and told is not ABSENT and is_null(getattr(call, name)):
            setattr(call, name, msgspec.Raw(_encode(read_json(told) if name == "arguments" else told)))
    is_done = call.status is not None and call.status.lower() in DONE_STATUSES
    if said.failed and not is_done and not has_failed(call):
        call.status = said.told()["status"]
