"""Files of the tables written ahead of their commit, several at once.

Compressing is what most of the time goes into, and needs no interpreter: it is done beside the reading of the next
batch. A file that turns out not to be needed is removed at once.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa

from lake import layout, new_files, rawlog
from lake.data_files import GROUP_ROWS
from lake.errors import LakeError
from lake.new_files import GROUP_BYTES, NewFile
from lake.rawlog import RawRow
from lake.store import Store

#: Files on their way to the store at once: one may wait for a disk, or for a store that is 30 ms away.
_WRITERS: Final = 16


class FileWriter:
    """Writes rows of one partition each; used in a ``with``, which removes the files that nobody claimed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(_WRITERS, "etl-writers")
        # More than there are cores would only need more memory.
        self._encoding = threading.Semaphore(os.cpu_count() or 1)
        self._unclaimed: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._remove(self._unclaimed)

    def start(
        self, table: str, rows: Sequence[RawRow], after: Future[Any] | None = None
    ) -> Future[NewFile | None]:
        """Begin to write a file of ``rows``, which are of one partition; ``None`` where the table gets none of them.

        They are complete when ``after`` is done.
        """
        return self._pool.submit(self._write_after, after, table, rows)

    def _write_after(self, after: Future[Any] | None, table: str, rows: Sequence[RawRow]) -> NewFile | None:
        if after is not None:
            after.result()
        return self.write(table, rows)

    def write(self, table: str, rows: Sequence[RawRow]) -> NewFile | None:
        """As `start`, at once; raises `lake.errors.StoreUnavailable`."""
        kept = [row for row in rows if row.raw_trace is not None] if table == layout.TRACES else rows
        if not kept:
            return None
        with self._encoding:
            file = new_files.write(self._store, table, *kept[0].partition, _groups(table, kept))
        self._unclaimed.add(_key(table, file))
        return file

    def claim(self, table: str, file: NewFile) -> None:
        """A commit is going to name the file: whatever becomes of the commit, the file stays."""
        self._unclaimed.discard(_key(table, file))

    def drop(self, table: str, file: NewFile) -> None:
        """Remove the file unless it was claimed."""
        self._remove({_key(table, file)} & self._unclaimed)

    def _remove(self, keys: Iterable[str]) -> None:
        gone = [*keys]
        with contextlib.suppress(LakeError):  # then vacuum does it
            self._store.delete(gone)
        self._unclaimed.difference_update(gone)


def _key(table: str, file: NewFile) -> str:
    return f"{table}/{file.path}"


def _groups(table: str, rows: Sequence[RawRow]) -> Iterator[pa.Table]:
    """The rows as tables that become a row group each, made as they are asked for."""
    if table == layout.TRACES:
        yield from map(rawlog.traces_in_place, _by_bytes(rows))
    else:
        for start in range(0, len(rows), GROUP_ROWS):
            yield rawlog.logs_table(rows[start : start + GROUP_ROWS])


def _by_bytes(rows: Sequence[RawRow]) -> Iterator[Sequence[RawRow]]:
    """Portions of about `GROUP_BYTES` of traces; a trace that is bigger is one of its own."""
    start = size = 0
    for place, row in enumerate(rows):
        added = len(row.raw_trace or b"")
        if place > start and (size + added > GROUP_BYTES or place - start == GROUP_ROWS):
            yield rows[start:place]
            start, size = place, 0
        size += added
    yield rows[start:]
