"""How a connection ends, and how much is held of what comes meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from serving.door import RequestLimits
from serving.ending import AnswerTransport
from tests.serving.echo import answers, flood, live, run, serving

KIB = 1024
MIB = KIB * KIB
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
BYE = b"GET /bye HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def _half_close(port: int, *parts: bytes) -> bytes:
    """Everything the server says to a sender that closes its side once it has sent ``parts``."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            said += data
    return said


@pytest.mark.parametrize("path", [b"/", b"/slow"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_sender_that_closes_its_side_after_a_whole_request_reads_the_answer(
    path: bytes, times: int
) -> None:
    request = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"

    async def steps(port: int) -> None:
        said = answers(await asyncio.to_thread(_half_close, port, request * times))

        assert [answer["body"] for answer in said] == ["hello"] * times

    run(steps)


@pytest.mark.parametrize(
    "start", [b"GET /slow HTT", POST + b"Content-Length: 5\r\n\r\nhell", CHUNKED + b"\r\n5\r\nhello\r\n"]
)
def test_half_a_request_ends_with_its_sender(start: bytes) -> None:
    async def steps(port: int) -> None:
        assert await asyncio.to_thread(_half_close, port, start) == b""

    run(steps)


EARLY = b"POST /early HTTP/1.1\r\nHost: x\r\n"
CLOSE = b"Connection: close\r\n"
LINGERS = RequestLimits(drain_bytes=64 * KIB, linger_bytes=16 * MIB)


@pytest.mark.parametrize("size", [10 * KIB, MIB, 8 * MIB])
@pytest.mark.parametrize(
    "extra", [b"", CLOSE, b"Expect: 100-continue\r\n"], ids=["keeps", "closes", "expects"]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_sender_that_sends_all_before_it_reads_is_answered(size: int, extra: bytes, chunked: bool) -> None:
    framing = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % size
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (size, bytes(size)) if chunked else bytes(size)

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(_half_close, port, EARLY + extra + framing + b"\r\n", body)

        assert len(answers(said)) == 1
        assert b"100 Continue" not in said

    run(steps, LINGERS)


def test_what_is_no_request_is_answered_however_much_follows() -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(_half_close, port, b"rubbish\r\n\r\n", bytes(8 * MIB))

        assert said.startswith(b"HTTP/1.1 400")

    run(steps, LINGERS)


def test_a_sender_that_says_nothing_more_is_let_go() -> None:
    async def steps(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(EARLY + CLOSE + b"Content-Length: 9\r\n\r\n")

        assert len(answers(await reader.read())) == 1
        writer.close()

    run(steps, LINGERS)


def test_answers_to_requests_that_were_sent_together_end_in_order() -> None:
    together = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + EARLY + CLOSE + b"Content-Length: 9\r\n\r\n" + BYE

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(_half_close, port, together)

        assert [answer["path"] for answer in answers(said)] == ["/slow", "/early"]

    run(steps, LINGERS)


# ---------------------------------------------------------------- what is held of a body


def test_of_a_body_that_nobody_reads_yet_little_is_held() -> None:
    held: list[int] = []

    async def unhurried(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        await asyncio.sleep(0.3)
        held.append(len((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": b""})

    async def steps() -> None:
        async with serving(app=unhurried) as (port, _):
            start = POST + b"Content-Length: 99999999\r\n\r\n"
            sent, _said = await asyncio.to_thread(flood, port, start, bytes(64 * KIB), 32 * MIB)
            assert sent < 16 * MIB

    asyncio.run(steps())

    assert 0 < held[0] <= 64 * KIB


@pytest.mark.parametrize("size", [1, 2])
def test_a_body_of_nothing_but_small_chunks_has_an_end(size: int) -> None:
    piece = b"%x\r\n%b\r\n" % (size, b"a" * size) * 2000

    async def steps(port: int) -> None:
        sent, said = await asyncio.to_thread(flood, port, CHUNKED + b"\r\n", piece, 16 * MIB)

        assert sent < 8 * MIB
        assert not said or said.startswith(b"HTTP/1.1 431")

    run(steps, RequestLimits(small_chunks=10_000))


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    async def steps() -> None:
        async with serving(RequestLimits(write_timeout_s=0.1)) as (port, server):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
            connections = server.server_state.connections
            await _until(lambda: len(connections) == 1)
            await _until(lambda: not connections)

            said = 0
            with contextlib.suppress(OSError):
                while data := await reader.read(1 << 20):
                    said += len(data)

            assert said < 20_000_000
            writer.close()

    asyncio.run(steps())


async def _until(is_so: Callable[[], bool]) -> None:
    """Wait for what the server's own state says."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110  # nobody is told of it
            await asyncio.sleep(0.005)


# ---------------------------------------------------------------- how an answer is written


class _Writes(asyncio.Transport):
    """Remembers what is written to it, write by write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return False


HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "writes"),
    [
        ([HEAD, b"body"], [HEAD + b"body"]),
        ([HEAD, b"first", b"second"], [HEAD + b"first", b"second"]),
        ([HEAD, b""], [HEAD]),
        ([HEAD], [HEAD]),
        (
            [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD, b"body"],
            [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"body"],
        ),
        ([], []),
    ],
    ids=["body", "streamed", "no body", "broken off", "go-ahead", "nothing"],
)
def test_the_head_of_an_answer_goes_with_the_first_of_its_body(
    parts: list[bytes], writes: list[bytes]
) -> None:
    found, ended = _Writes(), []
    answer = AnswerTransport(found, lambda: ended.append(list(found.writes)), found.is_closing, has_body=True)
    for part in parts:
        answer.write(part)

    answer.close()

    assert found.writes == writes
    assert ended == [writes]


def test_a_head_that_nothing_follows_is_written_at_once() -> None:
    found = _Writes()
    AnswerTransport(found, lambda: None, found.is_closing, has_body=False).write(HEAD)

    assert found.writes == [HEAD]


def test_head_requests_are_answered_one_after_the_other() -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(_half_close, port, b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)

        assert said.count(b"HTTP/1.1 200 OK") == 3

    run(steps)
