"""What the list of tickets is drawn from. Times are UTC epoch ms; what a log did not tell is None."""

from __future__ import annotations

from typing import TypedDict

from voila_dashboards.finding import ValueCount


class MoreValues(TypedDict):
    """How many values of each choice there are beside those that are offered; a search finds them."""

    status: int
    category: int
    version: int
    environment: int


class TicketRow(TypedDict):
    """One line of the list; what a log did not tell is None. ``executed_at_ms``: UTC epoch ms."""

    client_id: str
    log_id: str
    ticket_id: str
    executed_at_ms: int
    status: str
    category: str | None
    workflow_version: str | None
    environment: str | None
    overall_confidence: float | None
    hallucination_risk: float | None
    execution_time_seconds: float | None
    react_iterations: int | None
    tool_call_count: int | None
    failed_tool_calls: int | None
    error_count: int | None
    input_tokens: float | None
    output_tokens: float | None
    cost_usd: float | None
    trace_bytes: int | None


class TicketsData(TypedDict):
    """Everything the list draws.

    ``before`` and ``after`` are what the parameters of these names must be for the page before and after this one; None
    where there is none. ``first`` is the place of the first row among ``found``, from 1; tickets that arrive while
    somebody turns pages make it a little less.
    """

    found: int
    statuses: list[ValueCount]
    categories: list[ValueCount]
    versions: list[ValueCount]
    environments: list[ValueCount]
    more: MoreValues
    has_any: bool
    first: int
    page_size: int
    before: str | None
    after: str | None
    rows: list[TicketRow]
