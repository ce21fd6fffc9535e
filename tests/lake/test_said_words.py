"""Words of messages in the formats of their makers: what users and assistants said is found, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake.search_text import search_text
from lake.trace_parts import read_parts

PICTURE = "iVBORw0KGgoAAAANSUhEUgAA" * 40
WRAPPED = {"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"]}
ASKED: dict[str, Any] = {
    "a text": {"role": "user", "content": "Where is my giraffe?"},
    "blocks": {"role": "user", "content": [{"type": "input_text", "text": "Where is my giraffe?"}]},
    "Gemini": {"role": "user", "parts": [{"text": "Where is"}, {"text": "my giraffe?"}]},
    "OpenTelemetry": {"role": "user", "parts": [{"type": "text", "content": "Where is my giraffe?"}]},
    "Vercel": {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Where is my giraffe?"}]},
    "ADK": {"author": "user", "content": {"role": "user", "parts": [{"text": "Where is my giraffe?"}]}},
    "AutoGen": {"source": "user", "type": "TextMessage", "content": "Where is my giraffe?"},
    "LangChain, dumped": {"type": "human", "content": "Where is my giraffe?", "id": None},
    "LangChain, as dicts": {"type": "human", "data": {"type": "human", "content": "Where is my giraffe?"}},
    "LangChain, serialised": {**WRAPPED, "kwargs": {"type": "human", "content": "Where is my giraffe?"}},
    "Claude Code": {"type": "user", "message": {"role": "user", "content": "Where is my giraffe?"}},
    "LlamaIndex": {"role": "user", "blocks": [{"block_type": "text", "text": "Where is my giraffe?"}]},
    "ShareGPT": {"from": "human", "value": "Where is my giraffe?"},
    "PydanticAI": {
        "kind": "request",
        "parts": [
            {"part_kind": "system-prompt", "content": "Be kind."},
            {
                "part_kind": "user-prompt",
                "content": ["Where is my giraffe?", {"kind": "binary", "data": PICTURE}],
            },
        ],
    },
    "OpenAI's assistants": {
        "role": "user",
        "content": [{"type": "text", "text": {"value": "Where is my giraffe?", "annotations": []}}],
    },
    "spoken": {"role": "user", "content": [{"type": "input_audio", "transcript": "Where is my giraffe?"}]},
    "a picture before": {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
            {"type": "image", "source": {"type": "base64", "data": PICTURE}},
            {"type": "text", "text": "Where is my giraffe?"},
        ],
    },
    "a picture within": {"role": "user", "content": f"data:image/png;base64,{PICTURE} Where is my giraffe?"},
    "bytes as a text": {"role": "user", "content": [PICTURE, "Where is my giraffe?"]},
}


def text_of(trace: Any) -> str | None:
    return search_text("{}", read_parts(json.dumps(trace).encode()))


@pytest.mark.parametrize("message", ASKED.values(), ids=ASKED)
def test_what_a_user_said_is_found_in_any_format_and_no_bytes_of_pictures(message: Any) -> None:
    assert text_of({"messages": [message]}) == "where is my giraffe?"


def test_messages_that_are_json_in_a_text_are_read() -> None:
    assert text_of({"messages": json.dumps([ASKED["blocks"]])}) == "where is my giraffe?"


ANSWERED: dict[str, Any] = {
    "Gemini": {"role": "model", "parts": [{"text": "At the zoo."}, {"inlineData": {"data": PICTURE}}]},
    "ADK": {"author": "keeper", "content": {"role": "model", "parts": [{"text": "At the zoo."}]}},
    "AutoGen": {"source": "keeper", "type": "TextMessage", "content": "At the zoo."},
    "LangChain": {"type": "ai", "content": [{"type": "text", "text": "At the zoo."}]},
    "thoughts beside": {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Hm", "text": "Hm"},
            {"type": "text", "text": "At the zoo."},
        ],
    },
}


@pytest.mark.parametrize("message", ANSWERED.values(), ids=ANSWERED)
def test_what_the_assistant_said_follows_what_the_user_said(message: Any) -> None:
    assert text_of({"messages": [message, ASKED["a text"]]}) == "where is my giraffe? at the zoo."


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "You are an agent."},
        {"role": "tool", "content": "a long result"},
        {"type": "tool", "content": "a long result"},
        {"role": "user", "content": [{"type": "tool_result", "content": "a long result"}]},
        {"role": ["user"], "content": "odd"},
        "a text",
        7,
    ],
)
def test_what_neither_said_is_left_out(message: Any) -> None:
    assert text_of({"messages": [message]}) is None


def test_why_a_call_failed_is_found_by_its_result() -> None:
    call = {"type": "tool_use", "id": "1", "name": "pay", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "1", "is_error": True, "content": "Card declined"}
    messages = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]

    assert text_of({"messages": messages}) == "card declined pay"


def test_a_final_response_of_bytes_leaves_room_for_words() -> None:
    final = {"image": PICTURE, "text": "here it is"}

    assert text_of({"final_response": [PICTURE, final]}) == "here it is"
