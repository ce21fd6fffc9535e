"""The Delta tables: their files, their commits. With `lake.table_upkeep` and `lake.repair`, all of deltalake.

A batch commits ``traces`` first and ``logs`` second. Each commit carries the next number of each shard whose clients
it concerns (`lake.guards`): of two writers that read the same number, exactly one commits, the other raises
`CommitContended`. No lock server is needed.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.fs as pafs
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake import Field as DeltaField
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.fs import DeltaStorageHandler
from deltalake.transaction import AddAction, RemoveAction

from lake import guards, meanings, schema
from lake.errors import LakeError, StoreUnavailable
from lake.new_files import NewFile, removal, write_table
from lake.shards import shard_of, shards_of
from lake.store import Store
from lake.table_files import TableFile, TableState, table_files
from lake.table_format import open_table, update_table
from lake.table_log import PROPERTIES, checkpoint_is_there, commit_key
from lake.table_rows import find_rows

__all__ = ["CommitContended", "PinnedTable", "Table", "TableFile", "TableState", "asking"]

T = TypeVar("T")


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
        #: Opened for a commit and not needed for it any more: the next commit need not read the whole log again.
        self._idle: list[DeltaTable] = []

    def create(self) -> None:
        """Make the empty table where there is none; doing it twice, or at once with another, is safe."""
        asking(f"creating the table {self.name}", self._create)
        self._store.make_durable()

    def _create(self) -> None:
        try:
            DeltaTable.create(
                self._store.table_url(self.name),
                schema.described(self.name),
                mode="ignore",
                name=self.name,
                description=meanings.TABLES[self.name],
                partition_by=list(schema.PARTITIONS),
                configuration=dict(PROPERTIES),
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
        files = table_files(self.name, actions, self._state.files)
        return TableState(opened.version(), files, self._is_uniform(opened))

    def _is_uniform(self, opened: DeltaTable) -> bool:
        """Whether every file has every column: not in a table that an earlier version made.

        Told by the order of the columns, because a commit puts those that are new to a table behind all others.
        """
        found = [field.name for field in opened.schema().fields]
        return found == list(schema.TABLES[self.name].names)

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

    def numbers(self, shards: Iterable[int]) -> dict[int, int]:
        """The number of the last commit that added rows of each of these shards; raises `StoreUnavailable`."""
        opened = self._latest()
        purpose = _purpose_of(self.name)
        return {shard: guards.number_of(opened, purpose, shard) if opened else 0 for shard in shards}

    def forget(self) -> None:
        """Open the table anew the next time: it was removed, and is to be made again."""
        with self._lock:
            self._opened, self._state = None, TableState(-1)

    def pin(self) -> PinnedTable:
        """The table as it is now, for one guarded commit; made where it is missing."""
        opened = asking(f"opening {self.name}", self._open_pinned)
        return PinnedTable(self._store, self.name, opened, self._state.files, self._idle)

    def _open_pinned(self) -> DeltaTable:
        try:
            opened = self._idle.pop()
        except IndexError:
            return self._open_anew()
        try:
            update_table(self._store, self.name, opened, to_commit=True)
        except TableNotFoundError:
            return self._open_anew()
        return opened

    def _open_anew(self) -> DeltaTable:
        try:
            return open_table(self._store, self.name, to_commit=True)
        except TableNotFoundError:
            self._create()
            return open_table(self._store, self.name, to_commit=True)

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
            self._opened = open_table(self._store, self.name)
        else:
            update_table(self._store, self.name, self._opened)
        return self._opened


class PinnedTable:
    """A table at one version: what is read here is what the commit is checked against."""

    def __init__(
        self,
        store: Store,
        name: str,
        opened: DeltaTable,
        known_files: Mapping[str, TableFile],
        idle: list[DeltaTable],
    ) -> None:
        self.name = name
        self._store = store
        self._opened = opened
        self._known_files = known_files
        self._idle = idle
        self._first_new = opened.version() + 1
        self._purpose = _purpose_of(name)

    def number(self, shard: int) -> int:
        """The number of the last commit that added rows of the shard; 0 where there was none."""
        return guards.number_of(self._opened, self._purpose, shard)

    def files(self) -> Sequence[TableFile]:
        """The files of the table at this version."""
        actions = asking(f"listing {self.name}", lambda: pa.table(self._opened.get_add_actions(flatten=True)))
        return list(table_files(self.name, actions, self._known_files).values())

    def next_numbers(self, clients: Iterable[str]) -> dict[int, int]:
        """What a commit of rows of these clients is guarded by: the next number of each of their shards."""
        return {shard: self.number(shard) + 1 for shard in shards_of(clients)}

    def find(
        self, wanted: Collection[tuple[str, str]], columns: Sequence[str], month: str | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """The rows of these (client, log id), whatever their month where none is given, one after another.

        Read are only the files whose ids span one of them: few where ids are UUIDv7, all of a client's otherwise. What
        the table has no column for is ``None``.
        """
        files = [file for file in self._files_of(wanted) if month in (None, file.month)]
        source = self._as_file_system(files)
        asked, there = dict.fromkeys(("client_id", "log_id", *columns)), self.column_names
        names = [name for name in asked if name in there]
        found = find_rows(files, source, wanted, names)
        while (row := asking(f"reading the table {self.name}", lambda: next(found, None))) is not None:
            yield {**asked, **row}

    @property
    def column_names(self) -> frozenset[str]:
        """The columns that the table has: an earlier version made it without some, a later one added some."""
        return frozenset(field.name for field in self._opened.schema().fields)

    def _files_of(self, wanted: Collection[tuple[str, str]]) -> list[TableFile]:
        ids: dict[str, list[str]] = defaultdict(list)
        for client_id, log_id in sorted(wanted):
            ids[client_id].append(log_id)
        return [file for file in self.files() if file.may_hold_one(ids.get(file.client_id, ()))]

    def _as_file_system(self, files: Sequence[TableFile]) -> pafs.FileSystem:
        sizes = {file.key.removeprefix(f"{self.name}/"): file.size for file in files}
        url = self._store.table_url(self.name)
        return pafs.PyFileSystem(DeltaStorageHandler(url, self._store.delta_options, sizes))

    def append(self, rows: pa.Table | Sequence[NewFile], numbers: Mapping[int, int]) -> None:
        """Commit ``rows`` under these numbers of their shards, durably, unless another such commit came first.

        Rows may be in files already that nobody has committed. Raises `CommitContended` (nothing was added) and
        `StoreUnavailable` (whether it was added is not known; the next run finds out).
        """
        files = write_table(self._store, self.name, rows) if isinstance(rows, pa.Table) else rows
        try:
            asking(self._committing, lambda: self._add_columns(numbers))
        except CommitFailedError as error:
            raise CommitContended(self.name) from error
        now = datetime.now(UTC)
        self._commit([file.action(now) for file in files], guards.guards(self._purpose, numbers))

    @property
    def _committing(self) -> str:
        return f"committing to the table {self.name}"

    def _commit(self, actions: Sequence[AddAction | RemoveAction], told: Sequence[Transaction]) -> None:
        """One commit, durably; raises as `append`."""

        def commit(how: CommitProperties) -> None:
            self._opened.create_write_transaction(
                [*actions],
                "append",
                self._opened.schema(),
                list(schema.PARTITIONS),
                commit_properties=how,
            )

        try:
            guards.offer(told, lambda how: asking(self._committing, lambda: commit(how)))
        except CommitFailedError as error:
            raise CommitContended(self.name) from error
        self._make_durable()
        self._idle[:] = [self._opened]  # a table that is pinned is used for one commit

    def _make_durable(self) -> None:
        """The files are durable already; so are all commits up to the version that was pinned, but not all later."""
        newest = self._opened.version()
        if checkpoint_is_there(self._store, self.name, newest):  # it and the note of it were written just now
            self._store.make_durable()
            return
        for version in range(self._first_new, newest + 1):
            self._store.make_durable(commit_key(self.name, version))

    def _add_columns(self, numbers: Mapping[int, int]) -> None:
        """A table made by an earlier version gets the columns it lacks."""
        missing = self._missing_columns()
        if missing:
            # It moves this table on, so it has to keep out whom the commit after it would not see any more.
            told = {shard: number - 1 for shard, number in numbers.items()}
            guards.offer(
                guards.guards(self._purpose, told),
                lambda how: self._opened.alter.add_columns(missing, commit_properties=how),
            )

    def _missing_columns(self) -> list[DeltaField]:
        fields = DeltaSchema.from_arrow(schema.described(self.name)).fields
        return [field for field in fields if field.name not in self.column_names]

    def drop(self, clients: Collection[str] | None) -> int:
        """Take the files of these clients (``None``: of all) out, of a derived table; how many.

        Their numbers go back to 0 in the same commit, so that whoever comes next knows that all is missing. Raises as
        `append`.
        """
        gone = [file for file in self.files() if clients is None or file.client_id in clients]
        shards = shards_of(file.client_id for file in gone)
        removed = {shard: guards.number_of(self._opened, guards.REMOVER, shard) + 1 for shard in shards}
        told = guards.guards(guards.REMOVER, removed) + guards.guards(self._purpose, dict.fromkeys(shards, 0))
        if gone:
            now = datetime.now(UTC)
            self._commit([removal(self.name, file, now) for file in gone], told)
        return len(gone)

    def replace(self, file: TableFile, by: NewFile) -> None:
        """Put a file of the same logs in the place of ``file``; raises as `append`, also where others removed files."""
        shard = shard_of(file.client_id)
        number = guards.number_of(self._opened, guards.REMOVER, shard) + 1
        told = guards.guards(guards.REMOVER, {shard: number})
        now = datetime.now(UTC)
        self._commit([by.action(now), removal(self.name, file, now)], told)

    def add_columns(self) -> bool:
        """Have the table all columns of its schema; whether it lacked some. Then it has to be pinned anew."""
        missing = self._missing_columns()
        if missing:
            asking(f"adding columns to {self.name}", lambda: self._opened.alter.add_columns(missing))
            self._store.make_durable()
        return bool(missing)


def _purpose_of(table: str) -> str:
    """Whose numbers the commits carry that add rows to a table."""
    return guards.DERIVER if table in schema.DERIVED else guards.APPENDER


def asking(tried: str, ask: Callable[[], T]) -> T:
    """``ask``'s answer, with what the libraries raise turned into this room's errors."""
    try:
        return ask()
    except (TableNotFoundError, CommitFailedError):
        raise
    except (DeltaError, OSError, pa.ArrowException) as error:
        raise StoreUnavailable(tried, type(error).__name__) from error
