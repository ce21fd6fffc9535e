"""The sender of `benchmarks.ingest`: keep-alive connections, each of which sends as soon as it was answered."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import uvloop

from benchmarks.tickets import encode, make_log

#: Bytes of ready-made requests, to be sent again and again: the sender must not be what is measured.
_READY_BYTES: Final = 6_000_000


def make_requests(keys: Sequence[str], host: str, log_bytes: int, batch: int) -> list[bytes]:
    """Ready-made requests, of one client after the other; at least one of each."""
    chance = random.Random(3)
    count = max(16, _READY_BYTES // (log_bytes * batch))
    bodies = [
        b"\n".join(encode(make_log(n * batch + i, chance, log_bytes)) for i in range(batch))
        for n in range(count)
    ]
    return [
        make_request(host, keys[n % len(keys)], bodies[n % count], batch)
        for n in range(max(count, len(keys)))
    ]


def make_request(host: str, key: str, body: bytes, batch: int) -> bytes:
    """One ready-made request of a log, or of a ``batch`` of them as NDJSON."""
    media = "application/x-ndjson" if batch > 1 else "application/json"
    head = f"POST /v1/logs HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\nContent-Type: {media}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


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
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._answer = b""
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self.is_whole(self._answer):
            return
        if not self._answer.startswith(b"HTTP/1.1 200"):
            self._fail(RuntimeError(f"the server answered {self._answer[:300]!r}"))
            return
        now = time.perf_counter()
        self._latencies.append((now, now - self._sent_at))
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def is_whole(self, answer: bytes) -> bool:
        """Whether that is all of it: every answer of the collector is one small JSON object."""
        return answer.endswith(b"}")

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: Exception) -> None:
        self.done.set_exception(error)
        self._transport.close()


#: `Connection`, or one that reads other answers.
Connect = Callable[[Iterator[bytes], float, list[tuple[float, float]]], Connection]


def send(port: int, requests: list[bytes], connections: int, seconds: float) -> list[tuple[float, float]]:
    """When each request was answered, and after how long; raises `RuntimeError` at an answer other than 200."""
    until = time.perf_counter() + seconds
    return uvloop.run(_send(port, itertools.cycle(requests), connections, until, Connection))


def send_once(
    port: int, requests: Sequence[bytes], connections: int, connect: Connect = Connection
) -> list[tuple[float, float]]:
    """The same, of each request once."""
    return uvloop.run(_send(port, iter(requests), connections, math.inf, connect))


async def _send(
    port: int, requests: Iterator[bytes], connections: int, until: float, connect: Connect
) -> list[tuple[float, float]]:
    loop = asyncio.get_running_loop()
    latencies: list[tuple[float, float]] = []
    opened = [
        await loop.create_connection(lambda: connect(requests, until, latencies), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return latencies
