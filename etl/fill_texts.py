"""The search text of logs that were compacted before there was one: their files are written again.

A file at a time, under the guard of whoever takes files out: merging and deletion come before or after, never between.
A log whose trace is gone gets no text: it was retired.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.catch_up import opened_file, traces_of
from lake import schema
from lake.data_files import open_writer, with_columns
from lake.new_files import put_file
from lake.search_text import search_text
from lake.snapshot import Lake
from lake.table_files import TableFile
from lake.tables import CommitContended, PinnedTable
from lake.trace_parts import read_parts

_COLUMN: Final = "search_text"
_TRIES: Final = 5


def fill_texts(lake: Lake, clients: Collection[str] | None) -> int:
    """Give the logs of these clients (``None``: of all) the texts they lack; how many. Raises `LakeError`."""
    lake.logs.pin().add_columns()
    keys = {file.key for file in lake.logs.pin().files() if clients is None or file.client_id in clients}
    return sum(_fill_file(lake, key) for key in sorted(keys))


def _fill_file(lake: Lake, key: str) -> int:
    for _ in range(_TRIES):
        pinned = lake.logs.pin()
        file = next((file for file in pinned.files() if file.key == key), None)
        if file is None:  # it was merged meanwhile: the next call finds the merged one
            return 0
        try:
            return _fill(lake, pinned, file)
        except CommitContended:
            continue
    raise CommitContended(lake.logs.name)


def _fill(lake: Lake, pinned: PinnedTable, file: TableFile) -> int:
    """Write the file again where a text is missing, a row group at a time."""
    columns = pa.schema([field for field in schema.LOGS if field.name not in schema.PARTITIONS])
    source = pq.ParquetFile(opened_file(lake.store, file))
    unknown = [field for field in source.schema_arrow if field.name not in schema.LOGS.names]
    columns = pa.schema([*columns, *unknown])  # of a later version
    with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
        sink, filled = Path(folder, "filled"), 0
        with open_writer(sink, columns) as writer:
            for group in range(source.num_row_groups):
                rows, count = _with_texts(lake, file, source.read_row_group(group), columns)
                writer.write_table(rows, row_group_size=max(1, rows.num_rows))
                filled += count
        if filled:
            pinned.replace(file, put_file(lake.store, lake.logs.name, file.client_id, file.month, sink))
    return filled


def _with_texts(lake: Lake, file: TableFile, rows: pa.Table, columns: pa.Schema) -> tuple[pa.Table, int]:
    """The rows with the texts that they lack and that their traces give; how many these are."""
    known = rows[_COLUMN].to_pylist() if _COLUMN in rows.column_names else [None] * rows.num_rows
    is_lacking = pa.array([text is None for text in known])
    ids = rows["log_id"].filter(pc.and_(is_lacking, pc.greater(pc.fill_null(rows["trace_bytes"], 0), 0)))
    extras = dict(zip(rows["log_id"].to_pylist(), rows["extra"].to_pylist(), strict=True))
    made = _texts(lake, file, set(ids.to_pylist()), extras)
    texts = [text or made.get(log_id) for text, log_id in zip(known, rows["log_id"].to_pylist(), strict=True)]
    filled = with_columns(columns, rows)
    place = filled.schema.get_field_index(_COLUMN)
    return filled.set_column(place, columns.field(place), pa.array(texts, pa.string())), len(made)


def _texts(lake: Lake, file: TableFile, ids: set[str], extras: Mapping[str, str | None]) -> dict[str, str]:
    if not ids:
        return {}
    found = traces_of(lake, (file.client_id, file.month), ids)
    texts = ((log_id, search_text(extras[log_id], read_parts(trace))) for log_id, trace in found)
    return {log_id: text for log_id, text in texts if text}
