"""Reading for whoever holds the store's own credentials: the views ``logs``, ``traces`` and more of a scope.

``logs`` are the scope's files, as the dashboards read them. ``traces`` are read when a query names them, and of them
only the files that its conditions on ``client_id``, ``month``, ``executed_at`` and ``log_id`` leave: in place where
the lake is a folder, otherwise through the cache. What is raw is in both.

``iterations``, ``tool_calls``, ``errors``, ``nodes`` and ``search_texts`` are read as ``traces`` are. They are made
by the ETL, so what is raw is in none of them.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake import layout, rawlog, schema
from lake.cache import FileCache
from lake.errors import ObjectNotFound, StoreUnavailable
from lake.objects import Store
from lake.raw_rows import numbered_rows
from lake.rawobject import parse
from lake.reader import define_views
from lake.scope import EVERYONE, Scope
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake, Snapshot
from lake.table_dataset import TableDataset
from lake.table_files import TableFile

_SEARCHED: Final = ("client_id", "month", "log_id", "ticket_id", "executed_at", "search_text")
#: Views that are read when a query names them: the table of each, and the columns.
_ON_DEMAND: Final = {
    **{name: (name, columns) for name, columns in schema.DERIVED.items()},
    "search_texts": (layout.LOGS, pa.schema([schema.LOGS.field(name) for name in _SEARCHED])),
}
#: Opened at once: enough to hide a store that is 30 ms away, few enough for a process's open files.
_FILES_AT_ONCE: Final = 32
#: Of the cache, a group of files takes one: a query reads several views at the same time.
_SHARES: Final = 4
#: Raw objects are in memory as long as they are read.
_RAW_AT_ONCE: Final = 4
_SLACK: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class LakeReader:
    """The views ``logs`` and ``traces`` on ``connection``. One thread at a time; `renew` shows what came meanwhile."""

    def __init__(self, store: Store, scope: Scope | None, folder: Path | None, max_bytes: int) -> None:
        """``folder`` is where files are kept for the next time; a temporary one where it is missing."""
        self._temporary = Path(tempfile.mkdtemp(prefix="caselog-")) if folder is None else None
        self._scope = scope or EVERYONE
        self.store = store
        self._lake = Lake(store)
        self._files = ScopeFiles(store, folder or self._temporary or Path(), max_bytes)
        self.connection = duckdb.connect(":memory:")
        self._end = weakref.finalize(self, _clean_up, self._files, self.connection, self._temporary)
        self.connection.execute("SET TimeZone='UTC'")
        self._parts: frozenset[str] = frozenset()
        self.snapshot = self.renew()

    def renew(self) -> Snapshot:
        """Show what is in the lake now; raises `StoreUnavailable`."""
        self.snapshot = self._files.latest(self._scope, self._parts)
        define_views(self.connection, {file.name: file.path for file in self.snapshot.files})
        self.connection.register("traces", self._traces())
        with ThreadPoolExecutor(len(_ON_DEMAND), "open-tables") as pool:
            opened = pool.map(lambda asked: self._rows_of(*asked), _ON_DEMAND.values())
            for name, rows in zip(_ON_DEMAND, opened, strict=True):
                self.connection.register(name, rows)
        return self.snapshot

    def need(self, parts: Collection[str]) -> None:
        """Show ``scope_errors`` or ``scope_tool_calls`` from now on, named by their tables, with what is raw."""
        before = self._parts
        if not before.issuperset(parts):
            self._parts = before.union(parts)
            try:
                self.renew()
            except BaseException:
                self._parts = before
                raise

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``."""
        return self.connection.execute(query, list(params)).fetchall()

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        """One trace as JSON; None where there is none in this scope. ``executed_at_ms`` in UTC epoch ms."""
        # A float has no milliseconds in the year 9999.
        moment = _EPOCH + timedelta(milliseconds=executed_at_ms)
        return self._files.trace(self._scope, client_id, month, log_id, moment)

    def close(self) -> None:
        """Free the connection; a temporary folder goes with it."""
        self._end()

    @property
    def unreadable_raw(self) -> int:
        """How many raw lines or objects could not be read; the ETL will put them into quarantine."""
        return self._files.unreadable_raw

    def _rows_of(self, table: str, columns: pa.Schema) -> Any:
        """Those rows of a table that are within the scope, read when a query names them."""
        try:
            files = [
                f for f in self._lake.table(table).state().files.values() if self._scope.allows(f.client_id)
            ]
        except StoreUnavailable:
            if self._lake.table(layout.LOGS).state().version < 0:
                raise
            files = []  # one that is damaged leaves the others as they are; `caselog etl status` says it
        return self._dataset(columns, files, {}) if files else columns.empty_table()

    def _traces(self) -> Any:
        files, places = self._files.traces_of(self._scope)
        if not files and not places:
            return schema.TRACES.empty_table()
        return self._dataset(schema.TRACES, files, places)

    def _dataset(
        self, columns: pa.Schema, files: Sequence[TableFile], places: Mapping[str, Sequence[int]]
    ) -> TableDataset:
        told = {file.key: _promise(file) for file in files} | {key: _of_client(key) for key in places}
        sizes = {file.key: file.size for file in files}
        return TableDataset(told, columns, _Opener(self.store, self._files.cache, sizes, places).opened)


class _Opener:
    """Opens files of a table, and raw objects as if they were such files, some at a time."""

    def __init__(
        self, store: Store, cache: FileCache, sizes: Mapping[str, int], places: Mapping[str, Sequence[int]]
    ) -> None:
        self.store = store
        self._cache = cache
        self._sizes = sizes
        self._places = places

    def opened(self, keys: Sequence[str]) -> Iterator[dict[str, pa.NativeFile]]:
        """The objects by key. Raises `ObjectDamaged`, `StoreUnavailable`, `CacheUnusable`."""
        for group in self._groups([key for key in keys if key in self._sizes]):
            yield self._open_files(group)
        raw = [key for key in keys if key not in self._sizes]
        for first in range(0, len(raw), _RAW_AT_ONCE):
            yield self._open_raw(raw[first : first + _RAW_AT_ONCE])

    def _groups(self, keys: Sequence[str]) -> Iterator[list[str]]:
        """As many at once as the cache holds beside those of other views."""
        group: list[str] = []
        size = 0
        for key in keys:
            size += self._sizes[key]
            if group and (size > self._cache.max_bytes // _SHARES or len(group) == _FILES_AT_ONCE):
                yield group
                group, size = [], self._sizes[key]
            group.append(key)
        if group:
            yield group

    def _open_files(self, keys: Sequence[str]) -> dict[str, pa.NativeFile]:
        """Open from now on: the cache may remove a file before a slow query comes to it."""
        fetched = self._cache.fetch(self.store, {key: self._sizes[key] for key in keys})
        for damaged in fetched.damaged.values():
            raise damaged
        return {key: pa.OSFile(str(fetched.paths[key])) for key in keys}

    def _open_raw(self, keys: Sequence[str]) -> dict[str, pa.NativeFile]:
        with ThreadPoolExecutor(len(keys), "open-raw") as pool:
            written = pool.map(lambda key: pa.BufferReader(_as_parquet(self._raw_rows(key))), keys)
            return dict(zip(keys, written, strict=True))

    def _raw_rows(self, key: str) -> Sequence[rawlog.RawRow]:
        """Those rows of a raw object that are nowhere else; of one that was compacted meanwhile, none."""
        try:
            parsed = parse(key, self.store.get(key))
        except ObjectNotFound:
            return ()
        wanted = frozenset(self._places[key])
        return [row for line, row in numbered_rows(parsed) if line in wanted]


def _as_parquet(rows: Sequence[rawlog.RawRow]) -> pa.Buffer:
    written = pa.BufferOutputStream()
    pq.write_table(rawlog.traces_table(rows), written)
    return written.getvalue()


def _promise(file: TableFile) -> pc.Expression:
    """What is true of every row of the file: lets a query leave files unopened."""
    told = (pc.field("client_id") == file.client_id) & (pc.field("month") == file.month)
    if file.first_at is not None and file.last_at is not None:
        first, last = max(file.first_at, _FIRST + _SLACK) - _SLACK, min(file.last_at, _LAST - _SLACK) + _SLACK
        told &= pc.field("executed_at") >= pa.scalar(first, schema.UTC_MICROS)
        told &= pc.field("executed_at") <= pa.scalar(last, schema.UTC_MICROS)
    return told


def _of_client(raw_key: str) -> pc.Expression:
    return pc.field("client_id") == layout.client_of_raw_key(raw_key)


def _clean_up(files: ScopeFiles, connection: duckdb.DuckDBPyConnection, temporary: Path | None) -> None:
    connection.close()
    files.close()
    if temporary is not None:
        shutil.rmtree(temporary, ignore_errors=True)
