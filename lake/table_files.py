"""The files that a Delta table is made of at one version, as its log tells them. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from lake import schema

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
#: What a `TableFile` is told by a file's entry in the table's log, in the order of its fields.
_TOLD: Final = (
    "path",
    "partition.client_id",
    "partition.month",
    "size_bytes",
    "num_records",
    "min.executed_at",
    "max.executed_at",
    "min.log_id",
    "max.log_id",
)


@dataclass(frozen=True)
class TableFile:
    """A file of a table: whose logs of which month, how many bytes and rows, and what they span.

    ``first_at`` and ``last_at`` are of ``executed_at``; ``None`` where the table does not tell.
    """

    key: str
    client_id: str
    month: str
    size: int
    rows: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    first_id: str | None = None
    last_id: str | None = None

    def may_hold(self, log_id: str, executed_at: datetime | None) -> bool:
        """Whether a log with this id, executed at this moment (where known), can be in the file."""
        by_id = self.first_id is None or self.last_id is None or self.first_id <= log_id
        # The end of the range may have been cut off, so only what is left of it is compared.
        by_id = by_id and (self.last_id is None or log_id[: len(self.last_id)] <= self.last_id)
        if executed_at is None or self.first_at is None or self.last_at is None:
            return by_id
        # Statistics may be cut to the millisecond. Before the first moment of all there is none to compare with.
        is_within = (
            executed_at - self.first_at >= -_MILLISECOND and executed_at - self.last_at <= _MILLISECOND
        )
        return by_id and is_within

    def may_hold_one(self, log_ids: Sequence[str]) -> bool:
        """Whether one of ``log_ids``, which are sorted, can be in the file."""
        # The lowest of them that the range begins with or before: where it is beyond the end, all are.
        place = 0 if self.first_id is None else bisect_left(log_ids, self.first_id)
        return place < len(log_ids) and self.may_hold(log_ids[place], None)


@dataclass(frozen=True)
class TableState:
    """A table at one version (-1: there is none yet): its files by key."""

    version: int
    files: Mapping[str, TableFile] = field(default_factory=dict)
    #: Whether each file has each column; files of an earlier version lack those that came later.
    is_uniform: bool = True


def table_files(name: str, actions: pa.Table, known: Mapping[str, TableFile]) -> dict[str, TableFile]:
    """The files of a table by key; what is known of a file already is not read again."""
    keys = [f"{name}/{path}" for path in actions["path"].to_pylist()]
    rows = pa.array([row for row, key in enumerate(keys) if key not in known], pa.int64())
    new = actions.take(rows)
    told = zip(*(_column(new, column) for column in _TOLD), strict=True)
    files = {
        f"{name}/{path}": TableFile(f"{name}/{path}", client_id, month, size, rows or 0, *spans)
        for path, client_id, month, size, rows, *spans in told
    }
    return {key: known.get(key) or files[key] for key in keys}


def _column(actions: pa.Table, name: str) -> Sequence[Any]:
    """Values of a column of what the table's log says; a table without statistics lacks some."""
    if name not in actions.column_names:
        return [None] * actions.num_rows
    if pa.types.is_timestamp(actions.schema.field(name).type):
        return _moments(actions[name])
    values: list[Any] = actions[name].to_pylist()
    return values


def _moments(column: pa.ChunkedArray) -> Sequence[datetime | None]:
    """As `to_pylist`, which looks for the time zone of each value anew and is ten times as slow."""
    micros = column.cast(schema.UTC_MICROS).cast(pa.int64()).to_pylist()
    return [None if each is None else _EPOCH + timedelta(microseconds=each) for each in micros]
