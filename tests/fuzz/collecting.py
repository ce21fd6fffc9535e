"""A collector in a process of its own, over a folder, with short timeouts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from access import clients, keys
from lake.store import Store, open_store
from tests.servers.process import free_ports

METRICS_TOKEN: Final = "a-token-of-the-fuzzer-alone"
_SETTINGS: Final = {
    "CASELOG_COLLECTOR_METRICS_TOKEN": METRICS_TOKEN,
    "CASELOG_COLLECTOR_UPLOAD_TIMEOUT_S": "2",
    "CASELOG_COLLECTOR_KEEP_ALIVE_TIMEOUT_S": "1",
    "CASELOG_COLLECTOR_ACK_TIMEOUT_S": "30",  # a busy machine is no fault of the collector's
}
#: See `docs/api.md` and `docs/settings.md`: what it holds at rest, and of bodies.
MOST_RSS_BYTES: Final = (256 + 256) * 1024 * 1024
_START_S: Final = 60.0


@dataclass(frozen=True)
class Collecting:
    """A collector that runs, and the key of its only client, `acme`."""

    port: int
    key: str
    store: Store
    process: psutil.Process
    service_log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def collecting(folder: Path) -> Iterator[Collecting]:
    """The collector while the block runs; raises `AssertionError` where it does not end as it should."""
    url = (folder / "lake").as_uri()
    store, now = open_store(url, {}), datetime.now(UTC)
    clients.create_client(store, "acme", now)
    key = keys.issue_key(store, "acme", now, os.urandom(32))
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "cli.main", "collector", "--port", str(port)]
    service_log = folder / "service.log"
    with service_log.open("wb") as said:
        env = {**os.environ, **_SETTINGS, "CASELOG_LAKE_URL": url}
        process = subprocess.Popen(command, env=env, stderr=said, stdout=said)
        try:
            _await(process, port)
            yield Collecting(port, key, store, psutil.Process(process.pid), service_log)
            process.terminate()
            assert process.wait(30) in {0, -signal.SIGTERM}, "it did not end by itself"
        finally:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the collector did not start")
