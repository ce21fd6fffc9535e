"""Upkeep of the tables in the ETL's own schedule: after each run, as long as time is left."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from access import audit
from etl import deletion, retention
from etl.settings import EtlSettings
from lake import layout, merging, schema
from lake.damage import damaged_files, mark_seen
from lake.errors import LakeError, ObjectNotFound, StoreRefused, StoreUnavailable
from lake.merging import Merge
from lake.portions import portions
from lake.shards import EVERY_SHARD, shard_of
from lake.snapshot import Lake
from lake.store import Store
from lake.table_log import list_log, log_prefix
from lake.table_upkeep import TableUpkeep
from lake.tables import CommitContended

logger = logging.getLogger(__name__)

_NOTE: Final = "logs/_caselog/upkeep.json"
_CHECK_EVERY: Final = timedelta(days=1)
#: What is committed together, of merges: one commit each would make the tables' logs long.
_PORTION: Final = 64
_PORTION_BYTES: Final = 256 * 1024 * 1024
#: From here on it is said that upkeep is behind.
_BEHIND_FILES: Final = 4 * merging.FEW
_BEHIND_COMMITS: Final = 500


@dataclass
class UpkeepReport:
    """What upkeep did: files merged into how many, files removed, merges that a commit of others came before.

    ``damaged`` merges were left out. ``damaged_files``, in sentences, are what the look at all files found, once a
    day: as long as there is any, nothing is removed, because it may be what mends them. ``deletions``: those that
    were interrupted and are done now; ``stuck``: those that are not, and why. ``retired``: rows that were no longer
    to be kept.
    """

    merged: int = 0
    written: int = 0
    removed: int = 0
    contended: int = 0
    damaged: int = 0
    damaged_files: list[str] = field(default_factory=list)
    deletions: int = 0
    retired: int = 0
    seconds: float = 0.0
    stuck: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return asdict(self)


def keep_up(
    lake: Lake,
    settings: EtlSettings,
    now: datetime,
    limit_s: float | None = None,
    shards: Collection[int] = EVERY_SHARD,
) -> UpkeepReport:
    """Merge what is worth it for at most ``limit_s``, tidy the logs of the tables, and once a day vacuum.

    ``shards`` are those whose clients' files are merged; what concerns whole tables goes with shard 0.

    Raises `lake.errors.StoreUnavailable`; whatever was begun is whole, or is as if it had not been begun.
    """
    started = time.monotonic()
    report = UpkeepReport()
    if 0 in shards:
        report.deletions, report.stuck = deletion.resume_idle(lake, now)
    for table in _tables(lake):
        with _apart(table.name):
            if table.name in _tables_there(lake, table.name):
                _merge(lake, table, now, report, None if limit_s is None else started + limit_s, shards)
                if 0 in shards:
                    table.tidy_log()
    if 0 in shards:
        report.retired = retention.retire(lake, now).rows
    is_check_due = 0 in shards and _is_check_due(lake.store, now)
    if is_check_due:
        _check_and_vacuum(lake, settings, now, report)
        _forget_audit(lake.store, settings, now)
    if is_check_due or report.written:
        mark_seen(lake.store)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _tables(lake: Lake) -> list[TableUpkeep]:
    return [TableUpkeep(lake.store, table.name, lake.logs) for table in lake.tables]


def _tables_there(lake: Lake, *names: str) -> set[str]:
    return {name for name in names if lake.table(name).state().version >= 0}


@contextmanager
def _apart(table: str) -> Iterator[None]:
    """What is wrong with a derived table, which can be made anew, leaves the others alone; `etl.status` says it."""
    try:
        yield
    except StoreUnavailable:
        if table not in schema.DERIVED:
            raise


def _merge(
    lake: Lake,
    table: TableUpkeep,
    now: datetime,
    report: UpkeepReport,
    until: float | None,
    shards: Collection[int],
) -> None:
    """Until nothing is worth merging any more, or the time is up."""
    left_alone: set[tuple[str, str]] = set()
    while merges := _merges(lake, table.name, now, left_alone, shards):
        for portion in portions(merges, _PORTION, Merge.size, _PORTION_BYTES):
            if until is not None and time.monotonic() > until:
                return
            made = table.merge(portion, now)
            report.merged += sum(len(merge.files) for merge in made.done)
            report.written += len(made.done)
            report.damaged += 0 if table.name in schema.DERIVED else len(made.damaged)
            report.contended += len(portion) - len(made.done) - len(made.damaged)
            left_alone.update((m.client_id, m.month) for m in portion if m not in made.done)


def _merges(
    lake: Lake, name: str, now: datetime, without: set[tuple[str, str]], shards: Collection[int]
) -> list[Merge]:
    every = (f for f in lake.table(name).state().files.values() if shard_of(f.client_id) in shards)
    files = [f for f in every if (f.client_id, f.month) not in without]
    return merging.choose(files, layout.month_of(now))


def _check_and_vacuum(lake: Lake, settings: EtlSettings, now: datetime, report: UpkeepReport) -> None:
    report.damaged_files = [found.sentence for found in damaged_files(lake)]
    vacuumed_at = _noted(lake.store, "vacuumed_at")
    if not (report.damaged or report.damaged_files):
        _vacuum(lake, settings, report)
        vacuumed_at = now
    note = {"checked_at": now, "vacuumed_at": vacuumed_at}
    lake.store.put(_NOTE, json.dumps({name: at and at.isoformat() for name, at in note.items()}).encode())


def _vacuum(lake: Lake, settings: EtlSettings, report: UpkeepReport) -> None:
    for table in _tables(lake):
        with _apart(table.name):
            if table.name in _tables_there(lake, table.name):
                try:
                    table.set_properties()
                    table.describe()
                    report.removed += table.vacuum(timedelta(hours=settings.keep_replaced_h))
                except CommitContended:
                    report.contended += 1


def _forget_audit(store: Store, settings: EtlSettings, now: datetime) -> None:
    """Remove what of the audit is no longer to be kept; a store user who may not do that keeps nothing else up."""
    try:
        audit.forget_before(store, now.date() - timedelta(days=settings.keep_audit_days))
    except StoreRefused as error:
        logger.warning("Old events of the audit are not removed: %s", error)


def _noted(store: Store, name: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(json.loads(store.get(_NOTE))[name])
    except (ObjectNotFound, ValueError, TypeError, KeyError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_check_due(store: Store, now: datetime) -> bool:
    last = _noted(store, "checked_at")
    # A note from the future is of a clock that was wrong.
    return last is None or not timedelta(0) <= now - last < _CHECK_EVERY


def behind(lake: Lake, now: datetime) -> list[str]:
    """In words, what upkeep has not got to yet; nothing where it keeps up."""
    try:
        return [*_many_files(lake, now), *_long_logs(lake), *_no_vacuum(lake, now), *_begun(lake, now)]
    except LakeError as error:
        return [f"What upkeep has left to do cannot be told: {error}"]


def _many_files(lake: Lake, now: datetime) -> Iterator[str]:
    for table in lake.tables:
        worst = None
        with _apart(table.name):
            worst = next(iter(merging.choose(table.state().files.values(), layout.month_of(now))), None)
        if worst and len(worst.files) > _BEHIND_FILES:
            yield (
                f"{table.name} has {len(worst.files)} small files of {worst.client_id} in {worst.month} that were "
                "not merged yet: `caselog etl upkeep` does it now."
            )


def _long_logs(lake: Lake) -> Iterator[str]:
    for table in lake.tables:
        listing = list_log(lake.store, table.name)
        since = listing.newest - max(listing.checkpoints, default=-1)
        if since > _BEHIND_COMMITS:
            yield f"{table.name} has {since} commits since its last checkpoint: opening it takes longer and longer."


def _no_vacuum(lake: Lake, now: datetime) -> Iterator[str]:
    last = _noted(lake.store, "vacuumed_at")
    if last is not None and now - last > 3 * _CHECK_EVERY:
        yield (
            f"Files that were replaced have not been removed since {last:%Y-%m-%d}: `caselog etl upkeep` does it, "
            "unless something is damaged."
        )
    elif last is None and _is_old(lake, now):
        yield "Nothing looks after the tables: upkeep was never run to its end. `caselog etl upkeep` does it now."


def _is_old(lake: Lake, now: datetime) -> bool:
    """Whether there is a commit of days ago."""
    days_ago = now - 3 * _CHECK_EVERY
    logs = (found for table in lake.tables for found in lake.store.list(log_prefix(table.name)))
    return any(found.modified < days_ago for found in logs)


def _begun(lake: Lake, now: datetime) -> Iterator[str]:
    for each in deletion.unfinished(lake):
        is_idle = deletion.is_idle(each, now)
        more = "" if is_idle else " Somebody was at it a moment ago."
        yield (
            f"The deletion {each.deletion_id} was begun on {each.requested_at:%Y-%m-%d} and is not done: "
            f"`caselog delete resume` goes on with it and says what is in its way.{more}"
        )
