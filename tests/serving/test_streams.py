"""Requests of every shape, cut anywhere: each that came whole is answered in its turn, and nothing breaks."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import Final

import pytest

from serving.door import RequestLimits
from tests.serving.echo import answers, run

_STREAMS: Final = 60
_LIMITS: Final = RequestLimits(drain_bytes=2048)


@dataclass(frozen=True)
class Sent:
    """One request, and the path and body that its answer says; ``is_last`` where no other is answered after it."""

    text: bytes
    path: str
    body: str
    is_last: bool = False


def _request(chance: random.Random, number: int) -> Sent:
    path = f"/{chance.choice(['early', 'slow', 'a'])}?{number}"
    body = "x" * chance.choice([0, 1, 5, 300, 5000, 40_000])
    is_close = chance.random() < 0.15
    lines = [f"POST {path} HTTP/1.1", "Host: x"]
    if is_close:
        lines.append("Connection: close")
    if chance.random() < 0.2:
        lines += ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA"]
        is_close = False  # of two such headers the parser heeds the last one
        lines = [line for line in lines if line != "Connection: close"]
    if chance.random() < 0.5:
        text = _chunked(chance, body)
        lines.append("Transfer-Encoding: chunked")
    else:
        text = body
        lines.append(f"Content-Length: {len(body)}")
    said = "" if path.startswith("/early") else body
    head = "\r\n".join([*lines, "", ""])
    return Sent((head + text).encode(), path.partition("?")[0], said, is_close)


def _chunked(chance: random.Random, body: str) -> str:
    parts = []
    while body:
        size = chance.randint(1, max(1, len(body)))
        parts.append(f"{size:x}\r\n{body[:size]}\r\n")
        body = body[size:]
    trailers = "t: x\r\n" if chance.random() < 0.3 else ""
    return "".join(parts) + f"0\r\n{trailers}\r\n"


def _pieces(chance: random.Random, text: bytes) -> list[bytes]:
    cuts = sorted(chance.randrange(len(text) + 1) for _ in range(chance.randint(0, 6)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


async def _talk(port: int, pieces: list[bytes]) -> bytes:
    """What the server says to a sender that closes its side at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    saying = asyncio.create_task(reader.read(-1))
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        writer.write_eof()
        return await asyncio.wait_for(saying, 60)
    except OSError:
        return b""
    finally:
        saying.cancel()
        writer.close()


@pytest.mark.parametrize("seed", range(4))
def test_requests_that_are_cut_anywhere_are_answered_in_their_order(seed: int) -> None:
    async def one(port: int, number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        requests = [_request(chance, n) for n in range(chance.randint(1, 5))]

        said = await _talk(port, _pieces(chance, b"".join(sent.text for sent in requests)))

        expected = []
        for sent in requests:
            expected.append((sent.path, sent.body))
            if sent.is_last:
                break
        found = [(answer["path"], answer["body"]) for answer in answers(said)]
        assert found == expected[: len(found)]
        # an answer that came before its body, if that is larger than what is drained, is the last one
        early = next((n for n, sent in enumerate(requests) if sent.path == "/early"), len(expected))
        assert len(found) >= min(len(expected), early + 1)

    async def steps(port: int) -> None:
        await asyncio.gather(*(one(port, number) for number in range(_STREAMS)))

    run(steps, _LIMITS)


@pytest.mark.parametrize("seed", range(4))
def test_bytes_that_were_changed_break_nothing(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    async def one(port: int, number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        text = bytearray(b"".join(_request(chance, n).text for n in range(3)))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(text))
            text[at : at + chance.choice([0, 1, 3])] = chance.choice(
                [b"", b"\0", b"\r\n", b":", b"\xff", b"9", b"}"]
            )

        said = await _talk(port, _pieces(chance, bytes(text)))

        assert not said or said.startswith(b"HTTP/1.1 ")

    async def steps(port: int) -> None:
        await asyncio.gather(*(one(port, number) for number in range(_STREAMS)))
        assert len(answers(await _talk(port, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]))) == 1

    with caplog.at_level(logging.ERROR):
        run(steps, _LIMITS)

    assert caplog.records == []
