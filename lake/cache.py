"""A bounded local copy of the store's immutable files. Safe when several processes share the folder.

A file is written under a private name, its size held against what the table's log says, and then renamed: what
has a file's own name is whole, also after a kill at any moment. The time of last use is kept as the file's
access time, so that every process sees what the others use; the least recently used go first.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lake.errors import CacheUnusable, ObjectDamaged, ObjectNotFound
from lake.objects import Store

#: At once: enough to hide a store that is 30 ms away.
_FETCHERS: Final = 32
#: What was used in the last seconds is in use now, maybe by another process.
_IN_USE_S: Final = 60
#: A file that is still being written is touched all the time; older ones were left by a process that was killed.
_LEFT_BEHIND_S: Final = 600
_PART: Final = ".part"

#: How a file gets its bytes: given a path that does not exist yet, it writes there.
Write = Callable[[Path], None]


@dataclass
class Fetched:
    """What was asked for: local paths by key, and what is wrong with those that could not be had."""

    paths: dict[str, Path] = field(default_factory=dict)
    damaged: dict[str, ObjectDamaged] = field(default_factory=dict)


class FileCache:
    """Files of a store by key, in ``folder``; files of a lake in a folder are used where they lie."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Raises `CacheUnusable` where the folder cannot be made or written, or belongs to somebody else."""
        self.folder = folder
        self.max_bytes = max_bytes
        prepare_folder(folder)
        self._lock = threading.Lock()
        self._flights: dict[str, Future[Path]] = {}
        self._bytes_since_sweep = 0
        self._bytes_left = self.sweep()

    def fetch(self, store: Store, wanted: Mapping[str, int]) -> Fetched:
        """Local paths of the objects of ``wanted`` (key to size), fetched at once where they are missing.

        Raises `StoreUnavailable`, `CacheUnusable`; what is gone or of another size is told by key.
        """
        found = Fetched()
        missing = {key: size for key, size in wanted.items() if not self._take_local(store, key, size, found)}
        if missing:
            with ThreadPoolExecutor(min(_FETCHERS, len(missing))) as pool:
                fetched = {key: pool.submit(self._fetch, store, key, size) for key, size in missing.items()}
            for key, future in fetched.items():
                try:
                    found.paths[key] = future.result()
                except ObjectDamaged as error:
                    found.damaged[key] = error
        return found

    def forget(self, store: Store, key: str) -> None:
        """Drop the local copy: it was found to be no good."""
        self._path(store, key).unlink(missing_ok=True)

    def forget_gone(self, store: Store, table: str, keys: Collection[str]) -> None:
        """Drop local copies of files that are no longer among the files ``keys`` of the table."""
        root = self.folder_of(store) / "files"
        for file in _files_below(root / table):
            key = Path(file.path).relative_to(root).as_posix()
            if key not in keys and time.time() - file.used > _IN_USE_S:
                Path(file.path).unlink(missing_ok=True)

    def folder_of(self, store: Store) -> Path:
        """The folder of one lake: keys of two lakes never meet."""
        return self.folder / f"lake-{hashlib.sha256(store.url.encode()).hexdigest()[:16]}"

    def write(self, path: Path, write: Write) -> None:
        """Give ``path`` the bytes that ``write`` makes, all of them or nothing; raises `CacheUnusable`.

        On a full disk what was not used for longest is removed, and it is tried once more.
        """
        try:
            self._write(path, write)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT} or not self.sweep(self.max_bytes // 2):
                raise CacheUnusable(self.folder, _reason(error)) from error
            try:
                self._write(path, write)
            except OSError as again:
                raise CacheUnusable(self.folder, _reason(again)) from again
        self._make_room(path.stat().st_size)

    def sweep(self, down_to: int | None = None) -> int:
        """Remove what killed processes left behind and, least recently used first, what is over the bound.

        How many bytes may still be written before the next sweep is due.
        """
        limit = self.max_bytes if down_to is None else down_to
        now = time.time()
        files = sorted(_files_below(self.folder), key=lambda file: file.used)
        total = sum(file.size for file in files)
        for file in files:
            left_behind = file.path.endswith(_PART) and now - file.written > _LEFT_BEHIND_S
            is_surplus = total > limit and file.removable and now - file.used > _IN_USE_S
            if left_behind or is_surplus:
                with contextlib.suppress(OSError):
                    Path(file.path).unlink()
                    total -= file.size
        return max(0, limit - total)

    def _take_local(self, store: Store, key: str, size: int, found: Fetched) -> bool:
        """Whether it is known already where the object is, or that it is damaged."""
        in_place = store.local_path(key)
        path = in_place or self._path(store, key)
        actual = _size_of(path)
        if actual == size:
            found.paths[key] = path
            if in_place is None:
                mark_used(path)
            return True
        if in_place is None:
            return False
        found.damaged[key] = _damaged(key, size, actual)
        return True

    def _fetch(self, store: Store, key: str, size: int) -> Path:
        """One object, once however many ask for it at the same time."""
        with self._lock:
            flight = self._flights.get(key)
            is_mine = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if is_mine:
            try:
                path = self._path(store, key)
                # Another flight may have landed between the look and this one's beginning.
                is_there = _size_of(path) == size
                flight.set_result(path if is_there else self._download(store, key, size))
            except BaseException as error:  # noqa: BLE001 - whoever waits for it gets it
                flight.set_exception(error)
            finally:
                with self._lock:
                    del self._flights[key]
        return flight.result()

    def _download(self, store: Store, key: str, size: int) -> Path:
        path = self._path(store, key)

        def save(staged: Path) -> None:
            written = 0
            with open(staged, "xb", opener=_private) as file:
                for piece in store.stream(key):
                    written += file.write(piece)
            if written != size:
                raise _damaged(key, size, written)

        try:
            self.write(path, save)
        except ObjectNotFound as error:
            raise _damaged(key, size, None) from error
        return path

    def _write(self, path: Path, write: Write) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_PART}")
        try:
            write(staged)
            staged.rename(path)
        finally:
            staged.unlink(missing_ok=True)

    def _make_room(self, written: int) -> None:
        with self._lock:
            self._bytes_left -= written
            is_due = self._bytes_left < 0
            if is_due:
                self._bytes_left = self.max_bytes // 16  # others need not sweep while this one does
        if is_due:
            left = self.sweep()
            with self._lock:
                # What is in use stays: then a sweep for every file would find nothing to remove.
                self._bytes_left = max(left, self.max_bytes // 16)

    def _path(self, store: Store, key: str) -> Path:
        return self.folder_of(store) / "files" / key


@dataclass(frozen=True)
class _File:
    path: str
    size: int
    used: float
    written: float

    @property
    def removable(self) -> bool:
        """Whether it can be had again: locks and manifests are a few bytes and stay."""
        return self.path.endswith(".parquet")


def prepare_folder(folder: Path) -> None:
    """Make the folder, for this user alone; raises `CacheUnusable` with the reason."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise CacheUnusable(folder, f"it belongs to another user (uid {found.st_uid})")
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
        probe = folder / f".{uuid.uuid4().hex}{_PART}"
        probe.write_bytes(b"?")
        probe.unlink()
    except OSError as error:
        raise CacheUnusable(folder, _reason(error)) from error


def mark_used(path: Path) -> None:
    """Say that the file is in use, once a while: by access time, so that readers see no change of the file."""
    with contextlib.suppress(OSError):
        found = path.stat()
        if time.time() - found.st_atime > _IN_USE_S / 4:
            os.utime(path, ns=(time.time_ns(), found.st_mtime_ns))


def _files_below(folder: Path) -> Iterator[_File]:
    pending = [str(folder)]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:  # another process removed it
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
                continue
            with contextlib.suppress(OSError):
                found = entry.stat(follow_symlinks=False)
                yield _File(entry.path, found.st_size, found.st_atime, found.st_mtime)


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _damaged(key: str, expected: int, actual: int | None) -> ObjectDamaged:
    if actual is None:
        return ObjectDamaged(key, "is missing in the store")
    return ObjectDamaged(key, f"has {actual} bytes where {expected} were committed")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
