"""Logs with errors and tool calls for the pages that are about them, in a lake of which a part is compacted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from etl.run import run_once
from etl.settings import EtlSettings
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import put_raw
from tests.voila_dashboards.page_lake import DAY, NOW, log
from voila_dashboards.kernel.sources import LakeSource


def call(name: str, ms: float | None = None, error: str | None = None) -> dict[str, Any]:
    """A tool call, that failed where it has an error."""
    said = {} if error is None else {"status": "error", "error": error}
    return {"name": name, "status": "ok", "duration_ms": ms, **said}


def trace_of(*calls: Mapping[str, Any], errors: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A trace of one iteration of the node ``resolve``."""
    return {"react_iterations": [{"node": "resolve", "tool_calls": list(calls)}], "errors": list(errors)}


TIMEOUT = {"type": "Timeout", "message": "no answer", "node": "resolve"}
LATE = "the shop did not answer"
#: The first three are compacted, and so is the last; what is between them is raw.
LOGS = [
    log("A-1", workflow_version="2.2", trace=trace_of(call("find", 10), call("pay", 100), errors=[TIMEOUT])),
    log("A-2", workflow_version="2.3", trace=trace_of(call("find", 30), call("pay", 300, LATE))),
    log("B-1", client="globex", workflow_version="2.3", age=DAY, trace=trace_of(call("pay", 500, LATE))),
    log(
        "A-3",
        workflow_version="2.3",
        status="FAILED",
        age=timedelta(minutes=5),
        trace=trace_of(errors=[TIMEOUT]),
    ),
    log("A-4", age=3 * DAY, trace=trace_of(call("find"), {"name": "mail", "status": "ERROR"})),
    log("A-5", age=40 * DAY, trace=trace_of(call("find", 20), call("find", 40), errors=[TIMEOUT, TIMEOUT])),
    log("A-6", age=2 * DAY),
    log("A-7", age=45 * DAY, workflow_version="2.1", trace=trace_of(call("old", 7, "gone"))),
]
COMPACTED = (0, 1, 2, 7)


@contextmanager
def source_of(folder: Path, logs: Iterable[Mapping[str, Any]] = LOGS) -> Iterator[LakeSource]:
    """A source of a lake in ``folder`` that holds ``logs``."""
    store = open_store(folder.as_uri(), {}, create=True)
    lake = Lake(store)
    lake.create_tables()
    every = list(logs)
    early = [each for place, each in enumerate(every) if place in COMPACTED]
    for some in (early, [each for each in every if each not in early]):
        for each in some:
            put_raw(store, each, received_at=NOW)
        if some is early:
            run_once(lake, EtlSettings())
    reader = read_lake(store)
    try:
        yield LakeSource(reader)
    finally:
        reader.close()
