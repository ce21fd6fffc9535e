"""What LangChain's objects say, known by what they have: messages, answers, commands, exceptions that are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caselog.blocks import is_words, read_words
from caselog.iterations import describe_calls
from caselog.serialize import read_message
from caselog.shapes import read_answer_text, read_calls, read_thoughts, shape_final_response

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
    """Thought, action, model, tokens of a model's answer, as far as known.

    Beside them the tool ``calls`` it asked for, those that its provider's ``server`` made, and its ``answer`` alone.
    """
    generation = next((each for some in response.generations for each in some), None)
    message = getattr(generation, "message", None)
    of_call = getattr(response, "llm_output", None) or {}
    metadata = {**of_call, **(getattr(message, "response_metadata", None) or {})}
    calls = [_read_call(call) for call in getattr(message, "tool_calls", None) or ()]
    calls += [_read_call(call) for call in getattr(message, "invalid_tool_calls", None) or ()]
    asked = {call["id"] for call in calls}
    server = [call for call in _read_server_calls(message) if call.get("id") not in asked]
    usage = getattr(message, "usage_metadata", None) or metadata.get("token_usage") or metadata.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    # LangChain's mark of an answer from its cache: the price is 0, the tokens are those of the first time.
    is_cached = usage.get("total_cost") == 0
    answer = {
        "thought": _read_thought(message) or getattr(generation, "text", None),
        "action": describe_calls((*calls, *server)),
        "model": _read_model(metadata),
        **({"cached": True} if is_cached else _read_tokens(usage)),
    }
    said = {name: value for name, value in answer.items() if value}
    text = getattr(generation, "text", None) if message is None else read_text(message)
    return {**said, "calls": calls, "server": server, "answer": text}


def _read_server_calls(message: Any) -> list[dict[str, Any]]:
    """Calls that the provider's server made itself, with their results: no tool of the workflow runs for them."""
    more = _kwargs_of(message).get("tool_outputs")  # where LangChain keeps OpenAI's
    blocks = [*_blocks_of(message), *(more if isinstance(more, list) else ())]
    return [{"id": None, **call} for call in read_calls(blocks) if call.get("name")]


def _read_call(call: Mapping[str, Any]) -> dict[str, Any]:
    read = {"id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")}
    return {**read, "error": call["error"]} if call.get("error") else read


def _read_thought(message: Any) -> str | None:
    """The model's reasoning, where it told it, and what it said."""
    if message is None:
        return None
    kwargs = _kwargs_of(message)
    words = [
        kwargs.get("reasoning_content"),
        kwargs.get("reasoning"),
        read_words(kwargs["reasoning"]) if isinstance(kwargs.get("reasoning"), Mapping) else None,
        _read_summary(kwargs.get("reasoning")),
        read_thoughts(message.content),
        read_text(message),
    ]
    return "\n\n".join(dict.fromkeys(word for word in words if isinstance(word, str) and word)) or None


def _read_summary(reasoning: Any) -> str | None:
    summary = reasoning.get("summary") if isinstance(reasoning, Mapping) else None
    return "\n\n".join(filter(None, map(read_words, summary))) if isinstance(summary, list) else None


def read_text(message: Any) -> Any:
    """What a message says, or why it refuses; its content as it is where that is no text."""
    return shape_final_response(message)


def _kwargs_of(message: Any) -> Mapping[str, Any]:
    kwargs = getattr(message, "additional_kwargs", None)
    return kwargs if isinstance(kwargs, Mapping) else {}


def _blocks_of(message: Any) -> list[Any]:
    content = getattr(message, "content", None)
    return content if isinstance(content, list) else []


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
    # What cannot be read is kept, too: a sum without it would pass for whole.
    return {name: count for name, count in counts.items() if count is not None}


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
    content = message["content"]
    # A picture among the words stays where it is.
    are_words = isinstance(content, list) and all(
        isinstance(block, str) or is_words(block) for block in content
    )
    return read_answer_text(content) if are_words else content, "error" if message.get(
        "status"
    ) == "error" else "ok"


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
