"""Tool calls that stand in the messages of a run, in whose format they may be, each with what came back for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .said_answers import answer_all
from .said_fields import is_record
from .said_messages import parts_of
from .said_parts import Said

#: So many calls and results are looked at: messages of any size cost no more.
MOST_BLOCKS = 100_000


def said_calls(messages: Iterable[Any]) -> list[dict[str, Any]]:
    """The calls in their order: ``id``, ``name``, ``arguments``, ``result``, ``status``, ``error``, as far as told.

    A call that one message says twice, in its content and beside it, is one.

    >>> said_calls([{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
    ...             {"role": "tool", "tool_call_id": "1", "content": "no", "status": "error"}])
    [{'id': '1', 'name': 'f', 'arguments': {}, 'result': 'no', 'status': 'error'}]
    """
    return [said.told() for said in read_said(messages) if said.is_call]


def read_said(messages: Iterable[Any]) -> list[Said]:
    """The calls of all messages in their order, each with its result; then the results that are nobody's."""
    return answer_all(_bounded(messages))


def _bounded(messages: Iterable[Any]) -> Iterator[tuple[int, Sequence[Said]]]:
    left = MOST_BLOCKS
    for place, message in enumerate(messages):
        parts = parts_of(message)[:left] if is_record(message) else ()
        if parts:
            yield place, parts
            left -= len(parts)
        if left <= 0:
            return
