"""What attacks cost: the collector's memory under each, and how much longer others wait meanwhile.

    python -m benchmarks.attacks [--seconds 5] [--only trailers,guesses]

The collector runs over a folder; a sender that keeps to the rules sends a log of 2 KB every 10 ms over each of four
connections, first alone and then beside each attack, which comes from a process of its own. Each figure is one JSON
line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.attack_kinds import ATTACKS, Target
from tests.servers.collector import running_collector

_VICTIMS: Final = 4
_EVERY_S: Final = 0.01
_CALM_S: Final = 1.0


# ---------------------------------------------------------------- who keeps to the rules


async def _victim(target: Target, until: float, waits: list[float], failures: list[str]) -> None:
    request = target.post(target.log(note="x" * 1800))
    reader = writer = None
    while (began := time.perf_counter()) < until:
        try:
            if writer is None or reader is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
            writer.write(request)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r")[0]))
            waits.append(time.perf_counter() - began)
            if b" 200 " not in head[:16]:
                failures.append(head[9:12].decode())
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            failures.append(type(error).__name__)
            writer = None
        await asyncio.sleep(max(0.0, began + _EVERY_S - time.perf_counter()))


async def _victims(target: Target, seconds: float) -> tuple[list[float], list[str]]:
    waits: list[float] = []
    failures: list[str] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_victim(target, until, waits, failures) for _ in range(_VICTIMS)))
    return waits, failures


# ---------------------------------------------------------------- a run


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children()]


def _cpu_s(process: psutil.Process) -> float:
    """The user's processor time of the collector and of the process that reads large bodies."""
    return float(sum(each.cpu_times().user for each in _with_children(process)))


class Watch(threading.Thread):
    """The most memory that a process and its children take together, looked at every 20 ms."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._ended = threading.Event()
        self.peak_mib = 0.0

    def run(self) -> None:
        while not self._ended.wait(0.02):
            rss = sum(each.memory_info().rss for each in _with_children(self._process))
            self.peak_mib = max(self.peak_mib, rss / 2**20)

    def stop(self) -> float:
        self._ended.set()
        self.join()
        return self.peak_mib


def _attack(name: str, target: Target, until: float) -> None:
    os.nice(
        5
    )  # on few cores: what is measured is the collector, not the race with its attacker for a processor
    asyncio.run(ATTACKS[name](target, until))


def measure(name: str | None, target: Target, process: psutil.Process, seconds: float) -> dict[str, Any]:
    """One line: with an attack or, without a name, alone."""
    watch = Watch(process)
    watch.start()
    busy = _cpu_s(process)
    attacker = None
    if name is not None:
        attacker = multiprocessing.Process(target=_attack, args=(name, target, time.time() + seconds))
        attacker.start()
    waits, failures = asyncio.run(_victims(target, seconds))
    if attacker is not None:
        attacker.join(seconds)
        attacker.kill()
    time.sleep(_CALM_S)
    after = _cpu_s(process)
    time.sleep(_CALM_S)
    cut = statistics.quantiles(waits, n=100) if len(waits) > 1 else [0.0] * 99
    return {
        "attack": name or "none",
        "others_p50_ms": round(cut[49] * 1e3, 1),
        "others_p99_ms": round(cut[98] * 1e3, 1),
        "others": len(waits),
        "others_failed": {word: failures.count(word) for word in sorted(set(failures))},
        "rss_peak_mib": round(watch.stop()),
        "cpu_s": round(after - busy, 2),
        "cpu_share_a_second_after": round(_cpu_s(process) - after, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--only", default=",".join(ATTACKS))
    options = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    with tempfile.TemporaryDirectory() as folder, running_collector(Path(folder), {}) as running:
        target, process = Target(running.port, running.key), running.process
        for name in (None, *options.only.split(","), None):
            line = measure(name, target, process, options.seconds)
            print(json.dumps({**line, "load": round(os.getloadavg()[0], 1)}), flush=True)


if __name__ == "__main__":
    main()
