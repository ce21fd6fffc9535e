"""How fast the ETL compacts, and how fast raw logs are parsed: by us, and by DuckDB's JSON reader beside it.

One JSON line per figure. Logs of 11 KB on a folder lake; both parsers read the same raw objects.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import string
import tempfile
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from etl.run import run_once
from etl.settings import EtlSettings
from lake import rawlog
from lake.layout import raw_key
from lake.snapshot import Lake
from lake.store import Store, open_store

LOGS_PER_OBJECT = 200
CLIENTS = ("acme", "globex", "initech", "umbrella")


def make_log(number: int, chance: random.Random) -> tuple[str, bytes]:
    """Client and raw line of one log of about 11 KB, which compresses about as well as real ones do."""
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(400)]
    iterations = [
        {
            "iteration": n,
            "thought": " ".join(chance.choices(words, k=120)),
            "tool_calls": [
                {"name": "lookup", "arguments": {"id": n}, "result": " ".join(chance.choices(words, k=120))}
            ],
        }
        for n in range(8)
    ]
    client_id = CLIENTS[number % len(CLIENTS)]
    executed_at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=number)
    small = {
        "log_id": str(uuid.UUID(int=chance.getrandbits(128))),
        "client_id": client_id,
        "ticket_id": f"T-{number}",
        "executed_at": executed_at,
        "execution_time_seconds": chance.random() * 60,
        "status": chance.choice(["SUCCESS", "FAILED"]),
        "metrics": {"overall_confidence": chance.random()},
    }
    return client_id, rawlog.encode_line(
        small, json.dumps({"react_iterations": iterations}).encode(), executed_at
    )


def fill(store: Store, logs: int) -> None:
    """Raw objects of ``logs`` logs, as the collector would have written them."""
    chance = random.Random(7)
    waiting: dict[str, list[bytes]] = {client_id: [] for client_id in CLIENTS}
    for number in range(logs):
        client_id, line = make_log(number, chance)
        waiting[client_id].append(line)
    for client_id, lines in waiting.items():
        for start in range(0, len(lines), LOGS_PER_OBJECT):
            key = raw_key(client_id, datetime(2026, 11, 23, 14, tzinfo=UTC), uuid.uuid4().hex)
            store.put(key, rawlog.pack(lines[start : start + LOGS_PER_OBJECT]))


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
        read = f"FROM read_json(?, format='newline_delimited', compression='zstd', columns={columns})"
        table: pa.Table = connection.sql(read, params=[[str(file) for file in files]]).to_arrow_table()
    return int(table.num_rows)


def say(figure: str, **facts: Any) -> None:
    """One figure, as a JSON line."""
    print(json.dumps({"figure": figure, "cores": os.cpu_count(), **facts}), flush=True)


def main() -> None:
    """Fill a lake, parse it both ways, compact it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--logs", type=int, default=20_000)
    logs = options.parse_args().logs
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder).as_uri(), {})
        fill(store, logs)
        files = sorted(Path(folder).rglob("*.ndjson.zst"))
        speeds = {}
        for name, parse in (("msgspec", parse_ours), ("duckdb", parse_duckdb)):
            started = time.perf_counter()
            parsed = parse(files)
            speeds[name] = parsed / (time.perf_counter() - started)
        ratio = round(speeds["msgspec"] / speeds["duckdb"], 2)
        say("parsed_logs_per_s", **{name: round(speed) for name, speed in speeds.items()}, ratio=ratio)
        report = run_once(Lake(store), EtlSettings())
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        say(
            "compacted_logs_per_s",
            logs_per_s=round(report.logs / report.seconds),
            batches=report.batches,
            peak_mb=peak_mb,
        )


if __name__ == "__main__":
    main()
