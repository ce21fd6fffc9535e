"""Days, weeks and hours as the viewer's clock has them, also where it is put forward or back. Pure but for its table.

A zone is asked for by its IANA name and read from the tables that come with `pytz`: a sealed kernel reads no file of
the system, and all machines count alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import pytz  # type: ignore[import-untyped]

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(9998, 12, 31)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: The year 2100: nobody knows what clocks will do then.
_FAR_MS: Final = 130 * 365 * DAY_MS
_NAMES: Final = frozenset(pytz.all_timezones)


@dataclass(frozen=True)
class Zone:
    """A time zone; ``name`` is the one that was asked for, or UTC."""

    name: str

    def start_of(self, day: date) -> int:
        """When the day begins, UTC epoch ms; where its midnight does not exist, right after it.

        >>> berlin = Zone("Europe/Berlin")
        >>> [(berlin.start_of(date(2026, 3, n + 1)) - berlin.start_of(date(2026, 3, n))) // HOUR_MS for n in (28, 29)]
        [24, 23]
        """
        if not FIRST_DAY <= day <= LAST_DAY:  # where calendars end, zones may have none of it
            return _ms_of_day(day)
        midnight = datetime(day.year, day.month, day.day, tzinfo=_zone(self.name))
        return _ms_of(midnight.astimezone(UTC))

    def day_of(self, ms: int) -> date:
        """The day of a moment, from 1970 to 9998.

        >>> Zone("America/Los_Angeles").day_of(0), Zone("Asia/Tokyo").day_of(0)
        (datetime.date(1970, 1, 1), datetime.date(1970, 1, 1))
        """
        day = (_EPOCH + timedelta(milliseconds=min(max(ms, DAY_MS), _ms_of_day(LAST_DAY)))).astimezone(
            _zone(self.name)
        )
        return FIRST_DAY if ms < DAY_MS else min(max(day.date(), FIRST_DAY), LAST_DAY)

    def offsets(self, first_ms: int, last_ms: int) -> tuple[list[int], list[int]]:
        """From when, UTC epoch ms, how many ms the clock is ahead of UTC; the first holds before its moment too.

        Clocks of before 1970 and of after 2099 go as they do at that end.
        >>> starts, offsets = Zone("Europe/Berlin").offsets(1_774_000_000_000, 1_775_000_000_000)
        >>> [offset // HOUR_MS for offset in offsets], starts[1]
        ([1, 2], 1774746000000)
        """
        first_ms, last_ms = min(max(first_ms, 0), _FAR_MS), min(max(last_ms, 0), _FAR_MS)
        starts, offsets = [first_ms], [self._offset(first_ms)]
        for day_ms in range(first_ms + DAY_MS, last_ms + DAY_MS, DAY_MS):
            if self._offset(day_ms) != offsets[-1]:
                starts.append(self._change(day_ms - DAY_MS, day_ms))
                offsets.append(self._offset(day_ms))
        return starts, offsets

    def _offset(self, ms: int) -> int:
        moment = _EPOCH + timedelta(milliseconds=min(max(ms, 0), _ms_of_day(LAST_DAY)))
        offset = moment.astimezone(_zone(self.name)).utcoffset() or timedelta()
        return offset // timedelta(milliseconds=1)

    def _change(self, before_ms: int, after_ms: int) -> int:
        """The first moment with the later offset."""
        later = self._offset(after_ms)
        low, high = before_ms // 1000, after_ms // 1000
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._offset(middle * 1000) == later else (middle, high)
        return high * 1000


UTC_ZONE: Final = Zone("UTC")


def read_zone(value: object) -> Zone:
    """The zone of an IANA name; UTC where there is none.

    >>> read_zone("Europe/Berlin").name, read_zone("../etc/passwd").name, read_zone(None).name
    ('Europe/Berlin', 'UTC', 'UTC')
    """
    return Zone(value) if isinstance(value, str) and value in _NAMES else UTC_ZONE


def local_ms(column_us: str, zone: Zone, first_ms: int, last_ms: int) -> str:
    """SQL of epoch ms on the clock of ``zone`` for a column of UTC epoch us, of moments in this span."""
    starts, offsets = zone.offsets(first_ms, last_ms)
    return f"({column_us} // 1000 + {_piecewise(column_us, starts[1:], offsets)})"


def _piecewise(column_us: str, starts: Sequence[int], values: Sequence[int]) -> str:
    """Nested halves, so that decades of summers cost few comparisons."""
    if not starts:
        return str(values[0])
    middle = len(starts) // 2
    before = _piecewise(column_us, starts[:middle], values[: middle + 1])
    after = _piecewise(column_us, starts[middle + 1 :], values[middle + 1 :])
    return f"CASE WHEN {column_us} < {starts[middle] * 1000} THEN {before} ELSE {after} END"


@cache
def _zone(name: str) -> ZoneInfo:
    with pytz.open_resource(name) as table:
        return ZoneInfo.from_file(table, key=name)


def _ms_of(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _ms_of_day(day: date) -> int:
    return (day - FIRST_DAY).days * DAY_MS
