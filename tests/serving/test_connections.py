"""A server that holds too many connections closes those that cost nobody an answer, and always answers `/healthz`."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from serving.connections import Connections, State
from tests.servers.process import free_ports
from tests.serving.echo import run

ROOT = Path(__file__).parents[2]


class Wire:
    """A connection that knows whether it was closed."""

    def __init__(self) -> None:
        self.is_open = True

    def abort(self) -> None:
        self.is_open = False


def _join(connections: Connections, *states: State) -> list[Wire]:
    wires = [Wire() for _ in states]
    for wire, state in zip(wires, states, strict=True):
        connections.join(wire, state)
    return wires


def test_the_one_that_waited_longest_makes_room() -> None:
    connections = Connections(2)

    wires = _join(connections, *[State.WAITS] * 4)

    assert [wire.is_open for wire in wires] == [False, False, True, True]
    assert len(connections) == 2


@pytest.mark.parametrize(
    ("states", "goes"),
    [
        ([State.WORKS, State.SOCKET, State.LAGS, State.WAITS], 3),
        ([State.WORKS, State.SOCKET, State.LAGS, State.WORKS], 2),
        ([State.WORKS, State.SOCKET, State.SOCKET, State.WORKS], 2),
    ],
    ids=["waits", "lags", "newest socket"],
)
def test_what_costs_nobody_an_answer_goes_first(states: list[State], goes: int) -> None:
    connections = Connections(4)
    wires = _join(connections, *states)

    connections.join(Wire())

    assert [number for number, wire in enumerate(wires) if not wire.is_open] == [goes]


def test_a_connection_that_is_answered_is_never_closed_and_a_new_one_may_still_ask() -> None:
    connections = Connections(3)
    busy = _join(connections, *[State.WORKS] * 3)

    first, second = _join(connections, State.WAITS, State.WAITS)

    assert all(wire.is_open for wire in busy)
    assert (first.is_open, second.is_open) == (False, True)


def test_beyond_all_bounds_the_new_one_goes() -> None:
    connections = Connections(3)

    wires = _join(connections, *[State.WORKS] * 100)

    assert sum(wire.is_open for wire in wires) == len(connections) == 19
    assert not wires[-1].is_open


def test_whoever_is_answered_and_waits_again_waits_from_then_on() -> None:
    connections = Connections(2)
    old, other = _join(connections, State.WAITS, State.WAITS)
    connections.move(old, State.WORKS)
    connections.move(old, State.WAITS)

    connections.join(Wire())

    assert (old.is_open, other.is_open) == (True, False)


def test_one_that_is_gone_is_forgotten_whatever_is_heard_of_it_later() -> None:
    connections = Connections(2)
    (gone,) = _join(connections, State.WAITS)
    connections.leave(gone)

    connections.move(gone, State.WORKS)
    connections.leave(gone)

    assert len(connections) == 0
    assert connections._queues[State.WORKS] == {}


def _get(port: int, path: str = "/healthz") -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def _half_sent(stack: ExitStack, port: int, start: bytes) -> socket.socket:
    connection = stack.enter_context(closing(socket.create_connection(("127.0.0.1", port), timeout=60)))
    connection.sendall(start)
    return connection


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nHost",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"GET /kept HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["half a head", "half a body", "kept alive"],
)
def test_a_server_that_is_full_answers_the_next_one(start: bytes) -> None:
    async def steps(port: int) -> None:
        with ExitStack() as stack:
            for _ in range(60):
                await asyncio.to_thread(_half_sent, stack, port, start)
                assert await asyncio.to_thread(_get, port) == 200

    run(steps, max_connections=20)


def test_an_answer_that_nobody_reads_makes_room() -> None:
    async def steps(port: int) -> None:
        with ExitStack() as stack:
            for _ in range(30):
                await asyncio.to_thread(_half_sent, stack, port, b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
                assert await asyncio.to_thread(_get, port) == 200

    run(steps, max_connections=10)


# ---------------------------------------------------------------- with few file descriptors, in a process of its own

FILES = 128


def _allow_few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


@contextmanager
def _collector(folder: Path) -> Iterator[int]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "cli.main", "collector", "--port", str(port)]
    env = {**os.environ, "CASELOG_LAKE_URL": (folder / "lake").as_uri(), "CASELOG_LOG_FORMAT": "json"}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=said, preexec_fn=_allow_few_files)  # noqa: PLW1509
        try:
            _await_answer(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def _await_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            if _get(port) == 200:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the collector did not start")


def test_half_sent_heads_beyond_the_file_descriptors_leave_healthz_its_answer(tmp_path: Path) -> None:
    with _collector(tmp_path) as port, ExitStack() as stack:
        for number in range(4 * FILES):
            _half_sent(stack, port, b"GET /healthz HTTP/1.1\r\nHost")
            if number % 16 == 0:
                assert _get(port) == 200
                assert _get(port, "/readyz") == 200

    said = [json.loads(line) for line in (tmp_path / "said").read_text().splitlines()]
    assert {line["logger"] for line in said} == {"serving.connections"}
    assert "connections" in said[0]["message"]


def test_a_burst_of_connections_beyond_the_file_descriptors_is_survived(tmp_path: Path) -> None:
    with _collector(tmp_path) as port:
        for _ in range(5):
            with ExitStack() as stack:
                for _again in range(3 * FILES):
                    connection = stack.enter_context(closing(socket.socket()))
                    connection.setblocking(False)
                    connection.connect_ex(("127.0.0.1", port))
                assert _get(port) == 200

        assert _get(port, "/readyz") == 200
    assert "Too many open files" not in (tmp_path / "said").read_text()
