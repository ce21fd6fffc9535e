"""One ticket by its ids: its small fields, its trace, and the other executions of the same ticket."""

from __future__ import annotations

from typing import Final, Literal, TypedDict, cast

from access.viewer import Viewer
from voila_dashboards.queries.source import PageNotFound, Source, number

#: A bigger trace is not drawn: kernel and browser hold it several times over while they do. It can be downloaded.
MAX_TRACE_BYTES: Final = 32 * 1024 * 1024
#: The longest id of a log that is looked for.
MAX_LOG_ID: Final = 512
_OTHERS: Final = 20

#: ``none``: sent without one (METRICS_ONLY). ``retired``: it was there and is no longer kept. ``too_big``: not shown.
TraceState = Literal["present", "none", "retired", "too_big"]


class Log(TypedDict):
    """The small fields of a log; ``metrics`` and ``extra`` are JSON text, as they were sent."""

    client_id: str
    month: str
    log_id: str
    ticket_id: str
    status: str
    category: str | None
    environment: str | None
    workflow_version: str | None
    schema_version: int | None
    execution_time_seconds: float | None
    react_iterations: int | None
    overall_confidence: float | None
    hallucination_risk: float | None
    error_count: int | None
    tool_call_count: int | None
    trace_bytes: int | None
    metrics: str | None
    extra: str | None
    executed_at_ms: int
    received_at_ms: int


class Execution(TypedDict):
    """Another execution of the same ticket."""

    client_id: str
    log_id: str
    executed_at_ms: int
    status: str
    execution_time_seconds: float | None


class Executions(TypedDict):
    """The newest other executions, and how many there are in all."""

    total: int
    rows: list[Execution]


class TraceText(TypedDict):
    """A trace as the JSON text that was sent, where it is shown."""

    trace: str | None
    trace_state: TraceState
    trace_size: int
    trace_limit: int


#: The fields that are read as they are.
_FIELDS: Final = tuple(name for name in Log.__annotations__ if not name.endswith("_ms"))
_LOG: Final = """
    SELECT epoch_us(executed_at) // 1000, epoch_us(received_at) // 1000, {columns}
    FROM logs WHERE client_id = ? AND log_id = ?
"""
#: The newest executions of a ticket, and how many there are, in one pass: a window function or `log_id <> ?` reads
#: the ids of all logs (64 ms of a million; this: 16).
_SAME_TICKET: Final = """
    SELECT count(*), max(struct_pack(
        at := epoch_us(executed_at) // 1000, log_id := log_id, status := status, seconds := execution_time_seconds), ?)
    FROM logs WHERE client_id = ? AND ticket_id = ?
"""


def no_such_ticket() -> PageNotFound:
    """What is said of a ticket that is not there, and of one that is not the viewer's."""
    return PageNotFound("such ticket")


def find_log(reader: Source, viewer: Viewer, client_id: str, log_id: str, more: tuple[str, ...] = ()) -> Log:
    """The log, with the columns ``more`` beside those of `Log`; raises `PageNotFound`, also for a foreign one."""
    columns = (*_FIELDS, *more)
    if not viewer.may_see(client_id):
        raise no_such_ticket()
    rows = reader.sql(_LOG.format(columns=", ".join(columns)), [client_id, log_id[:MAX_LOG_ID]])
    if not rows:
        raise no_such_ticket()
    # The first that was received, where a log was sent with two times; sorting in SQL costs a second pass.
    executed_at, received_at, *values = min(rows, key=lambda row: (row[1], row[0]))
    fields = {
        name: number(value) if isinstance(value, float) else value
        for name, value in zip(columns, values, strict=True)
    }
    return cast("Log", {**fields, "executed_at_ms": executed_at, "received_at_ms": received_at})


def trace_text(reader: Source, log: Log, limit: int = MAX_TRACE_BYTES) -> TraceText:
    """The trace as the JSON text that was sent: a browser parses it, or shows it as it stands.

    ``trace_state`` is ``present``, ``none`` (METRICS_ONLY), ``retired`` (it was there, and is no longer kept) or
    ``too_big``, above ``limit`` bytes: that one is not even fetched.
    """
    size, sent = log["trace_bytes"] or 0, None
    was_there = size > 0
    if size <= limit:
        sent = reader.trace(log["client_id"], log["month"], log["log_id"], log["executed_at_ms"]) or b""
        size = len(sent)
    shown = sent if sent and size <= limit else None
    return {
        "trace": None if shown is None else shown.decode("utf-8", "replace"),
        "trace_state": _state(is_shown=shown is not None, size=size, was_there=was_there),
        "trace_size": size,
        "trace_limit": limit,
    }


def _state(*, is_shown: bool, size: int, was_there: bool) -> TraceState:
    if is_shown:
        return "present"
    if size:
        return "too_big"
    return "retired" if was_there else "none"


def same_ticket(reader: Source, log: Log) -> Executions:
    """Other executions of this ticket, newest first, and how many there are in all."""
    asked = [_OTHERS + 1, log["client_id"], log["ticket_id"]]
    total, newest = reader.sql(_SAME_TICKET, asked)[0]
    others = [each for each in newest or () if each["log_id"] != log["log_id"]][:_OTHERS]
    rows: list[Execution] = [
        {
            "client_id": log["client_id"],
            "log_id": each["log_id"],
            "executed_at_ms": each["at"],
            "status": each["status"],
            "execution_time_seconds": number(each["seconds"]),
        }
        for each in others
    ]
    return {"total": max(total - 1, len(others)), "rows": rows}
