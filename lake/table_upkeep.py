"""What keeps a table quick for years: merged files, checkpoints, a short log, no files that nobody needs.

A merge adds no rows, and removes only traces that stand twice or have no log (`lake.leftovers`), so a run of the ETL
that commits meanwhile only adds a file beside it. Two merges of the same files would double their rows: the library
does not look whether two commits remove the same file. So every commit that takes files out carries a number of its
own (`lake.guards.REMOVER`), of which one process wins.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from lake import guards, layout, merging, schema
from lake.data_files import columns_of_files
from lake.errors import ObjectExists, ObjectNotFound, StoreUnavailable
from lake.fetching import fetched
from lake.leftovers import Leftovers
from lake.new_files import put_file, removal
from lake.shards import shards_of
from lake.store import Store
from lake.table_descriptions import described
from lake.table_files import TableFile
from lake.table_format import open_table
from lake.table_log import COMMITS_PER_CHECKPOINT, PROPERTIES, commit_key, list_log
from lake.tables import CommitContended, Table, asking

T = TypeVar("T")

#: Row groups: a month of a client in a handful of reads, a ticket without its neighbours.
_BYTES_PER_GROUP: Final = dict.fromkeys(schema.TABLES, 64 * 1024 * 1024) | {layout.TRACES: 4 * 1024 * 1024}
#: Files that no commit ever named, of a process that was killed, are nobody's after so long.
_ORPHAN_HOURS: Final = 7 * 24


@dataclass
class Merged:
    """The merges that were done, and those that were not because a file is damaged."""

    done: list[merging.Merge] = field(default_factory=list)
    damaged: list[merging.Merge] = field(default_factory=list)


class TableUpkeep:
    """One table, opened for upkeep."""

    def __init__(self, store: Store, name: str, logs: Table | None = None) -> None:
        """With ``logs``, merged traces are without those that have no log any more."""
        self.name = name
        self._store = store
        self._logs = logs

    def merge(self, merges: Sequence[merging.Merge], now: datetime) -> Merged:
        """Replace the files of each merge by one of the same rows, all in one commit.

        What another commit took meanwhile is left alone, and so is what is damaged. Raises `StoreUnavailable`.
        """
        opened = asking(f"opening the table {self.name}", self._open)
        active = set(pa.table(opened.get_add_actions(flatten=True))["path"].to_pylist())
        made = Merged()
        actions: list[AddAction | RemoveAction] = []
        for each in merges:
            if active.issuperset(self._path(file) for file in each.files):
                actions += self._merge_one(opened, each, now, made)
        if not actions:
            return made
        try:
            asking(f"merging files of the table {self.name}", lambda: self._commit(opened, made, actions))
        except CommitFailedError:
            # What was written stays for vacuum: a commit whose answer was lost may be refused for its own sake.
            return Merged(damaged=made.damaged)
        self._store.make_durable()
        return made

    def _merge_one(
        self, opened: DeltaTable, merge: merging.Merge, now: datetime, made: Merged
    ) -> list[AddAction | RemoveAction]:
        with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
            merged = Path(folder, "merged")
            try:
                written = self._write_merged(opened, merge, merged, now)
            except (ObjectNotFound, pa.ArrowException, OSError) as error:
                _require_room(error)
                written = None
            if written is None or written.rows != sum(file.rows for file in merge.files):
                made.damaged.append(merge)
                return []
            made.done.append(merge)
            return self._actions(merge, written, merged, now)

    def _write_merged(
        self, opened: DeltaTable, merge: merging.Merge, sink: Path, now: datetime
    ) -> merging.Written:
        columns = columns_of_files(opened)
        keys = [file.key for file in merge.files]
        with closing(fetched(self._store, keys, sink.parent)) as sources:
            size = _BYTES_PER_GROUP[self.name]
            if self._logs is None or not self._may_hold_leftovers(merge, columns, now):
                return merging.merge(sources, columns, size, sink)
            leftovers = Leftovers(self._store, self._logs.pin, merge.client_id, merge.month, now)
            return merging.merge(sources, columns, size, sink, leftovers.without)

    def _may_hold_leftovers(self, merge: merging.Merge, columns: pa.Schema, now: datetime) -> bool:
        is_past = merge.month < layout.month_of(now)
        return self.name == layout.TRACES and is_past and "received_at" in columns.names

    def _actions(
        self, merge: merging.Merge, written: merging.Written, merged: Path, now: datetime
    ) -> list[AddAction | RemoveAction]:
        """Store what was written, and what a commit says of it."""
        rows = written.footer.num_rows if written.footer else 0
        is_other = rows != written.rows
        removed: list[AddAction | RemoveAction] = [
            removal(self.name, file, now, data_change=is_other) for file in merge.files
        ]
        if not written.footer:
            return removed
        file = put_file(self._store, self.name, merge.client_id, merge.month, merged)
        return [file.action(now, data_change=is_other), *removed]

    def _commit(self, opened: DeltaTable, made: Merged, actions: list[AddAction | RemoveAction]) -> None:
        shards = shards_of(merge.client_id for merge in made.done)
        numbers = {shard: guards.number_of(opened, guards.REMOVER, shard) + 1 for shard in shards}
        guards.offer(
            guards.guards(guards.REMOVER, numbers),
            lambda how: opened.create_write_transaction(
                actions, "append", opened.schema(), list(schema.PARTITIONS), commit_properties=how
            ),
        )

    def tidy_log(self) -> None:
        """Where the last checkpoint is far behind, write one and drop what is older than the log is kept."""
        listing = list_log(self._store, self.name)
        if listing.newest - max(listing.checkpoints, default=-1) > COMMITS_PER_CHECKPOINT:
            asking(f"writing a checkpoint of {self.name}", lambda: self._open().create_checkpoint())
            self._store.make_durable()
            asking(f"tidying the log of {self.name}", lambda: self._open().cleanup_metadata())

    def set_properties(self) -> None:
        """Have every writer keep the log short; once for each table that an earlier version made."""
        opened = asking(f"opening the table {self.name}", self._open)
        configured = opened.metadata().configuration
        if any(configured.get(name) != value for name, value in PROPERTIES.items()):
            self._guarded("setting up", lambda: opened.alter.set_table_properties(dict(PROPERTIES)))

    def describe(self) -> None:
        """Say in the table's log what the table and its columns mean, where nothing is said; once for each table.

        Raises `CommitContended` where another commit came first.
        """
        opened = asking(f"opening the table {self.name}", self._open)
        action = described(self.name, opened)
        if action is None:
            return
        try:
            self._store.create(commit_key(self.name, opened.version() + 1), action)
        except ObjectExists as error:
            raise CommitContended(self.name) from error
        self._store.make_durable()

    def vacuum(self, grace: timedelta) -> int:
        """Remove files that left the table longer than ``grace`` ago, and those that never were in it; how many."""
        hours = max(1, int(grace.total_seconds() // 3600))
        removed = self._guarded(
            "vacuuming",
            lambda: [
                *self._vacuum(hours, full=False),
                *self._vacuum(max(hours, _ORPHAN_HOURS), full=True),
            ],
        )
        return len(removed)

    def _vacuum(self, hours: int, *, full: bool) -> list[str]:
        return self._open().vacuum(hours, dry_run=False, enforce_retention_duration=False, full=full)

    def _guarded(self, doing: str, ask: Callable[[], T]) -> T:
        """The answer; raises `CommitContended` where another commit came first."""
        try:
            return asking(f"{doing} {self.name}", ask)
        except CommitFailedError as error:
            raise CommitContended(self.name) from error

    def _open(self) -> DeltaTable:
        return open_table(self._store, self.name, to_commit=True)

    def _path(self, file: TableFile) -> str:
        return file.key.removeprefix(f"{self.name}/")


def _require_room(error: Exception) -> None:
    """A disk that is full is no damage."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        raise StoreUnavailable(f"merging files in {tempfile.gettempdir()}", "the disk is full") from error
