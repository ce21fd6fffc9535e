"""What lies below a folder of the lake, whatever it is: files that are objects, and what is stepped over.

A lake's folder is open to other people's tools. A name with a tab, a loop of links or a folder that may not be
entered must not keep anybody from the objects beside it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lake.objects import Level, Oddity, StoredObject

#: Names of files that are being written: see `lake.folder`.
_STAGED: Final = re.compile(r"#\d+$")

#: Nobody writes one object for so long.
_WRITTEN_FOR_S: Final = 3600

_HALF: Final = "its name is that of a file that is being written, and its writer is long gone"
_LINK: Final = "it is a link, and links are not followed"
_SPECIAL: Final = "it is neither a file nor a folder"
_NO_FILE: Final = "this user may not read it"


def walk(folder: Path, prefix: str) -> Iterator[StoredObject | Oddity]:
    """Everything below ``prefix``, in no order; a link is followed at the prefix itself only."""
    pending = [prefix.rstrip("/")]
    while pending:
        key = pending.pop()
        try:
            entries = list(os.scandir(folder / key))
        except (FileNotFoundError, NotADirectoryError):  # there is none, or it went away meanwhile
            continue
        except OSError as error:
            yield Oddity(key, f"the folder cannot be listed ({(error.strerror or 'unknown').lower()})")
            continue
        for entry in entries:
            name = f"{key}/{entry.name}".lstrip("/")
            if not entry.is_symlink() and entry.is_dir(follow_symlinks=False):
                pending.append(name)
            else:
                yield from _seen(entry, name)


def one_level(folder: Path, prefix: str) -> Level:
    """What lies directly below ``prefix``, each in ascending order."""
    key = prefix.rstrip("/")
    try:
        entries = sorted(os.scandir(folder / key), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return Level([])
    below = [entry for entry in entries if not entry.is_symlink() and entry.is_dir(follow_symlinks=False)]
    seen = [each for entry in entries if entry not in below for each in _seen(entry, f"{key}/{entry.name}")]
    objects = [each for each in seen if isinstance(each, StoredObject)]
    oddities = [each for each in seen if isinstance(each, Oddity)]
    oddities += [odd for found in objects for odd in withheld(folder, found)]
    return Level([f"{key}/{entry.name}/" for entry in below], objects, oddities)


def _seen(entry: os.DirEntry[str], key: str) -> Iterator[StoredObject | Oddity]:
    if entry.is_symlink():
        yield Oddity(key, _LINK)
        return
    if not entry.is_file(follow_symlinks=False):
        yield Oddity(key, _SPECIAL)
        return
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:  # it went away meanwhile
        return
    if not _STAGED.search(entry.name):
        yield StoredObject(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
    elif time.time() - found.st_mtime > _WRITTEN_FOR_S:
        yield Oddity(key, _HALF)


def is_withheld(path: Path) -> bool:
    """Whether this user may not read the file."""
    return not os.access(path, os.R_OK) and path.exists()


def withheld(folder: Path, found: StoredObject) -> Iterator[Oddity]:
    """The oddity that a listed object is, where it cannot be read."""
    if is_withheld(folder / found.key):
        yield Oddity(found.key, _NO_FILE)
