from __future__ import annotations

import threading
from pathlib import Path

import pytest

from etl.run import RunReport
from etl.schedule import run_on_schedule
from etl.settings import EtlSettings
from lake.errors import StoreUnavailable
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

    def failed(error: Exception) -> None:
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


def test_the_schedule_goes_on_after_an_error_that_nobody_foresaw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, stop = Lake(open_store(tmp_path.as_uri(), {})), threading.Event()
    failures: list[Exception] = []

    def broken(prefix: str) -> object:
        raise RecursionError(prefix)

    def failed(error: Exception) -> None:
        failures.append(error)
        if len(failures) == 2:
            stop.set()

    monkeypatch.setattr(lake.store, "list", broken)
    run_on_schedule(lake, EtlSettings(interval_s=0.01), stop, report=lambda _done: None, failed=failed)

    assert [type(failure) for failure in failures] == [RecursionError, RecursionError]
