"""Tickets as CSV, NDJSON or Parquet: bytes in pieces, a batch in memory at a time. Pure."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from voila_dashboards.downloads.tickets import COLUMNS

Rows = Iterable[Sequence[Sequence[Any]]]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Columns whose text is JSON.
_JSON: Final = frozenset({"metrics", "extra"})
#: What makes a spreadsheet take a cell for a formula, https://owasp.org/www-community/attacks/CSV_Injection ; the same
#: signs of full width, which some take for these.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: Where a cell begins for a spreadsheet that parts lines otherwise than with commas, as those of half of Europe do: to
#: these, quotes that begin within a line are letters, and hold neither separators nor ends of lines together.
_CELL_WITHIN: Final = re.compile(r"""([;|\t\r\n])(?=[ \xa0"']*[=+\-@＝＋－＠])""")
_encode = msgspec.json.Encoder().encode


def as_csv(batches: Rows) -> Iterator[bytes]:
    """CSV as RFC 4180 has it, in UTF-8 with the mark by which spreadsheets know it."""
    yield b"\xef\xbb\xbf" + _csv_lines([[*COLUMNS]])
    for rows in batches:
        yield _csv_lines([_cells(row) for row in rows])


def as_ndjson(batches: Rows) -> Iterator[bytes]:
    """A JSON object on each line; ``metrics`` and ``extra`` are objects in it, their numbers as they were sent."""
    for rows in batches:
        yield b"".join(_encode(_as_object(row)) + b"\n" for row in rows)


def as_parquet(batches: Rows) -> Iterator[bytes]:
    """A Parquet file with the types of the view ``logs``."""
    import pyarrow as pa  # starts threads: a process seals itself first
    import pyarrow.parquet as pq

    from lake.schema import UTC_MICROS

    types = {"integer": pa.int64(), "number": pa.float64(), "timestamp": UTC_MICROS}
    schema = pa.schema([(name, types.get(kind, pa.string())) for name, kind in COLUMNS.items()])
    written = _Pieces()
    with pq.ParquetWriter(pa.PythonFile(written, mode="w"), schema, compression="zstd") as writer:
        for rows in batches:
            values = zip(*rows, strict=True)
            arrays = [_array(pa, column, field.type) for column, field in zip(values, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            yield written.take()
    yield written.take()


FORMATS: Final[Mapping[str, tuple[str, Callable[[Rows], Iterator[bytes]]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "ndjson": ("application/x-ndjson", as_ndjson),
    "parquet": ("application/vnd.apache.parquet", as_parquet),
}


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, nor a part of it, whatever a log says.

    >>> safe_cell("=HYPERLINK(1)"), safe_cell("  +1"), safe_cell("T-1 = 2"), safe_cell(""), safe_cell("a; =1")
    ("'=HYPERLINK(1)", "'  +1", 'T-1 = 2', '', "a;' =1")
    """
    text = _CELL_WITHIN.sub(r"\1'", text)
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _csv_lines(rows: Iterable[Sequence[Any]]) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode("utf-8", "replace")


def _cells(row: Sequence[Any]) -> list[Any]:
    return [_cell(kind, value) for kind, value in zip(COLUMNS.values(), row, strict=True)]


def _cell(kind: str, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    return _time(value) if kind == "timestamp" else value


def _as_object(row: Sequence[Any]) -> dict[str, Any]:
    return {name: _value(name, kind, value) for (name, kind), value in zip(COLUMNS.items(), row, strict=True)}


def _value(name: str, kind: str, value: Any) -> Any:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if name in _JSON:
        return msgspec.Raw(value.encode())
    return _time(value) if kind == "timestamp" else value


def _time(micros: int) -> str:
    return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def _array(pa: Any, values: Sequence[Any], kind: Any) -> Any:
    return pa.array(values, pa.int64()).cast(kind) if pa.types.is_timestamp(kind) else pa.array(values, kind)


class _Pieces(io.RawIOBase):
    """A file that keeps what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def tell(self) -> int:
        """How much was written."""
        return self._length

    def write(self, data: Any) -> int:
        """Keep the bytes."""
        piece = bytes(data)
        self._pieces.append(piece)
        self._length += len(piece)
        return len(piece)

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._pieces = b"".join(self._pieces), []
        return taken
