"""Parquet files of rows that a commit is to add, written before it: nobody sees them until a commit names them.

Writing takes far longer than committing. So a batch's files are written while other things are done, and the commit
only names them. What is written and never named (its writer was killed) is taken away by vacuum.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction, RemoveAction

from lake import data_files, schema
from lake.data_files import SPANNED, new_path, open_writer, split, widen
from lake.store import Store
from lake.table_files import TableFile

#: A ticket opens without reading its neighbours.
GROUP_BYTES: Final = 4 * 1024 * 1024
#: Level 3 makes traces 20 % smaller and takes 40 % longer; upkeep writes everything again anyway.
_ZSTD_LEVEL: Final = 1


@dataclass(frozen=True)
class NewFile:
    """A file in the store that no commit has named yet; ``path`` is below the table's folder."""

    path: str
    client_id: str
    month: str
    size: int
    stats: str

    def action(self, now: datetime, *, data_change: bool = True) -> AddAction:
        """What a commit says to add it; without ``data_change``, its rows were in the table before."""
        partition: dict[str, str | None] = {"client_id": self.client_id, "month": self.month}
        return AddAction(self.path, self.size, partition, _millis(now), data_change, self.stats)


def removal(table: str, file: TableFile, now: datetime, *, data_change: bool = True) -> RemoveAction:
    """What a commit says to take a file of ``table`` out; without ``data_change``, others hold its rows now."""
    return RemoveAction(
        file.key.removeprefix(f"{table}/"),
        data_change=data_change,
        deletion_timestamp=_millis(now),
        size=file.size,
        partition_values={"client_id": file.client_id, "month": file.month},
    )


def _millis(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def put_file(store: Store, table: str, client_id: str, month: str, written: Path) -> NewFile:
    """The file that ``written`` becomes, durably stored; raises `lake.errors.StoreUnavailable`."""
    path = new_path(client_id, month)
    store.put_file(f"{table}/{path}", written)
    stats = data_files.stats_of(pq.read_metadata(written))
    return NewFile(path, client_id, month, written.stat().st_size, stats)


def write_table(store: Store, table: str, rows: pa.Table) -> list[NewFile]:
    """A file for each partition of ``rows``, which keep their order; raises `lake.errors.StoreUnavailable`."""
    return [
        write(store, table, client_id, month, split(part, GROUP_BYTES))
        for (client_id, month), part in _partitions(rows)
    ]


def write(store: Store, table: str, client_id: str, month: str, groups: Iterable[pa.Table]) -> NewFile:
    """A file of one partition, durably stored; each of ``groups`` (at least one) becomes a row group.

    Raises `lake.errors.StoreUnavailable`.
    """
    sink, spans = pa.BufferOutputStream(), _Spans()
    # Of the small files of derived rows, statistics would be a good part: a query is led by the log and its time.
    _write_groups(sink, groups, spans, SPANNED if table in schema.DERIVED else None)
    blob = sink.getvalue()
    path = new_path(client_id, month)
    store.put(f"{table}/{path}", memoryview(blob).cast("B"))
    return NewFile(path, client_id, month, blob.size, spans.stats())


def _partitions(rows: pa.Table) -> Iterator[tuple[tuple[str, str], pa.Table]]:
    if not rows.num_rows:
        return
    parts = (
        rows.select(list(schema.PARTITIONS))
        .group_by(list(schema.PARTITIONS), use_threads=False)
        .aggregate([])
    )
    for part in parts.to_pylist():
        client_id, month = part["client_id"], part["month"]
        is_of_part = (pc.field("client_id") == client_id) & (pc.field("month") == month)
        yield (client_id, month), rows.filter(is_of_part)


def _write_groups(
    sink: pa.NativeFile, groups: Iterable[pa.Table], spans: _Spans, told: Collection[str] | None
) -> None:
    writer: pq.ParquetWriter | None = None
    for group in groups:
        rows = group.drop_columns([name for name in schema.PARTITIONS if name in group.column_names])
        if writer is None:
            # That texts were views here is nothing to a reader.
            writer = open_writer(sink, rows.schema, told, compression_level=_ZSTD_LEVEL, store_schema=False)
        writer.write_table(rows, row_group_size=max(1, rows.num_rows))
        spans.take(rows)
    if writer is not None:
        writer.close()


class _Spans:
    """How many rows a file has, and from where to where its columns go."""

    def __init__(self) -> None:
        self._rows = 0
        self._lows: dict[str, Any] = {}
        self._highs: dict[str, Any] = {}

    def take(self, rows: pa.Table) -> None:
        self._rows += rows.num_rows
        for name in SPANNED:
            if name in rows.column_names:
                found = pc.min_max(rows[name])
                low, high = found["min"].as_py(), found["max"].as_py()
                if low is not None:
                    widen(self._lows, self._highs, name, low, high)

    def stats(self) -> str:
        return data_files.stats(self._rows, self._lows, self._highs)
