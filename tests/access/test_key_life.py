"""How long a key works, what takes its place, and when it was used last."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access import clients, key_uses, keys
from access.errors import ClientRemoved, InvalidExpiry, NoKeyToRotate, UnknownKey
from access.keys import KeyState
from lake.store import Store, memory_store
from tests.clock import FakeClock

DAY = timedelta(days=1)
WEEK = timedelta(days=7)


@pytest.fixture
def store(clock: FakeClock) -> Store:
    store = memory_store()
    clients.create_client(store, "acme", clock())
    return store


def issue(store: Store, clock: FakeClock, number: int, **options: object) -> str:
    return keys.issue_key(store, "acme", clock(), bytes([number]) * 32, **options)  # type: ignore[arg-type]


def works(store: Store, key: str, clock: FakeClock) -> bool:
    return asyncio.run(keys.find_key(store, key, clock())) is not None


def test_a_key_works_until_its_end_and_not_at_it(store: Store, clock: FakeClock) -> None:
    key = issue(store, clock, 1, expires_at=clock() + DAY)

    clock.advance(DAY.total_seconds() - 0.001)
    before = works(store, key, clock)
    clock.advance(0.001)

    assert (before, works(store, key, clock)) == (True, False)
    assert keys.list_keys(store)[0].state_at(clock()) is KeyState.EXPIRED


def test_a_key_that_would_never_work_is_not_made(store: Store, clock: FakeClock) -> None:
    with pytest.raises(InvalidExpiry):
        issue(store, clock, 1, expires_at=clock())

    assert keys.list_keys(store) == []


def test_a_key_from_before_there_were_ends_works_for_ever(store: Store, clock: FakeClock) -> None:
    key = issue(store, clock, 1)
    name = f"control/keys/{keys.hash_key(key)}.json"
    store.put(name, store.get(name).replace(b'"expires_at":null,', b""))
    assert b"expires_at" not in store.get(name)

    clock.advance(10**9)

    assert works(store, key, clock)


def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_is_over(
    store: Store, clock: FakeClock
) -> None:
    old = issue(store, clock, 1, label="production")

    made = keys.rotate_key(store, "acme", clock(), b"\x02" * 32, overlap=WEEK)

    assert works(store, old, clock)
    assert works(store, made.api_key, clock)
    clock.advance(WEEK.total_seconds())
    assert not works(store, old, clock)
    assert works(store, made.api_key, clock)
    assert [key.label for key in keys.list_keys(store)] == ["production", "production"]


def test_without_an_overlap_the_old_key_ends_at_once(store: Store, clock: FakeClock) -> None:
    old = issue(store, clock, 1)

    keys.rotate_key(store, "acme", clock(), b"\x02" * 32, overlap=timedelta(0))

    assert not works(store, old, clock)


def test_a_key_is_rotated_by_its_id_where_the_client_has_several(store: Store, clock: FakeClock) -> None:
    first, second = issue(store, clock, 1), issue(store, clock, 2)
    with pytest.raises(NoKeyToRotate, match="2 keys that work"):
        keys.rotate_key(store, "acme", clock(), b"\x03" * 32, overlap=DAY)

    keys.rotate_key(store, keys.hash_key(first)[:12], clock(), b"\x03" * 32, overlap=DAY)

    clock.advance(DAY.total_seconds())
    assert not works(store, first, clock)
    assert works(store, second, clock)


def test_a_key_that_is_being_replaced_is_not_in_the_way_of_the_next_rotation(
    store: Store, clock: FakeClock
) -> None:
    first = issue(store, clock, 1)
    second = keys.rotate_key(store, "acme", clock(), b"\x02" * 32, overlap=WEEK).api_key

    third = keys.rotate_key(store, "acme", clock(), b"\x03" * 32, overlap=WEEK)

    assert third.replaced.key_hash == keys.hash_key(second)
    clock.advance(WEEK.total_seconds())
    assert [works(store, key, clock) for key in (first, second, third.api_key)] == [False, False, True]


def test_a_client_without_a_key_that_works_has_none_to_rotate(store: Store, clock: FakeClock) -> None:
    issue(store, clock, 1)
    [key] = keys.list_keys(store)
    keys.revoke_key(store, key.key_id, clock())

    with pytest.raises(NoKeyToRotate, match="keys issue acme"):
        keys.rotate_key(store, "acme", clock(), b"\x02" * 32, overlap=DAY)
    with pytest.raises(UnknownKey):
        keys.rotate_key(store, key.key_id, clock(), b"\x02" * 32, overlap=DAY)
    assert len(keys.list_keys(store)) == 1


@given(
    ends_in=st.none() | st.integers(1, 1000),
    overlaps=st.lists(st.integers(0, 1000), min_size=1, max_size=4),
    looked_at=st.integers(0, 1500),
)
def test_no_rotation_lets_a_key_live_longer(ends_in: int | None, overlaps: list[int], looked_at: int) -> None:
    clock, store = FakeClock(), memory_store()
    clients.create_client(store, "acme", clock())
    ends_at = clock() + timedelta(seconds=ends_in) if ends_in else None
    old = issue(store, clock, 0, expires_at=ends_at)
    key_id = keys.hash_key(old)[:12]

    for number, overlap in enumerate(overlaps, 1):
        if works(store, old, clock):
            span = timedelta(seconds=overlap)
            keys.rotate_key(store, key_id, clock(), bytes([number]) * 32, overlap=span)
    clock.advance(looked_at)

    first_end = min([*overlaps, *([ends_in] if ends_in else [])])
    assert works(store, old, clock) == (looked_at < first_end)


def test_for_a_client_that_was_removed_no_key_is_made(store: Store, clock: FakeClock) -> None:
    issue(store, clock, 1)
    clients.refuse_client(store, "acme", clock())

    with pytest.raises(ClientRemoved, match="clients restore acme"):
        issue(store, clock, 2)
    with pytest.raises(ClientRemoved):
        keys.rotate_key(store, "acme", clock(), b"\x02" * 32, overlap=DAY)
    clients.readmit_client(store, "acme")

    assert issue(store, clock, 2)


def test_a_client_is_removed_since_the_first_time_and_keeps_the_rest_of_its_record(
    store: Store, clock: FakeClock
) -> None:
    before = clients.get_client(store, "acme")
    first = clients.refuse_client(store, "acme", clock())
    clock.advance(60)

    again = clients.refuse_client(store, "acme", clock())

    assert again == first
    assert clients.readmit_client(store, "acme") == before


def test_when_keys_were_used_is_forgotten_with_them(store: Store, clock: FakeClock) -> None:
    key_hash = keys.hash_key(issue(store, clock, 1))
    asyncio.run(key_uses.record_use(store, key_hash, clock(), timeout_s=5))
    assert key_uses.list_uses(store) == {key_hash: clock()}

    keys.remove_keys(store, "acme")

    assert key_uses.list_uses(store) == {}
    assert list(store.list("control/key_uses")) == []
