"""The one door to read logs: a DuckDB connection with the views ``logs`` and ``traces`` of one snapshot.

Each view is the Delta table's Parquet files united with the raw objects that are not compacted yet; a log
that is in both counts once. Raw objects are parsed once and kept in memory; only new ones are read again
when the snapshot is renewed.

The connection has no store credentials. Where the locations are URLs it has no local file system either,
and its configuration is locked: SQL that an attacker gets to run reads nothing but the snapshot's files.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import urllib3

from lake import rawlog, schema
from lake.errors import SnapshotGone, StoreUnavailable
from lake.rawobject import parse
from lake.scope import Scope
from lake.snapshot import Lake, RawObject, Snapshot
from lake.store import Store

#: At once, when raw objects are fetched: enough to hide a store's latency, few enough for 2 cores.
_FETCHERS: Final = 8
_FETCH_TIMEOUT: Final = urllib3.Timeout(connect=5, read=20)
#: How often a snapshot is taken anew when the ETL moves files away under it.
_SNAPSHOT_TRIES: Final = 3
_GONE: Final = frozenset({403, 404, 410})

_PARQUET_SETTINGS: Final = (
    # Data files are never rewritten under the same name, so what was read once stays true.
    "SET enable_http_metadata_cache=true",
    "SET parquet_metadata_cache=true",
    "SET validate_external_file_cache='no_validation'",
    "SET http_retries=2",
    "SET http_timeout=20",
    "SET TimeZone='UTC'",
    "SET enable_progress_bar=false",
)


#: What the views are made of: files of the two tables, keys of raw objects.
_Content = tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]


class Reader:
    """Views ``logs`` and ``traces`` of a snapshot. One thread at a time."""

    def __init__(self, snapshot: Snapshot, *, threads: int | None = None, locked: bool = True) -> None:
        """Open DuckDB and read what is raw; raises `SnapshotGone`, `StoreUnavailable`.

        ``locked`` takes the local file system away where the snapshot's locations are URLs.
        """
        self._locks = locked and snapshot.expires_at is not None
        self.connection = _open_connection(threads)
        self._http = urllib3.PoolManager(maxsize=_FETCHERS, retries=urllib3.Retry(2, redirect=0, status=0))
        self._raw_rows: dict[str, Sequence[rawlog.RawRow]] = {}
        self._unreadable = 0
        self._shown: _Content | None = None
        self._locked = False
        self.renew(snapshot)

    def renew(self, snapshot: Snapshot) -> None:
        """Show ``snapshot`` from now on; what both have in common is not read again."""
        self._read_raw(snapshot.raw)
        self.snapshot = snapshot
        content = (snapshot.logs, snapshot.traces, frozenset(self._raw_rows))
        if content != self._shown:  # most renewals find nothing new, and defining the views reads the tables
            self._shown = None
            with _named_failures():
                self._define_views(snapshot)
            self._shown = content
        self._lock_down()

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``; raises `SnapshotGone` where a file of the snapshot is gone or expired."""
        with _named_failures():
            return self.connection.execute(query, list(params)).fetchall()

    def close(self) -> None:
        """Free the connection and what is cached."""
        self.connection.close()
        self._http.clear()

    @property
    def unreadable_raw(self) -> int:
        """How many raw lines or objects could not be read; the ETL will put them into quarantine."""
        return self._unreadable

    def _read_raw(self, objects: Sequence[RawObject]) -> None:
        kept = {o.key: self._raw_rows[o.key] for o in objects if o.key in self._raw_rows}
        fresh = [o for o in objects if o.key not in kept]
        if fresh:
            with ThreadPoolExecutor(min(_FETCHERS, len(fresh))) as pool:
                kept |= dict(zip((o.key for o in fresh), pool.map(self._parse, fresh), strict=True))
        self._raw_rows = kept

    def _parse(self, raw: RawObject) -> Sequence[rawlog.RawRow]:
        parsed = parse(raw.key, self._fetch(raw))
        self._unreadable += len(parsed.bad_lines) + (parsed.unreadable is not None)
        return parsed.rows

    def _fetch(self, raw: RawObject) -> bytes:
        if "://" not in raw.location:
            try:
                return Path(raw.location).read_bytes()
            except FileNotFoundError as error:
                raise SnapshotGone(f"The raw object {raw.key}") from error
        try:
            answer = self._http.request("GET", raw.location, timeout=_FETCH_TIMEOUT)
        except urllib3.exceptions.HTTPError as error:
            raise StoreUnavailable(f"reading {raw.key}", type(error).__name__) from error
        if answer.status in _GONE:
            raise SnapshotGone(f"The raw object {raw.key}")
        if answer.status != 200:
            raise StoreUnavailable(f"reading {raw.key}", f"HTTP status {answer.status}")
        return answer.data

    def _define_views(self, snapshot: Snapshot) -> None:
        rows = rawlog.first_of_each(row for key in sorted(self._raw_rows) for row in self._raw_rows[key])
        self._load("raw_logs", rawlog.logs_table(rows))
        self._load("raw_traces", rawlog.traces_table(rows))
        self._view("table_logs", snapshot.logs, schema.LOGS, is_uniform=snapshot.is_uniform)
        self._view("table_traces", snapshot.traces, schema.TRACES)
        if snapshot.logs and rows:
            self.connection.execute(_DROP_COMPACTED)
        # Defined anew: a view remembers the columns it was bound to, and a table's file list changes.
        self.connection.execute("CREATE OR REPLACE VIEW logs AS FROM table_logs UNION ALL FROM raw_logs")
        self.connection.execute(
            "CREATE OR REPLACE VIEW traces AS FROM table_traces UNION ALL "
            "SELECT t.* FROM raw_traces t SEMI JOIN raw_logs USING (client_id, log_id)"
        )

    def _load(self, name: str, rows: pa.Table) -> None:
        self.connection.register("incoming", rows)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM incoming")
        self.connection.unregister("incoming")

    def _view(self, name: str, files: Sequence[str], columns: pa.Schema, *, is_uniform: bool = True) -> None:
        """A view of Parquet files; with none, an empty one of the same columns."""
        types = schema.sql_columns(columns)
        nulls = ", ".join(f"NULL::{kind} AS {column}" for column, kind in types.items())
        source = f"SELECT {nulls} WHERE false"
        if files:
            listed = ", ".join(_quoted(file) for file in files)
            read = (
                f"FROM read_parquet([{listed}], hive_partitioning=true, union_by_name={not is_uniform}, "
                "hive_types={'client_id': VARCHAR, 'month': VARCHAR})"
            )
            # Looking at every file for its columns costs a read each, so only where some lack a column.
            read = read if is_uniform else f"FROM ({source} UNION ALL BY NAME {read})"
            source = f"SELECT {', '.join(types)} {read}"
        self.connection.execute(f"CREATE OR REPLACE VIEW {name} AS {source}")

    def _lock_down(self) -> None:
        if self._locks and not self._locked:
            self.connection.execute("SET disabled_filesystems='LocalFileSystem'")
            self.connection.execute("SET lock_configuration=true")
            self._locked = True


_DROP_COMPACTED: Final = """
    DELETE FROM raw_logs WHERE EXISTS (
        SELECT 1 FROM table_logs t
        WHERE t.client_id = raw_logs.client_id AND t.month = raw_logs.month AND t.log_id = raw_logs.log_id
          AND t.month IN (SELECT DISTINCT month FROM raw_logs)
    )
"""


class _named_failures:  # noqa: N801 - reads as a function where it is used
    """Turn DuckDB's I/O errors into this room's; its messages quote URLs, so none is passed on."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, duckdb.HTTPException):
            status = getattr(error, "status_code", 0)
            if status in _GONE:
                raise SnapshotGone("A file of the snapshot") from None
            raise StoreUnavailable("a read of the tables", f"HTTP status {status}") from None
        if isinstance(error, duckdb.IOException):
            raise SnapshotGone("A file of the snapshot") from None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _open_connection(threads: int | None) -> duckdb.DuckDBPyConnection:
    config: Mapping[str, Any] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        **({"threads": threads} if threads else {}),
    }
    connection = duckdb.connect(":memory:", config=dict(config))
    _load_httpfs(connection)
    for statement in _PARQUET_SETTINGS:
        connection.execute(statement)
    return connection


def _load_httpfs(connection: duckdb.DuckDBPyConnection) -> None:
    """Load httpfs from its wheel, so nothing is downloaded; without the wheel, as DuckDB itself would."""
    try:
        folder = (
            importlib.resources.files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}"
        )
        connection.execute(f"LOAD {_quoted(str(folder / 'httpfs.duckdb_extension'))}")
    except (ModuleNotFoundError, duckdb.IOException):
        connection.execute("INSTALL httpfs")
        connection.execute("LOAD httpfs")


def read_lake(store: Store, scope: Scope | None = None) -> Reader:
    """A reader for whoever holds the store's own credentials: the operator and its analysts.

    >>> from lake.store import open_store
    >>> import tempfile
    >>> reader = read_lake(open_store(f"file://{tempfile.mkdtemp()}", {}))
    >>> reader.sql("SELECT count(*) FROM logs")
    [(0,)]
    """
    lake, whose = Lake(store), scope or Scope(None)
    for _ in range(_SNAPSHOT_TRIES - 1):
        try:
            return Reader(lake.snapshot(whose), locked=False)
        except SnapshotGone:
            continue
    return Reader(lake.snapshot(whose), locked=False)
