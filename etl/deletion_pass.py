"""One pass of a deletion: everything that can hold what is meant is looked at, and what is found is removed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from access import audit, clients, deletions, keys, users
from access.deletions import Deletion, Kind
from etl import object_removal
from etl.matching import Matcher
from etl.object_removal import RemovedObjects
from lake import layout
from lake.id_list import digest_of
from lake.removal import Removed, TableRemoval, settle_idle_shards
from lake.shards import EVERY_SHARD, shards_of
from lake.snapshot import Lake
from lake.table_search import FoundLog

Clock = Callable[[], datetime]

_TIMES: Final = ("executed_at", "received_at")


@dataclass
class Pass:
    """What one look through the lake found (and removed)."""

    counts: Counter[str] = field(default_factory=Counter)
    logs: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Objects that could not be read or removed, and what is none and was not looked at; with the reason.
    left: dict[str, str] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)
    #: What was read: the proof, where nothing was found.
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not self.logs and not +self.counts

    def add_logs(self, found: Iterable[tuple[str, str]]) -> None:
        for client_id, log_id in found:
            self.logs[client_id].add(log_id)

    def add_objects(self, place: str, removed: RemovedObjects) -> None:
        self.counts[place] += removed.objects
        self.left |= removed.left
        self.unseen |= removed.unseen
        self.add_logs(removed.logs)


class Work:
    """One pass of a deletion."""

    def __init__(self, lake: Lake, deletion: Deletion, clock: Clock) -> None:
        self.deletion = deletion
        self._lake = lake
        self._store = lake.store
        self._clock = clock
        self._clients = None if deletion.client_id is None else {deletion.client_id}
        # The derived tables first, then the traces and their logs.
        order = [*(t for t in lake.tables if t not in (lake.traces, lake.logs)), lake.traces, lake.logs]
        removals = [TableRemoval(lake.store, table) for table in order]
        self._tables = [each for each in removals if each.is_there]
        self._pass = Pass()

    def look(self, *, does: bool) -> Pass:
        """Find what is meant; and with ``does`` remove it."""
        if does:
            self._note()
            for table in self._tables:
                table.fence(self._clients)
        if self.deletion.kind is Kind.CLIENT:
            self._client(does=does)
        else:
            self._logs(does=does)
        self._pass.unseen |= object_removal.left_over(self._store, self._matcher())
        if does:
            self._note()
        return self._pass

    def _matcher(self) -> Matcher:
        return Matcher(self.deletion, deletions.deleted_ids(self._store, self.deletion))

    def _note(self) -> None:
        """Say in the record what is known, and that somebody is at it."""
        counts = {name: max(n, self.deletion.counts.get(name, 0)) for name, n in self._pass.counts.items()}
        update = {"active_at": self._clock(), "counts": {**self.deletion.counts, **counts}}
        self.deletion = deletions.save(self._store, self.deletion.model_copy(update=update))

    # -------------------------------------------------------- a client

    def _client(self, *, does: bool) -> None:
        client_id = str(self.deletion.client_id)
        if does:
            self._pass.counts["clients"] += clients.remove_client(self._store, client_id)
            self._pass.counts["keys"] += keys.remove_keys(self._store, client_id)
            self._pass.counts["users"] += users.forget_client(self._store, client_id)
            self._pass.counts["audit objects"] += audit.forget_client(self._store, client_id)
        for table in self._tables:
            files = table.files(self._clients)
            self._pass.counts[f"rows of {table.name}"] += (rows := sum(file.rows for file in files))
            self._pass.counts["logs"] += rows if table.name == layout.LOGS else 0
            stored = table.stored(self._clients)
            self._pass.counts["table files"] += len(stored)
            self._pass.read[f"files of {table.name}"] = len(stored)
        if does:
            self._note()
            for table in self._tables:
                table.remove_files(lambda file: file.client_id == client_id, self._clock(), at_once=True)
                self._store.delete(table.stored(self._clients))
                self._scrub(table)
        self._objects(does=does)

    # -------------------------------------------------------- some logs

    def _logs(self, *, does: bool) -> None:
        matcher = self._matcher()
        for table in reversed(self._tables):  # the logs first: they are the smallest
            self._find_in(table, matcher)
        in_raw = RemovedObjects()
        object_removal.find_in_raw(self._store, matcher, in_raw)
        self._pass.add_logs(in_raw.logs)
        self._pass.counts["logs"] += sum(map(len, self._pass.logs.values()))
        if does:
            self._keep_ids()
            for table in self._tables:
                self._remove_from(table)
        else:
            for table in self._tables:
                self._pass.counts["table files"] += len(
                    table.stored_with(table.stored(self._clients), self._pass.logs)
                )
        self._objects(does=does)
        self._note_nobodys_traces()
        self._note_unknown_keys()

    def _note_nobodys_traces(self) -> None:
        """Traces whose log is gone, by damage: whose ticket they are is told by nothing, where they do not tell it."""
        if self.deletion.kind is not Kind.TICKET or self._clients is None:
            return
        by_name = {table.name: table for table in self._tables}
        if {layout.TRACES, layout.LOGS} <= by_name.keys():
            held, known = (by_name[name].ids(self._clients) for name in (layout.TRACES, layout.LOGS))
            if nobodys := len(held - known):
                self._pass.unseen["traces"] = (
                    f"{nobodys} traces have no log that says whose ticket they are: of logs that were lost, or of a "
                    "run that is not done"
                )

    def _note_unknown_keys(self) -> None:
        if self.deletion.without_key:
            named = ", ".join(self.deletion.without_key)
            self._pass.unseen["what stands for the address in masked logs"] = (
                f"no API key was given of {named}: unless another hash key that was given is theirs, it was not found"
            )

    def _find_in(self, table: TableRemoval, matcher: Matcher) -> None:
        keys = table.stored(self._clients)
        self._pass.read[f"files of {table.name}"] = len(keys)
        is_subject = self.deletion.kind is Kind.SUBJECT
        texts = table.text_columns() if is_subject else list(matcher.columns)
        found = [
            log
            for client_id, group in _by_client(keys).items()
            for log in table.find(group, texts, matcher.finder(client_id, texts))
        ]
        self._pass.add_logs(self._of_the_time(found, matcher))

    def _of_the_time(self, found: Sequence[FoundLog], matcher: Matcher) -> list[tuple[str, str]]:
        """Those of the logs that were there when the deletion was asked for."""
        unsure = {(log.client_id, log.log_id) for log in found if not self._is_sure(log, matcher)}
        told = self._lake.logs.pin().find(unsure, _TIMES) if unsure else ()
        later = {
            (row["client_id"], row["log_id"])
            for row in told
            if not self.deletion.covers(*(row[name] for name in _TIMES))
        }
        return [each for log in found if (each := (log.client_id, log.log_id)) not in later]

    def _is_sure(self, log: FoundLog, matcher: Matcher) -> bool:
        """Whether what was found is known to be old enough; a log without one in ``logs`` is taken to be."""
        is_early = log.executed_at is not None and self.deletion.covers(log.executed_at, None)
        return is_early or matcher.names(log.client_id, log.log_id)

    def _keep_ids(self) -> None:
        digests = {
            digest_of(client_id, log_id) for client_id, ids in self._pass.logs.items() for log_id in ids
        }
        self.deletion = deletions.with_ids(self._store, self.deletion, digests)
        self._note()

    def _remove_from(self, table: TableRemoval) -> None:
        if self._pass.logs:
            removed: Removed = table.remove_logs(self._pass.logs, self._clock(), at_once=True)
            self._pass.counts["table files"] += len(removed.files)
            self._pass.counts[f"rows of {table.name}"] += removed.rows
            self._pass.counts["table files"] += table.remove_unnamed(self._pass.logs)
        self._scrub(table)

    def _scrub(self, table: TableRemoval) -> None:
        self._pass.counts["log entries"] += table.scrub(self._clients)

    # -------------------------------------------------------- objects

    def _objects(self, *, does: bool) -> None:
        matcher = self._matcher()
        self._pass.read["raw objects"] = len(object_removal.list_raw(self._store, matcher))
        self._pass.read["quarantine objects"] = sum(1 for _ in self._store.list(layout.QUARANTINE))
        self._pass.add_objects("raw objects", object_removal.remove_from_raw(self._store, matcher, does=does))
        aside = object_removal.remove_from_quarantine(self._store, matcher, does=does)
        self._pass.add_objects("quarantine objects", aside)
        if does:
            settle_idle_shards(self._lake, EVERY_SHARD if self._clients is None else shards_of(self._clients))


def _by_client(keys: Sequence[str]) -> Mapping[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        grouped[layout.client_of_table_key(key) or ""].append(key)
    return grouped
