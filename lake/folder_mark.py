"""By what a lake in a folder is known again: a mark in it.

An empty mount point, and another folder that was put in a lake's place, look like a lake in which there is nothing:
what is written there is lost to every reader, and a key that is not found there says nothing. A device and an inode
would not do: the next disk that is mounted may have the same, and the same disk others.
"""

from __future__ import annotations

import os
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final

from lake.errors import LakeGone, LakeMissing, StoreUnavailable
from lake.fsync import fsync

#: Name of the mark; the lake's keys never begin with a dot.
MARK: Final = ".caselog-lake"
_SAID: Final = (
    "The line above marks this folder as one lake of Caselog: leave it, and copy it with the lake.\n"
)

#: Device, inode and time of the last change: of one file no two states have the same.
Identity = tuple[int, int, int]


class FolderMark:
    """Says whether the folder at ``path`` is still the lake that was there before. Safe to share between threads.

    Whoever writes first makes folder and mark. Where there is none and none can be made, the folder's own device and
    inode have to do; who only reads a lake without a mark is not held to anything.
    """

    def __init__(self, url: str, path: Path) -> None:
        self._url = url
        self._path = path
        self._file = path / MARK
        self._lock = threading.Lock()
        self._content = b""
        self._folder: Identity | None = None
        #: The mark as it was seen last; another one after the lake was mounted again.
        self.seen: Identity | None = None

    @property
    def is_known(self) -> bool:
        """Whether a lake was seen that can be known again."""
        return bool(self._content) or self._folder is not None

    def require(self) -> None:
        """Return where the lake is there, which takes a microsecond or two.

        Raises `LakeMissing` where there is no folder, `LakeGone` where it is not the lake that was there before.
        """
        found = self._identity_of(self._file)
        if found is not None and found == self.seen:
            return
        if self._content:
            if found is None or self._read() != self._content:
                raise LakeGone(self._url, MARK)
            self.seen = found
        elif self._folder is not None:
            if self._identity_of(self._path) != self._folder:
                raise LakeGone(self._url, MARK)
        elif not self._path.is_dir():
            raise LakeMissing(self._url)
        elif found is not None:
            self._content, self.seen = self._read(), found

    def prepare(self) -> None:
        """As `require`, for whoever writes: where no lake was seen before, the folder is made, and marked."""
        if not self.is_known:
            with self._lock:
                with suppress(FileExistsError):  # of a file in its place `require` says so
                    self._path.mkdir(parents=True, exist_ok=True)
                self.require()
                if not self.is_known:
                    self._make()
        self.require()

    def _make(self) -> None:
        staged = self._file.with_name(f"{MARK}#{uuid.uuid4().int}")
        try:
            with open(staged, "xb", opener=_readable) as file:
                file.write(f"{uuid.uuid4()}\n{_SAID}".encode())
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another process was first
                os.link(staged, self._file)
            self.require()
        except OSError:  # not everybody may write here, and not every file system has links
            pass
        finally:
            with suppress(OSError):
                staged.unlink()
        for folder in (self._path, self._path.parent):
            with suppress(OSError):
                fsync(folder)
        if not self._content:
            self._folder = self._identity_of(self._path)

    def _read(self) -> bytes:
        with suppress(OSError), self._file.open("rb") as file:
            return file.read(4096)
        return b""

    def _identity_of(self, path: Path) -> Identity | None:
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreUnavailable(
                "that the lake's folder is there", (error.strerror or "unknown").lower()
            ) from error
        return found.st_dev, found.st_ino, found.st_ctime_ns if path is self._file else 0


def _readable(path: str, flags: int) -> int:
    return os.open(path, flags, 0o644)
