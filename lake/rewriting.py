"""A Parquet file written again with fewer rows or emptied columns, in bounded memory: a few MiB at a time, in order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from lake.data_files import GROUP_ROWS, in_groups, open_writer, with_columns

_PIECE_BYTES: Final = 4 * 1024 * 1024

#: What is left of some rows of a file.
Change = Callable[[pa.Table], pa.Table]


def pieces(file: pq.ParquetFile, names: list[str] | None = None) -> Iterator[pa.Table]:
    """The rows of a file, some MiB at a time; a row that is bigger is a piece of its own."""
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        rows = max(1, _PIECE_BYTES * group.num_rows // max(1, group.total_byte_size))
        for batch in file.iter_batches(min(rows, GROUP_ROWS), row_groups=[number], columns=names):
            yield pa.Table.from_batches([batch])


def rewrite(
    file: pq.ParquetFile, schema: pa.Schema, bytes_per_group: int, change: Change
) -> tuple[bytes, pq.FileMetaData]:
    """The file's bytes with each piece of its rows changed, and its footer; raises what pyarrow raises."""
    changed = (change(with_columns(schema, piece)) for piece in pieces(file))
    with tempfile.TemporaryFile() as sink:
        with open_writer(sink, schema) as writer:
            for rows in in_groups(changed, bytes_per_group):
                writer.write_table(rows, row_group_size=max(1, rows.num_rows))
        pa.default_memory_pool().release_unused()
        footer = pq.read_metadata(sink)
        sink.seek(0)
        return sink.read(), footer
