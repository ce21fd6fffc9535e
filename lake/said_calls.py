"""Tool calls that stand in nothing but the messages of a trace. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from caselog.said_calls import said_calls
from lake.json_shape import count_items

#: Messages in which none of these stands hold no call: texts are sought far quicker than by an expression.
_OF_CALLS: Final = (b"_call", b"-call", b"_use", b"toolUse", b"functionCall", b'"function"', b"xecutable")
#: And one of these is in what came back for a call.
_OF_RESULTS: Final = (*_OF_CALLS, b"Result", b"_result", b"esponse")
#: Of more messages than any run has, none is looked at; nor is one of so many values that it would fill the memory.
_MOST_MESSAGES: Final = 100_000
_MOST_COMMAS: Final = 100_000
_NOTHING: Final = msgspec.Raw(b"null")


class _Said(msgspec.Struct, gc=False):
    messages: msgspec.Raw = _NOTHING


_as_said = msgspec.json.Decoder(_Said).decode
_as_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_as_any = msgspec.json.Decoder().decode
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def calls_in_messages(trace: bytes | memoryview | str) -> list[dict[str, Any]]:
    """The calls as `caselog.said_calls` reads them; of a trace of any other shape, none.

    >>> calls_in_messages(b'{"messages": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]}')
    [{'id': 'c', 'name': 'f', 'arguments': {}}]
    """
    text = trace.encode() if isinstance(trace, str) else bytes(trace)
    if not any(word in text for word in _OF_CALLS):
        return []
    try:
        messages = bytes(_as_said(text).messages)
        if count_items(messages) > _MOST_MESSAGES:
            return []
        return said_calls(_those_that_may_call(_as_list(messages)))
    except _UNREADABLE:
        return []


def _those_that_may_call(messages: list[msgspec.Raw]) -> Iterator[Any]:
    """One message after another, so that memory holds one of them."""
    for message in messages:
        text = bytes(message)
        if any(word in text for word in _OF_RESULTS) and text.count(b",") <= _MOST_COMMAS:
            try:
                yield _as_any(text)
            except _UNREADABLE:
                continue
