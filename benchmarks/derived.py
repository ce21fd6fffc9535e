"""What the derived tables cost: time and bytes of compacting the same logs with and without them.

    python -m benchmarks.derived [--logs N] [--runs FILE...]

Without ``--runs``, logs are the synthetic ones of the other benchmarks. With files of states or logs (NDJSON, one a
line; a state is under ``state``), real ones are repeated with ids and times of their own. Each way is run in a process
of its own, twice in turn, and the quicker one counts. The texts of repeated logs compress better than real ones do:
``text_bytes`` says what the search text of the logs takes where no two are alike.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.tickets import encode, make_log, make_trace
from caselog import build_workflow_log
from caselog.ids import uuid7_at
from etl import run
from etl.settings import EtlSettings
from lake import layout, rawlog, schema
from lake.search_text import search_text
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.trace_parts import read_parts

_PER_OBJECT: Final = 200
_CLIENT: Final = "acme"
_START: Final = datetime(2026, 11, 1, tzinfo=UTC)
_SYNTHETIC: Final = 400


def _synthetic() -> list[dict[str, Any]]:
    """Logs of 11 KB and of 20 KB, the latter with times, tokens, nodes and messages."""
    chance = random.Random(7)
    plain = [make_log(number, chance) for number in range(_SYNTHETIC)]
    timed = [{**make_log(number, chance), "trace": make_trace(8, chance)} for number in range(_SYNTHETIC)]
    return [*plain, *timed]


def _real(files: list[Path]) -> list[dict[str, Any]]:
    told = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    states = [each.get("state", each) for each in told]
    return [build_workflow_log(_as_state(state)) for state in states]


def _as_state(state: dict[str, Any]) -> dict[str, Any]:
    """A state; a conversation that is all there is becomes one of iterations, a turn of the assistant each."""
    if "react_iterations" in state or "messages" not in state:
        return state
    turns = [message for message in state["messages"] if message["role"] == "assistant"]
    steps = [{"iteration": place, "thought": turn["content"], **turn} for place, turn in enumerate(turns, 1)]
    answer = next((turn["content"] for turn in reversed(turns) if turn["content"]), None)
    return {
        "status": "SUCCESS",
        **state,
        "react_iterations": steps,
        "nodes": [{"name": "agent", "status": "ok"}],
        "final_response": answer,
    }


def _lines(base: list[dict[str, Any]], count: int) -> Iterator[bytes]:
    chance = random.Random(11)
    for number in range(count):
        at = _START + timedelta(seconds=number)
        log = {**base[number % len(base)], "client_id": _CLIENT, "executed_at": at.isoformat()}
        log |= {"log_id": uuid7_at(at, chance.randbytes(10)), "ticket_id": f"T-{chance.randrange(10**9)}"}
        small = {name: value for name, value in log.items() if name != "trace"}
        yield rawlog.encode_line(json.loads(json.dumps(small, default=str)), _trace_of(log), at)


def _trace_of(log: dict[str, Any]) -> bytes:
    return encode(json.loads(json.dumps(log.get("trace", {}), default=str)))


def _text_bytes(base: list[dict[str, Any]]) -> int:
    """What the search text of a log takes in a column of different ones."""
    texts = [search_text(json.dumps(log, default=str), read_parts(_trace_of(log))) for log in base]
    sink = io.BytesIO()
    pq.write_table(
        pa.table({"text": pa.array(texts, pa.string())}), sink, compression="zstd", use_dictionary=False
    )
    return len(sink.getvalue()) // len(base)


def _fill(store: Store, lines: list[bytes]) -> None:
    for start in range(0, len(lines), _PER_OBJECT):
        store.put(
            layout.raw_key(_CLIENT, _START, uuid.uuid4().hex), rawlog.pack(lines[start : start + _PER_OBJECT])
        )


def _leave_out() -> None:
    """Have runs of this process derive nothing."""
    vars(run).update(
        rows_of=lambda _logs: None, derive_batch=lambda *_args: {}, catch_up_first=lambda *_args: {}
    )


def _compact_here(files: list[Path], count: int, *, is_derived: bool) -> None:
    """In a process of its own: fill a lake, compact it, and print what it took."""
    if not is_derived:
        _leave_out()
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(open_store(Path(folder, "lake").as_uri(), {}))
        lake.create_tables()
        lines = list(_lines(_real(files) if files else _synthetic(), count))
        _fill(lake.store, lines)
        # What is loaded with the first rows is no part of it.
        rawlog.logs_table([rawlog.read_line(lines[0], _CLIENT)])
        processor, began = time.process_time(), time.perf_counter()
        done = run.run_once(lake, EtlSettings())
        seconds, processor = time.perf_counter() - began, time.process_time() - processor
        sizes = {table.name: table.size() for table in lake.tables}
        told = {"seconds": seconds, "processor_s": processor, "logs": done.logs, "sizes": sizes}
        told["line_bytes"] = sum(map(len, lines)) / len(lines)
    print(json.dumps(told))


def _measure(files: list[Path], count: int, *, is_derived: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.derived", "--logs", str(count)]
    command += ["--here", "with" if is_derived else "without"]
    if files:
        command += ["--runs", *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def compare(files: list[Path], count: int) -> None:
    """Print the figures of both ways, and their ratios."""
    told = [
        (_measure(files, count, is_derived=True), _measure(files, count, is_derived=False)) for _ in range(2)
    ]
    with_, without = (min(pair, key=lambda each: each["seconds"]) for pair in zip(*told, strict=True))
    sizes = {name: size["bytes"] for name, size in with_["sizes"].items()}
    base = sum(size["bytes"] for size in without["sizes"].values())
    print(
        json.dumps(
            {
                "logs": with_["logs"],
                "line_bytes": round(with_["line_bytes"]),
                "rows_per_log": {n: round(with_["sizes"][n]["rows"] / count, 2) for n in schema.DERIVED},
                "bytes_per_log": {name: round(size / count) for name, size in sizes.items()},
                "text_bytes": _text_bytes(_real(files) if files else _synthetic()),
                "more_bytes": round(sum(sizes.values()) / base - 1, 3),
                "seconds": [round(without["seconds"], 2), round(with_["seconds"], 2)],
                "more_seconds": round(with_["seconds"] / without["seconds"] - 1, 3),
                "processor_us_per_log": [
                    round(1e6 * each["processor_s"] / count) for each in (without, with_)
                ],
                "more_processor": round(with_["processor_s"] / without["processor_s"] - 1, 3),
            }
        )
    )


def main() -> None:
    """Whatever is asked for."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--logs", type=int, default=20_000)
    options.add_argument("--runs", type=Path, nargs="*", default=[], help="files of real runs")
    options.add_argument("--here", choices=("with", "without"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.here:
        _compact_here(chosen.runs, chosen.logs, is_derived=chosen.here == "with")
    else:
        compare(chosen.runs, chosen.logs)


if __name__ == "__main__":
    main()
