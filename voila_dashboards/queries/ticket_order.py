"""What a list of tickets can be sorted by, on the page and in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from voila_dashboards.queries.keyset import Order

#: What the list can be sorted by, and the direction that comes first: a word people read from A; everything else begins
#: with the newest, longest, most.
SORTS: Final[Mapping[str, Literal["asc", "desc"]]] = {
    "executed_at": "desc",
    "ticket_id": "asc",
    "client_id": "asc",
    "category": "asc",
    "status": "asc",
    "workflow_version": "desc",
    "environment": "asc",
    "overall_confidence": "desc",
    "hallucination_risk": "desc",
    "execution_time_seconds": "desc",
    "react_iterations": "desc",
    "tool_call_count": "desc",
    "failed_tool_calls": "desc",
    "error_count": "desc",
    "input_tokens": "desc",
    "output_tokens": "desc",
    "cost_usd": "desc",
    "trace_bytes": "desc",
}


def read_order(params: Mapping[str, str]) -> Order:
    """The order that ``sort`` and ``dir`` ask for; the newest first where they ask for none."""
    column = params.get("sort", "")
    column = column if column in SORTS else "executed_at"
    direction = params.get("dir")
    direction = direction if direction in {"asc", "desc"} else SORTS[column]
    return Order(column, direction == "asc")
