"""What an error says, in the shapes in which it is logged; the view reads the same cases (`said-errors.test.ts`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lake.error_rows import error_rows
from lake.said_errors import entry_says, read_said, result_says
from lake.trace_parts import read_parts

CASES: dict[str, list[tuple[Any, str | None, str | None]]] = json.loads(
    Path(__file__).with_name("said_errors.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("error", "kind", "message"), CASES["errors"])
def test_an_error_says_its_type_and_why(error: Any, kind: str | None, message: str | None) -> None:
    assert read_said(error) == (kind, message)


@pytest.mark.parametrize(("result", "kind", "message"), CASES["results"])
def test_the_result_of_a_call_that_failed_says_why(
    result: Any, kind: str | None, message: str | None
) -> None:
    assert result_says(result) == (kind, message)


@pytest.mark.parametrize(("entry", "kind", "message"), CASES["entries"])
def test_the_name_in_an_entry_of_errors_is_that_of_a_tool_unless_only_an_exception_is_called_so(
    entry: Any, kind: str | None, message: str | None
) -> None:
    assert entry_says(entry) == (kind, message)


def rows_of(trace: Any) -> list[tuple[Any, ...]]:
    rows, _ = error_rows(read_parts(json.dumps(trace).encode()))
    return [(row.source, row.type, row.message, row.name) for row in rows]


def test_a_failed_call_of_a_message_has_its_reason_in_the_result() -> None:
    call = {"type": "tool_use", "id": "1", "name": "pay", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "1", "is_error": True, "content": "Card declined"}
    messages = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]

    assert rows_of({"messages": messages}) == [("tool_calls", None, "Card declined", "pay")]


def failed(name: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "status": "error", **said}


def test_an_entry_is_of_the_call_that_says_it() -> None:
    calls = [failed("pay", result="card declined"), failed("ship", result={"error": "no stock at all"})]
    entry = {"type": "ToolError", "message": "no stock"}

    assert rows_of({"tool_calls": calls, "errors": [entry]}) == [
        ("errors", "ToolError", "no stock", "ship"),
        ("tool_calls", None, "card declined", "pay"),
    ]


def test_an_entry_is_of_the_call_that_says_it_to_the_letter_before_any_other() -> None:
    calls = [
        failed("find", error="card declined, so nothing was found"),
        failed("pay", error="card declined"),
    ]

    assert rows_of({"tool_calls": calls, "errors": ["card declined"]}) == [
        ("errors", None, "card declined", "pay"),
        ("tool_calls", None, "card declined, so nothing was found", "find"),
    ]


def test_an_entry_that_no_call_says_is_of_none() -> None:
    calls = [failed("pay"), failed("ship", result="no stock")]

    assert rows_of({"tool_calls": calls, "errors": ["boom, all at once"]}) == [
        ("errors", None, "boom, all at once", None),
        ("tool_calls", None, "no stock", "ship"),
    ]


def test_an_entry_of_another_shape_says_its_type_and_names_no_tool_by_it() -> None:
    entries = [
        {"name": "TypeError", "message": "x is no function", "stack": "..."},
        {"error": {"type": "overloaded_error", "message": "Overloaded"}},
        "KeyError: 'order'",
    ]

    assert rows_of({"errors": entries}) == [
        ("errors", "TypeError", "x is no function", None),
        ("errors", "overloaded_error", "Overloaded", None),
        ("errors", "KeyError", "'order'", None),
    ]
