"""Sessions: what a cookie is worth, and when it no longer is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from access.users import Role, create_user, remove_user
from lake.store import memory_store
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import Site
from voila_dashboards.gateway.secret import OBJECT_KEY, load_secret
from voila_dashboards.settings import DashboardSettings


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


def test_a_session_ends_when_its_time_is_over(site: Site, clock: FakeClock) -> None:
    browser = site.browser("ann")
    clock.advance(site.settings.session_ttl_s - 1)
    before = browser.get("/").status_code
    clock.advance(2)

    assert (before, browser.get("/").status_code) == (200, 303)


@pytest.mark.parametrize(
    "forged", ["{claims}x.{signature}", "{claims}.{signature}x", "{claims}", "", "x.y", "{claims}." * 50]
)
def test_a_forged_cookie_is_no_session(site: Site, forged: str) -> None:
    browser = site.browser("ann")
    claims, signature = str(browser.cookies.get("caselog")).rsplit(".", 1)
    browser.cookies.set("caselog", forged.format(claims=claims, signature=signature))

    assert browser.get("/").status_code == 303


def test_a_removed_user_is_out_within_seconds_and_so_are_his_kernels(site: Site, clock: FakeClock) -> None:
    browser = site.browser("ann")
    kernel = site.open(browser)
    remove_user(site.store, "ann")
    clock.advance(site.settings.user_cache_s + 1)

    asyncio.run(site.app.state.keeper.sweep())

    assert site.voila.ended == [kernel]
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("change", ["role", "client", "password"])
def test_a_user_whose_rights_or_password_changed_has_to_sign_in_again(
    site: Site, clock: FakeClock, change: str
) -> None:
    browser = site.browser("ann")
    remove_user(site.store, "ann")
    role = Role.PROVIDER if change == "role" else Role.CLIENT
    client_id = {"role": None, "client": "globex", "password": "acme"}[change]
    create_user(site.store, "ann", role, "another password", clock(), client_id=client_id)
    clock.advance(site.settings.user_cache_s + 1)

    assert browser.get("/").status_code == 303


def test_replicas_that_share_the_lake_share_the_sign_ins(tmp_path: Path, clock: FakeClock) -> None:
    store = memory_store()
    settings = DashboardSettings()

    first, second = load_secret(settings, store), load_secret(settings, store)

    assert first == second
    assert len(first) >= 32
    assert store.get(OBJECT_KEY).decode() == first


def test_a_secret_of_the_settings_counts_and_nothing_is_written() -> None:
    store = memory_store()

    secret = load_secret(DashboardSettings(session_secret=SecretStr("x" * 32)), store)

    assert secret == "x" * 32
    assert list(store.list("control")) == []


def test_a_secret_that_is_too_short_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="32 characters"):
        DashboardSettings(session_secret=SecretStr("short"))


@pytest.mark.parametrize(
    "url", ["logs.example.com", "ftp://logs.example.com", "https://logs.example.com/path", "https://"]
)
def test_a_public_url_that_is_none_stops_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="host, without a path"):
        DashboardSettings(public_url=url)


def test_settings_say_nothing_of_the_secret() -> None:
    assert "hunter" not in repr(DashboardSettings(session_secret=SecretStr("hunter" * 6)))


def test_a_user_for_the_kernels_that_does_not_exist_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="no such user"):
        DashboardSettings(kernel_user="nobody-of-this-name")
