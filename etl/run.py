"""One run of the ETL: every raw object that is there becomes rows of the tables, each log once.

Of a batch, ``traces`` is committed first and ``logs`` second, and only then are the raw objects deleted.
Killed anywhere, the next run makes it right:

* before the first commit: nothing happened;
* between the two: the traces are there, their logs are still raw. The numbers of the last commits tell, so
  the next run leaves out what ``traces`` holds already. (Killed once more in the middle of that run, a trace
  may stand twice in ``traces``; its log counts once all the same.)
* before the deletion: the logs are in both places and are dropped as duplicates.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from etl import apart, conflicts, foreign, quarantine
from etl.admission import Admission
from etl.batches import Batch, gather, made_ahead
from etl.derive import BatchDeriver, catch_up_first
from etl.listing import list_raw
from etl.prepared import Prepared
from etl.settings import EtlSettings
from etl.writing import FileWriter
from lake import damage, layout
from lake.errors import ObjectWithheld
from lake.rawlog import RawRow
from lake.removal import settle_shards
from lake.shards import EVERY_SHARD, shard_of, shards_of
from lake.snapshot import Lake
from lake.tables import CommitContended, PinnedTable

#: How often a batch whose traces are in is offered again when other runs keep committing first.
_LOGS_TRIES: Final = 5


@dataclass
class RunReport:
    """What a run did.

    ``conflicts``: how many of the duplicates had another content; they are kept in ``quarantine/``.
    ``contended``: another run was at work at the same time and does the rest. ``stepped_over``: what lies in
    ``raw/`` and cannot be read or removed, each with its reason. ``damaged``: clients whose files in the tables
    are damaged, with a sentence; their logs stay raw. ``deleted``: logs that were dropped because somebody had them
    deleted; ``expired``: because they are older than their client wants logs kept.
    """

    logs: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    objects: int = 0
    batches: int = 0
    deleted: int = 0
    expired: int = 0
    contended: bool = False
    seconds: float = 0.0
    stepped_over: dict[str, str] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    #: Derived tables that lack rows, each with a sentence; and parts of traces that were too many for them.
    derived_behind: dict[str, str] = field(default_factory=dict)
    parts_beyond: int = 0

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return asdict(self)


#: Called after each batch with the objects done and the objects there were when the run began.
Progress = Callable[[int, int], None]


def run_once(
    lake: Lake,
    settings: EtlSettings,
    progress: Progress = lambda _done, _all: None,
    shards: Collection[int] = EVERY_SHARD,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> RunReport:
    """Compact what is raw now; raises `lake.errors.StoreUnavailable`, after which running again is safe.

    ``shards`` are those whose clients this run looks after; what lies beside all clients goes with shard 0.

    Raises `lake.damage.TablesDamaged` where a table is not what was committed to it: nothing is added on top.
    """
    started = time.monotonic()
    report = RunReport()
    admission = Admission(lake.store, clock)
    waiting = list_raw(lake.store, shards)
    listed, not_ours = foreign.split(waiting.objects)
    held = apart.check_tables(lake, {client for o in listed if (client := layout.client_of_raw_key(o.key))})
    listed = [found for found in listed if layout.client_of_raw_key(found.key) not in held]
    report.stepped_over = {odd.key: odd.reason for odd in waiting.oddities}
    report.derived_behind = catch_up_first(lake, shards, settings.interval_s / 4)
    try:
        interrupted = damage.shards_ahead(lake) if listed else frozenset()
        batches = gather(lake.store, iter(listed), settings)
        with FileWriter(lake.store) as writer, BatchDeriver(lake, report.derived_behind) as deriver:
            run = _Run(lake, writer, deriver, report, interrupted, admission)
            with closing(made_ahead(map(partial(_prepare, writer, deriver), batches))) as ahead:
                for batch, prepared in ahead:
                    rest, compact = apart.without(batch, held), partial(run.compact, prepared)
                    apart.compact_apart(lake, rest, compact, held, report.stepped_over)
                    progress(report.objects, len(listed) + len(not_ours))
    except CommitContended:
        report.contended = True
    report.damaged = {client_id: found.sentence for client_id, found in held.items()}
    if report.batches:
        damage.mark_seen(lake.store)
    moved = foreign.move_aside(lake.store, not_ours, report.stepped_over)  # last: they are nobody's logs
    foreign.remove_probes(lake.store, waiting.objects, clock())
    report.quarantined += moved
    report.objects += moved
    if moved:
        progress(report.objects, len(listed) + len(not_ours))
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _prepare(writer: FileWriter, deriver: BatchDeriver, batch: Batch) -> tuple[Batch, Prepared | None]:
    """The batch, prepared where nothing in it fails: what does is found when it is compacted object by object."""
    try:
        return batch, Prepared(batch, writer, deriver)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as `apart.compact_apart`
        return batch, None


@dataclass
class _Committed:
    """The rows that were added, under which numbers; and the logs that were not: they are deleted or too old."""

    rows: Sequence[RawRow] = ()
    numbers: Mapping[int, int] = field(default_factory=dict)
    dropped: set[tuple[str, str]] = field(default_factory=set)
    deleted: int = 0
    expired: int = 0

    def admit(self, admission: Admission, rows: Sequence[RawRow]) -> list[RawRow]:
        """Those of ``rows`` that may be added, as of now."""
        admitted = admission.of(rows)
        self.dropped |= {row.identity for row in rows} - {row.identity for row in admitted.rows}
        self.deleted += admitted.deleted
        self.expired += admitted.expired
        return admitted.rows


@dataclass
class _Run:
    """What the batches of a run share. ``interrupted`` are shards of which a run was killed between its commits."""

    lake: Lake
    writer: FileWriter
    deriver: BatchDeriver
    report: RunReport
    interrupted: frozenset[int]
    admission: Admission

    def compact(self, prepared: Prepared | None, part: Batch) -> None:
        """Compact ``part``, which is the batch that was prepared or what is left of it."""
        if part.objects:
            is_whole = prepared is not None and len(part.objects) == len(prepared.batch.objects)
            ready = (
                prepared if prepared is not None and is_whole else Prepared(part, self.writer, self.deriver)
            )
            try:
                self._compact(ready)
            finally:
                ready.drop_unused()

    def _compact(self, prepared: Prepared) -> None:
        batch, report = prepared.batch, self.report
        objects = self.admission.objects(batch.objects)
        bad = sum(quarantine.set_aside(self.lake.store, parsed) for parsed in objects)
        done = self._commit(prepared) if prepared.rows else _Committed()
        if done.rows:
            self._derive(prepared, done)
        has_repeated = len(done.rows) < prepared.received
        different = conflicts.set_aside(self.lake, objects, done.rows, done.dropped) if has_repeated else 0
        if bad or different:
            self.admission.clean(objects)
        try:
            self.lake.store.delete(parsed.key for parsed in batch.objects)
        except ObjectWithheld as error:  # it is in the tables, and dropped as a duplicate the next time
            report.stepped_over[error.key] = error.reason
        report.logs += len(done.rows)
        report.deleted += done.deleted
        report.expired += done.expired
        report.duplicates += prepared.received - len(done.rows) - done.deleted - done.expired
        report.conflicts += different
        report.quarantined += bad
        report.objects += len(batch.objects)
        report.batches += 1

    def _derive(self, prepared: Prepared, done: _Committed) -> None:
        derived = prepared.derived_of(done.rows)
        self.report.parts_beyond += derived.beyond if derived else 0
        self.deriver.add(derived, done.numbers)

    def _commit(self, prepared: Prepared) -> _Committed:
        """Add the rows that are to be added; which those were."""
        done = _Committed()
        pinned = self.lake.logs.pin()
        new = _missing(pinned, done.admit(self.admission, prepared.rows))
        begun = self.interrupted & shards_of(_clients(prepared.rows))
        if new:
            numbers = pinned.next_numbers(_clients(new))
            self._commit_traces(prepared, new, numbers)
            begun |= numbers.keys()
        for _ in range(_LOGS_TRIES):
            numbers = pinned.next_numbers(_clients(new))
            try:
                if new:
                    pinned.append(prepared.files_of(layout.LOGS, new), numbers)
            except CommitContended:  # the traces are in: finish with what the other run left
                self.admission.forget(self.lake, new)
                pinned = self.lake.logs.pin()
                new = _missing(pinned, done.admit(self.admission, new))
            else:
                if done.dropped:
                    settle_shards(self.lake, begun)
                done.rows, done.numbers = new, numbers
                return done
        raise CommitContended(self.lake.logs.name)

    def _commit_traces(self, prepared: Prepared, rows: Sequence[RawRow], numbers: Mapping[int, int]) -> None:
        pinned = self.lake.traces.pin()
        admitted = self.admission.of(rows).rows  # again: the table was opened after the rows were admitted
        files = prepared.files_of(layout.TRACES, _without_trace(pinned, admitted, self.interrupted))
        if not files:
            return
        try:
            pinned.append(files, numbers)
        except CommitContended:
            self.admission.forget(self.lake, rows)
            raise


def _clients(rows: Sequence[RawRow]) -> set[str]:
    return {row.log["client_id"] for row in rows}


def _missing(logs: PinnedTable, rows: Sequence[RawRow]) -> list[RawRow]:
    """Those of ``rows`` that the table does not hold, in whatever month; in their order."""
    found = logs.find({row.identity for row in rows}, ())
    known = {(each["client_id"], each["log_id"]) for each in found}
    return [row for row in rows if row.identity not in known]


def _without_trace(
    traces: PinnedTable, rows: Sequence[RawRow], interrupted: frozenset[int]
) -> Sequence[RawRow]:
    """Those of ``rows`` whose own trace does not stand where it is looked for: in the month of their log."""
    asked = {row.identity for row in rows if shard_of(row.log["client_id"]) in interrupted}
    if not asked:
        return rows
    known: dict[tuple[str, str, str], set[datetime | None]] = defaultdict(set)
    for each in traces.find(asked, ("month", "received_at")):
        known[each["client_id"], each["log_id"], each["month"]].add(each.get("received_at"))
    # A table of an earlier version does not tell when a trace was received.
    return [
        row
        for row in rows
        if known[*row.identity, row.log["month"]].isdisjoint({row.log["received_at"], None})
    ]
