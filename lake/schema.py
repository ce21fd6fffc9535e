"""The columns of the two tables as Arrow schemas. Pure.

``logs`` holds the small fields of every log, ``traces`` the big one. In both tables ``client_id`` and
``month`` (of ``executed_at``, UTC) are the partitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from lake import columns, layout, meanings

UTC_MICROS: Final = pa.timestamp("us", tz="UTC")
PARTITIONS: Final = ("client_id", "month")

_ARROW_TYPES: Final = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "timestamp": UTC_MICROS,
    "object": pa.string(),
}


def _schema(kinds: Mapping[str, str]) -> pa.Schema:
    return pa.schema([pa.field(name, _ARROW_TYPES[kind]) for name, kind in kinds.items()])


LOGS: Final = _schema(columns.LOGS)
TRACES: Final = _schema(columns.TRACES)
#: Tables that are derived from ``traces``: they can be dropped and made again.
DERIVED: Final[Mapping[str, pa.Schema]] = {name: _schema(kinds) for name, kinds in columns.DERIVED.items()}
#: Every table by name, in the order in which a batch is committed.
TABLES: Final[Mapping[str, pa.Schema]] = {layout.TRACES: TRACES, layout.LOGS: LOGS, **DERIVED}


def described(name: str) -> pa.Schema:
    """The columns of a table with what each means, as other programs show it; rows are written without."""
    told = meanings.COLUMNS[name]
    return pa.schema([field.with_metadata({"comment": told[field.name]}) for field in TABLES[name]])
