"""A run that stops to ask waits for its answer: one ticket, one log; whoever is never answered is shipped as it is."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from caselog.langchain import CaselogCallbackHandler
from caselog.langchain.recording import Recording
from caselog.langchain.runs import waiting
from caselog.testing import Captured
from caselog.waiting import Waiting
from tests.clock import FakeClock
from tests.sdk.fake_collector import FakeCollector
from tests.sdk.langchain_graphs import ANSWER, QUESTION, State, agent, ask, config, graph
from tests.sdk.test_processes import run

DRAFT = ("draft", lambda _state: {"words": ["draft"]})
APPROVE = ("approve", lambda _state: {"words": [interrupt("send it?")]})


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    """Who waits, waits in the process: a test begins and ends with none."""
    waiting.start_anew()
    yield
    waiting.start_anew()


def asking(*nodes: tuple[str, Any], **options: Any) -> Any:
    return graph(*(nodes or (DRAFT, APPROVE)), checkpointer=InMemorySaver(), **options)


def in_thread(handler: CaselogCallbackHandler, ticket_id: str = "T-1", thread: str = "thread-1") -> Any:
    return config(handler, ticket_id, configurable={"thread_id": thread})


def test_an_interrupt_is_no_error_and_the_resumed_run_is_the_same_ticket(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    app, options = asking(), in_thread(handler)

    app.invoke({"words": []}, options)
    before = len(logs)
    app.invoke(Command(resume="yes"), options)

    (log,) = logs
    assert before == 0
    assert [node["name"] for node in log["trace"]["nodes"]] == ["draft", "approve", "approve"]
    assert log["trace"]["nodes"][1]["ended_by"] == "GraphInterrupt"
    assert log["trace"]["nodes"][1]["asked"] == ["send it?"]
    assert (log["status"], log["metrics"]["error_count"]) == ("SUCCESS", 0)


def test_a_server_that_makes_a_handler_for_each_request_gets_one_log_all_the_same(logs: Captured) -> None:
    app = asking()

    app.invoke({"words": []}, in_thread(CaselogCallbackHandler()))
    app.invoke(Command(resume="yes"), in_thread(CaselogCallbackHandler()))

    (log,) = logs
    assert len(log["trace"]["nodes"]) == 3


def test_a_breakpoint_is_waited_at_too(logs: Captured, handler: CaselogCallbackHandler) -> None:
    send = ("send", lambda _state: {"words": ["sent"]})
    app, options = asking(DRAFT, send, stop_before=["send"]), in_thread(handler)

    app.invoke({"words": []}, options)
    app.invoke(None, options)

    (log,) = logs
    assert [node["name"] for node in log["trace"]["nodes"]] == ["draft", "send"]


def test_another_question_in_the_same_thread_is_another_ticket(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    app = asking()

    app.invoke({"words": []}, in_thread(handler, "T-1"))
    app.invoke({"words": []}, in_thread(handler, "T-2"))
    app.invoke(Command(resume="yes"), in_thread(handler, "T-2"))

    assert [(log["ticket_id"], log["status"]) for log in logs] == [("T-1", "INTERRUPTED"), ("T-2", "SUCCESS")]


def test_another_graph_in_the_same_thread_does_not_take_the_ticket(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    app = asking()

    app.invoke({"words": []}, in_thread(handler))
    agent(ANSWER).with_config(run_name="title").invoke(QUESTION, in_thread(handler, "title"))
    app.invoke(Command(resume="yes"), in_thread(handler))

    assert [(log["ticket_id"], len(log["trace"]["nodes"])) for log in logs] == [("title", 1), ("T-1", 3)]


def test_a_branch_that_fails_beside_one_that_asks_is_a_failure_that_does_not_wait(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    def fail(_state: State) -> State:
        raise ValueError("boom")

    built = StateGraph(State)
    for name, action in (APPROVE, ("fail", fail)):
        built.add_node(name, action)
        built.add_edge(START, name)
    with pytest.raises(ValueError, match="boom"):
        built.compile(checkpointer=InMemorySaver()).invoke({"words": []}, in_thread(handler))

    (log,) = logs
    assert (log["status"], len(waiting)) == ("FAILED", 0)


def test_an_interrupt_that_a_node_deals_with_itself_does_not_hold_the_ticket(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    inner = asking(APPROVE)

    def escalate(_state: State) -> State:
        inner.invoke({"words": []}, {"configurable": {"thread_id": "inner"}})
        return {"words": ["escalated"]}

    asking(("escalate", escalate)).invoke({"words": []}, in_thread(handler))

    assert [log["status"] for log in logs] == ["SUCCESS"]


def test_a_tool_that_asks_before_it_acts_is_one_call(logs: Captured, handler: CaselogCallbackHandler) -> None:
    @tool
    def find_order(order_id: int) -> str:
        """Find an order."""
        return f"order {order_id}: {interrupt('may I?')}"

    app = agent(ask(7), ANSWER, tools=[find_order], checkpointer=InMemorySaver())

    app.invoke(QUESTION, in_thread(handler))
    app.invoke(Command(resume="paid"), in_thread(handler))

    (call,) = logs[0]["trace"]["react_iterations"][0]["tool_calls"]
    assert (call["status"], call["result"]) == ("ok", "order 7: paid")
    assert logs[0]["metrics"]["tool_call_count"] == 1


def test_without_a_thread_nothing_can_go_on_and_nothing_waits(
    logs: Captured, handler: CaselogCallbackHandler
) -> None:
    graph(APPROVE).invoke({"words": []}, config(handler))

    assert [log["status"] for log in logs] == ["INTERRUPTED"]


def test_tickets_that_wait_too_long_or_are_too_many_are_given_back(clock: FakeClock) -> None:
    tickets: Waiting[Recording] = Waiting(clock.monotonic)
    old, new = recording("old"), recording("new")

    tickets.put(old)
    clock.advance(3000)
    tickets.put(new)
    clock.advance(1000)

    assert tickets.take_overdue() == [old]
    assert (tickets.take("new"), len(tickets)) == (new, 0)


def recording(key: str) -> Recording:
    return Recording(key, uuid.uuid4(), "2026-11-23T14:05:00Z", {}, None, {})


def test_a_ticket_that_still_waits_when_the_process_ends_is_shipped_as_it_is(
    collector: FakeCollector,
) -> None:
    program = """
    import sys
    sys.path[:0] = PATHS
    from tests.sdk.test_langchain_interrupts import asking, in_thread
    from caselog.langchain import CaselogCallbackHandler
    asking().invoke({"words": []}, in_thread(CaselogCallbackHandler()))
    """
    run(program.replace("PATHS", repr(sys.path)), collector.env, "-W", "ignore")

    assert [log["status"] for log in collector.logs] == ["INTERRUPTED"]
