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
from typing import Final

import httpx
import pytest

from access import clients, keys
from lake.store import open_store
from tests.collector.conftest import make_log
from tests.collector.failing_s3 import FailingS3, failing_s3
from tests.servers.process import free_ports

_START_S: Final = 60
_END_S: Final = 30
#: Of the store's patience, for the test of a store that hangs.
_PATIENCE_S: Final = "0.5"


class Running:
    """`caselog collector` over a store that does what the test says."""

    def __init__(self, s3: FailingS3, process: subprocess.Popen[bytes], port: int, key: str) -> None:
        self.s3 = s3
        self.process = process
        self.port = port
        self._key = key
        self._body = json.dumps(make_log()).encode()

    def connect(self, *, body: bytes | None = None) -> socket.socket:
        """A connection on which a log was sent, or as much of it as ``body`` holds."""
        head = (
            f"POST /v1/logs HTTP/1.1\r\nHost: x\r\nX-API-Key: {self._key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(self._body)}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=_END_S)
        connection.sendall(head.encode() + (self._body if body is None else body))
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
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                return
            time.sleep(0.01)

    def ended(self) -> int:
        """How it ended, once it has."""
        return self.process.wait(_END_S)


@contextmanager
def _running(s3: FailingS3) -> Iterator[Running]:
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
        **s3.env,
    }
    process = subprocess.Popen([Path(sys.executable).parent / "caselog", "collector"], env=env)
    try:
        _await_ready(process, port)
        s3.fault = fault
        yield Running(s3, process, port, key)
    finally:
        process.kill()
        process.wait()


def _await_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the collector ended"
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the collector was not ready in time")


def _answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """Status and body of the answer, to the end of the connection."""
    said = b""
    with connection:
        while data := connection.recv(65536):
            said += data
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


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
        time.sleep(0.2)  # there is no sign of a head that has arrived

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
