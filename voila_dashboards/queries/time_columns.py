"""Columns of a chart over time, on the viewer's clock: hours to years; and what lies far from the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, Literal

from voila_dashboards.zones import DAY_MS, FIRST_DAY, HOUR_MS, Zone, local_ms

Unit = Literal["hour", "day", "week", "month", "year"]

#: The longest chart in each unit, in days; a longer one is coarser, so that it has at most about a hundred columns.
_LONGEST: Final[Mapping[Unit, float]] = {"hour": 4, "day": 100, "week": 700, "month": 3650}
_YEAR_ONE: Final = (date(1, 1, 1) - FIRST_DAY).days
_LAST_DAY: Final = (date(9999, 12, 31) - FIRST_DAY).days
#: What is told apart from the rest: at most such a share of all, behind a gap of so many days and of the rest's length.
_FEW: Final = 0.05
_GAP_DAYS: Final = 60


@dataclass(frozen=True)
class Bulk:
    """Days that a chart shows, as numbers since 1970, both inclusive; and how many tickets lie before and after."""

    first: int
    last: int
    before: int = 0
    after: int = 0


def unit_of(days: float) -> Unit:
    """How much time one column stands for in a chart of so many days.

    >>> [unit_of(days) for days in (1, 30, 365, 2000, 9999)]
    ['hour', 'day', 'week', 'month', 'year']
    """
    return next((unit for unit, longest in _LONGEST.items() if days <= longest), "year")


def day_number(zone: Zone, first_ms: int, last_ms: int) -> str:
    """SQL of the day on the viewer's clock, as a number since 1970, of ``executed_at`` in this span."""
    local = local_ms("epoch_us(executed_at)", zone, first_ms, last_ms)
    return f"(({local} - {_modulo(local, DAY_MS)}) // {DAY_MS})"


def hour_start(zone: Zone, first_ms: int, last_ms: int) -> str:
    """SQL of when the hour on the viewer's clock began, UTC epoch ms: an hour that comes twice is two.

    The clock may be ahead by part of an hour.
    """
    local = local_ms("epoch_us(executed_at)", zone, first_ms, last_ms)
    return f"(epoch_us(executed_at) // 1000 - {_modulo(local, HOUR_MS)})"


def _modulo(number: str, by: int) -> str:
    """What is left of a number that may be below 0: SQL divides towards it."""
    return f"(({number} % {by} + {by}) % {by})"


def start_of(day: int, unit: Unit, zone: Zone) -> int:
    """When the day, week (from Monday), month or year of a day begins; UTC epoch ms.

    >>> [start_of(59, unit, Zone("UTC")) // DAY_MS for unit in ("day", "week", "month", "year")]
    [59, 53, 59, 0]
    """
    found = FIRST_DAY + timedelta(days=min(max(day, _YEAR_ONE), _LAST_DAY))
    if unit == "week":
        found -= timedelta(days=min(found.weekday(), (found - date(1, 1, 1)).days))
    elif unit in {"month", "year"}:
        found = found.replace(day=1, month=found.month if unit == "month" else 1)
    return zone.start_of(found)


def starts_between(first: int, last: int, unit: Unit, zone: Zone) -> list[int]:
    """Every column from the one of the first day to the one of the last; of years, none: there may be thousands."""
    step = {"day": 1, "week": 7, "month": 28}.get(unit)
    if step is None:
        return []
    return sorted({start_of(day, unit, zone) for day in (*range(first, last, step), last)})


def hours_between(first_ms: int, last_ms: int) -> list[int]:
    """Every hour from one that begins at ``first_ms``."""
    return list(range(first_ms, last_ms + 1, HOUR_MS))


def bulk_of(by_day: Mapping[int, int]) -> Bulk:
    """Where most tickets lie, without the few that are far from all others on either side.

    >>> bulk_of({0: 1, 9000: 50, 9001: 50, 20000: 1})
    Bulk(first=9000, last=9001, before=1, after=1)
    >>> bulk_of({0: 50, 9000: 50})
    Bulk(first=0, last=9000, before=0, after=0)
    """
    days = sorted(by_day)
    most = max(1, int(_FEW * sum(by_day.values())))
    before = _far(days, by_day, most)
    after = _far([-day for day in reversed(days[before:])], {-day: n for day, n in by_day.items()}, most)
    kept = days[before : len(days) - after]
    return Bulk(
        kept[0],
        kept[-1],
        sum(by_day[day] for day in days[:before]),
        sum(by_day[day] for day in days[len(days) - after :]),
    )


def _far(days: list[int], by_day: Mapping[int, int], most: int) -> int:
    """How many of the first days are far from the rest and hold at most so many tickets."""
    held = far = 0
    for place, (day, following) in enumerate(pairwise(days), start=1):
        held += by_day[day]
        if held > most:
            break
        if following - day > max(_GAP_DAYS, _length(days[place:], by_day, most - held)):
            far = place
    return far


def _length(days: list[int], by_day: Mapping[int, int], most: int) -> int:
    """Days that the rest spans, without as many of its last as may be told apart too."""
    last = len(days) - 1
    while last > 0 and by_day[days[last]] <= most:
        most -= by_day[days[last]]
        last -= 1
    return days[last] - days[0]
