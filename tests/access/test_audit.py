"""The audit in the lake: written once, by day and client, and removed by day and client, unread."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from access import audit
from access.audit import AuditEvent, Event, forget_before, forget_client, list_events, record_event
from lake.store import Store, memory_store, open_store
from tests.clock import FakeClock
from tests.conftest import LakeEnv


def random(count: int) -> bytes:
    random.counter += 1  # type: ignore[attr-defined]
    return random.counter.to_bytes(count, "big")  # type: ignore[attr-defined,no-any-return]


random.counter = 0  # type: ignore[attr-defined]


def note(store: Store, at: datetime, user: str, client_id: str | None = None) -> None:
    record_event(store, AuditEvent(at=at, event=Event.SIGNED_IN, user=user, client_id=client_id), random)


def users_of(store: Store, since: datetime, until: datetime, **only: str) -> list[str | None]:
    return [event.user for event in list_events(store, since, until, **only)]


def test_events_live_on_every_kind_of_store(lake_env: LakeEnv, clock: FakeClock) -> None:
    store = open_store(lake_env.url, lake_env.env)
    old = clock() - timedelta(days=500)
    note(store, old, "old", "acme")
    note(store, clock(), "ann", "acme")
    note(store, clock() + timedelta(seconds=1), "pat")
    note(store, clock() + timedelta(seconds=2), "gus", "globex")
    now = clock() + timedelta(minutes=1)

    before = users_of(store, clock(), now)
    old_ones = forget_before(store, clock().date() - timedelta(days=400))
    again = forget_before(store, clock().date() - timedelta(days=400))
    removed = forget_client(store, "acme")

    assert before == ["ann", "pat", "gus"]
    assert (old_ones, again, removed) == (1, 0, 1)
    assert users_of(store, old, now) == ["pat", "gus"]


def test_only_the_time_and_the_user_that_were_asked_for_are_listed(clock: FakeClock) -> None:
    store = memory_store()
    for minutes in range(5):
        note(store, clock() + timedelta(minutes=minutes), f"user-{minutes}")

    asked = users_of(store, clock() + timedelta(minutes=1), clock() + timedelta(minutes=3))

    assert asked == ["user-1", "user-2", "user-3"]
    assert users_of(store, clock(), clock() + timedelta(hours=1), user="user-4") == ["user-4"]


def test_a_list_reads_the_days_that_were_asked_for_and_no_others(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = memory_store()
    for days in range(5):
        note(store, clock() + timedelta(days=days), f"user-{days}")
    read: list[str] = []
    get = store.get

    def reading(key: str) -> bytes:
        read.append(key)
        return get(key)

    monkeypatch.setattr(store, "get", reading)
    since = clock() + timedelta(days=3)

    assert users_of(store, since, clock() + timedelta(days=4)) == ["user-3", "user-4"]
    assert len(read) == 2


def test_a_client_whose_id_begins_like_another_keeps_its_events(clock: FakeClock) -> None:
    store = memory_store()
    for client_id in ("acme", "acme-2"):
        note(store, clock(), "ann", client_id)

    forget_client(store, "acme")

    assert [event.client_id for event in list_events(store, clock(), clock())] == ["acme-2"]


def test_an_object_is_never_written_over(clock: FakeClock) -> None:
    store = memory_store()
    event = AuditEvent(at=clock(), event=Event.SIGNED_IN, user="ann")
    [first] = audit.pack_events([event], clock(), bytes)
    [second] = audit.pack_events([event.model_copy(update={"user": "eve"})], clock(), bytes)

    audit.write_object(store, first)
    audit.write_object(store, second)

    assert first.key == second.key
    assert users_of(store, clock(), clock()) == ["ann"]


def test_what_somebody_else_put_there_is_named_and_stepped_over(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store = memory_store()
    note(store, clock(), "ann")
    day = f"control/audit/date={clock().date()}"
    store.put(f"{day}/broken.json", b"{")
    store.put("control/audit/date=2026-99-99/odd.json", b"{}")
    store.put("control/audit/readme.txt", b"")

    assert users_of(store, clock(), clock()) == ["ann"]
    assert f"{day}/broken.json" in caplog.text
    assert forget_before(store, date(2026, 1, 1)) == 0
    assert forget_client(store, "acme") == 0


def test_an_event_holds_what_there_is_to_say_and_nothing_else(clock: FakeClock) -> None:
    store = memory_store()

    note(store, datetime(2026, 11, 23, tzinfo=UTC), "ann", "acme")

    [stored] = store.list("control/audit")
    assert stored.key.startswith("control/audit/date=2026-11-23/client_id=acme/")
    assert json.loads(store.get(stored.key)) == {
        "events": [
            {
                "at": "2026-11-23T00:00:00Z",
                "event": "signed_in",
                "user": "ann",
                "client_id": "acme",
                "count": 1,
            }
        ]
    }
