"""Which part of the ETL's work this process does: options, settings, and Kubernetes' index of a job's pod."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar

import click

from cli.errors import SettingsError
from etl.settings import EtlSettings
from lake.shards import EVERY_SHARD, SHARDS, shards_of_process

F = TypeVar("F", bound=Callable[..., Any])
Engine = AbstractContextManager[tuple[Executor, int]]

#: What Kubernetes tells each pod of an indexed job,
#: https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode
JOB_INDEX: Final = "JOB_COMPLETION_INDEX"

_K: Final = click.option(
    "--shards",
    type=click.IntRange(1, SHARDS),
    metavar="K",
    help="How many processes share the work; CASELOG_ETL_SHARDS where missing.",
)
_I: Final = click.option(
    "--shard",
    type=click.IntRange(0, SHARDS - 1),
    metavar="I",
    help="Which of them this is, from 0; CASELOG_ETL_SHARD or JOB_COMPLETION_INDEX where missing.",
)


def shard_options(command: F) -> F:
    """``--shards K --shard I``."""
    return _K(_I(command))


def own_shards(settings: EtlSettings, env: Mapping[str, str] | None = None) -> frozenset[int]:
    """The shards that this process looks after; raises `SettingsError`."""
    env = os.environ if env is None else env
    if settings.shards == 1:
        if settings.shard:
            raise SettingsError(
                f"--shard {settings.shard} is one of how many? Say --shards K (CASELOG_ETL_SHARDS)."
            )
        return EVERY_SHARD
    shard = settings.shard if settings.shard is not None else _job_index(env, settings.shards)
    if shard >= settings.shards:
        raise SettingsError(
            f"There is no shard {shard} of {settings.shards}: --shard (CASELOG_ETL_SHARD) is from 0 to "
            f"{settings.shards - 1}."
        )
    return shards_of_process(shard, settings.shards)


def _job_index(env: Mapping[str, str], processes: int) -> int:
    told = env.get(JOB_INDEX)
    if told is None:
        raise SettingsError(
            f"Which of the {processes} is this? Say --shard I (CASELOG_ETL_SHARD), from 0 to {processes - 1}."
        )
    if not told.isascii() or not told.isdigit():
        raise SettingsError(f"{JOB_INDEX} is not a whole number from 0 on.")
    return int(told)


def chosen_engine(settings: EtlSettings, dask: str | None, processes: int | None) -> Engine | None:
    """The engine that was asked for, not started yet; ``None`` where this process does the work itself.

    Raises `SettingsError` where more than one way was asked for.
    """
    is_part = settings.shards > 1 or settings.shard is not None
    ways = {"--dask": dask is not None, "--processes": processes is not None, "--shards": is_part}
    asked = [name for name, is_asked in ways.items() if is_asked]
    if len(asked) > 1:
        raise SettingsError(
            f"{' and '.join(asked)} cannot be used together: --shards is for processes that somebody else starts, "
            "--processes starts them here, --dask has a cluster do it."
        )
    if dask is not None:
        from etl.dask_engine import dask_engine

        return dask_engine(dask)
    if processes is not None:
        from etl.processes import process_engine

        return process_engine(processes)
    return None
