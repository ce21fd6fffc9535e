"""Retention: logs of a client go after so many days, their traces sooner; the figures of a log stay with it.

A log's age counts from when it was executed, to the day, in UTC: files and months of the tables are told apart by that,
so that what is wholly past is removed unread. What claims to be executed after it was received is as old as its
receipt: no clock that is wrong keeps a log for ever.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from access import clients
from access.clients import FOR_EVER, Kept
from etl.object_removal import client_of_quarantine
from lake import columns, layout, schema
from lake.errors import ObjectNotFound
from lake.removal import TableRemoval, settle_idle_shards
from lake.rewriting import Change
from lake.shards import shards_of
from lake.snapshot import Lake
from lake.store import Store, StoredObject
from lake.table_search import Find
from lake.tables import TableFile

_NOTE: Final = "logs/_caselog/retention.json"
_EVERY: Final = timedelta(days=1)
#: Clocks differ; what is executed later than this after now is of a wrong one.
_AHEAD: Final = timedelta(days=1)
#: Statistics may be cut to the millisecond.
_MILLISECOND: Final = timedelta(milliseconds=1)
_DATE: Final = "date="


@dataclass
class Retired:
    """What retention removed: rows of the tables, and objects of ``raw/`` and ``quarantine/``."""

    rows: int = 0
    objects: int = 0


def cut_of(days: int | None, now: datetime) -> datetime | None:
    """What was executed before this moment is past: the beginning of a day, in UTC; ``None`` where all is kept.

    >>> cut_of(90, datetime(2026, 11, 25, 13, 30, tzinfo=UTC)).isoformat()
    '2026-08-27T00:00:00+00:00'
    """
    if days is None:
        return None
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    try:
        return today - timedelta(days=days)
    except OverflowError:
        return None


def is_past(log: Mapping[str, Any], cut: datetime | None) -> bool:
    """Whether a log is older than ``cut``, by ``executed_at``, or by ``received_at`` where that is earlier."""
    return cut is not None and min(log["executed_at"], log["received_at"]) < cut


def retire(lake: Lake, now: datetime, *, always: bool = False) -> Retired:
    """Remove what clients no longer want kept, once a day and whenever that was changed; raises `StoreUnavailable`.

    Files that leave the tables leave the store with the vacuum, when nobody reads them any more.
    """
    retired = Retired()
    kept = {
        client.client_id: client.kept
        for client in clients.list_clients(lake.store)
        if client.kept != FOR_EVER
    }
    note = _Note.read(lake.store)
    stamp = hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest() if kept else ""
    if not kept or not (always or note.is_due(now, stamp)):
        return retired
    emptied = dict(note.emptied)
    for table in sorted(
        lake.tables, key=lambda each: each.name == layout.LOGS
    ):  # they tell what the others do not
        removal = TableRemoval(lake.store, table)
        if removal.is_there:
            retired.rows += _retire_table(lake, removal, kept, now)
        if removal.is_there and table.name == layout.LOGS:
            emptied = _empty_columns(removal, kept, now, emptied)
    retired.objects = _retire_objects(lake, kept, now)
    _Note(now.isoformat(), stamp, emptied).write(lake.store)
    return retired


@dataclass(frozen=True)
class _Note:
    """When this was done last, what clients wanted then, and until when columns of the trace are empty, by client."""

    retired_at: str = ""
    kept: str = ""
    emptied: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store) -> _Note:
        try:
            told = json.loads(store.get(_NOTE))
            return cls(str(told["retired_at"]), str(told["kept"]), dict(told.get("emptied") or {}))
        except (ObjectNotFound, ValueError, TypeError, KeyError):
            return cls()

    def write(self, store: Store) -> None:
        store.put(_NOTE, json.dumps(asdict(self)).encode())

    def is_due(self, now: datetime, stamp: str) -> bool:
        try:
            since = now - datetime.fromisoformat(self.retired_at)
        except (ValueError, TypeError):
            return True
        # A note from the future is of a clock that was wrong.
        return self.kept != stamp or not timedelta(0) <= since < _EVERY


# ------------------------------------------------------------ tables


def _retire_table(lake: Lake, table: TableRemoval, kept: Mapping[str, Kept], now: datetime) -> int:
    cuts = {
        client_id: cut for client_id, each in kept.items() if (cut := _cut(table.name, each, now)) is not None
    }
    rows = table.remove_files(lambda file: _is_all_past(file, cuts), now, at_once=False).rows
    straddling = [file for file in table.files(cuts.keys()) if _is_partly_past(file, cuts)]
    rows += table.rewrite(straddling, lambda file: _from(cuts[file.client_id]), now).rows
    ahead = _ids_of_wrong_clocks(lake, cuts, now)
    if ahead:
        rows += table.remove_logs(ahead, now, at_once=False).rows
    return rows


def _cut(table: str, kept: Kept, now: datetime) -> datetime | None:
    """Where the logs of a client end in a table: what is not ``logs`` is made of traces."""
    days = kept.logs_days if table == layout.LOGS else kept.traces_days or kept.logs_days
    return cut_of(days, now)


def _is_all_past(file: TableFile, cuts: Mapping[str, datetime]) -> bool:
    cut = cuts.get(file.client_id)
    if cut is None:
        return False
    return file.month < layout.month_of(cut) or (
        file.last_at is not None and file.last_at < cut - _MILLISECOND
    )


def _is_partly_past(file: TableFile, cuts: Mapping[str, datetime]) -> bool:
    cut = cuts[file.client_id]
    return file.month <= layout.month_of(cut) and (file.first_at is None or file.first_at < cut)


def _from(cut: datetime) -> Change:
    moment = pa.scalar(cut, schema.UTC_MICROS)

    def change(rows: pa.Table) -> pa.Table:
        return rows.filter(pc.greater_equal(rows["executed_at"], moment))

    return change


def _ids_of_wrong_clocks(lake: Lake, cuts: Mapping[str, datetime], now: datetime) -> dict[str, set[str]]:
    """Logs that claim to be executed in the future and were received before the cut, by client."""
    logs = TableRemoval(lake.store, lake.logs)
    if not logs.is_there:
        return {}
    files = [f for f in logs.files(cuts.keys()) if f.last_at is None or f.last_at > now + _AHEAD]
    found: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for log in logs.find([file.key], ("received_at",), _received_before(cuts[file.client_id])):
            found[log.client_id].add(log.log_id)
    return found


def _received_before(cut: datetime) -> Find:
    moment = pa.scalar(cut, schema.UTC_MICROS)

    def find(rows: pa.Table) -> Collection[int]:
        return set(pc.indices_nonzero(pc.less(rows["received_at"], moment)).to_pylist())

    return find


def _empty_columns(
    table: TableRemoval, kept: Mapping[str, Kept], now: datetime, emptied: Mapping[str, str]
) -> dict[str, str]:
    """Empty those columns of ``logs`` that are made of the trace where it is past; until when that is done now."""
    there = [name for name in columns.OF_TRACE if name in table.text_columns()]
    cuts = {name: cut for name, each in kept.items() if (cut := cut_of(each.traces_days, now)) is not None}
    if not there or not cuts:
        return dict(emptied)
    files = [
        file
        for file in table.files(cuts.keys())
        if (file.first_at is None or file.first_at < cuts[file.client_id])
        and (file.last_at is None or file.last_at.isoformat() >= emptied.get(file.client_id, ""))
    ]
    table.rewrite(files, lambda file: _emptied(there, cuts[file.client_id]), now)
    return {name: cut.isoformat() for name, cut in cuts.items()}


def _emptied(names: Collection[str], cut: datetime) -> Change:
    moment = pa.scalar(cut, schema.UTC_MICROS)

    def change(rows: pa.Table) -> pa.Table:
        is_old = pc.less(rows["executed_at"], moment)
        for name in names:
            place = rows.schema.get_field_index(name)
            kept = pc.if_else(is_old, pa.scalar(None, pa.string()), rows[name])
            rows = rows.set_column(place, rows.schema.field(place), kept)
        return rows

    return change


# ------------------------------------------------------------ objects


def _retire_objects(lake: Lake, kept: Mapping[str, Kept], now: datetime) -> int:
    raw = list(_old_raw(lake.store, kept, now))
    doomed = [*raw, *_old_quarantine(lake.store, kept, now)]
    lake.store.delete(doomed)
    if raw:
        settle_idle_shards(lake, shards_of(kept))
    return len(doomed)


def _old_raw(store: Store, kept: Mapping[str, Kept], now: datetime) -> Iterator[str]:
    """Raw objects of days that are past: their logs were received then, whatever they say of their execution."""
    for client_id, each in kept.items():
        cut = cut_of(each.logs_days, now)
        if cut is not None:
            found = store.list(layout.raw_prefix(client_id))
            yield from (raw.key for raw in found if (day := _day_after(raw.key)) is not None and day <= cut)


def _old_quarantine(store: Store, kept: Mapping[str, Kept], now: datetime) -> Iterator[str]:
    """What was set aside may hold traces, and cannot be taken apart: it goes when traces go."""
    cuts = {client_id: cut_of(each.traces_days or each.logs_days, now) for client_id, each in kept.items()}
    for each in store.list(layout.QUARANTINE):
        cut = cuts.get(client_of_quarantine(store, each.key) or "")
        if cut is not None and _set_aside_by(each) <= cut:
            yield each.key


def _set_aside_by(found: StoredObject) -> datetime:
    """The end of the day on which it was received, or else set aside."""
    return _day_after(found.key) or found.modified


def _day_after(key: str) -> datetime | None:
    text = next((part.removeprefix(_DATE) for part in key.split("/") if part.startswith(_DATE)), "")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
