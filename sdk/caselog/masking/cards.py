"""Card numbers in text: digits that a card could have, told from ids, dates and amounts by brand, length and Luhn."""

from __future__ import annotations

import re
from typing import Callable

_SEPARATOR = "[ \\-\u00a0\u2009\u202f\u2010-\u2015]"
#: A run of at least 13 digits with single separators; a decimal fraction or a longer number is none.
_RUN = re.compile(rf"(?<![\d])(?<!\d[.,])\d(?:{_SEPARATOR}?\d){{12,}}(?!\d)(?![.]\d{{5,}})")
_DOTTED = re.compile(r"(?<![\d.])\d{4}\.\d{4}\.\d{4}\.\d{4}(?![\d.])|(?<![\d.])\d{4}\.\d{6}\.\d{5}(?![\d.])")
_GROUP = re.compile(r"\d+")
_HEX_RUN = re.compile(r"[0-9a-fA-F]{24,}\Z")
_ALNUM_BEFORE = re.compile(r"[0-9A-Za-z]*\Z")
_ALNUM_AFTER = re.compile(r"[0-9A-Za-z]*")

# Issuer prefixes and lengths: ISO/IEC 7812; Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay, Maestro.
_BRAND = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-59]|[689]\d)\d{11,13}|35\d{14}|6\d{15,18}|(?:5[06-9])\d{11,17}"
)


def replace_cards(text: str, marker: str) -> str:
    """The text with each card number replaced by the marker.

    >>> replace_cards("pay with 4111-1111 1111-1111, order 4111111111111112", "[card]")
    'pay with [card], order 4111111111111112'
    """
    if "." in text:
        text = _DOTTED.sub(lambda found: marker if is_card(found[0].replace(".", "")) else found[0], text)
    return _RUN.sub(_replacer(marker), text)


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


def _replacer(marker: str) -> Callable[[re.Match[str]], str]:
    def replace(found: re.Match[str]) -> str:
        if _is_hash(found):
            return found[0]
        text, spans = found[0], _card_spans(found[0])
        for start, end in reversed(spans):
            text = text[:start] + marker + text[end:]
        return text

    return replace


def _is_hash(found: re.Match[str]) -> bool:
    """Whether the digits lie inside a long hexadecimal id, where Luhn holds by chance."""
    before = _ALNUM_BEFORE.search(found.string, max(0, found.start() - 64), found.start())
    after = _ALNUM_AFTER.match(found.string, found.end(), found.end() + 64)
    if not before or not after or not (before[0] or after[0]):
        return False
    return bool(_HEX_RUN.match(before[0] + found[0] + after[0]))


def _card_spans(text: str) -> list[tuple[int, int]]:
    """Where cards begin and end: always at whole groups of digits, so that no id is cut in two."""
    groups = [match.span() for match in _GROUP.finditer(text)]
    spans: list[tuple[int, int]] = []
    first = 0
    while first < len(groups):
        last = _last_group_of_card(text, groups, first)
        if last is not None:
            spans.append((groups[first][0], groups[last][1]))
        first = first + 1 if last is None else last + 1
    return spans


def _last_group_of_card(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    digits = ""
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if len(digits) > 19:
            return None
        if len(digits) >= 13 and is_card(digits):
            return last
    return None
