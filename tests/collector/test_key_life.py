"""Keys over time and over replicas: expiry, overlap, revocation, last use; and real keys among guesses."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from access import clients, key_uses, keys
from access.clients import ClientLimits, Level
from collector.key_uses import EVERY_S
from lake.errors import ObjectNotFound, StoreUnavailable
from lake.store import open_store
from tests.collector.conftest import Collector, make_collector, make_log, wait_for
from tests.collector.stores import CountingStore, GatedStore
from tests.conftest import LakeEnv


def status(collector: Collector, http: TestClient, key: str | None = None) -> int:
    headers = {**collector.headers(), "X-API-Key": key or collector.keys["acme"]}
    return http.post("/v1/logs", json=make_log(), headers=headers).status_code


# ---------------------------------------------------------------- expiry, overlap, revocation


def test_a_key_ends_on_time_however_freshly_it_was_looked_up(collector: Collector, http: TestClient) -> None:
    ends_at = collector.clock() + timedelta(seconds=60)
    key = keys.issue_key(collector.store, "acme", collector.clock(), b"\x09" * 32, expires_at=ends_at)

    collector.clock.advance(59.9)
    before = status(collector, http, key)
    collector.clock.advance(0.1)

    assert (before, status(collector, http, key)) == (200, 401)


def test_two_keys_of_a_client_work_until_the_overlap_is_over(collector: Collector, http: TestClient) -> None:
    old = collector.keys["acme"]
    new = keys.rotate_key(
        collector.store, "acme", collector.clock(), b"\x09" * 32, overlap=timedelta(hours=1)
    ).api_key

    both = [status(collector, http, key) for key in (old, new)]
    collector.clock.advance(3600)

    assert both == [200, 200]
    assert [status(collector, http, key) for key in (old, new)] == [401, 200]


def test_what_an_operator_changes_holds_at_every_collector_within_the_stated_seconds(
    lake_env: LakeEnv,
) -> None:
    first = make_collector(open_store(lake_env.url, lake_env.env))
    second = first.replica()
    with first.http() as one, second.http() as two:

        def statuses() -> list[int]:
            return [status(first, http) for http in (one, two)]

        def after(*changed: object) -> list[int]:
            first.clock.advance(first.settings.key_cache_ttl_s)
            return statuses()

        assert statuses() == [200, 200]
        assert after(clients.refuse_client(first.store, "acme", first.clock())) == [403, 403]
        assert after(clients.readmit_client(first.store, "acme")) == [200, 200]
        assert after(clients.set_client(first.store, "acme", limits=ClientLimits(log_bytes=10))) == [413, 413]
        assert after(clients.set_client(first.store, "acme", limits=ClientLimits())) == [200, 200]
        (key,) = keys.list_keys(first.store, "acme")
        assert after(keys.revoke_key(first.store, key.key_id, first.clock())) == [401, 401]


class SlowToRead(CountingStore):
    """Each read takes two seconds of the collector's clock."""

    collector: Collector | None = None

    async def get_async(self, key: str) -> bytes:
        found = await super().get_async(key)
        if self.collector:
            self.collector.clock.advance(2)
        return found


def test_a_slow_answer_of_the_store_keeps_no_revoked_key_alive_for_longer() -> None:
    store = SlowToRead()
    collector = make_collector(store)
    store.collector = collector
    with collector.http() as http:
        assert status(collector, http) == 200  # as of four seconds ago
        (key,) = keys.list_keys(store, "acme")
        keys.revoke_key(store, key.key_id, collector.clock())
        collector.clock.advance(collector.settings.key_cache_ttl_s - 4)

        assert status(collector, http) == 401


def test_of_a_removed_client_nothing_is_taken_and_what_was_stored_stays(
    collector: Collector, http: TestClient
) -> None:
    assert status(collector, http) == 200
    clients.refuse_client(collector.store, "acme", collector.clock())
    collector.clock.advance(collector.settings.key_cache_ttl_s)

    answer = http.post("/v1/logs", json=make_log(log_id="L-2"), headers=collector.headers())

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "client_removed")
    assert [line["log_id"] for line in collector.lines()] == ["L-1"]


# ---------------------------------------------------------------- last use


def test_that_a_key_was_used_is_written_once_in_a_quarter_of_an_hour(
    collector: Collector, http: TestClient
) -> None:
    key_hash, began = keys.hash_key(collector.keys["acme"]), collector.clock()
    for _ in range(10):
        assert status(collector, http) == 200
        collector.clock.advance(1)
    wait_for(lambda: key_uses.list_uses(collector.store) != {})
    first = key_uses.list_uses(collector.store)
    collector.clock.advance(EVERY_S)
    later = collector.clock()

    assert status(collector, http) == 200

    assert first == {key_hash: began}
    wait_for(lambda: key_uses.list_uses(collector.store) == {key_hash: later})


def test_a_key_that_is_refused_is_not_used(collector: Collector, http: TestClient) -> None:
    clients.refuse_client(collector.store, "acme", collector.clock())

    assert status(collector, http) == 403
    assert status(collector, http, "caselog_guessed") == 401

    assert status(collector, http, collector.keys["globex"]) == 200
    wait_for(lambda: key_uses.list_uses(collector.store).keys() == {keys.hash_key(collector.keys["globex"])})


class NoUses(GatedStore):
    """Takes logs, and never when a key was used."""

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        if key.startswith("control/key_uses/"):
            raise StoreUnavailable(f"writing {key}", "refused")
        self.gate.set()
        await super().put_async(key, data, timeout_s=timeout_s)


def test_where_it_cannot_be_written_that_a_key_was_used_no_sender_notices(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    collector = make_collector(NoUses())
    with collector.http() as http:
        assert status(collector, http) == 200
        wait_for(lambda: "When a key was used could not be written" in caplog.text)

        assert http.get("/readyz").status_code == 200
    assert collector.keys["acme"] not in caplog.text


# ---------------------------------------------------------------- level OFF


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"ticket_id": "T-1"}', "application/json"),
        (b"rubbish", "application/json"),
        (b'{"a": 1}\n{"b": 2}\n', "application/x-ndjson"),
        (b"", "text/plain"),
    ],
)
def test_of_a_client_that_is_off_everything_is_answered_and_nothing_stored(
    collector: Collector, http: TestClient, body: bytes, kind: str
) -> None:
    clients.set_client(collector.store, "acme", level=Level.OFF)

    answer = http.post("/v1/logs", content=body, headers={**collector.headers(), "Content-Type": kind})

    assert (answer.status_code, answer.json()) == (200, {"status": "off"})
    assert list(collector.store.list("raw")) == []
    assert collector.app.budget.in_flight_bytes == 0


def test_a_client_that_is_on_again_is_stored_again(collector: Collector, http: TestClient) -> None:
    for level in (Level.OFF, Level.FULL_TRACE):
        clients.set_client(collector.store, "acme", level=level)
        collector.clock.advance(collector.settings.key_cache_ttl_s)
        http.post("/v1/logs", json=make_log(log_id=level), headers=collector.headers())

    assert [line["log_id"] for line in collector.lines()] == ["FULL_TRACE"]


# ---------------------------------------------------------------- real keys among guesses


class GuessesHang(CountingStore):
    """A key that is not there is looked for until the gate is opened; what is there is read at once."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def get_async(self, key: str) -> bytes:
        try:
            return await super().get_async(key)
        except ObjectNotFound:
            await self.gate.wait()
            raise


async def answered_first(tasks: Iterable[asyncio.Task[Any]], number: int) -> None:
    """Return when so many of the tasks are done."""
    for done in itertools.islice(asyncio.as_completed(tasks), number):
        await done


def test_no_sender_waits_behind_guesses_whether_its_key_was_seen_before_or_not() -> None:
    store = GuessesHang()
    collector = make_collector(store)
    seen: dict[str, list[int]] = {}

    async def steps(http: httpx.AsyncClient) -> None:
        async def post(key: str) -> int:
            headers = {**collector.headers(), "X-API-Key": key}
            return (await http.post("/v1/logs", json=make_log(), headers=headers)).status_code

        seen["before"] = [await post(collector.keys["acme"])]
        collector.clock.advance(collector.settings.key_cache_ttl_s)
        guesses = [asyncio.create_task(post(f"caselog_guess_{number}")) for number in range(200)]
        async with asyncio.timeout(60):
            await answered_first(guesses, 200 - 16)
            seen["among"] = [await post(collector.keys[client]) for client in ("acme", "globex", "initech")]
            seen["hanging"] = [sum(not guess.done() for guess in guesses)]
            store.gate.set()
            seen["guesses"] = sorted(set(await asyncio.gather(*guesses)))

    collector.run(steps)

    assert seen == {"before": [200], "among": [200, 200, 200], "hanging": [16], "guesses": [401]}
    assert sum(key.startswith("control/keys/") for key in store.reads) == 16 + 2 + 2


def test_a_key_that_is_issued_while_guesses_are_made_works_at_once() -> None:
    store = GuessesHang()
    collector = make_collector(store)
    made: list[int] = []

    async def steps(http: httpx.AsyncClient) -> None:
        async def post(key: str) -> int:
            headers = {**collector.headers(), "X-API-Key": key}
            return (await http.post("/v1/logs", json=make_log(), headers=headers)).status_code

        guesses = [asyncio.create_task(post(f"caselog_guess_{number}")) for number in range(20)]
        async with asyncio.timeout(60):
            await answered_first(guesses, 4)
            new = keys.issue_key(store, "acme", collector.clock(), b"\x09" * 32)
            made.append(await post(new))
            store.gate.set()
            await asyncio.gather(*guesses)

    collector.run(steps)

    assert made == [200]


class NoListing(GuessesHang):
    """Refuses to list keys."""

    async def list_keys_async(self, prefix: str) -> Sequence[str]:
        raise StoreUnavailable(f"listing {prefix}", "refused")


def test_where_keys_cannot_be_listed_a_known_sender_is_known_and_others_are_told_to_come_back() -> None:
    store = NoListing()
    collector = make_collector(store)
    answers: list[httpx.Response] = []

    async def steps(http: httpx.AsyncClient) -> None:
        async def post(key: str) -> httpx.Response:
            headers = {**collector.headers(), "X-API-Key": key}
            return await http.post("/v1/logs", json=make_log(), headers=headers)

        await post(collector.keys["acme"])
        guesses = [asyncio.create_task(post(f"caselog_guess_{number}")) for number in range(20)]
        async with asyncio.timeout(60):
            await answered_first(guesses, 4)
            answers.extend([await post(collector.keys[client]) for client in ("acme", "globex")])
            store.gate.set()
            await asyncio.gather(*guesses)

    collector.run(steps)

    assert [answer.status_code for answer in answers] == [200, 503]
    assert answers[1].headers["retry-after"]
