"""A ticket is a block, and so is each node and tool call in it; the end of it is one log."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest

import caselog
from caselog.testing import Captured


def test_a_ticket_is_one_log_with_its_nodes_iterations_tool_calls_and_answer(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T-1", category="refund") as ticket:
        ticket.message("user", "Please refund me.")
        with ticket.node("classify", input="Please refund me.") as node:
            node.output = "refund"
        with (
            ticket.node("resolve"),
            ticket.iteration(thought="Look it up.", input_tokens=10, output_tokens=1) as step,
        ):
            with ticket.tool_call("find_order", {"id": 7}) as call:
                call.result = "paid"
            step.observation = "It is paid."
        ticket.iteration(thought="Done.", input_tokens=5, output_tokens=2)
        ticket.tool_call("refund", {"id": 7}, result="done")
        ticket.set(overall_confidence=0.9, region="eu")
        ticket.final_response = "Refunded."

    (log,) = logs
    trace = log["trace"]
    assert (log["ticket_id"], log["category"], log["status"], log["region"]) == (
        "T-1",
        "refund",
        "SUCCESS",
        "eu",
    )
    assert log["metrics"] == {
        "react_iterations": 2, "error_count": 0, "tool_call_count": 2, "failed_tool_calls": 0,
        "overall_confidence": 0.9, "input_tokens": 15, "output_tokens": 3,
    }  # fmt: skip
    assert [(node["name"], node["status"], node["duration_ms"] >= 0) for node in trace["nodes"]] == [
        ("classify", "ok", True),
        ("resolve", "ok", True),
    ]
    assert trace["react_iterations"][0]["node"] == "resolve"
    assert trace["react_iterations"][0]["tool_calls"][0]["result"] == "paid"
    assert trace["tool_calls"][0]["name"] == "refund"
    assert trace["final_response"] == "Refunded."
    assert log["execution_time_seconds"] >= 0


def test_what_raises_is_recorded_once_and_goes_on_unchanged(logs: Captured) -> None:
    error = LookupError("no such order")

    ticket = caselog.ticket(ticket_id="T-1")
    with pytest.raises(LookupError) as raised, ticket, ticket.node("resolve"), ticket.tool_call("find_order"):
        raise error

    (log,) = logs
    assert raised.value is error
    assert log["status"] == "FAILED"
    assert [(found["node"], found["type"], found["message"]) for found in log["trace"]["errors"]] == [
        ("resolve", "LookupError", "no such order")
    ]
    assert "test_recorder.py" in log["trace"]["errors"][0]["stacktrace"]
    assert log["trace"]["nodes"][0]["status"] == log["trace"]["tool_calls"][0]["status"] == "error"


def test_an_error_that_the_workflow_deals_with_leaves_the_status_to_the_workflow(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T-1") as ticket:
        with pytest.raises(TimeoutError), ticket.tool_call("find_order"):
            raise TimeoutError
        ticket.status = "escalated"

    (log,) = logs
    assert log["status"] == "ESCALATED"
    assert log["metrics"]["error_count"] == 1


def test_decorated_functions_record_inside_a_ticket_and_are_themselves_outside(logs: Captured) -> None:
    @caselog.tool
    def add(left: int, right: int = 2) -> int:
        return left + right

    @caselog.node("sum up")
    def sum_up() -> int:
        return add(1, right=3)

    outside = sum_up()
    with caselog.ticket(ticket_id="T-1"):
        inside = sum_up()

    (log,) = logs
    assert outside == inside == 4
    assert add.__name__ == "add"
    assert log["trace"]["nodes"][0]["output"] == 4
    call = log["trace"]["tool_calls"][0]
    assert (call["name"], call["arguments"], call["result"]) == ("add", {"left": 1, "right": 3}, 4)


def test_concurrent_tickets_of_one_loop_do_not_mix(logs: Captured) -> None:
    @caselog.tool
    async def look_up(ticket_id: str) -> str:
        await asyncio.sleep(0)
        return ticket_id

    async def resolve(ticket_id: str) -> None:
        with caselog.ticket(ticket_id=ticket_id) as ticket, ticket.iteration(thought=ticket_id):
            await asyncio.gather(*(look_up(ticket_id) for _ in range(3)))

    async def run() -> None:
        await asyncio.gather(*(resolve(f"T-{number}") for number in range(5)))

    asyncio.run(run())

    assert len(logs) == 5
    for log in logs:
        (step,) = log["trace"]["react_iterations"]
        assert [call["result"] for call in step["tool_calls"]] == [log["ticket_id"]] * 3


def test_threads_record_into_the_ticket_they_are_given_or_whose_context_they_run_in(logs: Captured) -> None:
    def work(ticket: caselog.Ticket, name: str) -> None:
        with ticket.node(name):
            pass

    @caselog.node("by context")
    def by_context() -> None:
        return None

    with caselog.ticket(ticket_id="T-1") as ticket:
        threads = [threading.Thread(target=work, args=(ticket, f"n{number}")) for number in range(4)]
        threads.append(threading.Thread(target=contextvars.copy_context().run, args=(by_context,)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    (log,) = logs
    assert sorted(node["name"] for node in log["trace"]["nodes"]) == ["by context", "n0", "n1", "n2", "n3"]


def test_a_ticket_left_open_in_a_generator_ends_without_disturbing_anybody(logs: Captured) -> None:
    def stream() -> Generator[int]:
        with caselog.ticket(ticket_id="T-1") as ticket, ticket.node("stream"):
            yield 1

    generator = stream()
    contextvars.Context().run(next, generator)
    generator.close()

    assert [log["status"] for log in logs] == ["CANCELLED"]
    assert caselog.current_ticket() is None


def test_a_wrong_call_of_a_tool_fails_as_it_would(logs: Captured) -> None:
    @caselog.tool
    def add(left: int) -> int:
        return left

    wrong: Any = add
    with pytest.raises(TypeError, match="argument"), caselog.ticket(ticket_id="T-1"):
        wrong(1, 2, 3)

    assert logs[0]["trace"]["tool_calls"][0]["error"]["type"] == "TypeError"


def test_whoever_leaves_cancels_and_whoever_exits_well_succeeds(logs: Captured) -> None:
    for end in (asyncio.CancelledError(), SystemExit(0), SystemExit(3), KeyboardInterrupt()):
        with pytest.raises(type(end)), caselog.ticket(ticket_id="T-1") as ticket, ticket.node("work"):
            raise end

    assert [log["status"] for log in logs] == ["CANCELLED", "SUCCESS", "FAILED", "FAILED"]
    assert [log["metrics"]["error_count"] for log in logs] == [0, 0, 1, 1]
    assert logs[0]["trace"]["nodes"][0]["ended_by"] == "CancelledError"


def test_no_name_of_a_field_gets_in_the_way(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T-1", state="open", self="me") as ticket:
        ticket.set(state="CA", self="still me")
        with ticket.iteration(number=3, ticket="a word", run="me", end="x", begin="y") as step:
            step.ticket = "another"  # type: ignore[attr-defined]

    (log,) = logs
    assert (log["ticket_id"], log["state"], log["self"]) == ("T-1", "CA", "still me")
    assert log["trace"]["react_iterations"][0]["number"] == 3
    assert log["trace"]["react_iterations"][0]["ticket"] == "another"


def test_a_ticket_inside_another_takes_nothing_of_it(logs: Captured) -> None:
    with caselog.ticket(ticket_id="outer") as outer, outer.node("around"):
        with caselog.ticket(ticket_id="inner") as inner:
            inner.iteration(thought="mine")
        assert caselog.current_ticket() is outer

    inner_log, outer_log = logs
    assert "node" not in inner_log["trace"]["react_iterations"][0]
    assert [node["name"] for node in outer_log["trace"]["nodes"]] == ["around"]


def test_a_ticket_used_twice_is_two_tickets(logs: Captured) -> None:
    ticket = caselog.ticket(ticket_id="T-1")
    for name in ("first", "second"):
        with ticket, ticket.node(name):
            pass

    assert [[node["name"] for node in log["trace"]["nodes"]] for log in logs] == [["first"], ["second"]]


def test_an_exception_whose_text_cannot_be_read_leaves_no_node_behind(logs: Captured) -> None:
    class UnreadableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(UnreadableError), caselog.ticket(ticket_id="T-1") as ticket, ticket.node("broken"):
        raise UnreadableError
    with caselog.ticket(ticket_id="T-2") as ticket:
        ticket.iteration(thought="x")

    assert logs[0]["trace"]["errors"][0]["type"] == "UnreadableError"
    assert "node" not in logs[1]["trace"]["react_iterations"][0]


def test_what_is_decorated_stays_of_its_kind_and_is_measured_to_its_end(logs: Captured) -> None:
    @caselog.tool
    def count(to: int) -> Generator[int]:
        yield from range(to)

    @caselog.tool
    async def stream(words: list[str]) -> AsyncGenerator[str]:
        for word in words:
            yield word

    async def read() -> list[str]:
        return [word async for word in stream(["a", "b"])]

    with caselog.ticket(ticket_id="T-1"):
        assert list(count(3)) == [0, 1, 2]
        assert asyncio.run(read()) == ["a", "b"]

    assert inspect.isgeneratorfunction(count)
    assert inspect.isasyncgenfunction(stream)
    assert [call["result"] for call in logs[0]["trace"]["tool_calls"]] == [[0, 1, 2], ["a", "b"]]


def test_a_method_s_own_object_is_no_argument_and_whatever_can_be_called_can_be_a_tool(
    logs: Captured,
) -> None:
    class Desk:
        @caselog.tool
        def look_up(self, order_id: int) -> int:
            return order_id

        def __call__(self, word: str) -> str:
            return word

    with caselog.ticket(ticket_id="T-1"):
        Desk().look_up(7)
        caselog.tool(functools.partial(max, 3))(5)
        caselog.tool(Desk())("x")

    first, second, third = logs[0]["trace"]["tool_calls"]
    assert (first["name"], first["arguments"]) == ("look_up", {"order_id": 7})
    assert (second["name"], second["result"], third["name"]) == ("max", 5, "Desk")


def test_an_iteration_may_be_given_its_tool_calls_and_a_strange_part_costs_no_log(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T-1") as ticket:
        with ticket.iteration(tool_calls=[{"name": "find", "arguments": {}}]):
            ticket.tool_call("more")
        ticket.iteration(tool_calls=5, status="odd")

    first, second = logs[0]["trace"]["react_iterations"]
    assert [call["name"] for call in first["tool_calls"]] == ["find", "more"]
    assert second["status"] == "odd"


def test_a_node_inside_of_another_has_it_as_its_parent(logs: Captured) -> None:
    @caselog.node("search")
    async def search() -> None:
        await asyncio.sleep(0)

    async def resolve(ticket: caselog.Ticket) -> None:
        with ticket.node("resolve"):
            await asyncio.gather(search(), search())

    with caselog.ticket(ticket_id="T-1") as ticket:
        ahead = ticket.node("made ahead")
        asyncio.run(resolve(ticket))
        with ticket.node("answer"), ahead, ticket.node("check"):
            pass

    nodes = {node["name"]: node.get("parent") for node in logs[0]["trace"]["nodes"]}
    assert nodes == {
        "resolve": None, "search": "resolve", "answer": None, "made ahead": "answer", "check": "made ahead",
    }  # fmt: skip


def test_a_node_of_another_ticket_around_it_is_no_parent(logs: Captured) -> None:
    with (
        caselog.ticket(ticket_id="outer") as outer,
        outer.node("around"),
        caselog.ticket(ticket_id="inner") as inner,
        inner.node("alone"),
    ):
        pass

    assert "parent" not in logs[0]["trace"]["nodes"][0]


def test_an_iteration_says_what_its_model_was_given_and_what_it_cost(logs: Captured) -> None:
    given = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Is it paid?"}]

    with caselog.ticket(ticket_id="T-1") as ticket:
        ticket.iteration(input=given, cost_usd=0.25)
        with ticket.iteration(thought="Look it up.") as step:
            step.cost_usd = 0.5

    first, second = logs[0]["trace"]["react_iterations"]
    assert (first["input"], first["cost_usd"]) == (given, 0.25)
    assert "input" not in second
    assert logs[0]["metrics"]["cost_usd"] == 0.75


def test_an_iteration_without_tool_calls_says_none_and_never_null(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T") as ticket:
        ticket.iteration(thought="hm")
        ticket.iteration(thought="hm", tool_calls=[])
        ticket.iteration(thought="hm", tool_calls=None)
        with ticket.iteration(thought="hm"):
            ticket.tool_call("find", {})

    found = [step.get("tool_calls", "none") for step in logs[0]["trace"]["react_iterations"]]
    assert found[:3] == ["none"] * 3
    assert [call["name"] for call in found[3]] == ["find"]
