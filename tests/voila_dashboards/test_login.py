"""Signing in and out: the form, its limits, and what a forger meets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import ORIGIN, PASSWORD, Site, form_token


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


def test_too_many_failures_of_one_user_have_to_wait_even_with_the_right_password(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock, login_attempts_per_user=2, login_window_s=60)
    for address in ("10.0.0.1", "10.0.0.2"):
        site.sign_in(site.browser(address=address), "ann", "wrong password")

    refused = site.sign_in(site.browser(address="10.0.0.3"), "ann")
    other = site.sign_in(site.browser(address="10.0.0.1"), "gus")
    clock.advance(61)
    later = site.sign_in(site.browser(), "ann")

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "Wait" in refused.text
    assert (other.status_code, later.status_code) == (303, 303)


def test_too_many_failures_from_one_address_have_to_wait_whatever_the_name(
    tmp_path: Path, clock: FakeClock
) -> None:
    site = Site(tmp_path, clock, login_attempts_per_address=3)
    for name in ("eve", "mallory", "ann"):
        site.sign_in(site.browser(), name, "wrong password")

    refused, elsewhere = (
        site.sign_in(site.browser(), "gus"),
        site.sign_in(site.browser(address="10.0.0.2"), "gus"),
    )

    assert (refused.status_code, elsewhere.status_code) == (429, 303)


def test_signing_in_forgets_the_failures_before_it(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock, login_attempts_per_user=2)

    answers = [
        site.sign_in(site.browser(), "ann", word).status_code for word in ("no", PASSWORD, "no", PASSWORD)
    ]

    assert answers == [401, 303, 401, 303]


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
