"""One ticket: the log's small fields, its trace, and the other executions of the same ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from access.viewer import Viewer
from voila_dashboards.params import read_client
from voila_dashboards.queries.source import PageNotFound, Source, number

#: A bigger trace is not drawn: kernel and browser hold it several times over while they do. It can be downloaded.
MAX_TRACE_BYTES: Final = 32 * 1024 * 1024
_OTHERS: Final = 20
_MAX_LOG_ID: Final = 512

_FIELDS: Final = (
    "client_id",
    "month",
    "log_id",
    "ticket_id",
    "status",
    "category",
    "environment",
    "workflow_version",
    "schema_version",
    "execution_time_seconds",
    "react_iterations",
    "overall_confidence",
    "hallucination_risk",
    "error_count",
    "tool_call_count",
    "trace_bytes",
    "metrics",
    "extra",
)
_LOG: Final = f"""
    SELECT epoch_us(executed_at) // 1000, epoch_us(received_at) // 1000, {", ".join(_FIELDS)}
    FROM logs WHERE client_id = ? AND log_id = ?
"""  # noqa: S608 - column names of our own
#: The newest executions of a ticket, and how many there are, in one pass: a window function or `log_id <> ?` reads
#: the ids of all logs (64 ms of a million; this: 16).
_SAME_TICKET: Final = """
    SELECT count(*), max(struct_pack(
        at := epoch_us(executed_at) // 1000, log_id := log_id, status := status, seconds := execution_time_seconds), ?)
    FROM logs WHERE client_id = ? AND ticket_id = ?
"""


def ticket_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], _now_ms: int
) -> tuple[dict[str, str], dict[str, Any]]:
    """The ticket's address as understood, and its data; raises `PageNotFound`."""
    client_id, log_id = read_client(params.get("client_id")), params.get("log_id")
    if client_id is None or not isinstance(log_id, str) or not viewer.may_see(client_id):
        raise PageNotFound("ticket")
    log = _log(reader, client_id, log_id[:_MAX_LOG_ID])
    data = {
        "log": log,
        **_trace(reader, log),
        "same_ticket": _same_ticket(reader, log),
    }
    return {"client_id": client_id, "log_id": log["log_id"]}, data


def _log(reader: Source, client_id: str, log_id: str) -> dict[str, Any]:
    rows = reader.sql(_LOG, [client_id, log_id])
    if not rows:
        raise PageNotFound("ticket")
    # The first that was received, where a log was sent with two times; sorting in SQL costs a second pass.
    executed_at, received_at, *values = min(rows, key=lambda row: (row[1], row[0]))
    fields = {
        name: number(value) if isinstance(value, float) else value
        for name, value in zip(_FIELDS, values, strict=True)
    }
    return {**fields, "executed_at_ms": executed_at, "received_at_ms": received_at}


def _trace(reader: Source, log: Mapping[str, Any]) -> dict[str, Any]:
    """The trace as the JSON text that was sent: a browser parses it, or shows it as it stands.

    ``trace_state`` is ``present``, ``none`` (METRICS_ONLY), ``retired`` (it was there, and is no longer kept) or
    ``too_big``: that one is not even fetched.
    """
    size, sent = log["trace_bytes"] or 0, None
    was_there = size > 0
    if size <= MAX_TRACE_BYTES:
        sent = reader.trace(log["client_id"], log["month"], log["log_id"], log["executed_at_ms"]) or b""
        size = len(sent)
    shown = sent if sent and size <= MAX_TRACE_BYTES else None
    return {
        "trace": None if shown is None else shown.decode("utf-8", "replace"),
        "trace_state": _state(is_shown=shown is not None, size=size, was_there=was_there),
        "trace_size": size,
        "trace_limit": MAX_TRACE_BYTES,
    }


def _state(*, is_shown: bool, size: int, was_there: bool) -> str:
    if is_shown:
        return "present"
    if size:
        return "too_big"
    return "retired" if was_there else "none"


def _same_ticket(reader: Source, log: Mapping[str, Any]) -> dict[str, Any]:
    """Other executions of this ticket, newest first, and how many there are in all."""
    asked = [_OTHERS + 1, log["client_id"], log["ticket_id"]]
    total, newest = reader.sql(_SAME_TICKET, asked)[0]
    others = [each for each in newest or () if each["log_id"] != log["log_id"]][:_OTHERS]
    return {
        "total": max(total - 1, len(others)),
        "rows": [
            {
                "client_id": log["client_id"],
                "log_id": each["log_id"],
                "executed_at_ms": each["at"],
                "status": each["status"],
                "execution_time_seconds": number(each["seconds"]),
            }
            for each in others
        ],
    }
