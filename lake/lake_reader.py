"""Reading for whoever holds the store's own credentials: the views ``logs`` and ``traces`` of a scope.

``logs`` are the scope's files, as the dashboards read them. ``traces`` are read when a query names them, and of them
only the files that its conditions on ``client_id``, ``month``, ``executed_at`` and ``log_id`` leave: in place where
the lake is a folder, otherwise through the cache. What is raw is in both.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from lake import layout, rawlog, schema
from lake.cache import FileCache
from lake.errors import ObjectNotFound
from lake.objects import Store
from lake.raw_rows import numbered_rows
from lake.rawobject import parse
from lake.reader import define_logs
from lake.scope import EVERYONE, Scope
from lake.scope_files import ScopeFiles
from lake.snapshot import Snapshot
from lake.tables import TableFile

_FORMAT: Final = ds.ParquetFileFormat()
_SLACK: Final = timedelta(milliseconds=1)


class LakeReader:
    """The views ``logs`` and ``traces`` on ``connection``. One thread at a time; `renew` shows what came meanwhile."""

    def __init__(self, store: Store, scope: Scope | None, folder: Path | None, max_bytes: int) -> None:
        """``folder`` is where files are kept for the next time; a temporary one where it is missing."""
        self._temporary = Path(tempfile.mkdtemp(prefix="caselog-")) if folder is None else None
        self._scope = scope or EVERYONE
        self._store = store
        self._files = ScopeFiles(store, folder or self._temporary or Path(), max_bytes)
        self.connection = duckdb.connect(":memory:")
        self._end = weakref.finalize(self, _clean_up, self._files, self.connection, self._temporary)
        self.connection.execute("SET TimeZone='UTC'")
        self.snapshot = self.renew()

    def renew(self) -> Snapshot:
        """Show what is in the lake now; raises `StoreUnavailable`."""
        self.snapshot = self._files.latest(self._scope)
        define_logs(self.connection, [str(file.path) for file in self.snapshot.files])
        self.connection.register("traces", self._traces())
        return self.snapshot

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``."""
        return self.connection.execute(query, list(params)).fetchall()

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        """One trace as JSON; None where there is none in this scope. ``executed_at_ms`` in UTC epoch ms."""
        moment = datetime.fromtimestamp(executed_at_ms / 1000, UTC)
        return self._files.trace(self._scope, client_id, month, log_id, moment)

    def close(self) -> None:
        """Free the connection; a temporary folder goes with it."""
        self._end()

    @property
    def unreadable_raw(self) -> int:
        """How many raw lines or objects could not be read; the ETL will put them into quarantine."""
        return self._files.unreadable_raw

    def _traces(self) -> Any:
        files, places = self._files.traces_of(self._scope)
        if not files and not places:
            return schema.TRACES.empty_table()
        by_key = {file.key: file for file in files}
        source = pafs.PyFileSystem(_TraceFiles(self._store, self._files.cache, by_key, places))
        fragments = [_FORMAT.make_fragment(f.key, source, partition_expression=_promise(f)) for f in files]
        fragments += [
            _FORMAT.make_fragment(key, source, partition_expression=_of_client(key)) for key in places
        ]
        return ds.FileSystemDataset(fragments, schema.TRACES, _FORMAT, source)


class _TraceFiles(pafs.FileSystemHandler):  # type: ignore[misc] # pyarrow has no types
    """Files of the table ``traces``, and raw objects as if they were such files, opened when they are read."""

    def __init__(
        self,
        store: Store,
        cache: FileCache,
        files: Mapping[str, TableFile],
        places: Mapping[str, Sequence[int]],
    ) -> None:
        self._store = store
        self._cache = cache
        self._files = files
        self._places = places

    def get_type_name(self) -> str:
        return "caselog"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: Sequence[str]) -> list[pafs.FileInfo]:
        return [pafs.FileInfo(path, pafs.FileType.File) for path in paths]

    def open_input_file(self, path: str) -> Any:
        if path not in self._files:
            return pa.BufferReader(_as_parquet(self._raw_rows(path)))
        fetched = self._cache.fetch(self._store, {path: self._files[path].size})
        if path in fetched.damaged:
            raise fetched.damaged[path]
        return pa.OSFile(str(fetched.paths[path]))

    def open_input_stream(self, path: str) -> Any:
        return self.open_input_file(path)

    def _raw_rows(self, key: str) -> Sequence[rawlog.RawRow]:
        """Those rows of a raw object that are nowhere else; of one that was compacted meanwhile, none."""
        try:
            parsed = parse(key, self._store.get(key))
        except ObjectNotFound:
            return ()
        wanted = frozenset(self._places[key])
        return [row for line, row in numbered_rows(parsed) if line in wanted]

    def _refuse(self, *_args: object, **_options: object) -> Any:
        raise PermissionError("the lake's files are only read")

    get_file_info_selector = create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = (
        _refuse
    )
    delete_file = move = copy_file = open_output_stream = open_append_stream = _refuse


def _as_parquet(rows: Sequence[rawlog.RawRow]) -> pa.Buffer:
    written = pa.BufferOutputStream()
    pq.write_table(rawlog.traces_table(rows), written)
    return written.getvalue()


def _promise(file: TableFile) -> pc.Expression:
    """What is true of every row of the file: lets a query leave files unopened."""
    told = (pc.field("client_id") == file.client_id) & (pc.field("month") == file.month)
    if file.first_at is not None and file.last_at is not None:
        told &= pc.field("executed_at") >= pa.scalar(file.first_at - _SLACK, schema.UTC_MICROS)
        told &= pc.field("executed_at") <= pa.scalar(file.last_at + _SLACK, schema.UTC_MICROS)
    return told


def _of_client(raw_key: str) -> pc.Expression:
    return pc.field("client_id") == layout.client_of_raw_key(raw_key)


def _clean_up(files: ScopeFiles, connection: duckdb.DuckDBPyConnection, temporary: Path | None) -> None:
    connection.close()
    files.close()
    if temporary is not None:
        shutil.rmtree(temporary, ignore_errors=True)
