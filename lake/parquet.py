"""Parquet written and read by DuckDB inside the reading process: one thread, bounded memory, local files only."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from lake import columns

#: LZ4: read in two thirds of the time that zstd takes, for 1.6 times the bytes of a file that is local anyway.
#: Small enough that the newest rows are read without the rest, and that two threads share a small scope.
_ROWS_PER_GROUP: Final = 61_440

_SPENT_TYPES: Final = json.dumps(dict.fromkeys(columns.SPENT, "DOUBLE"))
_LOG_COLUMNS: Final = ", ".join(columns.TABLE_OF_SCOPE)
_NULLS: Final = ", ".join(
    f"NULL::{kind} AS {name}" for name, kind in columns.sql_types(columns.TABLE_OF_SCOPE).items()
)
_SPENT: Final = ", ".join(f"spent.{name} AS {name}" for name in columns.SPENT)
#: A metric that is no number is none; metrics that are no JSON object have none.
_WITH_SPENT: Final = f"""
    SELECT {_LOG_COLUMNS}, {_SPENT}
    FROM (SELECT {_LOG_COLUMNS}, TRY(json_transform(metrics, '{_SPENT_TYPES}')) AS spent FROM ({{rows}}))
"""  # noqa: S608 - column names of our own


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


def table_rows(paths: Sequence[Path], *, is_uniform: bool) -> str:
    """SQL of the rows of files of the table ``logs``, with the columns of the scope files."""
    read = (
        f"FROM read_parquet({listed(paths)}, hive_partitioning=true, union_by_name={not is_uniform}, "
        "hive_types={'client_id': VARCHAR, 'month': VARCHAR})"
    )
    # Looking at every file for its columns costs a read each, so only where some lack a column.
    rows = read if is_uniform else f"FROM (SELECT {_NULLS} WHERE false UNION ALL BY NAME {read})"
    return with_spent(f"SELECT {_LOG_COLUMNS} {rows}")


def with_spent(rows: str) -> str:
    """SQL of ``rows``, which have the columns of the table, with the columns of the scope files."""
    return _WITH_SPENT.replace("{rows}", rows)


def scope_rows(paths: Sequence[str | Path]) -> str:
    """SQL of the rows of scope files."""
    return f"SELECT {', '.join(columns.SCOPE_LOGS)} FROM read_parquet({listed(paths)})"  # noqa: S608


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
