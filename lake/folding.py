"""Texts as they are compared when somebody searches: without case, accents and forms of letters, in every script. Pure.

What is stored and what is typed go through the same function, so that a search is a plain comparison of characters:
it needs no words, which Chinese, Japanese and Thai do not write apart. The pages search within a ticket by the same
rules: `voila_dashboards.contract` writes them down for browsers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Marks that may be left out in writing: accents of Latin, Greek and Cyrillic letters, points of Hebrew, vowel signs of
#: Arabic and its line that draws words out. Marks of other scripts tell words apart, and stay.
OPTIONAL: Final = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
#: Letters that other people write as one or two others, and that no rule of Unicode takes apart.
LETTERS: Final = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t"}
    | dict.fromkeys("أإآٱ", "ا")
    | {"ى": "ي", "ة": "ه"}
)
#: What is not to be seen: joiners, marks of direction, soft hyphens.
INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def fold(text: str) -> str:
    """``text`` in the form in which equal words are equal, with single spaces.

    >>> fold("Crème  BRÛLÉE"), fold("STRASSE") == fold("Straße"), fold("ＡＢＣ１２")
    ('creme brulee', True, 'abc12')
    >>> fold("İstanbul ISPARTA"), fold("العَرَبِيَّة"), fold("Ёлка"), fold("返金　依頼"), fold("が") == fold("か")
    ('istanbul isparta', 'العربيه', 'елка', '返金 依頼', False)
    """
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", INVISIBLE.sub("", text)).casefold()
    plain = OPTIONAL.sub("", apart).translate(LETTERS)
    return " ".join(unicodedata.normalize("NFC", plain).split())
