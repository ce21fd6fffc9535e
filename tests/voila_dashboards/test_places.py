"""Who gets a place, and when: by user, whatever number of requests one sends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from voila_dashboards.gateway.places import NoPlace, Places


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_whoever_has_fewest_is_next_and_not_who_asked_most() -> None:
    async def check() -> None:
        places, order = Places(2, 2), list[str]()

        async def ask(whose: str) -> None:
            await places.take(whose)
            order.append(whose)

        many = [asyncio.create_task(ask("ann")) for _ in range(20)]
        await settle()
        gus = asyncio.create_task(ask("gus"))
        await settle()
        assert order == ["ann", "ann"]

        places.give_back("ann")
        await gus

        assert order == ["ann", "ann", "gus"]
        for each in many:
            each.cancel()

    run(check)


def test_users_with_as_many_take_turns() -> None:
    async def check() -> None:
        places, order = Places(1, 1), list[str]()

        async def ask(whose: str) -> None:
            async with places.place(whose):
                order.append(whose)
                await asyncio.sleep(0)

        await asyncio.gather(*(ask(whose) for whose in ["ann"] * 4 + ["gus"] * 2 + ["pat"]))

        assert order == ["ann", "gus", "pat", "ann", "gus", "ann", "ann"]

    run(check)


def test_one_user_never_has_all_places() -> None:
    async def check() -> None:
        places = Places(3, 1)
        await places.take("ann")

        with pytest.raises(NoPlace):
            await places.take("ann", 0.01)
        await places.take("gus", 0)

        assert (places.held("ann"), places.held("gus")) == (1, 1)

    run(check)


def test_only_so_many_of_one_user_wait() -> None:
    async def check() -> None:
        places = Places(1, 1, most_waiting=1)
        await places.take("ann")
        waiting = asyncio.create_task(places.take("ann"))
        await settle()

        with pytest.raises(NoPlace):
            await places.take("ann")
        others = asyncio.create_task(places.take("gus"))
        await settle()
        places.give_back("ann")

        await asyncio.wait({waiting, others}, return_when=asyncio.FIRST_COMPLETED)
        for each in (waiting, others):
            each.cancel()

    run(check)


def test_who_leaves_while_a_place_becomes_free_leaves_it_to_the_next() -> None:
    async def check() -> None:
        places = Places(1, 1)
        await places.take("ann")
        leaving = asyncio.create_task(places.take("gus"))
        await settle()
        places.give_back("ann")
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)

        await places.take("pat", 1)

        assert places.held("gus") == 0

    run(check)


def test_a_place_is_free_again_whatever_happens_in_it() -> None:
    async def check() -> None:
        places = Places(1, 1)
        with pytest.raises(ValueError, match="x"):
            async with places.place("ann"):
                raise ValueError("x")

        assert places.held("ann") == 0

    run(check)
