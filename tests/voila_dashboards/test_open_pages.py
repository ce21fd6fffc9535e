"""A page that is open learns that its session is over: within seconds, why, and for all pages by a few requests."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from access.users import Role, create_user, disable_user, remove_user, set_password, sign_out_everywhere
from lake.errors import StoreRefused
from lake.store import Store, StoredObject
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import PASSWORD, Site, add_users, form_token, question
from tests.voila_dashboards.moody_store import MoodyStore
from voila_dashboards.gateway import lifetimes, open_pages, session_checks
from voila_dashboards.gateway.session_end import SESSION_OVER, SessionEnd

NEW = "another horse battery"
TRY_AGAIN = 1013
POLICY_VIOLATION = 1008


@pytest.fixture(autouse=True)
def _sweeps_are_the_tests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifetimes, "SWEEP_EVERY_S", 3600)


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


@contextmanager
def visiting(site: Site, name: str) -> Iterator[TestClient]:
    """A browser whose requests and websockets share one event loop."""
    with site.browser(name) as browser:
        yield browser


def beside(browser: TestClient, site: Site, name: str) -> TestClient:
    """Another browser, in the same event loop."""
    other = site.browser(name)
    other.portal = browser.portal
    return other


def tag_of(page: str) -> str:
    found = re.search(r'data-caselog-session="([0-9a-f]{32})"', page)
    assert found is not None
    return found[1]


def watch(browser: TestClient, page: str = "/account") -> Any:
    """The websocket of a page that is opened now."""
    return browser.websocket_connect(f"/session/{tag_of(browser.get(page).text)}/end")


def close_of(socket: Any) -> tuple[int, str]:
    """With which code, and for which reason, the server closed it."""
    with pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_text()
    return closed.value.code, closed.value.reason or ""


def sweep(browser: TestClient, site: Site) -> None:
    assert browser.portal is not None
    browser.portal.call(site.app.state.lifetimes.sweep)


def is_open(browser: TestClient, site: Site, socket: Any) -> bool:
    """Whether it goes on: whatever is said to it is the end of it, and until then it says nothing."""
    sweep(browser, site)
    socket.send_text("are you there?")
    return close_of(socket) == (POLICY_VIOLATION, "")


def _other_rights(store: Store, now: datetime) -> None:
    remove_user(store, "ann")
    create_user(store, "ann", Role.CLIENT, NEW, now, clients=["globex"])


ENDS: dict[str, Callable[[Store, datetime], object]] = {
    "password": lambda store, now: set_password(store, "ann", NEW, now),
    "everywhere": lambda store, now: sign_out_everywhere(store, "ann", now),
    "disabled": lambda store, now: disable_user(store, "ann", now),
    "removed": lambda store, _now: remove_user(store, "ann"),
    "other clients": _other_rights,
}


@pytest.mark.parametrize("end", ENDS)
def test_an_open_page_hears_within_seconds_that_its_session_is_over(
    site: Site, clock: FakeClock, end: str
) -> None:
    with visiting(site, "ann") as ann, watch(ann) as page, watch(beside(ann, site, "gus")) as other:
        kernel = site.open(ann)
        with ann.websocket_connect(f"/api/kernels/{kernel}/channels") as channel:
            sweep(ann, site)
            ENDS[end](site.store, clock())
            clock.advance(site.settings.user_cache_s)
            sweep(ann, site)

            heard = [close_of(page), close_of(channel)]

        assert heard == [(SESSION_OVER, "changed")] * 2
        assert is_open(ann, site, other)


def test_an_open_page_hears_that_its_time_is_over(site: Site, clock: FakeClock) -> None:
    with visiting(site, "ann") as ann, watch(ann) as page:
        clock.advance(site.settings.session_ttl_s - 1)
        sweep(ann, site)
        clock.advance(2)
        sweep(ann, site)

        assert close_of(page) == (SESSION_OVER, "expired")


def test_a_page_without_a_kernel_hears_it_too(site: Site, clock: FakeClock) -> None:
    with visiting(site, "ann") as ann, watch(ann, "/") as page:
        clock.advance(site.settings.kernel_idle_s + 1)
        sweep(ann, site)
        kernels = [*site.app.state.visits.all()]
        sign_out_everywhere(site.store, "ann", clock())
        clock.advance(site.settings.user_cache_s)
        sweep(ann, site)

        assert kernels == []
        assert close_of(page) == (SESSION_OVER, "changed")


def test_signing_out_is_heard_at_once_by_every_page_of_the_session_alone(site: Site) -> None:
    with visiting(site, "ann") as ann, ExitStack() as stack:
        pages = [stack.enter_context(watch(ann)) for _ in range(3)]
        twin = stack.enter_context(watch(beside(ann, site, "ann")))
        ann.post("/logout", data={"csrf_token": form_token(ann.get("/account").text)})

        assert [close_of(page) for page in pages] == [(SESSION_OVER, "signed_out")] * 3
        assert is_open(ann, site, twin)


@pytest.mark.parametrize("how", ["everywhere", "password"])
def test_what_ends_every_session_is_heard_at_once_where_it_was_asked_for(site: Site, how: str) -> None:
    with visiting(site, "ann") as ann, watch(ann) as page, watch(beside(ann, site, "ann")) as elsewhere:
        form = {"csrf_token": form_token(ann.get("/account").text)}
        if how == "everywhere":
            ann.post("/logout/everywhere", data=form)
        else:
            ann.post("/account/password", data={**form, "current": PASSWORD, "new": NEW, "again": NEW})

        assert [close_of(page), close_of(elsewhere)] == [(SESSION_OVER, "changed")] * 2


def test_a_page_that_asks_too_late_hears_it_too(site: Site) -> None:
    with visiting(site, "ann") as ann:
        address = f"/session/{tag_of(ann.get('/account').text)}/end"
        ann.post("/logout", data={"csrf_token": form_token(ann.get("/account").text)})
        with ann.websocket_connect(address) as page:
            assert close_of(page) == (SESSION_OVER, "over")

        site.sign_in(ann, "gus")
        with ann.websocket_connect(address) as page:
            assert close_of(page) == (SESSION_OVER, "other")


def test_other_sites_and_whoever_says_something_are_refused(site: Site) -> None:
    with visiting(site, "ann") as ann:
        address = f"/session/{tag_of(ann.get('/account').text)}/end"
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            ann.websocket_connect(address, headers={"origin": "https://evil.example"}),
        ):
            pass
        with ann.websocket_connect(address) as page:
            page.send_text("x" * 1000)
            heard = close_of(page)

        assert refused.value.code == POLICY_VIOLATION
        assert heard == (POLICY_VIOLATION, "")
        assert site.app.state.open_pages.sessions() == []


def test_pages_are_bounded_and_those_beyond_may_ask_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_pages, "_MOST_OF_SESSION", 2)
    with visiting(site, "ann") as ann, ExitStack() as stack:
        first, _ = (stack.enter_context(watch(ann)) for _ in range(2))
        with watch(ann) as third:
            beyond = close_of(third)
        first.close()
        with watch(ann) as again:
            assert is_open(ann, site, again)

        assert beyond == (TRY_AGAIN, "")


def test_pages_of_everybody_are_bounded_too(tmp_path: Path, clock: FakeClock) -> None:
    app = Site(tmp_path, clock)
    app.app.state.open_pages.most = 1
    with visiting(app, "ann") as ann, watch(ann), watch(beside(ann, app, "gus")) as beyond:
        assert close_of(beyond) == (TRY_AGAIN, "")


def test_the_tag_of_a_page_signs_nobody_in_and_names_no_session(site: Site) -> None:
    with visiting(site, "ann") as ann:
        page = ann.get("/account").text
        session = site.app.state.sessions.read(ann.cookies["caselog"])
        stranger = site.browser()
        with stranger.websocket_connect(f"/session/{tag_of(page)}/end") as socket:
            heard = close_of(socket)

        assert session.session_id not in page
        assert tag_of(page) != form_token(page)[:32]
        assert heard == (SESSION_OVER, "over")


def moody(folder: Path, clock: FakeClock, **settings: Any) -> tuple[Site, MoodyStore]:
    store = MoodyStore(folder)
    add_users(store, clock())
    return Site(folder, clock, store=store, **settings), store


def test_what_the_store_is_asked_for_does_not_grow_with_pages_sessions_or_users(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, store = moody(tmp_path, clock)
    gets: list[str] = []
    real = store.get

    def get(key: str) -> bytes:
        gets.append(key)
        return real(key)

    monkeypatch.setattr(store, "get", get)
    with visiting(site, "ann") as ann, ExitStack() as stack:
        for browser in [beside(ann, site, name) for name in ("ann", "gus", "mia", "pat") for _ in range(5)]:
            for _ in range(5):
                stack.enter_context(watch(browser))
        for _ in range(4):  # until everybody was read since the last change
            clock.advance(4)
            sweep(ann, site)
        for asked in (gets, store.reads, store.listings):
            asked.clear()

        for _ in range(10):
            clock.advance(4)
            sweep(ann, site)

        assert (gets, store.reads) == ([], [])
        assert len(store.listings) == 10 * 4
        assert {each.rsplit("/")[-1] for each in store.listings} == {
            "users",
            "passwords",
            "sign_outs",
            "sessions",
        }


def test_nobody_asks_the_store_where_no_page_is_open(tmp_path: Path, clock: FakeClock) -> None:
    site, store = moody(tmp_path, clock)
    with visiting(site, "ann") as ann:
        clock.advance(60)
        sweep(ann, site)

    assert [each for each in store.listings if "users" in each] == []


def test_a_change_in_the_second_of_another_that_was_read_is_heard_too(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 says of an object when it was changed in whole seconds: the second change looks like the first."""
    site, store = moody(tmp_path, clock)
    real = store.list
    second = datetime(2026, 11, 23, tzinfo=UTC)
    monkeypatch.setattr(
        store, "list", lambda prefix: [type(each)(each.key, 100, second) for each in real(prefix)]
    )
    set_password(store, "ann", NEW, clock())
    with visiting(site, "ann") as ann, watch(ann) as page:
        sweep(ann, site)
        set_password(store, "ann", f"{NEW} too", clock())
        clock.advance(4)
        sweep(ann, site)

        assert close_of(page) == (SESSION_OVER, "changed")


def test_a_store_that_is_away_for_a_minute_signs_nobody_out(tmp_path: Path, clock: FakeClock) -> None:
    site, store = moody(tmp_path, clock)
    with visiting(site, "ann") as ann, watch(ann) as page:
        kernel = site.open(ann)
        with ann.websocket_connect(f"/api/kernels/{kernel}/channels") as channel:
            sweep(ann, site)
            store.is_silent = True
            for _ in range(30):
                clock.advance(2)
                sweep(ann, site)
            channel.send_text(json.dumps(question()))
            answered = channel.receive_text()
            store.is_silent = False
            clock.advance(2)

            assert answered
            assert ann.get("/").status_code == 200
        assert is_open(ann, site, page)


def test_who_was_disabled_while_the_store_was_away_is_out_once_it_answers(
    tmp_path: Path, clock: FakeClock
) -> None:
    site, store = moody(tmp_path, clock)
    with visiting(site, "ann") as ann, watch(ann) as page:
        sweep(ann, site)
        disable_user(store, "ann", clock())
        store.is_silent = True
        clock.advance(60)
        sweep(ann, site)
        store.is_silent = False
        clock.advance(2)
        sweep(ann, site)

        assert close_of(page) == (SESSION_OVER, "changed")


def test_pages_of_a_store_that_stays_away_show_nothing_more_and_nobody_is_signed_out(
    tmp_path: Path, clock: FakeClock
) -> None:
    site, store = moody(tmp_path, clock, kernel_idle_s=5000)
    with visiting(site, "ann") as ann, watch(ann) as page, watch(beside(ann, site, "gus")) as other:
        kernel = site.open(ann)
        with ann.websocket_connect(f"/api/kernels/{kernel}/channels") as channel:
            sweep(ann, site)
            store.is_silent = True
            clock.advance(site.settings.session_unchecked_s)
            sweep(ann, site)
            kept = kernel not in site.voila.ended
            clock.advance(2)
            sweep(ann, site)
            heard = [close_of(page), close_of(other), close_of(channel)]
        with ann.websocket_connect(page.scope["path"]) as again:
            silent = close_of(again)
        store.is_silent = False

        assert kept
        assert heard == [(SESSION_OVER, "unchecked")] * 3
        assert silent == (TRY_AGAIN, "")
        assert ann.get("/").status_code == 200


def test_while_the_store_is_away_what_is_known_by_itself_ends_all_the_same(
    tmp_path: Path, clock: FakeClock
) -> None:
    site, store = moody(tmp_path, clock)
    with visiting(site, "ann") as ann, watch(ann) as page, watch(beside(ann, site, "gus")) as other:
        clock.advance(site.settings.session_ttl_s - 60)
        with watch(beside(ann, site, "mia")) as newer:
            store.is_silent = True
            ann.post("/logout", data={"csrf_token": form_token_of(site, ann)})
            clock.advance(61)
            sweep(ann, site)

            assert close_of(page) == (SESSION_OVER, "signed_out")
            assert close_of(other) == (SESSION_OVER, "expired")
            assert is_open(ann, site, newer)


def form_token_of(site: Site, browser: TestClient) -> str:
    """As a form that was shown before the store fell silent has it."""
    sessions = site.app.state.sessions
    return str(sessions.form_token(sessions.read(browser.cookies["caselog"]).session_id))


def test_dashboards_that_may_not_list_users_ask_for_each_and_hear_it_as_soon(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site, store = moody(tmp_path, clock)

    def refuse(prefix: str) -> Any:
        raise StoreRefused(f"listing {prefix}")

    monkeypatch.setattr(store, "list", refuse)
    with visiting(site, "ann") as ann, watch(ann) as page, watch(beside(ann, site, "gus")) as other:
        for _ in range(3):
            clock.advance(site.settings.user_cache_s)
            sweep(ann, site)
        disable_user(store, "ann", clock())
        clock.advance(site.settings.user_cache_s)
        sweep(ann, site)

        assert close_of(page) == (SESSION_OVER, "changed")
        assert is_open(ann, site, other)
    assert caplog.text.count("cannot be checked") == 1


def test_a_store_that_hangs_holds_nothing_up_and_what_it_says_at_last_counts(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_checks, "_PATIENCE_S", 0.05)
    site, store = moody(tmp_path, clock)
    real, may_answer = store.list, threading.Event()

    def hang(prefix: str) -> Iterator[StoredObject]:
        assert may_answer.wait(30)
        return real(prefix)

    with visiting(site, "ann") as ann, watch(ann) as page, watch(beside(ann, site, "gus")) as other:
        sweep(ann, site)
        monkeypatch.setattr(store, "list", hang)
        disable_user(store, "ann", clock())
        for _ in range(3):
            clock.advance(site.settings.user_cache_s)
            sweep(ann, site)
        may_answer.set()
        while site.app.state.checks._look is not None:
            sweep(ann, site)
        clock.advance(site.settings.user_cache_s)
        sweep(ann, site)

        assert close_of(page) == (SESSION_OVER, "changed")
        assert is_open(ann, site, other)


def test_a_clock_that_is_set_back_has_nobody_believed_for_longer(site: Site, clock: FakeClock) -> None:
    ann = site.browser("ann")
    assert ann.get("/account").status_code == 200
    disable_user(site.store, "ann", clock())
    clock.advance(-3600)

    assert ann.get("/account").status_code == 303


@pytest.mark.parametrize("skew", [-20, 20])
def test_replicas_whose_clocks_differ_hear_the_same_and_let_the_same_in(
    tmp_path: Path, clock: FakeClock, skew: float
) -> None:
    other_clock = FakeClock(clock.now)
    other_clock.advance(skew)
    here = Site(tmp_path, clock)
    there = Site(tmp_path, other_clock, store=here.store)
    with visiting(there, "ann") as elsewhere, watch(elsewhere) as page:
        sweep(elsewhere, there)
        mine = here.browser()
        here.sign_in(mine, "ann")
        form = {"csrf_token": form_token(mine.get("/account").text)}
        mine.post("/account/password", data={**form, "current": PASSWORD, "new": NEW, "again": NEW})
        anew = beside(elsewhere, there, "ann")
        anew.cookies.set("caselog", mine.cookies["caselog"])
        new_session = anew.get("/account").status_code
        other_clock.advance(here.settings.user_cache_s)
        sweep(elsewhere, there)

        assert new_session == 200
        assert close_of(page) == (SESSION_OVER, "changed")


def test_a_replica_whose_clock_is_ahead_forgets_no_sign_out_that_another_needs(
    tmp_path: Path, clock: FakeClock
) -> None:
    here = Site(tmp_path, clock)
    ann = here.browser("ann")
    cookie = str(ann.cookies.get("caselog"))
    ann.post("/logout", data={"csrf_token": form_token(ann.get("/account").text)})
    clock.advance(here.settings.session_ttl_s - 60)
    ahead = FakeClock(clock.now)
    ahead.advance(3000)

    asyncio.run(Site(tmp_path, ahead, store=here.store).app.state.sign_outs.forget_expired())
    thief = Site(tmp_path, clock, store=here.store).browser()
    thief.cookies.set("caselog", cookie)

    assert thief.get("/account").status_code == 303


def test_every_end_has_a_code_that_a_close_may_carry() -> None:
    assert all(len(end.encode()) <= 123 for end in SessionEnd)
    assert 4000 <= SESSION_OVER <= 4999
