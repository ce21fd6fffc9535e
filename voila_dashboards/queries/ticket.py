"""One ticket: the log's small fields, its trace, and the other executions of the same ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from voila_dashboards.params import read_client
from voila_dashboards.queries.source import PageNotFound, Source, number
from voila_dashboards.viewer import Viewer

#: A bigger trace is not sent to a browser; an analyst's notebook reads it.
MAX_TRACE_BYTES: Final = 16 * 1024 * 1024
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
    SELECT epoch_ms(executed_at), epoch_ms(received_at), {", ".join(_FIELDS)}
    FROM logs WHERE client_id = ? AND log_id = ? ORDER BY received_at LIMIT 1
"""  # noqa: S608 - column names of our own
_TRACE: Final = """
    SELECT strlen(trace), CASE WHEN strlen(trace) <= ? THEN trace END
    FROM traces WHERE client_id = ? AND month = ? AND log_id = ? LIMIT 1
"""
_SAME_TICKET: Final = """
    SELECT log_id, epoch_ms(executed_at), status, execution_time_seconds, count(*) OVER ()
    FROM logs WHERE client_id = ? AND ticket_id = ? AND log_id <> ?
    ORDER BY executed_at DESC, log_id LIMIT ?
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
    executed_at, received_at, *values = rows[0]
    fields = {
        name: number(value) if isinstance(value, float) else value
        for name, value in zip(_FIELDS, values, strict=True)
    }
    return {**fields, "executed_at_ms": executed_at, "received_at_ms": received_at}


def _trace(reader: Source, log: Mapping[str, Any]) -> dict[str, Any]:
    """The trace as the JSON text that was sent: a browser parses it, or shows it as it stands.

    ``trace_state`` is ``present``, ``none`` (METRICS_ONLY, or retired) or ``too_big``.
    """
    rows = reader.sql(_TRACE, [MAX_TRACE_BYTES, log["client_id"], log["month"], log["log_id"]])
    size, text = rows[0] if rows else (0, None)
    if not size:
        return {"trace": None, "trace_state": "none", "trace_size": 0}
    return {"trace": text, "trace_state": "too_big" if text is None else "present", "trace_size": size}


def _same_ticket(reader: Source, log: Mapping[str, Any]) -> dict[str, Any]:
    """Other executions of this ticket, newest first, and how many there are in all."""
    rows = reader.sql(_SAME_TICKET, [log["client_id"], log["ticket_id"], log["log_id"], _OTHERS])
    return {
        "total": rows[0][4] if rows else 0,
        "rows": [
            {
                "client_id": log["client_id"],
                "log_id": log_id,
                "executed_at_ms": executed_at,
                "status": status,
                "execution_time_seconds": number(seconds),
            }
            for log_id, executed_at, status, seconds, _total in rows
        ],
    }
