"""Calls of steps in the shape of their maker instead of the log's: `function`, `args`, `toolName`, `output`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from caselog.said_blocks import read_block
from caselog.said_fields import Fields
from caselog.said_parts import Said, call
from lake.failures import NOTHING
from lake.said_calls import Call, take_over

_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class _Step(msgspec.Struct, gc=False):
    tool_calls: list[msgspec.Raw] | None = None


class _Steps(msgspec.Struct, gc=False):
    react_iterations: list[_Step] | None = None
    tool_calls: list[msgspec.Raw] | None = None


_as_steps = msgspec.json.Decoder(_Steps).decode
_as_object = msgspec.json.Decoder(dict[str, Any]).decode


def read_odd_calls(calls: Sequence[Call], trace: bytes | memoryview | str) -> None:
    """Fill in what those do not say under the log's names; ``calls`` are the trace's, in its order.

    A trace is read once more where there is such a call, and only then.
    """
    if not any(map(_is_odd, calls)):
        return
    try:
        sent = list(_sent(_as_steps(trace)))
    except _UNREADABLE:
        return
    for told, each in zip(calls, sent, strict=False):
        if _is_odd(told) and (said := _read(each)):
            told.id = told.id or (said.ids[0] if said.ids else None)
            told.name = told.name or said.name or None
            take_over(told, said)


def _is_odd(told: Call) -> bool:
    return told.name is None or told.arguments is NOTHING or told.result is NOTHING


def _sent(steps: _Steps) -> Iterator[msgspec.Raw]:
    for step in steps.react_iterations or ():
        yield from step.tool_calls or ()
    yield from steps.tool_calls or ()


def _read(sent: msgspec.Raw) -> Said | None:
    try:
        told = _as_object(sent)
    except _UNREADABLE:
        return None
    known = read_block(told)
    return known[0] if known and known[0].is_call else call(Fields(told))
