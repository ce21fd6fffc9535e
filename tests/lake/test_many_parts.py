"""Failures of a trace of very many parts are found, wherever they stand in it, and its rows have a bound."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lake.derived import Derived
from lake.part_bound import MAX_FAILED, MAX_PARTS
from tests.lake.test_derived import LOG

FINE: dict[str, Any] = {"name": "find"}
FAILED: dict[str, Any] = {"name": "pay", "error": {"type": "Refused", "message": "no currency"}}


def derived_of(trace: dict[str, Any]) -> tuple[dict[str, Any], Derived, dict[str, list[dict[str, Any]]]]:
    """The log's own columns, what was made of it, and the rows by table."""
    log = dict(LOG)
    made = Derived([(log, json.dumps(trace).encode())])
    return log, made, {name: rows.to_pylist() for name, rows in made.portions[0].items()}


def test_a_call_that_failed_far_behind_is_found_and_counted() -> None:
    log, made, rows = derived_of({"tool_calls": [FINE] * (MAX_PARTS + 5000) + [FAILED] + [FINE] * 7})

    assert log["failed_tool_calls"] == 1
    [error] = rows["errors"]
    assert (error["type"], error["name"], error["source"]) == ("Refused", "pay", "tool_calls")
    call = rows["tool_calls"][error["source_position"]]
    assert (call["name"], call["position"]) == ("pay", MAX_PARTS)
    assert made.beyond == 5007


def test_a_call_that_failed_far_behind_keeps_its_iteration() -> None:
    fine = {"node": "plan", "tool_calls": [FINE]}
    failing = {"node": "resolve", "model": "m", "tool_calls": [FINE, FAILED]}

    _log, _made, rows = derived_of({"react_iterations": [fine] * (MAX_PARTS + 50) + [failing]})

    [error] = rows["errors"]
    assert error["node"] == "resolve"
    call = rows["tool_calls"][error["source_position"]]
    assert (call["node"], call["model"]) == ("resolve", "m")
    assert rows["iterations"][call["iteration_position"]]["node"] == "resolve"


def test_a_call_whose_iteration_has_no_row_takes_nothing_from_that_of_another_log() -> None:
    steps = [{"node": "plan"}] * (MAX_PARTS + 50) + [{"node": "plan", "tool_calls": [FINE]}]
    logs = [(dict(LOG), json.dumps({"react_iterations": steps}).encode())]
    logs += [
        (dict(LOG), json.dumps({"react_iterations": [{"node": f"other {n}"}]}).encode()) for n in range(99)
    ]

    [call] = Derived(logs).portions[0]["tool_calls"].to_pylist()

    assert (call["node"], call["iteration_position"]) == (None, None)


def test_nodes_and_iterations_that_failed_far_behind_are_found() -> None:
    trace = {
        "nodes": [FINE] * MAX_PARTS + [{"name": "last", "error": "node is broken"}],
        "react_iterations": [{}] * MAX_PARTS + [{"node": "last", "error": "step is broken"}],
    }

    _log, _made, rows = derived_of(trace)

    assert [(row["source"], row["node"], row["source_position"]) for row in rows["errors"]] == [
        ("react_iterations", "last", MAX_PARTS),
        ("nodes", "last", MAX_PARTS),
    ]


def test_of_very_many_errors_each_kind_is_found() -> None:
    listed = [{"type": "Timeout", "message": f"late {n}"} for n in range(MAX_PARTS + 200)]
    listed[MAX_PARTS + 100] = {"type": "Refused", "message": "once"}

    _log, made, rows = derived_of({"errors": listed, "tool_calls": [FAILED]})

    assert len(rows["errors"]) == MAX_PARTS + 2
    behind = rows["errors"][MAX_PARTS:]
    assert [(row["type"], row["source"], row["source_position"]) for row in behind] == [
        ("Refused", "errors", MAX_PARTS + 100),
        ("Refused", "tool_calls", 0),
    ]
    assert made.beyond == 199


def test_rows_have_a_bound_where_everything_failed() -> None:
    many = MAX_PARTS + 3 * MAX_FAILED
    errors = [{"type": f"E{n}"} for n in range(many)]

    log, _made, rows = derived_of({"tool_calls": [FAILED] * many, "nodes": [FAILED] * many, "errors": errors})

    assert log["failed_tool_calls"] == many
    assert {name: len(each) for name, each in rows.items()} == {
        "iterations": 0,
        "tool_calls": MAX_PARTS + MAX_FAILED,
        "errors": MAX_PARTS + MAX_FAILED,
        "nodes": MAX_PARTS + MAX_FAILED,
    }


@settings(max_examples=5, deadline=None)
@given(st.sets(st.integers(0, MAX_PARTS + 3000), min_size=1, max_size=6), st.booleans())
def test_wherever_calls_fail_each_has_its_error(places: set[int], is_nested: bool) -> None:
    calls = [
        {"name": f"tool {n}", "error": f"failed {n}"} if n in places else FINE
        for n in range(MAX_PARTS + 3001)
    ]
    steps = [{"node": f"node {n}", "tool_calls": [call]} for n, call in enumerate(calls)]

    _log, _made, rows = derived_of({"react_iterations": steps} if is_nested else {"tool_calls": calls})

    assert {(row["message"], row["name"]) for row in rows["errors"]} == {
        (f"failed {n}", f"tool {n}") for n in places
    }
    if is_nested:
        assert {row["node"] for row in rows["errors"]} == {f"node {n}" for n in places}
