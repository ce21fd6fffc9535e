"""The two Delta tables: their files, their commits. With `lake.table_upkeep` and `lake.repair`, all of deltalake.

A batch commits ``traces`` first and ``logs`` second. Each commit carries the next number of each shard whose clients
it concerns (`lake.guards`): of two writers that read the same number, exactly one commits, the other raises
`CommitContended`. No lock server is needed.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.fs as pafs
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler

from lake import guards, layout, schema
from lake.errors import LakeError, StoreUnavailable
from lake.shards import shards_of
from lake.store import Store
from lake.table_rows import find_rows

T = TypeVar("T")

#: A month of a client is a handful of reads.
_LOGS_ROWS_PER_GROUP: Final = 120_000
#: A ticket opens without reading its neighbours.
_TRACE_BYTES_PER_GROUP: Final = 4 * 1024 * 1024
#: No two traces are equal: a dictionary of them is work for nothing, and so is knowing the least of them.
_COLUMN_PROPERTIES: Final = {
    layout.TRACES: {"trace": ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")}
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
#: What a `TableFile` is told by a file's entry in the table's log, in the order of its fields.
_TOLD: Final = (
    "path",
    "partition.client_id",
    "partition.month",
    "size_bytes",
    "num_records",
    "min.executed_at",
    "max.executed_at",
    "min.log_id",
    "max.log_id",
)


@dataclass(frozen=True)
class TableFile:
    """A file of a table: whose logs of which month, how many bytes and rows, and what they span.

    ``first_at`` and ``last_at`` are of ``executed_at``; ``None`` where the table does not tell.
    """

    key: str
    client_id: str
    month: str
    size: int
    rows: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    first_id: str | None = None
    last_id: str | None = None

    def may_hold(self, log_id: str, executed_at: datetime | None) -> bool:
        """Whether a log with this id, executed at this moment (where known), can be in the file."""
        by_id = self.first_id is None or self.last_id is None or self.first_id <= log_id
        # The end of the range may have been cut off, so only what is left of it is compared.
        by_id = by_id and (self.last_id is None or log_id[: len(self.last_id)] <= self.last_id)
        if executed_at is None or self.first_at is None or self.last_at is None:
            return by_id
        # Statistics may be cut to the millisecond.
        return by_id and self.first_at - _MILLISECOND <= executed_at <= self.last_at + _MILLISECOND

    def may_hold_one(self, log_ids: Sequence[str]) -> bool:
        """Whether one of ``log_ids``, which are sorted, can be in the file."""
        # The lowest of them that the range begins with or before: where it is beyond the end, all are.
        place = 0 if self.first_id is None else bisect_left(log_ids, self.first_id)
        return place < len(log_ids) and self.may_hold(log_ids[place], None)


@dataclass(frozen=True)
class TableState:
    """A table at one version (-1: there is none yet): its files by key."""

    version: int
    files: Mapping[str, TableFile] = field(default_factory=dict)
    #: Whether each file has each column; files of an earlier version lack those that came later.
    is_uniform: bool = True


class CommitContended(LakeError):
    """Another run committed first; nothing of this commit is in the table."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"Another run committed to the table {table!r} first; nothing of this batch was added."
        )


class Table:
    """One Delta table of the lake. Safe to share between threads."""

    def __init__(self, store: Store, name: str) -> None:
        self.name = name
        self._store = store
        self._lock = threading.Lock()
        self._opened: DeltaTable | None = None
        self._state = TableState(-1)

    def create(self) -> None:
        """Make the empty table where there is none; doing it twice, or at once with another, is safe."""
        asking(f"creating the table {self.name}", self._create)
        self._store.make_durable()

    def _create(self) -> None:
        try:
            DeltaTable.create(
                self._store.table_url(self.name),
                schema.TABLES[self.name],
                mode="ignore",
                partition_by=list(schema.PARTITIONS),
                storage_options=self._store.delta_options,
            )
        except CommitFailedError:
            return

    def state(self) -> TableState:
        """The table as it is now: a version, and the files it is made of. Nothing is read where nothing is new."""
        with self._lock:
            opened = self._look()
            if opened is None and self._state.version >= 0:
                # What was there and is gone is no empty table.
                raise StoreUnavailable(f"opening the table {self.name}", "it was there and is gone")
            if opened is None:
                return self._state
            if opened.version() != self._state.version:
                self._state = asking(f"listing the table {self.name}", lambda: self._read_state(opened))
            return self._state

    def _read_state(self, opened: DeltaTable) -> TableState:
        actions = pa.table(opened.get_add_actions(flatten=True))
        files = _table_files(self.name, actions, self._state.files)
        return TableState(opened.version(), files, self._is_uniform(opened))

    def _is_uniform(self, opened: DeltaTable) -> bool:
        """Whether every file has every column: not in a table that an earlier version made.

        Told by the order of the columns, because a commit puts those that are new to a table behind all others.
        """
        names = [field.name for field in opened.schema().fields]
        return bool(names == schema.TABLES[self.name].names)

    def size(self) -> dict[str, int]:
        """``files``, ``rows``, ``bytes`` and ``version`` of the table; zeros where there is none."""
        opened = self._latest()
        if opened is None:
            return {"files": 0, "rows": 0, "bytes": 0, "version": 0}
        actions = asking(
            f"listing the table {self.name}", lambda: pa.table(opened.get_add_actions(flatten=True))
        )
        return {
            "files": actions.num_rows,
            "rows": sum(actions["num_records"].to_pylist()),
            "bytes": sum(actions["size_bytes"].to_pylist()),
            "version": opened.version(),
        }

    def pin(self) -> PinnedTable:
        """The table as it is now, for one guarded commit; made where it is missing."""
        opened = asking(f"opening {self.name}", self._open_pinned)
        return PinnedTable(self._store, self.name, opened, self._state.files)

    def _open_pinned(self) -> DeltaTable:
        try:
            return DeltaTable(self._store.table_url(self.name), storage_options=self._store.delta_options)
        except TableNotFoundError:
            self._create()
            return DeltaTable(self._store.table_url(self.name), storage_options=self._store.delta_options)

    def _latest(self) -> DeltaTable | None:
        """The table as it is now; ``None`` where there is none yet."""
        with self._lock:
            return self._look()

    def _look(self) -> DeltaTable | None:
        try:
            return asking(f"opening the table {self.name}", self._open_or_update)
        except TableNotFoundError:
            self._opened = None
            return None

    def _open_or_update(self) -> DeltaTable:
        if self._opened is None:
            self._opened = DeltaTable(
                self._store.table_url(self.name), storage_options=self._store.delta_options
            )
        else:
            self._opened.update_incremental()
        return self._opened


class PinnedTable:
    """A table at one version: what is read here is what the commit is checked against."""

    def __init__(
        self, store: Store, name: str, opened: DeltaTable, known_files: Mapping[str, TableFile]
    ) -> None:
        self.name = name
        self._store = store
        self._opened = opened
        self._known_files = known_files

    def number(self, shard: int) -> int:
        """The number of the last commit that added rows of the shard; 0 where there was none."""
        return guards.number_of(self._opened, guards.APPENDER, shard)

    def next_numbers(self, clients: Iterable[str]) -> dict[int, int]:
        """What a commit of rows of these clients is guarded by: the next number of each of their shards."""
        return {shard: self.number(shard) + 1 for shard in shards_of(clients)}

    def find(
        self, wanted: Collection[tuple[str, str]], columns: Sequence[str]
    ) -> Iterator[Mapping[str, Any]]:
        """The rows of these (client, log id), whatever their month, one after another.

        Read are only the files whose ids span one of them: few where ids are UUIDv7, all of a client's otherwise.
        """
        files = self._files_of(wanted)
        source = self._as_file_system(files)
        columns = [*dict.fromkeys(("client_id", "log_id", *columns))]
        found = find_rows(files, source, pa.schema(self._opened.schema().to_arrow()), wanted, columns)
        while (row := asking(f"reading the table {self.name}", lambda: next(found, None))) is not None:
            yield row

    def _files_of(self, wanted: Collection[tuple[str, str]]) -> list[TableFile]:
        ids: dict[str, list[str]] = defaultdict(list)
        for client_id, log_id in sorted(wanted):
            ids[client_id].append(log_id)
        actions = asking(
            f"listing the table {self.name}", lambda: pa.table(self._opened.get_add_actions(flatten=True))
        )
        files = _table_files(self.name, actions, self._known_files).values()
        return [file for file in files if file.may_hold_one(ids.get(file.client_id, ()))]

    def _as_file_system(self, files: Sequence[TableFile]) -> pafs.FileSystem:
        sizes = {file.key.removeprefix(f"{self.name}/"): file.size for file in files}
        url = self._store.table_url(self.name)
        return pafs.PyFileSystem(DeltaStorageHandler(url, self._store.delta_options, sizes))

    def append(self, rows: pa.Table, numbers: Mapping[int, int]) -> None:
        """Commit ``rows`` under these numbers of their shards, durably, unless another such commit came first.

        Rows of a partition keep their order. Raises `CommitContended` (nothing was added) and
        `StoreUnavailable` (whether it was added is not known; the next run finds out).
        """
        guard = guards.guards(guards.APPENDER, numbers)
        commit = CommitProperties(app_transactions=guard, max_commit_retries=8)
        try:
            asking(f"committing to the table {self.name}", lambda: self._write(rows, commit))
        except CommitFailedError as error:
            raise CommitContended(self.name) from error
        self._store.make_durable()

    def _write(self, rows: pa.Table, commit: CommitProperties) -> None:
        layout_of_file = WriterProperties(
            compression="ZSTD",
            max_row_group_size=self._rows_per_group(rows),
            column_properties=_COLUMN_PROPERTIES.get(self.name),
        )
        write_deltalake(
            self._opened,
            rows,
            mode="append",
            schema_mode="merge",  # a table made by an earlier version gets the columns it lacks
            partition_by=list(schema.PARTITIONS),
            writer_properties=layout_of_file,
            commit_properties=commit,
        )

    def _rows_per_group(self, rows: pa.Table) -> int:
        if self.name == layout.LOGS or not rows.num_rows:
            return _LOGS_ROWS_PER_GROUP
        return max(1, int(_TRACE_BYTES_PER_GROUP / max(1.0, rows.nbytes / rows.num_rows)))


def _table_files(name: str, actions: pa.Table, known: Mapping[str, TableFile]) -> dict[str, TableFile]:
    """The files of a table by key; what is known of a file already is not read again."""
    keys = [f"{name}/{path}" for path in actions["path"].to_pylist()]
    rows = pa.array([row for row, key in enumerate(keys) if key not in known], pa.int64())
    new = actions.take(rows)
    told = zip(*(_column(new, column) for column in _TOLD), strict=True)
    files = {
        f"{name}/{path}": TableFile(f"{name}/{path}", client_id, month, size, rows or 0, *spans)
        for path, client_id, month, size, rows, *spans in told
    }
    return {key: known.get(key) or files[key] for key in keys}


def _column(actions: pa.Table, name: str) -> Sequence[Any]:
    """Values of a column of what the table's log says; a table without statistics lacks some."""
    if name not in actions.column_names:
        return [None] * actions.num_rows
    if pa.types.is_timestamp(actions.schema.field(name).type):
        return _moments(actions[name])
    values: list[Any] = actions[name].to_pylist()
    return values


def _moments(column: pa.ChunkedArray) -> Sequence[datetime | None]:
    """As `to_pylist`, which looks for the time zone of each value anew and is ten times as slow."""
    micros = column.cast(schema.UTC_MICROS).cast(pa.int64()).to_pylist()
    return [None if each is None else _EPOCH + timedelta(microseconds=each) for each in micros]


def asking(tried: str, ask: Callable[[], T]) -> T:
    """``ask``'s answer, with what the libraries raise turned into this room's errors."""
    try:
        return ask()
    except (TableNotFoundError, CommitFailedError):
        raise
    except (DeltaError, OSError, pa.ArrowException) as error:
        raise StoreUnavailable(tried, type(error).__name__) from error
