"""Few big files out of many small ones of a partition: which to merge, and the merging, in bounded memory.

A file is in the order of ``executed_at``, and so is what becomes of many (`lake.sorted_runs`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from lake.data_files import in_groups, open_writer
from lake.sorted_runs import ORDER, Keep, Spool
from lake.table_files import TableFile

#: What one file is to have; merged files are this big at most, unless one row is bigger.
TARGET_BYTES: Final = 128 * 1024 * 1024
#: So many files are read at once.
_MOST_FILES: Final = 64
#: So many small files of a month that still grows lie side by side before they are merged.
FEW: Final = 8
#: A file is written again only together with others that are at least a part of it.
_RATIO: Final = 2
_RATIO_OF_PAST: Final = 16


@dataclass(frozen=True)
class Merge:
    """Files of one partition that are to become one."""

    client_id: str
    month: str
    files: tuple[TableFile, ...]

    def size(self) -> int:
        """Bytes of the files together."""
        return sum(file.size for file in self.files)


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


def _keep_all(rows: pa.Table) -> pa.Table:
    return rows


def distinct(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Rows in order without those that say the same as one before: the same log, received at the same moment."""
    current: tuple[Any, ...] = ()
    seen: set[Any] = set()
    for rows in pieces:
        kept: list[bool] = []
        for *key, received_at in zip(*(_values(rows[name]) for name in (*ORDER, "received_at")), strict=True):
            if (*key,) != current:
                current, seen = (*key,), set()
            # Of an earlier version nobody knows when they were received, and so which belongs to the log.
            kept.append(received_at is None or received_at not in seen)
            seen.add(received_at)
        yield rows if all(kept) else rows.filter(pa.array(kept))


def _values(column: pa.ChunkedArray) -> list[Any]:
    """As `to_pylist`, which looks for the time zone of each moment anew."""
    is_moment = pa.types.is_timestamp(column.type)
    values: list[Any] = (column.cast(pa.int64()) if is_moment else column).to_pylist()
    return values


@dataclass(frozen=True)
class Written:
    """What a merge read and wrote: rows, and the footer of the file; ``None`` where no row was left."""

    rows: int
    footer: pq.FileMetaData | None


def merge(
    sources: Iterable[Path], columns: pa.Schema, bytes_per_group: int, sink: Path, keep: Keep = _keep_all
) -> Written:
    """Write the rows of all files to ``sink``, by ``executed_at``.

    ``keep`` is given portions of them and leaves out what is not to stay; of traces, each is written once. Takes room
    beside ``sink`` for all rows. Raises what pyarrow raises where a file is not what it should be.
    """
    spool = Spool(sink.with_name(f"{sink.name}.spool"), columns)
    spool.fill(iter(sources), keep)
    if not spool.runs:
        return Written(spool.rows, None)
    pieces = (
        distinct(spool.in_order()) if {"received_at", "trace"}.issubset(columns.names) else spool.in_order()
    )
    with open_writer(sink, columns) as writer:
        for rows in in_groups(pieces, bytes_per_group):
            writer.write_table(rows, row_group_size=max(1, rows.num_rows))
    pa.default_memory_pool().release_unused()
    return Written(spool.rows, pq.read_metadata(sink))
