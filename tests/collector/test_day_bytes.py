"""Bytes of a day as one collector counts them, whatever is taken, given back, and told by others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from access.daily_bytes import count_bytes, tell_bytes
from collector.day_bytes import DayBytes
from collector.errors import CollectorError
from lake.errors import StoreUnavailable
from lake.store import Store, memory_store
from serving.tasks import Tasks
from tests.clock import FakeClock

LIMIT = 1000


class Counting:
    """What one collector counts over a store."""

    def __init__(self, store: Store, clock: FakeClock, process: str = "here") -> None:
        self.clock = clock
        self.counts = DayBytes(store, process, Tasks(), clock, clock.monotonic)

    def take(self, size: int) -> date | None:
        """The day, where so many bytes were taken."""
        try:
            return self.counts.take("acme", LIMIT, size)
        except CollectorError:
            return None


async def settle() -> None:
    """Let what was begun come to its end."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not asyncio.current_task()))


steps = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(1, 1500)),
        st.tuples(st.just("give back"), st.integers(0, 50)),
        st.tuples(st.just("wait"), st.integers(0, 100_000)),
    ),
    max_size=40,
)


@given(steps)
def test_what_is_taken_in_a_day_and_not_given_back_is_never_over_the_limit_and_all_is_told(
    done: list[tuple[str, int]],
) -> None:
    store, clock = memory_store(), FakeClock()
    kept: list[tuple[date, int]] = []

    async def run() -> None:
        counting = Counting(store, clock)
        for step, number in done:
            if step == "take" and (day := counting.take(number)):
                kept.append((day, number))
            elif step == "give back" and kept:
                day, size = kept.pop(number % len(kept))
                counting.counts.give_back("acme", day, size)
            elif step == "wait":
                clock.advance(number)
            await settle()
        await counting.counts.close()

    asyncio.run(run())

    by_day = {day: sum(size for at, size in kept if at == day) for day, _ in kept}
    assert all(total <= LIMIT for total in by_day.values())
    today = clock().date()
    if today in by_day:
        assert count_bytes(store, today)["acme"] == by_day[today]


def test_a_collector_hears_of_others_within_a_minute() -> None:
    store, clock = memory_store(), FakeClock()

    async def run() -> tuple[int, int]:
        counting = Counting(store, clock)
        assert counting.take(1)
        await settle()
        await tell_bytes(store, clock().date(), "there", {"acme": 990}, timeout_s=5)
        before = counting.counts.used("acme")
        clock.advance(60)
        counting.counts.check("acme", LIMIT)
        await settle()
        return before, counting.counts.used("acme")

    assert asyncio.run(run()) == (1, 991)


def test_others_hear_after_a_hundredth_of_the_limit_but_not_more_often_than_once_a_second() -> None:
    store, clock = memory_store(), FakeClock()
    today = clock().date()

    async def run() -> list[int]:
        counting, told = Counting(store, clock), []
        for wait_s, size in ((0, 1), (0.5, 500), (0.5, 0), (0.5, 5), (1, 20), (1, 0)):
            clock.advance(wait_s)
            if size:
                counting.take(size)
            else:
                counting.counts.check("acme", LIMIT)
            await settle()
            told.append(count_bytes(store, today)["acme"])
        return told

    assert asyncio.run(run()) == [1, 1, 501, 501, 526, 526]


def test_a_new_day_starts_with_nothing_and_forgets_what_others_told_of_the_last() -> None:
    store, clock = memory_store(), FakeClock()

    async def run() -> int:
        counting = Counting(store, clock)
        await tell_bytes(store, clock().date(), "there", {"acme": LIMIT}, timeout_s=5)
        counting.counts.check("acme", LIMIT)
        await settle()
        assert counting.take(1) is None
        clock.advance(timedelta(days=1).total_seconds())
        assert counting.take(LIMIT)
        await settle()
        return counting.counts.used("acme")

    assert asyncio.run(run()) == LIMIT


class Refusing(Store):
    """Takes nothing and tells nothing while it refuses; counts how often it was asked."""

    def __init__(self) -> None:
        inner = memory_store()
        super().__init__(inner.url, inner._objects)
        self.refuses = True
        self.listed = 0

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        if self.refuses:
            raise StoreUnavailable(f"writing {key}", "refused")
        await super().put_async(key, data, timeout_s=timeout_s)

    async def list_keys_async(self, prefix: str) -> Sequence[str]:
        self.listed += 1
        if self.refuses:
            raise StoreUnavailable(f"listing {prefix}", "refused")
        return await super().list_keys_async(prefix)


def test_before_the_others_were_heard_nothing_is_taken_and_then_a_collector_counts_by_itself() -> None:
    clock, store = FakeClock(), Refusing()

    async def run() -> tuple[list[bool], list[bool]]:
        counting, taken = Counting(store, clock), []
        heard = [await counting.counts.hear(1)]
        store.refuses = False
        heard.append(await counting.counts.hear(1))
        store.refuses = True
        for _ in range(4):
            taken.append(bool(counting.take(300)))
            clock.advance(60)
            await settle()
        heard.append(await counting.counts.hear(1))
        await counting.counts.close()
        return heard, taken

    assert asyncio.run(run()) == ([False, True, True], [True, True, True, False])


def test_a_store_that_hangs_is_waited_for_as_long_as_was_said() -> None:
    class Hanging(Refusing):
        async def list_keys_async(self, prefix: str) -> Sequence[str]:
            del prefix
            await asyncio.Event().wait()
            raise AssertionError

    async def run() -> bool:
        counting = Counting(Hanging(), FakeClock())
        heard = await counting.counts.hear(0.01)
        assert counting.counts._exchange is not None
        counting.counts._exchange.cancel()
        return heard

    assert asyncio.run(run()) is False


def test_many_that_wait_for_the_first_answer_wait_for_one_and_a_new_day_is_asked_about_again() -> None:
    store, clock = Refusing(), FakeClock()
    store.refuses = False

    async def run() -> list[int]:
        counting, asked = Counting(store, clock), []
        for _ in range(2):
            await asyncio.gather(*(counting.counts.hear(1) for _ in range(50)))
            asked.append(store.listed)
            clock.advance(timedelta(days=1).total_seconds())
        return asked

    assert asyncio.run(run()) == [2, 4]  # once to hear, once to remove what is old
