"""Card numbers in text: digits that a card could have, told from ids, dates and amounts by brand, length and Luhn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from .kinds import CARD
from .view import View

_SEPARATOR = "[ \\-\u00a0\u2009\u202f\u2010-\u2015]"
#: A run of at least 13 digits with single separators; a decimal fraction or a longer number is none.
_RUN = re.compile(
    rf"(?<![0-9])(?<![0-9]\.)(?<![^0-9]0,)[0-9](?:{_SEPARATOR}?[0-9]){{12,}}(?![0-9])(?!\.[0-9]{{5,}}|[eE][+-]?[0-9])"
)
_ANY_GAP = "(?:[\\s\\-_./,+\u00a0\u2003\u2007\u2009\u202f\u2010-\u2015]|&nbsp;|%20){1,3}"
#: Groups as they are printed on cards, with whatever between them.
_GROUPED = re.compile(
    rf"(?<![0-9])(?<![0-9][.,])[0-9]{{4}}{_ANY_GAP}(?:[0-9]{{4}}{_ANY_GAP}[0-9]{{4}}{_ANY_GAP}[0-9]{{4}}"
    rf"|[0-9]{{6}}{_ANY_GAP}[0-9]{{4,5}})(?![0-9])(?![.,][0-9])"
)
_GROUP = re.compile(r"[0-9]+")
#: What ties digits to a longer id: letters right before them ("sha4111...", "img_4111...", "0x4111..."), words on both
#: sides ("abc-4111...-def"), the ending of a file's name.
_LETTERS_BEFORE = re.compile(r"(?:[A-Za-z]|(?<![0-9])0[xX])_?\Z")
_JOINED_BEFORE, _JOINED_AFTER = re.compile(r"[A-Za-z0-9][-_]\Z"), re.compile(r"[-_][A-Za-z]|_[0-9]")
_FILE_AFTER = re.compile(
    r"\.(?:png|jpe?g|gif|webp|svg|bmp|tiff?|heic|pdf|txt|csv|tsv|json|ndjson|jsonl|xml|ya?ml|html?|log|md|mp[34]|mov|wav|avi"
    r"|zip|t?gz|tar|7z|parquet|py|js|ts|css|docx?|xlsx?|pptx?|eml|ics|bin|dat|bak|tmp)\b",
    re.IGNORECASE,
)
#: "Visa4111...", "cardNumber4111...".
_CARD_WORD_BEFORE = re.compile(
    r"(?:cards?|visa|master(?:card)?|amex|express|diners|discover|jcb|maestro|unionpay|cc|ccn|pan|numbers?|num|no|nr|credit"
    r"|debit|karte|tarjeta|carte|carta|kaart|cart[aã]o|numero|nummer)_?\Z",
    re.IGNORECASE,
)
_LONGEST_CARD_WORD = 12
_HEX_RUN = re.compile(r"[0-9a-fA-F]{24,}\Z")
_ALNUM_BEFORE = re.compile(r"[0-9A-Za-z]*\Z")
_ALNUM_AFTER = re.compile(r"[0-9A-Za-z]*")
_UUID = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")
_UUID_LENGTH = 36
_NO_DIGIT = re.compile(r"[^0-9]")
_FIRST_DIGITS = "23456"
_LENGTHS = (14, 15, 16, 17, 18, 19)

# Issuer prefixes and lengths in use: ISO/IEC 7812; Visa, Mastercard, Amex, Diners, JCB, Discover, UnionPay, Maestro.
_BRAND = re.compile(
    r"4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}(?:\d\d)?|35(?:2[89]|[3-8]\d)\d{12}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}(?:\d{3})?|62\d{14}(?:\d{3})?"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12}(?:\d{2,3})?",
    re.ASCII,
)
_IN_LIST_BEFORE, _IN_LIST_AFTER = re.compile(r"\d[ ]?,\s{0,4}\Z"), re.compile(r"[ ]?,\s*(?:#[^\n]*\n\s*)?\d")
#: The day a card ends, behind its number.
_EXPIRY = re.compile(
    r"(?i)\b(?:exp\w{0,20}|valid|thru|until|gültig|bis)\W{0,5}(?:thru|date|until|bis)?\W{0,3}(\d{1,2} ?[/-] ?\d{2,4})\b"
)
#: The same, and the code on the back, told without a word: ``4111... 04/27 737``.
_BEHIND = re.compile(r"[ ,;|]{1,3}\d{1,2} ?/ ?\d{2,4}(?:[ ,;|]{1,3}\d{3,4})?(?![\d/])")


def may_hold_card(view: View) -> bool:
    """Whether the text has as many digits in a row as the shortest card number."""
    return view.has_digits(_LENGTHS[0])


def find_cards(view: View) -> Iterator[tuple[int, int, str]]:
    """Each card number, with the date behind it.

    >>> set(find_cards(View("pay with 4111-1111 1111-1111, order 4111111111111112")))
    {(9, 28, 'card')}
    """
    text = view.text
    spans: list[tuple[int, int]] = []
    for row in view.rows:
        if row.digits >= _LENGTHS[0]:
            start, end = max(0, row.start - _AROUND), row.end + _AROUND
            spans += _find_runs(text, start, end)
            spans += _find_grouped(text, start, end)
    for start, end in spans:
        behind = _BEHIND.match(text, end)
        yield start, behind.end() if behind else end, CARD
    if spans:
        for found in _EXPIRY.finditer(text):
            yield (*found.span(1), CARD)


def is_card(digits: str) -> bool:
    """Whether digits without separators are a card number: brand, length and Luhn's check digit.

    >>> is_card("378282246310005"), is_card("378282246310006")
    (True, False)
    """
    return bool(_BRAND.fullmatch(digits)) and passes_luhn(digits)


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = digits[-2::-2].translate(_DOUBLE)
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


# Twice a digit, the digits of the result summed.
_DOUBLE = str.maketrans("0123456789", "0246813579")


#: How far a pattern looks before and behind what it finds.
_AROUND = 8


def _find_grouped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _GROUPED.finditer(text, start, end):
        if is_card(_NO_DIGIT.sub("", found[0])) and not (
            _is_in_list(found) or _is_part_of_id(text, *found.span())
        ):
            yield found.span()


def _is_in_list(found: re.Match[str]) -> bool:
    """Whether the groups are numbers of a list or a table with more of them: ``2347, 2960, 2348, 1270, 4511``."""
    if "," not in found[0]:
        return False
    before = _IN_LIST_BEFORE.search(found.string, max(0, found.start() - _AROUND), found.start())
    return bool(before or _IN_LIST_AFTER.match(found.string, found.end()))


def _find_runs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _RUN.finditer(text, start, end):
        if not _is_hash(found):
            for first, last in _card_spans(found[0]):
                span = found.start() + first, found.start() + last
                if not _is_part_of_id(text, *span):
                    yield span


def _is_part_of_id(text: str, start: int, end: int) -> bool:
    """Whether the digits are a part of a name: of a file, of a digest, of an object."""
    near = max(0, start - _LONGEST_CARD_WORD)
    if _FILE_AFTER.match(text, end):
        return True
    if _LETTERS_BEFORE.search(text, near, start):
        return not _CARD_WORD_BEFORE.search(text, near, start)
    return bool(_JOINED_BEFORE.search(text, near, start) and _JOINED_AFTER.match(text, end))


def _is_hash(found: re.Match[str]) -> bool:
    """Whether the digits lie inside a long hexadecimal id, where Luhn holds by chance."""
    if _UUID.search(found.string, max(0, found.start() - _UUID_LENGTH), found.end() + _UUID_LENGTH):
        return True
    before = _ALNUM_BEFORE.search(found.string, max(0, found.start() - 64), found.start())
    after = _ALNUM_AFTER.match(found.string, found.end(), found.end() + 64)
    if not before or not after or not (before[0] or after[0]):
        return False
    return bool(_HEX_RUN.match(before[0] + found[0] + after[0]))


def _card_spans(text: str) -> list[tuple[int, int]]:
    """Where cards begin and end: always at whole groups of digits, so that no id is cut in two."""
    groups = [match.span() for match in _GROUP.finditer(text)]
    digits = "".join([text[start:end] for start, end in groups])
    # Of each group, how many digits stand before it; of that many digits, where in the text they end.
    before = [0, *accumulate(end - start for start, end in groups)]
    ends = dict(zip(before[1:], (end for _, end in groups)))
    spans: list[tuple[int, int]] = []
    done = 0
    for (start, _), place in zip(groups, before):
        if place >= done and digits[place] in _FIRST_DIGITS:
            length = next(
                (n for n in _LENGTHS if place + n in ends and is_card(digits[place : place + n])), 0
            )
            if length:
                done = place + length
                spans.append((start, ends[done]))
    return spans
