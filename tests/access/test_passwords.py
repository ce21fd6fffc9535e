"""What is changed of a user: passwords, sign-outs everywhere, and whether they may sign in at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from access import passwords, users
from access.errors import InvalidPassword, UnknownUser
from access.users import Role
from lake.store import Store, memory_store, open_store
from tests.clock import FakeClock
from tests.conftest import LakeEnv

FIRST = "correct horse battery"
SECOND = "another horse battery"


@pytest.fixture
def store(clock: FakeClock) -> Store:
    store = memory_store()
    users.create_user(store, "pia", Role.PROVIDER, FIRST, clock())
    return store


def opens(store: Store, password: str, name: str = "pia") -> bool:
    return users.verify_password(users.get_user(store, name), password)


def test_what_is_changed_of_a_user_lives_on_every_kind_of_store(lake_env: LakeEnv, clock: FakeClock) -> None:
    store = open_store(lake_env.url, lake_env.env)
    users.create_user(store, "pia@example.com", Role.PROVIDER, FIRST, clock())

    users.set_password(store, "pia@example.com", SECOND, clock())
    users.disable_user(store, "pia@example.com", clock())

    found = asyncio.run(users.find_user(store, "pia@example.com"))
    assert found == users.get_user(store, "pia@example.com")
    assert found is not None
    assert (found.disabled_at, found.signed_out_at) == (clock(), clock())
    assert opens(store, SECOND, "pia@example.com")


def test_a_new_password_opens_and_the_old_one_does_not(store: Store, clock: FakeClock) -> None:
    record = store.get("control/users/pia.json")

    users.set_password(store, "pia", SECOND, clock())

    assert (opens(store, SECOND), opens(store, FIRST)) == (True, False)
    assert store.get("control/users/pia.json") == record  # whom the user sees is not written with it
    assert SECOND.encode() not in store.get("control/passwords/pia.json")


def test_a_password_set_twice_is_the_last_one(store: Store, clock: FakeClock) -> None:
    users.set_password(store, "pia", SECOND, clock())
    users.set_password(store, "pia", FIRST, clock())

    assert (opens(store, SECOND), opens(store, FIRST)) == (False, True)


def test_what_another_of_the_same_name_had_says_nothing_of_a_user(store: Store, clock: FakeClock) -> None:
    users.set_password(store, "pia", SECOND, clock())
    users.sign_out_everywhere(store, "pia", clock())
    left = {key: store.get(key) for key in ("control/passwords/pia.json", "control/sign_outs/pia.json")}
    users.remove_user(store, "pia")
    gone = [found.key for found in store.list("control")]
    clock.advance(1)
    for key, record in left.items():  # as if the removal had been cut off
        store.put(key, record)

    users.create_user(store, "pia", Role.PROVIDER, FIRST, clock())

    assert gone == []
    assert (opens(store, SECOND), opens(store, FIRST)) == (False, True)
    assert users.get_user(store, "pia") == users.list_users(store)[0]


def test_a_disabled_user_keeps_password_and_rights(store: Store, clock: FakeClock) -> None:
    before = users.get_user(store, "pia")
    users.disable_user(store, "pia", clock())
    clock.advance(60)
    again = users.disable_user(store, "pia", clock())

    enabled = users.enable_user(store, "pia")

    assert again.disabled_at is not None
    assert (clock() - again.disabled_at).total_seconds() == 60
    assert enabled == before
    assert opens(store, FIRST)


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("short", "10 to 1024 characters"),
        ("x" * 1025, "10 to 1024 characters"),
        ("abababababab", "5 different"),
        ("piapia-pia1", "user name"),
        ("PIA-pia-PIA-1", "user name"),
    ],
)
def test_a_password_that_is_none_is_refused_in_words_and_changes_nothing(
    store: Store, clock: FakeClock, password: str, rule: str
) -> None:
    with pytest.raises(InvalidPassword, match=rule):
        users.set_password(store, "pia", password, clock())

    assert opens(store, FIRST)
    assert passwords.read_password(store, "pia") is None


@pytest.mark.parametrize("name", ["nobody", "../x", ""])
def test_of_nobody_nothing_is_changed(store: Store, clock: FakeClock, name: str) -> None:
    before = [found.key for found in store.list("control")]

    changes: list[Callable[[], object]] = [
        lambda: users.set_password(store, name, SECOND, clock()),
        lambda: users.sign_out_everywhere(store, name, clock()),
        lambda: users.disable_user(store, name, clock()),
        lambda: users.enable_user(store, name),
    ]
    for change in changes:
        with pytest.raises(UnknownUser):
            change()

    assert [found.key for found in store.list("control")] == before
