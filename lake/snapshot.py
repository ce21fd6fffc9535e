"""What somebody may see: the files of one scope at one moment. And the lake's tables, opened once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lake import layout, schema
from lake.objects import Store
from lake.scope import Scope
from lake.tables import Table


@dataclass(frozen=True)
class ScopeFile:
    """A Parquet file of small fields, or of parts, as its name tells (`lake.scope_tables`).

    It never changes, and its name is never used for other content.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Missing:
    """A file of the tables that could not be read, and a sentence that says why; its logs are not shown."""

    key: str
    reason: str


@dataclass(frozen=True)
class Snapshot:
    """Everything a scope could see at ``as_of`` (UTC): a version of the tables, and what was raw.

    ``is_current`` is False where the store has not been seen for some seconds: then this is the last that is known.
    """

    scope: Scope
    files: tuple[ScopeFile, ...]
    as_of: datetime
    is_current: bool = True
    missing: tuple[Missing, ...] = ()
    #: Derived tables whose files are in it; those of ``logs`` always are.
    parts: frozenset[str] = frozenset()
    #: Of these, what the ETL committed last to ``logs`` is not in yet.
    behind: frozenset[str] = frozenset()


class Lake:
    """The store and its tables, opened once and kept; ``tables`` in the order in which a batch is committed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tables = tuple(Table(store, name) for name in schema.TABLES)
        self.logs = self.table(layout.LOGS)
        self.traces = self.table(layout.TRACES)

    def table(self, name: str) -> Table:
        """The table with this name, one of `lake.schema.TABLES`."""
        return next(table for table in self.tables if table.name == name)

    def create_tables(self) -> None:
        """Make the empty tables where they are missing."""
        for table in self.tables:
            table.create()
