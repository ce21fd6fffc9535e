"""JSON schemas and examples of what a log holds, derived from the log model; for the API's reference. Pure."""

from __future__ import annotations

from typing import Any, Final

from caselog.model import TRACE_PARTS, Field, Metric

JsonSchema = dict[str, Any]

_TYPES: Final[dict[str, JsonSchema]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "timestamp": {"type": "string", "format": "date-time"},
    "object": {"type": "object", "additionalProperties": True},
    "array": {"type": "array", "items": {}},
    "any": {},
}

#: Of RFC 3339; of leap seconds, which are taken where there can be one, those that ended a June or December.
TIMESTAMP_SCHEMA: Final[JsonSchema] = {
    "type": "string",
    "format": "date-time",
    "pattern": (
        r"^(19[7-9][0-9]|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-5][0-9]"
        r"(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
        r"|^(19[7-9][0-9]|2[01][0-9]{2})-(06-30|12-31)[Tt ]23:59:60(\.[0-9]{1,9})?[Zz]$"
    ),
    "examples": ["2026-11-23T14:05:00Z"],
}
_NULL: Final[JsonSchema] = {"type": "null"}
METRIC_VALUE_SCHEMA: Final[JsonSchema] = {
    "anyOf": [
        {"type": "number", "description": "Any that a double holds."},
        {"type": "boolean"},
        {"type": "string", "maxLength": 1024},
        _NULL,
    ]
}

LOG_EXAMPLE: Final[dict[str, Any]] = {
    "schema_version": 1,
    "log_id": "01a205b3-d000-7000-8000-000000000000",
    "environment": "production",
    "workflow_version": "2.4.1",
    "ticket_id": "T-1042",
    "executed_at": "2026-11-23T14:05:00Z",
    "execution_time_seconds": 8.4,
    "status": "SUCCESS",
    "category": "refund",
    "metrics": {
        "react_iterations": 1,
        "overall_confidence": 0.93,
        "input_tokens": 1840,
        "output_tokens": 212,
    },
    "trace": {
        "nodes": [
            {"name": "classify", "started_at": "2026-11-23T14:05:00Z", "duration_ms": 640, "status": "ok"}
        ],
        "react_iterations": [
            {
                "iteration": 1,
                "node": "resolve",
                "thought": "The order was cancelled; the refund is still open.",
                "action": "look up the order",
                "tool_calls": [
                    {"id": "c1", "name": "get_order", "arguments": {"order": "A-7"}, "result": {"paid": True}}
                ],
                "observation": "The order is paid.",
            }
        ],
        "errors": [],
        "final_response": "Your refund is on its way.",
    },
}

SMALL_EXAMPLE: Final[dict[str, Any]] = {
    "ticket_id": "T-1042",
    "executed_at": "2026-11-23T14:05:00Z",
    "status": "SUCCESS",
    "execution_time_seconds": 8.4,
}


def metric_schema(metric: Metric) -> JsonSchema:
    """Schema of one known metric, with its inclusive bounds; null is the same as leaving it out."""
    low, high = metric.bounds
    bounds = {"minimum": low} if low is not None else {}
    bounds |= {"maximum": high} if high is not None else {}
    return {"anyOf": [{**_TYPES[metric.kind], **bounds}, _NULL]}


def trace_schema() -> JsonSchema:
    """Schema of ``trace``: every part is optional, others are allowed, and one of another form is kept as it is."""
    parts = {name: _part_schema(fields) for name, fields in TRACE_PARTS.items()}
    return {"type": "object", "additionalProperties": True, "properties": parts}


def _part_schema(fields: tuple[Field, ...]) -> JsonSchema:
    if not fields:
        return {}
    properties = {field.name: {**_TYPES[field.kind], "description": field.meaning} for field in fields}
    part = {
        "type": "array",
        "items": {"type": "object", "additionalProperties": True, "properties": properties},
    }
    return {"anyOf": [part, {}]}
