"""Heads that have to be refused, and a choice among all heads."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.fuzz.heads import NOT_HTTP, Request
from tests.fuzz.heads_allowed import ALLOWED, Change, in_chunks
from tests.fuzz.texts import MARK

#: What the head alone may be answered.
_BEFORE_THE_BODY: Final = frozenset({415})
_MARK: Final = MARK.encode()
_HEAD_BYTES: Final = 32 * 1024


def _unknown_key(request: Request, rng: Random) -> None:
    request.statuses = frozenset({401})
    others = [b"", b"caselog_nobody", b"x" * 300, b"\xff\xfe", _MARK, request.key + b"x", request.key[:-1]]
    request.key = rng.choice([*others, request.key + b"\r\nX-API-Key: " + request.key])


def _other_media(request: Request, rng: Random) -> None:
    request.statuses = frozenset({415})
    others = [
        b"",
        b"text/plain",
        b"application/json; charset=latin-1",
        b"application/json, application/json",
        b"\xff",
    ]
    request.media = rng.choice(
        [*others, request.media + b"\r\nContent-Type: " + request.media, b"application/cbor"]
    )


def _two_lengths(request: Request, rng: Random) -> None:
    request.statuses = NOT_HTTP
    request.framed = request.body
    both = [b"Content-Length: %d\r\nContent-Length: %d", b"Content-Length: %d, %d"]
    request.framing = rng.choice(both) % (len(request.body), len(request.body) + rng.randint(1, 9))


def _both_framings(request: Request, rng: Random) -> None:
    request.statuses = NOT_HTTP
    lines = [b"Content-Length: %d" % len(request.body), b"Transfer-Encoding: chunked"]
    rng.shuffle(lines)
    request.framing, request.framed = b"\r\n".join(lines), b"0\r\n\r\n"


def _other_framing(request: Request, rng: Random) -> None:
    request.statuses = NOT_HTTP
    codings = [
        b"gzip",
        b"xchunked",
        b"chunked, gzip",
        b"chunked, chunked",
        b"",
        b"identity",
        b"chunked;a",
        b"chu\xffked",
    ]
    request.framing = b"Transfer-Encoding: " + rng.choice(codings)
    request.framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(request.body), request.body)


def _other_length(request: Request, rng: Random) -> None:
    request.statuses = frozenset({400, 413}) | request.statuses & _BEFORE_THE_BODY
    wrong = [
        b"-5",
        b"+5",
        b"0x5",
        b"5 5",
        b"",
        b"5.0",
        b"9" * 400,
        b"18446744073709551616",
        b"\xb2",
    ]
    request.framing, request.framed = b"Content-Length: " + rng.choice(wrong), request.body


def _too_long(request: Request, rng: Random) -> None:
    """More than may be sent is announced; what is said to it is the last word."""
    request.statuses = frozenset({413}) | request.statuses & _BEFORE_THE_BODY
    request.is_short = True
    length = rng.choice([b"99999999999", b"9" * 19])
    request.framing, request.framed = b"Content-Length: " + length + b"\r\nConnection: close", request.body


def _wrong_chunk(request: Request, rng: Random) -> None:
    request.statuses = frozenset({400, 431}) | request.statuses & _BEFORE_THE_BODY
    sizes = [
        b"-1",
        b"g",
        b"0x5",
        b"f" * 17,
        b" 5",
        b"5 ",
        b"",
        b"5\n",
        b"5\r",
        b"5;" + b"x" * 120_000,
        b"+5",
        b"5\x00",
    ]
    request.framing = b"Transfer-Encoding: chunked"
    request.framed = rng.choice(sizes) + b"\r\nhello\r\n0\r\n\r\n"


def _framing_behind(request: Request, rng: Random) -> None:
    """Trailers that would frame what has been framed."""
    request.statuses = NOT_HTTP | request.statuses & _BEFORE_THE_BODY
    request.framing = b"Transfer-Encoding: chunked"
    line = rng.choice([b"Content-Length: 3", b"Transfer-Encoding: gzip", b"no colon", b"X : y"])
    request.framed = b"%x\r\n%s\r\n0\r\n%s\r\n\r\n" % (len(request.body), request.body, line)


def _large_head(request: Request, rng: Random) -> None:
    request.statuses = frozenset({431})
    request.lines += rng.choice([[b"X: " + b"y" * _HEAD_BYTES], [b"X: y"] * 100, [b"X: " + b"y" * 3000] * 12])


def _no_line(request: Request, rng: Random) -> None:
    request.statuses = NOT_HTTP
    lines = [
        b"no colon",
        b": v",
        b"X A: v",
        b"X-A : v",
        b"X\x00A: v",
        b"X-A: a\x00b",
        b"X-A: a\rb",
        b"X\xc3\xa9: v",
        b"(x): v",
    ]
    request.lines.append(rng.choice([*lines, b"X-A: v\r\n folded", b"X-A: v\r\n\tfolded", b"X-A: \x7f\x01"]))


def _other_method(request: Request, rng: Random) -> None:
    request.statuses = frozenset({400, 405})
    request.method = rng.choice(
        [
            b"GET",
            b"HEAD",
            b"PUT",
            b"DELETE",
            b"OPTIONS",
            b"PATCH",
            b"TRACE",
            b"CONNECT",
            b"post",
            b"QUERY",
            b"PO\x00ST",
            b"X" * 99,
        ]
    )


def _other_target(request: Request, rng: Random) -> None:
    request.statuses = frozenset({400, 404, 405})
    others = [
        b"/",
        b"*",
        b"/v1/logs/",
        b"//v1/logs",
        b"/v1/../v1/logs",
        b"/v2/logs",
        b"/%00",
        b"/%ff",
        b"/" + b"a" * 9000,
    ]
    request.target = rng.choice(
        [
            *others,
            b"v1/logs",
            b"",
            b"/v1/logs /",
            b"/\xff",
            b"/v1/logs?\xc3\xa9",
            b"http://",
            b"//",
            b"/healthz",
            b"/metrics",
        ]
    )


def _other_version(request: Request, rng: Random) -> None:
    request.statuses = NOT_HTTP
    request.version = rng.choice(
        [b"HTTP/2.0", b"HTTP/1.2", b"HTTP/0.9", b"HTTP/1", b"http/1.1", b"HTTP/1.1 ", b"", b"ICE/1.0"]
    )


def _no_http(request: Request, rng: Random) -> None:
    request.statuses = NOT_HTTP
    starts = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 40,
    ]
    request.before = rng.choice(
        [*starts, b"SSH-2.0-x\r\n", b"\xff" * 9, b" ", b"{}\r\n", rng.randbytes(30) + b"\x00\r\n\r\n"]
    )


REFUSED: Final[tuple[Change, ...]] = (
    *(
        _unknown_key,
        _unknown_key,
        _other_media,
        _two_lengths,
        _both_framings,
        _other_framing,
        _other_length,
        _wrong_chunk,
    ),
    *(_framing_behind, _large_head, _no_line, _other_method, _other_target, _other_version, _no_http),
)
#: These fix the framing themselves.
_FRAMES: Final = frozenset(
    {_two_lengths, _both_framings, _other_framing, _other_length, _too_long, _wrong_chunk, _framing_behind}
)


def change(request: Request, rng: Random) -> None:
    """Make the request's head an odd one, sometimes one that has to be refused."""
    refused = rng.choice(REFUSED) if rng.random() < 0.4 else None
    for allowed in rng.sample(ALLOWED, rng.choice([0, 1, 1, 2, 3])):
        if refused is None or allowed is not in_chunks or refused not in _FRAMES:
            allowed(request, rng)
    if request.version == b"HTTP/1.0":
        request.waits = False  # nor is there anything to wait for
        request.statuses |= NOT_HTTP if request.framing else frozenset()  # nor are there chunks
    if refused is not None:
        refused(request, rng)
