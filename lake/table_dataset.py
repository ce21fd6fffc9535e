"""Files of a table as a dataset that DuckDB narrows by its conditions and reads some files at a time.

Arrow's threads never need the interpreter here: a scan is started while the interpreter is held, so a file system
written in Python below the dataset would let the two wait for each other for ever. What a query needs is opened
before Arrow sees it, by the thread that asks for rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs

from lake.errors import ObjectDamaged

_FORMAT: Final = ds.ParquetFileFormat()
#: A dataset must name a file system; nothing is opened by its path.
_UNUSED: Final = pafs.LocalFileSystem()

#: Given keys, opens them some at a time, as Parquet files that Arrow reads without the interpreter.
Open = Callable[[Sequence[str]], Iterator[Mapping[str, pa.NativeFile]]]


class TableDataset(ds.FileSystemDataset):  # type: ignore[misc] # pyarrow has no types
    """Rows of ``files``: by key, what is true of every row. Conditions leave files unopened by it."""

    def __init__(self, files: Mapping[str, pc.Expression], columns: pa.Schema, opened: Open) -> None:
        fragments = [_fragment(key, told, _UNUSED) for key, told in files.items()]
        super().__init__(fragments, columns, _FORMAT, _UNUSED)
        self._open = opened

    def scanner(self, columns: Sequence[str] | None = None, filter: pc.Expression = None) -> TableScan:  # noqa: A002 - DuckDB names it
        """The rows that ``filter`` leaves, of those columns; nothing is opened before the first is asked for."""
        names = self.schema.names if columns is None else columns
        projected = pa.schema([self.schema.field(name) for name in names])
        return TableScan(projected, lambda: self._batches(columns, filter))

    def _batches(self, columns: Sequence[str] | None, condition: pc.Expression) -> Iterator[pa.RecordBatch]:
        left = {each.path: each.partition_expression for each in self.get_fragments(condition)}
        for files in self._open(list(left)):
            fragments = {key: _fragment(file, left[key]) for key, file in files.items()}
            try:
                yield from self._scan(fragments.values(), columns, condition)
            except (pa.ArrowInvalid, OSError):
                self._name_the_damaged(fragments, columns, condition)
                raise

    def _scan(self, fragments: Any, columns: Sequence[str] | None, condition: pc.Expression) -> Any:
        dataset = ds.FileSystemDataset(fragments, self.schema, _FORMAT, _UNUSED)
        return dataset.scanner(columns=columns, filter=condition).to_batches()

    def _name_the_damaged(
        self, fragments: Mapping[str, Any], columns: Sequence[str] | None, condition: pc.Expression
    ) -> None:
        """Raise `ObjectDamaged` for the file that fails on its own; Arrow's errors name none, and may quote rows."""
        for key, fragment in fragments.items():
            try:
                for _ in self._scan([fragment], columns, condition):
                    pass
            except (pa.ArrowInvalid, OSError):
                raise ObjectDamaged(key, "cannot be read") from None


class TableScan:
    """What DuckDB asks a scan for."""

    def __init__(self, projected_schema: pa.Schema, batches: Callable[[], Iterator[pa.RecordBatch]]) -> None:
        self.projected_schema = projected_schema
        self._batches = batches

    def to_reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.projected_schema, self._batches())


def _fragment(file: Any, told: pc.Expression, filesystem: pafs.FileSystem | None = None) -> Any:
    return _FORMAT.make_fragment(file, filesystem, partition_expression=told)
