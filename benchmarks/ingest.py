"""How many logs per second the collector stores durably: logs of 11 KB, over keep-alive connections.

    python benchmarks/ingest.py [--seconds 10] [--connections 64] [--targets none,file,minio] [--batch 1]

Three processes share the machine: this one, which sends, the collector, and MinIO where it is a target.
``none`` is the same collector with the PUT removed: what HTTP, checking and grouping cost by themselves.
Each figure is one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import math
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from access import clients, keys
from benchmarks.tickets import LOG_BYTES, encode, make_log
from collector.serve import serve
from collector.settings import CollectorSettings
from lake.store import Store, memory_store, open_store

BUCKET: Final = "bench"


# ---------------------------------------------------------------- what is sent


def make_requests(key: str, host: str, batch: int) -> list[bytes]:
    """A few hundred ready-made requests, to be sent again and again: the sender must not be what is measured."""
    chance = random.Random(3)
    media = "application/x-ndjson" if batch > 1 else "application/json"
    bodies = (
        b"\n".join(encode(make_log(n * batch + i, chance)) for i in range(batch))
        for n in range(max(16, 512 // batch))
    )
    return [
        f"POST /v1/logs HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\nContent-Type: {media}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]


# ---------------------------------------------------------------- the sender


class Connection(asyncio.Protocol):
    """One keep-alive connection that sends the next request as soon as the last is answered."""

    def __init__(self, requests: Iterator[bytes], until: float, latencies: list[tuple[float, float]]) -> None:
        self._requests = requests
        self._until = until
        self._latencies = latencies
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def _send(self) -> None:
        self._answer = b""
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith(b"}"):  # every answer is one small JSON object
            return
        if not self._answer.startswith(b"HTTP/1.1 200"):
            self._fail(RuntimeError(f"the collector answered {self._answer[:300]!r}"))
            return
        now = time.perf_counter()
        self._latencies.append((now, now - self._sent_at))
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: Exception) -> None:
        self.done.set_exception(error)
        self._transport.close()


async def send_for(
    port: int, requests: list[bytes], connections: int, seconds: float
) -> list[tuple[float, float]]:
    """When each request was answered, and after how long."""
    loop = asyncio.get_running_loop()
    latencies: list[tuple[float, float]] = []
    endless = _endless(requests)
    until = time.perf_counter() + seconds
    opened = [
        await loop.create_connection(lambda: Connection(endless, until, latencies), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return latencies


def _endless(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


# ---------------------------------------------------------------- the collector


class NoPutStore(Store):
    """A store in memory that confirms raw objects without keeping them."""

    @classmethod
    def over(cls, store: Store) -> NoPutStore:
        return cls(store.url, store._objects)  # noqa: SLF001  # the double is the store but for one method

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        if not key.startswith("raw/"):
            await super().put_async(key, data, timeout_s=timeout_s)


def prepare_store(url: str, env: dict[str, str]) -> Store:
    """The store a target names; ``none`` is memory without the PUT."""
    return NoPutStore.over(memory_store()) if url == "none" else open_store(url, env)


def run_collector(url: str, env: dict[str, str], port: int, key_random: bytes, profile: str | None) -> None:
    """The collector's process: a store with one client, served."""
    store = prepare_store(url, env)
    clients.create_client(store, "bench", datetime.now(UTC))
    keys.issue_key(store, "bench", datetime.now(UTC), key_random)
    settings = CollectorSettings(port=port)
    if profile is None:
        serve(settings, store)
        return
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(0)
    )  # uvicorn ends by raising the signal that stopped it
    profiler = cProfile.Profile()
    try:
        profiler.runcall(serve, settings, store)
    finally:
        profiler.dump_stats(profile)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_healthy(url: str, alive: Callable[[], bool]) -> None:
    """Return once ``url`` answers; raises where it does not within half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and alive():
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  # our own address
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def cpu_seconds(pid: int) -> float:
    """What the process has used of the processors; not a number where the system does not tell."""
    try:
        times = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return math.nan
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def collector(
    url: str, env: dict[str, str], key_random: bytes, profile: str | None
) -> Iterator[tuple[int, int]]:
    """A collector in a process of its own; its port and process id."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(
        target=run_collector, args=(url, env, port, key_random, profile)
    )
    process.start()
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/readyz", process.is_alive)
        yield port, process.pid or 0
    finally:
        process.terminate()
        process.join(30)


# ---------------------------------------------------------------- targets


def find_minio() -> str | None:
    cached = Path.home() / ".cache" / "caselog" / "bin" / "minio"
    return shutil.which("minio") or (str(cached) if cached.exists() else None)


@contextmanager
def minio(program: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """A MinIO server of our own; the lake's address and the environment that leads to it."""
    (folder / BUCKET).mkdir(parents=True)  # a folder of a single-drive MinIO is a bucket
    port = free_port()
    login = {"MINIO_ROOT_USER": "benchmark", "MINIO_ROOT_PASSWORD": "benchmark-only"}
    command = [program, "server", "--quiet", "--address", f"127.0.0.1:{port}", str(folder)]
    process = subprocess.Popen(  # noqa: S603  # our own command
        command, env={**os.environ, **login}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/minio/health/ready", lambda: process.poll() is None)
        yield (
            f"s3://{BUCKET}/lake",
            {
                "AWS_ACCESS_KEY_ID": login["MINIO_ROOT_USER"],
                "AWS_SECRET_ACCESS_KEY": login["MINIO_ROOT_PASSWORD"],
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            },
        )
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def target(name: str, folder: Path) -> Iterator[tuple[str, dict[str, str]] | None]:
    """The lake's address for a target, and its environment; ``None`` where the machine cannot have it."""
    if name == "minio":
        program = find_minio()
        if program is None:
            yield None
            return
        with minio(program, folder / "minio") as found:
            yield found
    else:
        yield ("none" if name == "none" else (folder / "lake").as_uri()), {}


# ---------------------------------------------------------------- figures


def summarize(name: str, latencies: list[tuple[float, float]], options: argparse.Namespace) -> dict[str, Any]:
    """One figure: the answers of the middle of the run, so that neither start nor end are counted."""
    first, last = latencies[0][0], latencies[-1][0]
    warm = first + min(2.0, (last - first) / 5)
    spans = sorted(span for at, span in latencies if at >= warm)
    return {
        "benchmark": "ingest",
        "target": name,
        "logs_per_s": round(len(spans) * options.batch / (last - warm)),
        "p50_ms": round(spans[len(spans) // 2] * 1000, 1),
        "p99_ms": round(spans[len(spans) * 99 // 100] * 1000, 1),
        "log_bytes": LOG_BYTES,
        "logs_per_request": options.batch,
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    key_random = os.urandom(32)
    key = key_of(key_random)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, target(name, Path(folder)) as lake:
        if lake is None:
            return {
                "benchmark": "ingest",
                "target": name,
                "skipped": "no minio on PATH or in ~/.cache/caselog/bin",
            }
        with collector(*lake, key_random, options.profile) as (port, pid):
            before = cpu_seconds(pid)
            requests = make_requests(key, f"127.0.0.1:{port}", options.batch)
            latencies = asyncio.run(send_for(port, requests, options.connections, options.seconds))
            used = cpu_seconds(pid) - before
    cpu_us = None if math.isnan(used) else round(used / len(latencies) / options.batch * 1e6)
    return {**summarize(name, latencies, options), "collector_cpu_us_per_log": cpu_us}


def key_of(key_random: bytes) -> str:
    """The key that the collector's process makes of the same random bytes."""
    store = memory_store()
    clients.create_client(store, "bench", datetime.now(UTC))
    return keys.issue_key(store, "bench", datetime.now(UTC), key_random)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10, help="how long each target is measured")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument(
        "--batch", type=int, default=1, help="logs per request; more than one are sent as NDJSON"
    )
    parser.add_argument("--targets", default="none,file,minio", help="which of none, file, minio")
    parser.add_argument("--folder", default=None, help="where the lakes lie while they are measured")
    parser.add_argument("--profile", default=None, help="file for the collector's cProfile")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    for name in options.targets.split(","):
        print(json.dumps(measure(name, options)), flush=True)


if __name__ == "__main__":
    main()
