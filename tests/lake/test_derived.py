"""What becomes of a trace, whatever its shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake import columns, schema
from lake.derived import MESSAGE_BYTES, NAME_BYTES, Derived
from lake.part_bound import MAX_PARTS
from lake.search_text import TEXT_BYTES, search_text
from lake.trace_parts import read_parts
from tests.lake.odd_traces import TRACES

LOG: dict[str, Any] = {
    "client_id": "acme",
    "month": "2026-11",
    "log_id": "1",
    "ticket_id": "T-1",
    "executed_at": datetime(2026, 11, 23, 14, tzinfo=UTC),
    "extra": "{}",
}


def rows_of(trace: Any, **fields: Any) -> dict[str, list[dict[str, Any]]]:
    """The derived rows of one log, by table."""
    made = Derived([({**LOG, **fields}, json.dumps(trace).encode())])
    return {name: rows.to_pylist() for name, rows in made.portions[0].items()}


def test_a_trace_becomes_a_row_for_each_of_its_parts() -> None:
    call = {"id": "c", "name": "find", "arguments": {"id": 7}, "status": "ok", "duration_ms": 12}
    trace = {
        "nodes": [{"name": "resolve", "started_at": "2026-11-23T15:00:00.25+01:00", "parent": "root"}],
        "react_iterations": [
            {"iteration": 1, "node": "resolve", "model": "m", "input_tokens": 9, "action": "find"},
            {"iteration": 2, "node": "resolve", "model": "m", "action": "One moment.", "tool_calls": [call]},
        ],
        "tool_calls": [{"name": "alone", "error": "no such tool"}],
    }

    rows = rows_of(trace)

    [node] = rows["nodes"]
    assert (node["name"], node["node"], node["log_id"]) == ("resolve", "root", "1")
    assert node["started_at"] == datetime(2026, 11, 23, 14, 0, 0, 250_000, tzinfo=UTC)
    assert [(r["position"], r["iteration"], r["name"], r["tool_calls"]) for r in rows["iterations"]] == [
        (0, 1, "find", 0),
        (1, 2, None, 1),
    ]
    inside, alone = rows["tool_calls"]
    assert (inside["iteration_position"], inside["node"], inside["model"]) == (1, "resolve", "m")
    assert (inside["argument_bytes"], inside["result_bytes"]) == (len('{"id": 7}'), None)
    assert (alone["position"], alone["iteration_position"], alone["error"]) == (1, None, "no such tool")
    [error] = rows["errors"]
    assert (error["source"], error["name"], error["message"], error["source_position"]) == (
        "tool_calls",
        "alone",
        "no such tool",
        1,
    )


def test_a_call_that_stands_in_both_places_is_one_row_with_what_both_say() -> None:
    inside = {"id": "c", "name": "find", "arguments": {"id": 7}}
    outside = {"id": "c", "name": "find", "status": "ok", "duration_ms": 12}

    [call] = rows_of({"react_iterations": [{"tool_calls": [inside]}], "tool_calls": [outside]})["tool_calls"]

    assert (call["iteration_position"], call["status"], call["duration_ms"]) == (0, "ok", 12)


def test_an_id_that_is_used_again_is_another_call() -> None:
    call = {"id": "c", "name": "find"}
    trace = {
        "react_iterations": [{"tool_calls": [call]}, {"tool_calls": [call]}],
        "tool_calls": [call, call, call, {"id": "c", "name": "other"}],
    }

    assert len(rows_of(trace)["tool_calls"]) == 4


def test_one_failure_that_is_told_in_several_places_is_one_error() -> None:
    failure = {"type": "Timeout", "message": "no answer from the shop"}
    trace = {
        "errors": [{"node": "find", **failure}],
        "react_iterations": [{"error": failure, "tool_calls": [{"name": "find", "error": failure}]}],
        "nodes": [{"name": "inner", "error": failure}, {"name": "outer", "error": failure}],
    }

    assert [error["source"] for error in rows_of(trace)["errors"]] == ["errors"]


def test_a_call_that_writes_the_type_before_the_message_is_the_entry_that_tells_both_and_the_entry_is_of_its_tool() -> (
    None
):
    said = {"type": "PaymentRefused", "message": "the field 'currency' is missing"}
    calls = [{"name": "refund", "error": "PaymentRefused: the field 'currency' is missing"}] * 2

    rows = rows_of({"errors": [{"node": "agent", **said}], "tool_calls": calls})["errors"]

    assert [(row["source"], row["type"], row["name"], row["message"]) for row in rows] == [
        ("errors", "PaymentRefused", "refund", said["message"]),
        ("tool_calls", "PaymentRefused", "refund", said["message"]),
    ]


def test_an_entry_of_another_type_whose_message_is_that_of_the_call_tells_of_it() -> None:
    said = "Error: user not found"

    rows = rows_of(
        {"errors": [{"type": "tool_error", "message": said}], "tool_calls": [{"name": "find", "error": said}]}
    )["errors"]

    assert [(row["source"], row["type"], row["name"]) for row in rows] == [("errors", "tool_error", "find")]


def test_calls_that_fail_alike_are_errors_each() -> None:
    calls = [{"name": "find", "error": "no answer from the shop"}] * 3

    rows = rows_of({"errors": [{"message": "find: no answer from the shop"}], "tool_calls": calls})["errors"]

    assert [row["source"] for row in rows] == ["errors", "tool_calls", "tool_calls"]


FAILED = {"status": "failed"}
SILENT: dict[str, tuple[dict[str, Any], list[tuple[Any, ...]]]] = {
    "a node": ({"nodes": [{"name": "plan"}, {"name": "pay", **FAILED}]}, [("nodes", 1, "pay", "pay")]),
    "a node that timed out": (
        {"nodes": [{"name": "pay", "status": "TIMEOUT"}]},
        [("nodes", 0, "pay", "pay")],
    ),
    "each node of a name": (
        {"nodes": [{"name": "pay", **FAILED}, {"name": "pay", **FAILED}]},
        [("nodes", 0, "pay", "pay"), ("nodes", 1, "pay", "pay")],
    ),
    "a node and not those around it": (
        {
            "nodes": [
                {"name": "all", **FAILED},
                {"name": "agent", "parent": "all", **FAILED},
                {"name": "pay", "parent": "agent", **FAILED},
                {"name": "mail", "parent": "all", **FAILED},
            ]
        },
        [("nodes", 2, "pay", "pay"), ("nodes", 3, "mail", "mail")],
    ),
    "not a node around one that says why": (
        {"nodes": [{"name": "all", **FAILED}, {"name": "pay", "parent": "all", "error": "no currency"}]},
        [("nodes", 1, "pay", "pay")],
    ),
    "not a node around a call": (
        {
            "nodes": [{"name": "all", **FAILED}, {"name": "agent", "parent": "all"}],
            "tool_calls": [{"name": "refund", "node": "agent", **FAILED}],
        },
        [("tool_calls", 0, "agent", "refund")],
    ),
    "a node beside one of which an entry tells": (
        {"errors": [{"node": "plan", "message": "no plan"}], "nodes": [{"name": "pay", **FAILED}]},
        [("errors", 0, "plan", None), ("nodes", 0, "pay", "pay")],
    ),
    "not where an entry may be of any": (
        {"errors": [{"message": "no plan"}], "nodes": [{"name": "pay", **FAILED}]},
        [("errors", 0, None, None)],
    ),
    "an iteration, and not the node around it": (
        {
            "nodes": [{"name": "agent", **FAILED}],
            "react_iterations": [{"node": "agent", "action": "refund", **FAILED}, {"node": "agent"}],
        },
        [("react_iterations", 0, "agent", "refund")],
    ),
    "not an iteration around a call": (
        {"react_iterations": [{"node": "agent", "tool_calls": [{"name": "pay", **FAILED}], **FAILED}]},
        [("tool_calls", 0, "agent", "pay")],
    ),
    "nobody knows where": (
        {"react_iterations": [FAILED, FAILED], "nodes": [{"name": "agent", **FAILED}, FAILED]},
        [("react_iterations", 0, None, None), ("react_iterations", 1, None, None)],
    ),
    "a node without a name": ({"nodes": [FAILED, {"status": "ok"}]}, [("nodes", 0, None, None)]),
    "nodes that are in each other": (
        {"nodes": [{"name": "a", "parent": "b", **FAILED}, {"name": "b", "parent": "a", **FAILED}]},
        [("nodes", 0, "a", "a")],
    ),
    "not what was cancelled, or has no status": (
        {"nodes": [{"name": "pay", "status": "cancelled"}, {"name": "mail", "status": ["failed"]}]},
        [],
    ),
}


@pytest.mark.parametrize(("trace", "expected"), SILENT.values(), ids=SILENT)
def test_a_step_that_says_only_that_it_failed_is_an_error_unless_what_failed_in_it_is_one(
    trace: Any, expected: list[tuple[Any, ...]]
) -> None:
    rows = rows_of(trace)["errors"]

    assert [(row["source"], row["source_position"], row["node"], row["name"]) for row in rows] == expected


def test_of_very_many_nodes_that_failed_in_each_other_the_innermost_is_the_error() -> None:
    nodes = [{"name": f"n{n}", "parent": f"n{n - 1}", **FAILED} for n in range(MAX_PARTS)]

    assert [row["node"] for row in rows_of({"nodes": nodes})["errors"]] == [f"n{MAX_PARTS - 1}"]


ODD = {
    "a number as a text": ({"nodes": [{"name": "a", "duration_ms": "12"}]}, "nodes", "duration_ms"),
    "a flag as a number": ({"nodes": [{"name": "a", "duration_ms": True}]}, "nodes", "duration_ms"),
    "an epoch": ({"nodes": [{"name": "a", "started_at": 1764000000}]}, "nodes", "started_at"),
    "a time without offset": (
        {"nodes": [{"name": "a", "started_at": "2026-11-23T14:00:00"}]},
        "nodes",
        "started_at",
    ),
    "no time": ({"nodes": [{"name": "a", "started_at": "2026-13-45T14:00:00Z"}]}, "nodes", "started_at"),
    "a huge count": (
        {"react_iterations": [{"name": "a", "input_tokens": 10**30}]},
        "iterations",
        "input_tokens",
    ),
    "half a count": (
        {"react_iterations": [{"name": "a", "input_tokens": 1.5}]},
        "iterations",
        "input_tokens",
    ),
    "a list for a name": ({"nodes": [{"name": "a", "status": ["ok"]}]}, "nodes", "status"),
}


@pytest.mark.parametrize(("trace", "table", "column"), ODD.values(), ids=ODD)
def test_an_odd_value_costs_its_own_field_and_nothing_else(trace: Any, table: str, column: str) -> None:
    trace = {**trace, "tool_calls": [{"name": "find"}]}

    rows = rows_of(trace)

    assert rows[table][0][column] is None
    assert rows[table][0]["name"] == "a"
    assert rows["tool_calls"][0]["name"] == "find"


def test_a_time_finer_than_microseconds_is_cut() -> None:
    times = ["2026-11-23T14:00:00.123456789Z", "2026-11-23T14:00:00", "2026-11-23T14:00:00Z"]

    rows = rows_of({"nodes": [{"started_at": time} for time in times]})["nodes"]

    first = datetime(2026, 11, 23, 14, 0, 0, 123_456, tzinfo=UTC)
    assert [row["started_at"] for row in rows] == [first, None, first.replace(microsecond=0)]


def test_what_is_no_object_is_a_part_of_which_nothing_is_known() -> None:
    rows = rows_of({"nodes": [7, None, {"name": "a"}], "errors": ["it broke"], "tool_calls": "none"})

    assert [node["name"] for node in rows["nodes"]] == [None, None, "a"]
    assert [error["message"] for error in rows["errors"]] == ["it broke"]
    assert rows["tool_calls"] == []


def test_a_number_beyond_all_numbers_is_none() -> None:
    made = Derived([(dict(LOG), b'{"nodes": [{"name": "a", "duration_ms": 1e999}]}')])

    assert made.portions[0]["nodes"]["duration_ms"].to_pylist() == [None]


def test_long_texts_are_cut_at_a_character() -> None:
    trace = {"nodes": [{"name": "ä" * 1000, "error": "ö" * 5000}]}

    rows = rows_of(trace)

    assert len(rows["nodes"][0]["name"].encode()) == NAME_BYTES
    assert len(rows["errors"][0]["message"].encode()) == MESSAGE_BYTES


def test_parts_beyond_the_bound_are_counted() -> None:
    made = Derived([(dict(LOG), json.dumps({"nodes": [{}] * (MAX_PARTS + 3)}).encode())])

    assert made.portions[0]["nodes"].num_rows == MAX_PARTS
    assert made.beyond == 3


def test_very_many_rows_come_in_portions() -> None:
    trace = json.dumps({"nodes": [{}] * MAX_PARTS}).encode()

    made = Derived((dict(LOG, log_id=str(n)), trace) for n in range(40))

    assert len(made.portions) == 2
    assert sum(rows["nodes"].num_rows for rows in made.portions) == 40 * MAX_PARTS


# ------------------------------------------------------------ the search text


def test_the_search_text_is_the_subject_the_errors_the_answer_and_what_was_said() -> None:
    trace = {
        "errors": [{"type": "Timeout", "message": "no answer"}],
        "final_response": "It is  paid.",
        "messages": [
            {"role": "system", "content": "You are an agent."},
            {"role": "assistant", "content": [{"type": "text", "text": "One moment."}]},
            {"role": "user", "content": "Where is my\nparcel?"},
        ],
    }

    text = search_text('{"subject": "Late parcel"}', read_parts(json.dumps(trace).encode()))

    assert text == "late parcel timeout no answer it is paid. where is my parcel? one moment."


def test_of_a_log_without_a_trace_the_subject_is_left() -> None:
    assert search_text('{"subject": "Late"}', read_parts(None)) == "late"
    assert search_text("{}", read_parts(None)) is None


@given(st.lists(st.text(max_size=2000), max_size=6), st.text(max_size=1000))
def test_the_search_text_has_a_bound_and_no_white_space_but_single_spaces(
    said: list[str], answer: str
) -> None:
    messages = [{"role": "user", "content": text} for text in said]
    trace = json.dumps({"messages": messages, "final_response": answer}, ensure_ascii=False)

    text = search_text("{}", read_parts(trace.encode("utf-8", "replace"))) or ""

    assert len(text.encode()) <= TEXT_BYTES
    assert text == " ".join(text.split())


# ------------------------------------------------------------ any JSON


@given(st.lists(TRACES, min_size=1, max_size=5))
def test_a_log_has_the_same_rows_alone_and_among_others(traces: list[Any]) -> None:
    texts = [json.dumps(trace).encode() for trace in traces]
    logs = [{**LOG, "log_id": str(number)} for number in range(len(traces))]

    together = Derived(zip([dict(log) for log in logs], texts, strict=True)).portions[0]
    alone = [Derived([(dict(log), text)]).portions[0] for log, text in zip(logs, texts, strict=True)]

    for name in columns.DERIVED:
        assert together[name].schema == schema.DERIVED[name]
        assert together[name].equals(pa.concat_tables([rows[name] for rows in alone]))


@given(TRACES)
def test_a_list_of_a_trace_has_a_row_for_each_item(trace: Any) -> None:
    rows = rows_of(trace)

    for part, table in (("nodes", "nodes"), ("react_iterations", "iterations")):
        value = trace.get(part)
        assert len(rows[table]) == (len(value) if isinstance(value, list) else 0)


@given(st.binary(max_size=60))
def test_what_is_no_json_has_no_rows(trace: bytes) -> None:
    made = Derived([(dict(LOG), trace)])

    assert len(made.portions) == 1
