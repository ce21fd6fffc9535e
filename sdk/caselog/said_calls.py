"""Tool calls that stand in the messages of a run, in whose format they may be, each with what came back for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from .blocks import CALL, RESULT, find_shape, read_call

#: So many blocks are looked at: messages of any size cost no more.
MOST_BLOCKS = 100_000
#: Words by which a part calls itself a call, beside those of `blocks`.
_CALLED = frozenset(("tool-call", "builtin-tool-call", "tool_call", "function", "function_call"))
_RETURNED = frozenset(("tool-return", "builtin-tool-return"))
_IDS = ("id", "call_id", "tool_call_id", "toolUseId")


def said_calls(messages: Iterable[Any]) -> list[dict[str, Any]]:
    """The calls in their order: ``id``, ``name``, ``arguments``, ``result`` and ``status``, as far as they are told.

    A call that one message says twice, in its content and beside it, is one.

    >>> said_calls([{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
    ...             {"role": "tool", "tool_call_id": "1", "content": "no", "status": "error"}])
    [{'id': '1', 'name': 'f', 'arguments': {}, 'result': 'no', 'status': 'error'}]
    """
    calls: list[dict[str, Any]] = []
    waiting: dict[str, list[dict[str, Any]]] = {}
    last: tuple[int, set[str]] = (-1, set())
    for place, is_listed, block in islice(_blocks(messages), MOST_BLOCKS):
        part, is_call = _read(block, is_listed=is_listed)
        if part is None:
            continue
        key = _id_of(part)
        if not is_call:
            _answer(waiting.get(key) or waiting.get(""), part)
            continue
        if place != last[0]:
            last = (place, set())
        if key and key in last[1]:
            continue
        last[1].add(key)
        calls.append(part)
        if "result" not in part:
            waiting.setdefault(key, []).append(part)
    return calls


def _blocks(messages: Iterable[Any]) -> Iterator[tuple[int, bool, Mapping[str, Any]]]:
    """The place of each message, whether the block is one of its list of calls, and the block."""
    for place, message in enumerate(messages):
        if not isinstance(message, Mapping):
            continue
        yield place, False, message
        for name in ("content", "parts"):
            inside = message.get(name)
            if isinstance(inside, (list, tuple)):
                yield from ((place, False, block) for block in inside if isinstance(block, Mapping))
        listed = message.get("tool_calls")
        old = message.get("function_call")
        beside = [*(listed if isinstance(listed, (list, tuple)) else ()), old]
        yield from ((place, True, call) for call in beside if isinstance(call, Mapping))


def _read(block: Mapping[str, Any], *, is_listed: bool) -> tuple[dict[str, Any] | None, bool]:
    """A call or a result, and whether it is a call; None for what is neither."""
    if "role" in block and not is_listed:
        return _result_of(block), False
    shape = find_shape(block)
    if shape is not None and shape.becomes in (CALL, RESULT):
        return read_call(block, shape), shape.becomes == CALL
    kind = block.get("type") or block.get("part_kind")
    kind = kind if isinstance(kind, str) else None
    if is_listed or kind in _CALLED:
        return _plain(block), True
    if kind in _RETURNED:
        status = {"status": "error"} if block.get("outcome") == "failed" else {}
        return {"id": block.get("tool_call_id"), "result": block.get("content"), **status}, False
    return None, False


def _plain(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call that is in no shape of `blocks`."""
    inside = call.get("function")
    told = inside if isinstance(inside, Mapping) else call
    found = {
        "id": _id_of(call) or None,
        "name": told.get("name") or told.get("tool_name"),
        "arguments": told.get("arguments", told.get("args", told.get("input"))),
        "status": call.get("status"),
        "error": call.get("error"),
        "result": call.get("result"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _result_of(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a message of a tool gives back; None of others."""
    if message.get("role") not in ("tool", "function"):
        return None
    ids = message.get("tool_call_ids")
    key = message.get("tool_call_id") or (ids[0] if isinstance(ids, (list, tuple)) and ids else None)
    failed = message.get("is_error") is True
    found = {"id": key, "result": message.get("content"), "error": message.get("error")}
    status = "error" if failed else message.get("status")
    return {**found, "status": status}


def _answer(waiting: list[dict[str, Any]] | None, result: Mapping[str, Any]) -> None:
    if not waiting:
        return
    call = waiting.pop(0)
    for name in ("result", "status", "error"):
        if result.get(name) is not None:
            call[name] = result[name]


def _id_of(part: Mapping[str, Any]) -> str:
    found = next((part[name] for name in _IDS if part.get(name) is not None), None)
    return str(found) if isinstance(found, (str, int)) else ""
