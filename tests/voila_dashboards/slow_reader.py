"""A browser that asks and does not read until it is told to: requests straight to the gateway, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from starlette.testclient import TestClient

from tests.voila_dashboards.gateway_fakes import Site


class SlowReader:
    """One request; it takes what is sent once it is told to."""

    def __init__(self, site: Site, browser: TestClient, path: str, *, method: str = "GET") -> None:
        path, _, query = path.partition("?")
        self.cookie = browser.cookies["caselog"]
        self._app = site.app
        self._scope = {
            "type": "http",
            "asgi": {"spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (b"host", b"testserver"),
                (b"origin", b"http://testserver"),
                (b"cookie", f"caselog={self.cookie}".encode()),
            ],
            "scheme": "http",
            "server": ("testserver", 80),
            "client": ("10.0.0.1", 50000),
        }
        self._takes = asyncio.Semaphore(0)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.begun = asyncio.Event()
        #: Bytes that were handed over and not taken.
        self.held = 0
        self.is_whole = False
        self.is_cut_off = False

    def take(self, pieces: int = 10_000) -> None:
        """Take so many pieces of what is sent, or will be."""
        for _ in range(pieces):
            self._takes.release()

    async def run(self) -> None:
        await self._app(self._scope, _nothing_more, self._send)
        self.is_cut_off = not self.is_whole

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self.begun.set()
            return
        self.held = len(message["body"])
        await self._takes.acquire()
        self.held = 0
        self.body += message["body"]
        self.is_whole = not message.get("more_body")


async def _nothing_more() -> dict[str, Any]:
    await asyncio.Event().wait()
    raise AssertionError


async def begun(*readers: SlowReader) -> list[asyncio.Task[None]]:
    """Send the requests; each has its answer's head."""
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    await asyncio.wait_for(asyncio.gather(*(reader.begun.wait() for reader in readers)), 60)
    return tasks


async def give_up(tasks: list[asyncio.Task[None]]) -> None:
    """End what is still on its way."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
