"""What the ETL makes of traces, for logs that were compacted before it did: their files are written again.

A file at a time, under the guard of whoever takes files out: merging and deletion come before or after, never between.
A log whose trace is gone gets nothing: it was retired.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl.catch_up import opened_file, traces_of
from lake import schema
from lake.columns import MADE_BY_ETL
from lake.data_files import open_writer, with_columns
from lake.derived import made_of_trace
from lake.new_files import put_file
from lake.snapshot import Lake
from lake.table_files import TableFile
from lake.tables import CommitContended, PinnedTable
from lake.trace_parts import read_parts

_TRIES: Final = 5


def fill_texts(lake: Lake, clients: Collection[str] | None) -> int:
    """Give the logs of these clients (``None``: of all) what they lack; how many. Raises `LakeError`."""
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
    """Write the file again where something is missing, a row group at a time."""
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
    """The rows with what they lack and their traces give; how many these are."""
    filled = with_columns(columns, rows)
    lacks = reduce(pc.or_, (pc.is_null(filled[name]) for name in MADE_BY_ETL))
    has_trace = pc.greater(pc.fill_null(filled["trace_bytes"], 0), 0)
    ids = filled["log_id"].to_pylist()
    wanted = set(filled["log_id"].filter(pc.and_(lacks, has_trace)).to_pylist())
    logs = filled.select(["log_id", "ticket_id", "extra"]).to_pylist()
    made = _made(lake, file, wanted, {log["log_id"]: log for log in logs})
    for log in filled.select(["log_id", *MADE_BY_ETL]).to_pylist():
        if made.get(log_id := log.pop("log_id")) == log:
            del made[log_id]  # it has all that its trace gives
    for name in MADE_BY_ETL:
        known = zip(ids, filled[name].to_pylist(), strict=True)
        values = [made[log_id][name] if log_id in made else value for log_id, value in known]
        place = filled.schema.get_field_index(name)
        field = columns.field(place)
        filled = filled.set_column(place, field, pa.array(values, field.type))
    return filled, len(made)


def _made(
    lake: Lake, file: TableFile, ids: set[str], logs: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What the traces of these logs give, by log; a trace that gives nothing new is left out."""
    if not ids:
        return {}
    found = traces_of(lake, (file.client_id, file.month), ids)
    return {log_id: made_of_trace(logs[log_id], read_parts(trace)) for log_id, trace in found}
