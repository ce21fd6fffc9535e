"""Calls of steps in their makers' shapes, and parts that say in other fields than the status that they failed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake.failures import has_failed
from lake.trace_parts import read_parts

SHAPES: dict[str, dict[str, Any]] = {
    "OpenAI": {
        "id": "c",
        "type": "function",
        "function": {"name": "pay", "arguments": '{"n":1}'},
        "result": "no",
    },
    "LangChain": {"id": "c", "name": "pay", "args": {"n": 1}, "output": "no"},
    "Anthropic": {"id": "c", "type": "tool_use", "name": "pay", "input": {"n": 1}, "result": "no"},
    "Vercel": {"toolCallId": "c", "toolName": "pay", "input": {"n": 1}, "output": "no"},
    "parameters": {"id": "c", "tool_name": "pay", "parameters": {"n": 1}, "response": "no"},
}


@pytest.mark.parametrize("place", ["at the top", "in an iteration"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_call_in_its_makers_shape_has_its_name_and_what_was_given_and_came_back(
    shape: str, place: str
) -> None:
    calls = [{"name": "find", "arguments": {}, "result": "here"}, SHAPES[shape]]
    trace = {"tool_calls": calls} if place == "at the top" else {"react_iterations": [{"tool_calls": calls}]}

    found = read_parts(json.dumps(trace)).calls

    assert [(c.name, json.loads(bytes(c.arguments)), json.loads(bytes(c.result))) for c in found] == [
        ("find", {}, "here"),
        ("pay", {"n": 1}, "no"),
    ]
    assert found[1].id == "c"


@pytest.mark.parametrize(
    ("said", "failed"),
    [
        ({"result": {"content": [{"type": "text", "text": "no"}], "isError": True}}, True),
        ({"result": {"content": [], "isError": False}}, False),
        ({"result": {"type": "web_fetch_tool_error", "error_code": "unavailable"}}, True),
        ({"result": {"errors": 0}}, False),
        ({"success": False}, True),
        ({"success": True, "result": "error"}, False),
        ({"state": "output-error"}, True),
        ({"outcome": "failed"}, True),
    ],
)
def test_a_call_failed_where_its_result_or_another_field_says_so(said: dict[str, Any], failed: bool) -> None:
    parts = read_parts(json.dumps({"tool_calls": [{"name": "pay", "arguments": {}, **said}]}))

    assert parts.failed_calls == failed


@pytest.mark.parametrize(
    ("said", "failed"),
    [
        ({"status": {"code": "ERROR", "message": "late"}}, True),
        ({"status": {"code": 1}}, False),
        ({"level": "ERROR", "statusMessage": "late"}, True),
        ({"level": 3}, False),
        ({"status": "Failed: 502"}, True),
    ],
)
@pytest.mark.parametrize("kind", ["nodes", "react_iterations"])
def test_a_step_failed_where_its_status_or_its_level_says_so(
    kind: str, said: dict[str, Any], failed: bool
) -> None:
    parts = read_parts(json.dumps({kind: [{"name": "ask", **said}]}))

    assert [has_failed(step) for step in (*parts.nodes, *parts.iterations)] == [failed]
