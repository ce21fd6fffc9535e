"""The account page: another password, signing out everywhere, and what a forger meets there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from access.users import disable_user, get_user, set_password, verify_password
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import PASSWORD, Site, add_users, form_token
from tests.voila_dashboards.moody_store import MoodyStore

NEW = "another horse battery"


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


def signed_in(site: Site, name: str) -> TestClient:
    """A browser whose cookie came from the sign-in, so that another one can take its place."""
    browser = site.browser()
    assert site.sign_in(browser, name).status_code == 303
    return browser


def change(browser: TestClient, current: str = PASSWORD, new: str = NEW, **fields: str) -> Any:
    """Open the page and send the form; ``fields`` replace what it holds."""
    token = form_token(browser.get("/account").text)
    form = {"current": current, "new": new, "again": new, "csrf_token": token, **fields}
    return browser.post("/account/password", data=form)


def opens(site: Site, password: str, name: str = "ann") -> bool:
    return verify_password(get_user(site.store, name), password)


def test_the_page_says_who_is_signed_in_and_is_for_nobody_else(site: Site) -> None:
    page = site.browser("mia").get("/account").text
    nobody = site.browser().get("/account")

    assert "acme, globex" in page
    assert 'href="/account"' in page
    assert (nobody.status_code, nobody.headers["location"]) == (303, "/login?next=/account")


def test_names_are_shown_as_text(site: Site) -> None:
    page = site.browser("pat").get("/account").text

    assert "Pat &lt;b&gt;Provider&lt;/b&gt;" in page
    assert "<b>Provider" not in page


def test_who_signed_in_to_see_the_account_comes_there(site: Site) -> None:
    assert site.sign_in(site.browser(), "ann", next="/account").headers["location"] == "/account"


def test_a_changed_password_is_the_only_one_and_this_browser_the_only_one_signed_in(
    tmp_path: Path, clock: FakeClock
) -> None:
    here = Site(tmp_path, clock)
    there = Site(tmp_path, clock, store=here.store)
    browser, elsewhere, gus = signed_in(here, "ann"), there.browser("ann"), there.browser("gus")
    kernel, of_gus = there.open(elsewhere), there.open(gus)
    kept = str(browser.cookies.get("caselog"))

    answer = change(browser)
    after = browser.get(answer.headers["location"])
    clock.advance(here.settings.user_cache_s)
    asyncio.run(there.app.state.lifetimes.sweep())

    assert (answer.status_code, after.status_code) == (303, 200)
    assert "Your password is changed" in after.text
    assert "within 7 seconds" in after.text
    assert (opens(here, NEW), opens(here, PASSWORD)) == (True, False)
    assert elsewhere.get("/").status_code == 303
    assert (kernel in there.voila.ended, of_gus in there.voila.ended) == (True, False)
    thief = here.browser()
    thief.cookies.set("caselog", kept)
    assert thief.get("/").status_code == 303


def test_the_new_session_holds_on_every_replica_at_once(tmp_path: Path, clock: FakeClock) -> None:
    here = Site(tmp_path, clock)
    there = Site(tmp_path, clock, store=here.store)
    browser, other = signed_in(here, "ann"), there.browser()
    there.browser("ann").get("/")  # what it knows of ann is of before
    clock.advance(3)

    change(browser)
    other.cookies.set("caselog", str(browser.cookies.get("caselog")))

    assert other.get("/account").status_code == 200


class Overtaken(MoodyStore):
    """Somebody else changes the password when the one who is at it has only to write."""

    overtake: Callable[[], object] | None = None

    def swap(self, key: str, before: bytes | None, data: bytes) -> None:
        if self.overtake is not None:
            overtake, self.overtake = self.overtake, None
            overtake()
        super().swap(key, before, data)


@pytest.mark.parametrize("has_changed_before", [False, True])
def test_of_two_changes_at_once_the_later_one_is_told_and_changes_nothing(
    tmp_path: Path, clock: FakeClock, has_changed_before: bool
) -> None:
    store = Overtaken(tmp_path)
    add_users(store, clock())
    site = Site(tmp_path, clock, store=store)
    if has_changed_before:
        set_password(store, "ann", PASSWORD, clock())
    quicker, slower = site.browser("ann"), site.browser("ann")
    said: list[Any] = []
    store.overtake = lambda: said.append(change(quicker, new="first horse battery"))

    answer = change(slower, new="second horse battery")

    assert said[0].status_code == 303
    assert answer.status_code == 409
    assert "changed elsewhere in this moment" in answer.text
    assert (opens(site, "first horse battery"), opens(site, "second horse battery")) == (True, False)
    assert quicker.get("/account").status_code == 200


def test_a_link_does_not_say_that_a_password_was_changed(site: Site, clock: FakeClock) -> None:
    browser = site.browser("ann")
    clock.advance(120)

    assert "is changed" not in browser.get("/account?changed=password").text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"current": "wrong password"}, 401, "current password is not right"),
        ({"current": ""}, 401, "current password is not right"),
        ({"new": "short", "again": "short"}, 422, "10 to 1024 characters"),
        ({"new": "ann-ann-ann", "again": "ann-ann-ann"}, 422, "different characters"),
        ({"again": NEW + "x"}, 422, "typed in two ways"),
        ({"new": PASSWORD, "again": PASSWORD}, 422, "is the current one"),
        ({"new": "x" * 4000, "again": "x" * 4000}, 422, "10 to 1024 characters"),
    ],
)
def test_what_does_not_fit_is_said_in_words_and_changes_nothing(
    site: Site, fields: dict[str, str], status: int, said: str
) -> None:
    browser = site.browser("ann")

    answer = change(browser, **fields)

    assert answer.status_code == status
    assert said in answer.text
    assert not any(value and value in answer.text for value in fields.values())
    assert opens(site, PASSWORD)
    assert browser.get("/").status_code == 200
    assert list(site.store.list("control/passwords")) == []


def test_who_has_the_session_guesses_at_the_password_no_faster_than_at_the_sign_in(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock)
    thief = site.browser("ann")

    waited = []
    for _ in range(9):
        site.slept.clear()
        assert change(thief, "a guess").status_code == 401
        waited.append(sum(site.slept))

    assert waited[:5] == [0] * 5
    assert waited[8] >= 2


@pytest.mark.parametrize("path", ["/account/password", "/logout/everywhere"])
def test_only_our_own_page_of_this_session_changes_anything(site: Site, path: str) -> None:
    ann, gus = site.browser("ann"), site.browser("gus")
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    own = form_token(ann.get("/account").text)
    of_gus = form_token(gus.get("/account").text)

    answers = [ann.post(path, data={**form, "csrf_token": token}) for token in ("", of_gus, own[:-1] + "x")]
    answers.append(
        ann.post(path, data={**form, "csrf_token": own}, headers={"origin": "https://evil.example"})
    )
    del ann.headers["origin"]
    answers.append(ann.post(path, data={**form, "csrf_token": own}))

    assert [answer.status_code for answer in answers] == [403] * 5
    assert ann.get("/").status_code == 200
    assert opens(site, PASSWORD)


@pytest.mark.parametrize("path", ["/account/password", "/logout/everywhere"])
def test_nobody_changes_anything(site: Site, path: str) -> None:
    answer = site.browser().post(path, data={"csrf_token": "x"})

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_a_link_changes_nothing(site: Site) -> None:
    browser = site.browser("ann")

    assert browser.get("/account/password").status_code == 405
    assert browser.get("/logout/everywhere").status_code == 405
    assert browser.get("/").status_code == 200


def test_signing_out_everywhere_ends_every_session_of_the_user_alone(
    tmp_path: Path, clock: FakeClock
) -> None:
    here = Site(tmp_path, clock)
    there = Site(tmp_path, clock, store=here.store)
    browser, elsewhere, gus = here.browser("ann"), there.browser("ann"), here.browser("gus")
    kernels = [(here, here.open(browser)), (there, there.open(elsewhere))]
    of_gus = here.open(gus)
    token = form_token(browser.get("/account").text)
    kept = str(browser.cookies.get("caselog"))

    answer = browser.post("/logout/everywhere", data={"csrf_token": token})
    ended_at_once = kernels[0][1] in here.voila.ended
    clock.advance(here.settings.user_cache_s)
    for site in (here, there):
        asyncio.run(site.app.state.lifetimes.sweep())
    browser.cookies.set("caselog", kept)

    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert ended_at_once
    assert all(kernel in site.voila.ended for site, kernel in kernels)
    assert [each.get("/").status_code for each in (browser, elsewhere, gus)] == [303, 303, 200]
    assert of_gus not in here.voila.ended
    assert here.sign_in(here.browser(), "ann").status_code == 303


@pytest.mark.parametrize("path", ["/account/password", "/logout/everywhere"])
def test_while_the_store_is_silent_nothing_is_changed_and_that_is_said(
    tmp_path: Path, clock: FakeClock, path: str
) -> None:
    store = MoodyStore(tmp_path)
    add_users(store, clock())
    site = Site(tmp_path, clock, store=store)
    browser = site.browser("ann")
    form = {
        "current": PASSWORD,
        "new": NEW,
        "again": NEW,
        "csrf_token": form_token(browser.get("/account").text),
    }
    store.is_silent = True

    answer = browser.post(path, data=form)
    store.is_silent = False

    assert answer.status_code == 503
    assert "The log store does not answer" in answer.text
    assert browser.get("/").status_code == 200
    assert opens(site, PASSWORD)


def test_who_was_disabled_a_moment_ago_changes_no_password(site: Site, clock: FakeClock) -> None:
    browser = site.browser("ann")
    token = form_token(browser.get("/account").text)
    disable_user(site.store, "ann", clock())

    answer = change_with(browser, token)

    assert answer.status_code == 401
    assert opens(site, PASSWORD)


def change_with(browser: TestClient, token: str) -> Any:
    form = {"current": PASSWORD, "new": NEW, "again": NEW, "csrf_token": token}
    return browser.post("/account/password", data=form)
