"""What the list of tickets is drawn from. Times are UTC epoch ms; what a log did not tell is None."""

from __future__ import annotations

from typing import TypedDict


class TicketChoice(TypedDict):
    """A value that a filter offers, None for logs without one, and how many tickets it would show."""

    name: str | None
    count: int


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
    somebody turns pages make it a little less. ``ignored`` are conditions that were not understood.
    """

    found: int
    statuses: list[TicketChoice]
    categories: list[TicketChoice]
    versions: list[TicketChoice]
    environments: list[TicketChoice]
    has_any: bool
    ignored: list[str]
    first: int
    page_size: int
    before: str | None
    after: str | None
    rows: list[TicketRow]
