"""Small conversations as their makers write them: of the same calls and results, one after the other or at once."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

Message = dict[str, Any]
TOOLS: Final = ("find", "pay", "look")


@dataclass(frozen=True)
class Called:
    """A call; ``back`` is a word of its result that no other has, None where nothing came back."""

    id: str
    name: str
    given: dict[str, Any]
    back: str | None
    failed: bool


@dataclass(frozen=True)
class Round:
    """Calls made at once, and those that came back, in the order of their coming."""

    calls: Sequence[Called]
    came: Sequence[Called]
    is_followed: bool


Maker = Callable[[Round], list[Message]]


def rounds_of(chance: random.Random) -> Iterator[Round]:
    """Two to four rounds of one to three calls; of those of one tool all come back in order."""
    number = 0
    for _ in range(chance.randint(2, 4)):
        calls = []
        for name in chance.choices(TOOLS, k=chance.randint(1, 3)):
            number += 1
            is_lost = chance.random() < 0.15
            back = None if is_lost else f"r{number}r"
            given = {"n": number} if chance.random() < 0.8 else {}
            calls.append(Called(f"c{number}", name, given, back, not is_lost and chance.random() < 0.4))
        came = [call for call in calls if call.back]
        if len({call.name for call in calls}) == len(calls) and chance.random() < 0.5:
            came.reverse()
        yield Round(calls, came, chance.random() < 0.5)


def words(call: Called) -> str:
    """What came back, as text."""
    return f"{'declined' if call.failed else 'done'} {call.back}"


def asked(call: Called) -> str:
    """What was given, as JSON text."""
    return json.dumps(call.given)


def status(call: Called) -> str:
    """As LangChain has it."""
    return "error" if call.failed else "success"


def openai(each: Round) -> list[Message]:
    calls = [
        {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": asked(c)}}
        for c in each.calls
    ]
    back = [
        {"role": "tool", "tool_call_id": c.id, "content": words(c), "is_error": c.failed} for c in each.came
    ]
    return [{"role": "assistant", "content": None, "tool_calls": calls}, *back]


def ollama(each: Round) -> list[Message]:
    calls = [{"function": {"name": c.name, "arguments": c.given}} for c in each.calls]
    back = [
        {"role": "tool", "tool_name": c.name, "content": words(c), **({"error": "down"} if c.failed else {})}
        for c in each.came
    ]
    return [{"role": "assistant", "content": "", "tool_calls": calls}, *back]


def responses(each: Round) -> list[Message]:
    calls = [
        {"type": "function_call", "id": f"fc_{c.id}", "call_id": c.id, "name": c.name, "arguments": asked(c)}
        for c in each.calls
    ]
    back = [
        {
            "type": "function_call_output",
            "call_id": c.id,
            "output": words(c),
            "status": "incomplete" if c.failed else "completed",
        }
        for c in each.came
    ]
    return [*calls, *back]


def anthropic(each: Round) -> list[Message]:
    calls = [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.given} for c in each.calls]
    back = [
        {
            "type": "tool_result",
            "tool_use_id": c.id,
            "content": [{"type": "text", "text": words(c)}],
            "is_error": c.failed,
        }
        for c in each.came
    ]
    return [
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, *calls]},
        {"role": "user", "content": back},
    ]


def anthropic_servers(each: Round) -> list[Message]:
    blocks: list[Message] = []
    for c in each.calls:
        blocks.append({"type": "server_tool_use", "id": c.id, "name": c.name, "input": c.given})
        if c.back:
            kind = "web_fetch_tool_error" if c.failed else "web_fetch_result"
            blocks.append(
                {
                    "type": "web_fetch_tool_result",
                    "tool_use_id": c.id,
                    "content": {"type": kind, "error_code": c.back},
                }
            )
    return [{"role": "assistant", "content": blocks}]


def bedrock(each: Round) -> list[Message]:
    calls = [{"toolUse": {"toolUseId": c.id, "name": c.name, "input": c.given}} for c in each.calls]
    back = [
        {"toolResult": {"toolUseId": c.id, "status": status(c), "content": [{"text": words(c)}]}}
        for c in each.came
    ]
    return [{"role": "assistant", "content": calls}, {"role": "user", "content": back}]


def gemini(each: Round) -> list[Message]:
    calls = [{"functionCall": {"name": c.name, "args": c.given}} for c in each.calls]
    back = [
        {"functionResponse": {"name": c.name, "response": {"error" if c.failed else "result": words(c)}}}
        for c in each.came
    ]
    return [{"role": "model", "parts": calls}, {"role": "user", "parts": back}]


def langchain(each: Round) -> list[Message]:
    calls = [{"name": c.name, "args": c.given, "id": c.id, "type": "tool_call"} for c in each.calls]
    back = [
        {
            "type": "tool",
            "name": c.name,
            "tool_call_id": c.id,
            "content": words(c),
            "status": status(c),
            "id": None,
        }
        for c in each.came
    ]
    return [{"type": "ai", "content": "", "additional_kwargs": {}, "tool_calls": calls}, *back]


def langchain_dicts(each: Round) -> list[Message]:
    return [{"type": message["type"], "data": message} for message in langchain(each)]


def langchain_dumpd(each: Round) -> list[Message]:
    names = {"ai": "AIMessage", "tool": "ToolMessage"}
    path = ["langchain", "schema", "messages"]
    return [
        {"lc": 1, "type": "constructor", "id": [*path, names[message["type"]]], "kwargs": message}
        for message in langchain(each)
    ]


def vercel(each: Round) -> list[Message]:
    parts: list[Message] = [{"type": "step-start"}]
    for n, c in enumerate(each.calls):
        kind = {"type": f"tool-{c.name}"} if n % 2 else {"type": "dynamic-tool", "toolName": c.name}
        ended: Message = {"state": "input-available"}
        if c.back:
            ended = {"state": "output-available", "output": words(c)}
            ended = {"state": "output-error", "errorText": words(c)} if c.failed else ended
        parts.append({**kind, "toolCallId": c.id, "input": c.given, **ended})
    return [{"role": "assistant", "parts": parts}]


def vercel_models(each: Round) -> list[Message]:
    calls = [
        {"type": "tool-call", "toolCallId": c.id, "toolName": c.name, "input": c.given} for c in each.calls
    ]
    back = [
        {
            "type": "tool-result",
            "toolCallId": c.id,
            "toolName": c.name,
            "output": {"type": "error-text" if c.failed else "text", "value": words(c)},
        }
        for c in each.came
    ]
    return [{"role": "assistant", "content": calls}, {"role": "tool", "content": back}]


def autogen(each: Round) -> list[Message]:
    calls = [{"id": c.id, "name": c.name, "arguments": asked(c)} for c in each.calls]
    back = [{"call_id": c.id, "name": c.name, "content": words(c), "is_error": c.failed} for c in each.came]
    return [
        {"source": "bot", "type": "ToolCallRequestEvent", "content": calls},
        {"source": "bot", "type": "ToolCallExecutionEvent", "content": back},
    ]


def otel(each: Round) -> list[Message]:
    calls = [{"type": "tool_call", "id": c.id, "name": c.name, "arguments": c.given} for c in each.calls]
    back = [
        {"type": "tool_call_response", "id": c.id, "response": {"error" if c.failed else "said": words(c)}}
        for c in each.came
    ]
    return [{"role": "assistant", "parts": calls}, {"role": "tool", "parts": back}]


def pydantic_ai(each: Round) -> list[Message]:
    calls = [
        {"part_kind": "tool-call", "tool_name": c.name, "args": asked(c), "tool_call_id": c.id}
        for c in each.calls
    ]
    back = [
        {
            "part_kind": "tool-return",
            "tool_name": c.name,
            "content": words(c),
            "tool_call_id": c.id,
            "outcome": "failed" if c.failed else "success",
        }
        for c in each.came
    ]
    return [{"kind": "response", "parts": calls}, {"kind": "request", "parts": back}]


def mcp(each: Round) -> list[Message]:
    calls = [{"id": c.id, "name": c.name, "arguments": c.given} for c in each.calls]
    back = [
        {
            "role": "tool",
            "tool_call_id": c.id,
            "content": {"content": [{"type": "text", "text": words(c)}], "isError": c.failed},
        }
        for c in each.came
    ]
    return [{"role": "assistant", "content": "", "tool_calls": calls}, *back]


def nameless(each: Round) -> list[Message]:
    """Neither ids nor names: results go by their place."""
    calls = [{"name": c.name, "args": c.given} for c in each.calls]
    back = [
        {"role": "tool", "content": words(c), **({"status": "Failed: 502"} if c.failed else {})}
        for c in each.calls
        if c.back
    ]
    return [{"role": "assistant", "content": "", "tool_calls": calls}, *back]


MAKERS: Final[dict[str, Maker]] = {
    made.__name__: made
    for made in (
        *(openai, ollama, responses, anthropic, anthropic_servers, bedrock, gemini),
        *(langchain, langchain_dicts, langchain_dumpd, vercel, vercel_models),
        *(autogen, otel, pydantic_ai, mcp, nameless),
    )
}


def conversation(maker: Maker, rounds: Sequence[Round]) -> list[Message]:
    """A question, the rounds, and between some of them a word of the user's."""
    said: list[Message] = [{"role": "user", "content": "Where is it?"}]
    for each in rounds:
        said += maker(each)
        if each.is_followed:
            said.append({"role": "user", "content": "And now?"})
    return [*said, {"role": "assistant", "content": "Here."}]
