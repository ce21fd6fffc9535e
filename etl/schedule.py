"""The ETL on a schedule: one run after another, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from etl.run import RunReport, run_once
from etl.settings import EtlSettings
from lake.errors import LakeError
from lake.snapshot import Lake


def run_on_schedule(
    lake: Lake,
    settings: EtlSettings,
    stop: threading.Event,
    *,
    report: Callable[[RunReport], None],
    failed: Callable[[LakeError], None],
) -> None:
    """Run every ``interval_s`` seconds until ``stop`` is set; after a failure the next turn tries again."""
    while not stop.is_set():
        started = time.monotonic()
        try:
            report(run_once(lake, settings))
        except LakeError as error:
            failed(error)
        stop.wait(max(0.0, settings.interval_s - (time.monotonic() - started)))
