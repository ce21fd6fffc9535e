"""What scope files hold of each table: the small fields of all logs, errors and tool calls in short. Pure.

A page reads these files and nothing else of a table, so a column stands here because a page asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from caselog.endings import FAILED_STATUSES
from lake import columns, layout
from lake.message_pattern import pattern_of

#: Of an error's message, so much is shown in a list; the ticket has all of it.
_MESSAGE_LETTERS: Final = 300


@dataclass(frozen=True)
class ScopeTable:
    """A table as scope files hold it, newest first; ``view`` is what a query calls it.

    ``needed`` are the columns of the table that are read, and ``select`` makes of ``{rows}``, which have them, rows
    with ``columns``; both are columns to their kinds.
    """

    table: str
    view: str
    needed: Mapping[str, str]
    columns: Mapping[str, str]
    select: str

    def rows_of(self, rows: str) -> str:
        """SQL of ``rows``, which have the columns of the table, with the columns of the scope files."""
        return self.select.replace("{rows}", rows)

    @property
    def empty(self) -> str:
        """SQL of no row, with the columns of the scope files."""
        nothing = (f"NULL::{kind} AS {name}" for name, kind in columns.sql_types(self.columns).items())
        return f"SELECT {', '.join(nothing)} WHERE false"

    def name_of(self, unique: str) -> str:
        """Name of a new file; the view that it belongs to can be told from it."""
        return f"{self.table}-{unique}.parquet"


_SPENT_TYPES: Final = json.dumps(dict.fromkeys(columns.SPENT, "DOUBLE"))
_LOG_COLUMNS: Final = ", ".join(columns.TABLE_OF_SCOPE)
#: A metric that is no number is none; metrics that are no JSON object have none.
_WITH_SPENT: Final = f"""
    SELECT {_LOG_COLUMNS}, {", ".join(f"spent.{name} AS {name}" for name in columns.SPENT)}
    FROM (SELECT {_LOG_COLUMNS}, TRY(json_transform(metrics, '{_SPENT_TYPES}')) AS spent FROM ({{rows}}))
"""  # noqa: S608 - column names of our own

LOGS: Final = ScopeTable(layout.LOGS, layout.LOGS, columns.TABLE_OF_SCOPE, columns.SCOPE_LOGS, _WITH_SPENT)


def _parts(table: str, needs: tuple[str, ...] = (), **made: str) -> ScopeTable:
    """The scope's part of a derived table; ``made`` are the columns that are not taken as they are."""
    kept = columns.SCOPE_PARTS[table]
    told = columns.DERIVED[table]
    needed = {name: told[name] for name in (*kept, *needs) if name in told}
    chosen = ", ".join(f"{made[name]} AS {name}" if name in made else name for name in kept)
    return ScopeTable(table, f"scope_{table}", needed, kept, f"SELECT {chosen} FROM ({{rows}})")  # noqa: S608


ERRORS: Final = _parts(
    "errors",
    message=f"left(message, {_MESSAGE_LETTERS})",
    message_pattern=pattern_of("message", "type"),
)
#: Whether a call failed is told by its status or by its error: in these files by its status alone.
TOOL_CALLS: Final = _parts(
    "tool_calls",
    needs=("error",),
    status=f"CASE WHEN error IS NOT NULL OR lower(status) IN {FAILED_STATUSES} THEN 'error' ELSE status END",
)

#: Scope files that are made only where a page asks for them, by the name of their table.
ON_DEMAND: Final[Mapping[str, ScopeTable]] = {each.table: each for each in (ERRORS, TOOL_CALLS)}
EVERY: Final = (LOGS, *ON_DEMAND.values())


def table_of_file(name: str) -> ScopeTable:
    """Which table a scope file with this name is of."""
    return ON_DEMAND.get(name.partition("-")[0], LOGS)
