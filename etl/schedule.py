"""The ETL on a schedule: one run after another, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from etl.run import RunReport, run_once
from etl.settings import EtlSettings
from etl.upkeep import UpkeepReport, keep_up
from lake.snapshot import Lake


def run_on_schedule(
    lake: Lake,
    settings: EtlSettings,
    stop: threading.Event,
    *,
    report: Callable[[RunReport], None],
    failed: Callable[[Exception], None],
    upkept: Callable[[UpkeepReport], None] = lambda _done: None,
) -> None:
    """Run every ``interval_s`` seconds until ``stop`` is set; after a failure the next turn tries again.

    Upkeep of the tables follows each run, and ends early where it would delay the next one.
    """
    while not stop.is_set():
        started = time.monotonic()
        try:
            report(run_once(lake, settings))
            upkept(keep_up(lake, settings, datetime.now(UTC), settings.interval_s / 2))
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn tries again
            failed(error)
        stop.wait(max(0.0, settings.interval_s - (time.monotonic() - started)))
