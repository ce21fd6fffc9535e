"""Sign-in by the header of a company's proxy: whom it lets in, and everybody else who tries."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from access.audit import list_events
from access.users import Role, create_user, disable_user, remove_user
from cli.environment import DASHBOARDS_PREFIX, read_settings
from cli.errors import SettingsError
from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import PASSWORD, Site, form_token
from voila_dashboards.settings import DashboardSettings

SECRET = "p" * 40
PROXY = "10.1.2.3"
SETTINGS: dict[str, Any] = {
    "trusted_user_header": "X-Forwarded-User",
    "trusted_user_secret": SecretStr(SECRET),
    "trusted_proxies": ("10.1.0.0/16", "::1"),
}
TOLD = {"X-Forwarded-User": "ann", "X-Caselog-Proxy-Secret": SECRET}


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock, **SETTINGS)


def by_proxy(site: Site, name: str = "ann", *, address: str = PROXY, **headers: str) -> TestClient:
    """A browser behind the proxy, which adds its headers to every request."""
    browser = site.browser(address=address)
    browser.headers.update({**TOLD, "X-Forwarded-User": name, **headers})
    return browser


def enter(browser: TestClient, path: str = "/") -> Any:
    """Follow where the gateway sends a browser, as browsers do."""
    answer = browser.get(path)
    for _ in range(5):
        if answer.status_code != 303:
            break
        answer = browser.get(answer.headers["location"])
    return answer


def test_whom_the_proxy_names_is_signed_in_with_the_rights_of_the_lake(site: Site) -> None:
    browser = by_proxy(site)

    answer = enter(browser, "/tickets?status=FAILED")

    assert (answer.status_code, answer.url.path, answer.url.query) == (200, "/tickets", b"status=FAILED")
    assert site.voila.admissions[-1].viewer["clients"] == ["acme"]
    assert enter(by_proxy(site, "pat")).status_code == 200
    assert site.voila.admissions[-1].viewer["clients"] is None


def test_capitals_of_a_name_do_not_matter(site: Site) -> None:
    create_user(site.store, "mia@example.com", Role.PROVIDER, None, site.clock())

    assert enter(by_proxy(site, "Mia@Example.com")).status_code == 200


@pytest.mark.parametrize("address", ["::ffff:10.1.2.3", "::1"])
def test_an_address_of_the_proxy_counts_however_it_is_written(site: Site, address: str) -> None:
    assert enter(by_proxy(site, address=address)).status_code == 200


def test_it_is_off_unless_it_is_set(tmp_path: Path, clock: FakeClock) -> None:
    site = Site(tmp_path, clock)

    answer = enter(by_proxy(site, address="127.0.0.1"))

    assert (answer.status_code, answer.url.path) == (200, "/login")
    assert "Password" in answer.text


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        pytest.param("203.0.113.9", {}, id="from elsewhere, with the right secret"),
        pytest.param("127.0.0.1", {}, id="from this machine"),
        pytest.param("10.2.0.1", {}, id="from the network beside it"),
        pytest.param("203.0.113.9", {"X-Forwarded-For": PROXY}, id="with the proxy's address as forwarded"),
        pytest.param("203.0.113.9", {"X-Forwarded-For": f"{PROXY}, {PROXY}"}, id="forwarded twice"),
        pytest.param("203.0.113.9", {"Forwarded": f"for={PROXY}"}, id="by the standard header"),
        pytest.param("203.0.113.9", {"X-Real-IP": PROXY}, id="by another header"),
        pytest.param("", {}, id="from no address"),
        pytest.param("testclient", {}, id="from what is no address"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/login", "/account", "/trace/acme/2026-11/1"])
def test_the_header_of_anybody_else_is_refused(
    site: Site, address: str, headers: dict[str, str], path: str
) -> None:
    browser = by_proxy(site, address=address, **headers)

    answer = browser.get(path)

    assert answer.status_code == 403
    assert "did not come from the proxy" in answer.text
    assert "set-cookie" not in answer.headers


#: What nobody is asked for who it is.
OPEN = {"/healthz", "/readyz", "/metrics", "/static/{name:path}", "/favicon.ico"}


def test_no_address_but_those_that_ask_nobody_is_answered_to_a_forger(site: Site) -> None:
    forger = by_proxy(site, "pat", address="203.0.113.9")
    routes = [route for route in site.app.routes if isinstance(route, Route) and route.path not in OPEN]

    answered = {
        (method, route.path): forger.request(method, route.path.replace("{format}", "csv")).status_code
        for route in routes
        for method in route.methods or ()
    }

    assert len(answered) > 30
    assert {told for told, status in answered.items() if status != 403} == set()


def test_signing_out_a_session_of_the_proxys_needs_its_header(site: Site) -> None:
    browser, gus = by_proxy(site), by_proxy(site, "gus")
    token = form_token(enter(browser).text)
    cookies = {"caselog": str(browser.cookies.get("caselog"))}
    without = site.browser(address=PROXY)

    for other in (without, gus):
        other.cookies.update(cookies)
        assert other.post("/logout", data={"csrf_token": token}).headers["location"] == "/login"

    assert browser.get("/account").status_code == 200
    browser.post("/logout", data={"csrf_token": token})
    browser.cookies.update(cookies)
    assert browser.get("/account").status_code == 303


@pytest.mark.parametrize(
    "name", [b"pat\xa0", b"\x85pat", b"\xa0pat\xa0", b"p\xc2\xa0at", b"pat\x1c", b"\x0bpat"]
)
def test_a_name_that_only_looks_like_a_users_is_another(site: Site, name: bytes) -> None:
    told = [(b"x-forwarded-user", name), (b"x-caselog-proxy-secret", SECRET.encode())]

    async def with_bytes(scope: Any, receive: Any, send: Any) -> None:
        """A client library would write other bytes in their place."""
        await site.app({**scope, "headers": [*scope["headers"], *told]}, receive, send)

    answer = TestClient(with_bytes, client=(PROXY, 1), follow_redirects=False).get("/login")

    assert answer.status_code == 403
    assert "nobody of this name may sign in" in answer.text


def test_a_connection_without_an_address_is_no_proxys(site: Site) -> None:
    """A Unix socket."""

    async def without_client(scope: Any, receive: Any, send: Any) -> None:
        await site.app({**scope, "client": None}, receive, send)

    browser = TestClient(without_client, follow_redirects=False)
    browser.headers.update(TOLD)

    assert browser.get("/").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="no secret"),
        pytest.param([("X-Caselog-Proxy-Secret", "")], id="an empty one"),
        pytest.param([("X-Caselog-Proxy-Secret", "q" * 40)], id="another one"),
        pytest.param([("X-Caselog-Proxy-Secret", SECRET[:-1])], id="a part of it"),
        pytest.param([("X-Caselog-Proxy-Secret", SECRET)] * 2, id="twice"),
        pytest.param(
            [("X-Caselog-Proxy-Secret", SECRET), ("X-Caselog-Proxy-Secret", "q")], id="and another one"
        ),
        pytest.param([("X_Caselog_Proxy_Secret", SECRET)], id="with underscores"),
    ],
)
def test_from_the_proxys_address_the_secret_has_to_stand_beside_it_once(
    site: Site, headers: list[tuple[str, str]]
) -> None:
    browser = site.browser(address=PROXY)

    answer = browser.get("/login", headers=[("X-Forwarded-User", "ann"), *headers])

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([("X-Forwarded-User", "gus"), ("X-Forwarded-User", "ann")], id="twice"),
        pytest.param([("X-Forwarded-User", "ann"), ("x-forwarded-user", "ann")], id="twice the same"),
        pytest.param([("X_Forwarded_User", "pat"), ("X-Forwarded-User", "ann")], id="beside underscores"),
        pytest.param([("X_Forwarded_User", "pat")], id="with underscores alone"),
        pytest.param([("X-Forwarded_User", "pat")], id="with one underscore"),
    ],
)
def test_a_name_that_is_told_twice_or_spelled_otherwise_is_refused(
    site: Site, names: list[tuple[str, str]]
) -> None:
    browser = site.browser(address=PROXY)

    answer = browser.get("/login", headers=[("X-Caselog-Proxy-Secret", SECRET), *names])

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("name", ["eve", "ann, pat", "../users/pat", "ann\xe9", "a" * 2000, "ann pat"])
def test_whom_the_lake_does_not_know_may_not_come_in(site: Site, name: str) -> None:
    browser = site.browser(address=PROXY)
    headers = {b"X-Caselog-Proxy-Secret": SECRET.encode(), b"X-Forwarded-User": name.encode("latin-1")}

    answer = browser.get("/login", headers=list(headers.items()))

    assert answer.status_code == 403
    assert "Ask your provider for access" in answer.text
    assert "set-cookie" not in answer.headers


def test_who_is_disabled_gets_the_answer_of_whom_nobody_knows(site: Site, clock: FakeClock) -> None:
    disable_user(site.store, "ann", clock())

    disabled, unknown = (by_proxy(site, name).get("/login") for name in ("ann", "eve"))

    assert (disabled.status_code, unknown.status_code) == (403, 403)
    assert disabled.text.replace("are ann,", "are eve,") == unknown.text


def test_where_the_proxy_names_nobody_a_request_is_like_any_other(site: Site) -> None:
    for headers in ({}, {"X-Forwarded-User": ""}):
        browser = site.browser(address=PROXY)
        browser.headers.update({"X-Caselog-Proxy-Secret": SECRET, **headers})

        assert enter(browser).url.path == "/login"
        assert site.sign_in(browser, "ann").status_code == 303
        assert browser.get("/").status_code == 200


def test_an_empty_header_of_anybody_else_is_refused_as_well(site: Site) -> None:
    answer = site.browser().get("/", headers={"X-Forwarded-User": ""})

    assert answer.status_code == 403


def test_a_cookie_of_the_proxys_is_worth_nothing_without_its_header(site: Site) -> None:
    browser = by_proxy(site)
    enter(browser)
    thief = site.browser()
    thief.cookies.set("caselog", str(browser.cookies.get("caselog")))

    assert thief.get("/").status_code == 303
    assert thief.get("/account").headers["location"].startswith("/login")


def test_another_user_behind_the_proxy_does_not_go_on_with_the_session(site: Site) -> None:
    browser = by_proxy(site)
    enter(browser)
    browser.headers["X-Forwarded-User"] = "gus"

    before = browser.get("/account").status_code
    after = enter(browser, "/account")

    assert before == 303
    assert "<bdi>gus</bdi>" in after.text
    assert "acme" not in after.text


def test_a_session_by_password_is_not_taken_for_one_of_the_proxys(site: Site) -> None:
    browser = site.browser(address=PROXY)
    site.sign_in(browser, "gus")
    browser.headers.update(TOLD)

    page = enter(browser, "/account")

    assert "<bdi>ann</bdi>" in page.text
    assert "your company's own sign-in" in page.text


def test_a_password_is_not_asked_where_the_proxy_has_said_who_it_is(site: Site) -> None:
    browser = site.browser(address=PROXY)
    token = form_token(browser.get("/login").text)
    form = {"username": "pat", "password": PASSWORD, "csrf_token": token}

    answer = browser.post("/login", data=form, headers=TOLD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert enter(by_proxy(site), "/account").text.count("<bdi>ann</bdi>") == 1


def test_a_spoofed_header_beside_the_right_password_is_refused(site: Site) -> None:
    browser = site.browser()
    token = form_token(browser.get("/login").text)
    form = {"username": "ann", "password": PASSWORD, "csrf_token": token}

    answer = browser.post("/login", data=form, headers={**TOLD, "X-Forwarded-User": "pat"})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_websocket_needs_the_header_too(site: Site) -> None:
    browser = by_proxy(site)
    enter(browser)
    kernel = site.voila.kernels[-1]
    path = f"/api/kernels/{kernel}/channels"

    with browser.websocket_connect(path) as socket:
        assert site.voila.opened != []
        socket.close()
    opened = len(site.voila.opened)
    for change in ({"X-Forwarded-User": "gus"}, {"X-Caselog-Proxy-Secret": "q" * 40}):
        with browser.websocket_connect(path, headers=change) as socket, pytest.raises(WebSocketDisconnect):
            socket.receive_text()

    assert len(site.voila.opened) == opened


def test_whom_the_proxy_names_takes_the_place_of_the_session_before(site: Site) -> None:
    browser, stolen = by_proxy(site), site.browser("gus")
    browser.cookies.set("caselog", str(stolen.cookies.get("caselog")))

    assert browser.get("/login").status_code == 303
    assert stolen.get("/account").status_code == 303


def test_a_user_who_is_removed_or_disabled_is_out_within_seconds(site: Site, clock: FakeClock) -> None:
    browsers = {name: by_proxy(site, name) for name in ("ann", "gus")}
    for browser in browsers.values():
        enter(browser)
    kernels = site.voila.kernels[-2:]
    remove_user(site.store, "ann")
    disable_user(site.store, "gus", clock())
    clock.advance(site.settings.user_cache_s)

    asyncio.run(site.app.state.lifetimes.sweep())

    assert set(kernels) <= set(site.voila.ended)
    assert [enter(browser).status_code for browser in browsers.values()] == [403, 403]


def test_who_came_by_the_proxy_changes_no_password_here(site: Site) -> None:
    browser = by_proxy(site)
    page = enter(browser, "/account").text
    form = {"current": PASSWORD, "new": "another horse battery", "again": "another horse battery"}

    answer = browser.post("/account/password", data={**form, "csrf_token": form_token(page)})

    assert "Current password" not in page
    assert answer.status_code == 404
    assert list(site.store.list("control/passwords")) == []


@pytest.mark.parametrize("path", ["/logout", "/logout/everywhere"])
def test_signing_out_leads_to_the_proxys_own_sign_out(tmp_path: Path, clock: FakeClock, path: str) -> None:
    url = "https://login.example.com/logout?then=caselog"
    site = Site(tmp_path, clock, **SETTINGS, trusted_sign_out_url=url)
    browser = by_proxy(site)
    page = enter(browser, "/account")

    answer = browser.post(path, data={"csrf_token": form_token(page.text)})

    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert "form-action 'self' https://login.example.com;" in page.headers["content-security-policy"]
    assert 'caselog=""' in answer.headers["set-cookie"]


@pytest.mark.parametrize("path", ["/logout", "/logout/everywhere"])
def test_where_no_sign_out_of_the_proxy_is_known_that_is_said(site: Site, path: str) -> None:
    browser = by_proxy(site)
    page = enter(browser, "/account")

    answer = browser.post(path, data={"csrf_token": form_token(page.text)})

    assert answer.status_code == 200
    assert "still knows you" in answer.text
    assert "form-action 'self';" in page.headers["content-security-policy"]
    assert browser.get("/").status_code == 303


def test_a_browser_that_keeps_no_cookie_is_told_so_and_does_not_go_round(site: Site) -> None:
    browser = by_proxy(site)
    answer = browser.get("/")
    for _ in range(2):
        browser.cookies.clear()
        answer = browser.get(answer.headers["location"])

    assert answer.status_code == 403
    assert "keeps no cookie" in answer.text


def test_a_user_without_a_password_comes_by_the_proxy_alone(site: Site) -> None:
    create_user(site.store, "pia", Role.PROVIDER, None, site.clock())

    answers = [site.sign_in(site.browser(), "pia", word).status_code for word in ("", "nobody", PASSWORD)]

    assert answers == [401] * 3
    assert enter(by_proxy(site, "pia")).status_code == 200


def test_the_audit_tells_who_came_by_the_proxy_from_where_and_who_tried(
    site: Site, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    enter(by_proxy(site, **{"X-Forwarded-For": "198.51.100.4"}))
    clock.advance(1)
    for _ in range(30):
        by_proxy(site, "pat", address="203.0.113.9").get("/")
    clock.advance(60)
    asyncio.run(site.app.state.audit.write())

    events = list(list_events(site.store, clock() - timedelta(hours=1), clock()))

    told = [(each.event.value, each.user, each.by, each.address, each.count) for each in events]
    assert told == [
        ("signed_in", "ann", "proxy", "198.51.100.4", 1),
        ("header_refused", None, None, "203.0.113.9", 30),
    ]
    assert caplog.text.count("203.0.113.9") == 1
    assert SECRET not in caplog.text


# ---------------------------------------------------------------- settings


ENV = {
    "CASELOG_DASHBOARDS_TRUSTED_USER_HEADER": "X-Forwarded-User",
    "CASELOG_DASHBOARDS_TRUSTED_USER_SECRET": SECRET,
    "CASELOG_DASHBOARDS_TRUSTED_PROXIES": "10.1.0.0/16, 2001:db8::/32",
}


def test_the_settings_are_taken_from_the_environment() -> None:
    settings = read_settings(DashboardSettings, DASHBOARDS_PREFIX, ENV)

    assert settings.trusted_proxies == ("10.1.0.0/16", "2001:db8::/32")
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TRUSTED_PROXIES", None, "TRUSTED_PROXIES has to name the addresses"),
        ("TRUSTED_PROXIES", "", "TRUSTED_PROXIES has to name the addresses"),
        ("TRUSTED_PROXIES", "*", "must not name every address"),
        ("TRUSTED_PROXIES", "10.1.0.1,0.0.0.0/0", "must not name every address"),
        ("TRUSTED_PROXIES", "::/0", "must not name every address"),
        ("TRUSTED_PROXIES", "10.1.2.3/16", "must be addresses, or networks"),
        ("TRUSTED_PROXIES", "proxy.internal", "must be addresses, or networks"),
        ("TRUSTED_USER_SECRET", None, "TRUSTED_USER_SECRET has to be what the proxy says"),
        ("TRUSTED_USER_SECRET", "short", "TRUSTED_USER_SECRET has to be what the proxy says"),
        ("TRUSTED_USER_HEADER", "X_Forwarded_User", "must be a header that nothing else uses"),
        ("TRUSTED_USER_HEADER", "Cookie", "must be a header that nothing else uses"),
        ("TRUSTED_USER_HEADER", "X-Forwarded-For", "must be a header that nothing else uses"),
        ("TRUSTED_USER_HEADER", "X-Forwarded-User: ann", "must be a header that nothing else uses"),
        ("TRUSTED_USER_SECRET_HEADER", "x-forwarded-user", "two headers"),
        ("TRUSTED_SIGN_OUT_URL", "javascript:alert(1)", "must be a path of this site"),
        ("TRUSTED_SIGN_OUT_URL", "//evil.example", "must be a path of this site"),
        ("TRUSTED_SIGN_OUT_URL", "https://a.example/\r\nSet-Cookie: x", "must be a path of this site"),
    ],
)
def test_settings_that_let_in_too_many_stop_the_start_in_words(
    name: str, value: str | None, said: str
) -> None:
    env = {**ENV, f"CASELOG_DASHBOARDS_{name}": value or ""}
    if value is None:
        del env[f"CASELOG_DASHBOARDS_{name}"]

    with pytest.raises(SettingsError) as refused:
        read_settings(DashboardSettings, DASHBOARDS_PREFIX, env)

    assert said in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_default_is_nobodys_decision() -> None:
    with pytest.raises(ValidationError, match="has to name the addresses"):
        DashboardSettings(trusted_user_header="X-Forwarded-User", trusted_user_secret=SecretStr(SECRET))
