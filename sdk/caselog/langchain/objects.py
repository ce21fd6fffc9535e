"""What LangChain's objects say, known by what they have: messages, answers, commands, exceptions that are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caselog.serialize import read_message

#: Parts of a message's content that are words, and where the words stand.
_WORDS = ("text", "thinking", "reasoning")
_TOKENS = {
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
}


def is_control_flow(error: BaseException) -> bool:
    """Whether LangGraph raised it to interrupt or to jump."""
    return _is_a(error, "GraphBubbleUp")


def is_interrupt(error: BaseException) -> bool:
    """Whether LangGraph raised it to wait for somebody's answer."""
    return _is_a(error, "GraphInterrupt")


def read_questions(error: BaseException) -> list[Any]:
    """What an interrupt asks of whoever is to answer it."""
    given = error.args[0] if error.args and is_interrupt(error) else ()
    items = given if isinstance(given, (list, tuple)) else [given]
    return [getattr(item, "value", item) for item in items]


def _is_a(error: BaseException, name: str) -> bool:
    # By name: LangGraph need not be imported for the question.
    return any(kind.__name__ == name for kind in type(error).__mro__)


def resumes(inputs: Any) -> bool:
    """Whether a run of a graph goes on where an earlier one stopped: ``None``, or a `Command` with an answer."""
    return inputs is None or getattr(inputs, "resume", None) is not None


def read_answer(response: Any) -> dict[str, Any]:
    """Thought, action, model, tokens of a model's answer, as far as known, and the tool ``calls`` it asked for."""
    generation = response.generations[0][0]
    message = getattr(generation, "message", None)
    of_call = getattr(response, "llm_output", None) or {}
    metadata = {**of_call, **(getattr(message, "response_metadata", None) or {})}
    calls = [_read_call(call) for call in getattr(message, "tool_calls", None) or ()]
    calls += [_read_call(call) for call in getattr(message, "invalid_tool_calls", None) or ()]
    answer = {
        "thought": _read_thought(message) or getattr(generation, "text", None),
        "action": [{"name": call["name"], "arguments": call["arguments"]} for call in calls],
        "model": _read_model(metadata),
        **_read_tokens(getattr(message, "usage_metadata", None) or metadata.get("token_usage") or {}),
    }
    return {**{name: value for name, value in answer.items() if value}, "calls": calls}


def _read_call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")}


def _read_thought(message: Any) -> str | None:
    if message is None:
        return None
    reasoning = (getattr(message, "additional_kwargs", None) or {}).get("reasoning_content")
    words = [part for part in (reasoning, read_text(message.content)) if isinstance(part, str) and part]
    return "\n\n".join(words) or None


def read_text(content: Any) -> Any:
    """The words of a message's content, which may be a text or a list of blocks; content without words as it is.

    >>> read_text([{"type": "text", "text": "It is paid."}, {"type": "tool_use", "id": "c1"}])
    'It is paid.'
    """
    if not isinstance(content, list):
        return content
    words = [_words_of(block) for block in content]
    found = [word for word in words if word]
    if not found and any(isinstance(block, dict) and block.get("type") != "tool_use" for block in content):
        return content
    return "\n\n".join(found)


def _words_of(block: Any) -> str | None:
    if isinstance(block, str):
        return block
    kind = block.get("type") if isinstance(block, dict) else None
    words = block.get(kind) if kind in _WORDS else None
    return words if isinstance(words, str) else None


def _read_model(metadata: Mapping[str, Any]) -> str | None:
    found = [metadata.get(name) for name in ("model_name", "model", "model_id")]
    name = next((name for name in found if isinstance(name, str) and name), None)
    # Merging the chunks of a stream also joins their model names: "m-1m-1m-1". The unit is where the name returns.
    return name[: (name + name).find(name, 1)] if name else None


def _read_tokens(usage: Mapping[str, Any]) -> dict[str, Any]:
    counts = {
        name: next((usage[a] for a in aliases if usage.get(a) is not None), None)
        for name, aliases in _TOKENS.items()
    }
    return {name: count for name, count in counts.items() if type(count) is int}


def shape_output(output: Any) -> Any:
    """What a node gave back: of a `Command` what it updates and where it goes, of a list of one the one."""
    if isinstance(output, list) and len(output) == 1:
        return shape_output(output[0])
    if not _is_command(output):
        return output
    parts = {"update": output.update, "goto": output.goto, "graph": output.graph}
    said = {name: part for name, part in parts.items() if part}
    return said["update"] if list(said) == ["update"] else said


def read_update(output: Any) -> Mapping[str, Any]:
    """What a node's output adds to the state, where it says so by name."""
    if isinstance(output, list):
        return {name: value for each in output for name, value in read_update(each).items()}
    update = output.update if _is_command(output) else output
    return update if isinstance(update, Mapping) else {}


def read_result(output: Any) -> tuple[Any, str]:
    """What a tool answered, and its status, ``ok`` or ``error``."""
    if _is_command(output):
        messages = read_update(output).get("messages")
        output = messages[-1] if isinstance(messages, list) and messages else shape_output(output)
    message = read_message(output)
    if message is None:
        return output, "ok"
    return read_text(message["content"]), "error" if message.get("status") == "error" else "ok"


def _is_command(value: Any) -> bool:
    return type(value).__name__ == "Command" and hasattr(value, "goto")


def read_namespace(metadata: Mapping[str, Any] | None) -> str | None:
    """LangGraph's name for the place of a run: a path of nodes with their task ids."""
    namespace = (metadata or {}).get("langgraph_checkpoint_ns")
    return namespace if isinstance(namespace, str) else None


def name_path(namespace: str | None) -> str | None:
    """Which graphs a node lies in, outermost first; None for a node of the outermost.

    >>> name_path("research:1a2b|model:3c4d")
    'research'
    """
    places = [place.partition(":")[0] for place in (namespace or "").split("|")]
    return "/".join(places[:-1]) or None
