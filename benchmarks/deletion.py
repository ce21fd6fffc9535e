"""What deleting one person among many logs takes: time, by part, and memory.

    python benchmarks/deletion.py [--logs 1000000] [--trace-bytes 600] [--mentions 0.5]

A lake in a folder is filled, 50 clients over 12 months; that is not measured. The person of 20 logs is then
looked for with every client, by the keyed hash and by the address, and deleted; everything is read twice for it. A
share of the other logs (``mentions``) has a keyed hash or an address of somebody else in its trace. Prints a JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import secrets
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from access.deletions import Deletion, Kind
from caselog.ids import uuid7_at
from etl import deletion as doing
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import layout, schema
from lake.snapshot import Lake
from lake.store import open_store
from lake.subjects import hash_address, salted

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CLIENTS = 50
DAYS = 330
A_LOT = 100_000
PERSON = "bob.jones@example.com"
TOKEN = min(hash_address(PERSON, "a key"))


def texts(chance: random.Random, size: int, mentions: float) -> Iterator[str]:
    """Traces of about so many bytes: words that compress about as well as a conversation."""
    words = [chance.randbytes(chance.randint(1, 5)).hex() for _ in range(4_000)]
    while True:
        text = " ".join(chance.choices(words, k=max(1, size // 8)))
        if chance.random() < mentions:
            other = f"email:{chance.randbytes(8).hex()}" if chance.random() < 0.9 else "someone@example.org"
            text = f"{text} {other}"
        yield text


def fill(lake: Lake, logs: int, trace_bytes: int, mentions: float) -> None:
    """So many logs, of which 20 tell of the person, committed to the tables as a run of the ETL would."""
    chance = random.Random(1)
    trace = texts(chance, trace_bytes, mentions)
    told = frozenset(chance.sample(range(logs), 20))
    for start in range(0, logs, A_LOT):
        rows = [
            _row(
                chance,
                number,
                logs,
                next(trace) + (f" {(TOKEN, PERSON)[number % 2]}" if number in told else ""),
            )
            for number in range(start, min(logs, start + A_LOT))
        ]
        rows.sort(key=lambda row: (row["client_id"], row["executed_at"]))
        for table, columns in ((lake.traces, schema.TRACES), (lake.logs, schema.LOGS)):
            pinned = table.pin()
            pinned.append(_table(rows, columns), pinned.next_numbers({row["client_id"] for row in rows}))
    keep_up(lake, EtlSettings(), NOW)


def _row(chance: random.Random, number: int, logs: int, text: str) -> dict[str, Any]:
    at = NOW - timedelta(days=DAYS * (1 - number / logs), seconds=chance.randint(1, 3_600))
    trace = json.dumps({"final_response": text})
    return {
        "schema_version": 1,
        "log_id": uuid7_at(at, chance.randbytes(10)),
        "client_id": f"client-{number % CLIENTS:02}",
        "ticket_id": f"T-{number}",
        "executed_at": int(at.timestamp()) * 1_000_000,
        "received_at": int(at.timestamp()) * 1_000_000,
        "month": layout.month_of(at),
        "status": "SUCCESS",
        "metrics": f'{{"input_tokens":{chance.randint(1, 9_999)}}}',
        "extra": "{}",
        "trace": trace,
        "trace_bytes": len(trace),
    }


def _table(rows: list[dict[str, Any]], columns: pa.Schema) -> pa.Table:
    arrays = []
    for field in columns:
        values = [row.get(field.name) for row in rows]
        is_time = pa.types.is_timestamp(field.type)
        arrays.append(
            pa.array(values, pa.int64()).view(field.type) if is_time else pa.array(values, field.type)
        )
    return pa.table(arrays, schema=columns)


def measure(lake: Lake) -> dict[str, Any]:
    """The deletion of the person with every client: seconds, and what was read and removed."""
    salt = secrets.token_bytes(16)
    deletion = Deletion(
        deletion_id=uuid7_at(NOW, secrets.token_bytes(10)),
        kind=Kind.SUBJECT,
        salt=salt.hex(),
        digest=salted(salt, PERSON),
        tokens=tuple(salted(salt, token) for token in hash_address(PERSON, "a key")),
        requested_at=NOW,
        active_at=NOW,
        by="a benchmark",
        why="to measure it",
    )
    started = time.monotonic()
    doing.begin(lake, deletion)
    passes: list[float] = []

    def note(_said: str) -> None:
        passes.append(time.monotonic())

    receipt = doing.finish(lake, deletion, lambda: NOW, note)
    ended = time.monotonic()
    return {
        "seconds": round(ended - started, 1),
        "seconds_by_pass": [round(b - a, 1) for a, b in zip(passes, [*passes[1:], ended], strict=True)],
        "removed": receipt["removed"],
        "read": receipt["checked"]["read"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--logs", type=int, default=1_000_000)
    parser.add_argument("--trace-bytes", type=int, default=600)
    parser.add_argument("--mentions", type=float, default=0.5)
    parser.add_argument("--lake", help="A folder that was filled before, or is kept for the next time.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.lake or temporary)
        lake = Lake(open_store(folder.as_uri(), {}, create=True))
        if lake.logs.size()["rows"] < options.logs - 20:
            fill(lake, options.logs, options.trace_bytes, options.mentions)
        size = {table.name: table.size() for table in lake.tables}
        before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told = measure(Lake(lake.store))
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = {
        "logs": size["logs"]["rows"],
        "bytes": {name: each["bytes"] for name, each in size.items()},
        "files": {name: each["files"] for name, each in size.items()},
        "mentions_of_others": options.mentions,
        **told,
        "peak_mib": round(peak_kib / 1024),
        "peak_mib_before": round(before_kib / 1024),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
