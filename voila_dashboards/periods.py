"""The time that a page is about, in days of the viewer's zone, and the time before it to compare with. Pure.

Untrusted text in, clamped values out; nothing here raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from voila_dashboards.params import Param
from voila_dashboards.zones import FIRST_DAY, LAST_DAY, UTC_ZONE, Zone, read_zone

#: Ranges by name, in days up to and with today.
DAYS: Final = {"1d": 1, "7d": 7, "30d": 30, "90d": 90}
_CUSTOM: Final = "custom"


def period_params(default: str) -> dict[str, Param]:
    """The parameters of a period: one that is named, or its first and last day; and whose days these are."""
    return {
        "range": Param(default, ("", *DAYS, "all")),
        "from": Param(unread=_unread_day),
        "to": Param(unread=_unread_day),
        "zone": Param(UTC_ZONE.name, unread=lambda name: () if read_zone(name).name == name else (name,)),
    }


@dataclass(frozen=True)
class Span:
    """Moments from ``start_ms`` (inclusive) to ``end_ms`` (exclusive), either open (None); UTC epoch ms."""

    start_ms: int | None
    end_ms: int | None


@dataclass(frozen=True)
class Period:
    """Days from ``first`` to ``last``, both inclusive, either open (None), on the clock of ``zone``."""

    range: str
    first: date | None
    last: date | None
    zone: Zone

    @property
    def span(self) -> Span:
        """From the beginning of the first day to the end of the last."""
        start = None if self.first is None else self.zone.start_of(self.first)
        return Span(start, None if self.last is None else self.zone.start_of(_next(self.last)))

    def before(self, now_ms: int) -> Span | None:
        """As many days just before, cut at the time of day at which now cuts these; None where one end is open.

        >>> days = Period("7d", date(2026, 3, 26), date(2026, 4, 1), Zone("Europe/Berlin"))
        >>> span, before = days.span, days.before(now_ms=10**13)
        >>> before.end_ms == span.start_ms, (before.end_ms - before.start_ms) - (span.end_ms - span.start_ms)
        (True, 3600000)
        """
        if self.first is None or self.last is None:
            return None
        count = (self.last - self.first).days + 1
        if count > (self.first - FIRST_DAY).days:
            return None
        start = self.zone.start_of(self.first - timedelta(days=count))
        end = self.zone.start_of(self.first)
        today = self.zone.day_of(now_ms)
        if self.first <= today <= self.last:
            day = today - timedelta(days=count)
            end = min(end, self.zone.start_of(day) + now_ms - self.zone.start_of(today))
        return Span(start, max(start, end))

    def as_params(self) -> dict[str, str]:
        """The period as it stands in a URL."""
        days = (self.first, self.last) if self.range == _CUSTOM else (None, None)
        first, last = ("" if day is None else day.isoformat() for day in days)
        name = "" if self.range == _CUSTOM else self.range
        return {"range": name, "from": first, "to": last, "zone": self.zone.name}


def read_period(params: Mapping[str, str], now_ms: int, default: str) -> Period:
    """The days of ``range``, or of ``from`` and ``to`` (swapped where they are the wrong way round), in ``zone``.

    >>> read_period({"from": "2026-11-02", "to": "2026-11-01", "zone": "Asia/Tokyo"}, 0, "30d").as_params()
    {'range': '', 'from': '2026-11-01', 'to': '2026-11-02', 'zone': 'Asia/Tokyo'}
    """
    zone, chosen = read_zone(params.get("zone")), str(params.get("range"))
    first, last = _read_day(params.get("from")), _read_day(params.get("to"))
    today = zone.day_of(now_ms)
    if chosen not in DAYS and chosen != "all" and (first or last):
        last = last or max(today, first or FIRST_DAY)
        first, last = (last, first) if first and first > last else (first, last)
        return Period(_CUSTOM, first, last, zone)
    chosen = chosen if chosen in DAYS or chosen == "all" else default
    if chosen == "all":
        return Period(chosen, None, None, zone)
    return Period(chosen, max(FIRST_DAY, today - timedelta(days=DAYS[chosen] - 1)), today, zone)


def _next(day: date) -> date:
    return day + timedelta(days=1)


def _unread_day(text: str) -> tuple[str, ...]:
    return () if _read_day(text) else (text,)


def _read_day(value: object) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if day is None else min(max(day, FIRST_DAY), LAST_DAY)
