"""Headers that no browser sends: whatever they hold, the answer is for whoever sent them, never a mistake of ours."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import Site

_NAMES = [
    "origin",
    "host",
    "cookie",
    "range",
    "if-none-match",
    "if-modified-since",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-user",
    "x-caselog-proxy-secret",
    "content-length",
    "content-type",
    "accept-encoding",
    "accept-language",
    "authorization",
    "sec-purpose",
    "x-request-id",
]
_WHOLE = [
    "http://[::1",
    "http://[",
    "http://]",
    "//[x]:y",
    "http://\u2100.example",
    "http://a:b:c",
    "http://a:99999999",
    "null",
    "[::1",
    "a:b",
    ":",
    "caselog=",
    "caselog=a.b.c",
    'caselog="',
    "=;=;caselog",
    "caselog_zone=\xff",
    "bytes=-",
    "bytes=9-1",
    "bytes=0-99999999999999999999",
    'W/"',
    "*",
    "1.2.3.4, [::1",
    "[::1]:80:80",
    "999.1.1.1",
    "-1",
    "1e9",
    "99999999999999999999",
    "gzip;q=",
    "Basic ",
    "Bearer \xff",
    "pat",
    "s" * 40,
]
_PATHS = [
    ("GET", "/"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/logout"),
    ("POST", "/logout/everywhere"),
    ("GET", "/account"),
    ("POST", "/account/password"),
    ("GET", "/ticket/acme/1"),
    ("GET", "/trace/acme/2026-11/1"),
    ("GET", "/download/tickets.pdf"),
    ("HEAD", "/download/tickets.csv"),
    ("GET", "/receipts/acme.ndjson"),
    ("GET", "/static/caselog.css"),
    ("GET", "/favicon.ico"),
    ("POST", "/bye/x"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/nowhere"),
]
_PIECES = st.sampled_from(
    [*_WHOLE, "", " ", "\t", "\0", "\x7f", "\xff", "\x85", "http://testserver", ",", ";", "%", "%ff"]
)
_VALUES = st.one_of(
    st.sampled_from(_WHOLE),
    st.lists(_PIECES, max_size=4).map("".join),
    st.text(st.characters(max_codepoint=255), max_size=30),
).map(lambda text: text.encode("utf-8") if any(ord(each) > 255 for each in text) else text.encode("latin-1"))
_HEADERS = st.lists(st.tuples(st.sampled_from(_NAMES), _VALUES), max_size=5)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A gateway that believes a proxy, so that what a proxy says is read too."""
    folder: Path = tmp_path_factory.mktemp("odd")
    return Site(
        folder,
        FakeClock(),
        trusted_proxies=("10.0.0.1",),
        trusted_user_header="X-Forwarded-User",
        trusted_user_secret=SecretStr("s" * 40),
    )


def ask(
    site: Site, method: str, path: str, headers: list[tuple[str, bytes]], query: bytes = b""
) -> tuple[int, bytes]:
    """The status of the answer, and its body; raises what the gateway raises."""
    statuses: list[int] = []
    body: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"a=%ff&csrf_token=x", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        else:
            body.append(message.get("body", b""))

    names = {name for name, _ in headers}
    usual = [("host", b"testserver"), ("origin", b"http://testserver"), ("cookie", site_cookie(site))]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [
            (n.encode(), v) for n, v in [*headers, *(each for each in usual if each[0] not in names)]
        ],
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("10.0.0.1", 50000),
    }
    asyncio.run(site.app(scope, receive, send))
    return statuses[0], b"".join(body)


def site_cookie(site: Site) -> bytes:
    return f"caselog={site.browser('ann').cookies['caselog']}".encode()


@given(headers=_HEADERS, where=st.sampled_from(_PATHS), query=st.binary(max_size=8))
def test_no_header_of_any_shape_is_our_mistake(
    site: Site, headers: list[tuple[str, bytes]], where: tuple[str, str], query: bytes
) -> None:
    site.voila.is_ready = False  # a page would be made: 503 is its answer, and no other's

    status, _ = ask(site, *where, headers, query)

    assert status < 500 or (status == 503 and where[1] in {"/", "/ticket/acme/1"})


@pytest.mark.parametrize("is_signed_in", [True, False])
@pytest.mark.parametrize("name", ["origin", "host"])
@pytest.mark.parametrize("where", _PATHS, ids="".join)
def test_a_malformed_origin_or_host_is_no_mistake_of_ours(
    site: Site, where: tuple[str, str], name: str, is_signed_in: bool
) -> None:
    site.voila.is_ready = False
    cookie = [] if is_signed_in else [("cookie", b"")]

    for value in ("http://[::1", "http://]", "//[x]:y", "http://\u2100.example", "[::1", "null", ":"):
        status, _ = ask(site, *where, [(name, value.encode()), *cookie], b"q=\xff")

        assert status < 500 or (status == 503 and where[1] in {"/", "/ticket/acme/1"})
        if name == "origin" and where[0] == "POST":
            assert status == 403


_OPEN_TO_ALL = {"/static/caselog.css", "/favicon.ico", "/healthz", "/metrics", "/nowhere"}


@pytest.mark.parametrize("where", [each for each in _PATHS if each[1] not in _OPEN_TO_ALL], ids="".join)
def test_whoever_names_a_user_and_may_not_is_refused_whatever_he_asks_for(
    site: Site, where: tuple[str, str]
) -> None:
    status, body = ask(site, *where, [("x-forwarded-user", b"pat")])

    assert status == 403
    assert b"did not come from the proxy" in body
