"""The memory that merging files of a table takes, each case in a process of its own.

    python -m benchmarks.merging [--store folder s3] [--only NAME ...]

A lake of its own is made for each case, on a folder and on SeaweedFS; then one process opens it and merges all files of
the table into one. Prints one JSON line per case: the peak of the process's memory (``VmHWM``), what it was before the
merge, the time, and the bytes that were merged. Files are named by what a Parquet file has, so unpacked bytes are more.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from lake import merging, schema
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.table_upkeep import TableUpkeep
from tests.servers import s3

MIB: Final = 1024 * 1024
FIRST: Final = datetime(2026, 11, 1, tzinfo=UTC)
#: A client, its month; what is merged is one partition.
CLIENT, MONTH = "acme", "2026-11"
_WORDS: Final = [f"{number:x}".zfill(5) for number in range(4_096)]


def text_of(size: int, chance: random.Random) -> str:
    """About ``size`` characters that zstd halves or better, as it does with traces."""
    return " ".join(chance.choices(_WORDS, k=max(1, size // 6)))


def trace_rows(file: int, rows: int, size: int, *, is_sorted: bool = True) -> pa.Table:
    """Rows of one file, whose moments lie between those of all the others."""
    chance = random.Random(file)
    moments = [FIRST + timedelta(seconds=number * 100 + file) for number in range(rows)]
    if not is_sorted:
        chance.shuffle(moments)
    block = text_of(min(size, 256 * 1024), chance)
    columns = {
        "client_id": [CLIENT] * rows,
        "month": [MONTH] * rows,
        "log_id": [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(rows)],
        "executed_at": moments,
        "trace": [
            json.dumps(
                {"final_response": text_of(size, chance) if size < MIB else block * (size // len(block))}
            )
            for _ in range(rows)
        ],
    }
    return pa.table({f.name: pa.array(columns.get(f.name, [None] * rows), f.type) for f in schema.TRACES})


def log_rows(file: int, rows: int) -> pa.Table:
    """Small logs: what many rows cost."""
    chance = random.Random(file)
    columns: dict[str, list[Any]] = {
        "client_id": [CLIENT] * rows,
        "month": [MONTH] * rows,
        "log_id": [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(rows)],
        "ticket_id": [f"T-{chance.getrandbits(40)}" for _ in range(rows)],
        "executed_at": [FIRST + timedelta(seconds=number * 2, microseconds=file) for number in range(rows)],
        "received_at": [FIRST + timedelta(seconds=number * 2 + 1) for number in range(rows)],
        "status": [chance.choice(["SUCCESS", "FAILED"]) for _ in range(rows)],
        "metrics": [json.dumps({"overall_confidence": chance.random()}) for _ in range(rows)],
        "extra": ["{}"] * rows,
    }
    return pa.table({f.name: pa.array(columns.get(f.name, [None] * rows), f.type) for f in schema.LOGS})


#: Table, files, and the rows of each file.
CASES: Final[Mapping[str, tuple[str, int, Callable[[int], pa.Table]]]] = {
    "64 files of 1 MiB": ("traces", 64, lambda file: trace_rows(file, 230, 11_000)),
    "64 files of 2 MiB": ("traces", 64, lambda file: trace_rows(file, 460, 11_000)),
    "16 files of 8 MiB": ("traces", 16, lambda file: trace_rows(file, 1_800, 11_000)),
    "16 files of 8 MiB, not in order": (
        "traces",
        16,
        lambda file: trace_rows(file, 1_800, 11_000, is_sorted=False),
    ),
    "rows of 5 MB, 64 files": ("traces", 64, lambda file: trace_rows(file, 2, 5_000_000)),
    "rows of 8 MiB, 64 files": ("traces", 64, lambda file: trace_rows(file, 3, 8 * MIB)),
    "logs, 16 files of 100,000": ("logs", 16, lambda file: log_rows(file, 100_000)),
}


def fill(lake: Lake, table: str, files: int, rows_of: Callable[[int], pa.Table]) -> None:
    """Each file by a commit of its own, as the ETL makes them."""
    lake.create_tables()
    for file in range(files):
        pinned = (lake.logs if table == "logs" else lake.traces).pin()
        pinned.append(rows_of(file), pinned.next_numbers({CLIENT}))


def merge_all(url: str, table: str) -> dict[str, Any]:
    """Merge every file of the table into one; what it took of this process."""
    lake = Lake(open_store(url, os.environ))
    files = tuple((lake.logs if table == "logs" else lake.traces).state().files.values())
    before = peak_mib()
    started = time.perf_counter()
    chosen = merging.Merge(CLIENT, MONTH, files)
    made = TableUpkeep(lake.store, table).merge([chosen], datetime.now(UTC))
    return {
        "files": len(files),
        "mib": round(sum(file.size for file in files) / MIB, 1),
        "merged": made.done == [chosen],
        "before_mib": before,
        "peak_mib": peak_mib(),
        "seconds": round(time.perf_counter() - started, 2),
    }


def peak_mib() -> int:
    """The most memory that this process ever had."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def in_a_process(url: str, table: str, env: Mapping[str, str]) -> dict[str, Any]:
    """As `merge_all`, in a process that did nothing else."""
    done = subprocess.run(  # noqa: S603 - this very file
        [sys.executable, "-m", "benchmarks.merging", "--merge", url, table],
        env={**os.environ, **env},
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def stores(wanted: list[str], held: ExitStack) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Name, address of an empty lake's parent, and environment of each store."""
    folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
    if "folder" in wanted:
        yield "folder", folder.as_uri(), {}
    if "s3" in wanted and (program := s3.find_weed()):
        (folder / "weed").mkdir()
        server = held.enter_context(s3.seaweedfs(program, folder / "weed"))
        yield "s3", f"s3://{s3.BUCKET}", dict(server.env)


def open_lake(url: str, env: Mapping[str, str]) -> tuple[str, Store]:
    """An empty lake."""
    address = f"{url}/{uuid.uuid4().hex}"
    return address, open_store(address, env, create=True)


def main() -> None:
    """Each case on each store."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--store", nargs="+", choices=["folder", "s3"], default=["folder", "s3"])
    options.add_argument("--only", nargs="+", help="cases whose names hold one of these")
    options.add_argument("--merge", nargs=2, metavar=("URL", "TABLE"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.merge:
        print(json.dumps(merge_all(*chosen.merge)))
        return
    facts = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    with ExitStack() as held:
        for store_name, url, env in stores(chosen.store, held):
            for name, (table, files, rows_of) in CASES.items():
                if chosen.only and not any(part in name for part in chosen.only):
                    continue
                address, store = open_lake(url, env)
                fill(Lake(store), table, files, rows_of)
                found = in_a_process(address, table, env)
                print(json.dumps({"figure": name, "store": store_name, **facts, **found}), flush=True)


if __name__ == "__main__":
    main()
