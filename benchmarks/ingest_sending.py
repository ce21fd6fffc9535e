"""The sender of `benchmarks.ingest`: keep-alive connections, each of which sends as soon as it was answered."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import uvloop

from benchmarks.tickets import encode, make_log

#: Bytes of ready-made requests, to be sent again and again: the sender must not be what is measured.
_READY_BYTES: Final = 6_000_000


def make_requests(keys: Sequence[str], host: str, log_bytes: int, batch: int) -> list[bytes]:
    """Ready-made requests, of one client after the other; at least one of each."""
    chance = random.Random(3)
    media = "application/x-ndjson" if batch > 1 else "application/json"
    count = max(16, _READY_BYTES // (log_bytes * batch))
    bodies = [
        b"\n".join(encode(make_log(n * batch + i, chance, log_bytes)) for i in range(batch))
        for n in range(count)
    ]
    return [
        f"POST /v1/logs HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {keys[n % len(keys)]}\r\nContent-Type: {media}\r\n"
        f"Content-Length: {len(bodies[n % count])}\r\n\r\n".encode()
        + bodies[n % count]
        for n in range(max(count, len(keys)))
    ]


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends the next request as soon as the last is answered."""

    def __init__(self, requests: Iterator[bytes], until: float, latencies: list[tuple[float, float]]) -> None:
        self._requests = requests
        self._until = until
        self._latencies = latencies
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def _send(self) -> None:
        self._answer = b""
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith(b"}"):  # every answer is one small JSON object
            return
        if not self._answer.startswith(b"HTTP/1.1 200"):
            self._fail(RuntimeError(f"the collector answered {self._answer[:300]!r}"))
            return
        now = time.perf_counter()
        self._latencies.append((now, now - self._sent_at))
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: Exception) -> None:
        self.done.set_exception(error)
        self._transport.close()


def send(port: int, requests: list[bytes], connections: int, seconds: float) -> list[tuple[float, float]]:
    """When each request was answered, and after how long; raises `RuntimeError` at an answer other than 200."""
    return uvloop.run(_send_for(port, requests, connections, seconds))


async def _send_for(
    port: int, requests: list[bytes], connections: int, seconds: float
) -> list[tuple[float, float]]:
    loop = asyncio.get_running_loop()
    latencies: list[tuple[float, float]] = []
    endless = _endless(requests)
    until = time.perf_counter() + seconds
    opened = [
        await loop.create_connection(lambda: Connection(endless, until, latencies), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return latencies


def _endless(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests
