"""The collector as a running server, met over sockets."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from access import clients, keys
from collector import reference
from collector.serve import build_server
from collector.settings import CollectorSettings
from lake.store import Store, memory_store, open_store
from serving.door import RequestLimits
from serving.heads import BoundedHead
from serving.server import stop
from tests.collector.conftest import make_log, stored_lines
from tests.collector.stores import GatedStore
from tests.serving.echo import flood, is_hung_up_on, talk

MAX_HEAD_BYTES = RequestLimits().head_bytes

Steps = Callable[[int, str, uvicorn.Server], Awaitable[None]]


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for what is said by a flag only."""
    while not condition():  # noqa: ASYNC110  # it is uvicorn's flag
        await asyncio.sleep(0.005)


def _connections(server: uvicorn.Server) -> list[BoundedHead]:
    return [found for found in server.server_state.connections if isinstance(found, BoundedHead)]


@asynccontextmanager
async def _running(
    store: Store, limits: RequestLimits | None
) -> AsyncIterator[tuple[int, str, uvicorn.Server]]:
    """A server over ``store`` on a free port, and the key of its only client."""
    now = datetime.now(UTC)
    clients.create_client(store, "acme", now)
    key = keys.issue_key(store, "acme", now, os.urandom(32))
    server = build_server(CollectorSettings(port=0), store, limits)
    serving = asyncio.create_task(server.serve())
    await _until(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1], key, server
    stop(server)
    await serving


def _run(store: Store, steps: Steps, limits: RequestLimits | None = None) -> None:
    async def within() -> None:
        async with _running(store, limits) as (port, key, server):
            await steps(port, key, server)

    asyncio.run(within())


def _connect(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def _send(connection: http.client.HTTPConnection, key: str) -> http.client.HTTPResponse:
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    connection.request("POST", "/v1/logs", json.dumps(make_log()), headers)
    answer = connection.getresponse()
    answer.read()
    return answer


def _post(port: int, key: str) -> http.client.HTTPResponse:
    with closing(_connect(port)) as connection:
        return _send(connection, key)


def _talk(port: int, *parts: bytes) -> bytes:
    """Everything the server says to ``parts`` until it closes the connection."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for part in parts:
            connection.sendall(part)
        while data := connection.recv(65536):
            said += data
    return said


def test_a_log_over_a_socket_lies_in_the_folder(tmp_path: Path) -> None:
    store = open_store((tmp_path / "lake").as_uri(), {})

    async def steps(port: int, key: str, _: uvicorn.Server) -> None:
        answer = await asyncio.to_thread(_post, port, key)

        assert answer.status == 200
        assert "server" not in {name.lower() for name in answer.headers}

    _run(store, steps)

    assert stored_lines(store)[0]["log_id"] == "L-1"


def test_a_connection_carries_many_logs() -> None:
    store = memory_store()

    async def steps(port: int, key: str, _: uvicorn.Server) -> None:
        with closing(_connect(port)) as connection:
            connection.connect()
            first = connection.sock
            for _again in range(5):
                assert (await asyncio.to_thread(_send, connection, key)).status == 200
            assert connection.sock is first

    _run(store, steps)


def test_a_stop_finishes_what_was_sent() -> None:
    store = GatedStore()

    async def steps(port: int, key: str, server: uvicorn.Server) -> None:
        answer = asyncio.create_task(asyncio.to_thread(_post, port, key))
        await store.writing.wait()

        stop(server)
        store.gate.set()

        assert (await answer).status == 200

    _run(store, steps)

    assert len(stored_lines(store)) == 1


def test_the_python_of_the_page_sends_a_log() -> None:
    store = memory_store()

    async def steps(port: int, key: str, _: uvicorn.Server) -> None:
        env = {**os.environ, "COLLECTOR": f"http://127.0.0.1:{port}", "API_KEY": key}
        command = [sys.executable, "-c", reference.PYTHON]
        result = await asyncio.to_thread(
            subprocess.run, command, env=env, capture_output=True, text=True, check=False, timeout=60
        )

        assert (result.returncode, result.stderr) == (0, "")
        assert "stored" in result.stdout

    _run(store, steps)

    assert stored_lines(store)[0]["ticket_id"] == "T-1042"


@pytest.mark.parametrize(
    "rubbish",
    [
        b"rubbish\r\n\r\n",
        b"POST /v1/logs HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /v1/logs HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/logs HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nhello",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    ],
    ids=["rubbish", "two lengths", "length and chunked", "no length", "odd path", "tls"],
)
def test_what_is_not_http_is_answered_in_the_same_shape(rubbish: bytes) -> None:
    async def steps(port: int, _key: str, _server: uvicorn.Server) -> None:
        said = await asyncio.to_thread(_talk, port, rubbish)

        assert said.startswith(b"HTTP/1.1 400")
        assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_request"

    _run(memory_store(), steps)


@pytest.mark.parametrize("shape", ["one header", "many headers", "address"])
def test_an_endless_head_is_cut_off(shape: str) -> None:
    piece = {"one header": b"x" * 1000, "many headers": b"x: y\r\n" * 200, "address": b"x" * 1000}[shape]
    start = (
        b"GET /"
        if shape == "address"
        else b"GET / HTTP/1.1\r\nx: y" + (b"" if shape == "one header" else b"\r\n")
    )

    async def steps(port: int, _key: str, _server: uvicorn.Server) -> None:
        said = await asyncio.to_thread(_talk, port, start, *[piece] * (MAX_HEAD_BYTES // len(piece) + 1))

        assert b"431" in said.split(b"\r\n")[0]
        assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == "head_too_large"

    _run(memory_store(), steps)


@pytest.mark.parametrize("start", ["", "POST /v1/logs HTTP/1.1\r\nX-API", "whole head"])
def test_a_connection_that_says_nothing_is_closed(start: str) -> None:
    async def steps(port: int, key: str, _server: uvicorn.Server) -> None:
        headers = f"X-API-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: 9"
        sent = f"POST /v1/logs HTTP/1.1\r\n{headers}\r\n\r\n" if start == "whole head" else start

        assert await asyncio.to_thread(is_hung_up_on, port, sent.encode())

    _run(memory_store(), steps, RequestLimits(head_timeout_s=0.05))


def test_a_body_that_has_begun_is_no_longer_waited_for_as_a_head() -> None:
    async def steps(port: int, key: str, server: uvicorn.Server) -> None:
        headers = f"X-API-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: 9"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST /v1/logs HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        await _until(lambda: any(found.scope for found in _connections(server)))
        assert _connections(server)[0]._timer is not None

        writer.write(b"{")
        await _until(lambda: _connections(server)[0]._timer is None)
        writer.write(b"        ")

        assert (await reader.readline()).startswith(b"HTTP/1.1 422")
        writer.close()

    _run(memory_store(), steps)


def test_a_request_that_is_smuggled_behind_a_refused_one_is_not_answered() -> None:
    smuggled = b"POST /v1/logs HTTP/1.1\r\nContent-Length: 40\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

    async def steps(port: int, _key: str, _server: uvicorn.Server) -> None:
        said = await asyncio.to_thread(_talk, port, smuggled)

        assert said.count(b"HTTP/1.1 ") == 1
        assert b" 401 " in said

    _run(memory_store(), steps)


def _raw(key: str, headers: str, body: bytes) -> bytes:
    start = f"POST /v1/logs HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n{headers}"
    return start.encode() + b"\r\n" + body


def test_endless_trailers_need_no_key_and_get_nowhere() -> None:
    start = b"POST /v1/logs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"

    async def steps(port: int, _key: str, _server: uvicorn.Server) -> None:
        sent, _said = await asyncio.to_thread(flood, port, start, b"t: " + b"x" * 60_000 + b"\r\n", 1 << 26)

        assert sent < 1 << 24

    _run(memory_store(), steps, RequestLimits(linger_bytes=1 << 20))


def test_trailers_of_a_known_sender_are_bounded_too() -> None:
    async def steps(port: int, key: str, _server: uvicorn.Server) -> None:
        start = _raw(key, "Transfer-Encoding: chunked\r\n", b"1\r\na\r\n0\r\n")
        sent, said = await asyncio.to_thread(flood, port, start, b"t: " + b"x" * 60_000 + b"\r\n", 1 << 26)

        assert sent < 1 << 25
        assert not said or b"head_too_large" in said

    _run(memory_store(), steps, RequestLimits(linger_bytes=1 << 20))


def test_a_head_in_one_piece_is_bounded_too() -> None:
    async def steps(port: int, key: str, _server: uvicorn.Server) -> None:
        said = await asyncio.to_thread(talk, port, _raw(key, f"x: {'y' * 40_000}\r\n", b""))

        assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == "head_too_large"

    _run(memory_store(), steps)


def test_a_log_with_the_offer_of_http_2_is_stored_as_by_curl() -> None:
    store = memory_store()
    body = json.dumps(make_log()).encode()
    offer = (
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
    )

    async def steps(port: int, key: str, _server: uvicorn.Server) -> None:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as connection:
            connection.sendall(_raw(key, f"{offer}Content-Length: {len(body)}\r\n", body))
            said = await asyncio.to_thread(connection.recv, 65536)

        assert said.startswith(b"HTTP/1.1 200")

    _run(store, steps)

    assert stored_lines(store)[0]["log_id"] == "L-1"
