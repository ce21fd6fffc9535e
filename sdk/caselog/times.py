"""Times as a log holds them: RFC 3339 text with an offset.

A time without an offset is taken as UTC, whatever the machine's own zone: reading the zone would make the
same state give different logs on different machines.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any

_FRACTION = re.compile(r"[.,](\d+)")
# Numbers above this are milliseconds since 1970, not seconds: as seconds it is the year 5138.
_MILLISECONDS_FROM = 1e11


def format_time(moment: datetime) -> str:
    """RFC 3339 text of a time; one without an offset is UTC.

    >>> format_time(datetime(2026, 11, 23, 14, 5))
    '2026-11-23T14:05:00+00:00'
    """
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).isoformat()


def read_time(value: Any) -> Any:
    """RFC 3339 text of a datetime, a Unix time or ISO text; anything else comes back untouched.

    >>> read_time("2026-11-23 14:05:00")
    '2026-11-23T14:05:00+00:00'
    >>> read_time(1795442700)
    '2026-11-23T14:05:00+00:00'
    """
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _read_unix_time(value)
    return _read_text(value) if isinstance(value, str) else value


def read_seconds(value: Any) -> Any:
    """Seconds of a timedelta; anything else comes back untouched."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def seconds_between(start: Any, end: Any) -> float | None:
    """Seconds from one time to the other, each in a form that `read_time` knows; None where one is missing.

    >>> seconds_between("2026-11-23T14:05:00Z", "2026-11-23T14:05:01.5Z")
    1.5
    """
    first, last = (_parse(read_time(value)) for value in (start, end))
    return (last - first).total_seconds() if first and last else None


def is_time(text: str) -> bool:
    """Whether the text names a moment of the calendar.

    >>> is_time("2026-02-30T00:00:00Z")
    False
    """
    return _parse(text) is not None


def _read_unix_time(value: float) -> Any:
    try:
        if not math.isfinite(value):
            return None
        seconds = value / 1000 if abs(value) > _MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
    except (OverflowError, ValueError, OSError):
        return value


def _read_text(text: str) -> str:
    if text[-1:] == "Z" or text[-6:-5] in ("+", "-"):  # it has its offset: nothing is to be added
        return text
    moment = _parse(text)
    return format_time(moment) if moment and moment.tzinfo is None else text


def _parse(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    text = text.strip()
    # Before Python 3.11 fromisoformat knows neither "Z" nor fractions of other than three or six digits.
    text = _FRACTION.sub(
        lambda found: f".{found[1]:0<6.6}", text[:-1] + "+00:00" if text[-1:] in ("z", "Z") else text, 1
    )
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
