"""A collector as operators run it: a process of its own over a folder, with one client and its key."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from access import clients, keys
from lake.store import Store, open_store
from tests.servers.process import START_TIMEOUT_S, free_ports


@dataclass(frozen=True)
class RunningCollector:
    """A collector that runs, and the key of its only client, `acme`; ``service_log`` is what it says."""

    port: int
    key: str
    store: Store
    process: psutil.Process
    service_log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_collector(folder: Path, settings: Mapping[str, str]) -> Iterator[RunningCollector]:
    """The collector while the block runs; its lake is ``folder/lake``, ``settings`` are beside this process' own.

    Raises `AssertionError` where it does not start, or does not end as it should.
    """
    url = (folder / "lake").as_uri()
    store, now = open_store(url, {}), datetime.now(UTC)
    clients.create_client(store, "acme", now)
    key = keys.issue_key(store, "acme", now, os.urandom(32))
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "cli.main", "collector", "--port", str(port)]
    service_log = folder / "service.log"
    with service_log.open("wb") as said:
        env = {**os.environ, **settings, "CASELOG_LAKE_URL": url}
        process = subprocess.Popen(command, env=env, stderr=said, stdout=said)
        try:
            _await(process, port)
            yield RunningCollector(port, key, store, psutil.Process(process.pid), service_log)
            process.terminate()
            assert process.wait(60) in {0, -signal.SIGTERM}, "it did not end by itself"
        finally:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the collector did not start")
