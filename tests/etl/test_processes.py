"""Real processes that compact and merge at the same time and are killed at any moment: each log stands once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from access import deletions
from access.clients import create_client
from etl import deletion
from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import keep_up
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(400)  # on a busy machine

Start = Callable[..., subprocess.Popen[str]]
WORKER = Path(__file__).with_name("etl_worker.py")
DELETES = Path(__file__).with_name("delete_worker.py")
KEEPER = Path(__file__).with_name("upkeep_worker.py")


def started_worker(url: str, *names: str, program: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}"}
    return subprocess.Popen(
        [sys.executable, str(program), url, *names],
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process, which is gone with the test, however it ends."""
    started: list[subprocess.Popen[str]] = []

    def begin(url: str, *names: str, program: Path = WORKER) -> subprocess.Popen[str]:
        started.append(started_worker(url, *names, program=program))
        return started[-1]

    yield begin
    for each in started:
        if each.poll() is None:
            killed(each)


def first_acknowledged(worker: subprocess.Popen[str]) -> str:
    """The first log that it acknowledged; a busy machine takes its time to start it."""
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def killed(worker: subprocess.Popen[str]) -> list[str]:
    """What was acknowledged until the worker was killed."""
    worker.kill()
    acknowledged, said = worker.communicate()
    assert "Traceback" not in said, said
    return acknowledged.splitlines()


def test_whoever_is_killed_at_whatever_each_log_stands_once(tmp_path: Path, start: Start) -> None:
    lake = Lake(open_store(tmp_path.as_uri(), {}))
    chance = random.Random(3)
    sent: set[str] = set()
    for turn in range(3):
        workers = [start(tmp_path.as_uri(), f"{turn}-{number}") for number in range(2)]
        sent.update(map(first_acknowledged, workers))
        time.sleep(1 + chance.random() * 2)
        sent.update(log_id for worker in workers for log_id in killed(worker))

    run_once(lake, EtlSettings())
    run_once(lake, EtlSettings())
    keep_up(lake, EtlSettings(), datetime(2027, 1, 1, tzinfo=UTC))

    found = read_lake(lake.store).sql("SELECT log_id FROM logs")
    traces = {log_id for (log_id,) in read_lake(lake.store).sql("SELECT log_id FROM traces")}
    assert len(sent) >= 6
    assert sent <= {log_id for (log_id,) in found}
    assert len(found) == len(set(found))
    assert sent <= traces
    assert list(lake.store.list("raw")) == []
    assert (status(lake)["damaged"], status(lake)["upkeep"]) == ([], [])


def test_upkeep_that_is_killed_over_and_over_takes_nothing_from_runs_and_readers(
    tmp_path: Path, start: Start
) -> None:
    url = tmp_path.as_uri()
    lake = Lake(open_store(url, {}))
    lake.create_tables()
    chance = random.Random(5)
    workers = [start(url, f"{number}") for number in range(2)]
    sent = set(map(first_acknowledged, workers))
    reader = read_lake(lake.store)
    seen: set[str] = set()
    for _ in range(4):
        keeper = start(url, program=KEEPER)
        until = time.monotonic() + 1.5 + chance.random() * 1.5
        while time.monotonic() < until:
            reader.renew()
            found = [log_id for (log_id,) in reader.sql("SELECT log_id FROM logs")]
            assert len(found) == len(set(found))
            assert seen <= set(found)
            assert reader.snapshot.missing == ()
            seen = set(found)
        killed(keeper)
    sent.update(log_id for worker in workers for log_id in killed(worker))

    run_once(lake, EtlSettings())
    run_once(lake, EtlSettings())
    keep_up(lake, EtlSettings(), datetime(2027, 1, 1, tzinfo=UTC))

    reader.renew()
    found = [log_id for (log_id,) in reader.sql("SELECT log_id FROM logs")]
    assert len(sent) >= 2
    assert sent <= set(found)
    assert len(found) == len(set(found))
    assert sent <= {log_id for (log_id,) in reader.sql("SELECT log_id FROM traces")}
    assert lake.logs.size()["rows"] == lake.traces.size()["rows"] == len(found)
    assert status(lake)["damaged"] == []


def test_a_client_is_deleted_by_processes_that_are_killed_beside_some_that_compact(
    tmp_path: Path, start: Start
) -> None:
    lake = Lake(open_store(tmp_path.as_uri(), {}))
    create_client(lake.store, "acme", datetime(2026, 11, 23, tzinfo=UTC))
    chance = random.Random(5)
    workers = [start(tmp_path.as_uri(), f"{number}") for number in range(2)]
    sent = [first_acknowledged(worker) for worker in workers]
    for _ in range(2):
        deletes = start(tmp_path.as_uri(), "acme", program=DELETES)
        time.sleep(1 + chance.random())
        killed(deletes)

    last = start(tmp_path.as_uri(), "acme", program=DELETES)
    said, failed = last.communicate(timeout=200)
    sent += [log_id for worker in workers for log_id in killed(worker)]
    for _ in range(3):
        run_once(lake, EtlSettings())
    deletion.resume(lake, lambda: datetime.now(UTC), idle_only=False)

    found = read_lake(lake.store).sql("SELECT client_id, log_id FROM logs")
    assert (said, failed) == ("done\n", "")
    assert len(deletions.list_receipts(lake.store)) == 1
    assert len(found) == len(set(found)) > 0
    assert {client_id for client_id, _ in found} == {"globex"}
    assert {log_id for log_id in sent if int(log_id.rpartition("-")[2]) % 2} <= {
        log_id for _, log_id in found
    }
    assert [each.key for each in lake.store.list("raw")] == []
    assert status(lake)["damaged"] == []
    named = {file.key for table in lake.tables for file in table.state().files.values()}
    assert [key for key in named if "client_id=acme" in key] == []
