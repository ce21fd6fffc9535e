"""Rows of files of a table, looked up by the ids of their logs.

Each file is opened and read by itself: pyarrow starts the scan of several while it holds Python's lock, and a file
system that is written in Python, as the tables' is, needs that lock to open them: now and then nobody goes on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from lake.table_files import TableFile

_FILES_AT_ONCE: Final = 8


def find_rows(
    files: Sequence[TableFile],
    source: pafs.FileSystem,
    wanted: Collection[tuple[str, str]],
    columns: Sequence[str],
) -> Iterator[Mapping[str, Any]]:
    """The rows of these (client, log id), one after another; ``source`` knows files by their paths in the table.

    ``columns`` hold ``client_id`` and ``log_id``; what a file has no column for is ``None``. Row groups whose ids span
    none of them are not read.
    """
    if not files:
        return
    ids = sorted({log_id for _, log_id in wanted})
    with ThreadPoolExecutor(min(_FILES_AT_ONCE, len(files)), "find-rows") as pool:
        begun = (pool.submit(_rows_of, file, source, ids, columns) for file in files)
        for rows in _in_turn(begun):
            yield from (row for row in rows if (row["client_id"], row["log_id"]) in wanted)


def _in_turn(begun: Iterable[Future[list[dict[str, Any]]]]) -> Iterator[list[dict[str, Any]]]:
    """What comes of each, in their order; no more are begun than are read at once."""
    ahead: deque[Future[list[dict[str, Any]]]] = deque()
    for future in begun:
        ahead.append(future)
        if len(ahead) == _FILES_AT_ONCE:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _rows_of(
    file: TableFile, source: pafs.FileSystem, ids: Sequence[str], columns: Sequence[str]
) -> list[dict[str, Any]]:
    told = {"client_id": file.client_id, "month": file.month}
    empty = dict.fromkeys(columns)
    asked = pa.array(ids, pa.string())
    found: list[dict[str, Any]] = []
    with source.open_input_file(file.key.partition("/")[2]) as opened:
        parquet = pq.ParquetFile(opened)
        there = [name for name in columns if name in parquet.schema_arrow.names]
        place = parquet.schema_arrow.names.index("log_id")
        for group in range(parquet.num_row_groups):
            if not _may_hold_one(parquet.metadata.row_group(group).column(place).statistics, ids):
                continue
            is_asked = pc.is_in(parquet.read_row_group(group, ["log_id"])["log_id"], value_set=asked)
            if pc.any(is_asked).as_py():
                rows = parquet.read_row_group(group, there).filter(is_asked)
                found += [{**empty, **told, **row} for row in rows.to_pylist()]
    return [{name: row[name] for name in columns} for row in found]


def _may_hold_one(span: Any, ids: Sequence[str]) -> bool:
    """Whether one of ``ids``, which are sorted, is within what a row group says of its own."""
    if span is None or not span.has_min_max:
        return True
    place = bisect_left(ids, span.min)
    return place < len(ids) and ids[place] <= span.max
