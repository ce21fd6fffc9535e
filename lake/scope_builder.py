"""Brings the files of one scope to a state of the table: new rows into new files, few files out of many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from lake import layout, parquet
from lake.built import Built, inputs_of
from lake.errors import ObjectDamaged
from lake.portions import portions
from lake.priority import lower_priority
from lake.table_files import TableFile, TableState

if TYPE_CHECKING:
    from lake.scope_folder import ScopeFolder

#: So many files of a month are left side by side.
_FILES_OF_A_GROUP: Final = 4
#: A scope that is smaller than this is one group; a bigger one has one for each of the last months.
_SMALL_ROWS: Final = 250_000
_MONTHS_APART: Final = 13
#: What one scope file is made of at most.
_BUILD_BYTES: Final = 256 * 1024 * 1024
_BUILD_FILES: Final = 2_000
_BUILDS_AT_ONCE: Final = 2
#: Bigger files are not merged any more.
_MERGED_BYTES: Final = 512 * 1024 * 1024


class ScopeBuilder:
    """Brings the files of a scope to one state of the table."""

    def __init__(
        self, folder: ScopeFolder, state: TableState, connection: duckdb.DuckDBPyConnection, now: datetime
    ) -> None:
        self._folder = folder
        self._table = folder.table
        self._state = state
        self._is_uniform = state.is_uniform
        self._db = connection
        self._now = now
        rows = sum(file.rows for file in state.files.values() if folder.scope.allows(file.client_id))
        self._is_small = rows < _SMALL_ROWS

    def complete(self, kept: Sequence[Built], wanted: dict[str, TableFile]) -> list[Built]:
        """``kept``, and new files of what they lack."""
        self._folder.forgive([key for key in self._folder.damaged_keys() if key not in wanted])
        held = {key for each in kept for key in each.contents.inputs}
        lacking = [f for key, f in wanted.items() if key not in held and not self._folder.damaged(key)]
        portions = list(self._portions(lacking))
        if len(portions) == 1:
            built = [self._build(portions[0])]
        else:  # one is fetched while another one is written
            with ThreadPoolExecutor(_BUILDS_AT_ONCE, initializer=lower_priority) as pool:
                built = list(pool.map(self._build, portions))
        return [*kept, *(each for each in built if each)]

    def merge(self, built: Sequence[Built]) -> list[Built]:
        """The same rows in fewer files."""
        groups: dict[str, list[Built]] = defaultdict(list)
        for each in built:
            groups[self._group_of(each)].append(each)
        return [each for group in groups.values() for each in self._merge_group(group)]

    def _merge_group(self, group: list[Built]) -> list[Built]:
        mergeable = sorted(
            (each for each in group if each.contents.bytes < _MERGED_BYTES), key=lambda b: b.contents.rows
        )
        if len(mergeable) <= _FILES_OF_A_GROUP:
            return group
        *small, biggest = mergeable
        # The biggest is written again only when the others together have grown to a part of it.
        is_worth_it = 4 * sum(each.contents.rows for each in small) > biggest.contents.rows
        parts = mergeable if is_worth_it else small
        merged = self._copy(parquet.scope_rows(self._table, [each.path for each in parts]), inputs_of(parts))
        return [merged, *(each for each in group if each not in parts)]

    def _portions(self, files: Sequence[TableFile]) -> Iterator[list[TableFile]]:
        groups: dict[str, list[TableFile]] = defaultdict(list)
        for file in files:
            groups[self._group(file.month)].append(file)
        for _, group in sorted(groups.items(), reverse=True):
            yield from portions(group, _BUILD_FILES, lambda file: file.size, _BUILD_BYTES)

    def _build(self, files: Sequence[TableFile]) -> Built | None:
        """One file of the rows of ``files``, without those that are damaged."""
        paths = self._folder.paths_of(files)
        if not paths:
            return None
        try:
            built: Built | None = self._copy_of(paths)
        except duckdb.Error:
            self._is_uniform = (
                False  # an earlier version may have added a file to a table that a later one made
            )
            self._find_unreadable(paths)
            paths = {key: path for key, path in paths.items() if not self._folder.damaged(key)}
            built = self._copy_of(paths) if paths else None
        self._folder.forgive(paths)
        return built

    def _copy_of(self, paths: dict[str, Path]) -> Built:
        rows = parquet.table_rows(self._table, list(paths.values()), is_uniform=self._is_uniform)
        return self._copy(rows, paths)

    def _copy(self, rows: str, inputs: Collection[str]) -> Built:
        return self._folder.write(
            lambda path: parquet.write_scope_file(self._db.cursor(), rows, path), inputs
        )

    def _find_unreadable(self, paths: dict[str, Path]) -> None:
        """Note which files are of the right size and yet no Parquet; a local copy gets a second chance."""
        for key in paths:
            [path] = self._folder.paths_of([self._state.files[key]]).values() or [None]
            if path is not None and not self._is_readable(path):
                self._folder.forget_local(key)
                [again] = self._folder.paths_of([self._state.files[key]]).values() or [None]
                if again is None or not self._is_readable(again):
                    self._folder.note_damage(ObjectDamaged(key, "is not a Parquet file that can be read"))

    def _is_readable(self, path: Path) -> bool:
        rows = parquet.table_rows(self._table, [path], is_uniform=False)
        try:
            self._db.cursor().execute(f"SELECT count(COLUMNS(*)) FROM ({rows})").fetchall()  # noqa: S608 - our own
        except duckdb.Error:
            return False
        return True

    def _group_of(self, built: Built) -> str:
        months = {self._state.files[key].month for key in built.contents.inputs}
        groups = {self._group(month) for month in months}
        # A file that spans several groups is nobody's: it is left alone until it has to be made again.
        return groups.pop() if len(groups) == 1 else f"of its own {built.path.name}"

    def _group(self, month: str) -> str:
        if self._is_small:
            return "all"
        first = self._now.year * 12 + self._now.month - _MONTHS_APART
        is_recent = f"{first // 12:04}-{first % 12 + 1:02}" <= month <= layout.month_of(self._now)
        return month if is_recent else "older"
