"""Telephone numbers in text that are known by their look: international, or written as in North America.

A number is one by its country's calling code and length (see `phone_lengths`) and by what it is written in: sums,
differences of files, coordinates, sizes and ids have digits too. What has no such look is known by the word before
it (see `told`) or by the name of its field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import PHONE
from .phone_lengths import PHONE_LENGTHS
from .view import View

_GAP = "[ .\\-/\u00a0\u202f\u2010-\u2015]"
_INTERNATIONAL = re.compile(
    rf"(?:(?<![\w+.-])|(?<=\\[nrt]))(?:\+|00(?=[1-9]\d{{0,2}}{_GAP}))[1-9]\d{{0,2}}{_GAP}?"
    rf"(?:\(\d{{1,5}}\){_GAP}{{0,3}})?(?:\d{_GAP}{{0,3}}){{4,13}}\d(?![\w])(?!-\w|[.,]\d)"
)
_AMERICAN = re.compile(
    r"(?:(?<![\w+.-])(?<!\d[ ,])|(?<=\\[nrt]))(?:1[ .-])?"
    r"(?:\(\d{3}\)[ -]?\d{3}[ .\u2010-\u2015-]\d{4}"
    r"|[2-9]\d\d(?P<gap>[. \u2010-\u2015-])\d{3}(?P=gap)\d{4})(?![\w-])(?!\.\d|,\d|[ ]?[+*/=][ ]?\d)"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DECIMAL = re.compile(r"\+?\d{1,3}\.\d+\Z")
_BEFORE_GROUP = re.compile(rf"{_GAP}{{1,3}}(?=\d{{3,}})")
_NO_DIGIT = re.compile(r"\D")
_FEWEST, _MOST = 7, 15
_SUM_BEFORE = re.compile(r"[\d)\]*/^][ ]?\Z")
_LONGEST_CODE = 3
_NUMBER_BEFORE = re.compile(r"\d[\w.,%]*[ ]{1,3}(?:[/|;][ ]?)?\Z")
#: Numbers of orders, parts and the like are written in such groups too.
_ORDER_BEFORE = re.compile(
    r"(?i)\b(?:order|part|id|sku|ref|invoice|item|serial|s/n|model|ticket|case|rma|po)"
    r"[ ]?(?:no|nr|number)?[.#:]{0,2}[ ]?#?\Z"
)
_NUMBER_AFTER = re.compile(r"[ ]{1,3}[+-]?\d")


def may_hold_phone(view: View) -> bool:
    """Whether the text has digits enough in a row."""
    return view.has_digits(_FEWEST)


def find_phones(view: View) -> Iterator[tuple[int, int, str]]:
    """Each number.

    >>> list(find_phones(View("call +49 30 901820 or (555) 123-4567, not 155.33 - 147.05 + 268.77")))
    [(5, 18, 'phone'), (22, 36, 'phone')]
    """
    text = view.text
    for row in view.rows:
        start, stop = max(0, row.start - _AROUND), row.end + _AROUND
        before = text[start : row.end]
        if "+" in before or "00" in before:
            last = -_AROUND
            for found in _INTERNATIONAL.finditer(text, start, stop):
                # Behind another number a "+" adds nothing.
                follows = found.start() - last <= _BETWEEN
                end = found.start() + _length_of_number(found[0])
                if end > found.start() and not _is_other(text, found, follows=follows):
                    last = end
                    yield found.start(), end, PHONE
        if row.digits >= _AMERICAN_DIGITS:
            for found in _AMERICAN.finditer(text, start, stop):
                if _DATE.search(found[0]) or _ORDER_BEFORE.search(
                    text, max(0, found.start() - 16), found.start()
                ):
                    continue
                if found["gap"] != " " or not _stands_in_row(text, found):
                    yield (*found.span(), PHONE)


#: How far a pattern looks before and behind what it finds.
_AROUND = 8
_BETWEEN = 3


_AMERICAN_DIGITS = 10


def _length_of_number(written: str) -> int:
    """How many of the characters are a number: other digits may stand behind it; 0 where none are."""
    ends = [len(written), *(gap.start() for gap in reversed(list(_BEFORE_GROUP.finditer(written))))]
    return next((end for end in ends if _has_length(written[:end])), 0)


def _has_length(number: str) -> bool:
    """Whether as many digits follow the calling code as its country has."""
    # "(0)" is dialled at home only.
    digits = _NO_DIGIT.sub("", number.replace("(0)", ""))
    digits = digits.removeprefix("00")
    if not _FEWEST <= len(digits) <= _MOST:
        return False
    return any(
        len(digits) - size in PHONE_LENGTHS.get(digits[:size], ()) for size in range(1, _LONGEST_CODE + 1)
    )


def _is_other(text: str, found: re.Match[str], *, follows: bool) -> bool:
    """A date, a decimal fraction, the second part of a sum, a line of a difference of files."""
    if _DATE.search(found[0]) or _DECIMAL.match(found[0]):
        return True
    is_added = not follows and _SUM_BEFORE.search(text, max(0, found.start() - 3), found.start())
    return bool(is_added) or _is_in_diff(text, found)


def _is_in_diff(text: str, found: re.Match[str]) -> bool:
    """``+4912345678`` as a line that was added: the lines beside it begin with "-", "++" or "@@"."""
    start = found.start()
    if not found[0][1:].isdigit() or (start and text[start - 1] != "\n"):
        return False
    end = text.find("\n", found.end())
    after = text[end + 1 : end + 3] if end >= 0 else ""
    before = text[text.rfind("\n", 0, max(0, start - 1)) + 1 : start][:2]
    return any(line[:1] == "-" or line in ("@@", "++") for line in (before, after))


def _stands_in_row(text: str, found: re.Match[str]) -> bool:
    """Three numbers with spaces between them in a row of more, or all of them as round as sizes are."""
    if _NUMBER_BEFORE.search(text, max(0, found.start() - 24), found.start()) or _NUMBER_AFTER.match(
        text, found.end()
    ):
        return True
    parts = [int(part) for part in found[0].split(" ")[-3:] if part.isdigit()]
    return any(all(part % unit == 0 for part in parts) for unit in (8, 10))
