"""A small application behind a real server, and what a hostile sender does to it over a socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from serving.door import HeadFault, Refusal, RequestLimits
from serving.server import make_server, stop

Steps = Callable[[int], Awaitable[None]]


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Says what arrived; `/early` before it has read the body, `/slow` after a while; `/long` says 20 MB."""
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "websocket":
        await _talk(scope["path"], receive, send)
    elif scope["path"] == "/long":
        await _stream(send)
    else:
        body = b"" if scope["path"] == "/early" else await _read(receive)
        await asyncio.sleep(0.3 if scope["path"] == "/slow" else 0)
        said = json.dumps(
            {
                "method": scope["method"],
                "path": scope["path"],
                "body": body.decode(errors="replace"),
                "headers": sorted(name.decode() for name, _ in scope["headers"]),
            }
        ).encode()
        headers = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


async def live(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        assert message["type"] == "lifespan.startup"
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


async def _talk(path: str, receive: Any, send: Any) -> None:
    await receive()
    await asyncio.sleep(0.3 if path == "/slow" else 0)
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def _stream(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(200):
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _read(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def refuse(fault: HeadFault, _limits: RequestLimits) -> Refusal:
    return Refusal(fault.value, "text/plain", fault.name.encode())


@asynccontextmanager
async def serving(
    limits: RequestLimits | None = None, max_connections: int = 0, app: Any = None, stop_timeout_s: int = 10
) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """The server on a free port."""
    server = make_server(
        app or echo,
        refuse=refuse,
        limits=limits or RequestLimits(),
        max_connections=max_connections,
        websockets=True,
        port=0,
        stop_timeout_s=stop_timeout_s,
    )
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # it is uvicorn's flag
        await asyncio.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1], server
    stop(server)
    await task


def run(steps: Steps, limits: RequestLimits | None = None, max_connections: int = 0) -> None:
    """Run ``steps`` against the server."""

    async def within() -> None:
        async with serving(limits, max_connections) as (port, _):
            await steps(port)

    asyncio.run(within())


def talk(port: int, *parts: bytes) -> bytes:
    """Everything the server says to ``parts``, each sent as one, until it closes the connection."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part)
        while data := connection.recv(65536):
            said += data
    return said


def is_hung_up_on(port: int, start: bytes) -> bool:
    """Whether the server closes the connection with nothing said; ``start`` may come when it has done so."""
    try:
        return talk(port, start) == b""
    except ConnectionError:
        return True


def flood(port: int, start: bytes, piece: bytes, most: int) -> tuple[int, bytes]:
    """How many bytes the server takes of ``piece`` again and again after ``start``, and what it says."""
    sent, said = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(start)
        try:
            while sent < most:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        try:
            while data := connection.recv(65536):
                said += data
        except OSError:
            pass
    return sent, said


def answers(said: bytes) -> list[dict[str, Any]]:
    """The bodies of the 200s in ``said``."""
    return [json.loads(part.partition(b"\r\n\r\n")[2]) for part in said.split(b"HTTP/1.1 200 OK")[1:]]
