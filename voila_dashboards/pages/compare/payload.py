"""What the comparison of two tickets is drawn from. Times are UTC epoch ms; what a log did not tell is None."""

from __future__ import annotations

from typing import Literal, TypedDict

from voila_dashboards.queries.one_ticket import Execution, Executions, Log, TraceText

#: What a run has in common with the one it is to be compared with: the first of these that the ticket tells.
Likeness = Literal["category", "workflow_version", "client"]


class ComparedLog(Log):
    """The small fields of one of the two, and how many of its tool calls failed."""

    failed_tool_calls: int | None


class Side(TraceText):
    """One of the two tickets."""

    log: ComparedLog


class GoodRun(Execution):
    """A run that ended well."""

    ticket_id: str


class LastGood(TypedDict):
    """The newest run before the ticket that ended well, of those that are alike; ``run`` is None where there is none.

    ``has_failed_calls``: of those that are alike none went without a failed tool call.
    """

    alike_by: Likeness
    run: GoodRun | None
    has_failed_calls: bool


class CompareData(TypedDict):
    """Everything that the comparison draws.

    ``other`` is what ``ticket`` is held against; None where nobody chose one, and there is no last good one either.
    """

    ticket: Side
    other: Side | None
    last_good: LastGood
    same_ticket: Executions
