"""Calls that stand in nothing but the messages of a trace: what is counted of them, and what becomes a row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lake.derived import Derived
from lake.part_counts import count_parts
from tests.lake.test_derived import LOG
from tests.sdk.test_said_calls import ANTHROPIC, FUNCTIONS, GEMINI, OPENAI, PYDANTIC, RESPONSES, TWICE

SAID = [OPENAI, FUNCTIONS, ANTHROPIC, RESPONSES, GEMINI, PYDANTIC, TWICE]


def derived_of(trace: Any) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The log's own columns, and the rows of its parts by table."""
    log = dict(LOG)
    made = Derived([(log, trace if isinstance(trace, bytes) else json.dumps(trace).encode())])
    return log, {name: rows.to_pylist() for name, rows in made.portions[0].items()}


@pytest.mark.parametrize("messages", SAID)
def test_what_is_counted_are_the_rows(messages: list[dict[str, Any]]) -> None:
    trace = {"messages": messages}

    _log, rows = derived_of(trace)

    assert rows["tool_calls"]
    assert count_parts(json.dumps(trace).encode()).tool_call_count == len(rows["tool_calls"])


def test_a_call_of_a_message_is_a_row_with_what_is_known_of_it() -> None:
    log, rows = derived_of({"messages": OPENAI})

    assert [
        (row["name"], row["status"], row["argument_bytes"], row["position"]) for row in rows["tool_calls"]
    ] == [
        ("find", None, len('{"id":7}'), 0),
        ("pay", "error", len("{}"), 1),
    ]
    assert log["failed_tool_calls"] == 1
    assert "find pay" in log["search_text"]
    assert [(row["source"], row["source_position"], row["name"]) for row in rows["errors"]] == [
        ("tool_calls", 1, "pay")
    ]


@pytest.mark.parametrize(
    "listed",
    [
        {"tool_calls": [{"name": "find"}]},
        {"react_iterations": [{"tool_calls": [{"name": "find"}]}]},
    ],
    ids=["at the top", "in an iteration"],
)
def test_a_call_that_a_trace_lists_too_is_counted_once_and_others_beside_it(listed: dict[str, Any]) -> None:
    trace = {"messages": OPENAI, **listed}

    _log, rows = derived_of(trace)

    assert [(row["name"], row["status"]) for row in rows["tool_calls"]] == [("find", None), ("pay", "error")]
    assert count_parts(json.dumps(trace).encode()).tool_call_count == 2


@pytest.mark.parametrize(
    "trace",
    [
        b'{"messages": "tool_calls"}',
        b'{"messages": [7, "tool_call", null, [[]]]}',
        b'{"messages": {"tool_calls": [1]}}',
        b'{"messages": [{"tool_calls": [' + b"[" * 500 + b"]" * 500 + b"]}]}",
        b'{"messages": [{"tool_calls": [{"name": "\xff"}]}]}',
        b'["tool_call"]',
        b'{"messages": [{"tool_calls": [1e999, 1}]',
    ],
)
def test_messages_of_any_shape_cost_no_other_row(trace: bytes) -> None:
    log, rows = derived_of(trace)

    assert rows["tool_calls"] == []
    assert not log["failed_tool_calls"]
    assert count_parts(trace).tool_call_count == 0


def test_a_message_that_would_fill_the_memory_is_not_read() -> None:
    huge = {"role": "assistant", "tool_calls": [{"name": "find", "arguments": [0] * 200_000}]}

    assert count_parts(json.dumps({"messages": [huge, *OPENAI]}).encode()).tool_call_count == 2
