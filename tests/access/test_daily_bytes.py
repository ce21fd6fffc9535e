"""What collectors tell each other of the bytes that clients have sent, on every kind of store."""

from __future__ import annotations

import asyncio
from datetime import date

from access import keys
from access.clients import create_client
from access.daily_bytes import count_bytes, hear_bytes, remove_bytes_before, tell_bytes
from lake.store import open_store
from tests.clock import FakeClock
from tests.conftest import LakeEnv

TODAY, YESTERDAY, BEFORE = date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 24)


def test_each_collector_hears_what_the_others_told_last_of_the_same_day(lake_env: LakeEnv) -> None:
    store = open_store(lake_env.url, lake_env.env)

    async def run() -> tuple[dict[str, int], dict[str, int]]:
        assert await hear_bytes(store, TODAY, "one") == {}
        for day, process, counts in (
            (TODAY, "one", {"acme": 1}),
            (TODAY, "two", {"acme": 10}),
            (TODAY, "two", {"acme": 20, "globex": 5}),
            (TODAY, "one2", {"acme": 300}),
            (YESTERDAY, "two", {"acme": 4000}),
            (BEFORE, "two", {"acme": 50_000}),
        ):
            await tell_bytes(store, day, process, counts, timeout_s=5)
        await remove_bytes_before(store, YESTERDAY)
        return await hear_bytes(store, TODAY, "one"), await hear_bytes(store, TODAY, "two")

    by_one, by_two = asyncio.run(run())

    assert (by_one, by_two) == ({"acme": 320, "globex": 5}, {"acme": 301})
    assert count_bytes(store, TODAY) == {"acme": 321, "globex": 5}
    assert count_bytes(store, YESTERDAY) == {"acme": 4000}
    assert count_bytes(store, BEFORE) == {}


def test_the_hashes_of_keys_are_listed_on_every_kind_of_store(lake_env: LakeEnv, clock: FakeClock) -> None:
    store = open_store(lake_env.url, lake_env.env)
    assert asyncio.run(keys.list_hashes(store)) == set()
    create_client(store, "acme", clock())
    issued = {keys.issue_key(store, "acme", clock(), bytes([number]) * 32) for number in range(5)}

    assert asyncio.run(keys.list_hashes(store)) == {keys.hash_key(key) for key in issued}
