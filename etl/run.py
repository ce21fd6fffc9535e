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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final

import pyarrow as pa

from etl import apart, conflicts, foreign, quarantine
from etl.batches import Batch, gather, made_ahead
from etl.settings import EtlSettings
from lake import damage, layout, rawlog
from lake.errors import ObjectWithheld
from lake.rawlog import RawRow
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
    are damaged, with a sentence; their logs stay raw.
    """

    logs: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    objects: int = 0
    batches: int = 0
    contended: bool = False
    seconds: float = 0.0
    stepped_over: dict[str, str] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)

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
) -> RunReport:
    """Compact what is raw now; raises `lake.errors.StoreUnavailable`, after which running again is safe.

    ``shards`` are those whose clients' logs this run looks after; what is nobody's goes with shard 0.

    Raises `lake.damage.TablesDamaged` where a table is not what was committed to it: nothing is added on top.
    """
    started = time.monotonic()
    report = RunReport()
    listed, not_ours = foreign.split(lake.store.list(layout.RAW), shards)
    held = apart.check_tables(lake)
    listed = [found for found in listed if layout.client_of_raw_key(found.key) not in held]
    report.stepped_over = {odd.key: odd.reason for odd in lake.store.oddities(layout.RAW)}
    try:
        interrupted = damage.shards_ahead(lake) if listed else frozenset()
        batches = gather(lake.store, iter(listed), settings)
        for batch, prepared in made_ahead(map(_prepare, batches)):
            apart.compact_apart(
                lake,
                apart.without(batch, held),
                partial(_compact_part, lake, prepared, report, interrupted=interrupted),
                held,
                report.stepped_over,
            )
            progress(report.objects, len(listed) + len(not_ours))
    except CommitContended:
        report.contended = True
    report.damaged = {client_id: found.sentence for client_id, found in held.items()}
    if report.batches:
        damage.mark_seen(lake.store)
    moved = foreign.move_aside(lake.store, not_ours, report.stepped_over)  # last: they are nobody's logs
    report.quarantined += moved
    report.objects += moved
    if moved:
        progress(report.objects, len(listed) + len(not_ours))
    report.seconds = round(time.monotonic() - started, 3)
    return report


class _Prepared:
    """A batch, and all that can be made of it before the tables are asked what they hold."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        every = [row for parsed in batch.objects for row in parsed.rows]
        self.received = len(every)
        self.rows = sorted(rawlog.first_of_each(every), key=_as_in_files)
        self._traces = rawlog.traces_table(self.rows)

    def traces_of(self, rows: Sequence[RawRow]) -> pa.Table:
        """The traces of ``rows``, which are some of the batch's own or all."""
        return self._traces if len(rows) == len(self.rows) else rawlog.traces_table(rows)


def _prepare(batch: Batch) -> tuple[Batch, _Prepared | None]:
    """The batch, prepared where nothing in it fails: what does is found when it is compacted object by object."""
    try:
        return batch, _Prepared(batch)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - as `apart.compact_apart`
        return batch, None


def _compact_part(
    lake: Lake, prepared: _Prepared | None, report: RunReport, part: Batch, *, interrupted: frozenset[int]
) -> None:
    """Compact ``part``, which is the batch that was prepared or what is left of it."""
    if part.objects:
        is_whole = prepared is not None and len(part.objects) == len(prepared.batch.objects)
        ready = prepared if prepared is not None and is_whole else _Prepared(part)
        _compact(lake, ready, report, interrupted=interrupted)


def _compact(lake: Lake, prepared: _Prepared, report: RunReport, *, interrupted: frozenset[int]) -> None:
    batch = prepared.batch
    bad = sum(quarantine.set_aside(lake.store, parsed) for parsed in batch.objects)
    added = _commit(lake, prepared, interrupted=interrupted) if prepared.rows else ()
    different = conflicts.set_aside(lake, batch.objects, added)
    try:
        lake.store.delete(parsed.key for parsed in batch.objects)
    except ObjectWithheld as error:  # it is in the tables, and dropped as a duplicate the next time
        report.stepped_over[error.key] = error.reason
    report.logs += len(added)
    report.duplicates += prepared.received - len(added)
    report.conflicts += different
    report.quarantined += bad
    report.objects += len(batch.objects)
    report.batches += 1


def _commit(lake: Lake, prepared: _Prepared, *, interrupted: frozenset[int]) -> Sequence[RawRow]:
    """Add the rows that are not in the tables yet; which those were."""
    pinned = lake.logs.pin()
    new = _missing(pinned, prepared.rows)
    if new:
        numbers = pinned.next_numbers(_clients(new))
        _commit_traces(lake, prepared, new, numbers, interrupted=interrupted)
    for _ in range(_LOGS_TRIES):
        if not new:
            return ()
        try:
            pinned.append(rawlog.logs_table(new), pinned.next_numbers(_clients(new)))
        except CommitContended:  # the traces are in: finish with what the other run left
            pinned = lake.logs.pin()
            new = _missing(pinned, new)
        else:
            return new
    raise CommitContended(lake.logs.name)


def _commit_traces(
    lake: Lake,
    prepared: _Prepared,
    rows: Sequence[RawRow],
    numbers: Mapping[int, int],
    *,
    interrupted: frozenset[int],
) -> None:
    pinned = lake.traces.pin()
    traces = prepared.traces_of(_without_trace(pinned, rows, interrupted))
    if traces.num_rows:
        pinned.append(traces, {shard: numbers[shard] for shard in shards_of(_clients(rows))})


def _clients(rows: Sequence[RawRow]) -> set[str]:
    return {row.log["client_id"] for row in rows}


def _as_in_files(row: RawRow) -> tuple[Any, ...]:
    """The order of rows within a partition's files."""
    return row.log["client_id"], row.log["month"], row.log["executed_at"], row.log["log_id"]


def _missing(logs: PinnedTable, rows: Sequence[RawRow]) -> list[RawRow]:
    """Those of ``rows`` that the table does not hold, in whatever month."""
    found = logs.find({row.identity for row in rows}, ())
    known = {(each["client_id"], each["log_id"]) for each in found}
    return [row for row in rows if row.identity not in known]


def _without_trace(
    traces: PinnedTable, rows: Sequence[RawRow], interrupted: frozenset[int]
) -> Sequence[RawRow]:
    """Those of ``rows`` whose trace does not stand where it is looked for: in the month of their log."""
    asked = {row.identity for row in rows if shard_of(row.log["client_id"]) in interrupted}
    if not asked:
        return rows
    known = {(each["client_id"], each["log_id"], each["month"]) for each in traces.find(asked, ("month",))}
    return [row for row in rows if (*row.identity, row.log["month"]) not in known]
