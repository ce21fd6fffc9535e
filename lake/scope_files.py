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
from lake.cache import FileCache, mark_used
from lake.errors import CacheUnusable, LakeError, ObjectDamaged, ObjectNotFound, StoreUnavailable
from lake.objects import Store
from lake.priority import lower_priority
from lake.raw_rows import RawRows
from lake.scope import Scope
from lake.scope_folder import ScopeFolder
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
        self._looked_at: datetime | None = None
        self._looked_mono = -1e9
        self._read_scopes: frozenset[Scope] = frozenset()
        self._lock = threading.Lock()
        self._kept: dict[Scope, _Kept] = {}
        self._pool = ThreadPoolExecutor(_BUILDERS, "scope-files", lower_priority)
        self._swept_mono = time.monotonic()
        self._drop_what_is_old()

    def snapshot(self, scope: Scope) -> Snapshot:
        """What ``scope`` may see now, or as of the last time the store was seen. Blocks: call it in a thread.

        Raises `StoreUnavailable` and `CacheUnusable` where nothing is known yet.
        """
        kept = self._keep(scope)
        known = kept.snapshot
        if known is not None and time.monotonic() - kept.updated_mono < _FRESH_S:
            return known
        update = self._begin_update(kept)
        try:
            return update.result(_PATIENCE_S if known else None)
        except (FutureTimeoutError, LakeError, OSError):
            kept.snapshot = kept.snapshot or kept.folder.last_published()
            if kept.snapshot is None:
                raise
            return self._as_known(kept.snapshot)

    def latest(self, scope: Scope) -> Snapshot:
        """What ``scope`` may see now, however long it takes; raises as `snapshot`."""
        return self._pool.submit(self._update, self._keep(scope), newest=True).result()

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

    def _keep(self, scope: Scope) -> _Kept:
        with self._lock:
            kept = self._kept.get(scope)
            if kept is None:
                folder = ScopeFolder(scope, self._folder / "scopes" / scope.key, self.cache, self._lake.store)
                kept = self._kept[scope] = _Kept(scope, folder)
            kept.asked_mono = time.monotonic()
            return kept

    def _begin_update(self, kept: _Kept) -> Future[Snapshot]:
        """The update of this scope that is running, or a new one."""
        with self._lock:
            if kept.update is None or kept.update.done():
                kept.update = self._pool.submit(self._update, kept)
            return kept.update

    def _update(self, kept: _Kept, *, newest: bool = False) -> Snapshot:
        try:
            with kept.lock:
                return self._update_alone(kept, newest=newest)
        except duckdb.Error as error:  # its messages quote paths and rows
            raise CacheUnusable(self.cache.folder, type(error).__name__) from error

    def _update_alone(self, kept: _Kept, *, newest: bool) -> Snapshot:
        state, as_of = self._bring_up_to_date(kept, newest=newest)
        for _ in range(_TRIES - 1):
            # A file that is missing was most likely compacted meanwhile: the newest table tells.
            if not self._went_away(kept.folder.damaged_keys(), state):
                break
            state, as_of = self._bring_up_to_date(kept, newest=True)
        snapshot = kept.folder.publish(as_of)
        kept.snapshot, kept.updated_mono = snapshot, time.monotonic()
        return snapshot

    def _bring_up_to_date(self, kept: _Kept, *, newest: bool) -> tuple[TableState, datetime]:
        """Both halves as of one look: what is raw is written while nobody looks again."""
        with self._look_lock:
            state, as_of = self._look(kept.scope, newest=newest)
            kept.folder.write_raw(self._raw)
        kept.folder.bring_up_to(state, self._db, self._now())
        return state, as_of

    def _went_away(self, keys: Iterable[str], state: TableState) -> bool:
        missing = set(keys)
        return bool(missing) and not missing <= self._lake.logs.state().files.keys() and bool(state.files)

    def _as_known(self, known: Snapshot) -> Snapshot:
        age_s = (self._now() - known.as_of).total_seconds()
        return replace(known, is_current=age_s <= _CURRENT_S)

    def _moment_of(self, snapshot: Snapshot, client_id: str, month: str, log_id: str) -> datetime | None:
        """When the log was executed, as the scope's files say; None where they do not know it, or are gone."""
        if not snapshot.files:
            return None
        logs = parquet.scope_rows([file.path for file in snapshot.files])
        query = f"SELECT executed_at FROM ({logs}) WHERE client_id = ? AND month = ? AND log_id = ?"  # noqa: S608
        with contextlib.suppress(duckdb.Error):
            found = self._db.cursor().execute(query, [client_id, month, log_id]).fetchall()
            return found[0][0] if found else None
        return None

    # ------------------------------------------------------------ the lake

    def _look(self, scope: Scope, *, newest: bool) -> tuple[TableState, datetime]:
        """What the lake holds now; raw first, the table second. The lock on it is held by the caller."""
        with self._lock:
            wanted = frozenset([*self._kept, scope])
        is_fresh = time.monotonic() - self._looked_mono < _LOOK_S and wanted <= self._read_scopes
        if is_fresh and not newest and self._looked_at is not None:
            return self._state, self._looked_at
        self._looked_mono = -1e9  # what was read until a failure fits no earlier state
        as_of = self._now()
        self._raw.read(self._list_raw(wanted), lambda client: any(s.allows(client) for s in wanted))
        state = self._lake.logs.state()
        if state.version < 0:
            self._lake.store.require_lake()  # no table yet is one thing, a mistyped address another
        self._raw.compare(state, self._paths_of)
        if state.version != self._state.version:
            # Behind the logs: a log that is seen has its trace. Where that table is damaged, whoever opens a
            # ticket is told; the pages of small fields go on.
            with contextlib.suppress(StoreUnavailable):
                self._traces.look()
        self._state, self._looked_at, self._looked_mono = state, as_of, time.monotonic()
        self._read_scopes = wanted
        return state, as_of

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

    def _sweep(self, kept: Sequence[_Kept]) -> None:
        for each in kept:
            each.folder.sweep()
            mark_used(each.folder.folder / "manifest.json")
        self.cache.sweep()
        self._forget_gone()

    def _forget_gone(self) -> None:
        """What was deleted from the tables is deleted here too, also of scopes that nobody looks at now."""
        with self._look_lock:
            logs, traces = self._state, {file.key for file in self._traces.files()}
        if logs.version < 0:
            return
        self.cache.forget_gone(self._lake.store, layout.LOGS, logs.files)
        self.cache.forget_gone(self._lake.store, layout.TRACES, traces)
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


class _Kept:
    """A scope that is kept up to date."""

    def __init__(self, scope: Scope, folder: ScopeFolder) -> None:
        self.scope = scope
        self.folder = folder
        self.lock = threading.Lock()
        self.snapshot: Snapshot | None = None
        self.updated_mono = -1e9
        self.asked_mono = time.monotonic()
        self.update: Future[Snapshot] | None = None


def _runs(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:
        return True
    return True
