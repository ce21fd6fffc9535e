"""Parquet files of rows that a commit is to add, written before it: nobody sees them until a commit names them.

Writing takes far longer than committing. So a batch's files are written while other things are done, and the commit
only names them. What is written and never named (its writer was killed) is taken away by vacuum.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction, RemoveAction

from lake import schema
from lake.store import Store
from lake.table_files import TableFile

#: A ticket opens without reading its neighbours.
GROUP_BYTES: Final = 4 * 1024 * 1024
#: A month of a client is a handful of reads.
GROUP_ROWS: Final = 120_000
#: Long texts: nobody looks for them by range, no two are equal, and their statistics would be as long.
_TEXTS: Final = frozenset({"trace", "metrics", "extra", "search_text"})
#: Level 3 makes traces 20 % smaller and takes 40 % longer; upkeep writes everything again anyway.
_ZSTD_LEVEL: Final = 1
#: What the table's log says of a file, so that most files need not be opened.
_SPANNED: Final = ("executed_at", "log_id")


@dataclass(frozen=True)
class NewFile:
    """A file in the store that no commit has named yet; ``path`` is below the table's folder."""

    path: str
    client_id: str
    month: str
    size: int
    stats: str

    def action(self) -> AddAction:
        """What a commit says to add it."""
        partition: dict[str, str | None] = {"client_id": self.client_id, "month": self.month}
        return AddAction(
            self.path, self.size, partition, int(time.time() * 1000), data_change=True, stats=self.stats
        )


def removal(table: str, file: TableFile) -> RemoveAction:
    """What a commit says to take a file of ``table`` out, whose rows others hold now, or nobody."""
    return RemoveAction(
        file.key.removeprefix(f"{table}/"),
        data_change=True,
        deletion_timestamp=int(time.time() * 1000),
        size=file.size,
        partition_values={"client_id": file.client_id, "month": file.month},
    )


def write_table(store: Store, table: str, rows: pa.Table) -> list[NewFile]:
    """A file for each partition of ``rows``, which keep their order; raises `lake.errors.StoreUnavailable`."""
    return [
        write(store, table, client_id, month, in_groups(part))
        for (client_id, month), part in _partitions(rows)
    ]


def write(store: Store, table: str, client_id: str, month: str, groups: Iterable[pa.Table]) -> NewFile:
    """A file of one partition, durably stored; each of ``groups`` (at least one) becomes a row group.

    Raises `lake.errors.StoreUnavailable`.
    """
    sink, spans = pa.BufferOutputStream(), _Spans()
    # Of the small files of derived rows, statistics would be a good part: a query is led by the log and its time.
    _write_groups(sink, groups, spans, _SPANNED if table in schema.DERIVED else None)
    blob = sink.getvalue()
    path = f"client_id={client_id}/month={month}/part-{uuid.uuid4()}.zstd.parquet"
    store.put(f"{table}/{path}", memoryview(blob).cast("B"))
    return NewFile(path, client_id, month, blob.size, json.dumps(spans.stats()))


def in_groups(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows in portions of about `GROUP_BYTES`; a row that is bigger is one of its own."""
    if rows.num_rows > 1 and (rows.nbytes > GROUP_BYTES or rows.num_rows > GROUP_ROWS):
        half = rows.num_rows // 2
        yield from in_groups(rows.slice(0, half))
        yield from in_groups(rows.slice(half))
    elif rows.num_rows:
        yield rows


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
            writer = _writer(sink, rows.schema, told)
        writer.write_table(rows, row_group_size=max(1, rows.num_rows))
        spans.take(rows)
    if writer is not None:
        writer.close()


def _writer(sink: pa.NativeFile, columns: pa.Schema, told: Collection[str] | None) -> pq.ParquetWriter:
    short = [name for name in columns.names if name not in _TEXTS]
    return pq.ParquetWriter(
        sink,
        columns,
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        write_statistics=short if told is None else [*told],
        use_dictionary=short,
        store_schema=False,  # that texts were views here is nothing to a reader
    )


class _Spans:
    """How many rows a file has, and from where to where its columns go."""

    def __init__(self) -> None:
        self._rows = 0
        self._lows: dict[str, Any] = {}
        self._highs: dict[str, Any] = {}

    def take(self, rows: pa.Table) -> None:
        self._rows += rows.num_rows
        for name in _SPANNED:
            if name in rows.column_names:
                found = pc.min_max(rows[name])
                low, high = found["min"].as_py(), found["max"].as_py()
                if low is not None:
                    self._lows[name] = min(self._lows.get(name, low), low)
                    self._highs[name] = max(self._highs.get(name, high), high)

    def stats(self) -> dict[str, Any]:
        """As https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics has it."""
        return {
            "numRecords": self._rows,
            "minValues": {name: _in_json(value) for name, value in self._lows.items()},
            "maxValues": {name: _in_json(value) for name, value in self._highs.items()},
        }


def _in_json(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    return str(value)
