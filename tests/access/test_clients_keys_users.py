from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest

from access import clients, keys, users
from access.clients import Level
from access.errors import (
    BrokenControlObject,
    ClientExists,
    InvalidName,
    InvalidUser,
    UnknownClient,
    UnknownKey,
    UnknownUser,
    UserExists,
)
from access.users import Role
from lake.scope import EVERYONE, Scope
from lake.store import Store, memory_store, open_store
from tests.clock import FakeClock
from tests.conftest import LakeEnv

RANDOM = bytes(range(32))
PASSWORD = "correct horse battery"


@pytest.fixture
def store(clock: FakeClock) -> Store:
    store = memory_store()
    clients.create_client(store, "acme", clock(), name="Acme Retail")
    return store


def stored_text(store: Store) -> str:
    return "\n".join(found.key + store.get(found.key).decode() for found in store.list("control"))


def test_clients_keys_and_users_live_on_every_kind_of_store(lake_env: LakeEnv, clock: FakeClock) -> None:
    store = open_store(lake_env.url, lake_env.env)

    clients.create_client(store, "acme", clock())
    key = keys.issue_key(store, "acme", clock(), RANDOM)
    users.create_user(store, "ann", Role.CLIENT, PASSWORD, clock(), clients=["acme"])

    found = asyncio.run(keys.find_key(store, key, clock()))
    assert found is not None
    assert found.client_id == "acme"
    assert [user.name for user in users.list_users(store)] == ["ann"]
    with pytest.raises(ClientExists):
        clients.create_client(store, "acme", clock())


@pytest.mark.parametrize("name", ["", "Acme", "../x", "a/b", "a" * 64])
def test_a_client_needs_a_safe_id(store: Store, clock: FakeClock, name: str) -> None:
    with pytest.raises(InvalidName):
        clients.create_client(store, name, clock())
    with pytest.raises(UnknownClient):
        clients.get_client(store, name)


def test_a_client_is_changed_in_what_was_given_and_kept_in_the_rest(store: Store) -> None:
    changed = clients.set_client(store, "acme", level=Level.METRICS_ONLY)

    assert changed == clients.get_client(store, "acme")
    assert (changed.name, changed.level) == ("Acme Retail", Level.METRICS_ONLY)


@pytest.mark.claim("access-is-hashed")
def test_a_key_is_shown_once_and_only_its_hash_is_stored(store: Store, clock: FakeClock) -> None:
    key = keys.issue_key(store, "acme", clock(), RANDOM, label="production")

    assert key not in stored_text(store)
    [listed] = keys.list_keys(store)
    assert (listed.client_id, listed.label) == ("acme", "production")
    assert listed.key_hash not in repr(listed)


@pytest.mark.parametrize("presented", ["", "caselog_wrong", "../acme", "x" * 10_000, "\ud800", "a\x00b"])
def test_a_key_that_was_not_issued_is_none(store: Store, clock: FakeClock, presented: str) -> None:
    assert asyncio.run(keys.find_key(store, presented, clock())) is None


def test_the_hash_of_a_key_is_no_key(store: Store, clock: FakeClock) -> None:
    key = keys.issue_key(store, "acme", clock(), RANDOM)

    assert asyncio.run(keys.find_key(store, keys.hash_key(key), clock())) is None


def test_a_revoked_key_is_none_for_good(store: Store, clock: FakeClock) -> None:
    key = keys.issue_key(store, "acme", clock(), RANDOM)
    [listed] = keys.list_keys(store)

    keys.revoke_key(store, listed.key_id, clock())

    assert asyncio.run(keys.find_key(store, key, clock())) is None
    assert keys.list_keys(store, "acme")[0].revoked_at == clock()


@pytest.mark.parametrize("key_id", ["", "630dcd", "ffffffffffff"])
def test_a_key_id_that_fits_no_single_key_revokes_none(store: Store, clock: FakeClock, key_id: str) -> None:
    keys.issue_key(store, "acme", clock(), RANDOM)

    with pytest.raises(UnknownKey):
        keys.revoke_key(store, key_id, clock())


def test_a_key_is_issued_only_for_a_client_there_is(store: Store, clock: FakeClock) -> None:
    with pytest.raises(UnknownClient):
        keys.issue_key(store, "globex", clock(), RANDOM)


@pytest.mark.claim("who-reads")
def test_a_user_sees_what_the_role_says(store: Store, clock: FakeClock) -> None:
    provider = users.create_user(store, "pia", Role.PROVIDER, PASSWORD, clock())
    client = users.create_user(store, "ann", Role.CLIENT, PASSWORD, clock(), clients=["acme"])

    assert provider.scope == Scope(None)
    assert client.scope == Scope.of("acme")


@pytest.mark.claim("access-is-hashed")
def test_a_password_is_stored_as_argon2id_and_never_shown(store: Store, clock: FakeClock) -> None:
    user = users.create_user(store, "ann", Role.PROVIDER, PASSWORD, clock())

    assert PASSWORD not in stored_text(store)
    assert user.password_hash.startswith("$argon2id$")
    assert "argon2" not in repr(user)


def test_only_the_right_password_of_a_user_there_is_opens(store: Store, clock: FakeClock) -> None:
    user = users.create_user(store, "ann", Role.PROVIDER, PASSWORD, clock())

    assert users.verify_password(user, PASSWORD)
    assert not users.verify_password(user, PASSWORD + "x")
    assert not users.verify_password(user, "")
    assert not users.verify_password(None, PASSWORD)
    assert not users.verify_password(None, "nobody")


@pytest.mark.parametrize(
    ("role", "named", "password"),
    [
        (Role.CLIENT, [], PASSWORD),
        (Role.CLIENT, ["acme", "globex"], PASSWORD),
        (Role.PROVIDER, [], "short"),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(
    store: Store, clock: FakeClock, role: Role, named: list[str], password: str
) -> None:
    with pytest.raises(InvalidUser):
        users.create_user(store, "ann", role, password, clock(), clients=named)


@pytest.mark.claim("who-reads")
def test_an_account_manager_sees_some_clients_each_of_them_once(store: Store, clock: FakeClock) -> None:
    clients.create_client(store, "globex", clock())

    made = users.create_user(
        store, "mia", Role.PROVIDER, PASSWORD, clock(), clients=["globex", "acme", "acme"]
    )

    assert users.get_user(store, "mia") == made
    assert (made.clients, made.scope) == (("acme", "globex"), Scope.of("acme", "globex"))


def test_a_user_sees_only_clients_there_are(store: Store, clock: FakeClock) -> None:
    with pytest.raises(UnknownClient):
        users.create_user(store, "mia", Role.PROVIDER, PASSWORD, clock(), clients=["acme", "globex"])
    assert users.get_user(store, "mia") is None


@pytest.mark.parametrize(
    ("rights", "scope"),
    [
        ({"role": "provider", "client_id": None}, EVERYONE),
        ({"role": "provider"}, EVERYONE),
        ({"role": "client", "client_id": "acme"}, Scope.of("acme")),
    ],
)
def test_a_record_of_before_there_were_several_clients_means_what_it_meant(
    store: Store, rights: dict[str, str | None], scope: Scope
) -> None:
    put_user(store, rights)

    user = users.get_user(store, "ann")

    assert user is not None
    assert user.scope == scope


@pytest.mark.parametrize(
    "rights",
    [
        {"role": "provider", "clients": []},
        {"role": "provider", "clients": ["../all"]},
        {"role": "client"},
        {"role": "client", "client_id": ""},
        {"role": "client", "clients": None},
        {"role": "client", "clients": ["acme", "globex"]},
        {"role": "operator", "clients": ["acme"]},
    ],
)
def test_a_record_that_does_not_say_whose_logs_is_never_read_as_everyone(
    store: Store, rights: dict[str, object]
) -> None:
    put_user(store, rights)

    with pytest.raises(BrokenControlObject, match="control/users/ann"):
        users.get_user(store, "ann")


def put_user(store: Store, rights: Mapping[str, object]) -> None:
    record = {
        "name": "ann",
        "display_name": "Ann",
        "password_hash": "$argon2id$none",
        "created_at": "2026-11-23T14:00:00Z",
        **rights,
    }
    store.put("control/users/ann.json", json.dumps(record).encode())


def test_users_are_made_once_and_removed_once(store: Store, clock: FakeClock) -> None:
    users.create_user(store, "ann", Role.PROVIDER, PASSWORD, clock())
    with pytest.raises(UserExists):
        users.create_user(store, "ann", Role.PROVIDER, PASSWORD, clock())

    users.remove_user(store, "ann")

    assert users.get_user(store, "ann") is None
    with pytest.raises(UnknownUser):
        users.remove_user(store, "ann")


@pytest.mark.parametrize("name", ["", "Ann", "../keys/x", "a b", "a" * 64])
def test_a_user_name_that_is_unsafe_in_a_path_is_nobody(store: Store, clock: FakeClock, name: str) -> None:
    with pytest.raises(InvalidName):
        users.create_user(store, name, Role.PROVIDER, PASSWORD, clock())
    assert users.get_user(store, name) is None


def test_an_object_somebody_changed_by_hand_is_named_and_not_guessed_at(store: Store) -> None:
    store.put("control/clients/acme.json", b"{}")

    with pytest.raises(BrokenControlObject, match=r"control/clients/acme\.json"):
        clients.get_client(store, "acme")
