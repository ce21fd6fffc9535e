"""Heads that are odd, and allowed: what is answered is what would have been."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.fuzz.heads import Request
from tests.fuzz.texts import MARK

_MARK: Final = MARK.encode()

Change = Callable[[Request, Random], None]


def _spaced_names(request: Request, rng: Random) -> None:
    request.lines.append(
        rng.choice([b"X-A:", b"x-a:   v \t ", b"!#$%&'*+.^_`|~9: v", b"X-A: \xe9\xff", b"X-A: a:b"])
    )


def _more_lines(request: Request, rng: Random) -> None:
    request.lines += [b"X-%d: %s" % (number, _MARK) for number in range(rng.choice([1, 20, 80]))]


def _long_line(request: Request, rng: Random) -> None:
    request.lines.append(b"Cookie: " + _MARK * rng.choice([10, 500, 1000]))


def _line_ends_before(request: Request, rng: Random) -> None:
    request.before = b"\r\n" * rng.randint(1, 3)


def _whole_address(request: Request, rng: Random) -> None:
    request.target = rng.choice([b"http://collector/v1/logs", b"https://u:p@x:1/v1/logs?a=b"])


def _query(request: Request, rng: Random) -> None:
    request.target += rng.choice([b"?", b"?a=%00&b=" + _MARK.replace(b" ", b"+"), b"?" + b"q" * 5000])


def _connection(request: Request, rng: Random) -> None:
    request.lines.append(
        b"Connection: " + rng.choice([b"keep-alive", b"close", b"Keep-Alive, TE", b"close, x", b""])
    )


def _waits(request: Request, _rng: Random) -> None:
    request.lines.append(b"Expect: 100-continue")
    request.waits = True


def _old_version(request: Request, rng: Random) -> None:
    request.version = b"HTTP/1.0"
    request.host = rng.choice([b"", request.host])


def _offer(request: Request, rng: Random) -> None:
    names = [b"h2c", b"websocket", b"TLS/1.0", b"h2c, websocket"]
    request.lines += [
        b"Connection: " + rng.choice([b"Upgrade, HTTP2-Settings", b"upgrade", b"close, Upgrade"])
    ]
    request.lines += [b"Upgrade: " + rng.choice(names), b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"]


def _own_id(request: Request, rng: Random) -> None:
    request.lines.append(
        b"X-Request-Id: " + rng.choice([b"abc-1", b"x" * 65, b"", _MARK, b"\xff", b"a\tb", b'"}{'])
    )


def _said_media(request: Request, rng: Random) -> None:
    more = [b"; charset=utf-8", b';charset="UTF-8"', b" ; charset = utf-8", b";", b""]
    request.media = rng.choice([request.media.upper(), request.media]) + rng.choice(more)


def in_chunks(request: Request, rng: Random) -> None:
    """The body in chunks of any size, with extensions, and trailers that are named like headers."""
    parts, at = [], 0
    while at < len(request.body):
        size = rng.choice([1, 3, 100, 1000, 100_000])
        parts.append(_chunk(rng, request.body[at : at + size]))
        at += size
    trailers = [b"X-Trailer: " + _MARK, b"Connection: x", b"X-API-Key: other", b"Content-Encoding: gzip"]
    end = b"".join(line + b"\r\n" for line in rng.sample(trailers, rng.choice([0, 0, 1, 4])))
    request.framing = b"Transfer-Encoding: " + rng.choice([b"chunked", b"Chunked"])
    request.framed = b"".join(parts) + rng.choice([b"0", b"000", b"0;end"]) + b"\r\n" + end + b"\r\n"


def _chunk(rng: Random, part: bytes) -> bytes:
    size = rng.choice([b"%x", b"%X", b"00%x"]) % len(part)
    return size + rng.choice([b"", b"", b";a", b";a=b", b';a="b c"']) + b"\r\n" + part + b"\r\n"


ALLOWED: Final[tuple[Change, ...]] = (
    *(_spaced_names, _more_lines, _long_line, _line_ends_before, _whole_address, _query, _connection, _waits),
    *(_old_version, _offer, _own_id, _said_media, in_chunks, in_chunks),
)
