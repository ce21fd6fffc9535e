"""A text, and the forms of it that rules look at before they look closely: made once, and only where asked for.

The forms are bytes, one for each character: translating and searching those takes a hundredth of what a pattern takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .vocabulary import Told, read_words

#: Shorter than any token: a word of this length is nothing private by its look.
SHORTEST_TOKEN = 15
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"


def _table(classes: dict[str, bytes]) -> bytes:
    """A table for `bytes.translate`: the characters of each class become its name, all others "x"."""
    table = bytearray(b"x" * 256)
    for name, chars in classes.items():
        for char in chars:
            table[char] = ord(name)
    return bytes(table)


# Digits become "0", capitals "A", letters "a", and what may stand between digits " "; anything but ASCII is a "?".
_LOOK_TABLE = _table({"A": _LETTERS[0], "a": _LETTERS[1], "0": _DIGITS, " ": b" -.()/,_+\t\n?"})
_ROW = re.compile(rb"0[0 ]{5,}0")
#: What tokens and base64 are made of becomes "a".
_WORD_TABLE = _table({"a": b"".join((*_LETTERS, _DIGITS, b"_.-+/=~"))})
_LONG_WORD = b"a" * SHORTEST_TOKEN


class Row(NamedTuple):
    """Digits and what may stand between them."""

    start: int
    end: int
    digits: int


class View:
    """A text as rules look at it."""

    __slots__ = ("_bytes", "_look", "_lower", "_rows", "_told", "_words", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._bytes = text.encode("ascii", "replace")
        self._lower: str | None = None
        self._look: bytes | None = None
        self._words: bytes | None = None
        self._rows: list[Row] | None = None
        self._told: Told | None = None

    @property
    def lower(self) -> str:
        """The text in lower case, each character in its place."""
        if self._lower is None:
            lower = self.text.lower()
            # "İ" becomes two characters.
            self._lower = lower if len(lower) == len(self.text) else "".join(map(_lower_one, self.text))
        return self._lower

    @property
    def look(self) -> bytes:
        """The text with its digits as "0", its letters as "A" and "a", and what may stand between digits as " "."""
        if self._look is None:
            self._look = self._bytes.translate(_LOOK_TABLE)
        return self._look

    @property
    def rows(self) -> list[Row]:
        """Rows of at least seven characters of digits and what may stand between them."""
        if self._rows is None:
            self._rows = [
                Row(found.start(), found.end(), found[0].count(b"0")) for found in _ROW.finditer(self.look)
            ]
        return self._rows

    def has_digits(self, fewest: int) -> bool:
        """Whether a row has as many digits."""
        return any(row.digits >= fewest for row in self.rows)

    @property
    def told(self) -> Told:
        """What the words of the text tell of."""
        if self._told is None:
            self._told = read_words(self._bytes, self.text, self.lower)
        return self._told

    @property
    def is_plain(self) -> bool:
        """Whether the text has nothing that any rule needs: no word that tells, no digits, no long word."""
        told, text = self.told, self.text
        return not (
            told.named or told.terms or "@" in text or '"' in text or "<" in text or " -" in text
            or (b"00" in self.look and self.rows) or self.has_word(SHORTEST_TOKEN)
        )  # fmt: skip

    def has_word(self, length: int) -> bool:
        """Whether so many characters that tokens and base64 are made of stand together."""
        return b"a" * length in self._word_look

    @property
    def _word_look(self) -> bytes:
        if self._words is None:
            self._words = self._bytes.translate(_WORD_TABLE)
        return self._words

    def long_words(self) -> Iterator[tuple[int, int]]:
        """Where words stand that are as long as the shortest token, or longer."""
        look = self._word_look
        at = look.find(_LONG_WORD)
        while at >= 0:
            end = look.find(b"x", at)
            end = len(look) if end < 0 else end
            yield at, end
            at = look.find(_LONG_WORD, end)


def _lower_one(char: str) -> str:
    return char.lower()[0]
