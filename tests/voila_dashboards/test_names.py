"""What clients are called on the pages: of the viewer's scope, and of no other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from access.clients import set_client
from access.viewer import Viewer
from lake.scope import EVERYONE, Scope
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import Site, add_users
from tests.voila_dashboards.moody_store import MoodyStore
from voila_dashboards.payload import page_payload

NAMES = {"acme": "Acme Retail", "globex": "Globex & Co"}


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    site = Site(tmp_path, clock)
    for client_id, name in NAMES.items():
        set_client(site.store, client_id, name=name)
    asyncio.run(site.app.state.names.look())
    return site


def test_header_and_account_say_what_the_client_is_called(site: Site) -> None:
    header = site.browser("ann").get("/").text
    account = site.browser("mia").get("/account").text

    assert "Client Acme Retail" in header
    assert "Acme Retail (acme), Globex &amp; Co (globex)" in account


def test_a_kernel_hears_the_names_of_its_viewers_clients_alone(site: Site) -> None:
    for name in ("ann", "gus", "pat"):
        site.open(site.browser(name))

    told = [admission.viewer["client_names"] for admission in site.voila.admissions]

    assert told == [{"acme": "Acme Retail"}, {"globex": "Globex & Co"}, NAMES]


def test_while_the_store_is_silent_what_was_known_holds(
    tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MoodyStore(tmp_path)
    add_users(store, clock())
    set_client(store, "acme", name="Acme Retail")
    site = Site(tmp_path, clock, store=store)
    names = site.app.state.names
    asyncio.run(names.look())
    set_client(store, "acme", name="Acme Stores")
    store.is_silent = True

    for _ in range(3):
        asyncio.run(names.look())

    assert names.current == {"acme": "Acme Retail"}
    assert caplog.text.count("What clients are called cannot be looked for") == 1


class NoLogs:
    """A source that holds nothing but the ids of its clients."""

    def sql(self, query: str, params: object = ()) -> list[tuple[object, ...]]:
        if "DISTINCT client_id" in query:
            return [("acme",), ("globex",), ("plain",)]
        return []

    def need(self, *parts: str) -> frozenset[str]:
        raise AssertionError(parts)

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        return None

    def client_facts(self, client_id: str) -> None:
        """Nobody asks."""


@pytest.mark.parametrize(
    ("scope", "names"),
    [(EVERYONE, NAMES), (Scope.of("acme"), {"acme": "Acme Retail"}), (Scope.of("plain"), {})],
)
def test_a_page_says_what_the_clients_on_it_are_called(scope: Scope, names: dict[str, str]) -> None:
    payload = page_payload(NoLogs(), Viewer("x", "X", scope, NAMES), "tickets", {}, 0)

    assert payload["client_names"] == names
