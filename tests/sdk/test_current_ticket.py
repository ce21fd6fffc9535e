"""A call belongs to the ticket of the code that makes it, however generators and tasks are stepped."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import caselog
from caselog.testing import Captured, capture


@caselog.tool
def call(label: str) -> str:
    return label


@caselog.tool
async def call_async(label: str) -> str:
    await asyncio.sleep(0)
    return label


def calls_by_ticket(logs: Any) -> dict[str, list[str]]:
    """The labels of all calls, by the ticket that took them."""
    found: dict[str, list[str]] = {}
    for log in logs:
        steps = log["trace"].get("react_iterations", [])
        taken = [*log["trace"]["tool_calls"], *(c for step in steps for c in step.get("tool_calls") or ())]
        found[log["ticket_id"]] = sorted(made["arguments"]["label"] for made in taken)
    return found


def stream(name: str, steps: int = 3) -> Generator[str]:
    """A generator with a ticket of its own that calls a tool in each of its steps."""
    with caselog.ticket(ticket_id=name):
        for number in range(steps):
            yield call(f"{name}{number}")


async def stream_async(name: str, steps: int = 3) -> AsyncGenerator[str]:
    with caselog.ticket(ticket_id=name):
        for number in range(steps):
            yield await call_async(f"{name}{number}")


STREAMS = pytest.mark.parametrize(
    "decorate", [lambda function: function, caselog.node("stream")], ids=["plain", "decorated"]
)


@STREAMS
def test_two_generators_read_in_turn_keep_to_their_own_tickets(decorate: Any, logs: Captured) -> None:
    made = decorate(stream)

    for _ in zip(made("a"), made("b"), strict=True):
        call("nobody's")

    assert calls_by_ticket(logs) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}
    assert caselog.current_ticket() is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_generators_closed_in_any_order_leave_nobody_current(order: tuple[int, ...], logs: Captured) -> None:
    generators = [stream("a"), stream("b")]
    for generator in generators:
        next(generator)
    for place in order:
        generators[place].close()
        call("nobody's")

    assert caselog.current_ticket() is None
    assert calls_by_ticket(logs) == {"a": ["a0"], "b": ["b0"]}
    assert "sdk" in logs[0]
    assert "unclear_calls" not in logs[0]["sdk"]


def test_an_ended_ticket_takes_nothing(logs: Captured) -> None:
    with caselog.ticket(ticket_id="T") as ticket:
        step = ticket.iteration(thought="mine")
    with step, ticket.node("late"), ticket.tool_call("late"):
        ticket.message("user", "late")
        call("late")

    with ticket:
        call("again")

    assert calls_by_ticket(logs) == {"T": ["again"]}
    assert logs[1]["trace"].get("messages") is None
    assert logs[1]["trace"]["nodes"] == []


def test_what_reads_a_paused_generator_is_not_in_its_node_or_iteration(logs: Captured) -> None:
    def think(ticket: caselog.Ticket) -> Generator[int]:
        with ticket.node("think"), ticket.iteration(thought="hm"):
            call("inside")
            yield 1

    with caselog.ticket(ticket_id="T") as ticket:
        generator = think(ticket)
        next(generator)
        call("outside")
        ticket.add_error("outside")
        generator.close()

    trace = logs[0]["trace"]
    assert [made["arguments"]["label"] for made in trace["tool_calls"]] == ["outside"]
    assert [made["arguments"]["label"] for made in trace["react_iterations"][0]["tool_calls"]] == ["inside"]
    assert trace["errors"] == [{"message": "outside"}]


@STREAMS
def test_a_generator_in_a_streaming_response_keeps_its_ticket(decorate: Any, logs: Captured) -> None:
    made = decorate(stream)
    app = Starlette(
        routes=[Route("/{name}", lambda request: StreamingResponse(made(request.path_params["name"])))]
    )

    with TestClient(app) as client:
        texts = [client.get(f"/{name}").text for name in ("a", "b")]

    assert texts == ["a0a1a2", "b0b1b2"]
    assert calls_by_ticket(logs) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}


@STREAMS
def test_steps_in_fresh_copies_of_the_context_are_in_the_ticket(decorate: Any, logs: Captured) -> None:
    made = decorate(stream)
    generators = [made("a"), made("b")]
    for _ in range(3):
        for generator in generators:
            contextvars.copy_context().run(next, generator)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda generator: generator.close(), generators))

    assert calls_by_ticket(logs) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}


def test_asynchronous_generators_stepped_from_tasks_of_their_own_keep_their_tickets(logs: Captured) -> None:
    async def run() -> None:
        generators = [stream_async("a"), stream_async("b")]
        for _ in range(3):
            for generator in generators:
                await asyncio.create_task(anext(generator))
                await call_async("nobody's")
        await asyncio.gather(*(generator.aclose() for generator in generators))

    asyncio.run(run())

    assert calls_by_ticket(logs) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}


def test_tasks_that_an_asynchronous_generator_awaits_are_in_its_ticket(logs: Captured) -> None:
    async def gather(name: str) -> AsyncGenerator[int]:
        with caselog.ticket(ticket_id=name):
            for number in range(2):
                await asyncio.gather(*(call_async(f"{name}{number}{child}") for child in "xy"))
                await asyncio.to_thread(call, f"{name}{number} thread")
                yield number

    async def run() -> None:
        left, right = gather("a"), gather("b")
        for _ in range(2):
            await anext(left)
            await anext(right)
            await asyncio.gather(call_async("the reader's"), call_async("the reader's"))
        await left.aclose()
        await right.aclose()

    asyncio.run(run())

    assert calls_by_ticket(logs) == {
        name: [f"{name}{step}" for step in ("0 thread", "0x", "0y", "1 thread", "1x", "1y")] for name in "ab"
    }
    # Whose task it is that runs while both are paused, nobody can tell.
    assert [log["sdk"]["unclear_calls"] for log in logs] == [4, 4]


def test_tasks_and_threads_started_in_a_block_are_in_it_and_what_steps_around_it_is_not(
    logs: Captured,
) -> None:
    async def child(name: str) -> None:
        await call_async(f"{name} child")
        with caselog.ticket(ticket_id=f"{name} inner"):
            await call_async("inner")
        await asyncio.to_thread(call, f"{name} thread")

    async def resolve(name: str) -> None:
        with caselog.ticket(ticket_id=name) as ticket, ticket.node("n"):
            tasks = [asyncio.create_task(child(name)) for _ in range(2)]
            await call_async(f"{name} own")
            await asyncio.gather(*tasks)

    async def run() -> None:
        await asyncio.gather(resolve("a"), resolve("b"))

    with caselog.ticket(ticket_id="around"):
        asyncio.run(run())
        call("around")

    found: dict[str, list[str]] = defaultdict(list)
    for log in logs:
        found[log["ticket_id"]] += [made["arguments"]["label"] for made in log["trace"]["tool_calls"]]
    assert {name: sorted(labels) for name, labels in found.items()} == {
        "around": ["around"],
        **{f"{name} inner": ["inner"] * 2 for name in "ab"},
        **{name: sorted([f"{name} child", f"{name} thread"] * 2 + [f"{name} own"]) for name in "ab"},
    }


def test_coroutines_stepped_by_hand_in_one_context_keep_their_tickets(logs: Captured) -> None:
    class Pause:
        def __await__(self) -> Generator[None]:
            yield

    async def work(name: str) -> None:
        with caselog.ticket(ticket_id=name):
            for number in range(3):
                call(f"{name}{number}")
                await Pause()

    coroutines = [work("a"), work("b")]
    for _ in range(3):
        for coroutine in coroutines:
            coroutine.send(None)
    for coroutine in coroutines:
        coroutine.close()

    assert calls_by_ticket(logs) == {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]}


# ---------------------------------------------------------------- blocks entered through something else


@contextlib.contextmanager
def ticket_for(name: str) -> Iterator[caselog.Ticket]:
    with caselog.ticket(ticket_id=name) as ticket:
        yield ticket


@contextlib.asynccontextmanager
async def async_ticket_for(name: str) -> AsyncIterator[caselog.Ticket]:
    await asyncio.sleep(0)
    with caselog.ticket(ticket_id=name) as ticket:
        yield ticket


class TicketFor:
    def __init__(self, name: str) -> None:
        self.ticket = caselog.ticket(ticket_id=name)

    def __enter__(self) -> caselog.Ticket:
        return self.ticket.__enter__()

    def __exit__(self, *_: object) -> None:
        self.ticket.__exit__(None, None, None)


def stacked(name: str) -> contextlib.ExitStack:
    stack = contextlib.ExitStack()
    stack.enter_context(ticket_for(name))
    return stack


@pytest.mark.parametrize("manager", [ticket_for, TicketFor, stacked], ids=lambda manager: manager.__name__)
def test_a_context_manager_around_a_ticket_is_a_ticket(manager: Any, logs: Captured) -> None:
    def read(name: str) -> Generator[str]:
        with manager(name):
            for number in range(3):
                yield call(f"{name}{number}")

    with manager("plain"):
        call("plain")
    if manager is not stacked:  # entered by a function that has returned: nobody can tell whose it is
        for _ in zip(read("a"), read("b"), strict=True):
            call("nobody's")

    found = calls_by_ticket(logs)
    assert found.pop("plain") == ["plain"]
    assert found == ({} if manager is stacked else {"a": ["a0", "a1", "a2"], "b": ["b0", "b1", "b2"]})


def test_an_asynchronous_context_manager_around_a_ticket_is_a_ticket(logs: Captured) -> None:
    async def read(name: str) -> AsyncGenerator[str]:
        async with async_ticket_for(name):
            for number in range(3):
                yield await call_async(f"{name}{number}")

    async def resolve() -> None:
        async with async_ticket_for("plain"):
            await asyncio.gather(call_async("plain"), asyncio.to_thread(call, "plain"))
        left, right = read("a"), read("b")
        for _ in range(3):
            await anext(left)
            await asyncio.create_task(anext(right))
            await call_async("nobody's")
        await left.aclose()
        await right.aclose()

    asyncio.run(resolve())

    assert calls_by_ticket(logs) == {
        "plain": ["plain", "plain"],
        "a": ["a0", "a1", "a2"],
        "b": ["b0", "b1", "b2"],
    }


def test_a_ticket_opened_by_a_framework_s_dependency_is_current_for_what_it_calls(logs: Captured) -> None:
    async def solve(stack: contextlib.AsyncExitStack) -> None:
        await stack.enter_async_context(async_ticket_for("request"))

    async def handle() -> None:
        async with contextlib.AsyncExitStack() as stack:
            await solve(stack)
            await call_async("endpoint")
            await asyncio.gather(call_async("child"), asyncio.to_thread(call, "thread"))

    asyncio.run(handle())

    assert calls_by_ticket(logs) == {"request": ["child", "endpoint", "thread"]}


def test_a_ticket_that_a_pool_s_thread_enters_is_not_that_of_its_next_work(logs: Captured) -> None:
    with ThreadPoolExecutor(1) as pool:
        manager = ticket_for("T")
        context = contextvars.copy_context()
        pool.submit(context.run, manager.__enter__).result()
        pool.submit(contextvars.copy_context().run, call, "somebody else's").result()
        pool.submit(context.run, call, "mine").result()
        pool.submit(context.run, manager.__exit__, None, None, None).result()

    assert calls_by_ticket(logs) == {"T": ["mine"]}


# ---------------------------------------------------------------- generated interleavings


class Interleavings(RuleBasedStateMachine):
    """Generators with tickets of their own, stepped anywhere; a reader with its own; calls of all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.capture = capture()
        self.logs = self.capture.__enter__()
        self.expected: dict[str, list[str]] = {}
        self.generators: dict[str, Generator[None, str, None]] = {}
        self.reader: list[Any] = []
        self.count = 0

    def _label(self, owner: str | None) -> str:
        self.count += 1
        if owner:
            self.expected[owner].append(f"{self.count}")
        return f"{self.count}"

    def _open(self, prefix: str) -> str:
        self.count += 1
        name = f"{prefix}{self.count}"
        self.expected[name] = []
        return name

    def _work(self, outer: str | None, inner: str) -> Generator[None, str, None]:
        """Calls what it is sent, in its ticket, and in a ticket inside it from then on where it is told to."""
        with caselog.ticket(ticket_id=outer) if outer else contextlib.nullcontext():
            sent = yield
            while sent != "nest":
                (self._call_deep if sent.endswith("deep") else call)(sent)
                sent = yield
            with caselog.ticket(ticket_id=inner):
                while True:
                    call((yield))

    def _call_deep(self, label: str) -> None:
        """A call from a function that the generator calls, after a ticket opened and closed there."""
        name = self._open("deep")
        with caselog.ticket(ticket_id=name):
            call(self._label(name))
        call(label)

    @rule(decorated=st.booleans())
    def open_generator(self, decorated: bool) -> None:
        outer, inner = self._open("outer"), self._open("inner")
        work = caselog.node("work")(self._work) if decorated else self._work
        generator = work(outer, inner)
        self._run("here", next, generator)
        self.generators[outer] = generator
        self.inner = {**getattr(self, "inner", {}), outer: (inner, False)}

    @precondition(lambda self: self.generators)
    @rule(
        data=st.data(),
        where=st.sampled_from(["here", "copy", "empty", "thread", "thread copy"]),
        what=st.sampled_from(["call", "deep", "nest", "close", "drop"]),
    )
    def step_generator(self, data: st.DataObject, where: str, what: str) -> None:
        outer = data.draw(st.sampled_from(sorted(self.generators)))
        generator = self.generators[outer]
        inner, is_nested = self.inner[outer]
        if what == "close":
            self._run(where, self.generators.pop(outer).close)
        elif what == "drop":
            self.generators.pop(outer)
        elif what == "nest" and not is_nested:
            self._run(where, generator.send, "nest")
            self.inner[outer] = (inner, True)
        else:
            label = self._label(inner if is_nested else outer)
            if what == "deep" and not is_nested:
                self.expected[outer].remove(label)
                label += "deep"
                self.expected[outer].append(label)
            self._run(where, generator.send, label)

    @rule()
    def open_reader_s_ticket(self) -> None:
        ticket = caselog.ticket(ticket_id=self._open("reader"))
        self.reader.append(ticket)
        ticket.__enter__()

    @precondition(lambda self: self.reader)
    @rule()
    def end_reader_s_ticket(self) -> None:
        self.reader.pop().__exit__(None, None, None)

    @rule()
    def call_as_reader(self) -> None:
        call(self._label(self.reader[-1].fields["ticket_id"] if self.reader else None))

    def _run(self, where: str, step: Callable[..., Any], *args: Any) -> None:
        run = functools.partial(step, *args)
        if where == "copy":
            run = functools.partial(contextvars.copy_context().run, run)
        elif where == "empty":
            run = functools.partial(contextvars.Context().run, run)
        elif where.startswith("thread"):
            target = functools.partial(contextvars.copy_context().run, run) if "copy" in where else run
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
            return
        run()

    def teardown(self) -> None:
        for generator in self.generators.values():
            generator.close()
        self.generators.clear()
        for ticket in reversed(self.reader):
            ticket.__exit__(None, None, None)
        assert caselog.current_ticket() is None
        found = calls_by_ticket(self.logs)
        self.capture.__exit__(None, None, None)
        assert found == {name: sorted(labels) for name, labels in self.expected.items() if name in found}
        assert all(not labels for name, labels in self.expected.items() if name not in found)


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
