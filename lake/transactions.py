"""The numbers that an opened table's log tells of (`lake.guards`), all of them by one reading.

The library reads the log again for each number that it is asked for: with 64 shards that were most of a run.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler

from lake.errors import StoreUnavailable

_AT_ONCE: Final = 32
_LOG: Final = "_delta_log"

#: What was read of a table that is open still: its version, and the numbers by name.
_known: Final[dict[int, tuple[int, Mapping[str, int]]]] = {}


def transactions_of(table: DeltaTable) -> Mapping[str, int]:
    """The last number of each application, as of the version that is open. Raises `StoreUnavailable`."""
    version = table.version()
    known = _known.get(id(table))
    if known is None:
        weakref.finalize(table, _known.pop, id(table), None)
    if known is None or known[0] != version:
        try:
            known = version, _read(table, version, known)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise StoreUnavailable("reading the log of a table", type(error).__name__) from error
        _known[id(table)] = known
    return known[1]


def _read(table: DeltaTable, version: int, known: tuple[int, Mapping[str, int]] | None) -> Mapping[str, int]:
    source = pafs.PyFileSystem(DeltaStorageHandler.from_table(table._table))  # noqa: SLF001 - no other way
    if known is not None and known[0] < version <= known[0] + _AT_ONCE:
        start, found = known[0], dict(known[1])
    else:
        start = _checkpoint(source, version)
        found = {} if start < 0 else _of_checkpoint(source, start)
    with ThreadPoolExecutor(_AT_ONCE, "caselog-commits") as pool:
        commits = pool.map(lambda each: _of_commit(source, each), range(start + 1, version + 1))
        for told in commits:
            found |= told
    return found


def _checkpoint(source: pafs.FileSystem, version: int) -> int:
    """The version of the newest checkpoint that is not beyond ``version``; -1 where there is none."""
    selector = pafs.FileSelector(_LOG, allow_not_found=True)
    names = [found.base_name for found in source.get_file_info(selector)]
    ours = [int(name[:20]) for name in names if name[20:] == ".checkpoint.parquet" and name[:20].isdigit()]
    return max((each for each in ours if each <= version), default=-1)


def _of_checkpoint(source: pafs.FileSystem, version: int) -> dict[str, int]:
    with source.open_input_file(f"{_LOG}/{version:020}.checkpoint.parquet") as file:
        rows = pq.ParquetFile(file).read(columns=["txn"])
    told = pc.drop_null(rows["txn"]).to_pylist() if "txn" in rows.column_names else []
    return {each["appId"]: each["version"] for each in told if each["appId"] is not None}


def _of_commit(source: pafs.FileSystem, version: int) -> dict[str, int]:
    with source.open_input_file(f"{_LOG}/{version:020}.json") as file:
        actions = [json.loads(line) for line in file.read().splitlines() if b'"txn"' in line]
    return {told["appId"]: told["version"] for action in actions if (told := action.get("txn"))}
