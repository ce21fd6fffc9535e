"""Whatever an object raises while it is read costs only what stands there, even where it is no `Exception`.

`KeyboardInterrupt`, and what a signal's handler raises, are the workflow's and go on.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

import caselog
from caselog import build_workflow_log, ship_log_async
from caselog.testing import Captured, capture


class Panic(BaseException):
    """As Rust's panics are in Python, or the outcomes of a test."""


class SoftLimit(Exception):
    """As a queue's worker raises when a task takes too long."""


KINDS = (Panic, SystemExit, GeneratorExit, asyncio.CancelledError, RuntimeError)
BASES = (object, dict, list, tuple, str, int, float, set, RuntimeError, concurrent.futures.Future)
HOOKS = (
    *("__repr__", "__str__", "__iter__", "__len__", "__bool__", "__eq__", "__lt__", "__float__", "__int__"),
    *("__index__", "__getattr__", "__getattribute__", "__getitem__", "__contains__", "__fspath__", "__class__"),
    *("items", "get", "keys", "strip", "lower", "_asdict", "tolist", "isoformat", "total_seconds", "model_dump"),
)  # fmt: skip


def raising(kind: type[BaseException]) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise kind

    return refuse


def make(base: type, hook: str, kind: type[BaseException]) -> Any:
    """An object of a class whose one method raises."""
    refuse: Any = raising(kind)
    hooks: dict[str, Any] = {hook: property(refuse) if hook in ("__class__", "__dict__") else refuse}
    if hook == "__eq__":
        hooks["__hash__"] = base.__hash__
    if hook == "model_dump":
        hooks["__pydantic_decorators__"] = property(refuse)
    return type("Odd", (base,), hooks)()


def place(value: Any, where: str) -> dict[str, Any]:
    state: dict[str, Any] = {"ticket_id": "T", "status": "ok", "final_response": "Paid."}
    if where == "step":
        return {**state, "x": value, "react_iterations": [{"thought": value, "input_tokens": value}]}
    return {**state, "x": {"y": [value]}, where: value}


@given(
    base=st.sampled_from(BASES),
    hook=st.sampled_from(HOOKS),
    kind=st.sampled_from(KINDS),
    where=st.sampled_from(
        ["x", "step", "metrics", "messages", "nodes", "tool_calls", "errors", "trace", "extra", "category"]
    ),
)  # fmt: skip
def test_whatever_an_object_raises_when_it_is_read_no_log_is_lost_and_nothing_reaches_the_workflow(
    base: type, hook: str, kind: type[BaseException], where: str
) -> None:
    state = place(make(base, hook, kind), where)

    with capture() as logs:
        assert ship_log_async(state)
        assert ship_log_async(build_workflow_log(state, extra={"more": state["x"]}))
        with caselog.ticket(ticket_id="T", category="kept") as ticket, ticket.node("n", state["x"]):
            ticket.tool_call("find", {"query": state["x"]})

    assert [log["ticket_id"] for log in logs] == ["T"] * 3
    assert logs[2]["trace"]["nodes"][0]["name"] == "n"
    assert logs[2]["category"] == "kept"


def test_only_the_value_that_panics_is_lost(logs: Captured) -> None:
    class Odd:
        __repr__ = raising(Panic)

    ship_log_async({"ticket_id": "T", "status": "ok", "trace": {"own": [1, Odd(), {"fine": 2}]}})

    assert logs[0]["trace"]["own"] == [1, "[Odd: its repr raised Panic]", {"fine": 2}]


def interrupting(kind: type[BaseException]) -> Callable[..., NoReturn]:
    def handle(_number: int, _frame: Any) -> NoReturn:
        raise kind

    return handle


@pytest.fixture
def alarm() -> Iterator[Callable[[Any], None]]:
    before = signal.getsignal(signal.SIGALRM)

    def install(handler: Any) -> None:
        signal.signal(signal.SIGALRM, handler)

    yield install
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, Panic, SoftLimit, TimeoutError])
@pytest.mark.parametrize("form", ["function", "arguments", "method"])
def test_what_a_signal_handler_raises_while_an_object_is_read_goes_on(
    kind: type[BaseException], form: str, alarm: Callable[[Any], None]
) -> None:
    class Holder:
        def handle(self, number: int, frame: Any) -> NoReturn:
            interrupting(kind)(number, frame)

    def handle_any(*given: Any) -> NoReturn:
        interrupting(kind)(*given)

    class Slow:
        def __repr__(self) -> str:
            os.kill(os.getpid(), signal.SIGALRM)
            time.sleep(0.01)
            return "slow"

    forms = {"function": interrupting(kind), "arguments": handle_any}
    alarm(forms.get(form) or Holder().handle)

    with capture(), pytest.raises(kind):
        ship_log_async({"ticket_id": "T", "x": [Slow()]})
    with capture(), pytest.raises(kind), caselog.ticket(ticket_id="T") as ticket:
        ticket.final_response = [Slow()]


def test_an_object_that_knows_its_caller_is_no_signal_handler(logs: Captured) -> None:
    import sys

    class Looking:
        def __repr__(self) -> str:
            caller = sys._getframe(1)
            raise RuntimeError(caller.f_lineno)

    assert ship_log_async({"ticket_id": "T", "x": Looking()})

    assert logs[0]["x"] == "[Looking: its repr raised RuntimeError]"


def test_a_thread_that_is_ended_from_outside_ends_although_a_log_is_built() -> None:
    import ctypes
    import threading

    ended: list[str] = []

    def work() -> None:
        try:
            while True:
                build_workflow_log({"ticket_id": "T", "messages": [{"role": "user", "content": "hi"}] * 1000})
        except SystemExit:
            ended.append("ended")

    thread = threading.Thread(target=work)
    thread.start()
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
    )
    thread.join(60)

    assert ended == ["ended"]


def test_a_mapping_is_asked_for_nothing_that_ends_the_run(logs: Captured) -> None:
    class Lazy(Mapping[str, Any]):
        __iter__ = __len__ = __getitem__ = raising(Panic)

    assert json.dumps(build_workflow_log(Lazy())) == '{"schema_version": 1}'
    ship_log_async({"ticket_id": "T", "x": Lazy()})
    assert logs[0]["ticket_id"] == "T"
