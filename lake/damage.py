"""Whether the tables are what was committed. What is lost must not look like what never was.

Of each table, the other one's folder keeps the newest version that was seen (`mark_seen`), so that a table that lost
its newest commits, or is gone, is known to have been there, also by a program that was started only now.
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from lake import layout, schema
from lake.errors import LakeError, ObjectNotFound
from lake.shards import EVERY_SHARD, shard_of
from lake.snapshot import Lake
from lake.store import Store
from lake.table_files import TableFile
from lake.table_log import commit_key, list_log, replay
from lake.tables import Table

_OTHER: Final = {layout.LOGS: layout.TRACES, layout.TRACES: layout.LOGS}
_NAMED: Final = 5
#: Clients whose files are listed at once: enough to hide the latency of a store that is 30 ms away.
_LISTERS: Final = 32


@dataclass(frozen=True)
class Damage:
    """One object that is missing or not whole; ``client_id`` is whose logs it concerns, ``None`` everybody's."""

    key: str
    reason: str
    client_id: str | None = None

    @property
    def sentence(self) -> str:
        """What is wrong, whom it concerns, and what to do."""
        whose = f"the logs of {self.client_id}" if self.client_id else "all logs"
        return (
            f"{self.key} {self.reason}: {whose} stay in raw/ and nothing is committed on top. Restore it from a "
            "copy, or see what `caselog etl repair` can do."
        )


class TablesDamaged(LakeError):
    """A table is not what was committed to it; nothing was added to it."""

    def __init__(self, found: Collection[Damage]) -> None:
        more = f" And {len(found) - _NAMED} more." if len(found) > _NAMED else ""
        super().__init__(" ".join(damage.sentence for damage in [*found][:_NAMED]) + more)
        self.found = tuple(found)


def damaged_logs(lake: Lake) -> list[Damage]:
    """What is wrong with the logs of the tables as a whole; raises `StoreUnavailable`."""
    found = [damage for table in (lake.logs, lake.traces) for damage in _damaged_log(lake.store, table.name)]
    return found or list(_ahead(lake))


def _damaged_log(store: Store, table: str) -> Iterator[Damage]:
    seen = seen_version(store, table)  # before the listing: what is committed meanwhile is no loss
    listing = list_log(store, table)
    if listing.newest < 0:
        # Whatever table is left tells that there was more. Listed once more: all may have been made in between.
        others = (name for name in schema.TABLES if name != table)
        has_other = any(list_log(store, name).newest > 0 for name in others)
        has_other = has_other and list_log(store, table).newest < 0
        if seen >= 0 or has_other:
            yield Damage(f"{table}/_delta_log", "is gone: the table was there")
        return
    for version in listing.lost(seen):
        yield Damage(
            commit_key(table, version), "is missing" if version not in listing.commits else "is empty"
        )


def _ahead(lake: Lake) -> Iterator[Damage]:
    """``traces`` may be one commit ahead, of a run that was killed: then what it was at is still raw."""
    ahead = _numbers_ahead(lake)
    raw = shards_of_raw(lake.store, ahead) if ahead else ()
    lost = {shard: number for shard, number in ahead.items() if shard not in raw}
    # Another process may have committed the logs meanwhile, and begun with its next batch.
    if lost and lost.items() & _numbers_ahead(lake).items():
        yield Damage(
            f"{layout.LOGS}/_delta_log", "lacks the last commit: traces has logs that are nowhere else"
        )


def shards_ahead(lake: Lake) -> frozenset[int]:
    """Shards whose last traces have no logs in the table: of a run that was killed, or is at it."""
    return frozenset(_numbers_ahead(lake))


def _numbers_ahead(lake: Lake) -> dict[int, int]:
    """The number of the last traces of each shard whose logs are not in the table."""
    if any(list_log(lake.store, table.name).newest < 0 for table in (lake.logs, lake.traces)):
        return {}
    traces, logs = lake.traces.pin(), lake.logs.pin()
    numbers = {shard: traces.number(shard) for shard in EVERY_SHARD}
    return {shard: number for shard, number in numbers.items() if number > logs.number(shard)}


def shards_of_raw(store: Store, wanted: Collection[int]) -> frozenset[int]:
    """Those of ``wanted`` that raw objects are of; only their clients' objects are listed."""
    found: set[int] = set()
    for prefix in store.level(layout.RAW).prefixes:
        client_id = layout.client_of_raw_prefix(prefix)
        if client_id is None or shard_of(client_id) not in {*wanted} - found:
            continue
        if any(layout.client_of_raw_key(each.key) for each in store.list(prefix)):
            found.add(shard_of(client_id))
    return frozenset(found)


def unreadable_commits(store: Store, table: str) -> list[Damage]:
    """Commits of a table that do not say anything that can be understood."""
    found = replay(store, table, list_log(store, table)).unreadable
    return [Damage(commit_key(table, version), "cannot be read") for version in sorted(found)]


def damaged_files(lake: Lake, clients: Collection[str] | None = None) -> list[Damage]:
    """Files of the tables that are missing, or of another size than was committed; raises `StoreUnavailable`.

    Of ``clients`` where they are given: what is looked at are their files alone.
    """
    tables = (lake.logs, lake.traces)
    return [damage for table in tables for damage in _still_damaged(lake.store, table, clients)]


def _still_damaged(store: Store, table: Table, clients: Collection[str] | None) -> list[Damage]:
    """A deletion removes files at once: what left the table meanwhile is no damage."""
    found = list(damaged_files_of(store, table, clients))
    files = table.state().files if found else {}
    return [damage for damage in found if damage.key in files]


def damaged_files_of(store: Store, table: Table, clients: Collection[str] | None = None) -> Iterator[Damage]:
    """The same of one table."""
    files = table.state().files  # before the listing: what is removed from the table stays for a while
    checked = [file for file in files.values() if clients is None or file.client_id in clients]
    sizes = _sizes(store, table.name, clients and {file.client_id for file in checked}) if checked else {}
    for file in checked:
        if file.key not in sizes:
            yield Damage(file.key, "is missing", file.client_id)
        elif sizes[file.key] != file.size:
            reason = f"has {sizes[file.key]} bytes where {file.size} were committed"
            yield Damage(file.key, reason, file.client_id)


def _sizes(store: Store, table: str, clients: Collection[str] | None) -> Mapping[str, int]:
    """How big the objects of a table are, by key."""
    prefixes = [f"{table}/"] if clients is None else [f"{table}/client_id={each}/" for each in clients]
    with ThreadPoolExecutor(min(_LISTERS, len(prefixes)), "listers") as pool:
        listed = pool.map(lambda prefix: [*store.list(prefix)], prefixes)
        return {found.key: found.size for objects in listed for found in objects}


def unreadable_files(lake: Lake, clients: Collection[str]) -> list[Damage]:
    """Files of these clients whose ids cannot be read."""
    files = (f for table in (lake.logs, lake.traces) for f in table.state().files.values())
    return list(_unreadable(lake.store, (file for file in files if file.client_id in clients)))


def _unreadable(store: Store, files: Iterable[TableFile]) -> Iterator[Damage]:
    for file in files:
        try:
            read_ids(store, file.key)
        except ObjectNotFound:
            yield Damage(file.key, "is missing", file.client_id)
        except (pa.ArrowException, OSError):
            yield Damage(file.key, "is not a Parquet file that can be read", file.client_id)


def read_ids(store: Store, key: str) -> list[str]:
    """The log ids of a file of a table; raises what pyarrow raises, and `ObjectNotFound`."""
    ids: list[str] = pq.read_table(io.BytesIO(store.get(key)), columns=["log_id"])["log_id"].to_pylist()
    return ids


# ------------------------------------------------------------ what was seen


def mark_seen(store: Store) -> None:
    """Keep, of each table beside the other, which version it has reached; raises `StoreUnavailable`."""
    for table in _OTHER:
        newest = list_log(store, table).newest
        if newest > seen_version(store, table):
            store.put(_mark_key(table), json.dumps({"version": newest}).encode())


def _mark_key(table: str) -> str:
    return f"{_OTHER[table]}/_caselog/{table}.json"  # Delta's readers pass over names that begin with _


def seen_version(store: Store, table: str) -> int:
    """The newest version of a table that was ever noted; -1 where none was."""
    try:
        told = json.loads(store.get(_mark_key(table)))
        return int(told["version"])
    except (ObjectNotFound, ValueError, TypeError, KeyError):
        return -1
