"""A scope that somebody looks at: files of its logs, and of its errors and tool calls once these were asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lake import layout
from lake.cache import FileCache, mark_used
from lake.errors import LakeError
from lake.objects import Store
from lake.scope import Scope
from lake.scope_folder import ScopeFolder
from lake.scope_tables import ON_DEMAND
from lake.shards import EVERY_SHARD
from lake.snapshot import Lake, Snapshot
from lake.table_files import TableState


@dataclass(frozen=True)
class Look:
    """What the lake held at one moment: its tables by name, and which derived ones lacked rows of logs."""

    as_of: datetime
    states: Mapping[str, TableState]
    behind: frozenset[str]


class LateParts:
    """Which derived tables lack rows of logs; found out once for each version of them. One thread at a time."""

    def __init__(self) -> None:
        self._versions: Mapping[str, int] = {}
        self._late: frozenset[str] = frozenset()

    def find(self, lake: Lake, logs: TableState, parts: Mapping[str, TableState]) -> frozenset[str]:
        """Those of ``parts`` that lack rows of ``logs``; where the store does not tell, all of them."""
        versions = {name: state.version for name, state in {layout.LOGS: logs, **parts}.items()}
        if parts and versions != self._versions and logs.version >= 0:
            try:
                self._late = frozenset(_find_late(lake, parts))
            except LakeError:
                return frozenset(parts)
            self._versions = versions
        return self._late.intersection(parts)


def _find_late(lake: Lake, parts: Iterable[str]) -> Iterator[str]:
    needed = lake.logs.numbers(EVERY_SHARD)
    for name in parts:
        done = lake.table(name).numbers(EVERY_SHARD)
        if any(done[shard] < number for shard, number in needed.items()):
            yield name


class KeptScope:
    """A scope that is kept up to date; ``lock`` is held by whoever updates it."""

    def __init__(self, scope: Scope, folder: Path, cache: FileCache, store: Store) -> None:
        self.scope = scope
        self._cache = cache
        self._store = store
        self._root = folder
        self._folders = {layout.LOGS: ScopeFolder(scope, folder, cache, store)}
        self._updated: Mapping[str, ScopeFolder] = self._folders
        self._promised: frozenset[str] = frozenset()
        self.lock = threading.Lock()
        self.snapshot: Snapshot | None = None
        self.updated_mono = -1e9
        self.asked_mono = time.monotonic()
        self.update: Future[Snapshot] | None = None

    def want(self, parts: Iterable[str]) -> None:
        """Keep files of these derived tables too, from the next update on; raises `CacheUnusable`."""
        for name in parts:
            if name not in self._folders:
                table = ON_DEMAND[name]
                folder = ScopeFolder(self.scope, self._root / name, self._cache, self._store, table)
                self._folders = {**self._folders, name: folder}

    def knows(self, parts: Iterable[str]) -> bool:
        """Whether there is a snapshot that holds these derived tables."""
        return self.snapshot is not None and self.snapshot.parts >= set(parts)

    @property
    def names(self) -> frozenset[str]:
        """Names of the tables that are kept."""
        return frozenset(self._folders)

    @property
    def needs_update(self) -> bool:
        """Whether no update is on its way that makes all that is wanted."""
        return self.update is None or self.update.done() or self._promised != self.names

    def promise(self, update: Future[Snapshot]) -> Future[Snapshot]:
        """``update`` is on its way, and makes all that is wanted now."""
        self.update, self._promised = update, self.names
        return update

    def folders(self) -> Mapping[str, ScopeFolder]:
        """The folders that an update is to bring up to date, by the names of their tables, the logs first."""
        self._updated = self._folders
        return self._updated

    def publish(self, look: Look) -> Snapshot:
        """The snapshot of what the files hold that were updated last."""
        published = [folder.publish(look.as_of) for folder in self._updated.values()]
        self.snapshot = _joined(published, self._updated, look.behind)
        self.updated_mono = time.monotonic()
        return self.snapshot

    def take_last_published(self) -> None:
        """Where nothing is known yet, what an earlier process knew."""
        known = {} if self.snapshot else {n: f.last_published() for n, f in self._folders.items()}
        there = {name: snapshot for name, snapshot in known.items() if snapshot is not None}
        if layout.LOGS in there:
            self.snapshot = _joined(list(there.values()), there, frozenset())

    def sweep(self) -> None:
        """Remove files that nobody needs any more, and say that the others are in use."""
        for folder in self._folders.values():
            folder.sweep()
            mark_used(folder.folder / "manifest.json")


def _joined(snapshots: Iterable[Snapshot], names: Iterable[str], behind: frozenset[str]) -> Snapshot:
    """One snapshot of several tables, the logs first; as old as the oldest of them."""
    logs, *parts = snapshots
    return replace(
        logs,
        files=tuple(file for each in (logs, *parts) for file in each.files),
        as_of=min(each.as_of for each in (logs, *parts)),
        missing=tuple(missing for each in (logs, *parts) for missing in each.missing),
        parts=frozenset(names) - {layout.LOGS},
        behind=behind & frozenset(names),
    )
