"""Errors and tool calls of raw logs, as their scope files hold them: rows that wait beside those of `lake.raw_rows`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from lake import columns, parquet, rawlog
from lake.derived import DerivedRows, made_of_trace
from lake.scope_tables import ON_DEMAND, ScopeTable
from lake.trace_parts import read_parts

#: A raw row by the number of its object and of its line.
Numbered = tuple[int, int, rawlog.RawRow]

_CREATE: Final = "CREATE TABLE raw_{table} (object INTEGER, line INTEGER, {columns})"
#: Where the row of a log stands is told in place of its id: a log that was sent twice has parts twice, until it counts.
_INSERT: Final = """
    INSERT INTO raw_{table}
    SELECT split_part(log_id, '/', 1)::INTEGER, split_part(log_id, '/', 2)::INTEGER, {columns}
    FROM ({rows})
"""
_OF_SCOPE: Final = """
    SELECT {columns} FROM (
        SELECT parts.* REPLACE (logs.log_id AS log_id)
        FROM raw_{table} parts JOIN ({logs}) logs ON parts.object = logs.object AND parts.line = logs.line
    )
"""


def complete(rows: Sequence[Numbered]) -> DerivedRows:
    """Give logs those of their columns that their traces tell; the rows of their parts, by where the logs stand."""
    parts_of_all = DerivedRows()
    for number, place, row in rows:
        parts = read_parts(row.raw_trace)
        row.log.update(made_of_trace(row.log, parts))
        parts_of_all.add({**row.log, "log_id": f"{number}/{place}"}, parts)
    return parts_of_all


class RawParts:
    """The parts of raw logs, on the connection that holds their rows. Whoever holds those locks it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection
        for table in ON_DEMAND.values():
            kinds = ", ".join(f"{name} {kind}" for name, kind in columns.sql_types(table.columns).items())
            self._db.execute(_CREATE.format(table=table.table, columns=kinds))

    def insert(self, rows: DerivedRows) -> None:
        """Take in what `complete` made."""
        made = rows.tables()
        for table in ON_DEMAND.values():
            if made[table.table].num_rows:
                self._db.register("parts", made[table.table])
                try:
                    self._db.execute(_insert(table))
                finally:
                    self._db.unregister("parts")

    def forget(self, objects: Sequence[int]) -> None:
        """Let go of what is of these raw objects."""
        for name in ON_DEMAND:
            self._db.execute(f"DELETE FROM raw_{name} WHERE list_contains(?, object)", [objects])  # noqa: S608

    def select(self, table: ScopeTable, logs: str) -> str:
        """SQL of the parts of ``logs``, which have ``object``, ``line`` and ``log_id``."""
        return _OF_SCOPE.format(table=table.table, columns=", ".join(table.columns), logs=logs)

    def write(self, table: ScopeTable, logs: str, path: Path) -> int:
        """Write a scope file of these parts; how many rows."""
        return parquet.write_scope_file(self._db, self.select(table, logs), path)


def _insert(table: ScopeTable) -> str:
    return _INSERT.format(
        table=table.table, columns=", ".join(table.columns), rows=table.rows_of("SELECT * FROM parts")
    )
