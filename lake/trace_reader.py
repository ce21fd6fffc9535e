"""One trace out of the table ``traces``: by range, its file's footer kept, whatever its size.

Two or three ways to the store: the footers of the files that may hold it (kept for the next time), the ids of the
row groups that may hold it, and the trace's own row group.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake import rawlog
from lake.errors import ObjectDamaged, ObjectNotFound, StoreUnavailable
from lake.objects import Store
from lake.tables import Table, TableFile, TableState

#: What is read of a file's end in the hope that its footer is in it.
_TAIL_BYTES: Final = 64 * 1024
_FOOTER_END: Final = 8
#: Footers are kept up to this size.
_FOOTER_BYTES: Final = 64 * 1024 * 1024
_AT_ONCE: Final = 16
#: A trace's row group up to this size is fetched together with the ids: most likely it is in it.
_WITH_TRACE_BYTES: Final = 2 * 1024 * 1024
_MILLISECOND: Final = timedelta(milliseconds=1)


class TraceReader:
    """Reads single traces. Safe to share between threads."""

    def __init__(self, store: Store, table: Table) -> None:
        self._store = store
        self._table = table
        self._state = TableState(-1)
        self._lock = threading.Lock()
        self._footers: OrderedDict[str, pq.FileMetaData] = OrderedDict()
        self._footer_bytes = 0

    def look(self) -> None:
        """See the table as it is now."""
        self._state = self._table.state()

    def files(self) -> Collection[TableFile]:
        """The table's files, as of the last look."""
        return self._state.files.values()

    def read(self, client_id: str, month: str, log_id: str, executed_at: datetime | None) -> bytes | None:
        """The trace as JSON; None where the table has none. Raises `StoreUnavailable`, `ObjectDamaged`."""
        state = self._state
        try:
            found = self._read(state, client_id, month, log_id, executed_at)
        except ObjectDamaged:
            self.look()
            if self._state.version == state.version:
                raise
            found = None
        if found is None and self._state.version == state.version:
            self.look()
        if found is None and self._state.version != state.version:
            found = self._read(self._state, client_id, month, log_id, executed_at)
        return found

    def _read(
        self, state: TableState, client_id: str, month: str, log_id: str, executed_at: datetime | None
    ) -> bytes | None:
        partition = (client_id, month)
        files = [f for f in state.files.values() if (f.client_id, f.month) == partition]
        files = [file for file in files if file.may_hold(log_id, executed_at)]
        if not files:
            return None
        with ThreadPoolExecutor(min(_AT_ONCE, len(files))) as pool:
            read = pool.map(lambda file: self._read_file(file, log_id, executed_at), files)
            return next((trace for trace in read if trace is not None), None)

    def _read_file(self, file: TableFile, log_id: str, executed_at: datetime | None) -> bytes | None:
        try:
            footer = self._footer(file)
            opened = _RangedFile(self._store, file)
            groups = [g for g in range(footer.num_row_groups) if _may_hold(footer, g, log_id, executed_at)]
            return _find(opened, footer, groups, log_id)
        except ObjectNotFound as error:
            raise ObjectDamaged(file.key, "is missing in the store") from error
        except StoreUnavailable:
            self._require_whole(file)  # a range beyond the end of what was cut short is refused, too
            raise
        except (pa.ArrowException, OSError) as error:
            raise ObjectDamaged(file.key, "is not a Parquet file that can be read") from error

    def _require_whole(self, file: TableFile) -> None:
        size = self._store.size(file.key)
        if size != file.size:
            raise ObjectDamaged(file.key, f"has {size} bytes where {file.size} were committed")

    def _footer(self, file: TableFile) -> pq.FileMetaData:
        with self._lock:
            if file.key in self._footers:
                self._footers.move_to_end(file.key)
                return self._footers[file.key]
        footer = pq.read_metadata(io.BytesIO(self._read_end(file)))
        with self._lock:
            if file.key not in self._footers:
                self._footers[file.key] = footer
                self._footer_bytes += footer.serialized_size
            while self._footer_bytes > _FOOTER_BYTES and len(self._footers) > 1:
                _, dropped = self._footers.popitem(last=False)
                self._footer_bytes -= dropped.serialized_size
        return footer

    def _read_end(self, file: TableFile) -> bytes:
        """The file's end from its footer on, behind the four letters that a Parquet file begins with."""
        start = max(0, file.size - _TAIL_BYTES)
        [tail] = self._store.get_ranges(file.key, [(start, file.size)])
        length = int.from_bytes(tail[-_FOOTER_END:-4], "little") + _FOOTER_END
        if length > len(tail) and length <= file.size:
            [tail] = self._store.get_ranges(file.key, [(file.size - length, file.size)])
        return b"PAR1" + tail


class _RangedFile(io.RawIOBase):
    """A file of the store as pyarrow reads it; what was fetched ahead is not asked for again."""

    def __init__(self, store: Store, file: TableFile) -> None:
        self._store = store
        self._file = file
        self._at = 0
        self._pieces: list[tuple[int, bytes]] = []

    def fetch(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Get these ranges, all at once."""
        found = self._store.get_ranges(self._file.key, ranges)
        self._pieces += [(start, piece) for (start, _), piece in zip(ranges, found, strict=True)]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._file.size)[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._file.size if size < 0 else min(self._file.size, self._at + size)
        piece = self._piece(self._at, end)
        self._at = end
        return piece

    def _piece(self, start: int, end: int) -> bytes:
        for at, piece in self._pieces:
            if at <= start and end <= at + len(piece):
                return piece[start - at : end - at]
        [piece] = self._store.get_ranges(self._file.key, [(start, end)])
        return piece


def _find(opened: _RangedFile, footer: pq.FileMetaData, groups: Sequence[int], log_id: str) -> bytes | None:
    if not groups:
        return None
    ids, traces = _column(footer, "log_id"), _column(footer, "trace")
    ranges = [_range(footer, group, ids) for group in groups]
    if (
        len(groups) == 1
        and footer.row_group(groups[0]).column(traces).total_compressed_size <= _WITH_TRACE_BYTES
    ):
        ranges.append(_range(footer, groups[0], traces))  # one way to the store less
    opened.fetch(ranges)
    parquet = pq.ParquetFile(pa.PythonFile(opened, mode="r"), metadata=footer, pre_buffer=False)
    for group in groups:
        place = pc.index(parquet.read_row_group(group, ["log_id"])["log_id"], log_id).as_py()
        if place >= 0:
            if len(ranges) == len(groups):
                opened.fetch([_range(footer, group, traces)])
            trace = parquet.read_row_group(group, ["trace"])["trace"][place].as_py()
            return None if trace is None else str(trace).encode()
    return None


def _column(footer: pq.FileMetaData, name: str) -> int:
    return int(footer.schema.names.index(name))


def _range(footer: pq.FileMetaData, group: int, column: int) -> tuple[int, int]:
    chunk = footer.row_group(group).column(column)
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else None
    first = min(each for each in (start, chunk.data_page_offset) if each is not None)
    return first, first + chunk.total_compressed_size


def _may_hold(footer: pq.FileMetaData, group: int, log_id: str, executed_at: datetime | None) -> bool:
    chunks = footer.row_group(group)
    by_name = {
        chunks.column(i).path_in_schema: chunks.column(i).statistics for i in range(chunks.num_columns)
    }
    return _spans(by_name.get("executed_at"), executed_at) and _spans(by_name.get("log_id"), log_id)


def _spans(statistics: Any, value: Any) -> bool:
    """Whether the value lies within what the statistics say; without statistics it may."""
    if value is None or statistics is None or not statistics.has_min_max:
        return True
    last = statistics.max
    if isinstance(value, str):
        return bool(statistics.min <= value and value[: len(last)] <= last)
    # A page knows the moment to the millisecond.
    return bool(statistics.min - _MILLISECOND <= value <= last + _MILLISECOND)


def raw_trace(blob: bytes, line: int, client_id: str) -> bytes | None:
    """The trace of one line, counted from 0, of a raw object."""
    trace = rawlog.read_line(rawlog.unpack(blob)[line], client_id).trace
    return None if trace is None else trace.encode()
