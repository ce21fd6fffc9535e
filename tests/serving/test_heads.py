"""What a request may be before anybody is asked whether he wants it."""

from __future__ import annotations

import asyncio

import pytest
from websockets.sync.client import connect

from serving.door import RequestLimits
from tests.serving.echo import answers, flood, is_hung_up_on, run, talk

KIB = 1024
LIMITS = RequestLimits(drain_bytes=64 * KIB)
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
BYE = b"GET /bye HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
MOST_SENT = 64 * KIB * KIB


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"x: y\r\n" * 1000),
        (b"GET / HTTP/1.1\r\nx: ", b"y" * 8000),
        (b"GET /", b"x" * 8000),
        (b"", b"\r\n" * 4000),
        (CHUNKED + b"\r\n1\r\na\r\n0\r\n", b"trailer: " + b"x" * 60_000 + b"\r\n"),
        (CHUNKED + b"\r\n1\r\na\r\n0\r\n", b"t: x\r\n" * 1000),
        (CHUNKED + b"\r\n1\r\na\r\n0\r\nt: ", b"x" * 8000),
        (CHUNKED + b"\r\n1;", b"x" * 8000),
        (CHUNKED + b"\r\n", b"1;" + b"x" * 8000 + b"\r\na\r\n"),
        (CHUNKED + b"\r\n", b"0" * 8000),
    ],
    ids=[
        "headers",
        "one header",
        "address",
        "line ends",
        "large trailers",
        "small trailers",
        "one trailer",
        "one extension",
        "extensions",
        "zeros before a size",
    ],
)
def test_what_is_no_body_has_an_end(start: bytes, piece: bytes) -> None:
    async def steps(port: int) -> None:
        sent, said = await asyncio.to_thread(flood, port, start, piece, MOST_SENT)

        # what the kernels of both sides hold in between is not the server's
        assert sent < 16 * KIB * KIB
        assert not said or said.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))

    run(steps, LIMITS)


@pytest.mark.parametrize("size", [100, 200_000])
def test_a_head_that_arrives_in_one_piece_is_counted_too(size: int) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + b"x: " + b"y" * size + b"\r\n\r\n"

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, head)

        assert said.startswith(b"HTTP/1.1 200" if size == 100 else b"HTTP/1.1 431")

    run(steps)


def test_more_headers_than_anybody_sends_are_refused() -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 101 + b"\r\n")

        assert said.startswith(b"HTTP/1.1 431")
        assert said.endswith(b"TOO_LARGE")

    run(steps)


def test_a_body_in_many_small_chunks_is_no_attack() -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (size, b"a" * size) for size in [1] * 30_000 + [17, 300])

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, CHUNKED + b"\r\n", chunks, b"0\r\nt: x\r\n\r\n" + BYE)

        (first, _) = answers(said)
        assert len(first["body"]) == 30_317
        assert "t" not in first["headers"]

    run(steps)


def test_many_requests_behind_one_another_each_have_their_own_head() -> None:
    one = b"GET / HTTP/1.1\r\nHost: x\r\nx: " + b"y" * 20_000 + b"\r\n\r\n"

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, one * 10 + BYE)

        assert len(answers(said)) == 11

    run(steps)


def test_what_was_asked_before_rubbish_is_answered_first_and_alone() -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n\r\n")

        assert [answer["path"] for answer in answers(said)] == ["/slow"]
        assert said.count(b"HTTP/1.1") == 1

    run(steps)


def test_thousands_of_requests_at_once_are_not_remembered() -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5000)

        assert 1 <= len(answers(said)) <= 100

    run(steps)


# ---------------------------------------------------------------- offers of another protocol

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        POST + H2C + b"Content-Length: 5\r\n\r\nhello",
        CHUNKED + H2C + b"\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        POST + H2C.replace(b"h2c", b"websocket") + b"Content-Length: 5\r\n\r\nhello",
    ],
    ids=["length", "chunked", "websocket"],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_an_offer_to_change_the_protocol_takes_no_body_away(request_: bytes, step: int) -> None:
    parts = [(request_ + BYE)[start : start + step] for start in range(0, len(request_ + BYE), step)]

    async def steps(port: int) -> None:
        first, second = answers(await asyncio.to_thread(talk, port, *parts))

        assert (first["method"], first["body"], second["path"]) == ("POST", "hello", "/bye")
        assert not {"upgrade", "http2-settings", "connection"} & set(first["headers"])

    run(steps)


def test_an_offer_keeps_what_else_the_connection_header_says() -> None:
    close = H2C.replace(b"Upgrade, HTTP2", b"close, Upgrade, HTTP2")

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, b"GET / HTTP/1.1\r\nHost: x\r\n" + close + b"\r\n")

        assert len(answers(said)) == 1

    run(steps)


@pytest.mark.parametrize("target", [b"example.com:443", b"/"])
def test_this_is_no_proxy(target: bytes) -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, b"CONNECT " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")

        assert said.startswith(b"HTTP/1.1 400")

    run(steps)


def test_a_websocket_is_opened_as_ever() -> None:
    def ask(port: int) -> str:
        with connect(f"ws://127.0.0.1:{port}/", proxy=None) as socket:
            socket.send("hello")
            return str(socket.recv())

    async def steps(port: int) -> None:
        assert await asyncio.to_thread(ask, port) == "hello"

    run(steps)


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    "start",
    [b"", b"GET / HT", POST + b"Content-Length: 5\r\n\r\n", POST + b"Content-Length: 5\r\n\r\nhel"],
    ids=["nothing", "half a head", "no body", "half a body"],
)
def test_a_request_that_does_not_get_on_is_given_up(start: bytes) -> None:
    async def steps(port: int) -> None:
        assert await asyncio.to_thread(is_hung_up_on, port, start)

    run(steps, RequestLimits(head_timeout_s=0.05, body_timeout_s=0.05))


def test_half_a_next_request_does_not_cost_the_first_its_answer() -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /ha")

        assert [answer["path"] for answer in answers(said)] == ["/slow"]

    run(steps, RequestLimits(head_timeout_s=0.25))  # before `/slow` has answered


def test_what_follows_an_answer_that_came_early_has_an_end() -> None:
    start = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n"

    async def steps(port: int) -> None:
        sent, said = await asyncio.to_thread(flood, port, start, b"x" * 8000, MOST_SENT)
        waited = await asyncio.to_thread(talk, port, start)

        assert sent < 16 * KIB * KIB
        assert len(answers(said)) <= 1
        assert len(answers(waited)) == 1

    run(steps, RequestLimits(head_timeout_s=1.0, drain_bytes=64 * KIB))


def test_a_connection_goes_on_after_an_answer_that_came_early() -> None:
    async def steps(port: int) -> None:
        early = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
        said = await asyncio.to_thread(talk, port, early, b"hello" + BYE)

        assert [answer["path"] for answer in answers(said)] == ["/early", "/bye"]

    run(steps)


@pytest.mark.parametrize(
    "codings",
    [
        [b"gzip, chunked"],
        [b"gzip,chunked"],
        [b"gzip", b"chunked"],
        [b"identity, chunked"],
        [b"chunked", b"chunked"],
        [b"chunked, chunked"],
        [b"x;a=b, chunked"],
        [b",chunked"],
        [b"chunked;q=1"],
        [b"deflate"],
    ],
)
@pytest.mark.parametrize("offer", [b"", b"Connection: Upgrade\r\nUpgrade: h2c\r\n"])
def test_a_coding_other_than_chunks_is_refused(codings: list[bytes], offer: bytes) -> None:
    async def steps(port: int) -> None:
        lines = b"".join(b"Transfer-Encoding: %b\r\n" % coding for coding in codings)
        said = await asyncio.to_thread(talk, port, POST + offer + lines + b"\r\n5\r\nhello\r\n0\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 400 ")
        assert said.count(b"HTTP/1.1") == 1

    run(steps)


@pytest.mark.parametrize("coding", [b"chunked", b"Chunked", b" \tCHUNKED"])
def test_chunks_are_read_however_they_are_spelt(coding: bytes) -> None:
    async def steps(port: int) -> None:
        head = POST + b"Connection: close\r\nTransfer-Encoding:" + coding + b"\r\n\r\n"
        said = await asyncio.to_thread(talk, port, head + b"5\r\nhello\r\n0\r\n\r\n")
        assert answers(said)[0]["body"] == "hello"

    run(steps)
