"""Rows taken out of a table for good: files without them, and nothing left of the files there were.

Who adds rows is kept out by `TableRemoval.fence`: of writers that opened the table before it none can commit, and who
opens it later knows what is to be removed. Who merges files is kept out by the number that every commit carries which
takes files out. A file that left the table is removed from the store at once: whoever reads it finds it gone and looks
at the table again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction

from lake import guards, layout, schema
from lake.damage import shards_ahead, shards_of_raw
from lake.data_files import columns_of_files, new_path, stats_of
from lake.new_files import NewFile, removal
from lake.portions import portions
from lake.rewriting import Change, rewrite
from lake.scrubbing import scrub_log
from lake.shards import EVERY_SHARD, shards_of
from lake.snapshot import Lake
from lake.store import Store
from lake.table_search import READERS, TableSearch
from lake.tables import CommitContended, Table, TableFile, asking

T = TypeVar("T")

#: Row groups: a month of a client in a handful of reads, a ticket without its neighbours.
_BYTES_PER_GROUP: Final = {layout.LOGS: 64 * 1024 * 1024}
_BYTES_PER_GROUP_OF_TEXTS: Final = 4 * 1024 * 1024
#: How often a commit is offered again when others keep coming first.
_TRIES: Final = 30
#: What is committed together, of files that are written again.
_PORTION: Final = 64
_PORTION_BYTES: Final = 256 * 1024 * 1024
#: Files that are taken out unread need no portions but for the size of a commit.
_MOST_FILES: Final = 5_000


@dataclass
class Removed:
    """What was taken out of a table: rows of files that were written again, files, and the latter's rows."""

    rows: int = 0
    rewritten: int = 0
    files: list[str] = field(default_factory=list)

    def add(self, other: Removed) -> None:
        """Count what ``other`` counts, too."""
        self.rows += other.rows
        self.rewritten += other.rewritten
        self.files += other.files


class TableRemoval(TableSearch):
    """One table, opened to take rows out of it."""

    def __init__(self, store: Store, table: Table) -> None:
        super().__init__(store, table)
        is_derived = table.name not in {layout.LOGS, layout.TRACES}
        self._appender = guards.DERIVER if is_derived else guards.APPENDER

    def fence(self, clients: Collection[str] | None) -> None:
        """Keep out whoever opened the table before to add rows of these clients (``None``: all), or to merge files.

        Raises `CommitContended` where others keep coming first, and `StoreUnavailable`.
        """
        shards = EVERY_SHARD if clients is None else shards_of(clients)
        self._retried(lambda: self._commit(self._open(), [], self._fence_of(shards)))

    def _fence_of(self, shards: Collection[int]) -> Callable[[DeltaTable], list[Transaction]]:
        def numbers(opened: DeltaTable) -> list[Transaction]:
            added = {shard: guards.number_of(opened, self._appender, shard) for shard in shards}
            return [*guards.guards(self._appender, added), *_next_of_remover(opened, shards)]

        return numbers

    def catch_up(self, numbers: Mapping[int, int]) -> None:
        """Have the table say that these commits of its appender were made, by shard: their rows were taken out."""

        def behind(opened: DeltaTable) -> list[Transaction]:
            left = {s: n for s, n in numbers.items() if n > guards.number_of(opened, self._appender, s)}
            return guards.guards(self._appender, left)

        self._retried(lambda: self._commit(self._open(), [], behind))

    # ------------------------------------------------------------ taking out

    def remove_files(self, wanted: Callable[[TableFile], bool], now: datetime, *, at_once: bool) -> Removed:
        """Take files out unread; with ``at_once`` they leave the store too, otherwise with the next vacuum."""
        removed = Removed()
        self._retried(lambda: self._remove_files(wanted, now, removed, at_once=at_once))
        return removed

    def _remove_files(
        self, wanted: Callable[[TableFile], bool], now: datetime, removed: Removed, *, at_once: bool
    ) -> None:
        opened = self._open()
        chosen = [file for file in self._active(opened) if wanted(file)]
        for start in range(0, len(chosen), _MOST_FILES):
            portion = chosen[start : start + _MOST_FILES]
            if start:
                opened = self._open()
            self._take_out(opened, [], portion, now, at_once=at_once)
            removed.add(Removed(sum(file.rows for file in portion), 0, [file.key for file in portion]))

    def remove_logs(self, ids: Mapping[str, Collection[str]], now: datetime, *, at_once: bool) -> Removed:
        """Take out all rows of these logs (ids by client): files without them take the place of those with them."""
        removed = Removed()
        self._retried(lambda: self._remove_logs(ids, now, removed, at_once=at_once))
        return removed

    def _remove_logs(
        self, ids: Mapping[str, Collection[str]], now: datetime, removed: Removed, *, at_once: bool
    ) -> None:
        ordered = {client_id: sorted(each) for client_id, each in ids.items()}
        arrays = {client_id: pa.array(each, pa.string()) for client_id, each in ordered.items()}
        files = [f for f in self.files(ids.keys()) if f.may_hold_one(ordered.get(f.client_id, ()))]
        with ThreadPoolExecutor(READERS) as pool:
            held = list(pool.map(lambda file: self.holds(file.key, arrays[file.client_id]), files))
        chosen = [file for file, is_held in zip(files, held, strict=True) if is_held]
        self._rewrite(
            chosen, lambda file: _without_logs(arrays[file.client_id]), now, removed, at_once=at_once
        )

    def remove_unnamed(self, ids: Mapping[str, Collection[str]]) -> int:
        """Remove files from the store that are in no table and hold one of these logs (ids by client); how many."""
        active = {file.key for file in self.files(ids.keys())}
        stale = [key for key in self.stored(ids.keys()) if key not in active]
        found = self.stored_with(stale, ids)
        self._store.delete(found)
        return len(found)

    def rewrite(
        self, files: Sequence[TableFile], change: Callable[[TableFile], Change], now: datetime
    ) -> Removed:
        """Have each file that is still in the table written again as ``change`` says; what was there goes by vacuum."""
        removed = Removed()
        self._retried(lambda: self._rewrite(files, change, now, removed, at_once=False))
        return removed

    def _rewrite(
        self,
        files: Sequence[TableFile],
        change: Callable[[TableFile], Change],
        now: datetime,
        removed: Removed,
        *,
        at_once: bool,
    ) -> None:
        for portion in portions(files, _PORTION, lambda file: file.size, _PORTION_BYTES):
            opened = self._open()
            active = {file.key for file in self._active(opened)}
            made = [
                self._rewrite_one(opened, file, change(file), now) for file in portion if file.key in active
            ]
            if made:
                replaced = [file for file, _, _ in made]
                adds = [added for _, added, _ in made if added]
                self._take_out(opened, adds, replaced, now, at_once=at_once)
                removed.add(
                    Removed(sum(rows for _, _, rows in made), len(adds), [file.key for file in replaced])
                )

    def _rewrite_one(
        self, opened: DeltaTable, file: TableFile, change: Change, now: datetime
    ) -> tuple[TableFile, AddAction | None, int]:
        """The file, what takes its place, and how many rows that lacks."""
        limit = _BYTES_PER_GROUP.get(self.name, _BYTES_PER_GROUP_OF_TEXTS)
        columns = columns_of_files(opened)
        made = self.in_one(file.key, lambda read: rewrite(read, columns, limit, change))
        if made is None:
            raise CommitContended(self.name)
        blob, footer = made
        if not footer.num_rows:
            return file, None, file.rows
        path = new_path(file.client_id, file.month)
        self._store.put(f"{self.name}/{path}", blob)
        new = NewFile(path, file.client_id, file.month, len(blob), stats_of(footer))
        return file, new.action(now), file.rows - footer.num_rows

    def _take_out(
        self,
        opened: DeltaTable,
        adds: Sequence[AddAction],
        files: Sequence[TableFile],
        now: datetime,
        *,
        at_once: bool,
    ) -> None:
        shards = shards_of(file.client_id for file in files)
        actions: list[AddAction | RemoveAction] = [*adds, *(removal(self.name, file, now) for file in files)]
        self._commit(opened, actions, lambda table: _next_of_remover(table, shards))
        if at_once:
            self._store.delete([file.key for file in files])

    # ------------------------------------------------------------ the log of the table

    def scrub(self, clients: Collection[str] | None) -> int:
        """Have the table's log tell nothing of files that are gone but how many rows they had; commits changed."""
        opened = self._open()
        active = {file.key.removeprefix(f"{self.name}/") for file in self._active(opened)}
        return asking(
            f"tidying the log of {self.name}",
            lambda: scrub_log(self._store, self.name, opened, active, clients),
        )

    def _commit(
        self,
        opened: DeltaTable,
        actions: Sequence[AddAction | RemoveAction],
        guard: Callable[[DeltaTable], list[Transaction]],
    ) -> None:
        """One commit, durably; raises `CommitContended`."""
        transactions = guard(opened)
        if not transactions:
            return
        try:
            asking(
                f"committing to the table {self.name}",
                lambda: guards.offer(
                    transactions,
                    lambda how: opened.create_write_transaction(
                        list(actions),
                        "append",
                        opened.schema(),
                        list(schema.PARTITIONS),
                        commit_properties=how,
                    ),
                ),
            )
        except CommitFailedError as error:
            raise CommitContended(self.name) from error
        self._store.make_durable()

    def _retried(self, do: Callable[[], T]) -> T:
        """``do``, as often as others come first; raises `CommitContended` where they keep doing so."""
        for _ in range(_TRIES - 1):
            try:
                return do()
            except CommitContended:
                continue
        return do()


def settle_shards(lake: Lake, shards: Collection[int]) -> None:
    """Have ``logs`` say of these shards what ``traces`` says, before what a killed run left of them goes.

    Otherwise it would look as if ``logs`` had lost its last commit. What else the run left may have its trace twice.
    """
    ahead = shards_ahead(lake) & frozenset(shards)
    if ahead:
        TableRemoval(lake.store, lake.logs).catch_up(lake.traces.numbers(ahead))


def settle_idle_shards(lake: Lake, shards: Collection[int]) -> None:
    """As `settle_shards`, of those of which nothing is raw any more: of others the next run finishes what was begun."""
    ahead = shards_ahead(lake) & frozenset(shards)
    if ahead:
        settle_shards(lake, ahead - shards_of_raw(lake.store, ahead))


def _next_of_remover(opened: DeltaTable, shards: Iterable[int]) -> list[Transaction]:
    # Each number comes with a commit of its own, so none is above the table's version.
    return guards.guards(guards.REMOVER, dict.fromkeys(shards, opened.version() + 1))


def _without_logs(log_ids: pa.Array) -> Change:
    def change(rows: pa.Table) -> pa.Table:
        return rows.filter(pc.invert(pc.is_in(rows["log_id"], log_ids)))

    return change
