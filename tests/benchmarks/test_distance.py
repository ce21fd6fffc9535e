from __future__ import annotations

import asyncio
import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uvloop

from benchmarks.distance import Way, far_away

DELAY_S = 0.05


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(65536):
            self.request.sendall(data)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an echo that is far away."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with far_away(server.server_address[1], tmp_path_factory.mktemp("far"), DELAY_S * 1000) as port:
            yield port
        server.shutdown()


def send(port: int, data: bytes) -> tuple[bytes, float]:
    """What comes back, and after how long."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        begun = time.perf_counter()
        sending = pool.submit(connection.sendall, data)
        back = b"".join(_receive(connection, len(data)))
        sending.result()
        return back, time.perf_counter() - begun


def _receive(connection: socket.socket, missing: int) -> Iterator[bytes]:
    while missing > 0 and (data := connection.recv(1 << 20)):
        missing -= len(data)
        yield data


class Ends:
    """Both ends of a way: what arrives at one is noted."""

    def __init__(self) -> None:
        self.arrived: list[float] = []

    def write(self, _: bytes) -> None:
        self.arrived.append(time.monotonic())

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """Nothing was paused."""


async def pass_on(count: int, delay_s: float) -> list[float]:
    """For how long each of some bytes was held that came at different parts of a millisecond."""
    ends = Ends()
    way, came = Way(delay_s, ends, ends), []
    for _ in range(count):
        time.sleep(0.0003)  # noqa: ASYNC251 - the loop's clock is to stand still
        came.append(time.monotonic())
        way.hold(b"x")
        await asyncio.sleep(0)
    while len(ends.arrived) < count:  # noqa: ASYNC110 - a moment
        await asyncio.sleep(0.001)
    return [left - began for began, left in zip(came, ends.arrived, strict=True)]


def test_no_byte_is_held_for_less_than_it_was_asked_for() -> None:
    held = uvloop.run(pass_on(200, 0.005))

    assert min(held) >= 0.005


def test_each_byte_takes_its_time_there_and_back(port: int) -> None:
    back, took = send(port, b"hello")

    assert back == b"hello"
    assert took >= 2 * DELAY_S


def test_distance_does_not_add_up_over_connections(port: int) -> None:
    begun = time.perf_counter()
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: send(port, b"hello"), range(200)))

    assert [back for back, _ in answers] == [b"hello"] * 200
    assert min(took for _, took in answers) >= 2 * DELAY_S
    assert time.perf_counter() - begun < 200 * DELAY_S  # half of what it would add up to


def test_much_data_arrives_whole_and_in_order_and_distance_does_not_add_up_over_chunks(port: int) -> None:
    data = b"".join(number.to_bytes(4, "big") for number in range(4_000_000))

    back, took = send(port, data)

    assert back == data
    assert took < len(data) / 65536 * DELAY_S


def test_where_nothing_listens_the_connection_is_closed(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with far_away(unused.getsockname()[1], tmp_path, 1) as port, contextlib.suppress(ConnectionError):
            assert send(port, b"hello")[0] == b""  # unless it is reset, as it is where it was not read
