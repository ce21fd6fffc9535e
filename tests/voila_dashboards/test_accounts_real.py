"""Accounts on the real dashboards, on a folder and on S3: two replicas, a proxy, and whoever pretends to be one."""

from __future__ import annotations

import re
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from access.audit import AuditEvent, list_events
from access.users import disable_user, enable_user
from tests.servers import s3
from tests.voila_dashboards.gateway_fakes import PASSWORD, form_token
from tests.voila_dashboards.gateway_server import LakeEnv, Server, dashboards_on, open_page, wait_until
from voila_dashboards.gateway.session_end import SESSION_OVER

NEW = "another horse battery"
SECRET = "p" * 40
#: The proxy's connections come from here, everybody else's from 127.0.0.1.
PROXY = "127.0.0.2"
TOLD = {"X-Forwarded-User": "pat", "X-Caselog-Proxy-Secret": SECRET}
#: `user_cache_s`, the sweep, and what a busy machine adds.
SECONDS = 7 + 23


@pytest.fixture(scope="module", params=["file", "weed"])
def replicas(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("accounts")
    lake = LakeEnv((folder / "lake").as_uri(), {})
    if request.param == "weed":
        server: s3.S3Server = request.getfixturevalue("weed_server")
        lake = LakeEnv(f"s3://{s3.BUCKET}/{uuid.uuid4().hex}", dict(server.env))
    else:
        (folder / "lake").mkdir()
    settings = {
        "pool_size": 0,
        "trusted_user_header": "X-Forwarded-User",
        "trusted_user_secret": SECRET,
        "trusted_proxies": PROXY,
    }
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(dashboards_on(lake, cache_dir=folder / name, **settings))
            for name in ("first", "second")
        )
        yield first, second


def events(server: Server) -> list[AuditEvent]:
    now = datetime.now(UTC)
    return list(list_events(server.store, now - timedelta(hours=1), now + timedelta(minutes=1)))


def is_out(browser: httpx.Client) -> bool:
    return browser.get("/account").status_code == 303


def test_a_changed_password_ends_sessions_and_pages_at_the_other_replica(
    replicas: tuple[Server, Server],
) -> None:
    here, there = replicas
    mine, elsewhere, gus = here.browser("ann"), there.browser("ann"), there.browser("gus")
    open_page(elsewhere)
    open_page(gus)
    pages = len(there.kernels())
    watch, other = watching(there, elsewhere), watching(there, gus)
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    token = form_token(mine.get("/account").text)

    answer = mine.post("/account/password", data={**form, "csrf_token": token})
    begun = time.monotonic()
    wait_until("the other session ended", lambda: is_out(elsewhere), SECONDS)
    wait_until("its page's kernel ended", lambda: len(there.kernels()) < pages, SECONDS)
    with pytest.raises(ConnectionClosed) as closed:
        watch.recv(SECONDS)
    took = time.monotonic() - begun
    with pytest.raises(TimeoutError):
        other.recv(0.1)
    other.close()

    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (SESSION_OVER, "changed")
    assert answer.status_code == 303
    assert mine.get("/account").status_code == 200
    assert gus.get("/account").status_code == 200
    assert took < SECONDS
    old, new = (_sign_in(there, "ann", word) for word in (PASSWORD, NEW))
    assert (old, new) == (401, 303)


def watching(server: Server, browser: httpx.Client) -> ClientConnection:
    """The websocket by which an open page of the browser learns that its session is over."""
    found = re.search(r'data-caselog-session="([0-9a-f]{32})"', browser.get("/account").text)
    assert found is not None
    return connect(
        f"{server.url.replace('http', 'ws')}/session/{found[1]}/end",
        additional_headers={"Cookie": f"caselog={browser.cookies['caselog']}"},
        origin=Origin(server.url),
        proxy=None,
        open_timeout=60,
    )


def test_a_disabled_user_is_out_everywhere_and_answered_like_a_wrong_password(
    replicas: tuple[Server, Server],
) -> None:
    here, there = replicas
    browsers = [here.browser("gus"), there.browser("gus")]

    disable_user(here.store, "gus", datetime.now(UTC))
    wait_until("both sessions ended", lambda: all(map(is_out, browsers)), SECONDS)
    disabled = _sign_in(there, "gus", PASSWORD)
    enable_user(here.store, "gus")

    assert disabled == 401
    assert all(map(is_out, browsers))
    assert _sign_in(there, "gus", PASSWORD) == 303


def test_the_proxy_signs_people_in_and_nobody_who_pretends_to_be_it(
    replicas: tuple[Server, Server],
) -> None:
    here, _ = replicas
    proxy = httpx.HTTPTransport(local_address=PROXY)
    with httpx.Client(transport=proxy, base_url=here.url, headers=TOLD, timeout=60, trust_env=False) as pat:
        page = pat.get("/account", follow_redirects=True)
        _, _, shown = open_page(pat)
        cookie = pat.cookies["caselog"]
    others = httpx.Client(base_url=here.url, timeout=60, trust_env=False)
    with others:
        answers = {
            "the right secret": others.get("/account", headers=TOLD).status_code,
            "the proxy's address as forwarded": others.get(
                "/account", headers={**TOLD, "X-Forwarded-For": PROXY}
            ).status_code,
            "no secret": others.get("/account", headers={"X-Forwarded-User": "pat"}).status_code,
            "with underscores": others.get("/account", headers={"X_Forwarded_User": "pat"}).status_code,
            "the cookie alone": others.get("/account", headers={"cookie": f"caselog={cookie}"}).status_code,
        }

    assert page.status_code == 200
    assert "your company's own sign-in" in page.text
    assert {row["client_id"] for row in shown["data"].get("rows", [])} <= {"acme", "globex"}
    assert answers == {
        "the right secret": 403,
        "the proxy's address as forwarded": 403,
        "no secret": 403,
        "with underscores": 403,
        "the cookie alone": 303,
    }


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Forwarded-User: gus", "X-Forwarded-User: pat"],
        ["X-Forwarded-User: pat", "X_Forwarded_User: gus"],
        ["x-FORWARDED-user: pat", "X-Forwarded-User: pat"],
        ["X-Forwarded-User: pat", f"X-Caselog-Proxy-Secret: {SECRET}"],
    ],
)
def test_bytes_on_the_wire_that_say_it_twice_are_refused_from_the_proxy_too(
    replicas: tuple[Server, Server], lines: list[str]
) -> None:
    here, _ = replicas
    address = urlsplit(here.url)
    head = ["GET /login HTTP/1.1", f"Host: {address.netloc}", f"X-Caselog-Proxy-Secret: {SECRET}", *lines]
    with socket.create_connection(("127.0.0.1", address.port), 30, (PROXY, 0)) as connection:
        connection.sendall("\r\n".join([*head, "Connection: close", "", ""]).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 403")
    assert b"set-cookie" not in answer.lower()


def test_the_audit_has_all_of_it_within_seconds(replicas: tuple[Server, Server]) -> None:
    here, _ = replicas
    browser = here.browser("mia")
    _, _, page = open_page(browser, "/tickets")
    row = page["data"]["rows"][0]
    month = datetime.fromtimestamp(row["executed_at_ms"] / 1000, UTC).strftime("%Y-%m")

    answer = browser.get(f"/trace/{row['client_id']}/{month}/{row['log_id']}")
    wait_until("it is written", lambda: any(each.event == "downloaded" for each in events(here)), SECONDS)

    [taken] = [each for each in events(here) if each.event == "downloaded"]
    assert answer.status_code == 200
    assert (taken.user, taken.client_id, taken.address) == ("mia", row["client_id"], "127.0.0.1")
    assert {"signed_in"} <= {each.event.value for each in events(here)}


def _sign_in(server: Server, name: str, password: str) -> int:
    with httpx.Client(
        base_url=server.url, headers={"origin": server.url}, timeout=60, trust_env=False
    ) as client:
        token = form_token(client.get("/login").text)
        form = {"username": name, "password": password, "csrf_token": token}
        return client.post("/login", data=form).status_code
