"""Dates as people write them: a month by its name, the day first with dots, Chinese, Japanese and Korean signs.

Only what can mean one day is read: 03/04/2026 and 03-04-2026 are two days, by who reads them. A zone is read where it
says its offset, or is UTC; names such as CST or CET mean several, or are used for summer time too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Of a date and a clock: year, month, day, hour, minute, second, fraction, offset.
Parts = tuple["str | None", ...]

#: A clock of twelve or twenty-four hours, its offset, and what browsers write behind that. "CLOCK?" may be missing.
_CLOCK = (
    r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\b\.?)?(?:\s*Uhr)?"
    r"(?:\s*(?P<offset>[Zz]|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?|UTC|GMT)(?:\s+\([\w .'-]+\)|\s+[A-Z]{2,5})?)?"
)
_BEFORE_CLOCK = r"(?:(?:\s*,\s*|\s+|[T:])(?:(?:at|um|à|a las|alle|в)\s+)?CLOCK)?"
_WEEKDAY = r"(?:(?P<weekday>[^\W\d_]{2,10})(?:\.,|[.,])?\s+)?"
_NAME, _YEAR, _DAY = (
    r"(?P<name>[^\W\d_]{3,10})\.?",
    r"(?P<year>\d{4})",
    r"(?P<day>\d\d?)(?:st|nd|rd|th|\.|º)?",
)
_FORMS = (
    _WEEKDAY
    + rf"{_DAY}[\s/-]*(?:(?:of|de)\s+)?{_NAME}(?:,?\s+(?:de\s+)?|[/-]){_YEAR}(?:\s*г\.)?{_BEFORE_CLOCK}",
    _WEEKDAY + rf"{_NAME}\s+{_DAY},?\s+{_YEAR}{_BEFORE_CLOCK}",
    _WEEKDAY + rf"{_NAME}\s+{_DAY}\s+CLOCK\s+{_YEAR}",
    rf"{_YEAR}(?P<by>[/-])(?P<month>\d\d?)(?P=by)(?P<day>\d\d?){_BEFORE_CLOCK}",
    rf"{_YEAR}[\s-]{_NAME}[\s-]{_DAY}{_BEFORE_CLOCK}",
    _WEEKDAY + rf"(?P<day>\d\d?)\.\s?(?P<month>\d\d?)\.\s?{_YEAR}{_BEFORE_CLOCK}",
    (
        rf"{_YEAR}\s*[年년]\s*(?P<month>\d\d?)\s*[月월]\s*(?P<day>\d\d?)\s*[日일]"
        r"(?:\s*\(?[月火水木金土日一二三四五六월화수목금토일]\)?)?(?:\s*CLOCK)?"
    ),
    rf"{_YEAR}\.\s?(?P<month>\d\d?)\.\s?(?P<day>\d\d?)\.?(?:\s+CLOCK)?",
)
#: Of English the first three letters or all of them; of others all, and as in "3 мая".
_MONTHS = (
    "january januar janvier enero gennaio janeiro januari января",
    "february februar février febrero febbraio fevereiro februari февраля",
    "march märz mars marzo março maart марта",
    "april avril abril aprile апреля",
    "may mai mayo maggio maio mei мая",
    "june juni juin junio giugno junho июня",
    "july juli juillet julio luglio julho июля",
    "august août agosto augustus августа",
    "september septembre septiembre settembre setembro sept сентября",
    "october oktober octobre octubre ottobre outubro октября",
    "november novembre noviembre novembro ноября",
    "december dezember décembre diciembre dicembre dezembro декабря",
)
_NUMBERS = {name: str(number) for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_NUMBERS.update({names[:3]: str(number) for number, names in enumerate(_MONTHS, 1)})
#: How names of weekdays begin, in the same languages; and "le" of French.
_WEEKDAY_WORDS = (
    "mon tue wed thu fri sat sun mo di mi do fr sa so die mit don fre sam son lun mar mer jeu ven dim mié mie jue vie "
    "sáb sab dom gio seg ter qua qui sex maa din woe vri zat zon пон вто сре чет пят суб вос le"
)
_WEEKDAYS = frozenset(_WEEKDAY_WORDS.split())
_HALVES = {"a": 0, "p": 12}


def read_written_date(text: str) -> Parts | None:
    """Year, month, day, hour, minute, second, fraction and offset of a date; None where it is none of these forms.

    >>> read_written_date("May 15, 2026 at 2:05 pm")
    ('2026', '5', '15', '14', '05', None, None, None)
    """
    for found in _matches(text):
        month = found.get("month") or _NUMBERS.get((found.get("name") or "").lower())
        hour = _read_hour(found.get("hour"), found.get("half"))
        if month and hour != "" and _is_weekday(found.get("weekday")):
            clock = (hour, found.get("minute"), found.get("second"), found.get("fraction"))
            return (found["year"], month, found["day"], *clock, _read_offset(found.get("offset")))
    return None


def _matches(text: str) -> Iterator[dict[str, str | None]]:
    for form in _FORMS:
        found = re.fullmatch(form.replace("CLOCK", _CLOCK), text)
        if found:
            yield found.groupdict()


def _is_weekday(word: str | None) -> bool:
    return word is None or word.lower()[:3] in _WEEKDAYS


def _read_hour(hour: str | None, half: str | None) -> str | None:
    """The hour of a day of twenty-four; empty where there is none such."""
    if hour is None or half is None:
        return hour
    return str(int(hour) % 12 + _HALVES[half.lower()]) if 1 <= int(hour) <= 12 else ""


def _read_offset(offset: str | None) -> str | None:
    """The offset as in +02:00; None is UTC."""
    digits = re.sub("[^0-9+-]", "", offset or "")
    if not digits:
        return None
    hours = digits[1:] if len(digits) < 4 else digits[1:-2]
    return f"{digits[0]}{hours:0>2}:{digits[-2:] if len(digits) >= 4 else '00'}"
