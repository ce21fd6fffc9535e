"""What LlamaIndex's objects say: spans by the object and method they are of, events, answers, results."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from types import FrameType
from typing import Any, Optional

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse
from llama_index.core.chat_engine.types import BaseChatEngine, StreamingAgentChatResponse
from llama_index.core.tools import BaseTool
from llama_index.core.workflow import Event, StopEvent, Workflow

from caselog.iterations import copy_whole, describe_calls
from caselog.shapes import read_thoughts, shape_tool_call

WORKFLOW, STEP, AGENT, ENGINE, MODEL, CALL, TOOL, RETRIEVER, OTHER = (
    "workflow", "step", "agent", "engine", "model", "call", "tool", "retriever", "other",
)  # fmt: skip
#: What a span is, by the class of its object and the methods that count.
_KINDS: tuple[tuple[type, frozenset[str], str], ...] = (
    (Workflow, frozenset(("run",)), WORKFLOW),
    (
        BaseLLM,
        frozenset(
            f"{way}{kind}" for kind in ("chat", "complete") for way in ("", "a", "stream_", "astream_")
        ),
        MODEL,
    ),
    (BaseTool, frozenset(("call", "acall", "__call__")), TOOL),
    (BaseRetriever, frozenset(("retrieve", "aretrieve")), RETRIEVER),
    (BaseQueryEngine, frozenset(("query", "aquery")), ENGINE),
    (BaseChatEngine, frozenset(("chat", "achat", "stream_chat", "astream_chat")), ENGINE),
)
#: Steps of LlamaIndex's own agents that are no more than their plumbing, by the classes that define them.
_AGENTS = frozenset(("BaseWorkflowAgent", "AgentWorkflow"))
_TOKENS = {
    "input_tokens": ("input_tokens", "prompt_tokens", "prompt_token_count"),
    "output_tokens": ("output_tokens", "completion_tokens", "candidates_token_count"),
}


def read_kind(span_id: str, instance: Any, arguments: Mapping[str, Any], parent_kind: str | None) -> str:
    """What kind of thing the span is of."""
    owner, method = read_name(span_id)
    if parent_kind == WORKFLOW and find_event(arguments) is not None:
        if owner not in _AGENTS:
            return STEP
        return {"run_agent_step": AGENT, "call_tool": CALL}.get(method, OTHER)
    return next(
        (kind for of, methods, kind in _KINDS if method in methods and isinstance(instance, of)), OTHER
    )


def read_name(span_id: str) -> tuple[str, str]:
    """Class and method of a span: its id is ``Triage.classify`` and a UUID behind a hyphen."""
    owner, _, method = span_id[:-37].rpartition(".")
    return owner.rpartition(".")[2], method


def find_event(arguments: Mapping[str, Any]) -> Optional[Event]:
    """The event that a step of a workflow is given."""
    return next((each for each in arguments.values() if isinstance(each, Event)), None)


def read_event(event: Any) -> Any:
    """What an event says, by the names of its fields."""
    if not isinstance(event, Event):
        return event
    said = {**{name: getattr(event, name) for name in type(event).model_fields}, **dict(event.items())}
    return {name: value for name, value in said.items() if value is not None}


def read_output(result: Any) -> Any:
    """What an agent, a workflow, one of its steps, an engine or a model answered."""
    if isinstance(result, StopEvent) and result.result is not None:
        result = result.result
    answer = _read_answer_of(result)
    return read_event(answer) if isinstance(answer, Event) else answer


def _read_answer_of(result: Any) -> Any:
    """The words of an answer, or its data; None of a stream that is still to be read; anything else as it is."""
    if isinstance(result, CompletionResponse):
        return result.text
    if _is_stream(result):
        return None
    for name in ("structured_response", "response", "message"):
        told = getattr(result, name, None)
        if told is not None:
            return told if isinstance(told, (str, dict)) else getattr(told, "content", told)
    return result


def _is_stream(result: Any) -> bool:
    return isinstance(result, (Iterator, AsyncIterator)) or find_reader(result) is not None


def find_reader(result: Any) -> Any:
    """The generator that whoever reads a streamed answer reads; None where the answer is whole."""
    if isinstance(result, StreamingAgentChatResponse):
        return result.chat_stream or result.achat_stream
    return getattr(result, "response_gen", None)


def is_over(reader: Any) -> bool:
    """Whether it is a generator that was read to its end."""
    return isinstance(reader, (Generator, AsyncGenerator)) and find_frame(reader) is None


def find_frame(reader: Any) -> FrameType | None:
    """The frame of a generator; None once it is over."""
    frame: FrameType | None = getattr(reader, "gi_frame", getattr(reader, "ag_frame", None))
    return frame


def read_given(arguments: Mapping[str, Any]) -> Any:
    """What a model, an engine, a retriever or a tool is given."""
    for name in ("messages", "prompt", "message", "str_or_query_bundle"):
        if name in arguments:
            given = arguments[name]
            if name == "messages" and isinstance(given, (list, tuple)):
                return [read_message(message) for message in given]
            return getattr(given, "query_str", given)
    given = arguments.get("args") or ()
    return given[0] if given else None


def read_message(message: Any) -> Any:
    """``role``, ``content`` and whatever else a chat message says."""
    if not isinstance(message, ChatMessage):
        return copy_whole(message)
    more = {name: value for name, value in message.additional_kwargs.items() if value}
    return {"role": message.role.value, "content": _read_content(message), **copy_whole(more)}


def _read_content(message: ChatMessage) -> Any:
    are_words = all(block.block_type == "text" for block in message.blocks)
    return message.content if are_words else [_read_block(block) for block in message.blocks]


def _read_block(block: Any) -> Any:
    """A part of a message, in the shape that the pages know."""
    if block.block_type == "text":
        return {"type": "text", "text": block.text}
    if block.block_type == "thinking":
        return {"type": "thinking", "thinking": block.content}
    if block.block_type == "tool_call":
        return {
            "type": "tool_call",
            "id": block.tool_call_id,
            "name": block.tool_name,
            "args": block.tool_kwargs,
        }
    return copy_whole(block)


def read_arguments(arguments: Mapping[str, Any]) -> Any:
    """What a tool is called with, without what LlamaIndex hands it beside."""
    named = {name: value for name, value in (arguments.get("kwargs") or {}).items() if name != "ctx"}
    given = [*(arguments.get("args") or ()), *([arguments["input"]] if "input" in arguments else ())]
    if not given:
        return named
    return {"args": given, **named} if named or len(given) > 1 else given[0]


def is_answer(result: Any) -> bool:
    """Whether a model answered at once; otherwise it is a stream that somebody reads."""
    return isinstance(result, (ChatResponse, CompletionResponse))


def as_response(output: Any) -> ChatResponse:
    """What an agent tells of its model's answer, as the model would have."""
    return ChatResponse(message=output.response, raw=output.raw)


def read_answer(response: Any) -> dict[str, Any]:
    """Thought, action, model and tokens of a model's answer, as far as known, and the tool ``calls`` it asked for."""
    raw = copy_whole(_read_raw(response))
    calls = list(_read_calls(getattr(response, "message", None)))
    answer = {
        "thought": _read_thought(response),
        "action": describe_calls(calls),
        "model": _read_name(raw),
        **_read_tokens(raw, getattr(response, "additional_kwargs", None)),
    }
    return {**{name: value for name, value in answer.items() if value}, "calls": calls}


def _read_raw(response: Any) -> Any:
    """Of what the provider answered, what the log needs."""
    raw = getattr(response, "raw", None)
    names = ("model", "model_name", "usage", "usage_metadata")
    fields = raw if isinstance(raw, Mapping) else getattr(raw, "__dict__", {})
    return {name: fields[name] for name in names if name in fields}


def _read_thought(response: Any) -> str | None:
    """The model's reasoning, where it told it, and what it said."""
    message = getattr(response, "message", response)
    blocks = [
        {"type": "thinking", "thinking": getattr(block, "content", None)}
        for block in getattr(message, "blocks", ())
        if getattr(block, "block_type", None) == "thinking"
    ]
    said = getattr(message, "content", None) or getattr(message, "text", None)
    return (
        "\n\n".join(word for word in (read_thoughts(blocks), said) if isinstance(word, str) and word) or None
    )


def _read_calls(message: Any) -> Iterator[dict[str, Any]]:
    """The tool calls that a message asks for: blocks of it, or where older integrations keep them."""
    for block in getattr(message, "blocks", ()):
        if getattr(block, "block_type", None) == "tool_call":
            yield {
                "id": block.tool_call_id,
                "name": block.tool_name,
                "arguments": copy_whole(block.tool_kwargs),
            }
    for call in (getattr(message, "additional_kwargs", None) or {}).get("tool_calls") or ():
        shaped = shape_tool_call(copy_whole(call))
        if isinstance(shaped, dict):
            yield {"id": None, **shaped}


def read_selections(selections: Any) -> list[dict[str, Any]]:
    """The tool calls that an agent read from its model's answer."""
    return [
        {"id": each.tool_id, "name": each.tool_name, "arguments": copy_whole(each.tool_kwargs)}
        for each in selections or ()
    ]


def read_model(instance: Any) -> str | None:
    """The model's name, where its object holds it."""
    return _read_name(getattr(instance, "__dict__", {})) or getattr(instance.metadata, "model_name", None)


def _read_name(fields: Any) -> str | None:
    found = [fields.get(name) for name in ("model", "model_name")]
    return next((name for name in found if isinstance(name, str) and name), None)


def _read_tokens(raw: Any, beside: Any) -> dict[str, Any]:
    usage = raw.get("usage") or raw.get("usage_metadata") or beside
    usage = usage if isinstance(usage, Mapping) else {}
    counts = {
        name: next((usage[a] for a in aliases if usage.get(a) is not None), None)
        for name, aliases in _TOKENS.items()
    }
    return {name: count for name, count in counts.items() if type(count) is int}


def read_result(output: Any) -> Any:
    """What a tool answered."""
    text = getattr(output, "content", None)
    blocks = getattr(output, "blocks", ())
    are_words = all(getattr(block, "block_type", None) == "text" for block in blocks)
    return text if isinstance(text, str) and are_words else copy_whole(output)


def read_passages(found: Any) -> Any:
    """What a retriever found, without the numbers it was found by."""
    if not isinstance(found, list):
        return copy_whole(found)
    return [_read_passage(each) for each in found]


def _read_passage(found: Any) -> Any:
    node = getattr(found, "node", None)
    if node is None:
        return copy_whole(found)
    passage = {
        "id": node.node_id,
        "text": getattr(node, "text", None),
        "score": getattr(found, "score", None),
        "metadata": copy_whole(node.metadata),
    }
    return {name: value for name, value in passage.items() if value not in (None, {})}
