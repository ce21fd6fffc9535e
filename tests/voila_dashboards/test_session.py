"""Sessions: what a cookie is worth, and when it no longer is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from access.errors import BrokenControlObject
from access.users import Role, create_user, remove_user
from lake.store import memory_store
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import Site, add_users, form_token
from tests.voila_dashboards.moody_store import MoodyStore
from voila_dashboards.gateway.secret import OBJECT_KEY, load_secret
from voila_dashboards.gateway.signouts import SignOuts
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

    asyncio.run(site.app.state.lifetimes.sweep())

    assert site.voila.ended == [kernel]
    assert browser.get("/").status_code == 303


def _sign_out(site: Site) -> str:
    """Signs ann out; the cookie that she had."""
    browser = site.browser("ann")
    cookie = str(browser.cookies.get("caselog"))
    answer = browser.post("/logout", data={"csrf_token": form_token(browser.get("/").text)})
    assert answer.status_code == 303
    return cookie


def _opens(site: Site, cookie: str) -> bool:
    browser = site.browser()
    browser.cookies.set("caselog", cookie)
    return browser.get("/").status_code == 200


def test_signed_out_is_signed_out_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    before = Site(tmp_path, clock)
    cookie = _sign_out(before)

    after = Site(tmp_path, clock, store=before.store)

    assert not _opens(after, cookie)
    assert _opens(after, str(after.browser("ann").cookies.get("caselog")))


def test_signed_out_is_signed_out_on_every_replica_within_seconds(tmp_path: Path, clock: FakeClock) -> None:
    here = Site(tmp_path, clock)
    there = Site(tmp_path, clock, store=here.store)
    browser = there.browser("ann")
    cookie = str(browser.cookies.get("caselog"))
    kernel = there.open(browser)
    mine = here.browser()
    mine.cookies.set("caselog", cookie)

    mine.post("/logout", data={"csrf_token": form_token(mine.get("/").text)})
    clock.advance(here.settings.user_cache_s)

    assert not _opens(there, cookie)
    asyncio.run(there.app.state.lifetimes.sweep())
    assert there.voila.ended == [kernel]


def test_the_lake_is_asked_once_for_each_session_in_use(tmp_path: Path, clock: FakeClock) -> None:
    store = MoodyStore(tmp_path)
    add_users(store, clock())
    site = Site(tmp_path, clock, store=store)
    browsers = [site.browser("ann") for _ in range(3)]

    for browser in browsers * 5:
        browser.get("/")
    asked = [key for key in store.reads if key.startswith("control/sessions/")]

    assert len(asked) == len(set(asked)) == 3


def test_what_is_signed_out_is_forgotten_once_it_has_expired(site: Site, clock: FakeClock) -> None:
    cookie = _sign_out(site)
    site.store.put("control/sessions/readme.txt", b"not ours")
    clock.advance(site.settings.session_ttl_s - 1)
    asyncio.run(site.app.state.sign_outs.forget_expired())
    early = not _opens(site, cookie)
    kept = len(list(site.store.list("control/sessions")))
    clock.advance(3700)  # a replica's clock may be an hour behind

    asyncio.run(site.app.state.sign_outs.forget_expired())

    assert (early, kept) == (True, 2)
    assert [each.key for each in site.store.list("control/sessions")] == ["control/sessions/readme.txt"]
    assert not _opens(site, cookie)


def test_what_lies_in_the_lake_of_a_signed_out_session_opens_nothing(site: Site) -> None:
    cookie = _sign_out(site)

    (stored,) = site.store.list("control/sessions")

    session = site.app.state.sessions.read(cookie)
    assert session.session_id not in stored.key
    assert site.store.get(stored.key) == b"{}"


def test_while_the_store_is_silent_nobody_is_taken_for_signed_in(tmp_path: Path, clock: FakeClock) -> None:
    store = MoodyStore(tmp_path)
    add_users(store, clock())
    site = Site(tmp_path, clock, store=store)
    browser = site.browser("ann")
    store.is_silent = True

    answer = browser.get("/")

    assert answer.status_code == 503
    assert "The log store does not answer" in answer.text


def test_sessions_that_are_remembered_are_bounded(clock: FakeClock) -> None:
    sign_outs = SignOuts(memory_store(), clock.monotonic, 5)

    async def steps() -> None:
        for number in range(10_050):
            await sign_outs.holds(f"session-{number}", 2e9)

    asyncio.run(steps())

    assert len(sign_outs._heard) == 10_000


def test_the_page_of_a_damaged_user_says_what_to_do_and_other_pages_go_on(
    site: Site, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    ann, gus = site.browser("ann"), site.browser("gus")
    of_ann, of_gus = site.open(ann), site.open(gus)
    site.store.put("control/users/ann.json", b"{")
    clock.advance(site.settings.user_cache_s + 1)

    asyncio.run(site.app.state.lifetimes.sweep())
    answer = ann.get("/")

    assert answer.status_code == 503
    assert "Ask your provider to repair" in answer.text
    assert "GET /: The object 'control/users/ann.json'" in caplog.text
    assert of_ann in site.voila.ended
    assert of_gus not in site.voila.ended
    assert gus.get("/").status_code == 200


@pytest.mark.parametrize("found", [b"", b"short", b"\xff" * 40])
def test_a_damaged_secret_stops_the_start_and_signs_nothing(found: bytes) -> None:
    store = memory_store()
    store.put(OBJECT_KEY, found)

    with pytest.raises(BrokenControlObject, match="session_secret"):
        load_secret(DashboardSettings(), store)


@pytest.mark.parametrize("change", ["role", "client", "password"])
def test_a_user_whose_rights_or_password_changed_has_to_sign_in_again(
    site: Site, clock: FakeClock, change: str
) -> None:
    browser = site.browser("ann")
    remove_user(site.store, "ann")
    role = Role.PROVIDER if change == "role" else Role.CLIENT
    clients = {"role": ["acme"], "client": ["globex"], "password": ["acme"]}[change]
    create_user(site.store, "ann", role, "another password", clock(), clients=clients)
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
