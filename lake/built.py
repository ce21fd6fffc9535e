"""A file of a scope on disk, and the text beside it that says which files of the table its rows are of."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from lake.errors import CacheUnusable

#: Files of another format are not read but made again.
FORMAT: Final = 3
#: Somebody may still open a file that a newer one has replaced.
KEEP_REPLACED_S: Final = 120


class Contents(msgspec.Struct, frozen=True):
    """What is written beside a file: which files of the table it holds, and its rows and bytes."""

    format: int
    inputs: frozenset[str]
    rows: int
    bytes: int


@dataclass(frozen=True)
class Built:
    """A file of the scope and what it holds."""

    path: Path
    contents: Contents

    @property
    def is_there(self) -> bool:
        """Whether the file is still as it was written."""
        try:
            return self.path.stat().st_size == self.contents.bytes
        except OSError:
            return False


def forget_gone(folder: Path, keys: Collection[str]) -> None:
    """Remove files of a scope, in use or not, whose rows are no longer in the files ``keys`` of the table.

    What is raw is in none of them, so its file goes as soon as nobody uses it: a deleted log is kept nowhere.
    """
    for path in folder.glob("*.parquet"):
        with contextlib.suppress(OSError, msgspec.DecodeError):
            inputs = msgspec.json.decode(beside(path).read_bytes(), type=Contents).inputs
            is_unused = time.time() - path.stat().st_atime > KEEP_REPLACED_S
            if is_unused and not (inputs and all(key in keys for key in inputs)):
                path.unlink()
                beside(path).unlink(missing_ok=True)


def choose(candidates: Sequence[Built], wanted: Collection[str]) -> list[Built]:
    """Files that hold nothing but what is wanted, and nothing twice: the biggest first."""
    chosen: list[Built] = []
    held: set[str] = set()
    for each in sorted(candidates, key=lambda built: -built.contents.rows):
        inputs = each.contents.inputs
        if inputs <= wanted.keys() and held.isdisjoint(inputs) and each.is_there:  # type: ignore[attr-defined]
            chosen.append(each)
            held |= inputs
    return chosen


def inputs_of(built: Iterable[Built]) -> set[str]:
    return {key for each in built for key in each.contents.inputs}


def load(path: Path) -> Built | None:
    """A file that an earlier process or another one wrote, where it is whole."""
    try:
        contents = msgspec.json.decode(beside(path).read_bytes(), type=Contents)
        rows = pq.read_metadata(path).num_rows
    except (OSError, msgspec.DecodeError, pa.ArrowException):
        return None
    built = Built(path, contents)
    return built if contents.format == FORMAT and rows == contents.rows and built.is_there else None


def beside(path: Path) -> Path:
    return path.with_suffix(".json")


def replace_file(path: Path, data: bytes) -> None:
    """Give ``path`` these bytes in one step; raises `CacheUnusable`."""
    staged = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        staged.write_bytes(data)
        staged.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            staged.unlink(missing_ok=True)
        raise CacheUnusable(path.parent, (error.strerror or "").lower()) from error
