"""What of raw logs may enter the tables: nothing that was deleted, and nothing that is too old to be kept.

Whoever adds rows asks after opening the tables for the commit, each time. A deletion's record is written before it
keeps out those who opened them earlier: so no commit adds what a deletion has looked for already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from access import clients
from access.clients import FOR_EVER, Kept
from access.deletions import DeletedLogs, Deletion, DeletionRecords, Kind
from access.errors import UnknownClient
from etl import object_removal
from etl.matching import Matcher
from etl.retention import cut_of, is_past
from lake import columns, layout
from lake.layout import quarantine_key
from lake.rawlog import RawRow
from lake.rawobject import ParsedObject
from lake.removal import TableRemoval
from lake.snapshot import Lake
from lake.store import Store

#: Clients that are asked for at once: a store may be 30 ms away.
_READERS: Final = 16
_NOBODY: Final[frozenset[bytes]] = frozenset()


@dataclass(frozen=True)
class Admitted:
    """The rows that may enter, and how many were dropped because they were deleted, or are too old."""

    rows: list[RawRow]
    deleted: int = 0
    expired: int = 0


class Admission:
    """Judges rows for one run. Not safe to share between threads."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._records = DeletionRecords(store)
        self._logs = DeletedLogs(store)
        self._kept: dict[str, Kept] = {}

    def of(self, rows: Sequence[RawRow]) -> Admitted:
        """Those of ``rows`` that may enter, in their order; a trace that is too old is taken off its log."""
        deletions = self._records.read()
        deleted = self._deleted(deletions, rows) if deletions else set()
        left = [row for row in rows if row.identity not in deleted]
        self._look_up({row.log["client_id"] for row in left} - self._kept.keys())
        young = [self._of_age(row) for row in left]
        admitted = [row for row in young if row is not None]
        return Admitted(admitted, len(rows) - len(left), len(left) - len(admitted))

    def objects(self, objects: Iterable[ParsedObject]) -> list[ParsedObject]:
        """Those of ``objects`` of which something may be set aside, without lines that tell of what is deleted."""
        deletions = self._records.read()
        if not deletions:
            return list(objects)
        return [kept for parsed in objects if (kept := _without_deleted_lines(parsed, deletions)) is not None]

    def clean(self, objects: Iterable[ParsedObject]) -> None:
        """Take what is deleted out of what was set aside of ``objects`` now: a deletion may have begun meanwhile."""
        for each in self._records.read():
            matcher = Matcher(each, _NOBODY)
            for parsed in objects:
                if _is_meant_for(each, parsed):
                    under = quarantine_key(parsed.key, "")
                    object_removal.remove_from_quarantine(self._store, matcher, does=True, under=under)

    def forget(self, lake: Lake, rows: Sequence[RawRow]) -> None:
        """Remove the files of a commit of ``rows`` that was refused, where a deletion kept it out.

        What a process leaves that is killed just now goes with the vacuum, as all files that no table names.
        """
        deletions = self._records.read()
        ids: dict[str, set[str]] = defaultdict(set)
        for client_id, log_id in self._deleted(deletions, rows) if deletions else ():
            ids[client_id].add(log_id)
        for table in lake.tables if ids else ():
            TableRemoval(lake.store, table).remove_unnamed(ids)

    # ------------------------------------------------------------ deleted

    def _deleted(self, deletions: Sequence[Deletion], rows: Sequence[RawRow]) -> set[tuple[str, str]]:
        found = self._logs.among(deletions, {row.identity for row in rows})
        moments = (min(row.log["executed_at"], row.log["received_at"]) for row in rows)
        earliest = min(moments, default=self._clock())
        for each in deletions:
            if each.kind is not Kind.CLIENT and earliest > each.requested_at:
                continue  # every row is a new log, so that no old deletion costs anything for ever
            matcher = Matcher(each, _NOBODY)
            found.update(row.identity for row in rows if _is_deleted(matcher, row))
        return found

    # ------------------------------------------------------------ too old

    def _of_age(self, row: RawRow) -> RawRow | None:
        kept = self._kept[row.log["client_id"]]
        if kept is FOR_EVER:
            return row
        now = self._clock()
        if is_past(row.log, cut_of(kept.logs_days, now)):
            return None
        if not is_past(row.log, cut_of(kept.traces_days, now)):
            return row
        return RawRow(row.log | dict.fromkeys(columns.OF_TRACE), None)

    def _look_up(self, client_ids: Collection[str]) -> None:
        """Learn how long logs of these clients are kept; once for a run."""
        if client_ids:
            with ThreadPoolExecutor(min(_READERS, len(client_ids))) as pool:
                self._kept |= zip(client_ids, pool.map(self._read_kept, client_ids), strict=True)

    def _read_kept(self, client_id: str) -> Kept:
        try:
            found = clients.get_client(self._store, client_id).kept
        except UnknownClient:
            return FOR_EVER
        return FOR_EVER if found == FOR_EVER else found


def _is_deleted(matcher: Matcher, row: RawRow) -> bool:
    deletion = matcher.deletion
    if deletion.kind is Kind.CLIENT and deletion.reopened_at is not None:
        return deletion.concerns(row.log["client_id"]) and (
            row.log["received_at"] < deletion.reopened_at or row.log["executed_at"] <= deletion.requested_at
        )
    return matcher.is_meant(row)


def _is_meant_for(deletion: Deletion, parsed: ParsedObject) -> bool:
    client_id = layout.client_of_raw_key(parsed.key)
    return deletion.reopened_at is None and (client_id is None or deletion.concerns(client_id))


def _without_deleted_lines(parsed: ParsedObject, deletions: Collection[Deletion]) -> ParsedObject | None:
    for each in deletions:
        if not _is_meant_for(each, parsed):
            continue
        matcher = Matcher(each, _NOBODY)
        if each.kind is Kind.CLIENT:
            return None
        if parsed.unreadable is not None:
            if object_removal.tells_packed(matcher, parsed.blob):
                return None
        else:
            left = [bad for bad in parsed.bad_lines if not matcher.tells(bad.line)]
            parsed = replace(parsed, bad_lines=left)
    return parsed
