"""Several collectors on one port, as an operator starts them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psutil
import pytest

from access import clients, keys
from lake.store import open_store
from tests.cli.test_up import answers, caselog, wait_until
from tests.collector.conftest import make_log, stored_lines
from tests.servers.process import free_ports

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port is shared in other ways")


class Workers:
    """`caselog collector --workers 2` over a folder with one client."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store((folder / "lake").as_uri(), {}, create=True)
        clients.create_client(self.store, "acme", datetime.now(UTC))
        self._key = keys.issue_key(self.store, "acme", datetime.now(UTC), os.urandom(32))
        self.port = str(free_ports(1)[0])
        self.process: subprocess.Popen[str] = caselog(
            folder, "collector", "--port", self.port, "--workers", "2"
        )
        # Until then whoever watches them takes the end of one for a start that failed, and stops all.
        said = "".join(iter(lambda: self._line_unless("collectors listen"), ""))
        assert self.process.poll() is None, said
        wait_until(lambda: [_listens(child) for child in self.children()] == [True, True])

    def _line_unless(self, awaited: str) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return "" if awaited in line else line

    def children(self) -> list[psutil.Process]:
        found = psutil.Process(self.process.pid).children()
        return [child for child in found if _is_alive(child)]

    def send(self, name: str) -> int:
        headers = {"X-API-Key": self._key, "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", int(self.port), timeout=60)) as connection:
            connection.request("POST", "/v1/logs", json.dumps(make_log(log_id=name)), headers)
            return connection.getresponse().status


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # ended since it was found
        return False


def _listens(process: psutil.Process) -> bool:
    """Whether it takes connections: that one of them answers says nothing of the other."""
    try:
        return any(each.status == psutil.CONN_LISTEN for each in process.net_connections("tcp"))
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    started = Workers(tmp_path)
    yield started
    started.process.kill()
    started.process.communicate()


def test_each_of_two_serves_the_port_and_one_that_is_killed_comes_back(workers: Workers) -> None:
    first, second = workers.children()
    stored = [f"L-{number}" for number in range(8)]
    assert [workers.send(name) for name in stored] == [200] * 8

    first.kill()
    first.wait()
    assert workers.send("other") == 200
    wait_until(lambda: [_listens(child) for child in workers.children()] == [True, True])
    second.kill()
    second.wait()
    wait_until(lambda: answers(workers.port))

    assert workers.send("last") == 200
    assert sorted(line["log_id"] for line in stored_lines(workers.store)) == sorted(
        [*stored, "last", "other"]
    )


def test_a_stop_ends_all_of_them(workers: Workers) -> None:
    children = workers.children()

    workers.process.send_signal(signal.SIGTERM)
    said, _ = workers.process.communicate(timeout=90)

    assert workers.process.returncode == 0, said
    assert "Traceback" not in said
    assert not any(child.is_running() for child in children)


def test_what_was_acknowledged_is_stored_though_all_were_killed_at_once(workers: Workers) -> None:
    acknowledged: list[str] = []

    def send_on(sender: int) -> None:
        with suppress(OSError, http.client.HTTPException):
            names = (f"L-{sender}-{number}" for number in count())
            while workers.send(name := next(names)) == 200:
                acknowledged.append(name)

    with ThreadPoolExecutor(16) as senders:
        for sender in range(16):
            senders.submit(send_on, sender)
        wait_until(lambda: len(acknowledged) > 300)
        for process in (workers.process, *workers.children()):
            with suppress(psutil.NoSuchProcess):  # its parent's end has ended it
                process.kill()

    stored = {line["log_id"] for line in stored_lines(workers.store)}
    assert set(acknowledged) <= stored


def test_a_port_that_is_taken_is_said_once(tmp_path: Path) -> None:
    taken = Workers(tmp_path)
    second = caselog(tmp_path, "collector", "--port", taken.port, "--workers", "2")
    said, _ = second.communicate(timeout=90)
    taken.process.kill()
    taken.process.communicate()

    assert second.returncode == 1
    assert said.count(f"Port {taken.port}") == 1
