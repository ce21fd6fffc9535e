"""Numbers that are private: cards, bank accounts and telephones, looked for where a text has the digits for them."""

from __future__ import annotations

import re

from .cards import replace_cards
from .ibans import replace_ibans
from .verdicts import CARD, IBAN, PHONE

_GAP = "[ .\\-/\u00a0\u202f\u2010-\u2015]"
_PHONE = re.compile(
    r"(?:(?<![\w+-])|(?<=\\[nrt]))(?:"
    # international: +49 30 901820, 0049 (0) 30 / 901820
    rf"(?:\+|00(?=[ ]?[1-9]\d))[ ]?[1-9]\d{{0,2}}{_GAP}?(?:\(\d{{1,4}}\){_GAP}{{0,3}})?(?:\d{_GAP}{{0,3}}){{6,12}}\d"
    # North American: (555) 123-4567, 555-123-4567
    r"|(?:1[ .-])?\(\d{3}\)[ -]?\d{3}[ .\u2010-\u2015-]\d{4}"
    r"|(?:1[ .-])?[2-9]\d\d(?P<gap>[. \u2010-\u2015-])\d{3}(?P=gap)\d{4}"
    r")(?![\w-])"
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_SHORTEST_NUMBER = 9

# The look of a text: digits, capitals, letters and "+" remain as such, what may stand between digits is gone. Searching
# this for a run of digits is far cheaper than a pattern with optional separators.
_LOOK = dict.fromkeys(range(128), "x")
_LOOK.update({ord(char): "0" for char in "0123456789"})
_LOOK.update(dict.fromkeys(range(ord("A"), ord("Z") + 1), "A"))
_LOOK.update(dict.fromkeys(range(ord("a"), ord("z") + 1), "a"))
_LOOK[ord("+")] = "+"
_LOOK.update(
    {
        ord(char): ""
        for char in " -.()/,_\t\n\u00a0\u2003\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2015"
    }
)


def replace_numbers(text: str, markers: dict[str, str]) -> str:
    """The text with card numbers, IBANs and telephone numbers replaced; what has no marker is left alone."""
    if len(text) < _SHORTEST_NUMBER:
        return text
    look = text.translate(_LOOK)
    if IBAN in markers and ("AA00" in look or "aa0000000000" in look):
        text = replace_ibans(text, markers[IBAN])
    if "0000000000000" in look or "0000+0000" in look or "%20" in text:
        text = replace_cards(text, markers[CARD])
    if PHONE in markers and ("0000000000" in look or "+0000000" in look):
        text = _PHONE.sub(lambda found: found[0] if _DATE.search(found[0]) else markers[PHONE], text)
    return text
