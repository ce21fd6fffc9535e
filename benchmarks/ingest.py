"""How many logs per second the collector stores durably, near and far from its store, and at how many PUTs.

    python -m benchmarks.ingest [--only near far clients bodies large workers] [--seconds 10] [--rounds 1]
    python -m benchmarks.ingest --only peers --peers phoenix,mlflow

Senders, collectors, MinIO and the proxy that makes it distant share the machine. ``none`` is the same collector with
the PUT removed: what HTTP, checking and grouping cost by themselves. Each figure is one JSON line; a line with ``goal``
compares two of them. With ``--rounds`` every figure of a part is taken so many times, in turn, and its median counts:
where other programs share the machine, a ratio is worth more than what it is made of. Peers are measured where they are
installed, in environments of their own: see README.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import peers_ingest
from benchmarks.ingest_sending import make_requests, send
from benchmarks.ingest_servers import NoMinio, collectors, count_objects, cpu_seconds, place_of
from benchmarks.tickets import LOG_BYTES

_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class Case:
    """One thing to measure."""

    target: str
    connections: int = 64
    clients: int = 1
    batch: int = 1
    log_bytes: int = LOG_BYTES
    workers: int = 1


@dataclass(frozen=True)
class Goal:
    """What is asked of ``case``: so much of what ``of`` has, or of 1 where there is none; ``p99_ms`` at most."""

    case: Case
    least: float
    of: Case | None = None
    unit: str = "logs_per_s"
    p99_ms: float = math.inf


_NONE: Final = Case("none")
_NEAR: Final = Case("minio", connections=256)
_FAR: Final = Case("minio-far", connections=256)
_BODIES: Final = {target: Case(target, batch=50) for target in ("none", "file", "minio")}
_LARGE: Final = {
    target: Case(target, connections=16, log_bytes=_MEGABYTE) for target in ("none", "file", "minio")
}


def _clients(target: str, clients: int) -> Case:
    return Case(target, connections=256, clients=clients)


PARTS: Final[Mapping[str, Sequence[Goal]]] = {
    "near": [Goal(Case("file"), 0.7, _NONE), Goal(Case("minio"), 0.6, _NONE)],
    "far": [Goal(_FAR, 0.9, _NEAR, p99_ms=200)],
    "clients": [
        Goal(_clients(target, clients), 0.7, _clients(target, 1))
        for target in ("file", "minio", "minio-far")
        for clients in (20, 500)
    ],
    "bodies": [Goal(case, 10_000) for case in _BODIES.values()],
    "large": [Goal(case, 60, unit="mb_per_s") for case in _LARGE.values()],
    "workers": [
        Goal(Case(target, connections=128, workers=os.cpu_count() or 1), 1, Case(target, connections=128))
        for target in ("none", "file")
    ],
}


#: The part that compares with others; empty where none is asked for.
_PEERS: Final = "peers"


# ---------------------------------------------------------------- figures


def measure(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    """One figure. Raises `NoMinio`."""
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as folder,
        place_of(case.target, Path(folder)) as place,
        collectors(place, case.workers, case.clients) as (port, pids, keys),
    ):
        requests = make_requests(keys, f"127.0.0.1:{port}", case.log_bytes, case.batch)
        send(port, requests[: len(keys)], len(keys), 0)  # one each: who a key belongs to is known then
        before, objects_before = cpu_seconds(pids), count_objects(place)
        answers = send(port, requests, case.connections, options.seconds)
        used = cpu_seconds(pids) - before
        objects = count_objects(place) - objects_before
    logs = len(answers) * case.batch
    return {
        "benchmark": "ingest",
        **case.__dict__,
        **_pace(answers, case),
        "puts_per_1000_logs": round(objects / logs * 1000, 1) if objects else None,
        "collector_cpu_us_per_log": None if math.isnan(used) else round(used / logs * 1e6),
        "seconds": options.seconds,
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
    }


def _pace(answers: Sequence[tuple[float, float]], case: Case) -> dict[str, float]:
    """The answers of the middle of the run, so that neither start nor end are counted."""
    first, last = answers[0][0], answers[-1][0]
    warm = first + min(2.0, (last - first) / 5)
    spans = sorted(span for at, span in answers if at >= warm)
    logs_per_s = len(spans) * case.batch / (last - warm)
    return {
        "logs_per_s": round(logs_per_s),
        "mb_per_s": round(logs_per_s * case.log_bytes / _MEGABYTE, 1),
        "p50_ms": round(spans[len(spans) // 2] * 1000, 1),
        "p99_ms": round(spans[len(spans) * 99 // 100] * 1000, 1),
    }


def _cases(goals: Sequence[Goal]) -> Sequence[Case]:
    """What the goals compare, each once; what others are compared with comes first."""
    named = [each for goal in goals for each in (goal.of, goal.case) if each is not None]
    return list(dict.fromkeys(named))


def compare(goal: Goal, found: Mapping[Case, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Whether the goal is met, by the medians of what was found."""

    def middle(case: Case, name: str) -> float:
        return float(median(figure[name] for figure in found[case]))

    reached = middle(goal.case, goal.unit) / (middle(goal.of, goal.unit) if goal.of else 1)
    p99_ms = middle(goal.case, "p99_ms")
    return {
        "benchmark": "ingest",
        **goal.case.__dict__,
        "compared_with": _differences(goal),
        goal.unit if goal.of is None else "ratio": round(reached, 2),
        "goal": goal.least,
        "p99_ms": p99_ms,
        "is_met": reached >= goal.least and p99_ms <= goal.p99_ms,
    }


def _differences(goal: Goal) -> dict[str, Any]:
    """In what the other case is another."""
    other = {} if goal.of is None else goal.of.__dict__
    return {name: value for name, value in other.items() if value != goal.case.__dict__[name]}


def measure_part(goals: Sequence[Goal], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every figure of the goals as it is found, and then how they compare."""
    found: dict[Case, list[dict[str, Any]]] = {}
    for _ in range(options.rounds):
        for case in _cases(goals):
            try:
                figure = measure(case, options)
            except NoMinio:
                yield {**case.__dict__, "skipped": "no minio on PATH or in ~/.cache/caselog/bin"}
                continue
            found.setdefault(case, []).append(figure)
            yield figure
    yield from (compare(goal, found) for goal in goals if {goal.case, goal.of or goal.case} <= found.keys())


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = [*PARTS, _PEERS]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts, help="parts to measure")
    parser.add_argument(
        "--targets", nargs="+", help="leave out what has another of none, file, minio, minio-far"
    )
    parser.add_argument("--seconds", type=float, default=10, help="how long each figure is measured")
    parser.add_argument("--rounds", type=int, default=1, help="how often, in turn")
    parser.add_argument("--folder", help="where the lakes lie while they are measured")
    peers_ingest.add_options(parser)
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server that was started is ended
    for part in options.only:
        for figure in _figures_of(part, options):
            print(json.dumps({"part": part, **figure}), flush=True)


def _figures_of(part: str, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    if part == _PEERS:
        return peers_ingest.figures(options)
    goals = [goal for goal in PARTS[part] if not options.targets or goal.case.target in options.targets]
    return measure_part(goals, options)


if __name__ == "__main__":
    main()
