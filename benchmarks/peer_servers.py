"""Phoenix and MLflow, each in the environment that its user made for it, with the database that it ships with."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.ingest_sending import Connection
from benchmarks.ingest_servers import cpu_seconds, wait_until_healthy
from tests.servers.process import free_ports

#: Their first start makes some dozens of tables.
_START_S: Final = 300
_POLL_S: Final = 0.02


@dataclass(frozen=True)
class Peer:
    """How one is started and asked; ``command`` without the program's folder."""

    distribution: str
    command: Callable[[int], Sequence[str]]
    environment: Callable[[int], Mapping[str, str]]
    health: str
    database: str
    #: The table that has a row for each ticket, beside ``spans``.
    tickets: str


def _mlflow_environment(_: int) -> dict[str, str]:
    # Its job workers do nothing for traces, and would be counted in its processor time.
    return {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def _phoenix_environment(port: int) -> dict[str, str]:
    return {
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_ports(1)[0]),
        "PHOENIX_WORKING_DIR": ".",
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }


PEERS: Final[Mapping[str, Peer]] = {
    "phoenix": Peer(
        "arize-phoenix",
        lambda _: ["phoenix", "serve"],
        _phoenix_environment,
        "healthz",
        "phoenix.db",
        "traces",
    ),
    "mlflow": Peer(
        "mlflow",
        lambda port: ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port)],
        _mlflow_environment,
        "health",
        "mlflow.db",
        "trace_info",
    ),
}


class NoEnvironment(Exception):
    def __init__(self, peer: str, environments: Path) -> None:
        super().__init__(f"no {peer} in {environments / peer}: see benchmarks/README.md")


class DidNotStart(Exception):
    def __init__(self, log: Path) -> None:
        super().__init__(f"it did not start: {log.read_text(encoding='utf-8', errors='replace')[-1000:]}")


class DidNotStore(Exception):
    def __init__(self, what: str, stored: int, expected: int, waited_s: float) -> None:
        super().__init__(f"{stored} of {expected} {what} are in its database after {waited_s:.0f} s")


@dataclass(frozen=True)
class Running:
    """A peer that runs: its port, its version, and the process that leads all of its processes."""

    peer: Peer
    port: int
    version: str
    leader: int
    database: Path

    def stored(self) -> tuple[int, int]:
        """How many tickets and how many spans its database holds."""
        return self._count(self.peer.tickets), self._count("spans")

    def _count(self, table: str) -> int:
        address = f"{self.database.as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # ours

    def wait_for(self, spans: int, timeout_s: float) -> None:
        """Return once its database holds so many spans. Raises `DidNotStore`."""
        deadline = time.monotonic() + timeout_s
        while (stored := self._count("spans")) < spans:
            if time.monotonic() > deadline:
                raise DidNotStore("spans", stored, spans, timeout_s)
            time.sleep(_POLL_S)

    def cpu_s(self) -> float:
        """Seconds of processor time of all its processes; not a number where the system does not tell."""
        pids = _session_of(self.leader)
        return cpu_seconds(pids) if pids else math.nan


class PeerConnection(Connection):
    """A connection to a server whose answers may be empty, or anything of a stated length."""

    def is_whole(self, answer: bytes) -> bool:
        head, end, body = answer.partition(b"\r\n\r\n")
        fields = dict(line.lower().partition(b":")[::2] for line in head.split(b"\r\n"))
        return bool(end) and len(body) >= int(fields.get(b"content-length", b"0"))


def _session_of(leader: int) -> list[int]:
    """The processes that it started, and itself."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == leader:
                found.append(int(stat.parent.name))
    return found


# ---------------------------------------------------------------- environment and start


def python_of(name: str, environments: Path) -> Path:
    """The Python of a peer's environment. Raises `NoEnvironment`."""
    python = environments / name / "bin" / "python"
    if not python.exists():
        raise NoEnvironment(name, environments)
    return python


def _version_of(python: Path, distribution: str) -> str:
    program = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    command = [str(python), "-c", program, distribution]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


@contextmanager
def running(name: str, environments: Path, folder: Path) -> Iterator[Running]:
    """A peer in its own environment while the block runs; what it keeps is in ``folder``. Raises `DidNotStart`."""
    peer, python, port = PEERS[name], python_of(name, environments), free_ports(1)[0]
    program, *arguments = peer.command(port)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [python.with_name(program), *arguments],
            cwd=folder,
            env={**os.environ, **peer.environment(port)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/{peer.health}", process, Path(log.name))
        version = _version_of(python, peer.distribution)
        yield Running(peer, port, version, process.pid, (folder / peer.database).resolve())
    finally:
        _end(process)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    try:
        wait_until_healthy(address, lambda: process.poll() is None, _START_S)
    except RuntimeError as error:
        raise DidNotStart(log) from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask all its processes to end, and end those that have not after some seconds."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


# ---------------------------------------------------------------- what it is sent


def make_bodies(python: Path, shape: str, lines: Sequence[bytes], per_request: int) -> list[bytes]:
    """OTLP bodies of these logs, made by ``peer_bodies.py`` in the peer's environment."""
    command = [str(python), str(Path(__file__).with_name("peer_bodies.py")), shape, str(per_request)]
    made = subprocess.run(command, input=b"\n".join(lines), stdout=subprocess.PIPE, check=True)  # noqa: S603
    return list(_split(made.stdout))


def _split(made: bytes) -> Iterator[bytes]:
    """What is preceded by its length in four bytes."""
    at = 0
    while at < len(made):
        begin = at + 4
        at = begin + int.from_bytes(made[at:begin], "big")
        yield made[begin:at]


def make_post(port: int, body: bytes) -> bytes:
    """A ready-made request to where both take OTLP; the experiment is MLflow's first, Phoenix does not read it."""
    return (
        f"POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-protobuf\r\n"
        f"x-mlflow-experiment-id: 0\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
