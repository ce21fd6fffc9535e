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
from lake.table_files import TableFile, TableState
from lake.tables import Table

#: What is read of a file's end in the hope that its footer is in it.
_TAIL_BYTES: Final = 64 * 1024
_FOOTER_END: Final = 8
#: Footers are kept up to this size.
_FOOTER_BYTES: Final = 64 * 1024 * 1024
_AT_ONCE: Final = 16
#: A trace's row group up to this size is fetched together with the ids: most likely it is in it.
_WITH_TRACE_BYTES: Final = 2 * 1024 * 1024
_MILLISECOND: Final = timedelta(milliseconds=1)

#: When the log of a trace was received, where the table tells; and the trace.
_Found = tuple[datetime | None, bytes]


class TraceReader:
    """Reads single traces. Safe to share between threads."""

    def __init__(self, store: Store, table: Table, logs: Table) -> None:
        self._store = store
        self._table = table
        self._logs = logs
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
            found = [each for rows in read for each in rows]
        if len({trace for _, trace in found}) > 1:
            found = self._of_the_log(client_id, log_id, found)
        return next((trace for _, trace in found), None)

    def _of_the_log(self, client_id: str, log_id: str, found: Sequence[_Found]) -> list[_Found]:
        """First the trace of the log that stands: of a run that was killed, another one may stand beside it."""
        logs = self._logs.pin().find({(client_id, log_id)}, ("received_at",))
        standing = {row["received_at"] for row in logs}
        return sorted(found, key=lambda each: each[0] not in standing)

    def _read_file(self, file: TableFile, log_id: str, executed_at: datetime | None) -> list[_Found]:
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


def _find(opened: _RangedFile, footer: pq.FileMetaData, groups: Sequence[int], log_id: str) -> list[_Found]:
    """The traces of this id, most likely one."""
    if not groups:
        return []
    small = [name for name in ("log_id", "received_at") if name in footer.schema.names]
    trace = _column(footer, "trace")
    ranges = [_range(footer, group, _column(footer, name)) for group in groups for name in small]
    is_little = footer.row_group(groups[0]).column(trace).total_compressed_size <= _WITH_TRACE_BYTES
    has_trace = len(groups) == 1 and is_little
    opened.fetch([*ranges, *([_range(footer, groups[0], trace)] if has_trace else [])])  # one way less
    parquet = pq.ParquetFile(pa.PythonFile(opened, mode="r"), metadata=footer, pre_buffer=False)
    found: list[_Found] = []
    for group in groups:
        rows = parquet.read_row_group(group, small)
        places = pc.indices_nonzero(pc.equal(rows["log_id"], log_id))
        if len(places):
            if not has_trace:
                opened.fetch([_range(footer, group, trace)])
            traces = parquet.read_row_group(group, ["trace"])["trace"].take(places).to_pylist()
            moments = _moments(rows, places)
            pairs = zip(moments, traces, strict=True)
            found += [(at, str(text).encode()) for at, text in pairs if text is not None]
    return found


def _moments(rows: pa.Table, places: pa.Array) -> list[datetime | None]:
    if "received_at" not in rows.column_names:
        return [None] * len(places)
    moments: list[datetime | None] = rows["received_at"].take(places).to_pylist()
    return moments


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
    return bool(value - statistics.min >= -_MILLISECOND and value - last <= _MILLISECOND)


def raw_trace(blob: bytes, line: int, client_id: str) -> bytes | None:
    """The trace of one line, counted from 0, of a raw object."""
    trace = rawlog.read_line(rawlog.unpack(blob)[line], client_id).trace
    return None if trace is None else trace.encode()
