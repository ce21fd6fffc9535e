"""A batch, and all that can be made of it before the tables are asked what they hold."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import groupby
from typing import Any, Final

from etl.batches import Batch
from etl.derive import BatchDeriver
from etl.writing import FileWriter
from lake import layout, rawlog
from lake.derived import Derived
from lake.new_files import NewFile
from lake.rawlog import RawRow

_TABLES: Final = (layout.TRACES, layout.LOGS)

Partition = tuple[str, str]


class Prepared:
    """The rows of a batch, one for each log, in the order of the files; and these files, being written."""

    def __init__(self, batch: Batch, writer: FileWriter, deriver: BatchDeriver) -> None:
        self.batch = batch
        self._writer = writer
        every = [row for parsed in batch.objects for row in parsed.rows]
        self.received = len(every)
        self.rows = sorted(rawlog.first_of_each(every), key=_as_in_files)
        self._deriver = deriver
        self._derived = deriver.begin(self.rows)
        self._parts = _by_partition(self.rows)
        self._files: dict[tuple[str, Partition], Future[NewFile | None]] = {
            # It is the derived rows that give the logs their search text.
            (table, part): writer.start(table, rows, self._derived if table == layout.LOGS else None)
            for table in _TABLES
            for part, rows in self._parts.items()
        }

    def derived_of(self, rows: Sequence[RawRow]) -> Derived | None:
        """The derived rows of ``rows``, which are some of the batch's own or all."""
        return self._derived.result() if _are_same(rows, self.rows) else self._deriver.make(rows)

    def files_of(self, table: str, rows: Sequence[RawRow]) -> list[NewFile]:
        """Files of ``rows``, which are some of the batch's own or all, in their order; to be committed now.

        A file that holds other rows as well is written anew without them. Raises `lake.errors.StoreUnavailable`.
        """
        found = (self._file_of(table, part, rows) for part, rows in _by_partition(rows).items())
        files = [file for file in found if file is not None]
        for file in files:
            self._writer.claim(table, file)
        return files

    def _file_of(self, table: str, part: Partition, rows: Sequence[RawRow]) -> NewFile | None:
        if _are_same(rows, self._parts[part]):
            return self._files[table, part].result()
        return self._writer.write(table, rows)

    def drop_unused(self) -> None:
        """Remove the files that were written and not committed."""
        for (table, _), file in self._files.items():
            if not file.cancel() and file.exception() is None and (written := file.result()) is not None:
                self._writer.drop(table, written)


def _are_same(some: Sequence[RawRow], others: Sequence[RawRow]) -> bool:
    """Whether they are the very same rows: of one that is too old the trace is taken off."""
    return len(some) == len(others) and all(map(operator.is_, some, others))


def _by_partition(rows: Sequence[RawRow]) -> dict[Partition, list[RawRow]]:
    return {part: list(of_part) for part, of_part in groupby(rows, key=lambda row: row.partition)}


def _as_in_files(row: RawRow) -> tuple[Any, ...]:
    """The order of rows within a partition's files."""
    return row.log["client_id"], row.log["month"], row.log["executed_at"], row.log["log_id"]
