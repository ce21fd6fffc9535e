"""A Dask cluster on this machine: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import importlib.util
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.servers.process import free_ports, running

REPOSITORY: Final = Path(__file__).resolve().parents[2]


def has_dask() -> bool:
    return importlib.util.find_spec("distributed") is not None


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 10).close()
    except OSError:
        return False
    return True


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a scheduler that has no workers yet and no dashboard."""
    (port,) = free_ports(1)
    folder.mkdir()
    command = [
        *(sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1"),
        *("--port", str(port), "--dashboard-address", "127.0.0.1:0", "--no-dashboard"),
    ]
    with running(command, folder=folder, ready=lambda: _answers(port)):
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def worker(address: str, folder: Path, env: Mapping[str, str], preload: Path | None = None) -> Iterator[None]:
    """A worker of one thread, of its own process, which nobody starts again when it is killed."""
    folder.mkdir()
    command: list[str | Path] = [
        *(sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"),
        *("--no-dashboard", "--host", "127.0.0.1", "--local-directory", folder, "--name", folder.name),
        *(("--preload", preload) if preload else ()),
    ]
    log = folder / "server.log"
    paths = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}"}
    with running(
        command, folder=folder, ready=lambda: "Registered to" in log.read_text(), env={**paths, **env}
    ):
        yield
