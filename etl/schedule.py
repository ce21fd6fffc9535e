"""The ETL on a schedule: one run after another, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from etl.memory import return_freed
from etl.run import RunReport, run_once
from etl.settings import EtlSettings
from etl.upkeep import UpkeepReport, keep_up
from lake.shards import EVERY_SHARD
from lake.snapshot import Lake


def run_on_schedule(
    lake: Lake,
    settings: EtlSettings,
    stop: threading.Event,
    *,
    report: Callable[[RunReport], None],
    failed: Callable[[Exception], None],
    upkept: Callable[[UpkeepReport], None] = lambda _done: None,
    shards: Collection[int] = EVERY_SHARD,
) -> None:
    """Run every ``interval_s`` seconds until ``stop`` is set; after a failure the next turn tries again.

    Upkeep of the tables follows each run, and ends early where it would delay the next one. ``shards`` are those
    whose clients this process looks after.
    """
    while not stop.is_set():
        started = time.monotonic()
        try:
            report(run_once(lake, settings, shards=shards))
            upkept(keep_up(lake, settings, datetime.now(UTC), settings.interval_s / 2, shards))
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn tries again
            failed(error)
        return_freed()
        stop.wait(max(0.0, settings.interval_s - (time.monotonic() - started)))
