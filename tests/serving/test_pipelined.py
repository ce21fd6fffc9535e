"""Requests behind one another: none loses its answer by what follows it, and nobody is answered twice."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from serving.door import RequestLimits
from tests.serving.echo import answers, run, talk

POST = b"POST /a HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SLOW = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
BROKEN = {
    "size of a chunk": CHUNKED + b"g\r\nhello\r\n0\r\n\r\n",
    "end of a chunk": CHUNKED + b"5\r\nhellooo\r\n0\r\n\r\n",
    "trailer": CHUNKED + b"5\r\nhello\r\n0\r\nno colon\r\n\r\n",
    "framing behind": CHUNKED + b"5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n",
    "large framing": CHUNKED + b"5;" + b"x" * 200_000 + b"\r\nhello\r\n0\r\n\r\n",
    "another coding": POST + b"Transfer-Encoding: gzip\r\n\r\nhello",
    "two framings": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another coding, offered": POST
    + b"Upgrade: h2c\r\nConnection: Upgrade\r\nTransfer-Encoding: gzip\r\n\r\nhello",
    "another version": b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
}


@pytest.fixture(autouse=True)
def _no_defect(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)


def _errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(("times", "step"), [(1, 50), (3, 1_000_000)])
def test_what_came_whole_is_answered_although_the_next_one_is_broken(
    broken: bytes, times: int, step: int, caplog: pytest.LogCaptureFixture
) -> None:
    sent = SLOW * times + broken
    parts = [sent[at : at + step] for at in range(0, len(sent), step)]

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, *parts)

        assert [answer["body"] for answer in answers(said)] == ["hello"] * times
        assert said.count(b"HTTP/1.1 ") == times

    run(steps)

    assert _errors(caplog) == []


@pytest.mark.parametrize("rest", [b"", b"hel", b"hello" + SLOW[:20]])
def test_a_sender_that_closes_its_side_in_a_later_request_reads_the_answers_before(rest: bytes) -> None:
    def ask(port: int) -> bytes:
        said = b""
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(SLOW * 2 + POST + b"Content-Length: 50\r\n\r\n" + rest)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                said += data
        return said

    async def steps(port: int) -> None:
        assert [answer["body"] for answer in answers(await asyncio.to_thread(ask, port))] == ["hello"] * 2

    run(steps)


@pytest.mark.parametrize("broken", ["size of a chunk", "trailer", "large framing"])
def test_who_was_answered_early_is_not_answered_again(broken: str) -> None:
    body = BROKEN[broken].removeprefix(CHUNKED)

    def ask(port: int) -> bytes:
        said = b""
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(CHUNKED.replace(b"/a", b"/early"))
            said += connection.recv(65536)
            connection.sendall(body)
            while data := connection.recv(65536):
                said += data
        return said

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(ask, port)

        assert said.startswith(b"HTTP/1.1 200")
        assert said.count(b"HTTP/1.1 ") == 1

    run(steps)


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_sender_who_leaves_is_no_defect(times: int, caplog: pytest.LogCaptureFixture) -> None:
    def leave(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            connection.sendall(SLOW * times)

    async def steps(port: int) -> None:
        for _ in range(5):
            await asyncio.to_thread(leave, port)
        await asyncio.sleep(0.5)  # longer than `/slow` takes

    run(steps)

    assert _errors(caplog) == []


@pytest.mark.parametrize("broken", [b"1\r\na\r\ng\r\n", b"g\r\n"])
def test_who_is_refused_before_his_body_was_asked_for_is_no_defect(
    broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    start = b"POST /slow HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, start + broken)

        assert said.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").startswith(b"HTTP/1.1 400")
        assert said.endswith(b"NOT_HTTP")

    run(steps)

    assert _errors(caplog) == []


@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.2", b"HTTP/3.0"])
def test_other_versions_than_are_spoken_are_refused(version: bytes) -> None:
    async def steps(port: int) -> None:
        said = await asyncio.to_thread(talk, port, b"GET / " + version + b"\r\nHost: x\r\n\r\n")

        assert said.startswith(b"HTTP/1.1 400")

    run(steps)


@pytest.mark.parametrize(
    "start", [b"rubbish\r\n\r\n", b"GET / HTTP/1.1\r\nx: " + b"y" * 100_000 + b"\r\n\r\n"]
)
def test_a_refusal_bears_a_request_id_too(start: bytes) -> None:
    async def steps(port: int) -> None:
        first, second = [await asyncio.to_thread(talk, port, start) for _ in range(2)]

        ids = [said.split(b"x-request-id: ")[1].split(b"\r\n")[0] for said in (first, second)]
        assert ids[0] != ids[1]

    run(steps, RequestLimits())
