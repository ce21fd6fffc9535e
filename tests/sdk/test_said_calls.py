"""Calls that stand in nothing but messages, in the formats of their makers."""

from __future__ import annotations

from typing import Any

import pytest

from caselog import build_workflow_log
from caselog.said_calls import MOST_BLOCKS, said_calls

Messages = list[dict[str, Any]]

OPENAI: Messages = [
    {"role": "user", "content": "Where is it?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}},
            {"id": "b", "type": "function", "function": {"name": "pay", "arguments": "{}"}},
        ],
    },
    {"role": "tool", "tool_call_id": "b", "content": "no", "status": "error"},
    {"role": "tool", "tool_call_id": "a", "content": "here"},
]
FUNCTIONS: Messages = [
    {"role": "assistant", "content": None, "function_call": {"name": "find", "arguments": "{}"}},
    {"role": "function", "name": "find", "content": "here"},
]
ANTHROPIC: Messages = [
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "So"},
            {"type": "tool_use", "id": "a", "name": "find", "input": {}},
        ],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "a", "content": "no", "is_error": True}],
    },
]
RESPONSES: Messages = [
    {"type": "reasoning", "summary": []},
    {"type": "function_call", "id": "fc", "call_id": "a", "name": "find", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "a", "output": "here"},
]
GEMINI: Messages = [
    {"role": "model", "parts": [{"functionCall": {"name": "find", "args": {}}}]},
    {"role": "user", "parts": [{"functionResponse": {"name": "find", "response": {"at": "here"}}}]},
]
PYDANTIC: Messages = [
    {
        "kind": "response",
        "parts": [{"part_kind": "tool-call", "tool_name": "find", "args": {}, "tool_call_id": "a"}],
    },
    {"kind": "request", "parts": [{"part_kind": "tool-return", "tool_call_id": "a", "content": "here"}]},
]
#: LangChain has the maker's content and beside it the same call in its own words.
TWICE: Messages = [
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "a", "name": "find", "input": {}}],
        "tool_calls": [{"type": "tool_call", "id": "a", "name": "find", "args": {}}],
    },
    {"role": "tool", "tool_call_id": "a", "content": "here"},
]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        (OPENAI, [("find", "here", None), ("pay", "no", "error")]),
        (FUNCTIONS, [("find", "here", None)]),
        (ANTHROPIC, [("find", "no", "error")]),
        (RESPONSES, [("find", "here", None)]),
        (GEMINI, [("find", {"at": "here"}, None)]),
        (PYDANTIC, [("find", "here", None)]),
        (TWICE, [("find", "here", None)]),
        ([{"role": "user", "content": "no call"}, {"role": "tool", "content": "nobody asked"}], []),
    ],
    ids=["openai", "functions", "anthropic", "responses", "gemini", "pydantic", "twice", "none"],
)
def test_calls_are_read_with_what_came_back(messages: Messages, told: list[Any]) -> None:
    found = said_calls(messages)

    assert [(call["name"], call.get("result"), call.get("status")) for call in found] == told


def test_an_id_that_is_used_again_in_another_message_is_another_call() -> None:
    assert len(said_calls([*TWICE, *TWICE])) == 2


@pytest.mark.parametrize(
    "message",
    [None, 7, "text", {}, {"content": 7}, {"tool_calls": "all"}, {"tool_calls": [7, None]},
     {"content": [7, {"type": 7}]},
     {"role": ["tool"]}, {"function_call": []}, {"type": {"a": 1}}, {"tool_call_ids": [], "role": "tool"}],
    ids=str,
)  # fmt: skip
def test_messages_of_any_shape_hold_no_call(message: Any) -> None:
    assert said_calls([message]) == []


def test_so_many_blocks_are_looked_at_and_no_more() -> None:
    assert len(said_calls([{"tool_calls": [{"name": "find"}] * (MOST_BLOCKS + 7)}])) == MOST_BLOCKS


@pytest.mark.parametrize(
    "state", [{}, {"react_iterations": [{"thought": "So", "tool_calls": []}]}, {"tool_calls": []}]
)
def test_a_run_whose_calls_stand_in_its_messages_alone_is_counted_by_them(state: dict[str, Any]) -> None:
    log = build_workflow_log({"messages": OPENAI, **state})

    assert (log["metrics"]["tool_call_count"], log["metrics"]["failed_tool_calls"]) == (2, 1)


def test_a_call_that_is_listed_too_is_counted_once_and_others_beside_it() -> None:
    listed = [{"name": "find", "arguments": {}}]

    log = build_workflow_log({"messages": OPENAI, "tool_calls": listed})

    assert (log["metrics"]["tool_call_count"], log["metrics"]["failed_tool_calls"]) == (2, 1)


def test_what_the_run_says_itself_is_the_figure() -> None:
    log = build_workflow_log({"messages": OPENAI, "tool_call_count": 9})

    assert log["metrics"]["tool_call_count"] == 9


def test_messages_without_calls_say_nothing_of_calls() -> None:
    log = build_workflow_log({"messages": [{"role": "user", "content": "Hello"}]})

    assert "tool_call_count" not in log.get("metrics", {})
