"""From any state to its log: by mapping or attributes, under the names that workflows use."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel

from caselog import build_workflow_log
from caselog.model import LOG_FIELDS, METRICS, TRACE_PARTS
from caselog.serialize import dump

np: Any = pytest.importorskip("numpy")

STATE: dict[str, Any] = {
    "ticket_id": "T-1",
    "status": "success",
    "category": "refund",
    "environment": "production",
    "workflow_version": "1.4.0",
    "executed_at": "2026-11-23T14:05:00Z",
    "execution_time_seconds": 12.5,
    "overall_confidence": 0.9,
    "hallucination_risk": 0.1,
    "react_iterations": [
        {"iteration": 1, "thought": "look it up", "tool_calls": [{"name": "find", "arguments": {"id": 1}}]}
    ],
    "tool_calls": [{"name": "refund", "arguments": {"amount": 3}, "result": "done"}],
    "nodes": [{"name": "classify", "duration_ms": 12}],
    "errors": [],
    "final_response": "Refunded.",
    "messages": [{"role": "user", "content": "Please refund me."}],
    "llm_client": object(),
}


@dataclass
class DataclassState:
    ticket_id: str = "T-1"
    status: str = "success"
    confidence: float = 0.9
    errors: list[str] = field(default_factory=list)


class ModelState(BaseModel):
    ticket_id: str = "T-1"
    status: str = "success"
    confidence: float = 0.9
    errors: list[str] = []


@pytest.mark.claim("nothing-else-of-a-state")
def test_a_log_holds_the_fields_the_metrics_and_the_trace_and_nothing_else_of_a_state() -> None:
    log = build_workflow_log(STATE)

    assert log == {
        "schema_version": 1,
        "ticket_id": "T-1",
        "status": "SUCCESS",
        "category": "refund",
        "environment": "production",
        "workflow_version": "1.4.0",
        "executed_at": "2026-11-23T14:05:00Z",
        "execution_time_seconds": 12.5,
        "metrics": {
            "react_iterations": 1,
            "error_count": 0,
            "tool_call_count": 2,
            "failed_tool_calls": 0,
            "overall_confidence": 0.9,
            "hallucination_risk": 0.1,
        },
        "trace": {name: STATE[name] for name in TRACE_PARTS},
    }
    assert list(log)[-1] == "trace"


@pytest.mark.parametrize(
    "state",
    [DataclassState(), ModelState(), SimpleNamespace(**vars(DataclassState())), vars(DataclassState())],
)
def test_a_state_may_be_a_mapping_or_an_object_with_attributes(state: Any) -> None:
    log = build_workflow_log(state)

    assert log == {
        "schema_version": 1,
        "ticket_id": "T-1",
        "status": "SUCCESS",
        "metrics": {"error_count": 0, "overall_confidence": 0.9},
        "trace": {"errors": []},
    }


def test_what_is_missing_stays_missing() -> None:
    assert build_workflow_log({}) == {"schema_version": 1}
    assert build_workflow_log(None) == {"schema_version": 1}


def test_building_twice_from_the_same_state_gives_the_same_log_and_leaves_the_state_alone() -> None:
    state = {**STATE, "metrics": {"cost_usd": 0.1}}
    before = repr(state)

    assert build_workflow_log(state) == build_workflow_log(state)
    assert repr(state) == before


def test_every_field_of_the_model_can_come_from_a_state() -> None:
    words: dict[str, Any] = {
        field.name: f"A {field.name}".upper() for field in LOG_FIELDS if field.kind == "string"
    }
    numbers = {metric.name: 1 for metric in METRICS}

    log = build_workflow_log({**words, **numbers})

    assert {name: log[name] for name in words} == words
    assert log["metrics"] == numbers


@pytest.mark.parametrize("name", ["executed_at", "started_at", "start_time"])
@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 11, 23, 14, 5, tzinfo=UTC), "2026-11-23T14:05:00+00:00"),
        (datetime(2026, 11, 23, 14, 5), "2026-11-23T14:05:00+00:00"),  # noqa: DTZ001 - a naive time is UTC
        (datetime(2026, 11, 23, 14, 5, tzinfo=timezone(timedelta(hours=2))), "2026-11-23T14:05:00+02:00"),
        ("2026-11-23T14:05:00", "2026-11-23T14:05:00+00:00"),
        ("2026-11-23T14:05:00Z", "2026-11-23T14:05:00Z"),
        (1795442700, "2026-11-23T14:05:00+00:00"),
        (1795442700000, "2026-11-23T14:05:00+00:00"),
    ],
)
def test_the_start_comes_under_several_names_and_in_several_forms(
    name: str, moment: Any, written: str
) -> None:
    assert build_workflow_log({name: moment})["executed_at"] == written


@pytest.mark.parametrize(
    "state",
    [
        {"execution_time_seconds": 1.5},
        {"execution_time": timedelta(seconds=1.5)},
        {"duration_seconds": 1.5},
        {"started_at": datetime(2026, 1, 1, tzinfo=UTC), "finished_at": "2026-01-01T00:00:01.5Z"},
    ],
)
def test_the_length_of_a_run_comes_under_several_names_or_from_its_two_ends(state: dict[str, Any]) -> None:
    assert build_workflow_log(state)["execution_time_seconds"] == 1.5


def test_the_number_of_iterations_may_be_given_instead_of_the_iterations() -> None:
    log = build_workflow_log({"react_iterations": 4})

    assert log["metrics"] == {"react_iterations": 4}
    assert "trace" not in log


def test_tokens_are_summed_over_the_iterations_where_the_state_gives_no_sum() -> None:
    steps = [{"input_tokens": 10, "output_tokens": 2}, {"input_tokens": 5, "output_tokens": 0}, {}]

    summed = build_workflow_log({"react_iterations": steps})["metrics"]
    given = build_workflow_log({"react_iterations": steps, "input_tokens": 99})["metrics"]

    assert (summed["input_tokens"], summed["output_tokens"]) == (15, 2)
    assert given["input_tokens"] == 99


#: Steps that say no count: whether they leave a gap in the sum.
WITHOUT_COUNT: list[tuple[dict[str, Any], bool]] = [
    ({}, False), ({"action": "look up", "observation": "paid"}, False), ({"model": None, "thought": ""}, False),
    ({"cached": True, "model": "small"}, False), ({"model": "small", "status": "error"}, False),
    ({"model": "small", "error": "429", "thought": None}, False), ({"input_tokens": 3, "cached": True}, False),
    ({"model": "small"}, True), ({"thought": "hm"}, True), ({"input": [{"role": "user", "content": "hi"}]}, True),
    ({"output_tokens": 5}, True), ({"input_tokens": None}, True), ({"cost_usd": 0.1, "action": "x"}, True),
    ({"model": "small", "cached": False}, True), ({"model": "small", "status": "ok"}, True),
]  # fmt: skip


@given(
    counts=st.lists(st.integers(0, 99), min_size=1),
    others=st.lists(st.sampled_from(WITHOUT_COUNT)),
    places=st.randoms(use_true_random=False),
    as_objects=st.booleans(),
)
def test_a_sum_has_no_gap_an_iteration_that_asked_a_model_and_says_no_count_leaves_none(
    counts: list[int], others: list[tuple[dict[str, Any], bool]], places: Any, as_objects: bool
) -> None:
    steps: list[Any] = [{"input_tokens": count, "model": "small"} for count in counts]
    steps += [step for step, _ in others]
    places.shuffle(steps)
    if as_objects:
        steps = [SimpleNamespace(**step) for step in steps]

    total = build_workflow_log({"react_iterations": steps})["metrics"].get("input_tokens")

    has_gap = any(leaves_gap for _, leaves_gap in others)
    assert total == (None if has_gap else sum(counts))


@pytest.mark.parametrize(
    ("counts", "total"),
    [
        ([10.0, 20], 30),
        (["10", 20], 30),
        ([np.int64(10), np.float64(20.0), Decimal(5)], 35),
        ([10, None, 20], None),
        ([10, "many"], None),
        ([10, 1.5], None),
        ([10, float("nan")], None),
        ([10, -1], None),
        ([10, True], None),
        ([10, [5]], None),
        ([None, None], None),
    ],
)
def test_a_sum_is_whole_or_absent(counts: list[Any], total: int | None) -> None:
    steps = [{"input_tokens": count} for count in counts]

    assert build_workflow_log({"react_iterations": steps})["metrics"].get("input_tokens") == total


@given(st.lists(st.one_of(st.integers(0, 10**6), st.floats(), st.text(max_size=3), st.none(), st.booleans())))
def test_no_sum_leaves_out_what_could_not_be_read(counts: list[Any]) -> None:
    steps = [{"output_tokens": count} for count in counts]

    total = build_workflow_log({"react_iterations": steps})["metrics"].get("output_tokens")

    if total is None:
        assert not counts or not all(type(count) is int for count in counts)
    else:
        assert total == sum(int(count) for count in counts if count is not None)


def test_a_cached_answer_costs_no_tokens() -> None:
    steps = [{"input_tokens": 10}, {"input_tokens": 10, "cached": True}]

    assert build_workflow_log({"react_iterations": steps})["metrics"]["input_tokens"] == 10


def test_failed_tool_calls_are_counted_wherever_they_stand() -> None:
    calls: list[Any] = [
        {"status": "error"},
        {"status": "ok"},
        {"error": "no"},
        {"error": None},
        {"is_error": True},
    ]
    state = {
        "tool_calls": calls,
        "react_iterations": [{"tool_calls": [SimpleNamespace(status="failed"), {}]}],
    }

    metrics = build_workflow_log(state)["metrics"]

    assert (metrics["tool_call_count"], metrics["failed_tool_calls"]) == (7, 4)


def test_a_count_that_is_given_is_kept_though_the_trace_says_otherwise() -> None:
    log = build_workflow_log({"errors": ["one"], "metrics": {"error_count": 3}})

    assert log["metrics"]["error_count"] == 3


def test_trace_and_metrics_may_be_objects_of_their_own_and_keep_what_is_unknown() -> None:
    state = SimpleNamespace(
        trace={"nodes": [{"name": "n"}], "retrieval": ["doc-1"]},
        metrics=SimpleNamespace(cost_usd=Decimal("0.25"), own_score=7, by_model={"small": 1}),
    )

    log = build_workflow_log(state)

    assert log["trace"] == {"nodes": [{"name": "n"}], "retrieval": ["doc-1"]}
    assert log["metrics"] == {"cost_usd": Decimal("0.25"), "own_score": 7, "by_model.small": 1}


def test_keywords_come_before_the_state_and_unknown_ones_become_fields() -> None:
    log = build_workflow_log(
        STATE, client_id="acme", environment="staging", overall_confidence=0.5, region="eu", status=None
    )

    assert (log["client_id"], log["environment"], log["region"], log["status"]) == (
        "acme",
        "staging",
        "eu",
        "SUCCESS",
    )
    assert log["metrics"]["overall_confidence"] == 0.5


def test_extra_of_a_state_goes_to_the_top_of_the_log_but_overrides_nothing() -> None:
    log = build_workflow_log({**STATE, "extra": {"region": "eu", "ticket_id": "other"}})

    assert (log["region"], log["ticket_id"]) == ("eu", "T-1")


def test_messages_of_langchain_become_roles_and_contents() -> None:
    call = {"name": "find", "args": {"id": 7}, "id": "c1", "type": "tool_call"}
    messages = [
        SystemMessage("Be kind."),
        HumanMessage("Where is my order?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("on its way", tool_call_id="c1", name="find"),
        ("user", "thanks"),
    ]

    log = build_workflow_log({"messages": messages, "final_response": AIMessage("It is on its way.")})

    assert log["trace"]["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Where is my order?"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"name": "find", "arguments": {"id": 7}, "id": "c1"}],
        },
        {"role": "tool", "content": "on its way", "name": "find", "tool_call_id": "c1", "status": "success"},
        {"role": "user", "content": "thanks"},
    ]
    assert log["trace"]["final_response"] == "It is on its way."


def test_tool_calls_of_openai_get_a_name_and_readable_arguments() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}}

    log = build_workflow_log({"tool_calls": [call]})

    assert log["trace"]["tool_calls"] == [{"id": "c1", "name": "find", "arguments": {"id": 7}}]


def test_errors_may_be_exceptions_or_texts() -> None:
    with pytest.raises(KeyError) as raised:
        raise KeyError("seat")

    log = build_workflow_log({"errors": [raised.value, "plain"]})

    first, second = log["trace"]["errors"]
    assert first["type"] == "KeyError"
    assert "test_build.py" in first["stacktrace"]
    assert second == {"message": "plain"}
    assert log["metrics"]["error_count"] == 2


def test_a_status_may_be_an_enum() -> None:
    class Status(Enum):
        DONE = "success"

    assert build_workflow_log({"status": Status.DONE})["status"] == "SUCCESS"


def test_a_state_whose_attributes_raise_still_gives_a_log() -> None:
    class Broken:
        ticket_id = "T-1"

        @property
        def status(self) -> str:
            raise RuntimeError

    assert build_workflow_log(Broken()) == {"schema_version": 1, "ticket_id": "T-1"}


@given(
    st.dictionaries(
        st.sampled_from([*TRACE_PARTS, *(f.name for f in LOG_FIELDS), "extra", "started_at", "finished_at"]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.datetimes()),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
            ),
        ),
    )
)
def test_no_state_is_too_strange_for_a_log(state: dict[str, Any]) -> None:
    assert build_workflow_log(state)["schema_version"] == 1


def test_a_part_that_cannot_be_read_takes_no_other_with_it() -> None:
    class Detached:
        type = "ai"

        @property
        def content(self) -> str:
            raise LookupError

    state = {
        "ticket_id": "T",
        "status": "ok",
        "react_iterations": [{"thought": "x"}],
        "final_response": Detached(),
    }

    trace = build_workflow_log({**state, "messages": [Detached(), {"role": "user", "content": "hi"}]})[
        "trace"
    ]

    assert trace["react_iterations"] == [{"thought": "x"}]
    assert json.loads(dump([trace["final_response"], trace["messages"][0]])) == ["[Detached]", "[Detached]"]
    assert trace["messages"][1]["content"] == "hi"


def test_costs_of_iterations_are_summed_where_the_state_says_none() -> None:
    steps = [{"cost_usd": 0.1}, {"cost_usd": "0.2"}, {"cost_usd": Decimal("0.4")}, {}]

    assert build_workflow_log({"react_iterations": steps})["metrics"]["cost_usd"] == pytest.approx(0.7)
    assert build_workflow_log({"react_iterations": steps, "cost_usd": 7})["metrics"]["cost_usd"] == 7
    assert "cost_usd" not in build_workflow_log({"react_iterations": [{}]})["metrics"]


@pytest.mark.parametrize("odd", ["dear", True, 10**400, float("nan"), float("inf"), -1, 1e13, [1]])
def test_a_cost_that_cannot_be_read_leaves_no_sum_and_costs_no_log(odd: Any) -> None:
    log = build_workflow_log({"react_iterations": [{"cost_usd": 0.5}, {"cost_usd": odd}]})

    assert "cost_usd" not in log["metrics"]
    assert log["metrics"]["react_iterations"] == 2


def test_a_cached_answer_costs_no_money() -> None:
    steps = [{"cost_usd": 0.5}, {"cost_usd": 0.5, "cached": True}]

    assert build_workflow_log({"react_iterations": steps})["metrics"]["cost_usd"] == 0.5
