"""The same tickets into Caselog, Phoenix and MLflow: how many per second are stored, and at what processor time.

A part of `benchmarks.ingest`. A peer's ticket counts when all its spans are rows of its database, whatever its HTTP
answer said before. Caselog's counts when it was acknowledged, which is after it was stored, and a second time when
`caselog etl run` has brought it into the tables: that is what is nearest to the rows of the others. Requests are made
before the clock starts, and the same sender sends them to everybody.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.ingest_sending import make_request, send_once
from benchmarks.ingest_servers import collectors, cpu_seconds, place_of
from benchmarks.peer_bodies import SPANS
from benchmarks.peer_servers import (
    DidNotStart,
    DidNotStore,
    NoEnvironment,
    PeerConnection,
    Running,
    make_bodies,
    make_post,
    python_of,
    running,
)
from benchmarks.tickets import encode, make_log
from lake.snapshot import Lake
from lake.store import open_store

Figure = dict[str, Any]

#: Our own connections; a peer's are the best of several.
_CONNECTIONS: Final = 64
_PEERS_CONNECTIONS: Final = (1, 8, 32)
#: Tickets of one request: one, and as many as there are in the 512 spans that OpenTelemetry's exporter sends at once.
_PER_REQUEST: Final = (1, 39)
_WARM_UP: Final = 64
_PEERS_WARM_UP: Final = 8
_STORED_S: Final = 300
_IDLE_S: Final = 4.0
_ENVIRONMENTS: Final = Path.home() / ".cache" / "caselog" / "peers"


@dataclass(frozen=True)
class Trial:
    """One way to send tickets to a peer; ``spans`` is one of `SPANS`."""

    peer: str
    spans: str
    tickets_per_request: int
    connections: int


class NotInTables(Exception):
    def __init__(self, rows: int, expected: int) -> None:
        super().__init__(f"the table of logs has {rows} rows, not {expected}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What this part is told."""
    parser.add_argument("--peers", default="", help="phoenix, mlflow, or both with a comma")
    parser.add_argument("--peer-environments", type=Path, default=_ENVIRONMENTS, help="the folder of theirs")
    parser.add_argument("--peer-tickets", type=int, default=312, help="how many a peer is sent at once")
    parser.add_argument("--caselog-tickets", type=int, default=12_000, help="how many Caselog is sent then")


def figures(options: argparse.Namespace) -> Iterator[Figure]:
    """What each took, as it is measured, and then how they compare; a peer without an environment is named instead."""
    names = [name for name in options.peers.split(",") if name]
    if not names:
        return
    lines = _make_lines(max(options.peer_tickets, options.caselog_tickets))
    found: dict[Trial | int, list[Figure]] = {}
    for _ in range(options.rounds):
        for key, figure in _measure_all(names, lines, options):
            if key is not None:
                found.setdefault(key, []).append(figure)
            yield {"benchmark": "ingest", **figure, "cores": os.cpu_count(), "load": _load()}
    yield from ({"benchmark": "ingest", **each} for each in compare(found))


def _make_lines(count: int) -> list[bytes]:
    chance = random.Random(5)
    return [encode(make_log(number, chance)) for number in range(count)]


def _load() -> float:
    return round(os.getloadavg()[0], 2)


def _measure_all(
    names: Sequence[str], lines: Sequence[bytes], options: argparse.Namespace
) -> Iterator[tuple[Trial | int | None, Figure]]:
    """Each figure, and what it is a figure of: a trial, or Caselog with so many tickets a request."""
    for per_request in _PER_REQUEST:
        yield per_request, measure_caselog(lines[: options.caselog_tickets], per_request, options.folder)
    for name in names:
        try:
            yield from measure_peer(name, lines[: options.peer_tickets], options)
        except NoEnvironment as error:
            yield None, {"recorder": name, "skipped": str(error)}
        except DidNotStart as error:
            yield None, {"recorder": name, "failed": str(error)}


# ---------------------------------------------------------------- Caselog


def measure_caselog(lines: Sequence[bytes], per_request: int, folder: str | None) -> Figure:
    """Its logs per second into a folder, until all are acknowledged, and until all are in the tables."""
    with (
        _temporary(folder) as temporary,
        place_of("file", temporary) as place,
        collectors(place, 1, 1) as (port, pids, keys),
    ):
        lake = Lake(open_store(place.url, place.env))
        lake.create_tables()
        requests = [
            make_request("127.0.0.1", keys[0], *body) for body in _bodies(lines[_WARM_UP:], per_request)
        ]
        send_once(port, [make_request("127.0.0.1", keys[0], line, 1) for line in lines[:_WARM_UP]], 1)
        cpu_before, began = cpu_seconds(pids), time.perf_counter()
        send_once(port, requests, _CONNECTIONS)
        stored_s, cpu_s = time.perf_counter() - began, cpu_seconds(pids) - cpu_before
        etl_cpu_s = _run_etl(place.url)
        tables_s = time.perf_counter() - began
        _require_rows(lake, len(lines))
    tickets = len(lines) - _WARM_UP
    return {
        "recorder": "caselog",
        "tickets_per_request": per_request,
        "connections": _CONNECTIONS,
        "tickets": tickets,
        **_pace(tickets, stored_s, cpu_s),
        **{f"tables_{name}": value for name, value in _pace(tickets, tables_s, cpu_s + etl_cpu_s).items()},
    }


@contextmanager
def _temporary(folder: str | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


def _bodies(lines: Sequence[bytes], per_request: int) -> Iterator[tuple[bytes, int]]:
    """Each body with the number of its logs."""
    for first in range(0, len(lines), per_request):
        some = lines[first : first + per_request]
        yield b"\n".join(some), len(some)


def _run_etl(url: str) -> float:
    """Compact everything with the command as it stands in the documentation: its processor time in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "cli.main", "etl", "run", "--json"]
    subprocess.run(  # noqa: S603  # our own command
        command, env={**os.environ, "CASELOG_LAKE_URL": url}, stdout=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _require_rows(lake: Lake, expected: int) -> None:
    rows = lake.logs.size()["rows"]
    if rows != expected:
        raise NotInTables(rows, expected)


def _pace(tickets: int, seconds: float, cpu_s: float) -> Figure:
    return {
        "tickets_per_s": round(tickets / seconds, 1),
        "cpu_us_per_ticket": None if math.isnan(cpu_s) else round(cpu_s / tickets * 1e6),
    }


# ---------------------------------------------------------------- a peer


def measure_peer(
    name: str, lines: Sequence[bytes], options: argparse.Namespace
) -> Iterator[tuple[Trial, Figure]]:
    """A figure of each way to send. Raises `NoEnvironment` and `DidNotStart`."""
    python = python_of(name, options.peer_environments)
    with (
        _temporary(options.folder) as temporary,
        running(name, options.peer_environments, temporary) as peer,
    ):
        idle = _idle_share(peer)
        for trial in _trials(name):
            figure = _measure_trial(peer, python, trial, lines, idle)
            yield trial, {"recorder": name, "version": peer.version, **figure}


def _trials(name: str) -> Iterator[Trial]:
    for spans in SPANS:
        for per_request in _PER_REQUEST:
            for connections in _PEERS_CONNECTIONS:
                yield Trial(name, spans, per_request, connections)


def _requests(peer: Running, python: Path, trial: Trial, lines: Sequence[bytes]) -> list[bytes]:
    made = make_bodies(python, trial.spans, lines, trial.tickets_per_request)
    return [make_post(peer.port, body) for body in made]


def _idle_share(peer: Running) -> float:
    """Seconds of a processor that it uses in each second in which nobody asks for anything."""
    time.sleep(_IDLE_S / 2)  # it has just started
    before = peer.cpu_s()
    time.sleep(_IDLE_S)
    return (peer.cpu_s() - before) / _IDLE_S


def _measure_trial(peer: Running, python: Path, trial: Trial, lines: Sequence[bytes], idle: float) -> Figure:
    """What one trial took, beyond what it uses idle, or why nothing is said of it."""
    tickets = len(lines)
    told = {name: value for name, value in asdict(trial).items() if name != "peer"} | {"tickets": tickets}
    warm, measured = (_requests(peer, python, trial, some) for some in (lines[:_PEERS_WARM_UP], lines))
    try:
        store(peer, trial, warm, min(tickets, _PEERS_WARM_UP))
        cpu_before = peer.cpu_s()
        answered_s, stored_s = store(peer, trial, measured, tickets)
    except (DidNotStore, RuntimeError) as error:
        return {**told, "failed": str(error)}
    pace = _pace(tickets, stored_s, peer.cpu_s() - cpu_before - idle * stored_s)
    return {**told, **pace, "answered_per_s": round(tickets / answered_s, 1), "idle_cpu": round(idle, 3)}


def store(
    peer: Running, trial: Trial, requests: Sequence[bytes], tickets: int, timeout_s: float = _STORED_S
) -> tuple[float, float]:
    """Seconds until all requests were answered, and until all spans were in the database.

    Raises `DidNotStore`, and `RuntimeError` at an answer other than 200.
    """
    stored, spans = peer.stored()
    began = time.perf_counter()
    send_once(peer.port, requests, trial.connections, PeerConnection)
    answered_s = time.perf_counter() - began
    peer.wait_for(spans + tickets * SPANS[trial.spans], timeout_s)
    stored_s = time.perf_counter() - began
    if (now := peer.stored()[0]) != stored + tickets:
        raise DidNotStore("tickets", now - stored, tickets, stored_s)
    return answered_s, stored_s


# ---------------------------------------------------------------- both sides


def compare(found: Mapping[Trial | int, Sequence[Figure]]) -> Iterator[Figure]:
    """What Caselog has of what the best trial of a peer has, for each way to send, by medians."""
    best: dict[tuple[str, str, int], Trial] = {}
    for trial in found:
        if isinstance(trial, Trial) and _middle(found[trial], "tickets_per_s"):
            way = (trial.peer, trial.spans, trial.tickets_per_request)
            best[way] = max(
                best.get(way, trial), trial, key=lambda each: _middle(found[each], "tickets_per_s")
            )
    for trial in best.values():
        yield _comparison(trial, found[trial], found[trial.tickets_per_request])


def _middle(figures_of_one: Sequence[Figure], name: str) -> float:
    """The median of a figure; 0 where a run failed or where it was not taken."""
    values = [figure.get(name) for figure in figures_of_one]
    return 0.0 if None in values else float(median(value for value in values if value is not None))


def _comparison(trial: Trial, peers: Sequence[Figure], ours: Sequence[Figure]) -> Figure:
    pace, cpu = _middle(peers, "tickets_per_s"), _middle(peers, "cpu_us_per_ticket")
    return {
        **asdict(trial),
        "peer_tickets_per_s": pace,
        "ratio": round(_middle(ours, "tickets_per_s") / pace, 1),
        "tables_ratio": round(_middle(ours, "tables_tickets_per_s") / pace, 1),
        "cpu_ratio": _ratio(cpu, _middle(ours, "cpu_us_per_ticket")),
        "tables_cpu_ratio": _ratio(cpu, _middle(ours, "tables_cpu_us_per_ticket")),
    }


def _ratio(theirs: float, ours: float) -> float | None:
    return round(theirs / ours, 1) if theirs and ours else None
