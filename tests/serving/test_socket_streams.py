"""Offers of a websocket and frames of every shape, changed anywhere: nothing breaks, and others are answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import struct
from typing import Any, Final

import pytest

from serving.door import RequestLimits
from tests.serving.echo import answers, live, run, serving, talk

_STREAMS: Final = 60
_LIMITS: Final = RequestLimits(head_timeout_s=5.0)
_LINES: Final = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Version: 8",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Key: short",
    "Sec-WebSocket-Key: \xe9GhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: a, b,",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "Content-Length: 5",
    "Content-Length: 0",
    "Cookie: " + "x" * 9000,
    "Transfer-Encoding: chunked",
    "Origin: null",
    "Upgrade: h2c",
    "Connection: keep-aliv\xe9, Upgrade",
    "Upgrade: websocket\xe9",
)
_USUAL: Final = (0, 1, 3, 5)


def _handshake(chance: random.Random) -> bytes:
    chosen = [
        line for number, line in enumerate(_LINES) if chance.random() < (0.95 if number in _USUAL else 0.06)
    ]
    method = chance.choice(["GET"] * 8 + ["POST", "HEAD"])
    return "\r\n".join([f"{method} /socket?{chance.random()} HTTP/1.1", "Host: x", *chosen, "", ""]).encode(
        "latin-1"
    )


def _frame(chance: random.Random) -> bytes:
    """A frame of any kind, mostly masked; what it holds need be no text, nor what its length says."""
    content = chance.choice([b"", b"hello", b"\xff\xfe", b"\x03\xe8bye", b"\x00", b"x" * 200, b"x" * 70_000])
    first = chance.choice(
        [0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A, 0x83, 0xC1, 0xF1, chance.randrange(256)]
    )
    is_masked = 0x80 if chance.random() < 0.9 else 0
    size = len(content) if chance.random() < 0.95 else 2**62
    if size < 126:
        head = bytes([first, is_masked | size])
    elif size < 65536:
        head = struct.pack("!BBH", first, is_masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, is_masked | 127, size)
    return head + (b"\0\0\0\0" if is_masked else b"") + content


def _stream(chance: random.Random) -> bytes:
    text = bytearray(_handshake(chance) + b"".join(_frame(chance) for _ in range(chance.randint(0, 6))))
    for _ in range(chance.choice([0, 0, 1, 3])):
        at = chance.randrange(len(text))
        text[at : at + chance.choice([0, 1, 3])] = chance.choice([b"", b"\0", b"\r\n", b":", b"\xff", b"9"])
    return bytes(text)


async def _say(port: int, chance: random.Random) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    saying = asyncio.create_task(reader.read(-1))
    try:
        sent = _stream(chance)
        cut = chance.randint(0, len(sent))
        for part in (sent[:cut], sent[cut:]):
            writer.write(part)
            await asyncio.sleep(0)
        writer.write_eof()
        return await asyncio.wait_for(saying, 60 if chance.random() < 0.7 else 0)
    except OSError:  # it has hung up, or was not waited for
        return b""
    finally:
        saying.cancel()
        writer.transport.abort()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_offered_and_framed_breaks_nothing(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    async def steps(port: int) -> None:
        chances = [random.Random(seed * 1000 + number) for number in range(_STREAMS)]
        said = await asyncio.gather(*(_say(port, chance) for chance in chances))

        assert all(not each or each.startswith(b"HTTP/1.1 ") for each in said)
        assert not any(each.startswith(b"HTTP/1.1 5") for each in said)
        assert any(said)
        bye = b"GET /bye HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert len(answers(await asyncio.to_thread(talk, port, bye))) == 1

    with caplog.at_level(logging.WARNING):
        run(steps, _LIMITS)

    assert [record.getMessage() for record in caplog.records] == []


_OFFER: Final = b"GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
_KEY: Final = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (_KEY + b"Content-Length: 5\r\n\r\nhello", b"HTTP/1.1 200"),
        (_KEY + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"HTTP/1.1 200"),
        (b"Sec-WebSocket-Key: \xe9\r\n\r\n", b"HTTP/1.1 200"),
        (_KEY + b"Origin: \xe9\r\n\r\n", b"HTTP/1.1 200"),
        (_KEY + b"Cookie: " + b"x" * 9000 + b"\r\n\r\n", b"HTTP/1.1 431"),
        (b"Sec-WebSocket-Key: short\r\n\r\n", b"HTTP/1.1 400"),
        (b"\r\n", b"HTTP/1.1 400"),
    ],
    ids=["length", "chunks", "key", "origin", "large", "short key", "no key"],
)
def test_an_offer_of_a_websocket_that_cannot_be_taken_is_answered(
    more: bytes, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def steps(port: int) -> None:
        answer = await asyncio.to_thread(talk, port, _OFFER + b"Connection: close, Upgrade\r\n" + more)

        assert answer.startswith(said)

    with caplog.at_level(logging.WARNING):
        run(steps, _LIMITS)

    assert caplog.records == []


class _Hesitates:
    """Is offered a websocket, and takes it once it may."""

    def __init__(self) -> None:
        self.offered, self.may_take, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        try:
            await receive()
            self.offered.set()
            await self.may_take.wait()
            await send({"type": "websocket.accept"})
        finally:
            self.ended.set()


@pytest.mark.parametrize(
    "early", [b"\x81\x85\0\0\0\0hello", b"\xff" * 20, b"\x81\x05hello", b"GET / HTTP/1.1\r\n\r\n"]
)
def test_frames_before_the_offer_was_taken_end_the_connection(
    early: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def steps() -> None:
        hesitates = _Hesitates()
        async with serving(_LIMITS, app=hesitates) as (port, _):
            reader, writer = await _offered(port)
            await hesitates.offered.wait()
            writer.write(early)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            hesitates.may_take.set()
            await hesitates.ended.wait()
            writer.transport.abort()

    with caplog.at_level(logging.WARNING):
        asyncio.run(steps())

    assert caplog.records == []


# ---------------------------------------------------------------- a page that does not read

_ANSWER_BYTES: Final = 8_000_000
_READER_LIMITS: Final = RequestLimits(write_timeout_s=0.3)


class _Says:
    """Answers a websocket with one long message after the other, and counts those that were taken."""

    def __init__(self) -> None:
        self.sent = 0
        self.ended = asyncio.Event()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        try:
            await receive()
            await send({"type": "websocket.accept"})
            for _ in range(3):
                await send({"type": "websocket.send", "text": "x" * _ANSWER_BYTES})
                self.sent += 1
        finally:
            self.ended.set()


async def _offered(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    offer = _OFFER + b"Connection: Upgrade\r\n" + _KEY + b"\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(offer)
    return reader, writer


def test_a_websocket_that_nobody_reads_holds_one_message_and_is_ended() -> None:
    async def steps() -> None:
        says = _Says()
        async with serving(_READER_LIMITS, app=says) as (port, _):
            _, writer = await _offered(port)

            await asyncio.wait_for(says.ended.wait(), 60)

            assert says.sent == 0
            writer.transport.abort()

    asyncio.run(steps())


def test_a_websocket_that_is_read_slowly_gets_all_of_it() -> None:
    async def steps() -> None:
        says = _Says()
        async with serving(RequestLimits(write_timeout_s=1.0), app=says) as (port, _):
            reader, writer = await _offered(port)
            got = 0
            while got < 3 * _ANSWER_BYTES:  # for longer than an answer may wait
                taken = await asyncio.wait_for(reader.read(1 << 17), 60)
                assert taken
                got += len(taken)
                await asyncio.sleep(0.008)

            assert says.sent == 3
            writer.transport.abort()

    asyncio.run(steps())
