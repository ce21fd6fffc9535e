"""Which logs were committed to ``logs`` since a number of their shard, as its Delta log tells it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from lake import guards, layout
from lake.errors import ObjectNotFound
from lake.shards import shard_of
from lake.store import Store
from lake.table_log import commit_key, list_log

#: So many commits are looked through; who is farther behind looks at all logs.
_MOST_COMMITS: Final = 2_000

#: Keys of files, by client and month.
AddedFiles = Mapping[tuple[str, str], list[str]]


def files_since(store: Store, done: Mapping[int, int]) -> dict[int, AddedFiles]:
    """Of each shard of ``done``, the files that were added after its number; no entry where the log does not tell.

    The files may have been merged into others meanwhile. Raises `lake.errors.StoreUnavailable`.
    """
    found: dict[int, dict[tuple[str, str], list[str]]] = {shard: defaultdict(list) for shard in done}
    settled: set[int] = set()
    versions = sorted(list_log(store, layout.LOGS).commits, reverse=True)[:_MOST_COMMITS]
    for version in versions:
        actions = list(_actions(store, version))
        numbers = _numbers(actions)
        settled |= {shard for shard in done if shard in numbers and numbers[shard] <= done[shard]}
        for add in (action["add"] for action in actions if "add" in action):
            part = add["partitionValues"]
            shard = shard_of(part["client_id"])
            if add.get("dataChange", True) and shard in numbers and shard in found and shard not in settled:
                found[shard][part["client_id"], part["month"]].append(f"{layout.LOGS}/{unquote(add['path'])}")
        if settled >= done.keys():
            break
    is_whole = bool(versions) and versions[-1] == 0
    return {shard: files for shard, files in found.items() if shard in settled or is_whole}


def _actions(store: Store, version: int) -> Iterator[dict[str, Any]]:
    try:
        lines = store.get(commit_key(layout.LOGS, version)).splitlines()
    except ObjectNotFound:  # the log was shortened meanwhile
        return
    for line in lines:
        yield json.loads(line)


def _numbers(actions: list[dict[str, Any]]) -> dict[int, int]:
    """Numbers of the shards whose rows a commit added."""
    told = {action["txn"]["appId"]: int(action["txn"]["version"]) for action in actions if "txn" in action}
    prefix = f"{guards.APPENDER}/"
    return {int(name.removeprefix(prefix)): n for name, n in told.items() if name.startswith(prefix)}
