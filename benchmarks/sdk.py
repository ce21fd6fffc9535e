"""What the SDK costs a workflow: the caller's time for a ticket of 11 KB, the import, the masking, the event loop.

    python -m benchmarks.sdk [--tickets 2000] [--states up,slow,down] [--peers langfuse,sentry_sdk]

Run from the checkout. The collector is a process of its own that answers at once (``up``), after two seconds
(``slow``), or not at all (``down``: nothing listens). Each recorder is measured in a process of its own; beside every
ticket the same log is written with `json.dumps`, so that both sides stand in one run as a ratio. Peers are measured
where they are installed: see README.md. Each figure is one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import multiprocessing
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from benchmarks.masked import logs_of
from benchmarks.peers import IMPORTS, RECORDERS, Recorder
from benchmarks.tickets import LOG_BYTES, encode, make_log
from caselog.masking import Masker

STATES: Final = ("up", "slow", "down")
SLOW_S: Final = 2.0
#: A workflow does something else between two tickets; background threads run then.
PAUSE_S: Final = 0.002
WARM_UP: Final = 100
_SPAWN: Final = multiprocessing.get_context("spawn")

# ---------------------------------------------------------------- the collector, in a process of its own


class _Handler(BaseHTTPRequestHandler):
    """Answers everything as if it were stored; enough for Caselog's, OTLP's and Sentry's senders."""

    protocol_version = "HTTP/1.1"
    delay_s = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.delay_s)
        body = b"" if "otel" in self.path else b"{}"
        self.send_response(200)
        self.send_header(
            "Content-Type", "application/x-protobuf" if "otel" in self.path else "application/json"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _serve(delay_s: float, told: Connection) -> None:
    _Handler.delay_s = delay_s
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    told.send(server.server_port)
    server.serve_forever()


@contextmanager
def collector(state: str) -> Iterator[str]:
    """The address of a collector in one of `STATES`."""
    if state == "down":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
        yield address
        return
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(SLOW_S if state == "slow" else 0.0, there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.kill()
        process.join()


# ---------------------------------------------------------------- in the caller


def measure_caller(name: str, state: str, tickets: int) -> dict[str, Any]:
    """Microseconds in the caller for one ticket, and for `json.dumps` of the same log right before it."""
    with collector(state) as url, _SPAWN.Pool(1) as alone:
        spans, plain = alone.apply(_record_tickets, (name, url, tickets))
    dumps_us = percentile(plain, 50)
    return {
        "figure": "caller",
        "recorder": name,
        "collector": state,
        "tickets": tickets,
        "p50_us": round(percentile(spans, 50), 1),
        "p99_us": round(percentile(spans, 99), 1),
        "max_us": round(max(spans), 1),
        "json_dumps_p50_us": round(dumps_us, 1),
        "json_dumps_p99_us": round(percentile(plain, 99), 1),
        "ratio_to_json_dumps": round(percentile(spans, 50) / dumps_us, 2),
    }


def _record_tickets(name: str, url: str, tickets: int) -> tuple[list[float], list[float]]:
    with _silence():
        recorder = RECORDERS[name](url)
        spans, plain = _time_tickets(recorder, tickets)
        recorder.close()
    return spans, plain


def _time_tickets(recorder: Recorder, tickets: int) -> tuple[list[float], list[float]]:
    given = [(log, recorder.prepare(log)) for log in _some_logs()]
    spans: list[float] = []
    plain: list[float] = []
    for number in range(WARM_UP + tickets):
        log, prepared = given[number % len(given)]
        began = time.perf_counter()
        json.dumps(log)
        between = time.perf_counter()
        recorder.record(prepared)
        ended = time.perf_counter()
        plain.append((between - began) * 1e6)
        spans.append((ended - between) * 1e6)
        time.sleep(PAUSE_S)
    return spans[WARM_UP:], plain[WARM_UP:]


def _some_logs() -> list[dict[str, Any]]:
    chance = random.Random(3)
    logs = [make_log(number, chance) for number in range(200)]
    for log in logs:
        del log["log_id"]  # each ticket is a new one
    return logs


# ---------------------------------------------------------------- an event loop beside it


def measure_loop(name: str, tickets: int) -> dict[str, Any]:
    """How late a coroutine that wants to run every millisecond does, while a hundred tickets a second are recorded."""
    with collector("up") as url, _SPAWN.Pool(1) as alone:
        lags, alone_lags = alone.apply(_watch_loop, (name, url, tickets))
    return {
        "figure": "event_loop",
        "recorder": name,
        "tickets_per_s": 100,
        "lag_p99_ms": round(percentile(lags, 99), 2),
        "lag_max_ms": round(max(lags), 2),
        "lag_p99_ms_without": round(percentile(alone_lags, 99), 2),
        "lag_max_ms_without": round(max(alone_lags), 2),
    }


def _watch_loop(name: str, url: str, tickets: int) -> tuple[list[float], list[float]]:
    with _silence():
        recorder = RECORDERS[name](url)
        logs = [recorder.prepare(log) for log in _some_logs()]
        for log in logs[:WARM_UP]:
            recorder.record(log)
        time.sleep(1)
        without = asyncio.run(_lags(lambda _number: None, tickets))
        lags = asyncio.run(_lags(lambda number: recorder.record(logs[number % len(logs)]), tickets))
        recorder.close()
    return lags, without


async def _lags(record: Callable[[int], object], tickets: int) -> list[float]:
    """Milliseconds beyond the millisecond asked for."""
    lags: list[float] = []
    for number in range(tickets * 10):
        if number % 10 == 0:
            record(number)
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        lags.append((time.perf_counter() - began) * 1000 - 1)
    return lags


# ---------------------------------------------------------------- import, masking, thread


def measure_import(statement: str, runs: int) -> dict[str, Any]:
    """Milliseconds of an import in a fresh interpreter, beyond what the interpreter loads by itself.

    Processor time beside the clock's: on a busy machine the clock tells of the others. The first run, which may compile
    what no interpreter has loaded yet, is not counted.
    """
    program = (
        "import sys, time; before = set(sys.modules); began = time.perf_counter(), time.process_time(); "
        f"{statement}; ended = time.perf_counter(), time.process_time(); import threading; "
        "print(*((end - start) * 1000 for start, end in zip(began, ended)), "
        "len(set(sys.modules) - before), threading.active_count())"
    )
    writes = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    said = [
        subprocess.run(  # noqa: S603 - a program of our own
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=writes
        ).stdout.split()
        for _ in range(runs + 1)
    ][1:]
    times, cpu_times = ([float(run[place]) for run in said] for place in (0, 1))
    return {
        "figure": "import",
        "statement": statement,
        "p50_ms": round(statistics.median(times), 1),
        "max_ms": round(max(times), 1),
        "cpu_p50_ms": round(statistics.median(cpu_times), 1),
        "modules": int(said[-1][2]),
        "threads": int(said[-1][3]),
    }


def measure_thread(tickets: int) -> Iterator[dict[str, Any]]:
    """Processor time of the background thread for one ticket: masking, and everything up to the request's body."""
    import gzip

    from caselog import Limits, Settings
    from caselog.console import Console
    from caselog.losses import Losses
    from caselog.outlet import Queued
    from caselog.preparation import Preparer
    from caselog.settings import FULL_TRACE

    masker = Masker.from_settings(Settings("http://localhost/v1/logs", "caselog_benchmark-0000000000"))
    preparer = Preparer(FULL_TRACE, Limits(), masker, Losses(), Console())
    logs = [{**log, "log_id": "01a20abe-3564-74ac-bbf9-1a3764da3ed0"} for log in _some_logs()]
    texts = [json.dumps(log) for log in logs]

    def prepare(number: int) -> None:
        prepared = preparer.prepare(Queued(texts[number % len(texts)], time.monotonic()))
        gzip.compress(prepared.line if prepared else b"")

    for what, work in (
        ("mask", lambda number: masker.mask(logs[number % len(logs)])),
        ("mask_and_pack", prepare),
    ):
        spans = [_cpu_ms(work, number) for number in range(tickets)]
        yield {
            "figure": what,
            "p50_ms": round(percentile(spans, 50), 3),
            "p99_ms": round(percentile(spans, 99), 3),
        }


def measure_real_runs(files: list[Path]) -> Iterator[dict[str, Any]]:
    """Processor time of masking real runs, for 11 KB of them; the best of several, each with a new masker."""
    for path in files:
        logs = list(logs_of(path))
        sizes = [len(json.dumps(log)) for log in logs]
        best = [float("inf")] * len(logs)
        for _ in range(_ROUNDS):
            masker = Masker(b"a key of a benchmark")
            best = [min(least, _time_mask(masker, log)) for least, log in zip(best, logs, strict=True)]
        each = [spent / size * LOG_BYTES for spent, size in zip(best, sizes, strict=True)]
        yield {
            "figure": "mask_real_runs",
            "file": path.name,
            "logs": len(logs),
            "ms_for_11_kb": round(sum(best) / sum(sizes) * LOG_BYTES, 2),
            "p50_ms_for_11_kb": round(percentile(each, 50), 2),
        }


def _time_mask(masker: Masker, log: dict[str, Any]) -> float:
    return _cpu_ms(lambda _number: masker.mask(log), 0)


_ROUNDS: Final = 5


def _cpu_ms(work: Callable[[int], object], number: int) -> float:
    began = time.thread_time()
    work(number)
    return (time.thread_time() - began) * 1000


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


@contextmanager
def _silence() -> Iterator[None]:
    """What recorders say of a collector that is down is not what is measured."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):  # noqa: PTH123
        yield


# ---------------------------------------------------------------- the run


def figures(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every figure asked for, as it is measured; a peer that is not installed is named instead."""
    peers = [peer for peer in options.peers.split(",") if peer]
    absent = [peer for peer in peers if importlib.util.find_spec(peer) is None]
    for peer in absent:
        yield {"figure": "skipped", "recorder": peer, "why": "not installed here: see benchmarks/README.md"}
    present = [name for name in RECORDERS if name.startswith("caselog") or name in {*peers} - {*absent}]
    for module in dict.fromkeys(name.split()[0] for name in present):
        yield measure_import(IMPORTS[module], options.imports)
    yield from measure_thread(options.tickets)
    yield from measure_real_runs(options.runs)
    for name in present:
        for state in options.states.split(","):
            yield measure_caller(name, state, options.tickets)
        yield measure_loop(name, max(1, options.tickets // 4))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sdk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tickets", type=int, default=2000, help="tickets of each measurement")
    parser.add_argument("--imports", type=int, default=15, help="fresh interpreters for the import")
    parser.add_argument("--runs", nargs="*", default=[], type=Path, help="files of real runs to mask")
    parser.add_argument("--states", default=",".join(STATES), help="which of up, slow, down")
    parser.add_argument("--peers", default="", help="langfuse, sentry_sdk, or both with a comma")
    return parser.parse_args()


def main() -> None:
    machine = {
        "log_bytes": len(encode(_some_logs()[0])),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
    }
    for figure in figures(parse_options()):
        load = round(os.getloadavg()[0], 2)
        print(json.dumps({"benchmark": "sdk", **figure, **machine, "load": load}), flush=True)


if __name__ == "__main__":
    main()
