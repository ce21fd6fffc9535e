"""Figures at a port of their own: one address, and a bound on whoever connects."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from prometheus_client import Counter

from serving import figures
from serving.metrics import Figures
from tests.servers.process import free_ports


@pytest.fixture
def port() -> Iterator[int]:
    told = Figures()
    Counter("cases", "Cases.", registry=told.registry).inc(7)
    (port,) = free_ports(1)
    end = figures.listen(told, "127.0.0.1", port)
    _wait_for_answer(port)
    yield port
    end()


def _wait_for_answer(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            _get(port, "/nothing")
        except httpx.TransportError:
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.01)
        else:
            return


def _get(port: int, path: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=60)


def test_the_figures_are_at_one_address(port: int) -> None:
    found = _get(port, "/metrics")

    assert (found.status_code, "cases_total 7.0" in found.text) == (200, True)
    assert found.headers["content-type"].startswith("text/plain; version=")
    for path in ("/", "/metrics/", "/metrics/x", "/docs", "/healthz"):
        nothing = _get(port, path)
        assert (nothing.status_code, "/metrics" in nothing.text) == (404, True)
    assert _get(port, "/metrics", "POST").status_code == 405
    assert _get(port, "/metrics", "HEAD").status_code == 200


def test_whoever_connects_and_asks_for_nothing_takes_no_thread_and_gives_way(port: int) -> None:
    threads = threading.active_count()
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(3 * figures._MOST_CONNECTIONS)
        ]
        for each in silent:
            each.sendall(b"GET /metrics HTTP/1.1\r\n")
        answers = [_get(port, "/metrics").status_code for _ in range(3)]
        taken = threading.active_count() - threads
        closed = [each for each in silent if _is_closed(each)]

    assert answers == [200] * 3
    assert taken <= 8  # those that write the figures
    assert len(closed) >= 2 * figures._MOST_CONNECTIONS


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_what_is_no_request_is_refused_in_words(port: int) -> None:
    for sent, status in ((b"rubbish\r\n\r\n", b"400"), (b"GET / HTTP/1.1\r\nx: " + b"y" * 40_000, b"431")):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(sent)
            assert connection.recv(1000).split()[1] == status


def test_a_port_that_is_taken_is_said_at_once_and_one_that_was_left_is_free(port: int) -> None:
    with pytest.raises(OSError, match="in use"):
        figures.listen(Figures(), "127.0.0.1", port)

    (other,) = free_ports(1)
    for _ in range(2):
        end = figures.listen(Figures(), "127.0.0.1", other)
        _wait_for_answer(other)
        end()
