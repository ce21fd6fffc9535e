"""What operators see of the ETL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from etl.metrics import EtlMetrics
from etl.run import RunReport, run_once
from etl.settings import EtlSettings
from lake.errors import StoreUnavailable
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw
from tests.servers.process import free_ports, running


def _told(metrics: EtlMetrics) -> dict[str, float]:
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
    }


def test_runs_and_what_became_of_logs_are_counted(tmp_path: Path) -> None:
    lake, metrics = Lake(open_store(tmp_path.as_uri(), {})), EtlMetrics(clock=lambda: 1_800_000_000.0)
    put_raw(lake.store, a_log("1"), a_log("2"), a_log("2"))

    metrics.note_run(run_once(lake, EtlSettings()))
    metrics.note_failure(StoreUnavailable("a listing"))
    metrics.note_failure(RecursionError())
    told = _told(metrics)

    assert told["caselog_etl_logs_total"] == 2
    assert told["caselog_etl_duplicates_total"] == 1
    assert (told["caselog_etl_runs_totalended"], told["caselog_etl_runs_totalfailed"]) == (1, 2)
    assert told["caselog_etl_store_errors_total"] == 1
    assert told["caselog_etl_last_success_timestamp_seconds"] == 1_800_000_000.0


def test_damage_is_seen_until_it_is_mended() -> None:
    metrics = EtlMetrics()

    metrics.note_run(RunReport(damaged={"acme": "a sentence"}))
    damaged = _told(metrics)["caselog_etl_damaged_clients"]
    metrics.note_run(RunReport())

    assert (damaged, _told(metrics)["caselog_etl_damaged_clients"]) == (1, 0)


def test_no_figure_names_a_client() -> None:
    metrics = EtlMetrics()
    metrics.note_run(RunReport(damaged={"acme": "a sentence of acme"}))

    assert not any("acme" in name for name in _told(metrics))


def test_a_schedule_tells_its_figures_at_the_port_that_is_set(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    Lake(open_store(folder.as_uri(), {}, create=True)).create_tables()
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}/metrics"
    env = {
        "PATH": os.environ["PATH"],
        "CASELOG_LAKE_URL": folder.as_uri(),
        "CASELOG_ETL_METRICS_PORT": str(port),
    }
    command: list[str | Path] = [
        Path(sys.executable).parent / "caselog",
        "etl",
        "schedule",
        "--interval-s",
        "0.2",
    ]

    with running(command, folder=tmp_path, ready=lambda: _has_run(address), env=env):
        told = httpx.get(address, trust_env=False, timeout=60).text

    assert "caselog_etl_logs_total 0.0" in told
    assert "caselog_etl_run_seconds_bucket" in told


def test_a_port_that_is_taken_stops_the_start_with_its_setting(tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    Lake(open_store(folder.as_uri(), {}, create=True)).create_tables()
    stop = EtlMetrics().listen("127.0.0.1", port := free_ports(1)[0])
    env = {**os.environ, "CASELOG_LAKE_URL": folder.as_uri(), "CASELOG_ETL_METRICS_PORT": str(port)}
    command: list[str | Path] = [Path(sys.executable).parent / "caselog", "etl", "schedule"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    stop()

    assert done.returncode == 1
    assert "CASELOG_ETL_METRICS_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def _has_run(address: str) -> bool:
    try:
        return (
            'caselog_etl_runs_total{outcome="ended"}' in httpx.get(address, trust_env=False, timeout=60).text
        )
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("port", ["-1", "70000", "x"])
def test_a_port_that_is_none_stops_the_start(port: str) -> None:
    with pytest.raises(ValueError, match="metrics_port"):
        EtlSettings.model_validate({"metrics_port": port})
