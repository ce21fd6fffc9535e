"""Logs on disk that could not be delivered yet, for workflows on machines that restart. Only masked logs get here.

A file is one batch of lines, written under another name first, so that it is whole or not there, and readable by its
owner only. Several processes may share the folder: a file sent by two of them counts once, as each log in it does.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import time
import zlib
from pathlib import Path

from .console import Console
from .ids import RANDOM_BYTES, uuid7

_SUFFIX = ".ndjson.gz"
_UNFINISHED = ".unfinished"
_GZIP_LEVEL = 1
#: What a process left half written is removed after so many seconds.
_UNFINISHED_S = 3600.0


class Spool:
    """The files of one client's API key in a folder, bounded in bytes; never raises."""

    def __init__(self, folder: str, owner: str, max_bytes: int, console: Console) -> None:
        """``owner`` tells whose files these are, so that nobody's logs are sent with another's key."""
        self.folder = Path(folder)
        self._prefix = hashlib.sha256(owner.encode()).hexdigest()[:12] + "-"
        self._max_bytes = max_bytes
        self._console = console
        #: Logs that this process put here and that are still here.
        self._own: dict[Path, int] = {}
        self._last_ms = 0

    def count_own(self) -> int:
        """How many logs this process has put here that have not been sent since."""
        return sum(self._own.values())

    def write(self, lines: list[bytes]) -> Path | None:
        """Where the lines are kept; None where they are not: the folder is full, or cannot be written to."""
        body = gzip.compress(b"\n".join(lines), _GZIP_LEVEL)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sum(map(_size, self._all())) + len(body) > self._max_bytes:
                self._console.say(
                    "spool full", "CASELOG_SPOOL_DIR holds as much as it may: logs stay in memory only"
                )
                return None
            path = self._write(body)
        except OSError as error:
            self._console.say(
                "spool",
                f"CASELOG_SPOOL_DIR cannot be written to ({error.strerror}): logs stay in memory only",
            )
            return None
        self._own[path] = len(lines)
        return path

    def paths(self) -> list[Path]:
        """The files that wait, oldest first."""
        return sorted(path for path in self._all() if path.name.endswith(_SUFFIX))

    def read(self, path: Path) -> list[bytes]:
        """The lines of a file; none where it cannot be read now, or where it is damaged, which removes it."""
        try:
            return gzip.decompress(path.read_bytes()).splitlines()
        except (gzip.BadGzipFile, EOFError, zlib.error):
            self._console.say("spool damaged", "a file in CASELOG_SPOOL_DIR is damaged and is removed")
            self.remove(path)
        except FileNotFoundError:  # another process was quicker
            self._own.pop(path, None)
        except OSError as error:
            self._console.say(
                "spool unreadable", f"a file in CASELOG_SPOOL_DIR cannot be read ({error.strerror}) and stays"
            )
        return []

    def remove(self, path: Path) -> None:
        """The logs in the file are settled."""
        self._own.pop(path, None)
        with contextlib.suppress(OSError):
            path.unlink()

    def age_s(self, path: Path) -> float:
        """Seconds since the file was written, by its name: the first 48 bits of a UUIDv7 are Unix time in ms."""
        digits = path.name[len(self._prefix) :][:13].replace("-", "")
        try:
            return time.time() - int(digits, 16) / 1000
        except ValueError:
            return 0.0

    def _all(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.name.startswith(self._prefix)]
        except OSError:
            return []

    def _write(self, body: bytes) -> Path:
        # Names sort by time, of files written in the same millisecond too.
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        name = uuid7(self._last_ms, os.urandom(RANDOM_BYTES))
        path = self.folder / f"{self._prefix}{name}{_SUFFIX}"
        unfinished = path.with_name(path.name + _UNFINISHED)
        self._sweep()
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise
        return path

    def _sweep(self) -> None:
        for path in self._all():
            if path.name.endswith(_UNFINISHED) and self.age_s(path) > _UNFINISHED_S:
                self.remove(path)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # another process was quicker
        return 0
