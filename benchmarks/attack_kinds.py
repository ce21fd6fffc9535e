"""The attacks of `benchmarks.attacks`: each is a coroutine that goes on until a time."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import zstandard

MIB: Final = 1024 * 1024
_PIECE: Final = 256 * 1024


@dataclass(frozen=True)
class Target:
    """A collector of this machine, and a key for it."""

    port: int
    key: str

    def log(self, **fields: Any) -> bytes:
        return json.dumps(
            {"ticket_id": "T-1", "executed_at": "2026-11-23T14:05:00Z", "status": "SUCCESS", **fields}
        ).encode()

    def head(self, *more: str, media: str = "application/json", key: str | None = None) -> bytes:
        lines = [
            "POST /v1/logs HTTP/1.1",
            "Host: x",
            f"X-API-Key: {self.key if key is None else key}",
            f"Content-Type: {media}",
            *more,
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def post(self, body: bytes, *more: str, media: str = "application/json", key: str | None = None) -> bytes:
        return self.head(f"Content-Length: {len(body)}", *more, media=media, key=key) + body


Attack = Callable[[Target, float], Coroutine[Any, Any, None]]


async def _talk(
    target: Target, until: float, start: bytes, piece: bytes = b"", *, reads: bool = True
) -> None:
    """Send ``start`` and then ``piece`` again and again, until the other side ends it; and again."""
    while time.time() < until:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
            try:
                async with asyncio.timeout(max(0.01, until - time.time())):
                    await _send(reader, writer, start, piece, reads=reads)
            finally:
                writer.transport.abort()


async def _send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, start: bytes, piece: bytes, *, reads: bool
) -> None:
    for at in range(0, len(start), _PIECE):
        writer.write(start[at : at + _PIECE])
        await writer.drain()
    while piece:
        writer.write(piece)
        await writer.drain()
    if reads:
        await reader.readuntil(b"\r\n\r\n")
    else:
        await asyncio.sleep(60)


async def _many(
    count: int,
    start: Callable[[Target], bytes],
    piece: bytes,
    target: Target,
    until: float,
    *,
    reads: bool = True,
) -> None:
    first = start(target)
    await asyncio.gather(*(_talk(target, until, first, piece, reads=reads) for _ in range(count)))


def _flood(count: int, start: Callable[[Target], bytes], piece: bytes = b"", *, reads: bool = True) -> Attack:
    return partial(_many, count, start, piece, reads=reads)


async def _guesses(target: Target, until: float) -> None:
    async def guess() -> None:
        while time.time() < until:
            body = target.post(b"x" * 200_000, key=os.urandom(16).hex())
            await _talk(target, min(until, time.time() + 3), body)

    await asyncio.gather(*(guess() for _ in range(400)))


def _bracket(text: str) -> Callable[[Target], bytes]:
    return lambda target: target.post(target.log()[:-1] + f', "trace": {text}}}'.encode())


def _chunked(body: bytes) -> Callable[[Target], bytes]:
    return lambda target: target.head("Transfer-Encoding: chunked") + body


def _packed(encoding: str, body: bytes) -> Callable[[Target], bytes]:
    return lambda target: target.post(body, f"Content-Encoding: {encoding}")


def _nobody(body: bytes = b"", *more: str) -> Callable[[Target], bytes]:
    return lambda target: target.head(*more, key="nobody") + body


_TRAILERS: Final = b"1\r\na\r\n0\r\n"
_TRAILER: Final = b"t: " + b"x" * 60_000 + b"\r\n"
_HALF: Final = r"\ud83d"

ATTACKS: Final[dict[str, Attack]] = {
    # without a key
    "trailers": _flood(4, _nobody(_TRAILERS, "Transfer-Encoding: chunked"), _TRAILER),
    "endless bodies of nobody": _flood(16, _nobody(b"", "Content-Length: 99999999999"), bytes(_PIECE)),
    "large heads": _flood(500, lambda _: b"GET / HTTP/1.1\r\nx: " + b"y" * 30_000, reads=False),
    "bodies nobody asked for": _guesses,
    "many requests at once": _flood(500, lambda target: target.post(b"", key="nobody") * 1000, reads=False),
    "answers nobody reads": _flood(
        200, lambda _: b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 16, reads=False
    ),
    "offers of http/2": _flood(
        50, lambda target: target.post(b"{}", "Connection: Upgrade", "Upgrade: h2c", key="nobody")
    ),
    # with a key
    "too large and read late": _flood(4, lambda target: target.post(bytes(35 * MIB))),
    "trailers with a key": _flood(4, _chunked(_TRAILERS), _TRAILER),
    "chunks of a byte": _flood(4, _chunked(b""), b"1\r\n \r\n" * 5000),
    "gzip of nothing": _flood(4, _packed("gzip", gzip.compress(b"") * 800_000)),
    "small gzip bombs": _flood(16, _packed("gzip", gzip.compress(bytes(15 * MIB)))),
    "zstd of nothing": _flood(4, _packed("zstd", zstandard.compress(b"") * 1_800_000)),
    "empty lists": _flood(4, _bracket('{"a":[' + "[]," * 2_700_000 + "0]}")),
    "empty objects": _flood(4, _bracket('{"a":[' + '{"a":{}},' * 900_000 + "0]}")),
    "errors without end": _flood(4, _bracket('{"errors":[' + "1," * 4_000_000 + "0]}")),
    "iterations without end": _flood(4, _bracket('{"react_iterations":[' + "{}," * 2_700_000 + "0]}")),
    "fields without end": _flood(
        4, lambda t: t.post(b"{" + b",".join(b'"%x":1' % n for n in range(800_000)) + b"}")
    ),
    "metrics without end": _flood(
        4, lambda t: t.post(t.log()[:-1] + b', "metrics": {"a":[' + b"[]," * 2_700_000 + b"0]}}")
    ),
    "halves of emoji": _flood(4, _bracket('{"a":"' + _HALF * 1_300_000 + '"}')),
    "lines of nothing": _flood(8, lambda t: t.post(b"{}\n" * 1000, media="application/x-ndjson")),
    "one text": _flood(4, _bracket('{"a":"' + "x" * 8_000_000 + '"}')),
}
