"""Few big files out of many small ones of a partition: which to merge, and the merging, in bounded memory.

A file is in the order of ``executed_at``. So the rows of many are merged a few MiB at a time: the order of all is
told by two small columns, and of each file no more than a row group is in memory.
"""

from __future__ import annotations

import io
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake.tables import TableFile

#: What one file is to have; merged files are this big at most, unless one row is bigger.
TARGET_BYTES: Final = 128 * 1024 * 1024
#: So many files are read at once.
_MOST_FILES: Final = 64
#: So many small files of a month that still grows lie side by side before they are merged.
FEW: Final = 8
#: A file is written again only together with others that are at least a part of it.
_RATIO: Final = 2
_RATIO_OF_PAST: Final = 16
_ORDER: Final = ("executed_at", "log_id")
_KEYS: Final = pa.schema([("executed_at", pa.timestamp("us", tz="UTC")), ("log_id", pa.string())])
#: Long texts: nobody looks for them by range, and their statistics would be as long.
_TEXTS: Final = frozenset({"trace", "metrics", "extra"})
_MANY_ROWS: Final = 120_000
#: What is put in order at a time.
_SLICE_ROWS: Final = 4_096
#: What is read of a file at a time.
_BATCH_BYTES: Final = 1024 * 1024
_SLICE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Merge:
    """Files of one partition that are to become one."""

    client_id: str
    month: str
    files: tuple[TableFile, ...]


def choose(files: Iterable[TableFile], current_month: str, target: int = TARGET_BYTES) -> list[Merge]:
    """What is worth merging, the most files first; months before ``current_month`` hardly grow any more."""
    parts: dict[tuple[str, str], list[TableFile]] = defaultdict(list)
    for file in files:
        parts[file.client_id, file.month].append(file)
    merges = [
        Merge(client_id, month, tuple(group))
        for (client_id, month), found in parts.items()
        for group in _groups(found, target, is_past=month < current_month)
    ]
    return sorted(merges, key=lambda merge: -len(merge.files))


def _groups(files: Sequence[TableFile], target: int, *, is_past: bool) -> Iterator[list[TableFile]]:
    """Files of similar sizes: then a row is written again as often as the logarithm of its month says."""
    few, ratio = (2, _RATIO_OF_PAST) if is_past else (FEW, _RATIO)
    group: list[TableFile] = []
    total = 0
    for file in sorted((f for f in files if f.size < target // 2), key=lambda f: (f.size, f.key)):
        is_apart = file.size > ratio * total or total + file.size > target or len(group) == _MOST_FILES
        if group and is_apart:
            if len(group) >= few:
                yield group
            group, total = [], 0
        group.append(file)
        total += file.size
    if len(group) >= few:
        yield group


# ------------------------------------------------------------ merging


class _Source:
    """The rows of one file, in order, a few at a time."""

    def __init__(self, file: pq.ParquetFile) -> None:
        self.keys: pa.Table = file.read(columns=list(_ORDER)).select(list(_ORDER)).cast(_KEYS)
        groups = map(file.metadata.row_group, range(file.num_row_groups))
        self.unpacked_bytes = sum(group.total_byte_size for group in groups)
        rows = max(1, min(_SLICE_ROWS, _BATCH_BYTES * self.keys.num_rows // max(1, self.unpacked_bytes)))
        order = pc.sort_indices(self.keys, sort_keys=[(name, "ascending") for name in _ORDER])
        is_sorted = order.equals(pa.array(range(len(order)), pa.uint64()))
        if not is_sorted:
            self.keys = self.keys.take(order)
        self._pieces = self._in_order(file, rows) if is_sorted else iter([file.read().take(order)])
        self._left: pa.Table | None = None

    @staticmethod
    def _in_order(file: pq.ParquetFile, rows: int) -> Iterator[pa.Table]:
        for batch in file.iter_batches(batch_size=rows):
            yield pa.Table.from_batches([batch])

    def take(self, count: int) -> Iterator[pa.Table]:
        """The next ``count`` rows."""
        while count:
            if self._left is None or not self._left.num_rows:
                self._left = next(self._pieces)
            taken = self._left.slice(0, count)
            self._left = self._left.slice(taken.num_rows)
            count -= taken.num_rows
            yield taken


def merge(
    open_file: Callable[[TableFile], pa.NativeFile | io.BytesIO],
    files: Sequence[TableFile],
    columns: pa.Schema,
    bytes_per_group: int,
) -> tuple[bytes, pq.FileMetaData]:
    """One Parquet file of all rows, by ``executed_at``, and its footer.

    Raises what pyarrow raises where a file is not what it should be.
    """
    sources = [_Source(pq.ParquetFile(open_file(file))) for file in files]
    told = [field.name for field in columns if field.name not in _TEXTS]
    with tempfile.TemporaryFile() as sink:
        writer = pq.ParquetWriter(
            sink, columns, compression="zstd", write_statistics=told, use_dictionary=told
        )
        with writer:
            for rows in _in_groups(_merged(sources, columns), bytes_per_group):
                writer.write_table(rows, row_group_size=max(1, rows.num_rows))
        del sources
        pa.default_memory_pool().release_unused()
        footer = pq.read_metadata(sink)
        sink.seek(0)
        return sink.read(), footer


def _merged(sources: Sequence[_Source], columns: pa.Schema) -> Iterator[pa.Table]:
    whose = _whose_turn(sources)
    total = sum(source.unpacked_bytes for source in sources)
    step = max(1, min(_SLICE_ROWS, _SLICE_BYTES * len(whose) // max(1, total)))
    for start in range(0, len(whose), step):
        turn = whose.slice(start, step)
        counts = {each["values"].as_py(): each["counts"].as_py() for each in pc.value_counts(turn)}
        pieces = [
            _as(columns, rows) for number in sorted(counts) for rows in sources[number].take(counts[number])
        ]
        # The rows lie file by file; the n-th of a file goes where that file's turn comes the n-th time.
        by_file = pc.array_sort_indices(turn)
        yield pa.concat_tables(pieces).take(pc.array_sort_indices(by_file))


def _whose_turn(sources: Sequence[_Source]) -> pa.Array:
    """For each row of the result, the number of the file that it comes from."""
    numbers = [pa.array([number], pa.int32()) for number in range(len(sources))]
    keys = pa.concat_tables(
        [
            source.keys.append_column(
                "number", pa.chunked_array([pa.repeat(number[0], source.keys.num_rows)])
            )
            for number, source in zip(numbers, sources, strict=True)
        ]
    )
    by = [*((name, "ascending") for name in _ORDER), ("number", "ascending")]
    return keys["number"].take(pc.sort_indices(keys, sort_keys=by)).combine_chunks()


def _as(columns: pa.Schema, rows: pa.Table) -> pa.Table:
    """The rows with these columns; one that is not there is empty."""
    arrays = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in columns
    ]
    return pa.table(arrays, schema=columns)


def _in_groups(pieces: Iterable[pa.Table], bytes_per_group: int) -> Iterator[pa.Table]:
    """The rows in portions of about so many bytes; a row that is bigger is one of its own."""
    pending: list[pa.Table] = []
    size = rows = 0
    for piece in pieces:
        for part in _split(piece, bytes_per_group):
            if pending and (size + part.nbytes > bytes_per_group or rows + part.num_rows > _MANY_ROWS):
                yield pa.concat_tables(pending)
                pending, size, rows = [], 0, 0
            pending.append(part)
            size += part.nbytes
            rows += part.num_rows
    if pending:
        yield pa.concat_tables(pending)


def _split(piece: pa.Table, limit: int) -> Iterator[pa.Table]:
    if piece.nbytes <= limit or piece.num_rows == 1:
        yield piece
        return
    half = piece.num_rows // 2
    yield from _split(piece.slice(0, half), limit)
    yield from _split(piece.slice(half), limit)
