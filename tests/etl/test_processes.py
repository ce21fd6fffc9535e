"""Real processes that compact and merge at the same time and are killed at any moment: each log stands once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import keep_up
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store

REPOSITORY = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("etl_worker.py")


def start(url: str, name: str) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}"}
    return subprocess.Popen(
        [sys.executable, str(WORKER), url, name],
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def killed(worker: subprocess.Popen[str]) -> list[str]:
    """What was acknowledged until the worker was killed."""
    worker.kill()
    acknowledged, said = worker.communicate()
    assert "Traceback" not in said, said
    return acknowledged.splitlines()


def test_whoever_is_killed_at_whatever_each_log_stands_once(tmp_path: Path) -> None:
    lake = Lake(open_store(tmp_path.as_uri(), {}))
    chance = random.Random(3)
    sent: set[str] = set()
    for turn in range(3):
        workers = [start(tmp_path.as_uri(), f"{turn}-{number}") for number in range(2)]
        time.sleep(2.5 + chance.random() * 2)
        sent.update(log_id for worker in workers for log_id in killed(worker))

    run_once(lake, EtlSettings())
    run_once(lake, EtlSettings())
    keep_up(lake, EtlSettings(), datetime(2027, 1, 1, tzinfo=UTC))

    found = read_lake(lake.store).sql("SELECT log_id FROM logs")
    traces = {log_id for (log_id,) in read_lake(lake.store).sql("SELECT log_id FROM traces")}
    assert len(sent) > 6
    assert sent <= {log_id for (log_id,) in found}
    assert len(found) == len(set(found))
    assert sent <= traces
    assert list(lake.store.list("raw")) == []
    assert (status(lake)["damaged"], status(lake)["upkeep"]) == ([], [])
