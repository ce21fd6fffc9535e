"""How the Parquet files of the tables are laid out, whoever writes them: a run, a merge, a deletion, a repair."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from lake import columns, schema

#: A month of a client is a handful of reads.
GROUP_ROWS: Final = 120_000
#: What the table's log says of a file, so that most files need not be opened.
SPANNED: Final = ("executed_at", "log_id")
#: Long texts: nobody looks for them by range, no two are equal, and their statistics would be as long.
_TEXTS: Final = frozenset({"trace", "metrics", "extra", *columns.OF_TRACE})


def new_path(client_id: str, month: str) -> str:
    """A path below a table's folder that no file has had or will have."""
    return f"client_id={client_id}/month={month}/part-{uuid.uuid4()}.zstd.parquet"


def columns_of_files(opened: DeltaTable) -> pa.Schema:
    """The table's own columns, also those that a later version added; partitions stand in the path alone."""
    told = pa.schema(opened.schema().to_arrow())
    return pa.schema([_plain(field) for field in told if field.name not in schema.PARTITIONS])


def _plain(field: pa.Field) -> pa.Field:
    """Texts as they are everywhere else: the library tells them as views."""
    return pa.field(field.name, pa.string() if is_text(field.type) else field.type)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts."""
    return bool(pa.types.is_string(kind) or pa.types.is_string_view(kind) or pa.types.is_large_string(kind))


def open_writer(
    sink: pa.NativeFile | Path | Any,
    wanted: pa.Schema,
    statistics: Collection[str] | None = None,
    **options: Any,
) -> pq.ParquetWriter:
    """A writer of such a file; ``statistics`` are the columns to keep them of, all short ones where it is missing."""
    short = [name for name in wanted.names if name not in _TEXTS]
    told = short if statistics is None else [*statistics]
    return pq.ParquetWriter(
        sink, wanted, compression="zstd", write_statistics=told, use_dictionary=short, **options
    )


def with_columns(wanted: pa.Schema, rows: pa.Table) -> pa.Table:
    """The rows with these columns; one that is not there is empty."""
    arrays = [
        rows[field.name].cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in wanted
    ]
    return pa.table(arrays, schema=wanted)


def in_groups(pieces: Iterable[pa.Table], bytes_per_group: int) -> Iterator[pa.Table]:
    """The rows in portions of about so many bytes; a row that is bigger is one of its own."""
    pending: list[pa.Table] = []
    size = rows = 0
    for piece in pieces:
        for part in split(piece, bytes_per_group):
            if pending and (size + part.nbytes > bytes_per_group or rows + part.num_rows > GROUP_ROWS):
                yield pa.concat_tables(pending)
                pending, size, rows = [], 0, 0
            pending.append(part)
            size += part.nbytes
            rows += part.num_rows
    if pending:
        yield pa.concat_tables(pending)


def split(rows: pa.Table, limit: int) -> Iterator[pa.Table]:
    """The rows in halves of halves, of at most ``limit`` bytes and `GROUP_ROWS`; one row may be more."""
    is_small = rows.nbytes <= limit and rows.num_rows <= GROUP_ROWS
    if rows.num_rows and (is_small or rows.num_rows == 1):
        yield rows
    elif rows.num_rows:
        half = rows.num_rows // 2
        yield from split(rows.slice(0, half), limit)
        yield from split(rows.slice(half), limit)


# ------------------------------------------------------------ what a table's log says of a file


def stats_of(footer: pq.FileMetaData) -> str:
    """The statistics of a file with this footer, as `stats` has them."""
    lows: dict[str, Any] = {}
    highs: dict[str, Any] = {}
    for group in map(footer.row_group, range(footer.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            name, found = column.path_in_schema, column.statistics
            if name in SPANNED and found is not None and found.has_min_max:
                widen(lows, highs, name, found.min, found.max)
    return stats(footer.num_rows, lows, highs)


def widen(lows: dict[str, Any], highs: dict[str, Any], name: str, low: Any, high: Any) -> None:
    """Have what is known of a column's span take these in."""
    lows[name] = min(lows.get(name, low), low)
    highs[name] = max(highs.get(name, high), high)


def stats(rows: int, lows: Mapping[str, Any], highs: Mapping[str, Any]) -> str:
    """How many rows a file has, and from where to where its columns go.

    As https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics has it.
    """
    told = {
        "numRecords": rows,
        "minValues": {name: _in_json(value) for name, value in lows.items()},
        "maxValues": {name: _in_json(value) for name, value in highs.items()},
    }
    return json.dumps(told)


def _in_json(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    return str(value)
