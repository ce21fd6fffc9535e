"""One raw line and its row: what the collector writes, and how ETL and reader read it back. Pure.

A raw object is zstd-compressed NDJSON. A line is one whole log as flat JSON plus ``received_at``; ``trace``
comes last and is the sender's own bytes, and what the collector counted comes first (`lake.rawhead`).
Collector, ETL and reader share this module, so that whatever was acknowledged can be read: a JSON parser with
other limits (DuckDB's refuses numbers and sizes that others accept) never stands between an acknowledged log
and its table.
"""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Annotated, Any, Final

import msgspec
import pyarrow as pa
import zstandard

from caselog.model import LOG_FIELDS, SCHEMA_VERSION
from lake import columns, rawhead, schema
from lake.errors import UnreadableRaw
from lake.layout import month_of
from lake.losses import sum_losses
from lake.part_counts import PartCounts, count_parts

#: Level 1: a 1.4 MB log in 3 ms; higher levels cost the collector more than they save the store.
_ZSTD_LEVEL: Final = 1
#: No raw object unpacks to more than this, whatever its header claims.
MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024

#: A view of a text in Arrow: so many bytes at most stand in it, or the first four, a buffer and the place in it.
_IN_VIEW: Final = 12
_SHORT_VIEW: Final = struct.Struct("<i12s")
_LONG_VIEW: Final = struct.Struct("<i4sii")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NOT_BLANK: Final = re.compile(rb"\S")

_SMALL_FIELDS: Final = tuple(f for f in LOG_FIELDS if f.name not in {"trace", "metrics"})
_INT64_END: Final = 2**63

_KNOWN: Final = frozenset(f.name for f in LOG_FIELDS) | {"received_at"}
_REQUIRED: Final = sorted({f.name for f in LOG_FIELDS if f.required} | {"client_id", "log_id", "received_at"})

_as_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_as_metrics = msgspec.json.Decoder(dict[str, Any]).decode
_as_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode

#: How a small field of each kind is decoded; the conversion is strict: "1" is no number.
_DECODERS: Final = {
    "string": msgspec.json.Decoder(str | None).decode,
    "integer": msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)] | None).decode,
    "number": msgspec.json.Decoder(float | None).decode,
    "timestamp": msgspec.json.Decoder(datetime | None).decode,
}


#: Of the metrics, those with columns of their own; of any type, as senders have it.
_as_lifted = msgspec.json.Decoder(
    msgspec.defstruct("_Lifted", [(name, Any, None) for name in columns.LIFTED_METRICS])
).decode
#: The same by name, and which part of a trace is counted for each.
_PARTS: Final = frozenset(field.name for field in fields(PartCounts))
_LIFTED: Final = tuple((name, name if name in _PARTS else None) for name in columns.LIFTED_METRICS)


@dataclass(frozen=True)
class RawRow:
    """One log as the tables hold it: ``log`` has the columns of `schema.LOGS`, ``raw_trace`` is JSON in UTF-8."""

    log: dict[str, Any]
    raw_trace: bytes | memoryview | None

    @property
    def trace(self) -> str | None:
        """The trace as JSON text."""
        return None if self.raw_trace is None else str(self.raw_trace, "utf-8")

    @property
    def identity(self) -> tuple[str, str]:
        """Client and log id: what makes two rows the same log."""
        return self.log["client_id"], self.log["log_id"]

    @property
    def partition(self) -> tuple[str, str]:
        """Client and month: where the tables keep the row."""
        return self.log["client_id"], self.log["month"]


def encode_line(fields: Mapping[str, Any], trace: bytes | None, received_at: datetime) -> bytes:
    """One line, without its newline: ``fields`` are all top-level fields but ``trace``, already validated."""
    unknown = {name: value for name, value in fields.items() if name not in _KNOWN}
    known = {name: value for name, value in fields.items() if name in _KNOWN}
    head = _encode({**known, "received_at": received_at.astimezone(UTC)})
    one_line = None if trace is None else trace.replace(b"\n", b" ").replace(b"\r", b" ")
    counts = PartCounts() if one_line is None else count_parts(one_line)
    lost = sum_losses(_encode(fields["sdk"])) if "sdk" in fields else 0
    counted = rawhead.Counted(
        counts.react_iterations, counts.tool_call_count, counts.error_count, lost_logs=lost
    )
    return rawhead.join_line(counted, head, _encode(unknown), one_line)


class _Compressor(threading.local):
    # One for each thread: to make it costs more than to compress a log, and it is not safe to share.
    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress


_compressor: Final = _Compressor()


def pack(lines: Sequence[bytes]) -> bytes:
    """A raw object of these lines."""
    return _compressor.compress(b"\n".join(lines) + b"\n")


def unpack(blob: bytes) -> list[bytes]:
    """The lines of a raw object; raises `UnreadableRaw` where it is not one."""
    text = unpack_text(blob)
    return [text[start:end] for start, end in find_lines(text)]


def unpack_text(blob: bytes) -> bytes:
    """A raw object's text; raises `UnreadableRaw` where it is not one."""
    try:
        # The claimed size is checked first: it is what gets allocated. A cut-off frame raises, a stream would not.
        if not 0 <= zstandard.frame_content_size(blob) <= MAX_UNPACKED_BYTES:
            raise UnreadableRaw(
                f"the object does not say that it unpacks to at most {MAX_UNPACKED_BYTES} bytes"
            )
        return zstandard.ZstdDecompressor().decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise UnreadableRaw("the object is not zstd-compressed, or not whole") from error


def claimed_bytes(blob: bytes) -> int:
    """What a raw object says that it unpacks to; 0 where it says nothing, or more than `unpack_text` takes."""
    try:
        claimed = zstandard.frame_content_size(blob)
    except zstandard.ZstdError:
        return 0
    return claimed if 0 <= claimed <= MAX_UNPACKED_BYTES else 0


def find_lines(text: bytes) -> Iterator[tuple[int, int]]:
    r"""Where each line of a raw object starts and ends (exclusive), without those that are blank.

    >>> list(find_lines(b"{}\n \n{}\n"))
    [(0, 2), (5, 7)]
    """
    start = 0
    while start < len(text):
        found = text.find(b"\n", start)
        end = len(text) if found < 0 else found
        if text.startswith(b"{", start) or _NOT_BLANK.search(text, start, end):
            yield start, end
        start = end + 1


def is_utf8(text: bytes) -> bool:
    """Whether all of ``text`` is UTF-8, and so each part of it that JSON can tell apart."""
    try:
        return text.isascii() or bool(str(text, "utf-8"))
    except UnicodeDecodeError:
        return False


def read_line(line: bytes, client_id: str) -> RawRow:
    """The row of one raw line of ``client_id``; raises `UnreadableRaw` with a reason that quotes nothing."""
    return read_line_at(line, 0, len(line), client_id, is_split=is_utf8(line))


def read_line_at(text: bytes, start: int, end: int, client_id: str, *, is_split: bool) -> RawRow:
    """As `read_line`, of a part of ``text``; with ``is_split`` what the line says of its parts is believed.

    The row's trace is a view of ``text``.
    """
    split = rawhead.split_line(text, start, end) if is_split else None
    if split is not None:
        try:
            return _read_split(split, client_id)
        except (UnreadableRaw, msgspec.DecodeError, RecursionError):
            pass  # a line like any other: it is parsed whole, and that says what is wrong with it
    return _read_whole(text[start:end], client_id)


def _read_split(split: rawhead.SplitLine, client_id: str) -> RawRow:
    """The row of a line whose text is UTF-8, from what stands in front of its trace."""
    log = rawhead.read_head(split.head)
    metrics = bytes(log["metrics"])
    lifted = msgspec.structs.asdict(_as_lifted(metrics))
    if split.extra != b"{}" and not _KNOWN.isdisjoint(_as_parts(split.extra)):
        raise UnreadableRaw("a field stands twice")
    _check(log, client_id)
    told = split.counted
    counts = PartCounts(told.react_iterations, told.tool_call_count, told.error_count)
    log["metrics"] = str(metrics, "utf-8")
    log["trace_bytes"] = told.trace_bytes
    log["lost_logs"] = told.lost_logs
    log["extra"] = str(split.extra, "utf-8")
    return RawRow(_complete(log, lifted, counts), split.trace)


def _read_whole(line: bytes, client_id: str) -> RawRow:
    try:
        parts = _as_parts(line)
        log = {f.name: _DECODERS[f.kind](parts[f.name]) for f in _SMALL_FIELDS if f.name in parts}
        log["received_at"] = _DECODERS["timestamp"](parts["received_at"]) if "received_at" in parts else None
        metrics = _as_metrics(parts["metrics"]) if "metrics" in parts else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableRaw("the line is not a JSON object whose fields have the types of a log") from error
    _check(log, client_id)
    return _row(log, metrics, parts)


def _check(log: Mapping[str, Any], client_id: str) -> None:
    missing = [name for name in _REQUIRED if log.get(name) is None]
    if missing:
        raise UnreadableRaw(f"the line has no {', '.join(missing)}")
    if log["client_id"] != client_id:
        raise UnreadableRaw("the line names another client than the folder it lies in")


def _row(log: dict[str, Any], metrics: dict[str, Any], parts: Mapping[str, msgspec.Raw]) -> RawRow:
    raw_trace = bytes(parts["trace"]) if "trace" in parts else b"null"
    trace = None if raw_trace == b"null" else raw_trace
    counts = count_parts(trace) if trace else PartCounts()
    log |= {
        "metrics": _text(bytes(parts.get("metrics", b"{}"))),
        "trace_bytes": len(trace or b""),
        "lost_logs": sum_losses(bytes(parts["sdk"])) if "sdk" in parts else 0,
        "extra": _extra(parts),
    }
    _text(trace or b"")
    return RawRow(_complete(log, metrics, counts), trace)


def _complete(log: dict[str, Any], metrics: Mapping[str, Any], counts: PartCounts) -> dict[str, Any]:
    """``log`` with what follows from its fields."""
    executed_at = _in_utc(log["executed_at"])
    log["schema_version"] = log.get("schema_version") or SCHEMA_VERSION
    log["executed_at"] = executed_at
    log["month"] = month_of(executed_at)
    log["received_at"] = _in_utc(log["received_at"])
    for name, counted_as in _LIFTED:
        counted = None if counted_as is None else getattr(counts, counted_as)
        value = metrics.get(name)
        log[name] = counted if value is None else _lifted(value, counted)
    return log


def _in_utc(moment: Any) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise UnreadableRaw("a time of the line has no offset")
    try:
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except OverflowError as error:
        raise UnreadableRaw("a time of the line is out of range") from error


def _lifted(value: Any, counted: int | None) -> float | int | None:
    """The metric as its column holds it; counts come from the trace where the sender gave none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _INT64_END:
        return counted
    return int(value) if counted is not None else float(value)


def _extra(parts: Mapping[str, msgspec.Raw]) -> str:
    ours = _KNOWN | {rawhead.NAME}
    unknown = {name: raw for name, raw in parts.items() if name not in ours}
    return _text(_encode(unknown)) if unknown else "{}"


def _text(json: bytes) -> str:
    try:
        return str(json, "utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableRaw("a part of the line is not UTF-8") from error


def first_of_each(rows: Iterable[RawRow]) -> list[RawRow]:
    """One row for each log: the one received first."""
    first: dict[tuple[str, str], RawRow] = {}
    for row in rows:
        seen = first.get(row.identity)
        if seen is None or row.log["received_at"] < seen.log["received_at"]:
            first[row.identity] = row
    return list(first.values())


def logs_table(rows: Iterable[RawRow]) -> pa.Table:
    """Rows as an Arrow table of `schema.LOGS`."""
    logs = [row.log for row in rows]
    return pa.table(
        [_column([log.get(field.name) for log in logs], field.type) for field in schema.LOGS],
        schema=schema.LOGS,
    )


def traces_table(rows: Iterable[RawRow]) -> pa.Table:
    """The traces of those rows that have one, as an Arrow table of `schema.TRACES`."""
    kept = [row for row in rows if row.raw_trace is not None]
    return _traces_table(kept, _joined([row.raw_trace or b"" for row in kept]))


def traces_in_place(rows: Sequence[RawRow]) -> pa.Table:
    """As `traces_table` of rows that have one each, with the traces where they are: a table to be written at once."""
    return _traces_table(rows, _views([row.raw_trace or b"" for row in rows]))


def _traces_table(rows: Sequence[RawRow], traces: pa.Array) -> pa.Table:
    small = [field for field in schema.TRACES if field.name != "trace"]
    columns = [_column([row.log[field.name] for row in rows], field.type) for field in small]
    return pa.table([*columns, traces], schema=pa.schema([*small, pa.field("trace", traces.type)]))


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind != schema.UTC_MICROS:
        return pa.array(values, kind)
    # Left to itself, Arrow looks for the time zone of each value anew.
    micros = [None if value is None else (value - _EPOCH) // _MICROSECOND for value in values]
    return pa.array(micros, pa.int64()).view(schema.UTC_MICROS)


def _joined(traces: Sequence[bytes | memoryview]) -> pa.Array:
    """The traces as text: copied once, into one buffer. They were checked to be UTF-8 when they were read."""
    ends = pa.array([0, *accumulate(map(len, traces))], pa.int32())
    return pa.StringArray.from_buffers(len(traces), ends.buffers()[1], pa.py_buffer(b"".join(traces)))


def _views(traces: Sequence[bytes | memoryview]) -> pa.Array:
    """The traces as text that is not copied, https://arrow.apache.org/docs/format/Columnar.html#variable-size-binary-view-layout."""
    views = b"".join(_view(number, trace) for number, trace in enumerate(traces))
    buffers = [None, pa.py_buffer(views), *map(pa.py_buffer, traces)]
    return pa.Array.from_buffers(pa.string_view(), len(traces), buffers)


def _view(number: int, text: bytes | memoryview) -> bytes:
    if len(text) <= _IN_VIEW:
        return _SHORT_VIEW.pack(len(text), bytes(text))
    return _LONG_VIEW.pack(len(text), bytes(text[:4]), number, 0)
