"""Times as a log holds them: RFC 3339 text with an offset.

A time without an offset is taken as UTC, whatever the machine's own zone: reading the zone would make the
same state give different logs on different machines. One that names a zone and no offset is not read: what
the offset was is in no log.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

from .guard import let_pass

# Compiled at their first use: an import is to cost little.
#: Year, month, day; hour, minute, second; fraction; offset: as people and programs write them, with or without
#: separators, a blank or a "T" between day and time, the offset in any form, and the names that Java and Go (which adds
#: a clock of its own) write behind an offset.
_TEXT = (
    r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d\d)(\d\d))"
    r"(?:(?:[Tt_]|\s+)?(\d\d|\d(?=:))(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?"
    r"\s*([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d(?::?\d\d)?)?(?:\s+[A-Z]{1,5}|\s+[+-]\d\d)?(?:\s+m=[+-][\d.]+)?)?"
    r"(?P<named>(?:\[!?[\w/=+-]+\])*))?"
)
#: A number as text, of so many digits as every reader of JSON keeps.
_FIGURE = r"-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?"
#: What is in the form of a log already.
_WRITTEN = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
#: Seconds since 1970 as text; with fewer digits it is a day (20261123) or no time at all.
_EPOCH = r"\d{9,10}(?:\.\d+)?|\d{13}(?:\.\d+)?|\d{16}|\d{19}"
#: An epoch below the limit is so many nanoseconds a unit: seconds, milliseconds, microseconds, nanoseconds. As
#: seconds the first limit is the year 5138; below it in the next unit is 1973.
_EPOCHS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3), (10**20, 1))
#: What is less counts from something else: from the beginning of a run, say; or it is a year, or a day.
_LEAST_EPOCH = 10**8
_1970 = datetime(1970, 1, 1, tzinfo=timezone.utc)


def format_time(moment: datetime) -> str:
    """RFC 3339 text of a time; one without an offset is UTC.

    >>> format_time(datetime(2026, 11, 23, 14, 5))
    '2026-11-23T14:05:00+00:00'
    """
    text = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).isoformat()
    return text if len(text) <= _MAX_PLAIN else read_text_time(text) or text


def read_time(value: Any) -> Any:
    """RFC 3339 text of a time in any form: `datetime`, `date`, numpy's or pandas', Unix time, text.

    Unix times may be seconds, milliseconds, microseconds or nanoseconds: their size tells. None for a time that is none
    (NaN, NaT); anything else comes back untouched.

    >>> read_time("2026-11-23 14:05:00"), read_time("20261123T140500.25+0200")
    ('2026-11-23T14:05:00+00:00', '2026-11-23T14:05:00.25+02:00')
    >>> read_time(1795442700), read_time("1795442700000"), read_time(1795442700000000001)
    ('2026-11-23T14:05:00+00:00', '2026-11-23T14:05:00+00:00', '2026-11-23T14:05:00.000000001+00:00')
    """
    try:
        return _read_time(value)
    except BaseException as error:  # noqa: BLE001 - an object of the workflow's, which says when it is written why
        let_pass(error)
        return value


def _read_time(value: Any) -> Any:
    if isinstance(value, str):
        return value if _WRITTEN.fullmatch(value) else read_text_time(value) or value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _read_number(value)
    if isinstance(value, date):
        return _read_date(value)
    if type(value).__name__ in _EXACT_NUMBERS:
        return _read_number(int(value) if value == int(value) else float(value))
    return _read_numpy(value) if type(value).__module__ == "numpy" else value


def is_written(value: Any) -> bool:
    """Whether it is text in the form of a log already, which `read_time` gives back as it is."""
    return type(value) is str and _WRITTEN.fullmatch(value) is not None


def read_text_time(text: str) -> str | None:
    """RFC 3339 text of a time that is written in any of the usual ways; None where it is no time.

    >>> read_text_time("Mon, 23 Nov 2026 14:05:00 GMT")
    '2026-11-23T14:05:00+00:00'
    """
    text = str.strip(text).replace(_MINUS, "-")
    if text[:1].isdigit() and re.fullmatch(_EPOCH, text, re.ASCII):
        whole, _, rest = text.partition(".")
        read: str | None = _read_epoch(float(text) if rest else int(whole))
        return read
    if len(text) > _MAX_CHARS:
        return None
    found = re.fullmatch(_TEXT, text, re.ASCII)
    if not found:
        return _read_written_date(text) or _read_mail_date(text)
    year, _, month, day, joined_month, joined_day, *clock, named = found.groups()
    if named and not clock[-1] and any(zone not in _UTC for zone in re.findall(r"\[!?([^\]=]+)\]", named)):
        return None
    return _write(year, month or joined_month, day or joined_day, *clock)


def read_seconds(value: Any) -> Any:
    """Seconds of a timedelta, or of a number as text; anything else comes back untouched."""
    try:
        return value.total_seconds() if isinstance(value, timedelta) else read_figure(value)
    except BaseException as error:  # noqa: BLE001 - as in read_time
        let_pass(error)
        return value


def read_figure(value: Any) -> Any:
    """The number that a text is; anything else comes back untouched.

    >>> read_figure("7"), read_figure(" 1.5 "), read_figure("1,5"), read_figure("0x7")
    (7, 1.5, '1,5', '0x7')
    """
    text = value.strip() if type(value) is str else ""
    if not re.fullmatch(_FIGURE, text, re.ASCII):
        return value
    return int(text) if text.lstrip("-").isdigit() else float(text)


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


def _read_number(value: float) -> Any:
    """Of a number: an epoch, or the digits of a day or a time; anything else is none."""
    if not math.isfinite(value):
        return None
    digits = str(int(value)) if value == int(value) and 0 < value < _LEAST_TIME * 10 else ""
    if len(digits) in _JOINED:
        read = read_text_time(digits)
        if read:
            return read
    return _read_epoch(value) if value >= _LEAST_EPOCH else value


def _read_epoch(value: float) -> Any:
    unit = next((unit for limit, unit in _EPOCHS if abs(value) < limit), None)
    if unit is None:
        return value
    # A float of today's seconds tells microseconds at best.
    nanos = value * unit if isinstance(value, int) else round(value * unit / 1000) * 1000
    try:
        moment = _1970 + timedelta(microseconds=nanos // 1000)
    except OverflowError:
        return value
    text = moment.isoformat()
    below = nanos % 1000
    return text if not below else f"{text[:19]}.{moment.microsecond:06d}{below:03d}+00:00"


def _read_date(value: date) -> Any:
    if isinstance(value, datetime):
        return format_time(value) if value == value else None  # noqa: PLR0124 - pandas' NaT is a datetime
    return f"{value.isoformat()}T00:00:00+00:00"


def _read_numpy(value: Any) -> Any:
    """Of a numpy scalar; known by its name, so that numpy need not be imported."""
    if type(value).__name__ == "datetime64":
        text = str(value)  # a year and a month alone are times, too
        return None if text == "NaT" else read_text_time(f"{text}-01-01"[:10] if len(text) < _DAY else text)
    plain = value.item() if hasattr(value, "item") else value
    return _read_number(plain) if type(plain) in (int, float) else value


def _write(year: str | None, month: str | None, day: str | None, *rest: str | None) -> str | None:
    hour, minute, second, fraction, offset = rest
    moment = _next_if_over(f"{year}-{month:0>2}-{day:0>2}", hour or "0", minute or "00", second or "00")
    digits = (fraction or "")[:9]
    text = f"{moment}{f'.{digits}' if digits else ''}{_write_offset(offset)}"
    return text if is_time(text) else None


def _next_if_over(day: str, hour: str, minute: str, second: str) -> str:
    """The moment as calendars know it: hour 24 begins the next day, a leap second the next minute."""
    moment, hours, seconds = f"{day}T{hour:0>2}:{minute}:{second}", 0, 0
    if (hour, minute, second) == ("24", "00", "00"):
        moment, hours = f"{day}T23:00:00", 1
    elif second == "60":
        moment, seconds = f"{moment[:-2]}59", 1
    found = _parse(moment) if hours or seconds else None
    return (found + timedelta(hours=hours, seconds=seconds)).isoformat() if found else moment


def _write_offset(offset: str | None) -> str:
    if not offset or not offset[1:2].isdigit():
        return "+00:00"
    digits = offset[1:].replace(":", "")
    return f"{offset[0]}{digits[:2]}:{digits[2:4] or '00'}"


def _read_written_date(text: str) -> str | None:
    from .written_dates import read_written_date  # not at import: as below

    parts = read_written_date(text)
    return _write(*parts) if parts else None


def _read_mail_date(text: str) -> str | None:
    """Of the form that HTTP and e-mail have (RFC 9110, section 5.6.7), and C's ``ctime``."""
    words = {word.title() for word in re.findall("[A-Za-z]+", text)}
    # A name of a zone that the standard does not know is no reason to take the time for UTC.
    if not words & _MONTHS or any(word[:3] not in _DAYS and word not in _MONTHS | _ZONES for word in words):
        return None
    import email.utils  # not at import: hardly a state has one

    try:
        return format_time(email.utils.parsedate_to_datetime(text))
    except (TypeError, ValueError, IndexError):
        return None


def _parse(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    # Before Python 3.11 fromisoformat knows neither "Z" nor fractions of other than three or six digits.
    text = _FRACTION.sub(
        lambda found: f".{found[1]:0<6.6}", text[:-1] + "+00:00" if text[-1:] in ("z", "Z") else text, 1
    )
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


#: Of the standard library, known by name: few workflows have them.
_EXACT_NUMBERS = frozenset(("Decimal", "Fraction"))
_FRACTION = re.compile(r"[.,](\d+)")
_DAYS = frozenset(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
_MONTHS = frozenset(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
_ZONES = frozenset(["Ut", "Utc", "Gmt", "Z"])
#: The names of UTC that Java and others write in brackets.
_UTC = frozenset(("UTC", "GMT", "Z", "Etc/UTC", "Etc/GMT"))
_DAY = len("2026-11-23")
#: How many digits a day has, and a time to the second; the least of the latter.
_JOINED, _LEAST_TIME = (8, 14), 10**13
#: ISO 8601's own.
_MINUS = "\N{MINUS SIGN}"
#: Of a datetime with microseconds and an offset of minutes; pandas' have nanoseconds, old zones offsets of seconds.
_MAX_PLAIN = 32
#: No time is longer.
_MAX_CHARS = 80
