"""The files of one scope on disk: written beside each other, named by a manifest, merged as they grow in number.

Each file holds all rows of some files of one table (``logs``, or one that is derived), and a text beside it says of
which. A new file of the table goes into a small new scope file; where a file of the table went away (compaction,
deletion), the scope file that holds its rows is made again from what is left. A manifest is replaced in one step and
names files that are whole, so a kill at any moment leaves the state before or after. Several processes may keep the
same scope: one at a time builds, the others take over what it built.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb
import msgspec

from lake.built import FORMAT, KEEP_REPLACED_S, Built, Contents, beside, choose, load, replace_file
from lake.cache import FileCache, mark_used
from lake.errors import CacheUnusable, ObjectDamaged
from lake.fsync import fsync
from lake.objects import Store
from lake.raw_rows import RawRows
from lake.scope import Scope
from lake.scope_builder import ScopeBuilder
from lake.scope_tables import LOGS, ScopeTable
from lake.snapshot import Missing, ScopeFile, Snapshot
from lake.table_files import TableFile, TableState

_MANIFEST: Final = "manifest.json"
#: Another process builds the same scope: wait for it, but not for one that hangs.
_LOCK_PATIENCE_S: Final = 20
#: A manifest that differs by its time alone is written so often.
_RENEW_MANIFEST: Final = timedelta(seconds=30)
#: A damaged file is looked at again after this time.
_DAMAGED_FOR_S: Final = 15


class _Manifest(msgspec.Struct, frozen=True):
    """What was published last."""

    format: int
    as_of: datetime
    files: tuple[str, ...]
    raw: str | None
    missing: tuple[tuple[str, str], ...] = ()


class ScopeFolder:
    """Keeps the files of one scope. One thread at a time."""

    def __init__(
        self, scope: Scope, folder: Path, cache: FileCache, store: Store, table: ScopeTable = LOGS
    ) -> None:
        self.scope = scope
        self.table = table
        self.folder = folder
        self._cache = cache
        self._store = store
        self._built: tuple[Built, ...] = ()
        self._raw: Built | None = None
        self._raw_stamp: object = None
        self._version = -2
        self._seen_manifest: object = None
        self._published: _Manifest | None = None
        self._damaged: dict[str, tuple[str, float]] = {}
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CacheUnusable(folder, (error.strerror or "").lower()) from error

    def write_raw(self, raw: RawRows) -> None:
        """Bring the file of what is raw up to date."""
        stamp = raw.stamp(self.scope)
        if stamp == self._raw_stamp and (self._raw is None or self._raw.is_there):
            return
        self._raw = (
            self._write(lambda path: raw.write(self.scope, path, self.table), ())
            if raw.count(self.scope, self.table)
            else None
        )
        self._raw_stamp = stamp

    def bring_up_to(self, state: TableState, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
        """Make the files hold exactly what the table holds at ``state``, but for what is damaged.

        Raises `StoreUnavailable`, `CacheUnusable`; what was there before is then as it was.
        """
        if state.version == self._version and self._is_whole():
            return
        with _exclusive(self.folder / "lock"):
            wanted = {key: f for key, f in state.files.items() if self.scope.allows(f.client_id)}
            kept = choose([*self._built, *self._built_by_others()], wanted)
            builder = ScopeBuilder(self, state, connection, now)
            self._built = tuple(builder.merge(builder.complete(kept, wanted)))
            self._version = state.version

    def publish(self, as_of: datetime) -> Snapshot:
        """The snapshot of what the files hold now; it is what a restart begins with."""
        built = [*self._built, *([self._raw] if self._raw else [])]
        for each in built:
            mark_used(each.path)
        missing = tuple((key, reason) for key, (reason, _) in sorted(self._damaged.items()))
        names = tuple(each.path.name for each in self._built)
        manifest = _Manifest(FORMAT, as_of, names, self._raw.path.name if self._raw else None, missing)
        if self._is_news(manifest):
            self._write_manifest(manifest)
        return self._snapshot(manifest)

    def last_published(self) -> Snapshot | None:
        """What an earlier process knew, as long as all of its files are there."""
        manifest = self._read_manifest()
        if manifest is None:
            return None
        names = [*manifest.files, *([manifest.raw] if manifest.raw else [])]
        if not all(load(self.folder / name) for name in names):
            return None
        return self._snapshot(manifest)

    def sweep(self) -> None:
        """Remove files that nobody names any more, once whoever was told of them has had time to open them."""
        manifest = self._read_manifest()
        named = {each.path.name for each in (*self._built, *([self._raw] if self._raw else []))}
        named |= set(manifest.files) | {manifest.raw or ""} if manifest else set()
        for path in self.folder.glob("*.parquet"):
            with contextlib.suppress(OSError):
                is_old = time.time() - path.stat().st_atime > KEEP_REPLACED_S
                if path.name not in named and is_old:
                    path.unlink()
        for path in self.folder.glob("*.json"):
            is_orphan = path.name != _MANIFEST and not path.with_suffix(".parquet").exists()
            if is_orphan:
                path.unlink(missing_ok=True)

    def damaged(self, key: str) -> bool:
        """Whether the file of the table was found to be damaged a short while ago."""
        return key in self._damaged and time.monotonic() < self._damaged[key][1]

    def note_damage(self, error: ObjectDamaged) -> None:
        """Go on without a file of the table, and say so."""
        self._damaged[error.key] = (str(error), time.monotonic() + _DAMAGED_FOR_S)

    def forgive(self, keys: Iterable[str]) -> None:
        """These files of the table are no longer missing: they were read, or are no part of the table."""
        for key in keys:
            self._damaged.pop(key, None)

    def damaged_keys(self) -> Collection[str]:
        """Files of the table that are not in the scope's files because they are damaged."""
        return [*self._damaged]

    def write(self, write: Callable[[Path], int], inputs: Collection[str]) -> Built:
        """A new file of the scope that holds these files of the table."""
        return self._write(write, inputs)

    def paths_of(self, files: Sequence[TableFile]) -> dict[str, Path]:
        """Local paths of files of the table; those that are damaged are noted and left out."""
        fetched = self._cache.fetch(self._store, {file.key: file.size for file in files})
        for error in fetched.damaged.values():
            self.note_damage(error)
        return fetched.paths

    def forget_local(self, key: str) -> None:
        """Have the file fetched anew the next time."""
        self._cache.forget(self._store, key)

    def _is_whole(self) -> bool:
        retry = any(not self.damaged(key) for key in self._damaged)
        return not retry and all(each.is_there for each in self._built)

    def _snapshot(self, manifest: _Manifest) -> Snapshot:
        names = [*manifest.files, *([manifest.raw] if manifest.raw else [])]
        return Snapshot(
            self.scope,
            tuple(ScopeFile(name, self.folder / name) for name in names),
            manifest.as_of,
            missing=tuple(Missing(key, reason) for key, reason in manifest.missing),
        )

    def _write(self, write: Callable[[Path], int], inputs: Collection[str]) -> Built:
        path = self.folder / self.table.name_of(uuid.uuid4().hex)
        rows = 0

        def save(staged: Path) -> None:
            nonlocal rows
            rows = write(staged)
            staged.chmod(0o444)
            if inputs:  # what is raw is written anew after a restart anyway
                fsync(staged)

        self._cache.write(path, save)
        contents = Contents(FORMAT, frozenset(inputs), rows, path.stat().st_size)
        replace_file(beside(path), msgspec.json.encode(contents))
        return Built(path, contents)

    def _built_by_others(self) -> list[Built]:
        """What the manifest names: of an earlier process, or of another one that is at work now."""
        manifest = self._read_manifest()
        if manifest is None or manifest == self._published:
            return []
        return [built for name in manifest.files if (built := load(self.folder / name))]

    def _read_manifest(self) -> _Manifest | None:
        try:
            manifest = msgspec.json.decode((self.folder / _MANIFEST).read_bytes(), type=_Manifest)
        except (OSError, msgspec.DecodeError):
            return None
        return manifest if manifest.format == FORMAT else None

    def _is_news(self, manifest: _Manifest) -> bool:
        """Whether the manifest says more than the time, or the time is long ago."""
        last = self._published
        if last is None or manifest.as_of - last.as_of > _RENEW_MANIFEST:
            return True
        return msgspec.structs.replace(last, as_of=manifest.as_of) != manifest

    def _write_manifest(self, manifest: _Manifest) -> None:
        replace_file(self.folder / _MANIFEST, msgspec.json.encode(manifest))
        self._published = manifest


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """One process at a time; one that hangs is not waited for: then both do the same work, in files of their own."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + _LOCK_PATIENCE_S
        while not _try_lock(descriptor) and time.monotonic() < deadline:
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
