"""Columns of the two tables, derived from the log model. Pure.

``logs`` holds the small fields of every log, ``traces`` the big one. In both tables ``client_id`` and
``month`` (of ``executed_at``, UTC) are the partitions.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from caselog.model import LOG_FIELDS, METRICS

UTC_MICROS: Final = pa.timestamp("us", tz="UTC")
PARTITIONS: Final = ("client_id", "month")

_ARROW_TYPES: Final = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "timestamp": UTC_MICROS,
    "object": pa.string(),
}

#: Metrics that analysts filter and sort by, lifted out of ``metrics`` into columns of their own.
LIFTED_METRICS: Final = (
    "react_iterations",
    "overall_confidence",
    "hallucination_risk",
    "error_count",
    "tool_call_count",
)


def _logs_fields() -> list[pa.Field]:
    by_name = {metric.name: metric for metric in METRICS}
    model = [pa.field(f.name, _ARROW_TYPES[f.kind]) for f in LOG_FIELDS if f.name != "trace"]
    lifted = [pa.field(name, _ARROW_TYPES[by_name[name].kind]) for name in LIFTED_METRICS]
    own = [
        pa.field("received_at", UTC_MICROS),
        pa.field("trace_bytes", pa.int64()),
        # Logs that the sender's SDK says it lost since the last log that got through.
        pa.field("lost_logs", pa.int64()),
        pa.field("extra", pa.string()),
        pa.field("month", pa.string()),
    ]
    return [*model, *lifted, *own]


LOGS: Final = pa.schema(_logs_fields())
TRACES: Final = pa.schema(
    [
        pa.field("client_id", pa.string()),
        pa.field("month", pa.string()),
        pa.field("log_id", pa.string()),
        pa.field("executed_at", UTC_MICROS),
        pa.field("trace", pa.string()),
    ]
)

_SQL_TYPES: Final = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    UTC_MICROS: "TIMESTAMPTZ",
}


def sql_columns(schema: pa.Schema) -> dict[str, str]:
    """Column name to DuckDB type, in the schema's order.

    >>> sql_columns(TRACES)["executed_at"]
    'TIMESTAMPTZ'
    """
    return {field.name: _SQL_TYPES[field.type] for field in schema}
