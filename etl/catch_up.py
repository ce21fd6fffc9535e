"""Makes the derived rows that are missing, from ``traces`` and ``logs``: a month of a client at a time.

Which logs have rows already is told by the tables themselves, so a run that was killed goes on where it was. Each
portion restates the number of its shard in its commit: nobody else adds rows of the shard meanwhile, and the number
rises only when nothing is missing any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake import columns
from lake.commits_since import AddedFiles, files_since
from lake.derived import Derived
from lake.errors import ObjectDamaged, ObjectNotFound
from lake.shards import shard_of
from lake.snapshot import Lake
from lake.store import Store
from lake.table_files import TableFile
from lake.tables import CommitContended, PinnedTable

_LOG_COLUMNS: Final = ("log_id", "ticket_id", "executed_at", "extra", *columns.OF_LOG.values())
_TRIES: Final = 5
#: Bytes of traces that are read before their rows are committed.
_PORTION_BYTES: Final = 32 * 1024 * 1024
Partition = tuple[str, str]


class Counted(Protocol):
    """Where it is counted what was done."""

    logs: int
    beyond: int


def catch_up(
    lake: Lake,
    names: Sequence[str],
    shards: Collection[int],
    is_late: Callable[[], bool],
    report: Counted,
    *,
    is_thorough: bool = False,
    clients: Collection[str] | None = None,
) -> bool:
    """Add to the derived tables ``names`` what they lack of ``shards``; whether it came to its end in time.

    With ``is_thorough`` the numbers are not believed, and every log is looked for; ``clients`` are those to look at
    then. Raises `CommitContended` where others keep coming first, and `LakeError`.
    """
    for shard in sorted(shards):
        for attempt in range(_TRIES):
            try:
                if not _Shard(lake, names, shard, report).catch_up(
                    is_late, is_thorough=is_thorough, clients=clients
                ):
                    return False
                break
            except CommitContended:
                if attempt == _TRIES - 1:
                    raise
    return True


class _Shard:
    """One shard at one version of ``logs`` and of the derived tables that are brought up."""

    def __init__(self, lake: Lake, names: Sequence[str], shard: int, report: Counted) -> None:
        self._store = lake.store
        self._shard = shard
        self._report = report
        self._logs = lake.logs.pin()  # before the derived tables: they may have more than this, not less
        self._number = self._logs.number(shard)
        self._derived = {name: lake.table(name).pin() for name in names}
        self._done = {name: pinned.number(shard) for name, pinned in self._derived.items()}
        self._lake = lake

    def catch_up(
        self, is_late: Callable[[], bool], *, is_thorough: bool, clients: Collection[str] | None
    ) -> bool:
        behind = {
            name: pinned
            for name, pinned in self._derived.items()
            if is_thorough or pinned.number(self._shard) < self._number
        }
        if not behind:
            return True
        todo = self._partitions(behind, is_thorough=is_thorough)
        for partition, keys in sorted(todo.items()):
            if clients is not None and partition[0] not in clients:
                continue
            if is_late():
                return False
            self._catch_up_partition(behind, partition, keys)
        if clients is None:
            for name in behind:
                self._settle(name)
        return True

    def _settle(self, name: str) -> None:
        """Say that nothing is missing up to the number of ``logs``."""
        pinned = self._derived[name]
        if pinned.number(self._shard) < self._number:
            pinned.append(pa.table({}), {self._shard: self._number})

    def _partitions(
        self, behind: Mapping[str, PinnedTable], *, is_thorough: bool
    ) -> dict[Partition, list[str] | None]:
        """What to look at: months of clients, with the files that are new in them where that is known."""
        done = min(pinned.number(self._shard) for pinned in behind.values())
        since: Mapping[int, AddedFiles] = {}
        if done > 0 and not is_thorough:
            since = files_since(self._store, {self._shard: done})
        if self._shard in since:
            return {partition: list(keys) for partition, keys in since[self._shard].items()}
        return {
            (file.client_id, file.month): None
            for file in self._logs.files()
            if shard_of(file.client_id) == self._shard
        }

    def _catch_up_partition(
        self, behind: Mapping[str, PinnedTable], partition: Partition, keys: Sequence[str] | None
    ) -> None:
        logs = _read(self._store, _in(self._logs.files(), partition), _LOG_COLUMNS)
        if logs is None:
            return
        wanted = {
            name: _without(self._new_ids(logs, keys), self._ids(pinned, partition))
            for name, pinned in behind.items()
        }
        every = pa.chunked_array(list(wanted.values()), pa.string()).unique()
        for derived in _portions(self._lake, logs, partition, every):
            self._report.beyond += derived.beyond
            added: set[str] = set()
            for rows in derived.portions:
                for name in behind:
                    added |= self._append(
                        name, rows[name].filter(pc.is_in(rows[name]["log_id"], wanted[name]))
                    )
            self._report.logs += len(added)

    def _append(self, name: str, rows: pa.Table) -> set[str]:
        """Add rows to a table; the logs they are of.

        Until all are there the number goes back by one: so whoever is about to add the rows of the next batch sees
        that somebody is at it, or was killed at it, and leaves them to one who looks at the ids.
        """
        if rows.num_rows:
            self._derived[name].append(rows, {self._shard: self._done[name] - 1})
        return set(rows["log_id"].to_pylist())

    def _new_ids(self, logs: pa.Table, keys: Sequence[str] | None) -> pa.Array:
        """Ids of the logs to look at: of new files where these are known and still there, otherwise all."""
        if keys is not None:
            found = [_ids_of(self._store, key) for key in keys]
            if all(ids is not None for ids in found):
                # Only what is in the table: a log may have been deleted since its file was new.
                new = pa.concat_arrays([ids for ids in found if ids is not None])
                return new.filter(pc.is_in(new, logs["log_id"].combine_chunks()))
        return logs["log_id"].combine_chunks()

    def _ids(self, pinned: PinnedTable, partition: Partition) -> pa.Array:
        """Logs of a partition that a derived table has rows of."""
        rows = _read(self._store, _in(pinned.files(), partition), ("log_id",))
        return pa.array([], pa.string()) if rows is None else rows["log_id"].unique()


def _without(ids: pa.Array, known: pa.Array) -> pa.Array:
    return ids.filter(pc.invert(pc.is_in(ids, known)))


def _in(files: Iterable[TableFile], partition: Partition) -> list[TableFile]:
    return sorted(
        (file for file in files if (file.client_id, file.month) == partition), key=lambda file: file.key
    )


def _ids_of(store: Store, key: str) -> pa.Array | None:
    """The ids in a file that may be gone."""
    try:
        rows = pq.read_table(_opened(store, key), columns=["log_id"])
    except (ObjectNotFound, FileNotFoundError):
        return None
    return rows["log_id"].combine_chunks().cast(pa.string())


def _opened(store: Store, key: str) -> Any:
    path = store.local_path(key)
    return pa.OSFile(str(path)) if path else pa.BufferReader(store.get(key))


def _read(store: Store, files: Sequence[TableFile], names: Sequence[str]) -> pa.Table | None:
    """These columns of some files, as one table; a column that a file lacks is empty."""
    tables = [_read_file(store, file, names) for file in files]
    return pa.concat_tables(tables, promote_options="default") if tables else None


def _read_file(store: Store, file: TableFile, names: Sequence[str]) -> pa.Table:
    try:
        opened = pq.ParquetFile(_opened(store, file.key))
        there = [name for name in names if name in opened.schema_arrow.names]
        return opened.read(columns=there).cast(pa.schema([opened.schema_arrow.field(n) for n in there]))
    except (ObjectNotFound, FileNotFoundError) as error:
        raise ObjectDamaged(file.key, "is missing") from error
    except (pa.ArrowException, OSError) as error:
        raise ObjectDamaged(file.key, "is not a Parquet file that can be read") from error


# ------------------------------------------------------------ traces


def _portions(lake: Lake, logs: pa.Table, partition: Partition, wanted: pa.Array) -> Iterator[Derived]:
    """The derived rows of the logs with these ids, some MiB of traces at a time."""
    places = {log_id: n for n, log_id in enumerate(logs["log_id"].to_pylist())} if len(wanted) else {}
    wanted_ids = set(wanted.to_pylist())
    pending: dict[int, str] = {}
    size = 0
    for log_id, trace in traces_of(lake, partition, wanted_ids) if wanted_ids else ():
        wanted_ids.discard(log_id)
        pending[places[log_id]] = trace
        size += len(trace)
        if size > _PORTION_BYTES:
            yield _derived(logs, partition, pending)
            pending, size = {}, 0
    if pending:
        yield _derived(logs, partition, pending)


def _derived(logs: pa.Table, partition: Partition, traces: Mapping[int, str]) -> Derived:
    places = list(traces)
    rows = logs.take(pa.array(places)).to_pylist()
    found = [
        ({**row, "client_id": partition[0], "month": partition[1]}, traces[place])
        for place, row in zip(places, rows, strict=True)
    ]
    return Derived(sorted(found, key=lambda each: (each[0]["executed_at"], each[0]["log_id"])))


def traces_of(lake: Lake, partition: Partition, wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    """Ids and traces of a partition, in the order of its files; a trace that stands twice comes once."""
    known: set[str] = set()
    ids = pa.array(sorted(wanted), pa.string())
    for file in _in(lake.traces.pin().files(), partition):
        if not file.may_hold_one(ids.to_pylist()):
            continue
        opened = pq.ParquetFile(opened_file(lake.store, file))
        for group in range(opened.num_row_groups):
            held = opened.read_row_group(group, ["log_id"])["log_id"]
            mask = pc.is_in(held, ids)
            if not pc.any(mask).as_py():
                continue
            rows = opened.read_row_group(group, ["log_id", "trace"]).filter(mask)
            for log_id, trace in zip(rows["log_id"].to_pylist(), rows["trace"].to_pylist(), strict=True):
                if log_id not in known and trace is not None:
                    known.add(log_id)
                    yield log_id, trace


def opened_file(store: Store, file: TableFile) -> Any:
    """A file of a table, to be read; raises `ObjectDamaged` where it is gone."""
    try:
        return _opened(store, file.key)
    except (ObjectNotFound, FileNotFoundError) as error:
        raise ObjectDamaged(file.key, "is missing") from error
