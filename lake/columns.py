"""Names and kinds of the columns of the lake, derived from the log model. Pure, and without pyarrow.

A page's kernel knows columns by this module alone: pyarrow starts threads when it is imported, and a process that has
threads cannot be forked and sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from caselog.model import LOG_FIELDS, METRICS

#: Metrics that analysts filter and sort by, lifted out of ``metrics`` into columns of their own.
LIFTED_METRICS: Final = (
    "react_iterations",
    "overall_confidence",
    "hallucination_risk",
    "error_count",
    "tool_call_count",
)
#: What a run spent: lifted out of ``metrics`` into the scope files, so that no page has to parse JSON.
SPENT: Final = ("input_tokens", "output_tokens", "cost_usd")

_KIND_OF_METRIC: Final = {metric.name: metric.kind for metric in METRICS}

#: Column of the table ``logs`` to its kind, in the table's order.
LOGS: Final[Mapping[str, str]] = {
    **{field.name: field.kind for field in LOG_FIELDS if field.name != "trace"},
    **{name: _KIND_OF_METRIC[name] for name in LIFTED_METRICS},
    "received_at": "timestamp",
    "trace_bytes": "integer",
    # Logs that the sender's SDK says it lost since the last log that got through.
    "lost_logs": "integer",
    "extra": "string",
    # Tool calls of the trace that failed, also in a run that ended well; the ETL counts them.
    "failed_tool_calls": "integer",
    # Words to find the log by, of its trace and its subject: see `lake.search_text`.
    "search_text": "string",
    "month": "string",
}
#: Columns of ``logs`` that hold what the trace says: they are emptied when the trace goes.
OF_TRACE: Final = ("search_text",)
#: Columns of ``logs`` that the ETL makes of the trace; a raw line has none of them.
MADE_BY_ETL: Final = ("failed_tool_calls", *OF_TRACE)
#: The same of the table ``traces``.
TRACES: Final[Mapping[str, str]] = {
    "client_id": "string",
    "month": "string",
    "log_id": "string",
    "executed_at": "timestamp",
    # Whose trace it is, where a log came several times: that of the log that was received at this moment.
    "received_at": "timestamp",
    "trace": "string",
}
#: The columns of ``logs`` that scope files are made of.
TABLE_OF_SCOPE: Final[Mapping[str, str]] = LOGS
#: The same of the scope files, and of the view ``logs``.
SCOPE_LOGS: Final[Mapping[str, str]] = {**TABLE_OF_SCOPE, **dict.fromkeys(SPENT, "number")}

#: Columns of derived tables that say what the log says, so that figures of parts are grouped without ``logs``; each
#: with its name there.
OF_LOG: Final[Mapping[str, str]] = {
    "environment": "environment",
    "workflow_version": "workflow_version",
    "category": "category",
    "log_status": "status",
}
_OF_EVERY_PART: Final = {
    "client_id": "string",
    "month": "string",
    "log_id": "string",
    "ticket_id": "string",
    "executed_at": "timestamp",
    **dict.fromkeys(OF_LOG, "string"),
    # Its place among the rows of its log, from 0.
    "position": "integer",
    "started_at": "timestamp",
    "name": "string",
    "node": "string",
}
_OF_EVERY_STEP: Final = {
    **_OF_EVERY_PART,
    "status": "string",
    "duration_ms": "number",
    "input_tokens": "integer",
    "output_tokens": "integer",
    "cost_usd": "number",
    "model": "string",
    "error": "string",
}
#: Tables derived from ``traces``, each with its columns to their kinds; in the order they are committed.
#: Derived tables that pages read as rows.
ERRORS: Final = "errors"
TOOL_CALLS: Final = "tool_calls"
DERIVED: Final[Mapping[str, Mapping[str, str]]] = {
    "iterations": {**_OF_EVERY_STEP, "iteration": "integer", "tool_calls": "integer"},
    "tool_calls": {
        **_OF_EVERY_STEP,
        "iteration_position": "integer",
        "argument_bytes": "integer",
        "result_bytes": "integer",
    },
    "errors": {
        **_OF_EVERY_PART,
        "type": "string",
        "message": "string",
        "source": "string",
        "source_position": "integer",
    },
    "nodes": _OF_EVERY_STEP,
}

#: What the scope files of derived tables hold of them, each by the name of the table; `MESSAGE_PATTERN` they make.
MESSAGE_PATTERN: Final = "message_pattern"
SCOPE_PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "errors": {
        **{
            name: DERIVED["errors"][name]
            for name in (
                *("client_id", "log_id", "ticket_id", "executed_at"),
                *("environment", "workflow_version", "category", "log_status"),
                *("name", "node", "type", "message", "source"),
            )
        },
        MESSAGE_PATTERN: "string",
    },
    "tool_calls": {
        name: DERIVED["tool_calls"][name]
        for name in (
            *("client_id", "log_id", "executed_at", "environment", "workflow_version"),
            *("name", "status", "duration_ms"),
        )
    },
}

_SQL_TYPES: Final = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "timestamp": "TIMESTAMPTZ",
    "object": "VARCHAR",
}


def sql_types(columns: Mapping[str, str]) -> dict[str, str]:
    """Column name to DuckDB type, in the columns' order.

    >>> sql_types(TRACES)["executed_at"]
    'TIMESTAMPTZ'
    """
    return {name: _SQL_TYPES[kind] for name, kind in columns.items()}
