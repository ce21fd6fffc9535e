"""A lake in a folder: what a 200 promises is fsynced, and readers find its files in place."""

from __future__ import annotations

import asyncio
import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Final, ParamSpec, TypeVar

from obstore import exceptions as obs_errors
from obstore.store import LocalStore

from lake.errors import LakeError, ObjectChanged, ObjectNotFound, ObjectWithheld, StoreUnavailable
from lake.folder_mark import MARK, FolderMark, Identity
from lake.folder_walk import one_level, walk, withheld
from lake.fsync import fsync
from lake.layout import QUARANTINE, RAW
from lake.objects import Level, Oddity, Store, StoredObject, Survey, named_failures

P = ParamSpec("P")
T = TypeVar("T")

_PIECE: Final = 1024 * 1024
#: Files written at once: they wait for the disk, which takes many at a time as easily as one. And as many are read:
#: a folder of another machine may not answer, and the event loop must not wait for it.
_WRITERS: Final = 16
_READERS: Final = 16
#: Folders that are known to be on the disk; a collector writes into one for each client and hour.
_MOST_SYNCED: Final = 10_000


class FolderStore(Store):
    """Objects as files below a folder. The first write makes the folder, reading never does.

    Once a lake was seen there, it has to be that lake, before and after whatever is done: where it was unmounted, moved
    or replaced, everything raises `LakeGone`, until it is back.
    """

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, None)
        self._folder = folder.resolve()
        self._mark = FolderMark(url, self._folder)
        self._synced: set[tuple[Identity | None, Path]] = set()
        self._writers = ThreadPoolExecutor(_WRITERS, "lake-writer")
        self._readers = ThreadPoolExecutor(_READERS, "lake-reader")

    @property
    def _objects(self) -> LocalStore:
        if not isinstance(self._opened, LocalStore):
            try:
                self._opened = LocalStore(self._folder)
            except obs_errors.BaseError as error:
                raise StoreUnavailable("opening the lake's folder", type(error).__name__) from error
        return self._opened

    @contextmanager
    def _naming(self, tried: str, key: str = "") -> Iterator[None]:
        """As the door says; what was found, or not, counts only where the lake was there all the time."""
        self._mark.require()
        try:
            with named_failures(tried, key):
                yield
        except LakeError:
            self._mark.require()
            raise
        self._mark.require()

    def put(self, key: str, data: bytes | memoryview) -> None:
        """As the door says; the file and its folders are fsynced."""
        with named_failures(f"writing {key}", key):
            self._write(key, [data], os.replace)

    def put_file(self, key: str, path: Path) -> None:
        """As the door says; the file and its folders are fsynced."""
        with named_failures(f"writing {key}", key), path.open("rb") as file:
            self._write(key, iter(partial(file.read, _PIECE), b""), os.replace)

    async def _put_async(self, key: str, data: bytes) -> None:
        await asyncio.get_running_loop().run_in_executor(self._writers, self._write, key, [data], os.replace)

    async def get_async(self, key: str) -> bytes:
        """As the door says; a file that may not be read is a failure of the store."""
        return await self._in_thread(self._read, key)

    async def list_keys_async(self, prefix: str) -> Sequence[str]:
        """As the door says."""
        return await self._in_thread(lambda: [found.key for found in self.list(prefix)])

    async def delete_async(self, key: str) -> None:
        """As the door says."""
        await self._in_thread(self._unlink, key)

    async def check_async(self) -> None:
        """As the door says."""
        await self._in_thread(self.check)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, partial(work, *args, **kwargs))

    def _read(self, key: str) -> bytes:
        with self._naming(f"reading {key}", key):
            return (self._folder / key).read_bytes()

    def _unlink(self, key: str) -> None:
        with self._naming(f"deleting {key}", key):
            (self._folder / key).unlink(missing_ok=True)

    def create(self, key: str, data: bytes) -> None:
        """As the door says; the file and its folders are fsynced."""
        with named_failures(f"creating {key}", key):
            self._write(key, [data], _link_new)

    def _replace(self, key: str, before: bytes, data: bytes) -> None:
        folder = (self._folder / key).parent
        if not folder.is_dir():
            raise ObjectNotFound(key)
        with _alone_in(folder):
            if self.get(key) != before:
                raise ObjectChanged(key)
            self.put(key, data)

    def get(self, key: str) -> bytes:
        """As the door says, whatever the file's name; raises `ObjectWithheld` where it may not be read."""
        with self._naming(f"reading {key}", key), _withholding(key):
            return (self._folder / key).read_bytes()

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """As the door says, without the mark; where others may write, only what is a file, and no links."""
        if not prefix.startswith((RAW[:-1], QUARANTINE[:-1])):
            yield from (found for found in super().list(prefix) if found.key != MARK)
            return
        with self._naming(f"listing {prefix}"):
            found = [each for each in walk(self._folder, prefix) if isinstance(each, StoredObject)]
            yield from sorted(found, key=lambda stored: stored.key)

    def level(self, prefix: str) -> Level:
        """As the door says; with what is stepped over."""
        with self._naming(f"listing {prefix}"):
            return one_level(self._folder, prefix)

    def oddities(self, prefix: str) -> Sequence[Oddity]:
        """As the door says: links, folders that may not be entered, files that may not be read."""
        return self.survey(prefix).oddities

    def survey(self, prefix: str) -> Survey:
        """As the door says."""
        found: list[StoredObject] = []
        odd: list[Oddity] = []
        with self._naming(f"listing {prefix}"):
            for each in walk(self._folder, prefix):
                if isinstance(each, Oddity):
                    odd.append(each)
                else:
                    found.append(each)
                    odd += withheld(self._folder, each)
        return Survey(
            sorted(found, key=lambda stored: stored.key), sorted(odd, key=lambda oddity: oddity.key)
        )

    def move(self, key: str, new_key: str) -> None:
        """As the door says; in one step."""
        target = self._folder / new_key
        with self._naming(f"moving {key}", key), _withholding(key):
            created = _make_folders(target.parent, self._folder)
            (self._folder / key).replace(target)
            for folder in (target.parent, *created):
                fsync(folder)

    def delete(self, keys: Iterable[str]) -> None:
        """As the door says."""
        self._mark.require()
        stuck: list[ObjectWithheld] = []
        for key in keys:
            try:
                with self._naming(f"deleting {key}", key), _withholding(key):
                    (self._folder / key).unlink(missing_ok=True)
            except ObjectWithheld as error:
                stuck.append(error)
        if stuck:
            raise stuck[0]

    def _write(
        self, key: str, data: Iterable[bytes | memoryview], publish: Callable[[Path, Path], None]
    ) -> None:
        """Write, fsync, publish under the final name, fsync the folders: a crash leaves all of it or nothing.

        ``name#123`` is the form of staged names that obstore leaves out of its listings.
        """
        self._mark.prepare()
        path = self._folder / key
        staged = path.with_name(f"{path.name}#{uuid.uuid4().int}")
        try:
            with _removed_on_failure(staged):
                file, unsynced = self._open(staged)
                with file:
                    file.writelines(data)
                    file.flush()
                    os.fsync(file.fileno())
                publish(staged, path)
            for folder in (path.parent, *unsynced):
                fsync(folder)
        except FileNotFoundError as error:
            self._mark.require()
            raise StoreUnavailable(f"writing {key}", "its folder went away") from error
        self._mark.require()
        self._remember(path.parent)

    def _open(self, staged: Path) -> tuple[IO[bytes], Sequence[Path]]:
        """The new file, and the folders above its own whose names may not be on the disk yet.

        A folder that is there may be one that another writer made a moment ago and has not fsynced.
        """
        if (self._mark.seen, staged.parent) in self._synced:
            with suppress(FileNotFoundError):
                return open(staged, "xb", opener=_private), ()
        made = _make_folders(staged.parent, self._folder)
        above = [each for each in staged.parent.parents if each.is_relative_to(self._folder)]
        return open(staged, "xb", opener=_private), list(dict.fromkeys([*above, *made]))

    def _remember(self, folder: Path) -> None:
        if len(self._synced) >= _MOST_SYNCED:
            self._synced.clear()
        self._synced.add((self._mark.seen, folder))

    def _may_hold(self, prefix: str) -> bool:
        self._mark.require()
        folder = self._folder / prefix
        return folder.is_dir() and any(folder.iterdir())

    def _require_known(self) -> None:
        """As `FolderMark.require`, but where no lake was seen yet: others may be about to make it."""
        if self._mark.is_known:
            self._mark.require()

    def local_path(self, key: str) -> Path:
        """The file itself."""
        self._require_known()
        return self._folder / key

    def make_durable(self, key: str | None = None) -> None:
        """Wait until the file, or everything, is on the disk: deltalake does not fsync."""
        if key is None or not _fsync_both(self._folder / key):
            os.sync()
        self._require_known()

    def table_url(self, name: str) -> str:
        """The table's folder."""
        self._require_known()
        return str(self._folder / name)


@contextmanager
def _withholding(key: str) -> Iterator[None]:
    """What this user may not do with one file, or what is no file, concerns that one only."""
    try:
        yield
    except NotADirectoryError as error:
        raise FileNotFoundError(key) from error
    except (PermissionError, IsADirectoryError) as error:
        raise ObjectWithheld(key, (error.strerror or "it is withheld").lower()) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While no other process of this machine, and no other thread, replaces something in ``folder``."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def _link_new(staged: Path, final: Path) -> None:
    """Give the staged file its name unless the name is taken: ``link`` fails where ``rename`` replaces."""
    try:
        os.link(staged, final)
    finally:
        staged.unlink()


@contextmanager
def _removed_on_failure(staged: Path) -> Iterator[None]:
    """A disk that is full is not filled further by what could not be written to it."""
    try:
        yield
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o640)


def _make_folders(folder: Path, below: Path) -> list[Path]:
    """Create ``folder``, but never ``below``, the lake; the folders that now hold a new name and must be fsynced."""
    inner = [f for f in (folder, *folder.parents) if f.is_relative_to(below) and f != below]
    missing = [f for f in inner if not f.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
    return [f.parent for f in missing]


def _fsync_both(path: Path) -> bool:
    """Have the file and its name on the disk; whether it is there."""
    try:
        fsync(path)
        fsync(path.parent)
    except FileNotFoundError:
        return False
    return True
