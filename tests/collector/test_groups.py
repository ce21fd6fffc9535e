"""Group commit: logs share objects, and none is acknowledged before its object is stored."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from collector.app import new_object_id
from collector.budget import Budget
from collector.errors import NotConfirmed, Overloaded
from collector.groups import Groups
from collector.metrics import CollectorMetrics
from collector.settings import CollectorSettings
from serving.tasks import Tasks
from tests.clock import FakeClock
from tests.collector.conftest import Collector, make_collector, make_log
from tests.collector.stores import BrokenStore, GatedStore


async def _send(
    http: httpx.AsyncClient, collector: Collector, name: str, client: str = "acme"
) -> httpx.Response:
    return await http.post("/v1/logs", json=make_log(log_id=name), headers=collector.headers(client))


async def _until(condition: object) -> None:
    """Let everything else in the loop run until ``condition`` holds."""
    assert callable(condition)
    deadline = (
        time.monotonic() + 60
    )  # what a store of the machine's memory does, it does in threads of its own
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0)


def test_nothing_is_acknowledged_before_the_store_has_confirmed() -> None:
    store = GatedStore()
    collector = make_collector(store)

    async def steps(http: httpx.AsyncClient) -> None:
        answer = asyncio.create_task(_send(http, collector, "L-1"))
        await store.writing.wait()
        assert not answer.done()
        assert collector.lines() == []

        store.gate.set()

        assert (await answer).status_code == 200
        assert len(collector.lines()) == 1

    collector.run(steps)


def test_what_arrives_during_a_write_is_written_together_afterwards() -> None:
    store = GatedStore()
    collector = make_collector(store, group_wait_s=10)

    async def steps(http: httpx.AsyncClient) -> None:
        answers = [asyncio.create_task(_send(http, collector, "L-0"))]
        await store.writing.wait()
        answers += [asyncio.create_task(_send(http, collector, f"L-{n}")) for n in range(1, 30)]
        await _until(lambda: collector.app.groups.gathering() == [29])

        store.gate.set()
        statuses = [answer.status_code for answer in await asyncio.gather(*answers)]

        assert statuses == [200] * 30
        assert len(store.begun) == 2

    collector.run(steps)

    assert len(collector.lines()) == 30


def test_a_store_that_is_far_is_given_several_objects_of_a_client_at_once() -> None:
    store = GatedStore()
    collector = make_collector(store, group_wait_s=0)

    async def steps(http: httpx.AsyncClient) -> None:
        answers = []
        for number in range(1, 4):
            answers.append(asyncio.create_task(_send(http, collector, f"L-{number}")))
            await _until(lambda wanted=number: len(store.begun) == wanted)

        store.gate.set()

        assert [answer.status_code for answer in await asyncio.gather(*answers)] == [200] * 3
        assert collector.app.budget.in_flight_bytes == 0

    collector.run(steps)

    assert sorted(line["log_id"] for line in collector.lines()) == ["L-1", "L-2", "L-3"]


def test_a_full_object_sets_out_though_another_is_on_its_way() -> None:
    store = GatedStore()
    collector = make_collector(store, group_wait_s=10, max_group_logs=2)

    async def steps(http: httpx.AsyncClient) -> None:
        answers = [asyncio.create_task(_send(http, collector, "L-0"))]
        await store.writing.wait()

        answers += [asyncio.create_task(_send(http, collector, f"L-{n}")) for n in range(1, 4)]
        await _until(lambda: len(store.begun) == 2)

        assert collector.app.groups.gathering() == [1]
        store.gate.set()
        await asyncio.gather(*answers)

    collector.run(steps)

    assert len(collector.lines()) == 4


def test_objects_on_their_way_are_bounded_and_who_waited_longest_comes_next(clock: FakeClock) -> None:
    store = GatedStore()
    settings = CollectorSettings(max_puts=2, group_wait_s=0)

    async def steps() -> None:
        groups = Groups(store, settings, Budget(1 << 20, 1), new_object_id, Tasks(), CollectorMetrics())
        sent = []
        for client in ("a", "b", "c", "d"):
            sent.append(asyncio.create_task(groups.commit(client, clock.now, [b"x"])))
            await asyncio.sleep(0)
        await _until(lambda: len(store.begun) == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(store.begun) == 2

        store.gate.set()
        await asyncio.gather(*sent)

    asyncio.run(steps())

    assert [key.split("/")[1] for key in store.begun] == [f"client_id={client}" for client in "abcd"]


def test_where_many_clients_send_their_logs_gather_and_a_stop_does_not_wait_for_that(
    clock: FakeClock,
) -> None:
    store = GatedStore()
    store.gate.set()
    few, many = range(6), range(6, 12)

    async def steps() -> None:
        groups = Groups(
            store,
            CollectorSettings(group_wait_s=10),
            Budget(1 << 20, 1),
            new_object_id,
            Tasks(),
            CollectorMetrics(),
        )

        async def commit(number: int) -> None:
            await groups.commit(f"c{number}", clock.now, [b"x"])

        for number in [*few, *many]:  # the first of each does not wait, whoever else sends
            await commit(number)
        for number in few:  # nor does what comes while few do
            await commit(number)
        rest = [asyncio.create_task(commit(number)) for number in many]
        await _until(lambda: groups.gathering() == [1] * 6)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(store.begun) == 18

        await groups.drain()
        await asyncio.gather(*rest)

    asyncio.run(steps())

    assert len(store.begun) == 24


def test_one_client_does_not_take_every_place(clock: FakeClock) -> None:
    store = GatedStore()
    settings = CollectorSettings(max_group_logs=1, max_puts=40)

    async def steps() -> None:
        groups = Groups(store, settings, Budget(1 << 20, 1), new_object_id, Tasks(), CollectorMetrics())
        many = asyncio.create_task(groups.commit("acme", clock.now, [b"x"] * 50))
        await store.writing.wait()
        other = asyncio.create_task(groups.commit("globex", clock.now, [b"x"]))
        await _until(lambda: any("globex" in key for key in store.begun))

        assert len(store.begun) == 17
        store.gate.set()
        await asyncio.gather(many, other)

    asyncio.run(steps())

    assert len(store.begun) == 51


def test_one_clients_slow_write_does_not_hold_up_another() -> None:
    store = GatedStore()
    collector = make_collector(store)

    async def steps(http: httpx.AsyncClient) -> None:
        answers = [
            asyncio.create_task(_send(http, collector, "L-1", client)) for client in ("acme", "globex")
        ]

        await _until(lambda: len(store.begun) == 2)
        store.gate.set()
        await asyncio.gather(*answers)

    collector.run(steps)


def test_logs_of_two_hours_lie_in_two_objects() -> None:
    collector = make_collector()
    with collector.http() as http:
        http.post("/v1/logs", json=make_log(), headers=collector.headers())
        collector.clock.advance(3600)
        http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert [found.key.split("/")[3] for found in collector.store.list("raw")] == ["hour=14", "hour=15"]


def test_a_store_that_does_not_answer_is_503_in_time_and_frees_its_bytes() -> None:
    store = GatedStore()
    collector = make_collector(store, ack_timeout_s=0.05)

    async def steps(http: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(_send(http, collector, f"L-{n}") for n in range(5)))

        assert {answer.status_code for answer in answers} == {503}
        assert answers[0].json()["error"]["message"].endswith("sending it again is safe.")
        await collector.app.groups.drain()
        assert collector.app.budget.in_flight_bytes == 0
        store.gate.set()
        await _until_stored(http, collector)

    collector.run(steps)


async def _until_stored(http: httpx.AsyncClient, collector: Collector) -> None:
    """Send until a log is stored: a store that answers may still be slower than a wait of a moment allows."""
    deadline = time.monotonic() + 60
    while (await _send(http, collector, "L-1")).status_code != 200:
        assert time.monotonic() < deadline, "no log is stored"


def test_a_store_that_refuses_fails_all_who_wait_and_the_next_succeeds() -> None:
    store = BrokenStore()
    collector = make_collector(store, key_cache_ttl_s=60)

    async def steps(http: httpx.AsyncClient) -> None:
        await _send(http, collector, "L-0")
        store.broken = True
        refused = await asyncio.gather(*(_send(http, collector, f"L-{n}") for n in range(5)))
        store.broken = False

        assert {answer.status_code for answer in refused} == {503}
        assert (await _send(http, collector, "L-1")).status_code == 200
        assert collector.app.budget.in_flight_bytes == 0

    collector.run(steps)


def test_a_log_that_was_stored_but_not_confirmed_is_not_acknowledged() -> None:
    store = BrokenStore()
    store.keeps = True
    collector = make_collector(store, key_cache_ttl_s=60)
    with collector.http() as http:
        http.post("/v1/logs", json=make_log(log_id="L-0"), headers=collector.headers())
        store.broken = True

        answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert answer.status_code == 503
    assert "was not stored" not in answer.text


def test_more_in_flight_than_allowed_is_503_and_is_accepted_later() -> None:
    store = GatedStore()
    collector = make_collector(store, max_in_flight_bytes=30_000, group_wait_s=10)
    big = make_log(trace={"final_response": "x" * 10_000})

    async def steps(http: httpx.AsyncClient) -> None:
        held = asyncio.create_task(http.post("/v1/logs", json=big, headers=collector.headers()))
        await store.writing.wait()
        waiting = asyncio.create_task(http.post("/v1/logs", json=big, headers=collector.headers()))
        await _until(lambda: collector.app.groups.gathering() == [1])

        refused = await http.post("/v1/logs", json=big, headers=collector.headers())
        store.gate.set()
        stored = await asyncio.gather(held, waiting)
        accepted = await http.post("/v1/logs", json=big, headers=collector.headers())

        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
        assert refused.headers["retry-after"] == "2"
        assert [answer.status_code for answer in [*stored, accepted]] == [200] * 3
        assert collector.app.budget.in_flight_bytes == 0

    collector.run(steps)


def test_a_stop_waits_for_a_write_whose_sender_has_given_up() -> None:
    store = GatedStore(deaf=True)
    # A stop waits as long as a sender does: long beside the moment after which the store answers.
    collector = make_collector(store, ack_timeout_s=1)

    async def steps(http: httpx.AsyncClient) -> None:
        async with collector.app.router.lifespan_context(collector.app):
            assert (await _send(http, collector, "L-1")).status_code == 503
            asyncio.get_running_loop().call_later(0.02, store.gate.set)

    collector.run(steps)

    assert len(collector.lines()) == 1


def test_a_stop_waits_for_what_is_being_written() -> None:
    store = GatedStore()
    collector = make_collector(store)

    async def steps(http: httpx.AsyncClient) -> None:
        answer = asyncio.create_task(_send(http, collector, "L-1"))
        await store.writing.wait()
        drained = asyncio.create_task(collector.app.groups.drain())
        await asyncio.sleep(0)
        assert not drained.done()

        store.gate.set()
        await drained

        assert (await answer).status_code == 200

    collector.run(steps)


async def _commit(groups: Groups, clock: FakeClock, *lines: bytes) -> None:
    await groups.commit("acme", clock.now, lines)


def test_groups_are_bounded_by_count_and_by_bytes(clock: FakeClock) -> None:
    store = GatedStore()
    settings = CollectorSettings(max_group_logs=3, max_group_bytes=2048, group_wait_s=10, max_puts=1)
    budget = Budget(1 << 20, 1)

    async def steps() -> None:
        groups = Groups(store, settings, budget, new_object_id, Tasks(), CollectorMetrics())
        first = asyncio.create_task(_commit(groups, clock, b"0"))
        await store.writing.wait()
        rest = asyncio.create_task(_commit(groups, clock, *[b"x"] * 7, b"y" * 2000, b"z" * 2000, b"w" * 5000))
        await _until(groups.gathering)

        assert groups.gathering() == [3, 3, 2, 1, 1]

        store.gate.set()
        await asyncio.gather(first, rest)

    asyncio.run(steps())

    assert budget.in_flight_bytes == 0


def test_nobody_waits_longer_than_the_limit_behind_a_write_that_never_ends(clock: FakeClock) -> None:
    store = GatedStore(deaf=True)
    settings = CollectorSettings(ack_timeout_s=0.02, group_wait_s=10)

    async def steps() -> None:
        groups = Groups(store, settings, Budget(1 << 20, 1), new_object_id, Tasks(), CollectorMetrics())
        for _ in range(
            3
        ):  # the first is being written, the second's group expires, the third must not join it
            with pytest.raises(NotConfirmed):
                await asyncio.wait_for(_commit(groups, clock, b"x"), timeout=60)
        store.gate.set()
        await groups.drain()

    asyncio.run(steps())

    assert len(store.begun) == 3


def test_a_loop_that_ends_releases_those_who_wait(clock: FakeClock) -> None:
    store = GatedStore()
    budget = Budget(1 << 20, 1)

    async def steps() -> None:
        groups = Groups(store, CollectorSettings(), budget, new_object_id, Tasks(), CollectorMetrics())
        senders = [asyncio.create_task(_commit(groups, clock, b"x")) for _ in range(2)]
        await store.writing.wait()
        for writer in list(groups._writers):
            writer.cancel()

        for sender in senders:
            with pytest.raises(NotConfirmed):
                await sender

    asyncio.run(steps())

    assert budget.in_flight_bytes == 0


def test_a_budget_refuses_without_counting() -> None:
    budget = Budget(100, 1)
    budget.reserve(60)

    with pytest.raises(Overloaded):
        budget.reserve(41)

    assert budget.in_flight_bytes == 60
