"""A client whose level is OFF is told that all is well, whatever it sends, and little of it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Message

from access import clients
from access.clients import Level
from tests.collector.conftest import Collector, make_collector


@pytest.mark.claim("server-off")
def test_of_a_client_that_is_off_a_body_that_is_too_large_is_no_error_and_not_read_to_its_end() -> None:
    collector = make_collector(max_body_bytes=2000)
    clients.set_client(collector.store, "acme", level=Level.OFF)
    pieces = iter([b"x" * 1000] * 50)

    with collector.http() as http:
        announced = http.post("/v1/logs", content=b"x" * 2001, headers=collector.headers())
        within = http.post("/v1/logs", content=b"x" * 2000, headers=collector.headers())
    endless = asyncio.run(_post_pieces(collector, pieces))

    assert (announced.status_code, announced.headers["connection"]) == (200, "close")
    assert (within.status_code, within.headers.get("connection")) == (200, None)
    assert endless == (200, [(b"connection", b"close")])
    assert len(list(pieces)) == 47


@pytest.mark.claim("server-off")
def test_of_a_client_that_is_off_a_body_that_is_too_slow_is_no_error() -> None:
    collector = make_collector(upload_timeout_s=0.05)
    clients.set_client(collector.store, "acme", level=Level.OFF)
    assert asyncio.run(_post_pieces(collector, iter([b"x"]))) == (200, [(b"connection", b"close")])


async def _post_pieces(
    collector: Collector, pieces: Iterator[bytes]
) -> tuple[int, list[tuple[bytes, bytes]]]:
    """The status, and what is said of the connection, of a body in pieces that never ends."""
    began: dict[str, Any] = {}

    async def receive() -> Message:
        if (piece := next(pieces, None)) is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: Message) -> None:
        began.update(message if message["type"] == "http.response.start" else {})

    headers = [(name.lower().encode(), value.encode()) for name, value in collector.headers().items()]
    await collector.app(
        {"type": "http", "method": "POST", "path": "/v1/logs", "headers": headers}, receive, send
    )
    return began["status"], [header for header in began["headers"] if header[0] == b"connection"]
