"""Rows of a table looked for in its files, and in those that no table names: in bounded memory, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from lake import layout, schema
from lake.data_files import is_text
from lake.errors import ObjectDamaged
from lake.rewriting import pieces
from lake.store import Store
from lake.table_format import open_table
from lake.tables import Table, TableFile, asking

T = TypeVar("T")

#: Files that are read at once.
READERS: Final = 8
#: Finds rows: the places of those that are meant, among some rows.
Find = Callable[[pa.Table], Collection[int]]


@dataclass(frozen=True)
class FoundLog:
    """A log of which a row was found; ``executed_at`` in UTC."""

    client_id: str
    log_id: str
    executed_at: datetime | None


class TableSearch:
    """One table, opened to look for rows."""

    def __init__(self, store: Store, table: Table) -> None:
        self.name = table.name
        self._store = store
        self._table = table

    @property
    def is_there(self) -> bool:
        """Whether there is a table at all."""
        return self._table.state().version >= 0

    def files(self, clients: Collection[str] | None) -> list[TableFile]:
        """The table's files of these clients (``None``: all)."""
        found = self._table.state().files.values()
        return [file for file in found if clients is None or file.client_id in clients]

    def stored(self, clients: Collection[str] | None) -> list[str]:
        """Every Parquet file of these clients in the store, in the table or not."""
        prefixes = [self.name] if clients is None else [f"{self.name}/client_id={each}" for each in clients]
        keys = (found.key for prefix in prefixes for found in self._store.list(prefix))
        return [key for key in keys if layout.client_of_table_key(key) and key.endswith(".parquet")]

    def text_columns(self) -> list[str]:
        """The columns of texts, but for the partitions."""
        columns = pa.schema(self._open().schema().to_arrow())
        return [f.name for f in columns if is_text(f.type) and f.name not in schema.PARTITIONS]

    def find(self, keys: Sequence[str], names: Sequence[str], find: Find) -> list[FoundLog]:
        """The logs of those rows of files that ``find`` finds by these columns.

        Raises `ObjectDamaged` where a file of the table cannot be read; one that is in no table, or gone, holds none.
        """
        with ThreadPoolExecutor(READERS) as pool:
            found = pool.map(lambda key: self.in_one(key, lambda file: _find(file, key, names, find)), keys)
            return [log for logs in found for log in logs or ()]

    def in_one(self, key: str, read: Callable[[pq.ParquetFile], T]) -> T | None:
        try:
            with self._files().open_input_file(key.removeprefix(f"{self.name}/")) as opened:
                return read(pq.ParquetFile(opened, pre_buffer=False))
        except (pa.ArrowException, OSError) as error:
            if key not in self._table.state().files:
                return None
            reason = "is missing" if isinstance(error, FileNotFoundError) else "cannot be read"
            raise ObjectDamaged(key, reason) from error

    def _files(self) -> pafs.FileSystem:
        handler = DeltaStorageHandler(self._store.table_url(self.name), self._store.delta_options)
        return pafs.PyFileSystem(handler)

    def ids(self, clients: Collection[str]) -> set[tuple[str, str]]:
        """Client and id of every row of these clients."""
        files = self.files(clients)
        with ThreadPoolExecutor(READERS) as pool:
            read = pool.map(lambda file: self.in_one(file.key, _read_ids) or [], files)
            return {(file.client_id, log_id) for file, ids in zip(files, read, strict=True) for log_id in ids}

    def stored_with(self, keys: Iterable[str], ids: Mapping[str, Collection[str]]) -> list[str]:
        """Those of ``keys`` that hold a row of one of these logs, or cannot be read."""
        arrays = {client_id: pa.array(sorted(each), pa.string()) for client_id, each in ids.items()}
        asked = [key for key in keys if layout.client_of_table_key(key) in arrays]

        def is_meant(key: str) -> bool:
            found = self.in_one(
                key, lambda file: _any_log(file, arrays[layout.client_of_table_key(key) or ""])
            )
            return found is None or found

        with ThreadPoolExecutor(READERS) as pool:
            return [key for key, found in zip(asked, pool.map(is_meant, asked), strict=True) if found]

    def holds(self, key: str, log_ids: pa.Array) -> bool:
        return bool(self.in_one(key, lambda file: _any_log(file, log_ids)))

    def _active(self, opened: DeltaTable) -> list[TableFile]:
        """The files of the table that was opened that are still in it."""
        paths = asking(
            f"listing the table {self.name}",
            lambda: pa.table(opened.get_add_actions(flatten=True)),
        )["path"].to_pylist()
        state = self._table.state().files
        return [state[key] for path in paths if (key := f"{self.name}/{path}") in state]

    def _open(self) -> DeltaTable:
        return asking(
            f"opening the table {self.name}",
            lambda: open_table(self._store, self.name, to_commit=True),
        )


def _find(file: pq.ParquetFile, key: str, names: Sequence[str], find: Find) -> list[FoundLog]:
    client_id = layout.client_of_table_key(key) or ""
    there = set(file.schema_arrow.names)
    wanted = [name for name in dict.fromkeys(("log_id", "executed_at", *names)) if name in there]
    found: list[FoundLog] = []
    for rows in pieces(file, wanted):
        for place in sorted(find(rows)):
            moment = rows["executed_at"][place].as_py() if "executed_at" in there else None
            found.append(FoundLog(client_id, rows["log_id"][place].as_py(), moment))
    return found


def _read_ids(file: pq.ParquetFile) -> list[str]:
    ids: list[str] = file.read(columns=["log_id"])["log_id"].to_pylist()
    return ids


def _any_log(file: pq.ParquetFile, log_ids: pa.Array) -> bool:
    return any(pc.any(pc.is_in(rows["log_id"], log_ids)).as_py() for rows in pieces(file, ["log_id"]))
