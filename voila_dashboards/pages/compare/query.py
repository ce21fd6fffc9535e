"""Two tickets by their ids, and the run that one of them is best compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, cast

from access.viewer import Viewer
from voila_dashboards.pages.compare.params import read_other, read_ticket
from voila_dashboards.pages.compare.payload import CompareData, ComparedLog, GoodRun, LastGood, Likeness, Side
from voila_dashboards.params import read_text
from voila_dashboards.queries.compared import moment_of
from voila_dashboards.queries.one_ticket import MAX_TRACE_BYTES, find_log, same_ticket, trace_text
from voila_dashboards.queries.source import Filter, Source, number

#: Two traces are held at once, each in as much room as half of one on a page of its own.
MAX_COMPARED_BYTES: Final = MAX_TRACE_BYTES // 2
#: The last good run is looked for so far back, and only where there is none yet further: rows lie by time.
_DAYS_BACK: Final = (2, 30, 400, None)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_LIKENESSES: Final[tuple[Literal["category", "workflow_version"], ...]] = ("category", "workflow_version")
_RUN: Final = """struct_pack(
    at := epoch_us(executed_at) // 1000, log_id := log_id, ticket_id := ticket_id, status := status,
    seconds := execution_time_seconds)"""
#: The newest that ended well: one whose tool calls all went well, and any.
_GOOD: Final = f"""
    SELECT max({_RUN}) FILTER (coalesce(failed_tool_calls, 0) = 0), max({_RUN}) FROM logs {{where}}
"""  # noqa: S608 - column names of our own


def compare_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], _now_ms: int
) -> tuple[dict[str, str], CompareData]:
    """The address as understood, and the data; raises `PageNotFound`."""
    log = _log(reader, viewer, *read_ticket(params.get("client_id"), params.get("log_id")))
    last_good = _last_good(reader, log)
    chosen = read_other(params) or _ids_of(last_good["run"])
    other = _log(reader, viewer, *chosen) if chosen else None
    data: CompareData = {
        "ticket": _side(reader, log),
        "other": other and _side(reader, other),
        "last_good": last_good,
        "same_ticket": same_ticket(reader, log),
    }
    understood = {**_understood(log, other), "step": read_text(params.get("step"))}
    return understood, data


def _ids_of(run: GoodRun | None) -> tuple[str, str] | None:
    return (run["client_id"], run["log_id"]) if run else None


def _understood(log: ComparedLog, other: ComparedLog | None) -> dict[str, str]:
    """The two as an address names them; the other's client only where it is another."""
    other_client = other["client_id"] if other else ""
    return {
        "client_id": log["client_id"],
        "log_id": log["log_id"],
        "other_client_id": "" if other_client == log["client_id"] else other_client,
        "other_log_id": other["log_id"] if other else "",
    }


def _log(reader: Source, viewer: Viewer, client_id: str, log_id: str) -> ComparedLog:
    return cast("ComparedLog", find_log(reader, viewer, client_id, log_id, ("failed_tool_calls",)))


def _side(reader: Source, log: ComparedLog) -> Side:
    return {"log": log, **trace_text(reader, log, MAX_COMPARED_BYTES)}


def _last_good(reader: Source, log: ComparedLog) -> LastGood:
    """The newest run that ended well before ``log``: of its category, else of its version, else of its client."""
    alike_by: Likeness = next((name for name in _LIKENESSES if log[name]), "client")
    any_found = None
    for clean, any_good in _looks_back(reader, log, alike_by):
        any_found = any_found or any_good
        if clean:
            return {"alike_by": alike_by, "run": _run(log, clean), "has_failed_calls": False}
    run = _run(log, any_found) if any_found else None
    return {"alike_by": alike_by, "run": run, "has_failed_calls": run is not None}


def _looks_back(reader: Source, log: ComparedLog, alike_by: Likeness) -> Iterator[tuple[Any, ...]]:
    """What is found in one span of time after the other, the latest first."""
    before = until = moment_of(log["executed_at_ms"])
    for days in _DAYS_BACK:
        chosen = Filter().add("client_id = ?", log["client_id"]).add("status = 'SUCCESS'")
        if alike_by != "client":
            chosen.add(f"{alike_by} = ?", log[alike_by])
        chosen.add("executed_at < ?", until)
        if days is not None:
            until = max(before, _EARLIEST + timedelta(days=days)) - timedelta(days=days)
            chosen.add("executed_at >= ?", until)
        yield reader.sql(_GOOD.format(where=chosen.where), chosen.values)[0]


def _run(log: ComparedLog, found: Mapping[str, Any]) -> GoodRun:
    return {
        "client_id": log["client_id"],
        "log_id": found["log_id"],
        "ticket_id": found["ticket_id"],
        "executed_at_ms": found["at"],
        "status": found["status"],
        "execution_time_seconds": number(found["seconds"]),
    }
