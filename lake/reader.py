"""The one door to read logs: DuckDB over the local files of one scope, as the view ``logs`` and those of its parts.

A connection opens nothing but the folders it is told of, and its configuration is locked: SQL that an attacker
gets to run reads no other file, and writes none outside of them. A query that runs too long is interrupted.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from lake import parquet
from lake.errors import QueryTooLong, SnapshotGone
from lake.scope_tables import EVERY, table_of_file

if TYPE_CHECKING:
    from lake.lake_reader import LakeReader
    from lake.objects import Store
    from lake.scope import Scope

_SETTINGS: Final = (
    "SET parquet_metadata_cache=true",
    "SET TimeZone='UTC'",
    "SET enable_progress_bar=false",
)
#: Makes DuckDB and Python read what they know of time zones, which they cannot once a process is sealed.
_WARM_UP: Final = "SELECT TIMESTAMPTZ '2026-11-23 14:00:00+00', now()"


class Reader:
    """The views of some scope files: `lake.scope_tables`. One thread at a time."""

    def __init__(
        self,
        files: Mapping[str, str | Path],
        *,
        folders: Sequence[str | Path] = (),
        threads: int = 2,
        memory_limit: str = "1GB",
        time_limit_s: float | None = None,
        is_confined: bool = True,
    ) -> None:
        """``files`` by name; ``folders`` are all that DuckDB may open, those of later files too.

        Without ``is_confined`` it opens anything, with no thread of its own, until `confine` is called: in a process
        that was forked meanwhile, for which what is slow and what needs files has been done.

        For files that are descriptors the folder is ``/proc/self/fd/``. ``memory_limit`` as DuckDB writes it.
        """
        self._time_limit_s = time_limit_s
        self._shown: dict[str, str] | None = None
        folders = [*folders, *{Path(os.path.realpath(path)).parent for path in files.values()}]
        self.connection = _open_connection(1 if not is_confined else threads, memory_limit)
        if is_confined:
            self.confine(folders, threads)
        self.renew(files)

    def confine(self, folders: Sequence[str | Path], threads: int) -> None:
        """Open nothing but files in ``folders`` from now on, and take ``threads``; once, and for good."""
        quoted = ", ".join(parquet.quoted(f"{str(folder).rstrip('/')}/") for folder in folders)
        for statement in (
            f"SET threads={threads}",
            f"SET allowed_directories=[{quoted}]",
            "SET enable_external_access=false",
            "SET lock_configuration=true",
        ):
            self.connection.execute(statement)

    def renew(self, files: Mapping[str, str | Path]) -> None:
        """Show these files from now on; raises `SnapshotGone` where one cannot be opened."""
        shown = {name: str(path) for name, path in files.items()}
        if shown == self._shown:
            return
        self._shown = None
        with self._named_failures():
            define_views(self.connection, shown)
        self._shown = shown

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``; raises `QueryTooLong`, and `SnapshotGone` where a file cannot be read."""
        with self._named_failures(), self._limited():
            return self.connection.execute(query, list(params)).fetchall()

    def close(self) -> None:
        """Free the connection and what is cached."""
        self.connection.close()

    @contextmanager
    def _limited(self) -> Iterator[None]:
        if self._time_limit_s is None:
            yield
            return
        timer = threading.Timer(self._time_limit_s, self.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        """Turn DuckDB's errors into this room's; its messages quote paths, so none is passed on."""
        try:
            yield
        except duckdb.InterruptException:
            if self._time_limit_s is None:
                raise
            raise QueryTooLong(self._time_limit_s) from None
        except duckdb.IOException:
            raise SnapshotGone("A file of the snapshot") from None


def define_views(connection: duckdb.DuckDBPyConnection, files: Mapping[str, str | Path]) -> None:
    """Make the views of scope files, which are by name; a view of none is empty."""
    for table in EVERY:
        paths = [path for name, path in files.items() if table_of_file(name) is table]
        rows = parquet.scope_rows(table, paths) if paths else table.empty
        connection.execute(f"CREATE OR REPLACE VIEW {table.view} AS {rows}")


def _open_connection(threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "async_threads": 0,  # they wait for distant stores; every file here is local
            "memory_limit": memory_limit,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    for statement in _SETTINGS:
        connection.execute(statement)
    connection.execute(_WARM_UP).fetchall()
    return connection


def read_lake(
    store: Store, scope: Scope | None = None, *, folder: Path | None = None, max_bytes: int = 8 << 30
) -> LakeReader:
    """A reader for whoever holds the store's own credentials: the operator and its analysts.

    What is read is kept in ``folder``, up to ``max_bytes``; where it is missing, in a temporary one.

    >>> from lake.store import open_store
    >>> import tempfile
    >>> from lake.snapshot import Lake
    >>> store = open_store(f"file://{tempfile.mkdtemp()}", {})
    >>> Lake(store).create_tables()
    >>> reader = read_lake(store)
    >>> reader.sql("SELECT count(*) FROM logs"), reader.sql("SELECT count(*) FROM traces")
    ([(0,)], [(0,)])
    >>> reader.close()
    """
    from lake.lake_reader import LakeReader  # a page's kernel does without the store and its tables

    return LakeReader(store, scope, folder, max_bytes)
