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
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from etl import quarantine
from etl.batches import Batch, gather
from etl.settings import EtlSettings
from lake import layout, rawlog
from lake.rawlog import RawRow
from lake.snapshot import Lake
from lake.tables import CommitContended, PinnedTable

#: How often a batch whose traces are in is offered again when other runs keep committing first.
_LOGS_TRIES: Final = 5


@dataclass
class RunReport:
    """What a run did. ``contended``: another run was at work at the same time and does the rest."""

    logs: int = 0
    duplicates: int = 0
    quarantined: int = 0
    objects: int = 0
    batches: int = 0
    contended: bool = False
    seconds: float = 0.0

    def to_json(self) -> dict[str, int | float | bool]:
        """The report as a JSON object."""
        return asdict(self)


#: Called after each batch with the objects done and the objects there were when the run began.
Progress = Callable[[int, int], None]


def run_once(lake: Lake, settings: EtlSettings, progress: Progress = lambda _done, _all: None) -> RunReport:
    """Compact what is raw now; raises `lake.errors.StoreUnavailable`, after which running again is safe."""
    started = time.monotonic()
    report = RunReport()
    listed = list(lake.store.list(layout.RAW))
    try:
        interrupted = bool(listed) and lake.traces.pin().transaction > lake.logs.pin().transaction
        for batch in gather(lake.store, iter(listed), settings):
            _compact(lake, batch, report, interrupted=interrupted)
            progress(report.objects, len(listed))
    except CommitContended:
        report.contended = True
    report.seconds = round(time.monotonic() - started, 3)
    return report


def _compact(lake: Lake, batch: Batch, report: RunReport, *, interrupted: bool) -> None:
    bad = sum(quarantine.set_aside(lake.store, parsed) for parsed in batch.objects)
    rows = [row for parsed in batch.objects for row in parsed.rows]
    added = _commit(lake, rawlog.first_of_each(rows), interrupted=interrupted) if rows else 0
    lake.store.delete(parsed.key for parsed in batch.objects)
    report.logs += added
    report.duplicates += len(rows) - added
    report.quarantined += bad
    report.objects += len(batch.objects)
    report.batches += 1


def _commit(lake: Lake, rows: Sequence[RawRow], *, interrupted: bool) -> int:
    """Add the rows that are not in the tables yet; how many those were."""
    pinned = lake.logs.pin()
    new = _missing(pinned, sorted(rows, key=_as_in_files))
    if new:
        _commit_traces(lake, new, pinned.transaction + 1, interrupted=interrupted)
    for _ in range(_LOGS_TRIES):
        if not new:
            return 0
        try:
            pinned.append(rawlog.logs_table(new), pinned.transaction + 1)
        except CommitContended:  # the traces are in: finish with what the other run left
            pinned = lake.logs.pin()
            new = _missing(pinned, new)
        else:
            return len(new)
    raise CommitContended(lake.logs.name)


def _commit_traces(lake: Lake, rows: Sequence[RawRow], number: int, *, interrupted: bool) -> None:
    pinned = lake.traces.pin()
    traces = rawlog.traces_table(_missing(pinned, rows) if interrupted else rows)
    if traces.num_rows:
        pinned.append(traces, number)


def _as_in_files(row: RawRow) -> tuple[Any, ...]:
    """The order of rows within a partition's files."""
    return row.log["client_id"], row.log["month"], row.log["executed_at"], row.log["log_id"]


def _missing(table: PinnedTable, rows: Sequence[RawRow]) -> list[RawRow]:
    """Those of ``rows`` that ``table`` does not hold."""
    known = table.known_ids({row.identity for row in rows}, {row.partition for row in rows})
    return [row for row in rows if row.identity not in known]
