"""The overview's chart: how tickets ended and how long they took, in columns of time on the viewer's clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from caselog.model import KNOWN_STATUSES
from voila_dashboards.pages.overview.payload import REST, ChartData, TimeColumn
from voila_dashboards.periods import Period
from voila_dashboards.queries.source import Filter, Source, number
from voila_dashboards.queries.time_columns import (
    Bulk,
    bulk_of,
    day_number,
    hour_start,
    hours_between,
    start_of,
    starts_between,
    unit_of,
)
from voila_dashboards.zones import DAY_MS, FIRST_DAY, HOUR_MS, Zone

#: So many statuses of a client's own get a colour of their own; the rest are drawn together.
_OWN_STATUSES: Final = 5
_BY_DAY: Final = "SELECT {day}, count(*) FROM logs {where} GROUP BY 1"
_SPAN: Final = (
    "SELECT epoch_us(min(executed_at)) // 1000, epoch_us(max(executed_at)) // 1000 FROM logs {where}"
)
_OVER_TIME: Final = "SELECT {place}, status, count(*) FROM logs {where} GROUP BY ALL"
_OUTCOMES: Final = "SELECT status, count(*) FROM logs {where} GROUP BY ALL"
_TIMES: Final = """
    SELECT place, quantile_cont(seconds, [0.5, 0.95]) FROM (
        SELECT {place} AS place, CASE WHEN isfinite(execution_time_seconds) THEN execution_time_seconds END AS seconds
        FROM logs {where})
    GROUP BY place
"""


class Chart:
    """What ran over time, in columns on the viewer's clock."""

    def __init__(self, reader: Source, chosen: Filter, period: Period, now_ms: int) -> None:
        self._reader = reader
        self._chosen = chosen
        self._zone: Zone = period.zone
        self._first_ms, self._last_ms = self._ends(period, now_ms)
        self._bulk = self._find_bulk(period)
        self._unit = unit_of(self._bulk.last - self._bulk.first + 1)

    def draw(self) -> ChartData:
        """The series, the unit, the columns and what is left out of them."""
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for place, status, count in self._ask(_OVER_TIME):
            counts[self._start(place)][status or "UNKNOWN"] += count
        all_counts = self._all_counts() or sum(counts.values(), Counter())
        statuses = _series(all_counts)
        times = self._times()
        starts = sorted({*(self._starts() if counts else ()), *counts})
        return {
            "statuses": statuses,
            "outcomes": _fold(all_counts, statuses),
            "unit": self._unit,
            "columns": [_column(start, counts.get(start), statuses, times.get(start)) for start in starts],
            "outliers": {"before": self._bulk.before, "after": self._bulk.after},
        }

    def _all_counts(self) -> Counter[str]:
        """How all ended, also those that are not drawn; nothing where all are."""
        counts: Counter[str] = Counter()
        if self._bulk.before or self._bulk.after:
            query = _OUTCOMES.format(where=self._chosen.where)
            for status, count in self._reader.sql(query, self._chosen.values):
                counts[status or "UNKNOWN"] += count
        return counts

    def _ends(self, period: Period, now_ms: int) -> tuple[int, int]:
        span = period.span
        if span.start_ms is not None and span.end_ms is not None:
            return span.start_ms, span.end_ms - 1
        query = _SPAN.format(where=self._chosen.where)
        [(first, last)] = self._reader.sql(query, self._chosen.values)
        return (now_ms, now_ms) if first is None else (first, last)

    def _find_bulk(self, period: Period) -> Bulk:
        """The days to be shown: those of the period, or where it is open those that most tickets lie in."""
        if period.first and period.last:
            return Bulk(_number(period.first), _number(period.last))
        day = day_number(self._zone, self._first_ms, self._last_ms)
        query = _BY_DAY.format(day=day, where=self._chosen.where)
        by_day = dict(self._reader.sql(query, self._chosen.values))
        return bulk_of(by_day) if by_day else Bulk(self._first_ms // DAY_MS, self._first_ms // DAY_MS)

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query by place: the day as a number, or where it is about hours their beginning."""
        place_of = hour_start if self._unit == "hour" else day_number
        place = place_of(self._zone, self._first_ms, self._last_ms)
        if self._unit not in {"hour", "day"}:
            place = self._coarse(place)
        chosen = Filter([*self._chosen.clauses], [*self._chosen.values])
        if self._bulk.before or self._bulk.after:
            chosen.add(
                f"{day_number(self._zone, self._first_ms, self._last_ms)} BETWEEN ? AND ?",
                self._bulk.first,
                self._bulk.last,
            )
        return self._reader.sql(query.format(place=place, where=chosen.where), chosen.values)

    def _coarse(self, day: str) -> str:
        """SQL of the first day of a week, month or year, as a number."""
        if self._unit == "week":
            return f"({day} - (({day} + 3) % 7 + 7) % 7)"
        epoch = "DATE '1970-01-01'"
        return f"date_diff('day', {epoch}, date_trunc('{self._unit}', {epoch} + ({day})::INTEGER)::DATE)"

    def _start(self, place: int) -> int:
        return place if self._unit == "hour" else start_of(place, self._unit, self._zone)

    def _starts(self) -> list[int]:
        if self._unit != "hour":
            return starts_between(self._bulk.first, self._bulk.last, self._unit, self._zone)
        first_ms = start_of(self._bulk.first, "day", self._zone)
        last_ms = start_of(self._bulk.last + 1, "day", self._zone) - HOUR_MS
        return hours_between(first_ms, last_ms)

    def _times(self) -> dict[int, Sequence[float]]:
        return {self._start(place): times for place, times in self._ask(_TIMES) if times is not None}


def _number(day: date) -> int:
    return (day - FIRST_DAY).days


def _series(totals: Counter[str]) -> list[str]:
    """Statuses in drawing order: the known ones, then the most frequent others, then the rest as one."""
    own = sorted(
        (name for name in totals if name not in KNOWN_STATUSES), key=lambda name: (-totals[name], name)
    )
    known = [status for status in KNOWN_STATUSES if totals[status]]
    return [*known, *own[:_OWN_STATUSES], *([REST] if own[_OWN_STATUSES:] else [])]


def _fold(counts: Mapping[str, int], statuses: Sequence[str]) -> list[int]:
    """One count for each series."""
    folded: Counter[str] = Counter()
    for status, count in counts.items():
        folded[status if status in statuses else REST] += count
    return [folded[status] for status in statuses]


def _column(
    start: int, counts: Mapping[str, int] | None, statuses: Sequence[str], times: Sequence[float] | None
) -> TimeColumn:
    median, p95 = times or (None, None)
    return {
        "start_ms": start,
        "counts": _fold(counts or {}, statuses),
        "median_seconds": number(median),
        "p95_seconds": number(p95),
    }
