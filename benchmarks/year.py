"""What a year of small runs leaves behind: files, the tables' logs, and the time of a first query.

The runs are spread evenly over the year, so the months are those of a year; ``--runs`` says how many there are
(105,120 are a run every five minutes). Beside it the same logs in a lake that was compacted once. One JSON line per
figure.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import rawlog, schema
from lake.layout import raw_key
from lake.reader import read_lake
from lake.scope import Scope
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.table_log import log_prefix

FIRST = datetime(2025, 11, 1, tzinfo=UTC)
DAYS = 365
SETTINGS = EtlSettings(keep_replaced_h=1)
KPIS = (
    "SELECT client_id, month, count(*), avg(execution_time_seconds), sum(error_count) FROM logs GROUP BY ALL"
)


def put_logs(store: Store, client_id: str, moment: datetime, logs: int, chance: random.Random) -> None:
    """One raw object of some logs of about 2 KB that were executed around this moment."""
    lines = []
    for _ in range(logs):
        small = {
            "log_id": str(uuid.UUID(int=chance.getrandbits(128))),
            "client_id": client_id,
            "ticket_id": f"T-{chance.getrandbits(40)}",
            "executed_at": moment - timedelta(seconds=chance.random() * 300),
            "execution_time_seconds": chance.random() * 60,
            "status": chance.choice(["SUCCESS", "FAILED"]),
            "metrics": {"overall_confidence": chance.random()},
        }
        trace = json.dumps({"final_response": chance.randbytes(700).hex()}).encode()
        lines.append(rawlog.encode_line(small, trace, moment))
    store.put(raw_key(client_id, moment, uuid.UUID(int=chance.getrandbits(128)).hex), rawlog.pack(lines))


@dataclass
class Year:
    """What each run took, and each upkeep after one: seconds on the clock, and of the processor."""

    run_s: list[float] = field(default_factory=list)
    run_cpu_s: list[float] = field(default_factory=list)
    upkeep_s: list[float] = field(default_factory=list)

    def by_month(self) -> dict[str, Any]:
        """The median of each in the first month and in the last."""
        month = max(1, len(self.run_s) // 12)
        return {
            name: {
                "first_month": round(statistics.median(values[:month]), 3),
                "last_month": round(statistics.median(values[-month:]), 3),
                "ratio": round(statistics.median(values[-month:]) / statistics.median(values[:month]), 2),
            }
            for name, values in asdict(self).items()
        }


def live(lake: Lake, runs: int, clients: int, logs: int) -> Year:
    """A year of runs, each with its upkeep."""
    year = Year()
    chance = random.Random(1)
    for number in range(runs):
        moment = FIRST + timedelta(days=DAYS) * number / runs
        for client in range(clients):
            put_logs(lake.store, f"client-{client:02}", moment, logs, chance)
        started, cpu_started = time.perf_counter(), time.process_time()
        run_once(lake, SETTINGS)
        year.run_s.append(time.perf_counter() - started)
        year.run_cpu_s.append(time.process_time() - cpu_started)
        year.upkeep_s.append(keep_up(lake, SETTINGS, moment).seconds)
        age_logs(lake.store, DAYS / runs)
    keep_up(lake, SETTINGS, FIRST + timedelta(days=DAYS))
    return year


def age_logs(store: Store, days: float) -> None:
    """Make the logs of the tables older by the time between two runs: they are kept for days of real time."""
    for table in schema.TABLES:
        for found in store.list(log_prefix(table)):
            path = store.local_path(found.key)
            if path is not None:
                at = path.stat().st_mtime - days * 86_400
                os.utime(path, (at, at))


def compact_at_once(lake: Lake, runs: int, clients: int, logs: int) -> None:
    """The same logs, compacted once."""
    chance = random.Random(1)
    for number in range(runs):
        moment = FIRST + timedelta(days=DAYS) * number / runs
        for client in range(clients):
            put_logs(lake.store, f"client-{client:02}", moment, logs, chance)
    run_once(lake, SETTINGS)
    keep_up(lake, SETTINGS, FIRST + timedelta(days=2 * DAYS))


def first_query_ms(store: Store, scope: Scope | None) -> float:
    """The time from nothing to the KPIs, the median of five."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        reader = read_lake(store, scope)
        reader.sql(KPIS)
        times.append((time.perf_counter() - started) * 1000)
        reader.close()
    return round(statistics.median(times), 1)


def measure(lake: Lake) -> dict[str, Any]:
    """Files, logs and query times of a lake."""
    files = {
        name: table.state().files.values() for name, table in (("logs", lake.logs), ("traces", lake.traces))
    }
    counts = {name: Counter((f.client_id, f.month) for f in found) for name, found in files.items()}
    return {
        "rows": lake.logs.size()["rows"],
        "files": {name: len(found) for name, found in files.items()},
        "files_per_client_and_month": {
            name: {"mean": round(statistics.mean(count.values()), 2), "most": max(count.values())}
            for name, count in counts.items()
        },
        "delta_log_bytes": {
            name: sum(found.size for found in lake.store.list(f"{name}/_delta_log/")) for name in files
        },
        "provider_ms": first_query_ms(lake.store, None),
        "client_ms": first_query_ms(lake.store, Scope.of("client-00")),
    }


def main() -> None:
    """Live through a year, and measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=1_000)
    options.add_argument("--clients", type=int, default=10)
    options.add_argument("--logs", type=int, default=2, help="of each client in each run")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as lived, tempfile.TemporaryDirectory() as fresh:
        lakes = {
            "year": Lake(open_store(Path(lived).as_uri(), {})),
            "once": Lake(open_store(Path(fresh).as_uri(), {})),
        }
        started = time.perf_counter()
        year = live(lakes["year"], chosen.runs, chosen.clients, chosen.logs)
        seconds = time.perf_counter() - started
        compact_at_once(lakes["once"], chosen.runs, chosen.clients, chosen.logs)
        found = {name: measure(lake) for name, lake in lakes.items()}
    ratios = {
        name: round(found["year"][name] / found["once"][name], 2) for name in ("provider_ms", "client_ms")
    }
    facts = {"cores": os.cpu_count(), "runs": chosen.runs, "clients": chosen.clients}
    print(json.dumps({"figure": "year", **facts, "seconds": round(seconds), **year.by_month(), **found}))
    print(json.dumps({"figure": "year_over_once", **facts, **ratios}))


if __name__ == "__main__":
    main()
