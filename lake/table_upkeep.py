"""What keeps a table quick for years: merged files, checkpoints, a short log, no files that nobody needs.

A merge adds no rows and removes none, so a run of the ETL that commits meanwhile only adds a file beside it. Two
merges of the same files would double their rows: the library does not look whether two commits remove the same file.
So every commit that takes files out carries a number of its own (`lake.guards.REMOVER`), of which one process wins.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from lake import guards, layout, merging, schema
from lake.errors import ObjectNotFound
from lake.repair import stats_of
from lake.shards import shards_of
from lake.store import Store
from lake.table_log import list_log
from lake.tables import CommitContended, TableFile, asking

T = TypeVar("T")

#: Row groups: a month of a client in a handful of reads, a ticket without its neighbours.
_BYTES_PER_GROUP: Final = {layout.LOGS: 64 * 1024 * 1024, layout.TRACES: 4 * 1024 * 1024}
#: A reader opens the newest checkpoint and at most so many commits.
_COMMITS_PER_CHECKPOINT: Final = 30
#: Files that no commit ever named, of a process that was killed, are nobody's after so long.
_ORPHAN_HOURS: Final = 7 * 24
#: The log is kept so long: long enough for whoever opened the table at an earlier version.
_PROPERTIES: Final = {
    "delta.logRetentionDuration": "interval 2 days",
    "delta.deletedFileRetentionDuration": "interval 2 days",
    "delta.enableExpiredLogCleanup": "true",
    "delta.checkpointInterval": str(_COMMITS_PER_CHECKPOINT),
}


@dataclass
class Merged:
    """The merges that were done, and those that were not because a file is damaged."""

    done: list[merging.Merge] = field(default_factory=list)
    damaged: list[merging.Merge] = field(default_factory=list)


class TableUpkeep:
    """One table, opened for upkeep."""

    def __init__(self, store: Store, name: str) -> None:
        self.name = name
        self._store = store

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
            asking(f"merging files of the table {self.name}", lambda: _commit(opened, made, actions))
        except CommitFailedError:
            # What was written stays for vacuum: a commit whose answer was lost may be refused for its own sake.
            return Merged(damaged=made.damaged)
        self._store.make_durable()
        return made

    def _merge_one(
        self, opened: DeltaTable, merge: merging.Merge, now: datetime, made: Merged
    ) -> list[AddAction | RemoveAction]:
        columns = _columns_of_files(opened)
        try:
            blob, footer = merging.merge(self._read, merge.files, columns, _BYTES_PER_GROUP[self.name])
        except (ObjectNotFound, pa.ArrowException, OSError):
            made.damaged.append(merge)
            return []
        if footer.num_rows != sum(file.rows for file in merge.files):
            made.damaged.append(merge)
            return []
        made.done.append(merge)
        path = f"client_id={merge.client_id}/month={merge.month}/part-{uuid.uuid4()}.zstd.parquet"
        self._store.put(f"{self.name}/{path}", blob)
        stats = json.dumps(stats_of(footer))
        added = AddAction(path, len(blob), _partition(merge), _millis(now), data_change=False, stats=stats)
        return [added, *(self._removed(file, merge, now) for file in merge.files)]

    def tidy_log(self) -> None:
        """Where the last checkpoint is far behind, write one and drop what is older than the log is kept."""
        listing = list_log(self._store, self.name)
        if listing.newest - max(listing.checkpoints, default=-1) > _COMMITS_PER_CHECKPOINT:
            asking(f"writing a checkpoint of {self.name}", lambda: self._open().create_checkpoint())
            self._store.make_durable()
            asking(f"tidying the log of {self.name}", lambda: self._open().cleanup_metadata())

    def set_properties(self) -> None:
        """Have every writer keep the log short; once for each table."""
        opened = asking(f"opening the table {self.name}", self._open)
        configured = opened.metadata().configuration
        if any(configured.get(name) != value for name, value in _PROPERTIES.items()):
            self._guarded("setting up", lambda: opened.alter.set_table_properties(dict(_PROPERTIES)))

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
        return DeltaTable(self._store.table_url(self.name), storage_options=self._store.delta_options)

    def _read(self, file: TableFile) -> pa.NativeFile:
        path = self._store.local_path(file.key)
        return pa.OSFile(str(path)) if path else pa.BufferReader(self._store.get(file.key))

    def _path(self, file: TableFile) -> str:
        return file.key.removeprefix(f"{self.name}/")

    def _removed(self, file: TableFile, merge: merging.Merge, now: datetime) -> RemoveAction:
        return RemoveAction(
            self._path(file),
            data_change=False,
            deletion_timestamp=_millis(now),
            size=file.size,
            partition_values=_partition(merge),
        )


def _commit(opened: DeltaTable, made: Merged, actions: list[AddAction | RemoveAction]) -> None:
    shards = shards_of(merge.client_id for merge in made.done)
    numbers = {shard: guards.number_of(opened, guards.REMOVER, shard) + 1 for shard in shards}
    opened.create_write_transaction(
        actions,
        "append",
        opened.schema(),
        list(schema.PARTITIONS),
        commit_properties=CommitProperties(
            app_transactions=guards.guards(guards.REMOVER, numbers), max_commit_retries=8
        ),
    )


def _columns_of_files(opened: DeltaTable) -> pa.Schema:
    """The table's own columns, also those that a later version added; partitions stand in the path alone."""
    columns = pa.schema(opened.schema().to_arrow())
    return pa.schema([_plain(field) for field in columns if field.name not in schema.PARTITIONS])


def _plain(field: pa.Field) -> pa.Field:
    """Texts as they are everywhere else: the library tells them as views."""
    is_text = pa.types.is_string_view(field.type) or pa.types.is_large_string(field.type)
    return pa.field(field.name, pa.string() if is_text else field.type)


def _partition(merge: merging.Merge) -> dict[str, str | None]:
    return {"client_id": merge.client_id, "month": merge.month}


def _millis(now: datetime) -> int:
    return int(now.timestamp() * 1000)
