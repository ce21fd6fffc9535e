"""Who may send: API keys, and what is remembered of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from access import keys
from access.deletions import Deletion, Kind
from etl import deletion as doing
from lake.snapshot import Lake
from lake.store import open_store
from tests.collector.conftest import Collector, make_collector, make_log
from tests.collector.stores import CountingStore


@pytest.mark.parametrize(
    "presented",
    ["", "wrong", "caselog_", "x" * 10_000, "../clients/acme", "clé", "a\tb"],
    ids=lambda key: key[:12],
)
def test_a_wrong_key_is_401(collector: Collector, http: TestClient, presented: str) -> None:
    headers = {**collector.headers(), "X-API-Key": presented.encode("latin-1")}

    answer = http.post("/v1/logs", json=make_log(), headers=headers)  # type: ignore[arg-type]  # bytes, on purpose

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unknown_key")
    assert answer.headers["www-authenticate"].startswith("ApiKey")
    assert collector.lines() == []


def test_no_key_is_401(collector: Collector, http: TestClient) -> None:
    assert http.post("/v1/logs", json=make_log()).status_code == 401


def test_two_keys_are_no_key(collector: Collector, http: TestClient) -> None:
    headers = [("X-API-Key", collector.keys["acme"]), ("X-API-Key", collector.keys["globex"])]

    answer = http.post("/v1/logs", json=make_log(), headers=headers)

    assert answer.status_code == 401


def test_a_wrong_key_learns_nothing_about_the_body(collector: Collector, http: TestClient) -> None:
    answer = http.post(
        "/v1/logs", content=b"rubbish", headers={"X-API-Key": "wrong", "Content-Encoding": "br"}
    )

    assert answer.status_code == 401


@pytest.mark.claim("revoked-key")
def test_a_revoked_key_stops_working_once_the_cache_has_expired(
    collector: Collector, http: TestClient
) -> None:
    assert http.post("/v1/logs", json=make_log(), headers=collector.headers()).status_code == 200
    (key,) = keys.list_keys(collector.store, "acme")
    keys.revoke_key(collector.store, key.key_id, collector.clock.now)
    collector.clock.advance(collector.settings.key_cache_ttl_s + 0.1)

    answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert answer.status_code == 401


def test_a_key_issued_after_it_was_refused_works_once_the_cache_has_expired(
    collector: Collector, http: TestClient
) -> None:
    key = keys.KEY_PREFIX + "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
    headers = {**collector.headers(), "X-API-Key": key}
    assert http.post("/v1/logs", json=make_log(), headers=headers).status_code == 401
    assert keys.issue_key(collector.store, "acme", collector.clock.now, b"\x07" * 32) == key
    collector.clock.advance(collector.settings.key_cache_ttl_s + 0.1)

    assert http.post("/v1/logs", json=make_log(), headers=headers).status_code == 200


def test_a_key_is_looked_up_once_for_many_logs() -> None:
    store = CountingStore()
    collector = make_collector(store)

    async def send(http: httpx.AsyncClient) -> None:
        await asyncio.gather(
            *(http.post("/v1/logs", json=make_log(), headers=collector.headers()) for _ in range(20))
        )

    collector.run(send)

    assert sorted(key.split("/")[1] for key in store.reads) == ["clients", "keys"]


def test_a_wrong_key_is_looked_up_once_within_the_caches_seconds() -> None:
    store = CountingStore()
    collector = make_collector(store)

    with collector.http() as http:
        for _ in range(5):
            http.post("/v1/logs", json=make_log(), headers={"X-API-Key": "wrong"})

    assert len(store.reads) == 1


def test_guessing_keys_fills_no_memory_and_pushes_out_no_client() -> None:
    store = CountingStore()
    collector = make_collector(store, max_cached_keys=10)
    with collector.http() as http:
        http.post("/v1/logs", json=make_log(), headers=collector.headers())
        for number in range(100):
            assert http.post("/v1/logs", json={}, headers={"X-API-Key": f"guess-{number}"}).status_code == 401
        store.reads.clear()

        answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert (answer.status_code, store.reads) == (200, [])
    senders = collector.app.senders
    assert (len(senders._known._answers), len(senders._unknown._answers), senders._asking) == (1, 10, {})


def test_keys_are_remembered_by_their_hash_only(collector: Collector, http: TestClient) -> None:
    http.post("/v1/logs", json=make_log(), headers=collector.headers())

    remembered = repr(vars(collector.app.senders)) + repr(vars(collector.app.senders._known))

    assert collector.keys["acme"] not in remembered


def test_the_key_of_a_client_that_is_gone_is_401(collector: Collector, http: TestClient) -> None:
    collector.store.delete(["control/clients/acme.json"])

    assert http.post("/v1/logs", json=make_log(), headers=collector.headers()).status_code == 401


def test_the_logs_of_a_deleted_client_are_refused_when_the_caches_seconds_are_over(tmp_path: Path) -> None:
    collector = make_collector(open_store((tmp_path / "lake").as_uri(), {}, create=True))
    now = collector.clock.now
    with collector.http() as http:
        before = http.post("/v1/logs", json=make_log(), headers=collector.headers())
        deletion = Deletion(
            deletion_id="1",
            kind=Kind.CLIENT,
            client_id="acme",
            requested_at=now,
            active_at=now,
            by="b",
            why="w",
        )
        doing.begin(Lake(collector.store), deletion)
        doing.finish(Lake(collector.store), deletion, lambda: now)
        collector.clock.advance(3600)

        after = http.post("/v1/logs", json=make_log(), headers=collector.headers())
        other = http.post("/v1/logs", json=make_log(), headers=collector.headers("globex"))

    assert (before.status_code, after.status_code, other.status_code) == (200, 401, 200)


@pytest.mark.parametrize("kind", ["keys", "clients"])
@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b"[]", b'{"client_id": 1}'])
def test_a_damaged_record_is_named_and_takes_no_other_down(
    collector: Collector, http: TestClient, caplog: pytest.LogCaptureFixture, kind: str, damage: bytes
) -> None:
    name = keys.hash_key(collector.keys["acme"]) if kind == "keys" else "acme"
    collector.store.put(f"control/{kind}/{name}.json", damage)

    damaged = http.post("/v1/logs", json=make_log(), headers=collector.headers())
    other = http.post("/v1/logs", json=make_log(), headers=collector.headers("globex"))

    assert (damaged.status_code, damaged.json()["error"]["code"]) == (503, "damaged_record")
    assert damaged.headers["retry-after"]
    assert f"control/{kind}/{name}.json" in caplog.text
    assert other.status_code == 200


def test_beside_a_damaged_key_another_is_revoked(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, whole = (keys.hash_key(collector.keys[client]) for client in ("acme", "globex"))
    collector.store.put(f"control/keys/{damaged}.json", b"{")

    revoked = keys.revoke_key(collector.store, whole[:12], collector.clock.now)

    assert revoked.client_id == "globex"
    assert f"control/keys/{damaged}.json" in caplog.text


def test_an_answer_of_the_store_that_nobody_waits_for_any_more_is_still_seen(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    collector.store.put(f"control/keys/{keys.hash_key(collector.keys['acme'])}.json", b"{")

    with collector.http() as http:
        http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert "could not be looked up: BrokenControlObject" in caplog.text
