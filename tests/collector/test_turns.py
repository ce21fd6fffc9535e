"""One at a time, each client in turn."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from collector.turns import Turns


async def _work(turns: Turns, client_id: str, done: list[str]) -> None:
    await turns.take(client_id)
    try:
        await asyncio.sleep(0)
        done.append(client_id)
    finally:
        turns.give_back()


def test_one_of_many_is_next_although_another_client_came_a_hundred_times_before() -> None:
    async def steps() -> list[str]:
        turns, done = Turns(), list[str]()
        tasks = [asyncio.create_task(_work(turns, "acme", done)) for _ in range(100)]
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(_work(turns, "globex", done)))
        await asyncio.gather(*tasks)
        return done

    assert asyncio.run(steps()).index("globex") <= 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=30))
def test_everybody_who_waits_has_a_turn_whoever_gives_up(senders: list[tuple[str, bool]]) -> None:
    async def steps() -> list[str]:
        turns, done = Turns(), list[str]()
        tasks = [asyncio.create_task(_work(turns, client_id, done)) for client_id, _ in senders]
        await asyncio.sleep(0)
        for task, (_, gives_up) in zip(tasks, senders, strict=True):
            if gives_up:
                task.cancel()
        async with asyncio.timeout(60):
            await asyncio.gather(*tasks, return_exceptions=True)
            await turns.take("after")  # nobody has kept it
        return done

    stayed = [client_id for client_id, gives_up in senders if not gives_up]

    assert sorted(asyncio.run(steps())) == sorted(stayed)


def test_who_is_given_the_turn_and_gives_up_at_once_passes_it_on() -> None:
    async def steps() -> list[str]:
        turns, done = Turns(), list[str]()
        await turns.take("acme")
        first, second = (asyncio.create_task(_work(turns, name, done)) for name in ("globex", "initech"))
        await asyncio.sleep(0)
        turns.give_back()
        first.cancel()  # its turn has been given and it has not run since
        await asyncio.wait([first, second], timeout=60)
        return done

    assert asyncio.run(steps()) == ["initech"]
