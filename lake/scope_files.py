"""The small fields of each scope that somebody looks at, in a handful of local Parquet files, kept up to date.

Reading costs what the rows cost, not what the files of the tables and the way to the store cost: those are paid
once, here, in threads of low priority. One look at the lake serves all scopes: raw is listed first and read, the
table is opened second, so that a log that moves in between is seen; what is in both counts once.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb

from lake import layout, parquet
from lake.built import forget_gone
from lake.cache import FileCache
from lake.errors import CacheUnusable, LakeError, ObjectDamaged, ObjectNotFound, StoreUnavailable
from lake.kept_scope import KeptScope, LateParts, Look
from lake.objects import Store
from lake.priority import lower_priority
from lake.raw_rows import RawRows
from lake.scope import Scope
from lake.scope_tables import LOGS, ON_DEMAND, table_of_file
from lake.snapshot import Lake, Snapshot
from lake.table_files import TableFile, TableState
from lake.trace_reader import TraceReader, raw_trace

#: A scope that was brought up to date within this time is shown as it is.
_FRESH_S: Final = 2.0
#: Without word from the store for so long, what is shown is "as of" then.
_CURRENT_S: Final = 10.0
#: One look at the lake serves everybody who asks within this time.
_LOOK_S: Final = 0.4
#: Somebody who could be shown what is known already does not wait longer than this for news.
_PATIENCE_S: Final = 1.0
#: A scope that nobody asked for in this time is not kept up to date, and one day not kept.
_LATELY_S: Final = 300.0
_FORGET_S: Final = 7 * 24 * 3600.0
_SWEEP_EVERY_S: Final = 30.0
#: How often files may go away under one update; compaction moves a file once.
_TRIES: Final = 4
_BUILDERS: Final = 2


class ScopeFiles:
    """Snapshots of scopes, and single traces, for whoever holds the store's credentials. Thread-safe."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        max_bytes: int,
        *,
        memory_limit: str = "1GB",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``folder`` is the cache's, of this user alone; raises `CacheUnusable`."""
        self._lake = Lake(store)
        self._now = now
        self.cache = FileCache(folder, max_bytes)
        self._folder = self.cache.folder_of(store)
        self._temporary = self._folder / f"tmp-{os.getpid()}"
        self._db = parquet.open_duckdb(self._temporary, memory_limit)
        self._raw = RawRows(store, self._db)
        self._traces = TraceReader(store, self._lake.traces, self._lake.logs)
        self._look_lock = threading.Lock()
        self._state = TableState(-2)
        self._seen: Look | None = None
        self._late_parts = LateParts()
        self._looked_mono = -1e9
        self._read_scopes: frozenset[Scope] = frozenset()
        self._lock = threading.Lock()
        self._kept: dict[Scope, KeptScope] = {}
        self._pool = ThreadPoolExecutor(_BUILDERS, "scope-files", lower_priority)
        self._swept_mono = time.monotonic()
        self._drop_what_is_old()

    def snapshot(self, scope: Scope, parts: Iterable[str] = ()) -> Snapshot:
        """What ``scope`` may see now, or as of the last time the store was seen. Blocks: call it in a thread.

        ``parts`` are derived tables to be in it: they are made when they are asked for first, and kept up to date as
        long as the scope is. Raises `StoreUnavailable` and `CacheUnusable` where nothing is known yet.
        """
        kept = self._keep(scope, parts)
        known = kept.snapshot if kept.knows(parts) else None
        if known is not None and time.monotonic() - kept.updated_mono < _FRESH_S:
            return known
        update = self._begin_update(kept)
        try:
            return update.result(_PATIENCE_S if known else None)
        except (FutureTimeoutError, LakeError, OSError):
            kept.take_last_published()
            if kept.snapshot is None or not kept.knows(parts):
                raise
            return self._as_known(kept.snapshot)

    def latest(self, scope: Scope, parts: Iterable[str] = ()) -> Snapshot:
        """What ``scope`` may see now, however long it takes; raises as `snapshot`."""
        return self._pool.submit(self._update, self._keep(scope, parts), newest=True).result()

    def refresh(self) -> None:
        """Bring every scope that was asked for lately up to date; raises what went wrong with the first."""
        now = time.monotonic()
        with self._lock:
            lately = [kept for kept in self._kept.values() if now - kept.asked_mono < _LATELY_S]
            self._kept = {kept.scope: kept for kept in lately}
        updates = [self._begin_update(kept) for kept in lately]
        wait(updates)
        if now - self._swept_mono > _SWEEP_EVERY_S:
            self._swept_mono = now
            self._sweep(lately)
        for update in updates:
            update.result()

    def trace(
        self, scope: Scope, client_id: str, month: str, log_id: str, executed_at: datetime | None = None
    ) -> bytes | None:
        """One trace as JSON; None where there is none, or not within ``scope``. Blocks: call it in a thread.

        ``executed_at`` saves a look at what the log is. Raises `StoreUnavailable`, `ObjectDamaged`.
        """
        if not scope.allows(client_id) or not layout.is_client_id(client_id):
            return None
        snapshot = self.snapshot(scope)
        found = self._raw.locate(client_id, month, log_id)
        if found is not None:
            with contextlib.suppress(ObjectNotFound):  # compacted meanwhile
                return raw_trace(self._lake.store.get(found[0]), found[1], client_id)
        moment = executed_at or self._moment_of(snapshot, client_id, month, log_id)
        trace = self._traces.read(client_id, month, log_id, moment)
        if trace is None and self._state.files and self._lake.traces.state().version < 0:
            raise ObjectDamaged(layout.TRACES, "is gone")  # the ETL makes it before it commits any log
        return trace

    def traces_of(self, scope: Scope) -> tuple[list[TableFile], dict[str, list[int]]]:
        """Files of the table ``traces``, and lines of raw objects by key, as of the last look at the lake."""
        with self._look_lock:
            self._traces.look()
            files = [file for file in self._traces.files() if scope.allows(file.client_id)]
            return files, self._raw.places(scope)

    @property
    def unreadable_raw(self) -> int:
        """How many raw lines or objects could not be read; the ETL will put them into quarantine."""
        return self._raw.unreadable

    def close(self) -> None:
        """End the threads and free what is held; the files stay for the next process."""
        self._pool.shutdown(cancel_futures=True)
        self._db.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    # ------------------------------------------------------------ scopes

    def _keep(self, scope: Scope, parts: Iterable[str] = ()) -> KeptScope:
        with self._lock:
            kept = self._kept.get(scope)
            if kept is None:
                folder = self._folder / "scopes" / scope.key
                kept = self._kept[scope] = KeptScope(scope, folder, self.cache, self._lake.store)
            kept.want(parts)
            kept.asked_mono = time.monotonic()
            return kept

    def _begin_update(self, kept: KeptScope) -> Future[Snapshot]:
        """The update of this scope that is on its way and makes all that is wanted, or a new one."""
        with self._lock:
            if kept.needs_update or kept.update is None:
                return kept.promise(self._pool.submit(self._update, kept))
            return kept.update

    def _update(self, kept: KeptScope, *, newest: bool = False) -> Snapshot:
        try:
            with kept.lock:
                return self._update_alone(kept, newest=newest)
        except duckdb.Error as error:  # its messages quote paths and rows
            raise CacheUnusable(self.cache.folder, type(error).__name__) from error

    def _update_alone(self, kept: KeptScope, *, newest: bool) -> Snapshot:
        look = self._bring_up_to_date(kept, newest=newest)
        for _ in range(_TRIES - 1):
            # A file that is missing was most likely compacted meanwhile: the newest table tells.
            if not self._went_away(kept, look):
                break
            look = self._bring_up_to_date(kept, newest=True)
        return kept.publish(look)

    def _bring_up_to_date(self, kept: KeptScope, *, newest: bool) -> Look:
        """All tables as of one look: what is raw is written while nobody looks again."""
        with self._look_lock:
            folders = kept.folders()
            look = self._look(kept.scope, newest=newest)
            for folder in folders.values():
                folder.write_raw(self._raw)
        for name, folder in folders.items():
            folder.bring_up_to(look.states[name], self._db, self._now())
        return look

    def _went_away(self, kept: KeptScope, look: Look) -> bool:
        return any(
            missing and not missing <= self._lake.table(name).state().files.keys() and look.states[name].files
            for name, folder in kept.folders().items()
            for missing in [set(folder.damaged_keys())]
        )

    def _as_known(self, known: Snapshot) -> Snapshot:
        age_s = (self._now() - known.as_of).total_seconds()
        return replace(known, is_current=age_s <= _CURRENT_S)

    def _moment_of(self, snapshot: Snapshot, client_id: str, month: str, log_id: str) -> datetime | None:
        """When the log was executed, as the scope's files say; None where they do not know it, or are gone."""
        if not snapshot.files:
            return None
        paths = [file.path for file in snapshot.files if table_of_file(file.name) is LOGS]
        logs = parquet.scope_rows(LOGS, paths)
        query = f"SELECT executed_at FROM ({logs}) WHERE client_id = ? AND month = ? AND log_id = ?"  # noqa: S608
        with contextlib.suppress(duckdb.Error):
            found = self._db.cursor().execute(query, [client_id, month, log_id]).fetchall()
            return found[0][0] if found else None
        return None

    # ------------------------------------------------------------ the lake

    def _look(self, scope: Scope, *, newest: bool) -> Look:
        """What the lake holds now; raw first, the tables second. The lock on it is held by the caller."""
        with self._lock:
            wanted = frozenset([*self._kept, scope])
            names = frozenset[str]().union(*(kept.names for kept in self._kept.values())) - {layout.LOGS}
        is_fresh = time.monotonic() - self._looked_mono < _LOOK_S and wanted <= self._read_scopes
        if is_fresh and not newest and self._seen is not None and self._seen.states.keys() >= names:
            return self._seen
        self._looked_mono = -1e9  # what was read until a failure fits no earlier state
        as_of = self._now()
        self._raw.read(self._list_raw(wanted), lambda client: any(s.allows(client) for s in wanted))
        # Before the logs: what moves in between is missing in them until the next look, and never counted twice.
        parts = self._look_at_parts(sorted(names))
        state = self._lake.logs.state()
        if state.version < 0:
            self._lake.store.require_lake()  # no table yet is one thing, a mistyped address another
        self._raw.compare(state, self._paths_of)
        if state.version != self._state.version:
            # Behind the logs: a log that is seen has its trace. Where that table is damaged, whoever opens a
            # ticket is told; the pages of small fields go on.
            with contextlib.suppress(StoreUnavailable):
                self._traces.look()
        self._state, self._looked_mono, self._read_scopes = state, time.monotonic(), wanted
        self._seen = Look(
            as_of, {layout.LOGS: state, **parts}, self._late_parts.find(self._lake, state, parts)
        )
        return self._seen

    def _look_at_parts(self, names: Sequence[str]) -> dict[str, TableState]:
        """The derived tables as they are now; one that cannot be opened, as it was seen last.

        They can be made again, so what is wrong with them holds up no page of logs.
        """
        if not names:
            return {}
        with ThreadPoolExecutor(len(names)) as pool:
            return dict(zip(names, pool.map(self._state_of_parts, names), strict=True))

    def _state_of_parts(self, name: str) -> TableState:
        try:
            return self._lake.table(name).state()
        except LakeError:
            return self._seen.states.get(name, TableState(-1)) if self._seen else TableState(-1)

    def _list_raw(self, scopes: frozenset[Scope]) -> list[str]:
        """Keys of everything that is raw, for whom it concerns."""
        clients = {client for scope in scopes for client in scope.clients or ()}
        is_everyone = any(scope.clients is None for scope in scopes)
        prefixes = (
            [layout.RAW]
            if is_everyone or len(clients) > 1
            else [layout.raw_prefix(client) for client in clients]
        )
        return [found.key for prefix in prefixes for found in self._lake.store.list(prefix)]

    def _paths_of(self, files: Sequence[TableFile]) -> Mapping[str, Path]:
        return self.cache.fetch(self._lake.store, {file.key: file.size for file in files}).paths

    # ------------------------------------------------------------ upkeep

    def _sweep(self, kept: Sequence[KeptScope]) -> None:
        for each in kept:
            each.sweep()
        self.cache.sweep()
        self._forget_gone()

    def _forget_gone(self) -> None:
        """What was deleted from the tables is deleted here too, also of scopes that nobody looks at now."""
        with self._look_lock:
            logs, traces = self._state, {file.key for file in self._traces.files()}
            seen = self._seen.states if self._seen else {}
        if logs.version < 0:
            return
        self.cache.forget_gone(self._lake.store, layout.LOGS, logs.files)
        self.cache.forget_gone(self._lake.store, layout.TRACES, traces)
        for name in ON_DEMAND:
            folders = list(self._folder.glob(f"scopes/*/{name}"))
            state = (seen.get(name) or self._state_of_parts(name)) if folders else TableState(-1)
            if state.version >= 0:
                self.cache.forget_gone(self._lake.store, name, state.files)
            for folder in folders if state.version >= 0 else ():
                forget_gone(folder, state.files)
        for folder in self._folder.glob("scopes/*"):
            forget_gone(folder, logs.files)

    def _drop_what_is_old(self) -> None:
        """Remove the files of scopes that nobody looked at for days, and of processes that were killed."""
        now = time.time()
        for folder in self._folder.glob("scopes/*"):
            with contextlib.suppress(OSError):
                if now - (folder / "manifest.json").stat().st_atime > _FORGET_S:
                    shutil.rmtree(folder, ignore_errors=True)
        for folder in self._folder.glob("tmp-*"):
            if folder != self._temporary and not _runs(folder.name.removeprefix("tmp-")):
                shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:
        return True
    return True
