"""Mends a table from what lies in the store: its log as far as it can be read, and the Parquet files themselves.

A file says whose logs it holds, and its ids say which. So lost commits need not be known: whatever file holds logs
that no other file of the table has is taken back in, and a file whose logs all stand in others is taken out. A file
that is missing or cut is taken out too, and what an earlier state of the table still has of its logs is taken in.
What nothing in the store holds any more is gone: it is said how many files that were, and whose.

Nobody else may commit meanwhile: the commit is refused where somebody did.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from lake import guards, layout, schema
from lake.damage import seen_version
from lake.data_files import new_path, stats_of
from lake.errors import LakeError, ObjectNotFound
from lake.shards import EVERY_SHARD, shards_of
from lake.store import Store
from lake.table_format import require_known_log
from lake.table_log import Replayed, commit_key, list_log, replay

#: So many lost commits are no accident: the log itself has to come back from a copy.
_MOST_LOST: Final = 1_000


class NotMendable(LakeError):
    """Only a copy helps."""

    def __init__(self, table: str, reason: str) -> None:
        super().__init__(f"The table {table} cannot be mended: {reason}. Restore {table}/ from a copy.")


@dataclass
class Plan:
    """What mending a table takes. ``lost`` are its files that nothing can bring back, by client."""

    table: str
    now: datetime
    fill: list[int] = field(default_factory=list)
    rewrite: dict[int, list[str]] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)
    add: list[str] = field(default_factory=list)
    #: Of these files some logs are in the table and some are not: the latter, by file.
    add_partly: dict[str, Collection[str]] = field(default_factory=dict)
    lost: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    next_version: int = 0
    #: What the last commits that added rows are numbered, by application.
    transactions: dict[str, int] = field(default_factory=dict)
    is_gone: bool = False
    is_behind: bool = False

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to mend."""
        files = self.remove or self.add or self.add_partly
        return bool(self.is_gone or self.is_behind or self.fill or self.rewrite or files)

    def sentences(self) -> Iterator[str]:
        """What would be done, or was."""
        if self.is_gone:
            yield f"{self.table}: the log is gone; make it anew."
        elif self.fill or self.rewrite:
            versions = ", ".join(map(str, sorted([*self.fill, *self.rewrite])))
            yield f"{self.table}: put what is known in the place of the lost commits {versions}."
        elif self.is_behind:
            yield f"{self.table}: its last commit is lost; go on behind it."
        for key in self.add:
            yield f"{self.table}: take {key} in, whose logs are in no other file."
        for key, ids in self.add_partly.items():
            yield f"{self.table}: take {len(ids)} logs of {key} in, which are in no other file."
        for key in self.remove:
            yield f"{self.table}: take {key} out."
        for client_id, keys in sorted(self.lost.items()):
            yield (
                f"{self.table}: what only {len(keys)} damaged files held of {client_id} is lost, unless a copy of "
                "them is put back first."
            )


def plan_all(store: Store, now: datetime) -> list[Plan]:
    """What mending each table takes; nothing is changed. Raises `NotMendable`, `StoreUnavailable`."""
    # What is raw may be of a run that was killed between its two commits: then the next run makes it right.
    waiting = (layout.client_of_raw_key(found.key) for found in store.list(layout.RAW))
    busy = {guards.app_id(guards.APPENDER, shard) for shard in shards_of(filter(None, waiting))}
    traces = _transactions(replay(store, layout.TRACES, list_log(store, layout.TRACES)))
    settled = {name: number for name, number in traces.items() if name not in busy}
    return [plan(store, layout.TRACES, now), plan(store, layout.LOGS, now, settled)]


def plan(store: Store, table: str, now: datetime, at_least: Mapping[str, int] | None = None) -> Plan:
    """What mending ``table`` takes; nothing is changed. Raises `NotMendable`, `TableNotUnderstood`, `StoreUnavailable`.

    ``at_least`` are numbers of commits to the other table, by application: this one's must not stay behind.
    """
    listing = list_log(store, table)
    told = replay(store, table, listing)
    require_known_log(table, told)
    seen = seen_version(store, table)
    made = Plan(table, now, fill=listing.lost(seen), rewrite=told.unreadable)
    made.fill = [version for version in made.fill if version not in told.unreadable]
    if len(made.fill) > _MOST_LOST:
        raise NotMendable(table, f"{len(made.fill)} commits of its log are gone")
    made.is_gone = listing.newest < 0
    made.next_version = max(listing.newest, seen) + 1
    known = _transactions(told)
    made.transactions = known | {name: max(n, known.get(name, 0)) for name, n in (at_least or {}).items()}
    made.is_behind = made.transactions != known
    _plan_files(store, made, told)
    return made


def _plan_files(store: Store, made: Plan, told: Replayed) -> None:
    prefix = f"{made.table}/"
    sizes = {found.key: found.size for found in store.list(prefix) if found.key.endswith(".parquet")}
    sizes = {key: size for key, size in sizes.items() if layout.client_of_table_key(key)}
    active = {prefix + path: int(add["size"]) for path, add in told.files.items()}
    cut = {key for key, size in active.items() if sizes.get(key) != size}
    is_whole_log = not (made.fill or made.rewrite or made.is_gone or made.is_behind)
    parts = _by_partition([*active, *sizes])
    for keys in parts.values():
        if is_whole_log and not cut.intersection(keys):
            continue
        _plan_partition(store, made, active, sorted(keys))


def _by_partition(keys: Sequence[str]) -> Mapping[str, set[str]]:
    parts: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        parts[key.rpartition("/")[0]].add(key)
    return parts


def _plan_partition(store: Store, made: Plan, active: Mapping[str, int], keys: Sequence[str]) -> None:
    ids = {key: found for key in keys if (found := _ids(store, key, active.get(key))) is not None}
    # The table's own files first, the bigger ones first: what they hold need not be taken from others.
    order = sorted(ids, key=lambda key: (key not in active, -len(ids[key]), key))
    known: set[str] = set()
    for key in order:
        new = ids[key] - known
        known |= new
        if key in active and not new and ids[key]:
            made.remove.append(key)
        elif key not in active and len(new) == len(ids[key]) and new:
            made.add.append(key)
        elif key not in active and new:
            made.add_partly[key] = new
    broken = [key for key in keys if key in active and key not in ids]
    made.remove += broken
    if broken:
        client_id = layout.client_of_table_key(broken[0]) or ""
        made.lost[client_id] += broken


def _ids(store: Store, key: str, size: int | None) -> set[str] | None:
    """The ids in a file; ``None`` where it is missing, of another size than ``size``, or not Parquet."""
    try:
        blob = store.get(key)
        if size is not None and len(blob) != size:
            return None
        return set(pq.read_table(io.BytesIO(blob), columns=["log_id"])["log_id"].to_pylist())
    except (ObjectNotFound, pa.ArrowException, OSError, KeyError):
        return None


# ------------------------------------------------------------ doing it


def mend(store: Store, made: Plan) -> None:
    """Do what the plan says. Raises `lake.errors.ObjectExists` where somebody else committed: plan again."""
    if made.is_gone and not made.fill:
        made.fill, made.next_version = [0], 1
    actions = [*_adds(store, made), *({"remove": _removed(made, key)} for key in made.remove)]
    told = [
        {"txn": {"appId": name, "version": number, "lastUpdated": _millis(made)}}
        for name, number in sorted(made.transactions.items())
    ]
    # The commit behind the gaps comes first: as long as there is one gap, everybody sees that the table is damaged.
    _write(store, made, made.next_version, [_info(made, "repair"), *told, *actions])
    for version, lines in made.rewrite.items():
        key = commit_key(made.table, version)
        store.put(f"{layout.QUARANTINE}tables/{key}.object", store.get(key))
        store.put(
            key, _lines([_info(made, "in the place of what could not be read"), *map(json.loads, lines)])
        )
    for version in made.fill:
        first = _first_actions(made.table) if version == 0 else []
        _write(store, made, version, [_info(made, "in the place of a lost commit"), *first])
    store.make_durable()


def _write(store: Store, made: Plan, version: int, actions: Sequence[Mapping[str, Any]]) -> None:
    key = commit_key(made.table, version)
    if version in made.fill:
        store.delete([key])  # an empty one may stand there
    store.create(key, _lines(actions))


def _lines(actions: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(action).encode() + b"\n" for action in actions)


def _millis(made: Plan) -> int:
    return int(made.now.timestamp() * 1000)


def _info(made: Plan, why: str) -> dict[str, Any]:
    return {
        "commitInfo": {
            "timestamp": _millis(made),
            "operation": "CASELOG REPAIR",
            "operationParameters": {"why": why},
        }
    }


def _first_actions(table: str) -> list[dict[str, Any]]:
    """Protocol and schema of an empty table of ours."""
    with tempfile.TemporaryDirectory() as folder:
        columns = schema.LOGS if table == layout.LOGS else schema.TRACES
        DeltaTable.create(folder, columns, partition_by=list(schema.PARTITIONS))
        commit = Path(folder, "_delta_log", f"{0:020}.json").read_text(encoding="utf-8")
    actions = [json.loads(line) for line in commit.splitlines()]
    return [action for action in actions if "commitInfo" not in action]


def _adds(store: Store, made: Plan) -> Iterator[dict[str, Any]]:
    for key in made.add:
        yield {"add": _added(made, key, store.get(key))}
    for key, ids in made.add_partly.items():
        rows = pq.ParquetFile(io.BytesIO(store.get(key))).read()
        rows = rows.filter(pc.field("log_id").isin(pa.array(sorted(ids), pa.string())))
        sink = io.BytesIO()
        pq.write_table(rows, sink, compression="zstd")
        whose = _partition_of(key)
        part = f"{made.table}/{new_path(whose['client_id'], whose['month'])}"
        store.put(part, sink.getvalue())
        yield {"add": _added(made, part, sink.getvalue())}


def _partition_of(key: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in key.split("/") if "=" in part)


def _added(made: Plan, key: str, blob: bytes) -> dict[str, Any]:
    return {
        "path": key.removeprefix(f"{made.table}/"),
        "partitionValues": _partition_of(key),
        "size": len(blob),
        "modificationTime": _millis(made),
        "dataChange": True,
        "stats": stats_of(pq.read_metadata(io.BytesIO(blob))),
    }


def _removed(made: Plan, key: str) -> dict[str, Any]:
    return {
        "path": key.removeprefix(f"{made.table}/"),
        "partitionValues": _partition_of(key),
        "deletionTimestamp": _millis(made),
        "dataChange": True,
    }


def _transactions(told: Replayed) -> dict[str, int]:
    """The numbers of the last commits that added rows, by application."""
    ours = {guards.APPENDER, *(guards.app_id(guards.APPENDER, shard) for shard in EVERY_SHARD)}
    return {name: number for name, number in told.transactions.items() if name in ours}
