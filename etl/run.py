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
from typing import Final

import duckdb
import pyarrow as pa

from etl import quarantine
from etl.batches import Batch, gather
from etl.settings import EtlSettings
from lake import layout, rawlog
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


def _commit(lake: Lake, rows: Sequence[rawlog.RawRow], *, interrupted: bool) -> int:
    """Add the rows that are not in the tables yet; how many those were."""
    pinned, new = _new_logs(lake, rawlog.logs_table(rows))
    if new.num_rows:
        _commit_traces(lake, rawlog.traces_table(rows), new, pinned.transaction + 1, interrupted=interrupted)
    for _ in range(_LOGS_TRIES):
        if not new.num_rows:
            return 0
        try:
            pinned.append(new, pinned.transaction + 1)
        except CommitContended:  # the traces are in: finish with what the other run left
            pinned, new = _new_logs(lake, new)
        else:
            return int(new.num_rows)
    raise CommitContended(lake.logs.name)


def _new_logs(lake: Lake, logs: pa.Table) -> tuple[PinnedTable, pa.Table]:
    """The table of logs as it is now, and those of ``logs`` that it does not hold."""
    pinned = lake.logs.pin()
    return pinned, _joined(logs, pinned.log_ids(_partitions(logs)), "ANTI")


def _commit_traces(lake: Lake, traces: pa.Table, logs: pa.Table, number: int, *, interrupted: bool) -> None:
    pinned = lake.traces.pin()
    wanted = _joined(traces, logs, "SEMI")
    if interrupted:
        wanted = _joined(wanted, pinned.log_ids(_partitions(wanted)), "ANTI")
    if wanted.num_rows:
        pinned.append(wanted, number)


def _partitions(rows: pa.Table) -> set[tuple[str, str]]:
    return set(zip(rows["client_id"].to_pylist(), rows["month"].to_pylist(), strict=True))


def _joined(rows: pa.Table, others: pa.Table, kind: str) -> pa.Table:
    """``rows`` with (SEMI) or without (ANTI) a partner of the same identity, sorted as the files are."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone='UTC'")
        connection.register("rows", rows)
        connection.register("others", others)
        found = connection.execute(
            f"SELECT * FROM rows {kind} JOIN others USING (client_id, log_id) "  # noqa: S608 - constants
            "ORDER BY client_id, month, executed_at, log_id"
        )
        return found.to_arrow_table().select(rows.schema.names).cast(rows.schema)
