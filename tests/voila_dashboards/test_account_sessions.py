"""What ends a user's sessions everywhere: a new password, a sign-out everywhere, being disabled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from access.users import disable_user, enable_user, set_password, sign_out_everywhere
from lake.store import Store
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import PASSWORD, Site

NEW = "another horse battery"
ENDS: dict[str, Callable[[Store, datetime], object]] = {
    "password": lambda store, now: set_password(store, "ann", NEW, now),
    "sign-out": lambda store, now: sign_out_everywhere(store, "ann", now),
    "disabled": lambda store, now: disable_user(store, "ann", now),
    "disabled for a moment": lambda store, now: (disable_user(store, "ann", now), enable_user(store, "ann")),
}


@pytest.mark.parametrize("end", ENDS)
def test_every_session_of_the_user_ends_on_every_replica_within_seconds_and_their_kernels_too(
    tmp_path: Path, clock: FakeClock, end: str
) -> None:
    here = Site(tmp_path, clock)
    there = Site(tmp_path, clock, store=here.store)
    browsers = [(site, site.browser("ann")) for site in (here, there, there)]
    gus = here.browser("gus")
    kernels = [(site, site.open(browser)) for site, browser in browsers]
    of_gus = here.open(gus)

    ENDS[end](here.store, clock())
    clock.advance(here.settings.user_cache_s)
    for site in (here, there):
        asyncio.run(site.app.state.lifetimes.sweep())

    assert [browser.get("/").status_code for _, browser in browsers] == [303, 303, 303]
    assert all(kernel in site.voila.ended for site, kernel in kernels)
    assert gus.get("/").status_code == 200
    assert of_gus not in here.voila.ended


def test_a_disabled_user_gets_the_answer_of_a_wrong_password(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock)
    known = site.browser()
    site.sign_in(known, "ann")
    known.cookies.delete("caselog")
    disable_user(site.store, "ann", clock())

    disabled = site.sign_in(site.browser(), "ann")
    of_a_known_browser = site.sign_in(known, "ann")
    wrong = site.sign_in(site.browser(), "ann", "wrong password")
    enable_user(site.store, "ann")
    enabled = site.sign_in(site.browser(), "ann")

    assert (disabled.status_code, of_a_known_browser.status_code, enabled.status_code) == (401, 401, 303)
    assert _without_token(disabled.text) == _without_token(wrong.text)
    assert {name.lower() for name in disabled.headers} == {name.lower() for name in wrong.headers}


def test_who_guesses_at_a_disabled_user_is_slowed_as_elsewhere(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock)
    disable_user(site.store, "ann", clock())

    for number in range(8):
        site.sign_in(site.browser(address=f"10.0.0.{number}"), "ann", PASSWORD)

    assert sum(site.slept) > 0


def test_a_session_begun_on_another_replica_holds_at_once(tmp_path: Path, clock: FakeClock) -> None:
    here = Site(tmp_path, clock)
    there = Site(tmp_path, clock, store=here.store)
    there.browser("ann").get("/")  # what it knows of ann is of before
    clock.advance(1)
    set_password(here.store, "ann", NEW, clock())

    browser = there.browser()
    browser.cookies.set("caselog", _cookie(here, "ann"))

    assert browser.get("/").status_code == 200


def test_a_cookie_that_no_longer_holds_does_not_have_the_store_asked_each_time(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path, clock)
    browser = site.browser("ann")
    clock.advance(60)
    sign_out_everywhere(site.store, "ann", clock())
    asked: list[str] = []
    real = site.store.get

    def get(key: str) -> bytes:
        asked.append(key)
        return real(key)

    monkeypatch.setattr(site.store, "get", get)

    answers = {browser.get("/").status_code for _ in range(10)}

    assert answers == {303}
    assert sorted(asked) == [f"control/{kind}/ann.json" for kind in ("passwords", "sign_outs", "users")]


def _cookie(site: Site, name: str) -> str:
    return str(site.browser(name).cookies.get("caselog"))


def _without_token(page: str) -> str:
    start = page.index('name="csrf_token"')
    return page[:start] + page[page.index(">", start) :]
