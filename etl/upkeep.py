"""Upkeep of the tables in the ETL's own schedule: after each run, as long as time is left."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from etl.settings import EtlSettings
from lake import layout, merging
from lake.damage import mark_seen
from lake.errors import LakeError, ObjectNotFound
from lake.merging import Merge
from lake.snapshot import Lake
from lake.store import Store
from lake.table_log import list_log
from lake.table_upkeep import TableUpkeep
from lake.tables import CommitContended

_NOTE: Final = "logs/_caselog/upkeep.json"
_VACUUM_EVERY: Final = timedelta(days=1)
#: What is committed together, of merges.
_PORTION: Final = 64
_PORTION_BYTES: Final = 256 * 1024 * 1024
#: From here on it is said that upkeep is behind.
_BEHIND_FILES: Final = 4 * merging.FEW
_BEHIND_COMMITS: Final = 500


@dataclass
class UpkeepReport:
    """What upkeep did: files merged into how many, files removed, merges that a commit of others came before."""

    merged: int = 0
    written: int = 0
    removed: int = 0
    contended: int = 0
    damaged: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return asdict(self)


def keep_up(lake: Lake, settings: EtlSettings, now: datetime, limit_s: float | None = None) -> UpkeepReport:
    """Merge what is worth it for at most ``limit_s``, tidy the logs of the tables, and once a day vacuum.

    Raises `lake.errors.StoreUnavailable`; whatever was begun is whole, or is as if it had not been begun.
    """
    started = time.monotonic()
    report = UpkeepReport()
    for table in _tables(lake):
        if table.name in _tables_there(lake):
            _merge(lake, table, now, report, None if limit_s is None else started + limit_s)
            table.tidy_log()
    is_vacuum_due = _is_vacuum_due(lake.store, now) and not report.damaged
    if is_vacuum_due:
        _vacuum(lake, settings, now, report)
    if is_vacuum_due or report.written:
        mark_seen(lake.store)
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _tables(lake: Lake) -> list[TableUpkeep]:
    return [TableUpkeep(lake.store, table.name) for table in lake.tables]


def _tables_there(lake: Lake) -> set[str]:
    return {table.name for table in lake.tables if table.state().version >= 0}


def _merge(lake: Lake, table: TableUpkeep, now: datetime, report: UpkeepReport, until: float | None) -> None:
    """Until nothing is worth merging any more, or the time is up."""
    left_alone: set[tuple[str, str]] = set()
    while merges := _merges(lake, table.name, now, left_alone):
        for portion in _portions(merges):
            if until is not None and time.monotonic() > until:
                return
            made = table.merge(portion, now)
            report.merged += sum(len(merge.files) for merge in made.done)
            report.written += len(made.done)
            report.damaged += len(made.damaged)
            report.contended += len(portion) - len(made.done) - len(made.damaged)
            left_alone.update((m.client_id, m.month) for m in portion if m not in made.done)


def _portions(merges: list[Merge]) -> Iterator[list[Merge]]:
    """As many as are committed together: one commit each would make the tables' logs long."""
    portion: list[Merge] = []
    for merge in merges:
        size = sum(file.size for each in [*portion, merge] for file in each.files)
        if portion and (size > _PORTION_BYTES or len(portion) == _PORTION):
            yield portion
            portion = []
        portion.append(merge)
    yield portion


def _merges(lake: Lake, name: str, now: datetime, without: set[tuple[str, str]]) -> list[Merge]:
    table = lake.table(name)
    files = [f for f in table.state().files.values() if (f.client_id, f.month) not in without]
    return merging.choose(files, layout.month_of(now))


def _vacuum(lake: Lake, settings: EtlSettings, now: datetime, report: UpkeepReport) -> None:
    for table in _tables(lake):
        if table.name in _tables_there(lake):
            try:
                table.set_properties()
                report.removed += table.vacuum(timedelta(hours=settings.keep_replaced_h))
            except CommitContended:
                report.contended += 1
    lake.store.put(_NOTE, json.dumps({"vacuumed_at": now.isoformat()}).encode())


def _vacuumed_at(store: Store) -> datetime | None:
    try:
        moment = datetime.fromisoformat(json.loads(store.get(_NOTE))["vacuumed_at"])
    except (ObjectNotFound, ValueError, TypeError, KeyError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_vacuum_due(store: Store, now: datetime) -> bool:
    last = _vacuumed_at(store)
    # A note from the future is of a clock that was wrong.
    return last is None or not timedelta(0) <= now - last < _VACUUM_EVERY


def behind(lake: Lake, now: datetime) -> list[str]:
    """In words, what upkeep has not got to yet; nothing where it keeps up."""
    try:
        return [*_many_files(lake, now), *_long_logs(lake), *_no_vacuum(lake, now)]
    except LakeError as error:
        return [f"What upkeep has left to do cannot be told: {error}"]


def _many_files(lake: Lake, now: datetime) -> Iterator[str]:
    for table in lake.tables:
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
    last = _vacuumed_at(lake.store)
    if last is not None and now - last > 3 * _VACUUM_EVERY:
        yield f"Files that were replaced have not been removed since {last:%Y-%m-%d}."
