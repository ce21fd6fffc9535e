"""Parquet written and read by DuckDB inside the reading process: one thread, bounded memory, local files only."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from lake import columns
from lake.scope_tables import ScopeTable

#: LZ4: read in two thirds of the time that zstd takes, for 1.6 times the bytes of a file that is local anyway.
#: Small enough that the newest rows are read without the rest, and that two threads share a small scope.
_ROWS_PER_GROUP: Final = 61_440


def open_duckdb(temporary: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A database in memory whose queries run in the thread that asks, and spill to ``temporary``."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": 1,
            "memory_limit": memory_limit,
            "temp_directory": str(temporary),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    connection.execute("SET TimeZone='UTC'")
    connection.execute("SET enable_progress_bar=false")
    return connection


def quoted(text: object) -> str:
    """A text literal of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def listed(paths: Sequence[str | Path]) -> str:
    """A list of files as `read_parquet` takes it."""
    return f"[{', '.join(map(quoted, paths))}]"


def table_rows(table: ScopeTable, paths: Sequence[Path], *, is_uniform: bool) -> str:
    """SQL of the rows of files of a table, with the columns of the scope files."""
    needed = ", ".join(table.needed)
    read = (
        f"FROM read_parquet({listed(paths)}, hive_partitioning=true, union_by_name={not is_uniform}, "
        "hive_types={'client_id': VARCHAR, 'month': VARCHAR})"
    )
    if (
        not is_uniform
    ):  # looking at every file for its columns costs a read each, so only where some lack a column
        nothing = (f"NULL::{kind} AS {name}" for name, kind in columns.sql_types(table.needed).items())
        read = f"FROM (SELECT {', '.join(nothing)} WHERE false UNION ALL BY NAME {read})"
    return table.rows_of(f"SELECT {needed} {read}")


def scope_rows(table: ScopeTable, paths: Sequence[str | Path]) -> str:
    """SQL of the rows of scope files."""
    return f"SELECT {', '.join(table.columns)} FROM read_parquet({listed(paths)})"  # noqa: S608


def write_scope_file(connection: duckdb.DuckDBPyConnection, rows: str, path: Path) -> int:
    """Write ``rows`` as a scope file, newest first, and how many they were.

    Newest first, because the first rows found bound what the rest of a list's rows may be. Raises `OSError` where
    the disk is full, which DuckDB tells in words only.
    """
    options = f"FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {_ROWS_PER_GROUP}"
    copy = f"COPY ({rows} ORDER BY executed_at DESC, client_id, log_id) TO {quoted(path)} ({options})"
    try:
        [(written,)] = connection.execute(copy).fetchall()
    except duckdb.Error as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
    return int(written)
