"""A background task has somebody who sees its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from serving.tasks import Tasks

Steps = Callable[[Tasks], Awaitable[None]]


async def _fail() -> None:
    raise ValueError("a customer's words")


async def _end() -> None:
    pass


async def _go_on() -> None:
    await asyncio.Event().wait()


def _run(steps: Steps) -> None:
    asyncio.run(steps(Tasks()))  # type: ignore[arg-type]  # an async function is a coroutine function


@pytest.mark.parametrize("work", [_fail, _end], ids=["fails", "ends"])
def test_what_should_run_and_has_ended_is_told(
    work: Callable[[], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    async def steps(tasks: Tasks) -> None:
        task = tasks.keep("the sweeper", work())  # type: ignore[arg-type]
        await asyncio.wait([task])
        await asyncio.sleep(0)

        assert list(tasks.broken) == ["the sweeper"]
        assert tasks.broken["the sweeper"].startswith("ValueError at" if work is _fail else "it ended")

        tasks.keep("the sweeper", _go_on())
        assert tasks.broken == {}
        await tasks.stop()

    _run(steps)

    assert "the sweeper" in caplog.text
    assert "customer" not in caplog.text


def test_what_may_end_is_broken_only_until_the_next_succeeds() -> None:
    async def steps(tasks: Tasks) -> None:
        seen = []
        for work in (_end, _fail, _end):
            await asyncio.wait([tasks.run("writing logs", work())])
            await asyncio.sleep(0)
            seen.append(list(tasks.broken))

        assert seen == [[], ["writing logs"], []]

    _run(steps)


def test_a_stop_is_no_unexpected_end(caplog: pytest.LogCaptureFixture) -> None:
    async def steps(tasks: Tasks) -> None:
        kept, run = tasks.keep("one", _go_on()), tasks.run("two", _go_on())
        await tasks.stop()

        assert kept.cancelled()
        assert run.cancelled()
        assert tasks.broken == {}

    _run(steps)

    assert caplog.text == ""
