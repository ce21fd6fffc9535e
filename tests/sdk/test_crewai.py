"""Real crews, flows and agents of CrewAI, with a scripted model, become one log per ticket."""

# ruff: noqa: E402 - the package may be missing, and its telemetry is turned off before it is imported

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sdk.adapters import need, steps_of, without_times

#: CrewAI's own ways to keep it from telling its maker what runs, and from asking for newer versions.
SILENT = {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "CREWAI_TESTING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "OTEL_SDK_DISABLED": "true",
}
os.environ.update(SILENT)
need("crewai")

from crewai import Agent, Crew, Process, Task
from crewai.events import crewai_event_bus
from crewai.events.types.task_events import TaskFailedEvent
from crewai.flow import Flow, listen, start
from crewai.tools import tool

import caselog
from caselog import guard
from caselog.crewai import listener, record_runs
from caselog.testing import Captured, capture
from tests.sdk.crewai_models import Scripted, call, finish, think

#: CrewAI's dependencies have deprecations of their own.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning"
)


@pytest.fixture(autouse=True)
def _nothing_is_missed(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, tmp_path: Any
) -> Iterator[None]:
    """CrewAI swallows what a handler raises, so a mistake of our own is seen by what was counted."""
    monkeypatch.setenv("CREWAI_STORAGE_DIR", str(tmp_path))
    monkeypatch.setattr(guard, "reraise", False)
    record_runs(environment="test")
    runs = listener._installed["listener"].runs
    runs.missed = 0
    yield
    crewai_event_bus.flush()
    assert (runs.missed > 0) == ("is_broken" in request.fixturenames)
    assert len(runs) == 0


@pytest.fixture
def logs() -> Iterator[Captured]:
    with capture() as captured:
        yield captured


@tool
def find_order(order_id: int) -> str:
    """Find an order."""
    return f"order {order_id} is paid"


@tool
def refund(order_id: int) -> str:
    """Pay an order back."""
    raise PermissionError(f"order {order_id} is not yours")


ASK = think("Look it up.", "find_order", order_id=7)


def agent(*script: Any, role: str = "Support", **settings: Any) -> Agent:
    of_model = {
        name: settings.pop(name)
        for name in ("is_silent", "calls_functions", "usage", "stream")
        if name in settings
    }
    model = Scripted(model="small-1", script=list(script), **of_model)
    given = {"tools": [find_order, refund], "max_retry_limit": 0, "verbose": False, **settings}
    return Agent(role=role, goal="Help", backstory="A clerk.", llm=model, **given)


def crew(*agents: Agent, **settings: Any) -> Crew:
    tasks = [
        Task(
            name=f"answer {place}",
            description="Is order {order} paid?",
            expected_output="yes or no",
            agent=each,
        )
        for place, each in enumerate(agents, 1)
    ]
    return Crew(agents=list(agents), tasks=tasks, name="desk", verbose=False, **settings)


def test_a_crew_becomes_a_log_of_all_that_it_did(logs: Captured) -> None:
    answer = crew(agent(ASK, finish("It is paid."))).kickoff(
        {"ticket_id": "T-1", "category": "orders", "order": 7}
    )

    (log,) = logs
    given = {"ticket_id": "T-1", "category": "orders", "order": 7}
    trace = without_times(log)["trace"]
    for step in trace["react_iterations"]:
        assert step.pop("input")
    assert trace["nodes"][2].pop("input").startswith("Is order 7 paid?")
    call_made = {
        "name": "find_order",
        "arguments": {"order_id": 7},
        "status": "ok",
        "result": "order 7 is paid",
    }
    assert answer.raw == "It is paid."
    assert {**without_times(log), "trace": trace} == {
        "schema_version": 1,
        "client_id": "captured",
        "environment": "test",
        "ticket_id": "T-1",
        "category": "orders",
        "status": "SUCCESS",
        "metrics": {
            "react_iterations": 2, "error_count": 0, "tool_call_count": 1, "failed_tool_calls": 0,
            "input_tokens": 20, "output_tokens": 6,
        },
        "sdk": {"name": "caselog-python", "version": caselog.__version__},
        "trace": {
            "nodes": [
                {"name": "desk", "status": "ok", "input": given, "output": "It is paid."},
                {
                    "name": "answer 1", "parent": "desk", "status": "ok", "output": "It is paid.",
                    "input": {"description": "Is order 7 paid?", "expected_output": "yes or no"},
                },
                {"name": "Support", "parent": "answer 1", "status": "ok", "output": "It is paid."},
            ],
            "react_iterations": [
                {
                    "iteration": 1, "node": "Support", "thought": "Look it up.", "action": "find_order(order_id=7)",
                    "observation": "order 7 is paid", "tool_calls": [call_made], "model": "small-1",
                    "input_tokens": 10, "output_tokens": 3,
                },
                {
                    "iteration": 2, "node": "Support", "thought": "I know.", "model": "small-1",
                    "input_tokens": 10, "output_tokens": 3,
                },
            ],
            "tool_calls": [],
            "errors": [],
            "final_response": "It is paid.",
        },
    }  # fmt: skip
    assert all(node["duration_ms"] > 0 for node in log["trace"]["nodes"])


def test_a_model_that_tells_nothing_of_its_calls_has_its_actions_too(logs: Captured) -> None:
    crew(agent(ASK, finish("It is paid."), is_silent=True)).kickoff({"order": 7})

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert (first["action"], first["observation"]) == ("find_order(order_id=7)", "order 7 is paid")
    assert (second["thought"], "input_tokens" in log["metrics"]) == ("I know.", False)


def test_tools_that_are_called_at_once_are_calls_of_the_iteration_that_asked(logs: Captured) -> None:
    asks = [
        call("find_order", 1, order_id=1),
        call("find_order", 2, order_id=2),
        call("teleport", 3, to="Rome"),
    ]
    crew(agent(asks, "All paid.", calls_functions=True)).kickoff({"order": 7})

    (log,) = logs
    first, second = log["trace"]["react_iterations"]
    assert first["action"] == 'find_order(order_id=1); find_order(order_id=2); teleport(to="Rome")'
    found = {
        each["id"]: (each["name"], each["arguments"], each.get("result")) for each in first["tool_calls"]
    }
    assert found["call-1"] == ("find_order", {"order_id": 1}, "order 1 is paid")
    assert found["call-2"] == ("find_order", {"order_id": 2}, "order 2 is paid")
    assert found["call-3"][0] == "teleport"
    assert second["thought"] == log["trace"]["final_response"] == "All paid."


def test_a_tool_that_raises_is_a_failed_call_each_time_it_is_tried(logs: Captured) -> None:
    crew(agent(think("Pay.", "refund", order_id=2), finish("I may not."))).kickoff({"order": 7})

    (log,) = logs
    first = log["trace"]["react_iterations"][0]
    assert {each["status"] for each in first["tool_calls"]} == {"error"}
    assert first["tool_calls"][0]["error"] == {"type": "PermissionError", "message": "order 2 is not yours"}
    assert [(error["type"], error["node"]) for error in log["trace"]["errors"]] == [
        ("PermissionError", "Support")
    ]
    assert (log["status"], log["metrics"]["failed_tool_calls"]) == ("SUCCESS", len(first["tool_calls"]))


def test_a_model_that_fails_fails_the_ticket(logs: Captured) -> None:
    with pytest.raises(TimeoutError, match="overloaded"):
        crew(agent(TimeoutError("overloaded"))).kickoff({"order": 7})

    (log,) = logs
    (error,) = log["trace"]["errors"]
    (step,) = log["trace"]["react_iterations"]
    assert (log["status"], error["type"], error["message"]) == ("FAILED", "TimeoutError", "overloaded")
    assert "TimeoutError: overloaded" in error["stacktrace"]
    assert step["error"] == {"message": "overloaded"}
    assert [node["status"] for node in log["trace"]["nodes"]] == ["error"] * 3


def test_an_agent_that_is_tried_again_is_a_node_each_time(logs: Captured) -> None:
    crew(agent(ConnectionError("no line"), finish("Paid."), max_retry_limit=1)).kickoff({"order": 7})

    (log,) = logs
    tried = [node["status"] for node in log["trace"]["nodes"] if node["name"] == "Support"]
    assert (tried, log["status"], log["trace"]["final_response"]) == (["error", "ok"], "SUCCESS", "Paid.")


def test_several_agents_and_their_tasks_are_one_ticket(logs: Captured) -> None:
    crew(agent(ASK, finish("Paid."), role="Reader"), agent(finish("Dear customer."), role="Writer")).kickoff(
        {"order": 7}
    )

    (log,) = logs
    assert steps_of(log) == {
        "nodes": [
            ("desk", None), ("answer 1", "desk"), ("Reader", "answer 1"), ("answer 2", "desk"), ("Writer", "answer 2"),
        ],
        "actions": ["find_order(order_id=7)", "I know.", "I know."],
        "calls": [("find_order", "ok")],
    }  # fmt: skip
    assert log["trace"]["nodes"][3]["input"]["context"] == "Paid."


def test_work_that_is_delegated_lies_in_the_ticket_under_the_call_that_gave_it(logs: Captured) -> None:
    delegates = think("Ask.", "delegate_work_to_coworker", task="Look", context="order 7", coworker="Reader")
    boss = agent(delegates, finish("Paid."), role="Boss", allow_delegation=True, tools=[])
    reader = agent(ASK, finish("It is paid."), role="Reader")
    task = Task(name="answer", description="Is it paid?", expected_output="yes or no", agent=boss)
    Crew(agents=[boss, reader], tasks=[task], name="desk", verbose=False).kickoff()

    (log,) = logs
    by_node = [(step["node"], step.get("action")) for step in log["trace"]["react_iterations"]]
    assert [name for name, _ in by_node] == ["Boss", "Reader", "Reader", "Boss"]
    assert log["trace"]["react_iterations"][0]["observation"] == "It is paid."
    assert by_node[1][1] == "find_order(order_id=7)"


def test_a_manager_s_crew_is_one_ticket(logs: Captured) -> None:
    manager = Scripted(model="boss-1", script=[finish("All is well.")])
    team = crew(agent(role="Reader"), process=Process.hierarchical, manager_llm=manager)
    team.kickoff({"order": 7})

    (log,) = logs
    assert (log["status"], log["trace"]["final_response"]) == ("SUCCESS", "All is well.")
    assert log["trace"]["react_iterations"][0]["model"] == "boss-1"


def test_tasks_that_run_at_once_are_one_ticket(logs: Captured) -> None:
    both = crew(
        agent(ASK, finish("One."), role="A"),
        agent(ASK, finish("Two."), role="B"),
        agent(finish("Both."), role="C"),
    )
    for task in both.tasks[:2]:
        task.async_execution = True
    both.kickoff({"order": 7})

    (log,) = logs
    found = sorted(
        (step["node"], str(step.get("observation"))) for step in log["trace"]["react_iterations"][:-1]
    )
    assert found == [("A", "None"), ("A", "order 7 is paid"), ("B", "None"), ("B", "order 7 is paid")]


def test_a_streamed_crew_is_recorded_as_one_that_is_not(logs: Captured) -> None:
    whole = crew(agent(ASK, finish("It is paid.")))
    whole.kickoff({"order": 7, "ticket_id": "T"})
    streamed = crew(agent(ASK, finish("It is paid."), stream=True), stream=True).kickoff(
        {"order": 7, "ticket_id": "T"}
    )
    for _ in streamed:
        pass

    first, second = (without_times(log) for log in logs)
    assert steps_of(first) == steps_of(second)
    assert second["trace"]["final_response"] == "It is paid."


def test_an_agent_alone_is_a_ticket(logs: Captured) -> None:
    agent(ASK, finish("It is paid.")).kickoff("Is order 7 paid?")

    (log,) = logs
    assert steps_of(log) == {
        "nodes": [("Support", None)],
        "actions": ["find_order(order_id=7)", "I know."],
        "calls": [("find_order", "ok")],
    }
    assert (log["status"], log["trace"]["final_response"]) == ("SUCCESS", "It is paid.")


class Desk(Flow[dict[str, Any]]):
    @start()
    def ask(self) -> str:
        return str(crew(agent(ASK, finish("It is paid."))).kickoff({"order": 7}).raw)

    @listen(ask)
    def check(self, answer: str) -> str:
        if self.state.get("strict"):
            raise ValueError("not sure")
        return f"{answer} Yours, the desk"


def test_a_flow_with_its_crews_is_one_ticket(logs: Captured) -> None:
    Desk(suppress_flow_events=True).kickoff({"ticket_id": "T-2"})
    Desk().kickoff({"ticket_id": "T-3"})

    quiet, log = logs
    assert (quiet["ticket_id"], quiet["trace"]["final_response"]) == ("T-2", "It is paid. Yours, the desk")
    assert (log["ticket_id"], log["status"]) == ("T-3", "SUCCESS")
    assert steps_of(log)["nodes"] == [
        ("Desk", None), ("ask", "Desk"), ("desk", "ask"), ("answer 1", "desk"), ("Support", "answer 1"),
        ("check", "Desk"),
    ]  # fmt: skip
    assert log["trace"]["final_response"] == "It is paid. Yours, the desk"


def test_a_flow_that_fails_is_a_failed_ticket_with_one_error(logs: Captured) -> None:
    with pytest.raises(ValueError, match="not sure"):
        Desk().kickoff({"strict": True, "ticket_id": "T-3"})

    (log,) = logs
    errors = [(error["type"], error["message"], error["node"]) for error in log["trace"]["errors"]]
    assert (log["status"], errors) == ("FAILED", [("ValueError", "not sure", "check")])


def test_runs_in_a_ticket_s_block_belong_to_that_ticket(logs: Captured) -> None:
    with caselog.ticket(ticket_id="outer") as ticket:
        with ticket.node("gather"):
            crew(agent(ASK, finish("One."))).kickoff({"order": 7})
        agent(finish("Two.")).kickoff("And now?")

    (log,) = logs
    assert (log["ticket_id"], log["status"], log["trace"]["final_response"]) == ("outer", "SUCCESS", "Two.")
    assert len(log["trace"]["react_iterations"]) == 3


def test_a_run_that_fails_in_a_block_is_one_error_of_its_ticket(logs: Captured) -> None:
    with pytest.raises(TimeoutError), caselog.ticket(ticket_id="outer"):
        crew(agent(TimeoutError("overloaded"))).kickoff({"order": 7})
    with pytest.raises(TimeoutError), caselog.ticket(ticket_id="outer"):
        agent(TimeoutError("overloaded")).kickoff("Now?")

    for log in logs:
        assert (log["status"], [error["type"] for error in log["trace"]["errors"]]) == (
            "FAILED",
            ["TimeoutError"],
        )


def test_a_block_inside_of_a_run_is_a_ticket_of_its_own(logs: Captured) -> None:
    @tool
    def ask_colleague(question: str) -> str:
        """Ask a colleague."""
        with caselog.ticket(ticket_id="inner"):
            return str(crew(agent(finish("Ask them."))).kickoff({"order": 1}).raw)

    outer = agent(think("Ask.", "ask_colleague", question="Who?"), finish("Done."), tools=[ask_colleague])
    crew(outer).kickoff({"order": 7, "ticket_id": "whole"})

    found = {log["ticket_id"]: log["trace"]["final_response"] for log in logs}
    assert found == {"inner": "Ask them.", "whole": "Done."}


def _check_unmixed(logs: Captured, count: int) -> None:
    assert len(logs) == count
    for log in logs:
        number = int(log["ticket_id"].partition("-")[2])
        assert log["trace"]["react_iterations"][0]["action"] == f"find_order(order_id={number})"
        assert log["trace"]["final_response"] == f"{number} is paid."
        assert [node["name"] for node in log["trace"]["nodes"]] == ["desk", "answer 1", "Support"]


def _numbered(number: int) -> Crew:
    return crew(agent(think("Look.", "find_order", order_id=number), finish(f"{number} is paid.")))


def test_runs_in_threads_are_never_mixed(logs: Captured) -> None:
    def run(number: int) -> None:
        _numbered(number).kickoff({"order": number, "ticket_id": f"T-{number}"})

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    _check_unmixed(logs, 8)


@pytest.mark.parametrize("way", ["akickoff", "kickoff_async"])
def test_runs_in_tasks_are_never_mixed(logs: Captured, way: str) -> None:
    async def main() -> None:
        runs = (getattr(_numbered(n), way)({"order": n, "ticket_id": f"T-{n}"}) for n in range(6))
        await asyncio.gather(*runs)

    asyncio.run(main())

    _check_unmixed(logs, 6)


def test_blocks_in_tasks_keep_their_runs(logs: Captured) -> None:
    async def one(number: int) -> None:
        with caselog.ticket(ticket_id=f"T-{number}"):
            await _numbered(number).akickoff({"order": number, "ticket_id": "not this"})

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(5)))

    asyncio.run(main())

    _check_unmixed(logs, 5)


def test_an_agent_in_an_asynchronous_flow_is_part_of_it(logs: Captured) -> None:
    class Asks(Flow[dict[str, Any]]):
        @start()
        async def ask(self) -> str:
            return str((await agent(ASK, finish("It is paid.")).kickoff_async("Is it?")).raw)

    asyncio.run(Asks().kickoff_async({"ticket_id": "T-4"}))

    (log,) = logs
    assert steps_of(log)["nodes"] == [("Asks", None), ("ask", "Asks"), ("Support", "ask")]
    assert steps_of(log)["calls"] == [("find_order", "ok")]
    assert log["trace"]["final_response"] == "It is paid."


def test_a_model_that_is_called_in_a_block_belongs_to_its_ticket(logs: Captured) -> None:
    with caselog.ticket(ticket_id="outer"):
        Scripted(model="small-1", script=["It is paid."]).call("Is order 7 paid?")

    (log,) = logs
    (step,) = log["trace"]["react_iterations"]
    assert (step["input"], step["thought"], step["model"]) == ("Is order 7 paid?", "It is paid.", "small-1")


def test_a_slow_listener_of_the_workflow_s_own_delays_no_run(logs: Captured) -> None:
    released = threading.Event()

    def dawdle(source: Any, event: Any) -> None:
        released.wait(30)

    with crewai_event_bus.scoped_handlers():
        crewai_event_bus.on(TaskFailedEvent)(dawdle)
        began = time.perf_counter()
        with pytest.raises(TimeoutError):
            crew(agent(TimeoutError("overloaded"))).kickoff({"order": 7})
        took = time.perf_counter() - began
        released.set()
        crewai_event_bus.flush()

    assert took < 25
    assert [log["status"] for log in logs] == ["FAILED"]


def test_each_of_a_crew_s_inputs_is_a_ticket(logs: Captured) -> None:
    each = crew(agent(finish("One."), finish("Two."), finish("Three.")))
    each.kickoff_for_each([{"order": number, "ticket_id": f"T-{number}"} for number in range(3)])

    assert [log["ticket_id"] for log in logs] == ["T-0", "T-1", "T-2"]


async def until_it_waits(late: Agent) -> None:
    """Wait until its model has been asked: what it waits for is no longer in the script."""
    assert isinstance(late.llm, Scripted)
    while isinstance(late.llm.script[0], threading.Event):  # noqa: ASYNC110 - a moment
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("in_block", [False, True])
def test_a_run_that_is_cancelled_is_one_ticket(logs: Captured, *, in_block: bool) -> None:
    go_on = threading.Event()
    late = agent(go_on, finish("Late."))

    async def work() -> None:
        await crew(late).akickoff({"order": 7})

    async def work_in_block() -> None:
        with caselog.ticket(ticket_id="outer"):
            await work()

    async def main() -> None:
        running = asyncio.create_task(work_in_block() if in_block else work())
        await until_it_waits(late)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        go_on.set()

    asyncio.run(main())

    (log,) = logs
    assert (log["status"], log["trace"]["errors"]) == ("CANCELLED", [])
    assert [node["name"] for node in log["trace"]["nodes"]] == ["desk", "answer 1", "Support"]


def test_what_a_cancelled_run_left_open_does_not_lie_around_the_next(logs: Captured) -> None:
    go_on = threading.Event()
    late = agent(go_on, finish("Late."))

    async def work() -> None:
        await crew(late).akickoff({"order": 7})

    async def main() -> None:
        running = asyncio.create_task(work(), context=context)
        await until_it_waits(late)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        go_on.set()

    context = contextvars.copy_context()
    asyncio.run(main())
    context.run(lambda: agent(ASK, finish("Next.")).kickoff("And now?"))
    context.run(lambda: crew(agent(ASK, finish("Last."))).kickoff({"order": 7}))

    assert [log["status"] for log in logs] == ["CANCELLED", "SUCCESS", "SUCCESS"]
    assert [log["trace"].get("final_response") for log in logs] == [None, "Next.", "Last."]
    assert all(node["status"] == "ok" for log in logs[1:] for node in log["trace"]["nodes"])


@pytest.fixture
def is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("a mistake of our own")

    monkeypatch.setattr("caselog.crewai.notes.copy_whole", fail)


def test_a_mistake_of_the_adapter_is_swallowed_and_counted(logs: Captured, is_broken: None) -> None:
    answer = crew(agent(ASK, finish("It is paid."))).kickoff({"order": 7})

    (log,) = logs
    assert (answer.raw, log["status"]) == ("It is paid.", "SUCCESS")
    assert log["sdk"]["missed_events"] > 0


def test_called_again_it_changes_the_fields_and_records_once(logs: Captured) -> None:
    record_runs(environment="other", ticket_id="fixed")
    crew(agent(finish("Paid."))).kickoff({"order": 7, "ticket_id": "T-1"})

    (log,) = logs
    assert (log["environment"], log["ticket_id"]) == ("other", "fixed")


def test_the_sdk_alone_does_not_import_crewai() -> None:
    program = "import sys, caselog; sys.exit(any(name.partition('.')[0] == 'crewai' for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_bodies_no_word_that_was_said_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASELOG_MASK", "bodies")
    answering = agent(
        think("Perhaps a pelican knows.", "find_order", order_id=7), finish("A kingfisher ate it.")
    )
    task = Task(
        description="Has the walrus eaten {order} of my tickets?", expected_output="a haiku", agent=answering
    )

    with capture() as logs:
        Crew(agents=[answering], tasks=[task], name="desk", verbose=False).kickoff({"order": 7})

    (log,) = logs
    said = ("walrus", "eaten", "tickets", "pelican", "Perhaps", "kingfisher", "haiku", "clerk", "is paid")
    assert [word for word in said if word in json.dumps(log)] == []
    assert steps_of(log)["calls"] == [("find_order", "ok")]
