"""Logs on disk that could not be delivered yet, for workflows on machines that restart. Only masked logs get here.

A file is one batch of lines, written under another name first, so that it is whole or not there, and readable by its
owner only. Several processes may share the folder: a file sent by two of them counts once, as each log in it does.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

from .console import Console
from .ids import uuid7

_SUFFIX = ".ndjson.gz"


class Spool:
    """The files of one client's API key in a folder, bounded in bytes; never raises."""

    def __init__(self, folder: str, owner: str, max_bytes: int, console: Console) -> None:
        """``owner`` tells whose files these are, so that nobody's logs are sent with another's key."""
        self.folder = Path(folder)
        self._prefix = hashlib.sha256(owner.encode()).hexdigest()[:12] + "-"
        self._max_bytes = max_bytes
        self._console = console

    def write(self, lines: list[bytes]) -> Path | None:
        """Where the lines are kept; None where they are not: the folder is full, or cannot be written to."""
        body = gzip.compress(b"\n".join(lines))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sum(path.stat().st_size for path in self.paths()) + len(body) > self._max_bytes:
                self._console.say(
                    "spool full", "CASELOG_SPOOL_DIR holds as much as it may: logs stay in memory only"
                )
                return None
            return self._write(body)
        except OSError as error:
            self._console.say(
                "spool",
                f"CASELOG_SPOOL_DIR cannot be written to ({error.strerror}): logs stay in memory only",
            )
            return None

    def paths(self) -> list[Path]:
        """The files, oldest first."""
        try:
            return sorted(path for path in self.folder.iterdir() if self._is_mine(path.name))
        except OSError:
            return []

    def read(self, path: Path) -> list[bytes]:
        """The lines of a file; none where another process was quicker, or where it is damaged, which removes it."""
        try:
            return gzip.decompress(path.read_bytes()).splitlines()
        except FileNotFoundError:
            return []
        except (OSError, EOFError, ValueError):
            self._console.say("spool damaged", "a file in CASELOG_SPOOL_DIR cannot be read and is removed")
            self.remove(path)
            return []

    def remove(self, path: Path) -> None:
        """The logs in the file are settled."""
        try:
            path.unlink()
        except OSError:
            return

    def _is_mine(self, name: str) -> bool:
        return name.startswith(self._prefix) and name.endswith(_SUFFIX)

    def _write(self, body: bytes) -> Path:
        path = self.folder / f"{self._prefix}{uuid7()}{_SUFFIX}"
        unfinished = path.with_suffix(".unfinished")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        return path
