"""``caselog etl``: raw JSON to Parquet, once or on a schedule."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import click

from cli.derive import derive
from cli.environment import ETL_PREFIX, open_lake_store, read_settings, start_service_log
from cli.errors import CliError
from cli.output import answer, json_option
from cli.parent import die_with_parent
from cli.quarantine import quarantine
from cli.repair import repair
from cli.sharing import Engine, chosen_engine, own_shards, shard_options
from cli.supervise import require_free_port
from cli.work import do_task, lake_mark, own_version
from etl.engines import EngineFailed, Outcome, make_tasks, spread
from etl.memory import set_up_process
from etl.metrics import EtlMetrics
from etl.run import Progress, RunReport, run_once
from etl.schedule import run_on_schedule
from etl.settings import EtlSettings
from etl.status import status as lake_status
from etl.upkeep import UpkeepReport, keep_up
from lake.errors import LakeError
from lake.shards import SHARDS
from lake.snapshot import Lake

logger = logging.getLogger(__name__)


@click.group()
def etl() -> None:
    """Compact raw JSON to Parquet."""


etl.add_command(quarantine)
etl.add_command(repair)
etl.add_command(derive)


@etl.command()
@shard_options
@click.option("--processes", type=click.IntRange(1, SHARDS), metavar="K", help="Have K processes here do it.")
@click.option("--dask", metavar="ADDRESS", help="Have the Dask cluster of the scheduler at ADDRESS do it.")
@json_option
def run(
    *, shards: int | None, shard: int | None, processes: int | None, dask: str | None, as_json: bool
) -> None:
    """Compact what is there now, once, and look after the tables; for cron or Kubernetes.

    With --shards, this process does one part of it and others, started elsewhere, the rest.
    """
    settings = read_settings(EtlSettings, ETL_PREFIX, shards=shards, shard=shard)
    engine = chosen_engine(settings, dask, processes)
    start_service_log()
    at_terminal = sys.stderr.isatty() and not as_json
    done = _run_here(settings, at_terminal) if engine is None else _run_on(engine, settings, at_terminal)
    answer(done.to_json(), as_json=as_json, sentence=_sentence(done.run))
    for sentence in done.failures:
        click.echo(f"caselog: {sentence}", err=True)
    if done.run.damaged or done.failures:
        sys.exit(1)


def _run_here(settings: EtlSettings, at_terminal: bool) -> Outcome:
    shards = own_shards(settings)
    set_up_process()
    lake = _open_lake()
    with _bar(at_terminal) as progress:
        report = run_once(lake, settings, progress, shards)
    return Outcome(report, keep_up(lake, settings, datetime.now(UTC), settings.interval_s / 2, shards))


def _run_on(engine: Engine, settings: EtlSettings, at_terminal: bool) -> Outcome:
    _open_lake()  # what is mistyped is said before anybody starts
    try:
        with engine as (executor, at_once), _bar(at_terminal) as progress:
            tasks = make_tasks(at_once, settings, lake_mark(), own_version())
            return spread(executor, do_task, tasks, progress)
    except EngineFailed as error:
        raise CliError(str(error)) from error


def _open_lake() -> Lake:
    """The lake; raises `lake.errors.LakeMissing` where there is none, rather than finding it empty."""
    store = open_lake_store()
    store.require_lake()
    return Lake(store)


@contextmanager
def _bar(at_terminal: bool) -> Iterator[Progress]:
    """What is told the progress; it shows it where somebody is looking."""
    if not at_terminal:
        yield lambda _done, _all: None
        return
    with click.progressbar(length=1, label="Compacting", file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield show
        bar.update((bar.length or 0) - bar.pos)


def _sentence(report: RunReport) -> str:
    counts = f"{report.logs} logs from {report.objects} objects in {report.seconds:.1f} s"
    dropped = f", {report.duplicates} duplicates dropped" if report.duplicates else ""
    if report.conflicts:
        dropped += f" ({report.conflicts} with another content, kept in quarantine/)"
    aside = f", {report.quarantined} set aside in quarantine/" if report.quarantined else ""
    dropped += f", {report.deleted} dropped that were deleted" if report.deleted else ""
    dropped += f", {report.expired} dropped that are too old to be kept" if report.expired else ""
    other = "; another run is at work and does the rest" if report.contended else ""
    left = f", {len(report.stepped_over)} left where they are" if report.stepped_over else ""
    said = [*report.damaged.values(), *report.derived_behind.values()]
    damaged = "".join(f"\n{sentence}" for sentence in said)
    return f"Compacted {counts}{dropped}{aside}{left}{other}.{damaged}"


@etl.command()
@shard_options
@click.option(
    "--interval-s", type=float, help="Seconds from run to run; CASELOG_ETL_INTERVAL_S where missing."
)
def schedule(interval_s: float | None, shards: int | None, shard: int | None) -> None:
    """Compact every few minutes until stopped."""
    settings = read_settings(EtlSettings, ETL_PREFIX, interval_s=interval_s, shards=shards, shard=shard)
    own = own_shards(settings)
    start_service_log()
    die_with_parent()
    set_up_process()
    stop = threading.Event()

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    told: set[str] = set()
    metrics = EtlMetrics()

    def report(done: RunReport) -> None:
        metrics.note_run(done)
        _log_run(done, told)

    def upkept(done: UpkeepReport) -> None:
        metrics.note_upkeep(done)
        _log_upkeep(done)

    def failed(error: Exception) -> None:
        metrics.note_failure(error)
        _log_failure(error)

    with _listening(metrics, settings):
        run_on_schedule(
            Lake(open_lake_store()), settings, stop, report=report, failed=failed, upkept=upkept, shards=own
        )


@contextmanager
def _listening(metrics: EtlMetrics, settings: EtlSettings) -> Iterator[None]:
    """Tell the figures while the block runs, where a port is set; raises `CliError` where it is taken."""
    if not settings.metrics_port:
        yield
        return
    require_free_port(settings.metrics_host, settings.metrics_port, "CASELOG_ETL_METRICS_PORT")
    stop = metrics.listen(settings.metrics_host, settings.metrics_port)
    try:
        yield
    finally:
        stop()


def _log_run(report: RunReport, told: set[str]) -> None:
    """What lies about in raw/ is said once; what is damaged every time."""
    if report.objects:
        logger.info("%s", _sentence(report))
    for key, reason in report.stepped_over.items() if told != {*report.stepped_over} else ():
        logger.warning("%r in the lake was left where it is: %s.", key, reason)
    told.clear()
    told.update(report.stepped_over)
    for sentence in report.damaged.values():
        logger.error("%s", sentence)
    for sentence in report.derived_behind.values():
        logger.warning("%s", sentence)


def _log_upkeep(report: UpkeepReport) -> None:
    for said in report.stuck.values():
        logger.error("%s", said)
    if report.merged or report.removed or report.retired or report.deletions:
        logger.info("%s", _upkeep_sentence(report))
    for sentence in report.damaged_files:
        logger.error("%s", sentence)


def _upkeep_sentence(report: UpkeepReport) -> str:
    left = f", {report.damaged} merges left out for damaged files" if report.damaged else ""
    left += f"; {report.retired} rows were past what their clients want kept" if report.retired else ""
    left += "".join(f"; {said}" for said in report.stuck.values())
    left += f"; {report.deletions} deletions that were interrupted are done" if report.deletions else ""
    return (
        f"Merged {report.merged} files into {report.written}, removed {report.removed} that nobody needs, "
        f"in {report.seconds:.1f} s{left}." + "".join(f"\n{sentence}" for sentence in report.damaged_files)
    )


def _log_failure(error: Exception) -> None:
    if isinstance(error, LakeError):
        logger.warning("%s The next run tries again.", error)
    else:
        logger.error("A run ended unexpectedly. The next run tries again.", exc_info=error)


@etl.command()
@json_option
def upkeep(*, as_json: bool) -> None:
    """Merge small files, shorten the tables' logs and remove what was replaced, now and to the end."""
    settings = read_settings(EtlSettings, ETL_PREFIX)
    report = keep_up(_open_lake(), settings, datetime.now(UTC))
    answer(report.to_json(), as_json=as_json, sentence=_upkeep_sentence(report))
    if report.damaged_files:
        sys.exit(1)


@etl.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show what waits, what is compacted and what was set aside."""
    found = lake_status(_open_lake())
    click.echo(json.dumps(found) if as_json else _status_lines(found))


def _status_lines(found: dict[str, Any]) -> str:
    since = f", the oldest since {found['raw_oldest']}" if found["raw_oldest"] else ""
    lines = [f"waiting      {found['raw_objects']} raw objects, {found['raw_bytes']:,} bytes{since}"]
    lines += [
        f"{name:<12} cannot be opened"
        if size is None
        else f"{name:<12} {size['rows']:,} rows in {size['files']} files, {size['bytes']:,} bytes"
        for name, size in found["tables"].items()
    ]
    lines.append(f"quarantine   {found['quarantined_objects']} objects that could not be read")
    if found["conflicting_objects"]:
        lines.append(f"conflicts    {found['conflicting_objects']} objects with logs whose ids were taken")
    lines += [f"left alone   {key!r}: {reason}" for key, reason in found["stepped_over"].items()]
    lines += [f"upkeep       {sentence}" for sentence in found["upkeep"] or ["keeps up"]]
    lines += [f"derived      {sentence}" for sentence in found["derived"]]
    lines += [f"damaged      {sentence}" for sentence in found["damaged"]]
    return "\n".join(lines)
