"""What one worker of the ETL does, wherever it runs: opens the lake by its own environment, compacts, tells."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from cli.environment import LAKE_URL, default_lake_url, open_lake_store
from cli.errors import CliError
from etl.engines import Outcome, Task
from etl.run import run_once
from etl.upkeep import keep_up
from lake.errors import LakeError
from lake.snapshot import Lake

_PACKAGE: Final = "caselog-server"


def own_version() -> str:
    """The version that a worker's has to be."""
    return version(_PACKAGE)


def lake_mark(env: Mapping[str, str] | None = None) -> str:
    """By what two processes know that they work on the same lake."""
    url = (os.environ if env is None else env).get(LAKE_URL) or default_lake_url()
    return hashlib.sha256(url.rstrip("/").encode()).hexdigest()


def do_task(task: Task) -> Outcome:
    """Compact the task's shards and look after their files, as `caselog etl run` does.

    A failure that is known is told in the outcome: not every error's class survives the way back.
    """
    try:
        _require_fit(task)
        store = open_lake_store()
        store.require_lake()
        lake = Lake(store)
        run = run_once(lake, task.settings, shards=task.shards)
        upkeep = keep_up(lake, task.settings, datetime.now(UTC), task.settings.interval_s / 2, task.shards)
    except (LakeError, CliError) as error:
        return Outcome(failures=(str(error),))
    return Outcome(run, upkeep)


def _require_fit(task: Task) -> None:
    """Raises `CliError` where this process is not set up as the one that gave the task out."""
    if task.version != own_version():
        raise CliError(
            f"A worker has caselog-server {own_version()}, this command has {task.version}: install the same on both."
        )
    if not os.environ.get(LAKE_URL):
        raise CliError(f"A worker has no {LAKE_URL}: set it, and the AWS_* variables, where the workers run.")
    if task.lake != lake_mark():
        raise CliError(f"A worker's {LAKE_URL} is not that of this command: it would compact another lake.")
