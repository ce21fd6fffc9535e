"""Failed sign-ins slow the next ones down, and lock nobody out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.voila_dashboards.virtual_time import VirtualTime
from voila_dashboards.gateway.attempts import _MOST_REMEMBERED, Failures, Queue
from voila_dashboards.gateway.errors import TooManyAttempts
from voila_dashboards.settings import DashboardSettings

SETTINGS = DashboardSettings(login_free_attempts_per_name=3, login_free_attempts_per_network=10)
CHECK_S = 0.25
LONGEST_S = SETTINGS.login_longest_wait_s + 2 * SETTINGS.login_longest_delay_s


class Door:
    """The queue with a password check behind it that takes its time."""

    def __init__(self, settings: DashboardSettings = SETTINGS) -> None:
        self.time = VirtualTime()
        self.queue = Queue(settings, self.time.clock, self.time.sleep)
        self.checking = 0
        self.checked: list[tuple[str, str]] = []
        self.waited: list[float] = []

    async def guess(self, name: str, network: str, *, right: bool = False) -> float:
        """How long one attempt took."""
        came = self.time.now
        with self.queue.place(name, network) as place:
            async with self.queue.turn(place):
                self.checking += 1
                assert self.checking == 1
                self.checked.append((name, network))
                self.waited.append(self.time.now - came)
                await self.time.sleep(CHECK_S)
                self.checking -= 1
                (self.queue.record_success if right else self.queue.record_failure)(place)
        return self.time.now - came

    async def guess_on(self, name: str, network: str, until: float) -> None:
        """Guess again and again."""
        while self.time.now < until:
            try:
                await self.guess(name, network)
            except TooManyAttempts as error:
                await self.time.sleep(error.retry_after_s or 0)

    def run(self, *work: Coroutine[Any, Any, Any]) -> list[Any]:
        return asyncio.run(self.time.run(*work))


async def _one_after_another(door: Door, names: list[str], network: Callable[[int], str]) -> list[float]:
    return [await door.guess(name, network(number)) for number, name in enumerate(names)]


@pytest.mark.parametrize(
    ("names", "network"),
    [(["ann"] * 14, lambda number: f"10.0.0.{number}"), ([f"n{n}" for n in range(21)], lambda _: "10.0.0.1")],
    ids=["one name", "one network"],
)
def test_guesses_become_slower_and_never_slower_than_the_bound(
    names: list[str], network: Callable[[int], str]
) -> None:
    door = Door()

    (took,) = door.run(_one_after_another(door, names, network))

    waited = [seconds - CHECK_S for seconds in took]
    free = 3 if len(set(names)) == 1 else 10
    assert waited[:free] == [0.0] * free
    assert waited[free + 1 :] == sorted(waited[free + 1 :])
    assert 0 < waited[free + 1] < 1
    assert waited[-1] == pytest.approx(SETTINGS.login_longest_delay_s - CHECK_S)


@pytest.mark.parametrize("networks", [1, 5, 20, 50])
def test_however_many_guess_a_name_its_owner_gets_in_in_time_and_nobody_starves(networks: int) -> None:
    door = Door()
    until = door.time.now + 150
    attack = [door.guess_on("ann", f"10.0.0.{number}", until) for number in range(networks)]

    async def owner() -> float:
        await door.time.sleep(100)
        return await door.guess("ann", "192.0.2.1", right=True)

    *_, took = door.run(*attack, owner())

    assert took <= 2 * SETTINGS.login_longest_delay_s
    assert max(door.waited) <= LONGEST_S


def test_a_crowd_in_one_network_is_one_in_the_row() -> None:
    door = Door(DashboardSettings(login_free_attempts_per_name=50, login_free_attempts_per_network=50))
    crowd = [door.guess("ann", "10.0.0.1") for _ in range(5)]

    door.run(*crowd, door.guess("ann", "192.0.2.1"), door.guess("ann", "192.0.2.1"))

    crowded, other = ("ann", "10.0.0.1"), ("ann", "192.0.2.1")
    assert door.checked == [crowded, other, crowded, other, crowded, crowded, crowded]


def test_whoever_shares_a_network_with_a_guesser_gets_in_in_time() -> None:
    door = Door()
    until = door.time.now + 150
    attack = [door.guess_on(f"guess-{number}", "10.0.0.1", until) for number in range(30)]
    same = [door.guess_on("gus", "10.0.0.1", until) for _ in range(5)]

    async def neighbour() -> float:
        await door.time.sleep(100)
        return await door.guess("gus", "10.0.0.1", right=True)

    *_, took = door.run(*attack, *same, neighbour())

    assert took <= 2 * LONGEST_S


def test_another_name_from_elsewhere_does_not_notice() -> None:
    door = Door()
    until = door.time.now + 300
    attack = [door.guess_on("ann", f"10.0.0.{number}", until) for number in range(20)]

    async def other() -> float:
        await door.time.sleep(120)
        return await door.guess("gus", "192.0.2.1", right=True)

    *_, took = door.run(*attack, other())

    assert took <= 4 * CHECK_S


def test_one_guesser_alone_tries_few_passwords_a_day() -> None:
    door = Door()

    door.run(door.guess_on("ann", "10.0.0.1", door.time.now + 3600))

    assert len(door.checked) <= 3600 / SETTINGS.login_longest_delay_s + 20


def test_a_full_row_sends_the_crowd_away_and_not_the_one_who_comes_from_elsewhere() -> None:
    door = Door()
    crowd = [door.guess(f"guess-{number}", "10.0.0.1") for number in range(100)]

    async def late() -> float:
        await door.time.sleep(0.1)
        return await door.guess("ann", "192.0.2.1", right=True)

    *refused, took = door.run(*crowd, late())

    assert sum(isinstance(each, TooManyAttempts) for each in refused) >= 36
    assert took <= LONGEST_S


def test_alike_attempts_beyond_a_few_are_told_to_come_back() -> None:
    door = Door()

    answers = door.run(*[door.guess("ann", "10.0.0.1") for _ in range(20)])

    refused = [each for each in answers if isinstance(each, TooManyAttempts)]
    assert 0 < len(refused) < 20
    assert {each.retry_after_s for each in refused} == {5}
    assert len(door.queue._waiting) == 0


def test_an_attempt_that_is_given_up_leaves_the_row() -> None:
    door = Door()

    async def steps() -> None:
        tasks = [asyncio.ensure_future(door.guess("ann", f"10.0.0.{number}")) for number in range(5)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(steps())

    assert door.queue._waiting == []
    assert not door.queue._one.locked()


def test_what_is_remembered_is_bounded() -> None:
    failures = Failures(60)

    for number in range(_MOST_REMEMBERED + 100):
        failures.record(str(number), 0.0)
    for _ in range(1000):
        failures.record("ann", 0.0)

    assert len(failures._failures) == _MOST_REMEMBERED
    assert failures.count("ann", 1.0) <= 64
