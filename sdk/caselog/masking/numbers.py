"""Numbers that are private: bank accounts and telephones; see `cards` for cards."""

from __future__ import annotations

import re

from .cards import replace_cards

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_PHONE = re.compile(
    r"(?<![\w+.])(?:"
    r"\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?(?:\d[ .-]?){6,12}\d"
    r"|\(\d{3}\)[ ]?\d{3}[ .-]\d{4}"
    r"|\d{3}-\d{3}-\d{4}"
    r")(?![\w-])"
)

_SHORTEST_NUMBER = 9

# The look of a text: digits, capitals and "+" remain as such, what may stand between digits is gone. Searching
# this for a run of digits is far cheaper than a pattern with optional separators.
_LOOK = dict.fromkeys(range(128), "x")
_LOOK.update({ord(char): "0" for char in "0123456789"})
_LOOK.update(dict.fromkeys(range(ord("A"), ord("Z") + 1), "A"))
_LOOK[ord("+")] = "+"
_LOOK.update({ord(char): "" for char in " -.()\t\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2015"})


def replace_numbers(text: str, card: str, iban: str, phone: str) -> str:
    """The text with card numbers, IBANs and telephone numbers replaced by their markers."""
    if len(text) < _SHORTEST_NUMBER:
        return text
    look = text.translate(_LOOK)
    if "AA00" in look:
        text = replace_ibans(text, iban)
    if "0000000000000" in look:
        text = replace_cards(text, card)
    if "0000000000" in look or "+0000000" in look:
        text = _PHONE.sub(phone, text)
    return text


def replace_ibans(text: str, marker: str) -> str:
    """The text with each IBAN whose check digits hold replaced by the marker."""
    return _IBAN.sub(lambda found: marker if is_iban(found[0]) else found[0], text)


def is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN hold: ISO 13616.

    >>> is_iban("DE89 3704 0044 0532 0130 00")
    True
    """
    plain = re.sub(r"[ -]", "", text)
    digits = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(digits) % 97 == 1
