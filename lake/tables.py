"""The two Delta tables: their files, their commits. The only module that touches deltalake.

A batch commits ``traces`` first and ``logs`` second. Each commit carries an application transaction
(https://github.com/delta-io/delta/blob/master/PROTOCOL.md#transaction-identifiers): of two writers that read
the same number, exactly one commits, the other raises `CommitContended`. No lock server is needed.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Collection
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from lake import layout, schema
from lake.errors import LakeError, StoreUnavailable
from lake.scope import Scope
from lake.store import Store

T = TypeVar("T")

#: The application whose transactions guard the commits of both tables.
_APP_ID: Final = "caselog-etl"
#: A month of a client is a handful of reads.
_LOGS_ROWS_PER_GROUP: Final = 120_000
#: A ticket opens without reading its neighbours.
_TRACE_BYTES_PER_GROUP: Final = 4 * 1024 * 1024
_SCHEMAS: Final = {layout.LOGS: schema.LOGS, layout.TRACES: schema.TRACES}


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

    def create(self) -> None:
        """Make the empty table where there is none; doing it twice, or at once with another, is safe."""
        _asking(f"creating the table {self.name}", self._create)
        _make_durable(self._store)

    def _create(self) -> None:
        try:
            DeltaTable.create(
                self._store.table_url(self.name),
                _SCHEMAS[self.name],
                mode="ignore",
                partition_by=list(schema.PARTITIONS),
                storage_options=self._store.delta_options,
            )
        except CommitFailedError:
            return

    def files(self, scope: Scope) -> list[str]:
        """Keys of the Parquet files that hold the logs of a scope."""
        opened = self._latest()
        if opened is None:
            return []
        where: Any = [("client_id", "in", sorted(scope.clients))] if scope.clients is not None else None
        ask = functools.partial(opened.file_uris, file_pruning_predicate=where)
        root = self._store.table_url(self.name)
        keys = [
            f"{self.name}{uri.removeprefix(root)}" for uri in _asking(f"listing the table {self.name}", ask)
        ]
        # The library prunes; that it prunes exactly is what keeps tenants apart, so it is not left to it alone.
        return [key for key in keys if scope.allows(layout.client_of_table_key(key) or "")]

    def is_uniform(self) -> bool:
        """Whether every file has every column: not in a table that an earlier version made.

        Told by the order of the columns, because a commit puts those that are new to a table behind all others;
        as of the last time the table was looked at.
        """
        opened = self._opened
        return opened is None or [field.name for field in opened.schema().fields] == _SCHEMAS[self.name].names

    def size(self) -> dict[str, int]:
        """``files``, ``rows``, ``bytes`` and ``version`` of the table; zeros where there is none."""
        opened = self._latest()
        if opened is None:
            return {"files": 0, "rows": 0, "bytes": 0, "version": 0}
        actions = _asking(
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
        return PinnedTable(self._store, self.name, _asking(f"opening {self.name}", self._open_pinned))

    def _open_pinned(self) -> DeltaTable:
        try:
            return DeltaTable(self._store.table_url(self.name), storage_options=self._store.delta_options)
        except TableNotFoundError:
            self._create()
            return DeltaTable(self._store.table_url(self.name), storage_options=self._store.delta_options)

    def _latest(self) -> DeltaTable | None:
        """The table as it is now; ``None`` where there is none yet."""
        with self._lock:
            try:
                return _asking(f"opening the table {self.name}", self._open_or_update)
            except TableNotFoundError:
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

    def __init__(self, store: Store, name: str, opened: DeltaTable) -> None:
        self.name = name
        self.transaction: int = opened.transaction_version(_APP_ID) or 0
        self._store = store
        self._opened = opened

    def known_ids(
        self, wanted: Collection[tuple[str, str]], partitions: Collection[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        """Which (client, log id) of ``wanted`` stand in these (client, month) partitions of the table."""
        where: Any = [
            ("client_id", "in", sorted({client for client, _ in partitions})),
            ("month", "in", sorted({month for _, month in partitions})),
        ]
        # Ids only, and only those asked for: a month of a client may hold millions.
        asked = pc.field("log_id").isin(pa.array(sorted({log_id for _, log_id in wanted}), pa.string()))
        found = _asking(
            f"reading the ids of the table {self.name}",
            lambda: self._opened.to_pyarrow_dataset(file_pruning_predicate=where).to_table(
                ["client_id", "log_id"], filter=asked
            ),
        )
        return set(zip(found["client_id"].to_pylist(), found["log_id"].to_pylist(), strict=True))

    def append(self, rows: pa.Table, number: int) -> None:
        """Commit ``rows`` as guarded commit ``number``, durably, unless another guarded commit came first.

        Rows of a partition keep their order. Raises `CommitContended` (nothing was added) and
        `StoreUnavailable` (whether it was added is not known; the next run finds out).
        """
        guard = Transaction(_APP_ID, number)
        commit = CommitProperties(app_transactions=[guard], max_commit_retries=8)
        try:
            _asking(f"committing to the table {self.name}", lambda: self._write(rows, commit))
        except CommitFailedError as error:
            raise CommitContended(self.name) from error
        _make_durable(self._store)

    def _write(self, rows: pa.Table, commit: CommitProperties) -> None:
        layout_of_file = WriterProperties(compression="ZSTD", max_row_group_size=self._rows_per_group(rows))
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


def _asking(tried: str, ask: Callable[[], T]) -> T:
    """``ask``'s answer, with what the libraries raise turned into this room's errors."""
    try:
        return ask()
    except (TableNotFoundError, CommitFailedError):
        raise
    except (DeltaError, OSError, pa.ArrowException) as error:
        raise StoreUnavailable(tried, type(error).__name__) from error


def _make_durable(store: Store) -> None:
    """On a folder, wait until the commit is on the disk: deltalake does not fsync."""
    if store.folder is not None:
        os.sync()
