from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from caselog import close, flush, guard
from caselog.model import TRACE_PARTS
from examples.support_workflow.__main__ import main
from examples.support_workflow.clock import SimulatedClock
from examples.support_workflow.model import ScriptedChatModel
from examples.support_workflow.recording import State
from examples.support_workflow.records import Scenario
from examples.support_workflow.scenarios import COMPANIES, make_scenarios
from examples.support_workflow.services import Outage
from examples.support_workflow.simulation import run_scenario, simulate
from examples.support_workflow.tools import TOOL_SCHEMAS
from tests.sdk.fake_collector import FakeCollector, fake_collector

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = ("LOG_COLLECTOR_URL", "LOG_COLLECTOR_API_KEY", "CLIENT_ID", "CASELOG_LEVEL")

Json = dict[str, Any]


@pytest.fixture(scope="module")
def month() -> Iterator[tuple[list[State], FakeCollector]]:
    """A month of both clients' tickets, and the collector that their logs were sent to."""
    with fake_collector() as collector, pytest.MonkeyPatch.context() as patch:
        for name, value in {**collector.env, "CASELOG_LEVEL": "FULL_TRACE"}.items():
            patch.setenv(name, value)
        patch.setattr(guard, "reraise", True)
        states = [
            state for client in COMPANIES for state in simulate(client, count=100, days=30, now=NOW, seed=3)
        ]
        flush(60)
        yield states, collector
        close(5)


@pytest.fixture(scope="module")
def states(month: tuple[list[State], FakeCollector]) -> list[State]:
    return month[0]


@pytest.fixture(scope="module")
def received(month: tuple[list[State], FakeCollector]) -> FakeCollector:
    return month[1]


# ---------------------------------------------------------------- what arrives


def test_each_ticket_arrives_as_one_log(states: list[State], received: FakeCollector) -> None:
    sent = Counter(log["ticket_id"] for log in received.logs)

    assert sent == Counter(state["ticket_id"] for state in states)
    assert set(sent.values()) == {1}


def test_no_personal_data_leaves_the_process(states: list[State], received: FakeCollector) -> None:
    private = {
        text
        for state in states
        for text in re.findall(
            r"[\w.]+@[\w.]+\w|(?:\d[ -]?){13,19}|gx_live_\w+",
            str([message.content for message in state["messages"]]) + str(state["ticket"]),
        )
    }
    kinds, sent = Counter("@" in text or text[:3] for text in private), received.text

    assert kinds[True] > 100
    assert len(kinds) > 5
    assert [text for text in private if text.strip() in sent] == []


def test_the_same_customer_can_still_be_counted(received: FakeCollector) -> None:
    log = next(log for log in received.logs if log["trace"].get("react_iterations"))
    hashes = set(re.findall(r"email:[0-9a-f]{16}", json.dumps(log)))

    assert len(hashes) == 1


def test_every_part_of_a_trace_is_one_the_model_names(received: FakeCollector) -> None:
    for log in received.logs:
        assert set(log["trace"]) <= set(TRACE_PARTS)
        for node in log["trace"]["nodes"]:
            assert set(node) <= {field.name for field in TRACE_PARTS["nodes"]}
        for call in _calls(log):
            assert set(call) <= {field.name for field in TRACE_PARTS["tool_calls"]}


def test_parts_lie_within_each_other_in_time(received: FakeCollector) -> None:
    for log in received.logs:
        begin, end = _span(log["executed_at"], log["execution_time_seconds"] * 1000)
        agent = [node for node in log["trace"]["nodes"] if node["name"] == "react_agent"]
        assert all(_within(node, begin, end) for node in log["trace"]["nodes"])
        for step in log["trace"].get("react_iterations", []):
            assert _within(step, *_span(agent[0]["started_at"], agent[0]["duration_ms"]))
            inner = _span(step["started_at"], step["duration_ms"])
            assert all(_within(call, *inner) for call in step["tool_calls"])


# ---------------------------------------------------------------- what a month looks like


def test_most_tickets_succeed_and_some_do_not(states: list[State]) -> None:
    endings = Counter(state["status"] for state in states)

    assert 0.75 <= endings["SUCCESS"] / endings.total() <= 0.92
    assert endings["FAILED"] >= 4
    assert endings["ESCALATED"] >= 8


def test_tickets_are_as_varied_as_support_is(states: list[State]) -> None:
    lengths = {len(state.get("react_iterations", [])) for state in states}
    seconds = sorted(state["execution_time_seconds"] for state in states)

    assert {1, 3, 4, 5, 6, 7} <= lengths
    assert max(lengths) <= 8
    assert seconds[-1] > 30 > seconds[len(seconds) // 2] > 3
    assert {state.get("category") for state in states} > set(COMPANIES["acme"].mix)


def test_tickets_lie_within_the_days_asked_for_and_end_before_now(states: list[State]) -> None:
    starts = [state["executed_at"] for state in states]
    ends = [state["executed_at"] + timedelta(seconds=state["execution_time_seconds"]) for state in states]

    assert min(starts) >= NOW - timedelta(days=31)
    assert max(ends) <= NOW
    assert len({start.date() for start in starts}) > 20


def test_a_timeout_is_tried_again_and_both_tries_are_in_the_log(states: list[State]) -> None:
    retried = [
        (first, second)
        for state in states
        for first, second in _neighbours(
            [c for step in state.get("react_iterations", []) for c in step["tool_calls"]]
        )
        if first["status"] == "error" and first["arguments"] == second["arguments"]
    ]

    assert any(second["status"] == "ok" for _, second in retried)
    assert {first["error"].split(":")[0] for first, _ in retried} == {"ServiceTimeout"}


def test_the_same_seed_makes_the_same_month() -> None:
    once, again = (list(simulate("globex", count=8, days=5, now=NOW, seed=1)) for _ in range(2))

    assert [without_run_ids(state["log"]) for state in once] == [
        without_run_ids(state["log"]) for state in again
    ]


def without_run_ids(log: Any) -> Any:
    """The log without the ids that LangChain makes by chance for what a model answers."""
    return json.loads(re.sub(r"lc_run--[\w-]+", "lc_run", json.dumps(log, default=str)))


# ---------------------------------------------------------------- what goes wrong


def test_an_exception_in_a_node_still_ends_in_a_log(received: FakeCollector) -> None:
    failed = [log for log in received.logs if log["status"] == "FAILED"]

    assert failed
    for log in failed:
        assert log["trace"]["nodes"][-1]["status"] == "error"
        assert log["trace"]["errors"][-1]["node"] == log["trace"]["nodes"][-1]["name"]
        assert "Traceback" in log["trace"]["errors"][-1]["stacktrace"]


def test_iterations_before_the_exception_are_kept(states: list[State]) -> None:
    broken = [s for s in states if s["status"] == "FAILED" and s["nodes"][-1]["name"] == "react_agent"]

    assert broken
    assert all(len(state["react_iterations"]) >= 1 for state in broken)
    assert any(state["react_iterations"][0].get("thought") for state in broken)


def test_a_service_that_stays_down_fails_the_run_after_three_tries() -> None:
    scenario = _scenario("globex")
    outage = Outage("knowledge", NOW - timedelta(days=90), NOW, share=1.0)

    state = run_scenario(scenario, 1, (outage,))

    assert state["status"] == "FAILED"
    assert [error["type"] for error in state["errors"]] == ["ServiceTimeout"] * 3
    assert state["nodes"][-1]["attributes"] == {"attempts": 3}


def test_an_answer_with_made_up_facts_is_kept_from_the_customer(states: list[State]) -> None:
    invented = [state for state in states if "SORRY-" in state.get("final_response", "")]

    assert invented
    assert {state["status"] for state in invented} == {"ESCALATED"}
    assert all(state["hallucination_risk"] > 0.3 for state in invented)


def test_a_large_refund_waits_for_a_person(states: list[State]) -> None:
    approvals = [
        state for state in states if "above what I may refund" in json.dumps(state["log"], default=str)
    ]

    assert approvals
    assert "SUCCESS" not in {state["status"] for state in approvals}
    assert not any(call["name"] == "issue_refund" for state in approvals for call in _calls(state["log"]))


# ---------------------------------------------------------------- the model


def test_the_model_is_a_chat_model_that_asks_for_tools_it_was_given() -> None:
    clock = SimulatedClock(NOW)
    model = ScriptedChatModel(clock=clock, seed="1").bind_tools(TOOL_SCHEMAS)
    ticket = HumanMessage(
        "Ticket ACM-1\nFrom: Runa\nE-mail: r@example.com\nSubject: Refund AC-123456\n\nPlease."
    )

    reply = model.invoke([SystemMessage("Category: refund.\n"), ticket])

    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [
        ("lookup_order", {"order_number": "AC-123456"})
    ]
    assert reply.usage_metadata is not None
    assert clock.now() > NOW


# ---------------------------------------------------------------- the command


def test_the_command_says_how_many_logs_it_sent() -> None:
    with fake_collector() as collector:
        done = _run(collector.env, "--client", "globex", "--tickets", "5", "--days", "2", "--seed", "4")

        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"globex: 5 tickets \(.*\); 5 logs sent, 0 lost\n", done.stdout)
        assert done.stderr == ""
        assert len(collector.logs) == 5


def test_the_command_fails_where_the_collector_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = b'{"error": {"code": "invalid_key", "message": "unknown key"}}'
    with fake_collector() as collector:
        collector.answer = lambda _sent: (401, {}, unknown)
        exit_status = _run_here(monkeypatch, collector.env, "--tickets", "3")

    assert exit_status == 1
    assert capsys.readouterr().out.endswith("0 logs sent, 3 lost\n")


def test_the_command_fails_where_nothing_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_status = _run_here(monkeypatch, {}, "--tickets", "1")

    assert exit_status == 1
    assert "LOG_COLLECTOR_URL" in capsys.readouterr().err


def _run_here(monkeypatch: pytest.MonkeyPatch, env: dict[str, str], *arguments: str) -> int:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in {**env, "LANGSMITH_TRACING": "", "LANGCHAIN_TRACING_V2": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["support_workflow", *arguments])
    close(5)
    try:
        return main()
    finally:
        close(5)


def _run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "sdk")])
    return subprocess.run(
        [sys.executable, "-m", "examples.support_workflow", *arguments],
        env={**inherited, "PYTHONPATH": path, **env},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def _scenario(client_id: str) -> Scenario:
    return next(make_scenarios(client_id, 1, 10, NOW, seed=1))


def _calls(log: Json) -> list[Json]:
    return [call for step in log["trace"].get("react_iterations", []) for call in step["tool_calls"]]


def _neighbours(calls: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    return itertools.pairwise(calls)


def _span(started_at: str, duration_ms: float) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(started_at)
    return start, start + timedelta(milliseconds=duration_ms)


def _within(part: Json, begin: datetime, end: datetime) -> bool:
    slack = timedelta(milliseconds=1)
    start, stop = _span(part["started_at"], part["duration_ms"])
    return begin - slack <= start and stop <= end + slack
