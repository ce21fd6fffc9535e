"""Where processes that share a port keep their figures for each other: a folder that does not outlive them for long."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Final

_PREFIX: Final = "caselog-figures-"
#: One that is younger may be about to be locked.
_NEW_S: Final = 60.0


@contextmanager
def figures_folder() -> Iterator[str]:
    """A folder that is removed at the end; removes those of processes that were killed."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        _remove_if_abandoned(folder)
    with TemporaryDirectory(prefix=_PREFIX) as name, locked(Path(name)):
        yield name


def _remove_if_abandoned(folder: Path) -> None:
    try:
        found = folder.lstat()
        if found.st_uid != os.getuid() or time.time() - found.st_mtime < _NEW_S:
            return
        with locked(folder):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:  # it is held, or somebody else has just removed it
        return


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder; the system lets it go when the process ends, however. Raises `OSError` where it is held."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
