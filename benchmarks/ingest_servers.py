"""What `benchmarks.ingest` measures: collectors in processes of their own, over a store that is near or far."""

from __future__ import annotations

import hashlib
import math
import multiprocessing
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from access import clients, keys
from benchmarks.distance import far_away
from collector.serve import serve
from collector.settings import CollectorSettings
from lake.layout import is_probe
from lake.store import Store, memory_store, open_store
from tests.servers.process import free_ports

_BUCKET: Final = "bench"
_FAR_MS: Final = 15
#: Clients that are made at once.
_AT_ONCE: Final = 16


class NoMinio(Exception):
    """There is no MinIO on this machine."""


@dataclass(frozen=True)
class Place:
    """Where a lake is: its address, the environment that leads to it, and the one that leads to it without a proxy."""

    url: str
    env: Mapping[str, str] = field(default_factory=dict)
    near_env: Mapping[str, str] = field(default_factory=dict)


class NoPutStore(Store):
    """A store in memory that confirms raw objects without keeping them."""

    @classmethod
    def over(cls, store: Store) -> NoPutStore:
        return cls(store.url, store._objects)  # noqa: SLF001  # the double is the store but for one method

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        if not key.startswith("raw/client_id="):  # a probe that is not there again is a store that loses
            await super().put_async(key, data, timeout_s=timeout_s)


# ---------------------------------------------------------------- places


@contextmanager
def place_of(target: str, folder: Path) -> Iterator[Place]:
    """A new lake: ``none``, ``file``, ``minio``, or ``minio-far``, 30 ms away. Raises `NoMinio`."""
    if target == "none":
        yield Place("none")
    elif target == "file":
        yield Place((folder / "lake").as_uri())
    else:
        with _minio(folder / "minio") as port:
            if target == "minio":
                yield Place(f"s3://{_BUCKET}/lake", _s3_env(port), _s3_env(port))
            else:
                with far_away(port, folder / "far", _FAR_MS) as far:
                    yield Place(f"s3://{_BUCKET}/lake", _s3_env(far), _s3_env(port))


_LOGIN: Final = {"MINIO_ROOT_USER": "benchmark", "MINIO_ROOT_PASSWORD": "benchmark-only"}


def _s3_env(port: int) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": _LOGIN["MINIO_ROOT_USER"],
        "AWS_SECRET_ACCESS_KEY": _LOGIN["MINIO_ROOT_PASSWORD"],
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }


@contextmanager
def _minio(folder: Path) -> Iterator[int]:
    """The port of a MinIO server of our own."""
    cached = Path.home() / ".cache" / "caselog" / "bin" / "minio"
    program = shutil.which("minio") or (str(cached) if cached.exists() else None)
    if program is None:
        raise NoMinio
    (folder / _BUCKET).mkdir(parents=True)  # a folder of a single-drive MinIO is a bucket
    (port,) = free_ports(1)
    command = [program, "server", "--quiet", "--address", f"127.0.0.1:{port}", str(folder)]
    process = subprocess.Popen(  # noqa: S603  # our own command
        command, env={**os.environ, **_LOGIN}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/minio/health/ready", lambda: process.poll() is None)
        yield port
    finally:
        process.terminate()
        process.wait(30)


# ---------------------------------------------------------------- clients


def _random_of(seed: bytes, number: int) -> bytes:
    return hashlib.sha256(seed + str(number).encode()).digest()


def make_clients(store: Store, seed: bytes, count: int) -> Sequence[str]:
    """So many clients; a key of each, the same for the same seed."""

    def make(number: int) -> str:
        clients.create_client(store, f"bench-{number}", datetime.now(UTC))
        return keys.issue_key(store, f"bench-{number}", datetime.now(UTC), _random_of(seed, number))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(make, range(count)))


def count_objects(place: Place) -> int:
    """How many raw objects the lake holds."""
    if place.url == "none":
        return 0
    return sum(not is_probe(found.key) for found in open_store(place.url, place.near_env).list("raw"))


# ---------------------------------------------------------------- collectors


def _run_collector(place: Place, settings: CollectorSettings, seed: bytes, count: int) -> None:
    if place.url == "none":
        store: Store = NoPutStore.over(memory_store())
        make_clients(store, seed, count)
    else:
        store = open_store(place.url, place.env)
    serve(settings, store, shares_port=settings.workers > 1)


@contextmanager
def collectors(
    place: Place, workers: int, client_count: int
) -> Iterator[tuple[int, Sequence[int], Sequence[str]]]:
    """So many processes that share a port: it, their ids, and a key of each client."""
    seed, (port,) = os.urandom(32), free_ports(1)
    store = memory_store() if place.url == "none" else open_store(place.url, place.near_env, create=True)
    made = make_clients(store, seed, client_count)
    # A revoked key is nobody's concern here, and 500 lookups every five seconds would be.
    settings = CollectorSettings(port=port, workers=workers, key_cache_ttl_s=3600)
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=_run_collector, args=(place, settings, seed, client_count))
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}/readyz", lambda: all(p.is_alive() for p in processes))
        yield port, [process.pid or 0 for process in processes], made
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(30)


def wait_until_healthy(url: str, alive: Callable[[], bool], timeout_s: float = 30) -> None:
    """Return once ``url`` answers; raises where it does not in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and alive():
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  # our own address
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")


def cpu_seconds(pids: Sequence[int]) -> float:
    """What the processes have used of the processors; not a number where the system does not tell."""
    try:
        times = [
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for pid in pids
        ]
    except OSError:
        return math.nan
    return sum(int(each[11]) + int(each[12]) for each in times) / os.sysconf("SC_CLK_TCK")
