"""What every answer of the gateway carries, also those that are made before or beside the application."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from serving.address import bind
from serving.server import stop
from tests.clock import FakeClock
from tests.serving.echo import talk
from tests.voila_dashboards.gateway_fakes import Site
from voila_dashboards.gateway.headers import CONTENT_SECURITY_POLICY
from voila_dashboards.serve import server_around

_ALWAYS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
_OFFER: Final = (
    "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
_CHANNEL: Final = "GET /api/kernels/x/channels HTTP/1.1\r\n"


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


def _carried(headers: Mapping[str, str]) -> dict[str, str | None]:
    """Those of `_ALWAYS` that are there; one that is there twice has both values."""
    return {name: headers.get(name) for name in _ALWAYS}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "POST"])
@pytest.mark.parametrize("path", ["/", "/login", "/nowhere", "/trace/acme/2026-11/x", "/logout", "/bye/x"])
def test_whatever_is_asked_for_the_answer_carries_them(site: Site, method: str, path: str) -> None:
    answer = site.browser("ann").request(method, path)

    assert _carried(answer.headers) == _ALWAYS


async def _fail(_request: Request) -> Response:
    raise ZeroDivisionError


@pytest.mark.parametrize("user", [None, "ann"])
def test_the_answer_to_a_defect_carries_them(site: Site, user: str | None) -> None:
    site.app.router.routes.insert(0, Route("/defect", _fail))
    browser = site.browser(user)
    quiet = TestClient(site.app, raise_server_exceptions=False, cookies=browser.cookies)

    answer = quiet.get("/defect")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert _carried(answer.headers) == _ALWAYS


def test_a_defect_in_the_asking_who_it_is_is_answered_by_a_page_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(_cookie: str | None, _proxy_user: str | None = None) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(site.app.state.sessions, "find", find)

    answer = TestClient(site.app, raise_server_exceptions=False).get("/tickets")

    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert _carried(answer.headers) == _ALWAYS


def _over_a_socket(site: Site, request: str) -> tuple[int, httpx.Headers]:
    """Status and headers of what a real server around the gateway says to these bytes."""

    async def ask() -> bytes:
        server = server_around(site.app, site.settings)
        listener = bind("127.0.0.1", 0)
        listener.listen()  # who connects now is served as soon as there is a server
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        answer = await asyncio.to_thread(talk, listener.getsockname()[1], request.encode("latin-1"))
        stop(server)
        await serving
        listener.close()
        return answer

    head, _, _ = asyncio.run(ask()).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = [line.split(": ", 1) for line in lines]
    return int(first.split()[1]), httpx.Headers([(name, value) for name, value in fields])


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (f"GET / HTTP/1.1\r\nHost: x\r\nX: {'a' * 40000}\r\n\r\n", 431),
        ("GARBAGE\r\n\r\n", 400),
        ("POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (f"{_CHANNEL}{_OFFER}Sec-WebSocket-Version: 13\r\nOrigin: http://elsewhere\r\n\r\n", 403),
        (f"{_CHANNEL}{_OFFER}Sec-WebSocket-Version: 13\r\n\r\n", 403),
        (f"GET /login HTTP/1.1\r\n{_OFFER}Sec-WebSocket-Version: 13\r\n\r\n", 403),
        (f"{_CHANNEL}{_OFFER}Sec-WebSocket-Version: 8\r\n\r\n", 400),
        (f"{_CHANNEL}{_OFFER}Sec-WebSocket-Version: 13\r\nCookie: {'x' * 9000}\r\n\r\n", 431),
    ],
    ids=[
        "large head",
        "no request",
        "unknown coding",
        "other origin",
        "no origin",
        "no socket",
        "version",
        "large offer",
    ],
)
def test_what_never_reaches_a_page_carries_them(site: Site, request_text: str, status: int) -> None:
    answered, headers = _over_a_socket(site, request_text)

    assert answered == status
    assert _carried(headers) == _ALWAYS
