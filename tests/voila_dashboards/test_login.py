"""Signing in and out: the form, its limits, and what a forger meets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import ORIGIN, PASSWORD, Site, add_users, form_token
from tests.voila_dashboards.moody_store import MoodyStore


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


def test_the_right_password_opens_the_page_that_was_asked_for(site: Site) -> None:
    browser = site.browser()

    answer = site.sign_in(browser, "ann", next="/tickets?status=FAILED")

    assert (answer.status_code, answer.headers["location"]) == (303, "/tickets?status=FAILED")
    assert browser.get("/tickets").status_code == 200


def test_capitals_and_spaces_around_a_user_name_do_not_matter(site: Site) -> None:
    assert site.sign_in(site.browser(), " Ann ").status_code == 303


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(site: Site) -> None:
    browser = site.browser()

    wrong, unknown, malformed = (
        site.sign_in(browser, name, "wrong password") for name in ("ann", "eve", "../x")
    )

    assert [answer.status_code for answer in (wrong, unknown, malformed)] == [401, 401, 401]
    pages = {
        answer.text.replace(f'value="{n}"', "")
        for answer, n in ((wrong, "ann"), (unknown, "eve"), (malformed, "../x"))
    }
    assert len(pages) == 1
    assert "is not right" in wrong.text
    assert "wrong password" not in wrong.text


def test_what_was_typed_as_a_name_is_shown_again_as_text(site: Site) -> None:
    page = site.sign_in(site.browser(), '"><img src=x>', "wrong").text

    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page


def test_ten_wrong_passwords_slow_a_stranger_down_and_do_not_lock_the_owner_out(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock)
    for number in range(10):
        site.sign_in(site.browser(address=f"10.0.0.{number}"), "ann", "wrong password")
    before, site.slept[:] = len(site.slept), []

    owner = site.sign_in(site.browser(address="10.0.1.1"), "ann")
    waited = sum(site.slept)
    other = site.sign_in(site.browser(address="10.0.1.2"), "gus")

    assert before > 0
    assert (owner.status_code, other.status_code) == (303, 303)
    assert 0 < waited <= site.settings.login_longest_delay_s
    assert sum(site.slept) == waited


def test_a_browser_that_signed_in_before_does_not_wait(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock)
    owner = site.browser()
    site.sign_in(owner, "ann")
    owner.cookies.delete("caselog")
    for number in range(10):
        site.sign_in(site.browser(address=f"10.0.0.{number}"), "ann", "wrong password")
    site.slept.clear()

    answers = [site.sign_in(owner, "ann", word).status_code for word in ("wrong password", PASSWORD)]

    assert answers == [401, 303]
    assert site.slept == []


def test_fifty_wrong_passwords_from_one_address_do_not_lock_out_who_is_behind_it(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock, login_free_attempts_per_network=3)
    for number in range(6):
        site.sign_in(site.browser(), f"guess-{number}", "wrong password")
    site.slept.clear()

    behind = site.sign_in(site.browser(), "gus")
    waited = sum(site.slept)
    elsewhere = site.sign_in(site.browser(address="10.0.0.2"), "ann")

    assert (behind.status_code, elsewhere.status_code) == (303, 303)
    assert 0 < waited <= site.settings.login_longest_delay_s
    assert sum(site.slept) == waited


def test_a_known_browser_that_fails_too_often_is_a_stranger_again(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, login_attempts_per_device=3, login_free_attempts_per_name=1)
    thief = site.browser()
    site.sign_in(thief, "ann")
    thief.cookies.delete("caselog")

    waited = []
    for _ in range(6):
        site.slept.clear()
        assert site.sign_in(thief, "ann", "wrong password").status_code == 401
        waited.append(sum(site.slept))

    assert waited[:4] == [0, 0, 0, 0]  # three of its own, and a stranger's first
    assert waited[5] > 0


@pytest.mark.parametrize("change", ["another user", "forged", "too old"])
def test_a_cookie_that_is_not_of_this_user_and_browser_is_a_strangers(
    tmp_path: Path, clock: FakeClock, change: str
) -> None:
    site = Site(tmp_path, clock, login_free_attempts_per_name=1)
    browser = site.browser()
    site.sign_in(browser, "gus" if change == "another user" else "ann")
    browser.cookies.delete("caselog")
    if change == "forged":
        kept = str(browser.cookies.get("caselog-device"))
        browser.cookies.delete("caselog-device")
        browser.cookies.set("caselog-device", kept[:-2] + "xx", path="/login")
    if change == "too old":
        clock.advance(site.settings.login_device_ttl_s + 1)
    for number in range(5):
        site.sign_in(site.browser(address=f"10.0.0.{number}"), "ann", "wrong password")
    site.slept.clear()

    assert site.sign_in(browser, "ann").status_code == 303
    assert site.slept != []


def test_the_cookie_of_a_known_browser_is_out_of_reach_and_names_no_session(site: Site) -> None:
    cookies = site.sign_in(site.browser(), "ann").headers.get_list("set-cookie")

    (cookie,) = [each for each in cookies if each.startswith("caselog-device=")]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/login" in cookie
    browser = site.browser()
    browser.cookies.set("caselog", cookie.partition("=")[2].partition(";")[0])
    assert browser.get("/").status_code == 303


def test_after_the_window_failures_are_forgotten(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, login_free_attempts_per_name=1)
    for number in range(4):
        site.sign_in(site.browser(address=f"10.0.0.{number}"), "ann", "wrong password")
    clock.advance(site.settings.login_window_s + 1)
    site.slept.clear()

    site.sign_in(site.browser(), "ann")

    assert site.slept == []


def test_signing_in_forgets_the_failures_before_it(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, login_free_attempts_per_name=2)

    answers = [
        site.sign_in(site.browser(), "ann", word).status_code for word in ("no", PASSWORD, "no", PASSWORD)
    ]

    assert answers == [401, 303, 401, 303]
    assert site.slept == []


def test_a_damaged_user_is_told_so_and_the_service_log_names_the_object(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.store.put("control/users/ann.json", b'{"name": "ann"')

    damaged, whole = site.sign_in(site.browser(), "ann"), site.sign_in(site.browser(), "gus")

    assert (damaged.status_code, whole.status_code) == (503, 303)
    assert "Ask your provider to repair" in damaged.text
    assert "POST /login: The object 'control/users/ann.json'" in caplog.text


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/logout",
        "tickets",
    ],
)
def test_signing_in_never_leads_to_another_site(site: Site, wanted: str) -> None:
    browser = site.browser()

    by_form = site.sign_in(browser, "ann", next=wanted)
    by_address = browser.get("/login", params={"next": wanted})

    assert (by_form.status_code, by_form.headers["location"]) == (303, "/")
    assert (by_address.status_code, by_address.headers["location"]) == (303, "/")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example", None])
def test_a_form_sent_from_another_site_is_refused(site: Site, origin: str | None) -> None:
    browser = site.browser()
    token = form_token(browser.get("/login").text)
    del browser.headers["origin"]

    answer = browser.post(
        "/login",
        data={"username": "ann", "password": PASSWORD, "csrf_token": token},
        headers={} if origin is None else {"origin": origin},
    )

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "0" * 64, "stolen"])
def test_a_form_without_its_own_token_is_refused(site: Site, token: str) -> None:
    victim, attacker = site.browser(), site.browser()
    victim.get("/login")
    if token == "stolen":
        token = form_token(attacker.get("/login").text)

    answer = victim.post("/login", data={"username": "ann", "password": PASSWORD, "csrf_token": token})

    assert answer.status_code == 403
    assert "This form has expired" in answer.text


def test_a_form_that_is_far_too_long_is_refused(site: Site) -> None:
    assert site.sign_in(site.browser(), "ann", "x" * 100_000).status_code == 403


def test_signing_out_ends_the_session_its_kernels_and_the_cookie_for_good(site: Site) -> None:
    browser = site.browser("ann")
    kernel = site.open(browser)
    kept = browser.cookies.get("caselog")
    token = form_token(browser.get("/").text)

    answer = browser.post("/logout", data={"csrf_token": token})
    browser.cookies.set("caselog", str(kept))

    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert kernel in site.voila.ended
    assert browser.get("/").status_code == 303


def _silent_site(folder: Path, clock: FakeClock) -> tuple[Site, MoodyStore]:
    store = MoodyStore(folder)
    add_users(store, clock())
    return Site(folder, clock, store=store), store


def sign_in_over(site: Site, browser: TestClient, name: str) -> Any:
    """Sign in with a browser that has a session, by a form that it was given before."""
    other = site.browser()
    token = form_token(other.get("/login").text)
    browser.cookies.set("caselog-form", str(other.cookies.get("caselog-form")))
    return browser.post("/login", data={"username": name, "password": PASSWORD, "csrf_token": token})


class NoSignOuts(MoodyStore):
    """Takes everything but word of a session that was signed out."""

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        self.is_silent = key.startswith("control/sessions/")
        try:
            await super().put_async(key, data, timeout_s=timeout_s)
        finally:
            self.is_silent = False


@pytest.mark.parametrize("name", ["gus", "ann"])
def test_signing_in_ends_the_session_that_the_browser_had(site: Site, name: str) -> None:
    browser, stolen, elsewhere = site.browser("ann"), site.browser(), site.browser("ann")
    kernel, of_elsewhere = site.open(browser), site.open(elsewhere)
    stolen.cookies.set("caselog", str(browser.cookies.get("caselog")))

    answer = sign_in_over(site, browser, name)

    assert answer.status_code == 303
    assert site.voila.ended == [kernel]
    assert stolen.get("/account").status_code == 303
    assert elsewhere.get("/account").status_code == 200
    assert of_elsewhere not in site.voila.ended


def test_signing_in_over_a_session_goes_on_while_the_store_takes_no_sign_out(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = NoSignOuts(tmp_path)
    add_users(store, clock())
    site = Site(tmp_path, clock, store=store)
    browser, stolen = site.browser("ann"), site.browser()
    stolen.cookies.set("caselog", str(browser.cookies.get("caselog")))

    answer = sign_in_over(site, browser, "gus")

    assert answer.status_code == 303
    assert stolen.get("/account").status_code == 303


def test_a_sign_out_that_the_store_does_not_take_counts_here_at_once_and_everywhere_later(
    tmp_path: Path, clock: FakeClock
) -> None:
    site, store = _silent_site(tmp_path, clock)
    replica = Site(tmp_path, clock, store=store)
    browser = site.browser("ann")
    kernel = site.open(browser)
    kept, token = str(browser.cookies.get("caselog")), form_token(browser.get("/").text)
    store.is_silent = True

    answer = browser.post("/logout", data={"csrf_token": token})
    store.is_silent = False
    browser.cookies.set("caselog", kept)
    there = replica.browser()
    there.cookies.set("caselog", kept)
    before = there.get("/").status_code
    asyncio.run(site.app.state.sign_outs.tell())
    clock.advance(site.settings.user_cache_s)

    assert answer.status_code == 503
    assert "You are logged out of this browser" in answer.text
    assert 'caselog=""' in answer.headers["set-cookie"]
    assert kernel in site.voila.ended
    assert browser.get("/").status_code == 303
    assert (before, there.get("/").status_code) == (200, 303)


def test_signing_out_needs_no_answer_about_the_user(tmp_path: Path, clock: FakeClock) -> None:
    site, store = _silent_site(tmp_path, clock)
    browser = site.browser("ann")
    token = form_token(browser.get("/").text)
    clock.advance(site.settings.user_cache_s + 1)
    store.is_silent = True

    answer = browser.post("/logout", data={"csrf_token": token})

    assert answer.status_code == 503
    assert 'caselog=""' in answer.headers["set-cookie"]


def test_nobody_signs_another_out(site: Site) -> None:
    ann, gus = site.browser("ann"), site.browser("gus")
    of_gus = form_token(gus.get("/").text)

    answers = [ann.post("/logout", data={"csrf_token": token}) for token in ("", of_gus)]
    foreign = ann.post("/logout", headers={"origin": "https://evil.example"})

    assert [answer.status_code for answer in (*answers, foreign)] == [403, 403, 403]
    assert ann.get("/").status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    cookie = site.sign_in(site.browser(), "ann").headers.get_list("set-cookie")[0]

    assert cookie.startswith("caselog=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, public_url="https://logs.example.com")
    browser = site.browser(base_url="https://logs.example.com")

    answer = site.sign_in(browser, "ann")

    cookie = answer.headers.get_list("set-cookie")[0]
    assert cookie.startswith("__Host-caselog=")
    assert "Secure" in cookie
    assert "strict-transport-security" in answer.headers
    assert browser.get("/").status_code == 200


def test_with_a_public_url_no_other_origin_may_post(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, public_url="https://logs.example.com")
    browser = site.browser(base_url=ORIGIN)

    assert site.sign_in(browser, "ann").status_code == 403


#: Nearly the address that the browser has: `{}` stands for host and port.
NEARLY = [
    "https://{}",
    "x://{}",
    "//{}",
    "{}",
    "HTTP://{}",
    "http://a@{}",
    "http://{}:80",
    "http://[::1",
    "http://",
]


@pytest.mark.parametrize("origin", NEARLY)
def test_without_a_public_url_the_origin_is_what_was_typed_and_nothing_near_it(
    site: Site, origin: str
) -> None:
    browser = site.browser()
    token = form_token(browser.get("/login").text)
    form = {"username": "ann", "password": PASSWORD, "csrf_token": token}

    refused = browser.post("/login", data=form, headers={"origin": origin.format("testserver")})

    assert refused.status_code == 403
    assert "CASELOG_DASHBOARDS_PUBLIC_URL" in refused.text


@pytest.mark.parametrize(
    ("address", "told", "origin", "status"),
    [
        ("127.0.0.1", "https", "https://testserver", 303),
        ("127.0.0.1", "https", "http://testserver", 403),
        ("127.0.0.1", "http", "http://testserver", 303),
        ("10.0.0.1", "https", "https://testserver", 403),
    ],
    ids=["over TLS", "beside TLS", "without TLS", "by somebody else"],
)
def test_without_a_public_url_the_scheme_is_what_a_trusted_proxy_says(
    site: Site, address: str, told: str, origin: str, status: int
) -> None:
    browser = site.browser(address=address)
    browser.headers["x-forwarded-proto"] = told
    browser.headers["origin"] = origin

    assert site.sign_in(browser, "ann").status_code == status
