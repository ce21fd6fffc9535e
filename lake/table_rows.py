"""Rows of files of a table, looked up by the ids of their logs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs

if TYPE_CHECKING:
    from lake.tables import TableFile

#: Column chunks are read as they are needed: a row of ``traces`` may have any size.
_FORMAT: Final = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(pre_buffer=False)
)
_FILES_AT_ONCE: Final = 8


def find_rows(
    files: Sequence[TableFile],
    source: pafs.FileSystem,
    schema: pa.Schema,
    wanted: Collection[tuple[str, str]],
    columns: Sequence[str],
) -> Iterator[Mapping[str, Any]]:
    """The rows of these (client, log id), one after another; ``source`` knows files by their paths in the table.

    ``columns`` hold ``client_id`` and ``log_id``. Row groups whose ids span none of them are not read.
    """
    if not files:
        return
    fragments = [_fragment(file, source) for file in files]
    asked = pc.field("log_id").isin(pa.array(sorted({log_id for _, log_id in wanted}), pa.string()))
    scanner = ds.FileSystemDataset(fragments, schema, _FORMAT, source).scanner(
        columns=list(columns), filter=asked, batch_readahead=1, fragment_readahead=_FILES_AT_ONCE
    )
    for batch in scanner.to_batches():
        yield from (row for row in batch.to_pylist() if (row["client_id"], row["log_id"]) in wanted)


def _fragment(file: TableFile, source: pafs.FileSystem) -> ds.Fragment:
    partition = (pc.field("client_id") == file.client_id) & (pc.field("month") == file.month)
    _, _, path = file.key.partition("/")
    return _FORMAT.make_fragment(path, source, partition_expression=partition)
