from __future__ import annotations

import threading
from pathlib import Path

import pytest

from etl.run import RunReport
from etl.schedule import run_on_schedule
from etl.settings import EtlSettings
from lake.errors import LakeError, StoreUnavailable
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw


def test_the_schedule_runs_again_and_goes_on_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, stop = Lake(open_store(tmp_path.as_uri(), {})), threading.Event()
    put_raw(lake.store, a_log("1"))
    healthy, reports, failures = lake.store.list, [], []

    def failing_list(prefix: str) -> object:
        raise StoreUnavailable(f"listing {prefix}")

    def failed(error: LakeError) -> None:
        failures.append(error)
        monkeypatch.setattr(lake.store, "list", healthy)

    def report(done: RunReport) -> None:
        reports.append(done.logs)
        if len(reports) == 2:
            stop.set()

    monkeypatch.setattr(lake.store, "list", failing_list)
    run_on_schedule(lake, EtlSettings(interval_s=0.01), stop, report=report, failed=failed)

    assert len(failures) == 1
    assert reports == [1, 0]
