"""One raw line and its row: what the collector writes, and how ETL and reader read it back. Pure.

A raw object is zstd-compressed NDJSON. A line is one whole log as flat JSON plus ``received_at``; ``trace``
comes last and is the sender's own bytes. Collector, ETL and reader share this module, so that whatever was
acknowledged can be read: a JSON parser with other limits (DuckDB's refuses numbers and sizes that others
accept) never stands between an acknowledged log and its table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
import pyarrow as pa
import zstandard

from caselog.model import LOG_FIELDS, SCHEMA_VERSION
from lake import columns, schema
from lake.errors import UnreadableRaw
from lake.layout import month_of
from lake.losses import sum_losses

#: Level 1: a 1.4 MB log in 3 ms; higher levels cost the collector more than they save the store.
_ZSTD_LEVEL: Final = 1
#: No raw object unpacks to more than this, whatever its header claims.
MAX_UNPACKED_BYTES: Final = 512 * 1024 * 1024

_SMALL_FIELDS: Final = tuple(f for f in LOG_FIELDS if f.name not in {"trace", "metrics"})
_INT64_END: Final = 2**63

_KNOWN: Final = frozenset(f.name for f in LOG_FIELDS) | {"received_at"}
_REQUIRED: Final = frozenset(f.name for f in LOG_FIELDS if f.required) | {
    "client_id",
    "log_id",
    "received_at",
}

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


class _Iteration(msgspec.Struct):
    tool_calls: list[msgspec.Raw] | None = None


class _Countable(msgspec.Struct):
    errors: list[msgspec.Raw] | None = None
    tool_calls: list[msgspec.Raw] | None = None
    react_iterations: list[_Iteration] | None = None


_as_countable = msgspec.json.Decoder(_Countable).decode


@dataclass(frozen=True)
class PartCounts:
    """How many parts of each kind a trace holds; tool calls inside iterations count too."""

    react_iterations: int = 0
    tool_call_count: int = 0
    error_count: int = 0


@dataclass(frozen=True)
class RawRow:
    """One log as the tables hold it: ``log`` has the columns of `schema.LOGS`, ``trace`` is JSON text."""

    log: dict[str, Any]
    trace: str | None

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
    head = _encode({**fields, "received_at": received_at.astimezone(UTC)})
    return (
        head
        if trace is None
        else b'%s,"trace":%s}' % (head[:-1], trace.replace(b"\n", b" ").replace(b"\r", b" "))
    )


def pack(lines: Sequence[bytes]) -> bytes:
    """A raw object of these lines."""
    return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(b"\n".join(lines) + b"\n")


def unpack(blob: bytes) -> list[bytes]:
    """The lines of a raw object; raises `UnreadableRaw` where it is not one."""
    try:
        # The claimed size is checked first: it is what gets allocated. A cut-off frame raises, a stream would not.
        if not 0 <= zstandard.frame_content_size(blob) <= MAX_UNPACKED_BYTES:
            raise UnreadableRaw(
                f"the object does not say that it unpacks to at most {MAX_UNPACKED_BYTES} bytes"
            )
        text = zstandard.ZstdDecompressor().decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise UnreadableRaw("the object is not zstd-compressed, or not whole") from error
    return [line for line in text.split(b"\n") if line.strip()]


def count_parts(trace: bytes) -> PartCounts:
    """How many iterations, tool calls and errors there are; parts of an unexpected shape count as none.

    >>> count_parts(b'{"errors": [{}], "react_iterations": [{"tool_calls": [1, 2]}]}')
    PartCounts(react_iterations=1, tool_call_count=2, error_count=1)
    """
    try:
        parts = _as_countable(trace)
    except msgspec.DecodeError:
        return _count_odd_parts(trace)
    iterations = parts.react_iterations or []
    nested = sum(len(iteration.tool_calls or ()) for iteration in iterations)
    return PartCounts(len(iterations), nested + len(parts.tool_calls or ()), len(parts.errors or ()))


def _count_odd_parts(trace: bytes) -> PartCounts:
    try:
        parts = msgspec.json.decode(trace)
    except (msgspec.DecodeError, RecursionError):
        return PartCounts()
    if not isinstance(parts, dict):
        return PartCounts()
    iterations = _list_of(parts, "react_iterations")
    nested = sum(len(_list_of(i, "tool_calls")) for i in iterations if isinstance(i, dict))
    return PartCounts(
        len(iterations), nested + len(_list_of(parts, "tool_calls")), len(_list_of(parts, "errors"))
    )


def _list_of(parts: Mapping[str, Any], name: str) -> list[Any]:
    value = parts.get(name)
    return value if isinstance(value, list) else []


def read_line(line: bytes, client_id: str) -> RawRow:
    """The row of one raw line of ``client_id``; raises `UnreadableRaw` with a reason that quotes nothing."""
    try:
        parts = _as_parts(line)
        log = {f.name: _DECODERS[f.kind](parts[f.name]) for f in _SMALL_FIELDS if f.name in parts}
        received_at = _DECODERS["timestamp"](parts["received_at"]) if "received_at" in parts else None
        metrics = _as_metrics(parts["metrics"]) if "metrics" in parts else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnreadableRaw("the line is not a JSON object whose fields have the types of a log") from error
    missing = sorted(name for name in _REQUIRED if {**log, "received_at": received_at}.get(name) is None)
    if missing:
        raise UnreadableRaw(f"the line has no {', '.join(missing)}")
    if log["client_id"] != client_id:
        raise UnreadableRaw("the line names another client than the folder it lies in")
    return _row(log, _in_utc(received_at), metrics, parts)


def _row(
    log: dict[str, Any], received_at: datetime, metrics: dict[str, Any], parts: Mapping[str, msgspec.Raw]
) -> RawRow:
    raw_trace = bytes(parts["trace"]) if "trace" in parts else b"null"
    trace = None if raw_trace == b"null" else raw_trace
    counts = count_parts(trace) if trace else PartCounts()
    executed_at = _in_utc(log["executed_at"])
    log |= {
        "schema_version": log.get("schema_version") or SCHEMA_VERSION,
        "executed_at": executed_at,
        "month": month_of(executed_at),
        "received_at": received_at,
        "metrics": _text(bytes(parts.get("metrics", b"{}"))),
        "trace_bytes": len(trace or b""),
        "lost_logs": sum_losses(bytes(parts["sdk"])) if "sdk" in parts else 0,
        "extra": _extra(parts),
    }
    log |= {name: _lifted(metrics, name, counts) for name in columns.LIFTED_METRICS}
    return RawRow(log, None if trace is None else _text(trace))


def _in_utc(moment: Any) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise UnreadableRaw("a time of the line has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise UnreadableRaw("a time of the line is out of range") from error


def _lifted(metrics: Mapping[str, Any], name: str, counts: PartCounts) -> float | int | None:
    """The metric as its column holds it; counts come from the trace where the sender gave none."""
    value = metrics.get(name)
    counted = getattr(counts, name, None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _INT64_END:
        return counted
    return int(value) if counted is not None else float(value)


def _extra(parts: Mapping[str, msgspec.Raw]) -> str:
    unknown = {name: raw for name, raw in parts.items() if name not in _KNOWN}
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
    return pa.Table.from_pylist([row.log for row in rows], schema=schema.LOGS)


def traces_table(rows: Iterable[RawRow]) -> pa.Table:
    """The traces of those rows that have one, as an Arrow table of `schema.TRACES`."""
    return pa.Table.from_pylist(list(_trace_rows(rows)), schema=schema.TRACES)


def _trace_rows(rows: Iterable[RawRow]) -> Iterator[dict[str, Any]]:
    keys = ("client_id", "month", "log_id", "executed_at")
    for row in rows:
        if row.trace is not None:
            yield {**{key: row.log[key] for key in keys}, "trace": row.trace}
