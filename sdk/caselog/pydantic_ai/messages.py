"""What pydantic-ai's messages say, as plain data: each part of a message is known by its ``part_kind``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from caselog.blocks import read_json
from caselog.iterations import copy_whole, describe_calls

_ROLES = {
    "system-prompt": "system",
    "instruction": "system",
    "user-prompt": "user",
    "retry-feedback": "user",
    "text": "assistant",
}
#: Of a provider's own tools, in the words of earlier versions and of today's.
_SERVED = ("builtin-tool-call", "native-tool-call")
_SERVED_RESULTS = ("builtin-tool-return", "native-tool-return")


def list_parts(messages: Sequence[Any]) -> list[Any]:
    """What a model is given: its instructions, which only the last request brings, and the conversation's parts."""
    instructions = getattr(messages[-1], "instructions", None) if messages else None
    system = [{"part_kind": "instruction", "content": instructions}] if instructions else []
    return [*system, *(part for message in messages for part in message.parts)]


def read_answers(messages: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """What the model is told of the calls it asked for last, by their ids: also of those that no tool ran for."""
    last = messages[-1] if messages else None
    parts = [part for part in getattr(last, "parts", ()) if getattr(part, "tool_name", None)]
    return {
        part.tool_call_id: _read_answer(part)
        for part in parts
        if part.part_kind in ("tool-return", "retry-prompt")
    }


def _read_answer(part: Any) -> dict[str, Any]:
    failed = part.part_kind == "retry-prompt" or getattr(part, "outcome", None) not in (None, "success")
    return {"result": copy_whole(part.content), "status": "error" if failed else "ok"}


def show_part(part: Any) -> Any:
    """A part as a message of a log; what is not known as it is.

    >>> show_part({"part_kind": "user-prompt", "content": "Is it paid?", "timestamp": "2026-11-24T10:00:00Z"})
    {'role': 'user', 'content': 'Is it paid?'}
    """
    kind = part.get("part_kind") if isinstance(part, Mapping) else None
    if kind in _ROLES:
        return {"role": _ROLES[kind], "content": part.get("content")}
    if kind == "thinking":
        return {"role": "assistant", "content": [{"type": "thinking", "thinking": part.get("content")}]}
    if kind == "tool-call":
        return {"role": "assistant", "content": None, "tool_calls": [_show_call(part)]}
    if kind == "tool-return" or (kind == "retry-prompt" and part.get("tool_name")):
        shown = {"role": "tool", "content": part.get("content"), "name": part.get("tool_name")}
        return {**shown, "tool_call_id": part.get("tool_call_id")}
    return {"role": "user", "content": part.get("content")} if kind == "retry-prompt" else part


def _show_call(part: Mapping[str, Any]) -> dict[str, Any]:
    arguments = read_json(part.get("args"))
    return {"id": part.get("tool_call_id"), "name": part.get("tool_name"), "arguments": arguments}


def read_response(response: Any) -> dict[str, Any]:
    """Thought, action, model and tokens of a response, as far as known.

    Beside them the tool ``calls`` it asked for, and those that its provider ``served``.
    """
    parts = [part for part in copy_whole(list(response.parts)) if isinstance(part, Mapping)]
    calls = [_show_call(part) for part in parts if part.get("part_kind") == "tool-call"]
    served = _join_served(parts)
    words = [_words_of(parts, "thinking", "\n\n"), _words_of(parts, "text", "")]
    said = {
        "thought": "\n\n".join(filter(None, words)),
        "action": describe_calls((*calls, *served)),
        "model": getattr(response, "model_name", None),
        **read_figures(getattr(response, "usage", None)),
    }
    return {**{name: value for name, value in said.items() if value}, "calls": calls, "served": served}


def _words_of(parts: list[Mapping[str, Any]], kind: str, between: str) -> str:
    words = [part.get("content") for part in parts if part.get("part_kind") == kind]
    return between.join(word for word in words if isinstance(word, str) and word)


def _join_served(parts: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Calls that the provider's server made itself, with their results."""
    results = {part.get("tool_call_id"): part for part in parts if part.get("part_kind") in _SERVED_RESULTS}
    served = [_show_call(part) for part in parts if part.get("part_kind") in _SERVED]
    for call in served:
        result = results.get(call["id"])
        if result is not None:
            failed = result.get("outcome") == "failed"
            call.update(result=result.get("content"), status="error" if failed else "ok")
    return served


def read_figures(usage: Any) -> dict[str, int]:
    """Figures of tokens, each whole or absent; pydantic-ai writes 0 for one that is not told."""
    names = {"total_tokens": "total_tokens", "cached_input_tokens": "cache_read_tokens"}
    names.update({"input_tokens": "input_tokens", "output_tokens": "output_tokens"})
    found = {name: getattr(usage, theirs, None) for name, theirs in names.items()}
    return {name: count for name, count in found.items() if type(count) is int and count > 0}
