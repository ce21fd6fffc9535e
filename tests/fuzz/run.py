"""A run of the fuzzer: cases over many connections at once, a sender that keeps to the rules beside them, a verdict."""

from __future__ import annotations

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import psutil

from tests.fuzz.cases import Case, make_case
from tests.fuzz.collecting import METRICS_TOKEN, MOST_RSS_BYTES
from tests.fuzz.good_sender import GoodSender
from tests.fuzz.talk import talk
from tests.fuzz.verdicts import Record, faults_of_service_log, faults_of_store
from tests.servers.collector import RunningCollector

_LARGE_EVERY: Final = 400
_REST_S: Final = 60.0


@dataclass(frozen=True)
class Result:
    """What a run found."""

    cases: int
    record: Record
    good: GoodSender
    peak_rss_bytes: int
    faults: list[str]


def run(
    target: RunningCollector,
    seed: int,
    *,
    most: int | None = None,
    seconds: float | None = None,
    at_once: int = 32,
) -> Result:
    """Send the cases of ``seed``, so many at most or for so long, and look at what came of it."""
    record, good = Record(), GoodSender(target.port, target.key)
    good.start()
    try:
        cases, peak = asyncio.run(_run(target, seed, record, _wanted(most, seconds), at_once))
    finally:
        good.stop()
    faults = [*record.faults, *good.faults, *_faults_at_rest(target, peak)]
    faults += faults_of_store(target.store, record, good.acknowledged)
    faults += faults_of_service_log(target.service_log.read_text(errors="replace"), target.key)
    return Result(cases, record, good, peak, faults)


def _wanted(most: int | None, seconds: float | None) -> Callable[[int], bool]:
    until = time.monotonic() + seconds if seconds is not None else float("inf")
    return lambda number: time.monotonic() < until and (most is None or number < most)


async def _run(
    target: RunningCollector, seed: int, record: Record, is_wanted: Callable[[int], bool], at_once: int
) -> tuple[int, int]:
    numbers = count()
    peak = [0]
    watching = asyncio.create_task(_watch(target.process, peak))
    await asyncio.gather(*(_send_cases(target, seed, record, numbers, is_wanted) for _ in range(at_once)))
    watching.cancel()
    return next(numbers) - at_once, peak[0]


async def _send_cases(
    target: RunningCollector,
    seed: int,
    record: Record,
    numbers: Iterator[int],
    is_wanted: Callable[[int], bool],
) -> None:
    while is_wanted(number := next(numbers)):
        case = make(seed, number, target.key)
        record.judge(case, await talk(target.port, case))


def make(seed: int, number: int, key: str) -> Case:
    """The case with the number, some of which are large."""
    return make_case(seed, number, key, large=number % _LARGE_EVERY == _LARGE_EVERY - 1)


async def _watch(process: psutil.Process, peak: list[int]) -> None:
    while True:
        with contextlib.suppress(psutil.NoSuchProcess):  # one that reads large bodies may be started anew
            held = [each.memory_info().rss for each in (process, *process.children(recursive=True))]
            peak[0] = max(peak[0], sum(held))
        await asyncio.sleep(0.05)


# ---------------------------------------------------------------- afterwards


def _faults_at_rest(target: RunningCollector, peak_rss_bytes: int) -> list[str]:
    """What a collector still holds that nobody talks to any more."""
    faults = [] if peak_rss_bytes <= MOST_RSS_BYTES else [f"{peak_rss_bytes >> 20} MiB of memory"]
    until = time.monotonic() + _REST_S
    while (held := _held(target)) and time.monotonic() < until:
        time.sleep(0.2)
    return faults + held


def _held(target: RunningCollector) -> list[str]:
    connections = [each for each in target.process.net_connections("tcp") if each.status == "ESTABLISHED"]
    asked = urllib.request.Request(
        target.url + "/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        figures = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[:1] != "#")
    names = ("caselog_collector_in_flight_bytes", "caselog_collector_in_flight_requests")
    held = [f"{name} is {figures[name]}" for name in names if float(figures[name])]
    return held + ([f"{len(connections)} connections are open"] if len(connections) > 1 else [])
