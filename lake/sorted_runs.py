"""The rows of many Parquet files in one order, in bounded memory, by way of a local file.

Each file is read once, some MiB at a time, and laid down in small pieces that are in order: a *run* is what of one file
is in order, which is all of it where the ETL wrote it. Then the pieces are read back, each when its turn has come. Of a
run, one piece is in memory, and a row that is bigger than a piece is a piece of its own, read when it is next and let
go at once. So it is the number of runs that memory follows, not the rows, their size or that of the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake.data_files import split, with_columns

#: What files are in the order of.
ORDER: Final = ("executed_at", "log_id")
_ASCENDING: Final = [(name, "ascending") for name in ORDER]
_PIECE_BYTES: Final = 256 * 1024
#: What is decoded of a file at a time, and what is put in order where a file is not.
_DECODED_BYTES: Final = 4 * 1024 * 1024
_SORTED_BYTES: Final = 24 * 1024 * 1024
_BUFFER_BYTES: Final = 1024 * 1024

#: Microseconds since 1970 and the log's id.
Key = tuple[int, str]
Keep = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Piece:
    """Some rows in order: their number in the local file, the first key and the last."""

    number: int
    first: Key
    last: Key


Run = list[Piece]


class Spool:
    """Pieces in a local file; ``rows`` is how many were read."""

    def __init__(self, path: Path, columns: pa.Schema) -> None:
        self._path = path
        self._columns = columns
        self.runs: list[Run] = []
        self.rows = 0

    def fill(self, sources: Iterator[Path], keep: Keep) -> None:
        """Lay down what ``keep`` leaves of each file; raises what pyarrow raises where one is damaged."""
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        number = 0
        with (
            pa.OSFile(str(self._path), "wb") as sink,
            pa.ipc.new_file(sink, self._columns, options=options) as writer,
        ):
            for source in sources:
                run: Run = []
                for rows in _portions(source, self._columns):
                    self.rows += rows.num_rows
                    if not run or key_of(rows, 0) < run[-1].last:
                        run = []
                        self.runs.append(run)
                    for piece in split(keep(rows), _PIECE_BYTES):
                        run.append(Piece(number, key_of(piece, 0), key_of(piece, piece.num_rows - 1)))
                        writer.write_table(piece.combine_chunks(), max_chunksize=piece.num_rows)
                        number += 1
                    del rows
        self.runs = [run for run in self.runs if run]

    def in_order(self) -> Iterator[pa.Table]:
        """All rows."""
        with pa.OSFile(str(self._path), "rb") as source:
            reader = pa.ipc.open_file(source)
            cursors = [_Cursor(reader, run) for run in self.runs]
            while cursors:
                # Whatever else comes before the end of this piece is at the front of the others.
                least = min(cursors, key=lambda cursor: cursor.last)
                parts = [cursor.before(least.last) for cursor in cursors if cursor is not least]
                yield _sorted([*(part for part in parts if part is not None), least.rest()])
                cursors = [cursor for cursor in cursors if not cursor.is_done]


class _Cursor:
    """Where the reading of a run is."""

    def __init__(self, reader: pa.ipc.RecordBatchFileReader, run: Run) -> None:
        self._reader = reader
        self._left = iter(run)
        self._rows: pa.Table | None = None
        self.is_done = False
        self._step()

    def _step(self) -> None:
        self._rows = None
        piece = next(self._left, None)
        if piece is None:
            self.is_done = True
        else:
            self._piece, self._first, self.last = piece, piece.first, piece.last

    def before(self, key: Key) -> pa.Table | None:
        """The rows that come before ``key``, which is not behind the end of the piece."""
        if self._first >= key:
            return None
        rows = self._read()
        count = _count_before(rows, key)
        self._rows, self._first = rows.slice(count), key_of(rows, count)
        return rows.slice(0, count)

    def rest(self) -> pa.Table:
        """What is left of the piece."""
        rows = self._read()
        self._step()
        return rows

    def _read(self) -> pa.Table:
        if self._rows is None:
            self._rows = pa.Table.from_batches([self._reader.get_batch(self._piece.number)])
        return self._rows


def key_of(rows: pa.Table, place: int) -> Key:
    """The key of a row; raises `pa.ArrowInvalid` where it has none."""
    moment = rows["executed_at"][place].value
    log_id = rows["log_id"][place].as_py()
    if moment is None or log_id is None:
        raise pa.ArrowInvalid("a row has no executed_at or no log_id")
    return moment, log_id


def _count_before(rows: pa.Table, key: Key) -> int:
    moment = pa.scalar(key[0], pa.int64()).cast(rows.schema.field("executed_at").type)
    is_before = pc.less(rows["executed_at"], moment)
    is_equal = pc.and_(pc.equal(rows["executed_at"], moment), pc.less(rows["log_id"], key[1]))
    return int(pc.sum(pc.or_(is_before, is_equal)).as_py() or 0)


def _sorted(parts: Sequence[pa.Table]) -> pa.Table:
    if len(parts) == 1:
        return parts[0]
    rows = pa.concat_tables(parts)
    return rows.take(pc.sort_indices(rows, sort_keys=_ASCENDING))


def _portions(source: Path, columns: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a file, each portion of them in order."""
    pending: list[pa.Table] = []
    size = 0
    for rows in _decoded(source, columns):
        pending.append(rows)
        size += rows.nbytes
        if size >= _SORTED_BYTES:
            yield _put_in_order(pending)
            pending, size = [], 0
    if pending:
        yield _put_in_order(pending)


def _put_in_order(parts: Sequence[pa.Table]) -> pa.Table:
    rows = pa.concat_tables(parts)
    order = pc.sort_indices(rows, sort_keys=_ASCENDING)
    is_in_order = order.equals(pa.array(range(len(order)), pa.uint64()))
    return rows if is_in_order else rows.take(order)


def _decoded(source: Path, columns: pa.Schema) -> Iterator[pa.Table]:
    with pq.ParquetFile(source, buffer_size=_BUFFER_BYTES) as file:
        for group in range(file.num_row_groups):
            told = file.metadata.row_group(group)
            rows = max(1, _DECODED_BYTES * told.num_rows // max(1, told.total_byte_size))
            for batch in file.iter_batches(rows, row_groups=[group], use_threads=False):
                if batch.num_rows:
                    yield with_columns(columns, pa.Table.from_batches([batch]))
