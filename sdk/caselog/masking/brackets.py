"""Where brackets end, each found in a time that does not grow with how many names stand before brackets."""

from __future__ import annotations

import re

#: What opens and what closes.
PAIRS = {"[": "]", "{": "}", "(": ")"}
_FORMS = {opening: re.compile(f"[{re.escape(opening + closing)}]") for opening, closing in PAIRS.items()}
#: A text in which more are asked for is looked through once.
_FEW = 8


class Brackets:
    """The brackets of one text, of which none is longer than ``longest`` characters."""

    def __init__(self, text: str, longest: int) -> None:
        self._text = text
        self._longest = longest
        self._asked = 0
        self._ends: dict[str, dict[int, int]] = {}

    def end_of(self, at: int) -> int | None:
        """The end of what the bracket at a place opens; None where it is not closed in time.

        >>> brackets = Brackets("([a](b)c", 100)
        >>> brackets.end_of(1), brackets.end_of(4), brackets.end_of(0)
        (4, 7, None)
        """
        self._asked += 1
        if self._asked <= _FEW:
            return self._look_from(at)
        opening = self._text[at]
        if opening not in self._ends:
            self._ends[opening] = self._match_all(opening)
        end = self._ends[opening].get(at)
        return end if end is not None and end - at <= self._longest else None

    def _look_from(self, at: int) -> int | None:
        opening, depth = self._text[at], 0
        for found in _FORMS[opening].finditer(self._text, at, at + self._longest):
            depth += 1 if found[0] == opening else -1
            if depth == 0:
                return found.end()
        return None

    def _match_all(self, opening: str) -> dict[int, int]:
        ends: dict[int, int] = {}
        opened: list[int] = []
        for found in _FORMS[opening].finditer(self._text):
            if found[0] == opening:
                opened.append(found.start())
            elif opened:
                ends[opened.pop()] = found.end()
        return ends
