"""A lake in a folder: what a 200 promises is fsynced, and readers find its files in place."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Final

from obstore import exceptions as obs_errors
from obstore.store import LocalStore

from lake.errors import LakeMissing, ObjectWithheld, StoreUnavailable
from lake.folder_walk import one_level, walk, withheld
from lake.layout import QUARANTINE, RAW
from lake.objects import Level, Oddity, Store, StoredObject, Survey, named_failures

_PIECE: Final = 1024 * 1024
#: Files written at once: they wait for the disk, which takes many at a time as easily as one.
_WRITERS: Final = 16
#: Folders that are known to be on the disk; a collector writes into one for each client and hour.
_MOST_SYNCED: Final = 10_000


class FolderStore(Store):
    """Objects as files below a folder. The first write makes the folder, reading never does."""

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, None)
        self._folder = folder.resolve()
        self._synced: set[Path] = set()
        self._writers: ThreadPoolExecutor | None = None

    @property
    def _objects(self) -> LocalStore:
        # Asked each time: a folder that went away lists as an empty one.
        if not self._folder.is_dir():
            self._opened = None
            raise LakeMissing(self.url)
        if not isinstance(self._opened, LocalStore):
            try:
                self._opened = LocalStore(self._folder)
            except obs_errors.BaseError as error:
                raise StoreUnavailable("opening the lake's folder", type(error).__name__) from error
        return self._opened

    def put(self, key: str, data: bytes | memoryview) -> None:
        """As the door says; the file and its folders are fsynced."""
        with named_failures(f"writing {key}", key):
            self._write(key, [data], os.replace)

    def put_file(self, key: str, path: Path) -> None:
        """As the door says; the file and its folders are fsynced."""
        with named_failures(f"writing {key}", key), path.open("rb") as file:
            self._write(key, iter(partial(file.read, _PIECE), b""), os.replace)

    async def _put_async(self, key: str, data: bytes) -> None:
        if self._writers is None:
            self._writers = ThreadPoolExecutor(_WRITERS, "lake-writer")
        await asyncio.get_running_loop().run_in_executor(self._writers, self._write, key, [data], os.replace)

    def create(self, key: str, data: bytes) -> None:
        """As the door says; the file and its folders are fsynced."""
        with named_failures(f"creating {key}", key):
            self._write(key, [data], _link_new)

    def get(self, key: str) -> bytes:
        """As the door says, whatever the file's name; raises `ObjectWithheld` where it may not be read."""
        self._require_folder()
        with named_failures(f"reading {key}", key), _withholding(key):
            return (self._folder / key).read_bytes()

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """As the door says; where others may write, only what is a file, and no links."""
        if not prefix.startswith((RAW[:-1], QUARANTINE[:-1])):
            yield from super().list(prefix)
            return
        self._require_folder()
        with named_failures(f"listing {prefix}"):
            found = [each for each in walk(self._folder, prefix) if isinstance(each, StoredObject)]
            yield from sorted(found, key=lambda stored: stored.key)

    def level(self, prefix: str) -> Level:
        """As the door says; with what is stepped over."""
        self._require_folder()
        with named_failures(f"listing {prefix}"):
            return one_level(self._folder, prefix)

    def oddities(self, prefix: str) -> Sequence[Oddity]:
        """As the door says: links, folders that may not be entered, files that may not be read."""
        return self.survey(prefix).oddities

    def survey(self, prefix: str) -> Survey:
        """As the door says."""
        self._require_folder()
        found: list[StoredObject] = []
        odd: list[Oddity] = []
        with named_failures(f"listing {prefix}"):
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
        self._require_folder()
        target = self._folder / new_key
        with named_failures(f"moving {key}", key), _withholding(key):
            created = _make_folders(target.parent)
            (self._folder / key).replace(target)
            for folder in (target.parent, *created):
                _fsync(folder)

    def delete(self, keys: Iterable[str]) -> None:
        """As the door says."""
        self._require_folder()
        stuck: list[ObjectWithheld] = []
        for key in keys:
            try:
                with named_failures(f"deleting {key}", key), _withholding(key):
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
        path = self._folder / key
        staged = path.with_name(f"{path.name}#{uuid.uuid4().int}")
        with _removed_on_failure(staged):
            file, unsynced = self._open(staged)
            with file:
                file.writelines(data)
                file.flush()
                os.fsync(file.fileno())
            publish(staged, path)
        for folder in (path.parent, *unsynced):
            _fsync(folder)
        self._remember(path.parent)

    def _open(self, staged: Path) -> tuple[IO[bytes], Sequence[Path]]:
        """The new file, and the folders above its own whose names may not be on the disk yet.

        A folder that is there may be one that another writer made a moment ago and has not fsynced.
        """
        if staged.parent in self._synced:
            with suppress(FileNotFoundError):
                return open(staged, "xb", opener=_private), ()
        made = _make_folders(staged.parent)
        above = [each for each in staged.parent.parents if each.is_relative_to(self._folder)]
        return open(staged, "xb", opener=_private), list(dict.fromkeys([*above, *made]))

    def _remember(self, folder: Path) -> None:
        if len(self._synced) >= _MOST_SYNCED:
            self._synced.clear()
        self._synced.add(folder)

    def _may_hold(self, prefix: str) -> bool:
        self._require_folder()
        folder = self._folder / prefix
        return folder.is_dir() and any(folder.iterdir())

    def _require_folder(self) -> None:
        """Raises `LakeMissing` where the lake's folder is not there."""
        if not self._folder.is_dir():
            raise LakeMissing(self.url)

    def local_path(self, key: str) -> Path:
        """The file itself."""
        return self._folder / key

    def make_durable(self, key: str | None = None) -> None:
        """Wait until the file, or everything, is on the disk: deltalake does not fsync."""
        try:
            if key is not None:
                _fsync(self._folder / key)
                _fsync((self._folder / key).parent)
                return
        except FileNotFoundError:
            pass
        os.sync()

    def table_url(self, name: str) -> str:
        """The table's folder."""
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


def _make_folders(folder: Path) -> list[Path]:
    """Create ``folder``; the folders that now hold a new name and must be fsynced."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return [f.parent for f in missing]


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
