"""A stop of the real process: what was accepted has its answer first, and the answer is true."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from access import clients, keys
from cli.errors import CliError
from cli.workers import run_workers
from collector.settings import CollectorSettings
from lake.store import open_store
from tests.collector.conftest import make_log
from tests.collector.failing_s3 import FailingS3, failing_s3
from tests.servers.process import free_ports

_START_S: Final = 60
_END_S: Final = 60
#: Of the store's patience, for the test of a store that hangs.
_PATIENCE_S: Final = "0.5"
_GO_AHEAD: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Running:
    """`caselog collector` over a store that does what the test says."""

    def __init__(self, s3: FailingS3, process: subprocess.Popen[str], port: int, key: str) -> None:
        self.s3 = s3
        self.process = process
        self.port = port
        self._key = key
        self._body = json.dumps(make_log()).encode()

    def connect(self, *, body: bytes | None = None) -> socket.socket:
        """A connection on which a log was sent, or as much of it as ``body`` holds; the collector has taken its head.

        It says so to who asks before he sends a body. What no more than waits to be accepted, a stop cuts off.
        """
        head = (
            f"POST /v1/logs HTTP/1.1\r\nHost: x\r\nX-API-Key: {self._key}\r\nContent-Type: application/json\r\n"
            f"Expect: 100-continue\r\nContent-Length: {len(self._body)}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=_END_S)
        connection.sendall(head.encode())
        assert connection.recv(len(_GO_AHEAD), socket.MSG_WAITALL) == _GO_AHEAD
        connection.sendall(self._body if body is None else body)
        return connection

    @property
    def body(self) -> bytes:
        """The log as it is sent."""
        return self._body

    def terminate(self) -> None:
        """Ask it to end, and wait until it takes nothing more."""
        self.process.send_signal(signal.SIGTERM)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=_END_S).close()
            except OSError:
                return
            time.sleep(0.01)

    def ended(self) -> str:
        """What it said on standard error, once it has ended; it ended in order, by the signal."""
        _, said = self.process.communicate(timeout=_END_S)
        assert self.process.returncode in {0, -signal.SIGTERM}, said
        return said


@contextmanager
def _running(s3: FailingS3, *, stop_s: int = 20, workers: int = 1) -> Iterator[Running]:
    fault, s3.fault = s3.fault, ""
    store, now = open_store("s3://bucket/", s3.env), datetime.now(UTC)
    clients.create_client(store, "acme", now)
    key = keys.issue_key(store, "acme", now, os.urandom(32))
    (port,) = free_ports(1)
    env = {
        "PATH": os.environ["PATH"],
        "CASELOG_LAKE_URL": "s3://bucket/",
        "CASELOG_COLLECTOR_PORT": str(port),
        "CASELOG_COLLECTOR_ACK_TIMEOUT_S": _PATIENCE_S if fault == "hangs" else "20",
        "CASELOG_COLLECTOR_SHUTDOWN_TIMEOUT_S": str(stop_s),
        **s3.env,
    }
    command: list[str | Path] = [
        Path(sys.executable).parent / "caselog",
        "collector",
        "--workers",
        str(workers),
    ]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    try:
        _await_ready(process, port)
        s3.fault = fault
        yield Running(s3, process, port, key)
    finally:
        process.terminate()
        process.communicate(timeout=_END_S)


def _await_ready(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the collector ended"
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the collector was not ready in time")


def _whole_answer(connection: socket.socket) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and body of the answer, to the end of the connection."""
    said = b""
    with connection:
        while data := connection.recv(65536):
            said += data
    head, _, body = said.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, json.loads(body)


def _answer(connection: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer, to the end of the connection."""
    status, _, body = _whole_answer(connection)
    return status, body


def _logs(s3: FailingS3) -> list[str]:
    return [key for key in s3.objects if key.startswith("raw/client_id=")]


def test_a_log_that_is_being_stored_is_acknowledged_before_the_end() -> None:
    with failing_s3() as s3:
        s3.fault = "waits"
        with _running(s3) as collector:
            sending = [collector.connect() for _ in range(5)]
            assert s3.asked.wait(_END_S)

            collector.terminate()
            s3.released.set()
            answers = [_answer(connection) for connection in sending]
            collector.ended()

        assert [status for status, _ in answers] == [200] * 5
        assert len(_logs(s3)) >= 1


def test_a_log_whose_body_is_on_its_way_is_taken_to_its_end() -> None:
    with failing_s3() as s3, _running(s3) as collector:
        sending = collector.connect(body=collector.body[:10])

        collector.terminate()
        sending.sendall(collector.body[10:])
        status, told = _answer(sending)
        collector.ended()

        assert (status, told["status"]) == (200, "stored")
        assert len(_logs(s3)) == 1


def test_a_store_that_hangs_does_not_keep_a_collector_from_ending_nor_a_sender_from_his_answer() -> None:
    with failing_s3() as s3:
        s3.fault = "hangs"
        with _running(s3) as collector:
            sending = collector.connect()
            assert s3.asked.wait(_END_S)

            collector.terminate()
            status, told = _answer(sending)
            collector.ended()

    assert status == 503
    assert "did not confirm the log: sending it again is safe" in json.dumps(told)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_body_that_is_not_whole_when_the_stop_ends_is_told_so_in_the_collectors_words(workers: int) -> None:
    with failing_s3() as s3, _running(s3, stop_s=1, workers=workers) as collector:
        slow = [collector.connect(body=collector.body[:10]) for _ in range(3)]

        collector.terminate()
        answers = [_whole_answer(connection) for connection in slow]
        said = collector.ended()

    for status, headers, told in answers:
        assert (status, told["error"]["code"]) == (503, "stopping")
        assert {"retry-after", "x-request-id"} <= headers.keys()
        assert headers["connection"] == "close"
    assert "Traceback" not in said
    assert " ERROR " not in said
    assert not _logs(s3)


def test_workers_wait_as_long_as_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def running(_env: object, stop_s: float) -> None:
        waited.append(stop_s)
        raise CliError("nothing is started here")

    monkeypatch.setattr("cli.workers.running", running)
    for stop_s in (1, 20, 600):
        with pytest.raises(CliError):
            run_workers(CollectorSettings(port=free_ports(1)[0], workers=2, shutdown_timeout_s=stop_s))

    assert all(left > stop_s for stop_s, left in zip((1, 20, 600), waited, strict=True))
