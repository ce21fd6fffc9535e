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
    "month": "string",
}
#: The same of the table ``traces``.
TRACES: Final[Mapping[str, str]] = {
    "client_id": "string",
    "month": "string",
    "log_id": "string",
    "executed_at": "timestamp",
    "trace": "string",
}
#: The same of the scope files, and of the view ``logs``.
SCOPE_LOGS: Final[Mapping[str, str]] = {**LOGS, **dict.fromkeys(SPENT, "number")}

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
