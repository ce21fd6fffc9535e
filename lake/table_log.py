"""The log of a Delta table as its objects tell it, gaps and all: what a library refuses to open can be read here.

https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from lake.errors import ObjectNotFound
from lake.store import Store

_COMMIT: Final = re.compile(r"(\d{20})\.json")
_CHECKPOINT: Final = re.compile(r"(\d{20})\.checkpoint\.parquet")
#: A reader opens the newest checkpoint and at most so many commits.
COMMITS_PER_CHECKPOINT: Final = 30
#: The log is kept so long: long enough for whoever opened the table at an earlier version. A table has them from
#: the start: setting them later excludes every commit that is being made.
PROPERTIES: Final = {
    "delta.logRetentionDuration": "interval 2 days",
    "delta.deletedFileRetentionDuration": "interval 2 days",
    "delta.enableExpiredLogCleanup": "true",
    "delta.checkpointInterval": str(COMMITS_PER_CHECKPOINT),
}


def log_prefix(table: str) -> str:
    """Where the log of a table lies."""
    return f"{table}/_delta_log/"


def commit_key(table: str, version: int) -> str:
    """Key of one commit of a table."""
    return f"{log_prefix(table)}{version:020}.json"


def _checkpoint_key(table: str, version: int) -> str:
    return f"{log_prefix(table)}{version:020}.checkpoint.parquet"


def checkpoint_is_there(store: Store, table: str, version: int) -> bool:
    """Whether the table lies in a folder of this machine and has a checkpoint of the version."""
    path = store.local_path(f"{log_prefix(table)}{version:020}.checkpoint.parquet")
    return path is not None and path.exists()


@dataclass(frozen=True)
class LogListing:
    """What lies in the log of a table: versions of its commits (with their sizes) and of its checkpoints."""

    commits: Mapping[int, int]
    checkpoints: Sequence[int]

    @property
    def newest(self) -> int:
        """The newest version that there is a sign of; -1 where there is none."""
        return max([*self.commits, *self.checkpoints], default=-1)

    def lost(self, at_least: int = -1) -> list[int]:
        """Versions that are needed and not there, or empty, when ``at_least`` this version was committed."""
        first = max(self.checkpoints, default=-1) + 1
        return [each for each in range(first, max(self.newest, at_least) + 1) if not self.commits.get(each)]


def list_log(store: Store, table: str) -> LogListing:
    """What lies in the log of a table now; raises `lake.errors.StoreUnavailable`."""
    names = [(found.key.rpartition("/")[2], found.size) for found in store.list(log_prefix(table))]
    commits = {int(match[1]): size for name, size in names if (match := _COMMIT.fullmatch(name))}
    checkpoints = [int(match[1]) for name, size in names if size and (match := _CHECKPOINT.fullmatch(name))]
    return LogListing(commits, checkpoints)


@dataclass
class Replayed:
    """What a log says in the end: files by path, the numbers of its transactions, commits that cannot be read."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    unreadable: dict[int, list[str]] = field(default_factory=dict)
    #: What the table asks of readers and writers, its columns, and the program that said so last.
    protocol: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    author: str = ""

    @property
    def has_schema(self) -> bool:
        """Whether it is known which columns the table has."""
        return bool(self.metadata)

    def take(self, action: Mapping[str, Any]) -> None:
        """One action of a commit or of a checkpoint."""
        if add := action.get("add"):
            self.files[unquote(add["path"])] = dict(add)
        elif remove := action.get("remove"):
            self.files.pop(unquote(remove["path"]), None)
        elif told := action.get("txn"):
            self.transactions[told["appId"]] = told["version"]
        elif told := action.get("metaData"):
            self.metadata = dict(told)
        elif told := action.get("protocol"):
            self.protocol = dict(told)


def replay(store: Store, table: str, listing: LogListing) -> Replayed:
    """The log from its newest checkpoint on, without what is lost of it; raises `StoreUnavailable`."""
    found = Replayed()
    start = -1
    for version in sorted(listing.checkpoints, reverse=True):
        if _take_checkpoint(store, _checkpoint_key(table, version), found):
            start = version
            break
    for version in sorted(each for each in listing.commits if each > start):
        _take_commit(store, table, version, found)
    return found


def _take_checkpoint(store: Store, key: str, found: Replayed) -> bool:
    try:
        rows = pq.read_table(io.BytesIO(store.get(key))).to_pylist()
    except (pa.ArrowException, OSError, ObjectNotFound):
        return False
    for row in rows:
        action = {name: value for name, value in row.items() if value}
        if "add" in action:
            action["add"]["partitionValues"] = dict(action["add"]["partitionValues"])
        found.take(action)
    return True


def _take_commit(store: Store, table: str, version: int, found: Replayed) -> None:
    lines = store.get(commit_key(table, version)).decode("utf-8", "replace").splitlines()
    readable = []
    program = ""
    for line in lines:
        try:
            action = json.loads(line)
            found.take(action)
            program = _program_of(action) or program
            if "protocol" in action or "metaData" in action:
                found.author = program
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
            continue
        readable.append(line)
    if len(readable) < len(lines) or not lines:
        found.unreadable[version] = readable


def _program_of(action: Mapping[str, Any]) -> str:
    """How the program that made a commit names itself, where this is the action that says it."""
    told = action.get("commitInfo") or {}
    return str(told.get("engineInfo") or told.get("clientVersion") or "")
