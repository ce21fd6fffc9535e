"""What clients are called: read once, read again where it changed, and told to whom it concerns."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest

from access.client_names import ClientNames
from access.clients import create_client, remove_client, set_client
from access.viewer import Viewer
from lake.scope import EVERYONE, Scope
from lake.store import Store, memory_store, open_store
from tests.clock import FakeClock
from tests.conftest import LakeEnv

NAMES = {"acme": "Acme Retail", "globex": "Globex", "initech": "Initech"}


def a_store(store: Store, now: datetime) -> Store:
    for client_id, name in NAMES.items():
        create_client(store, client_id, now, name=name)
    create_client(store, "plain", now)
    return store


def test_names_are_read_from_every_kind_of_store(lake_env: LakeEnv, clock: FakeClock) -> None:
    store = a_store(open_store(lake_env.url, lake_env.env), clock())
    names = ClientNames(store)

    before = names.read(time.time())
    set_client(store, "acme", name="Acme Stores")
    remove_client(store, "initech")
    after = names.read(time.time())

    assert before == NAMES
    assert after == {"acme": "Acme Stores", "globex": "Globex"}


def test_what_did_not_change_is_not_read_again(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    store = a_store(memory_store(), clock())
    names = ClientNames(store)
    names.read(time.time() + 60)
    read: list[str] = []
    get = store.get

    def reading(key: str) -> bytes:
        read.append(key)
        return get(key)

    monkeypatch.setattr(store, "get", reading)
    again = names.read(time.time() + 60)
    set_client(store, "acme", name="Acme Stores")
    read.clear()
    changed = names.read(time.time() + 60)

    assert again == NAMES
    assert changed["acme"] == "Acme Stores"
    assert read == ["control/clients/acme.json"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Acme\n\x00Retail", "Acme Retail"),
        ("  Acme  ", "Acme"),
        ("\u202egro.live", "gro.live"),
        ("\u200b\n", None),
        ("x" * 5000, "x" * 100),
        ("Ä. & Söhne <GmbH>", "Ä. & Söhne <GmbH>"),
    ],
)
def test_a_name_is_one_line_that_can_be_seen(clock: FakeClock, name: str, shown: str | None) -> None:
    store = memory_store()
    create_client(store, "acme", clock(), name=name)

    assert ClientNames(store).read(0.0).get("acme") == shown


def test_a_damaged_record_is_called_by_its_id_and_the_others_by_their_names(clock: FakeClock) -> None:
    store = a_store(memory_store(), clock())
    store.put("control/clients/globex.json", b"{")

    assert ClientNames(store).read(0.0) == {"acme": "Acme Retail", "initech": "Initech"}


def test_a_kernel_is_told_the_names_of_its_scope_and_no_other() -> None:
    told = {
        scope: Viewer("x", "X", scope, NAMES).to_json()["client_names"]
        for scope in (Scope.of("acme"), Scope.of("acme", "globex"), EVERYONE)
    }

    assert [*told.values()] == [
        {"acme": "Acme Retail"},
        {"acme": "Acme Retail", "globex": "Globex"},
        NAMES,
    ]
    assert Viewer.from_json(Viewer("x", "X", Scope.of("acme"), NAMES).to_json()).title == "Client Acme Retail"


def test_so_many_names_that_no_message_holds_them_are_cut_off_and_the_rest_are_ids() -> None:
    many = {f"client-{number:05}": "\u5f20" * 100 for number in range(5000)}
    viewer = Viewer("x", "X", EVERYONE, many)

    told = viewer.to_json()

    assert len(json.dumps(told)) < 150_000
    assert Viewer.from_json(told).name_of("client-04999") == "client-04999"
    assert Viewer.from_json(told).name_of("client-00000") == "\u5f20" * 100
