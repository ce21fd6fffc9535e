"""A Parquet file written again with fewer rows or emptied columns, in bounded memory: a few MiB at a time, in order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from lake import columns

#: Long texts: nobody looks for them by range, and their statistics would be as long.
_LONG: Final = frozenset({"trace", "metrics", "extra", *columns.OF_TRACE})
_PIECE_BYTES: Final = 4 * 1024 * 1024
_MOST_ROWS: Final = 120_000

#: What is left of some rows of a file.
Change = Callable[[pa.Table], pa.Table]


def pieces(file: pq.ParquetFile, names: list[str] | None = None) -> Iterator[pa.Table]:
    """The rows of a file, some MiB at a time; a row that is bigger is a piece of its own."""
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        rows = max(1, _PIECE_BYTES * group.num_rows // max(1, group.total_byte_size))
        for batch in file.iter_batches(min(rows, _MOST_ROWS), row_groups=[number], columns=names):
            yield pa.Table.from_batches([batch])


def rewrite(
    file: pq.ParquetFile, schema: pa.Schema, bytes_per_group: int, change: Change
) -> tuple[bytes, pq.FileMetaData]:
    """The file's bytes with each piece of its rows changed, and its footer; raises what pyarrow raises."""
    told = [field.name for field in schema if field.name not in _LONG]
    with tempfile.TemporaryFile() as sink:
        writer = pq.ParquetWriter(
            sink, schema, compression="zstd", write_statistics=told, use_dictionary=told
        )
        with writer:
            for rows in _in_groups((change(_as(schema, piece)) for piece in pieces(file)), bytes_per_group):
                writer.write_table(rows, row_group_size=max(1, rows.num_rows))
        pa.default_memory_pool().release_unused()
        footer = pq.read_metadata(sink)
        sink.seek(0)
        return sink.read(), footer


def _as(schema: pa.Schema, rows: pa.Table) -> pa.Table:
    """The rows with these columns; one that is not there is empty."""
    arrays = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def _in_groups(changed: Iterable[pa.Table], limit: int) -> Iterator[pa.Table]:
    pending: list[pa.Table] = []
    size = rows = 0
    for piece in changed:
        if pending and (size + piece.nbytes > limit or rows + piece.num_rows > _MOST_ROWS):
            yield pa.concat_tables(pending)
            pending, size, rows = [], 0, 0
        if piece.num_rows:
            pending.append(piece)
            size += piece.nbytes
            rows += piece.num_rows
    if pending:
        yield pa.concat_tables(pending)
