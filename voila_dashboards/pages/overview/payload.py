"""What the overview is drawn from. Times are UTC epoch ms, shares are within [0, 1], figures nobody told are None."""

from __future__ import annotations

from typing import Final, TypedDict

from voila_dashboards.queries.losses import LostLogs
from voila_dashboards.queries.time_columns import Unit

#: Statuses beyond the known ones and the most frequent others are counted under this.
REST: Final = "OTHER STATUSES"


class TimeColumn(TypedDict):
    """A column of the chart: when it begins, UTC epoch ms; tickets of each series; how long they took."""

    start_ms: int
    counts: list[int]
    median_seconds: float | None
    p95_seconds: float | None


class Outliers(TypedDict):
    """Tickets that are so far from the rest that the chart leaves them out."""

    before: int
    after: int


class ChartData(TypedDict):
    """What the chart is drawn from; ``outcomes`` and the ``counts`` of the columns are in the order of ``statuses``."""

    statuses: list[str]
    outcomes: list[int]
    unit: Unit
    columns: list[TimeColumn]
    outliers: Outliers


class Figures(TypedDict):
    """What ran in a period. What nobody told is None; ``lost`` are logs that a sender says it lost."""

    tickets: int
    successes: int
    failures: int
    success_rate: float | None
    avg_seconds: float | None
    median_seconds: float | None
    p95_seconds: float | None
    errors: int
    tickets_with_errors: int
    failed_calls: int
    tickets_with_failed_calls: int
    input_tokens: float | None
    output_tokens: float | None
    cost_usd: float | None
    tickets_with_tokens: int
    tickets_with_cost: int
    lost: int
    completeness: float | None


class GroupFigures(TypedDict):
    """What ran of one group in a period."""

    tickets: int
    successes: int
    failures: int
    escalations: int
    errors: int
    avg_seconds: float | None
    cost_usd: float | None
    lost: int
    failed_calls: int


class GroupRow(TypedDict):
    """One group; ``name`` is None for logs that name none, ``previous`` where there is nothing to compare with."""

    name: str | None
    current: GroupFigures
    previous: GroupFigures | None


class Breakdown(TypedDict):
    """Groups, the biggest first, and how many more there are."""

    rows: list[GroupRow]
    more: int


class OverviewData(ChartData):
    """Everything the overview draws; ``by_client`` is None where there is one client.

    ``lost_by_reason``: the most frequent first.
    """

    current: Figures
    previous: Figures | None
    lost_by_reason: list[LostLogs]
    has_any: bool
    by_category: Breakdown
    by_version: Breakdown
    by_environment: Breakdown
    by_client: Breakdown | None
