"""Tokens of a form: strings that a pattern of `caselog.masking.token_forms` matches whole, made by chance."""

from __future__ import annotations

import random
import re
import string

_CLASSES = {"w": string.ascii_letters + string.digits + "_", "d": string.digits, "b": ""}
_REPEATS = re.compile(r"\{(\d+)(?:,(\d*))?\}|[?*+]")


class TokenMaker:
    """Reads a pattern of literals, classes, groups and repetitions, and writes what it matches."""

    def __init__(self, form: str, chance: random.Random) -> None:
        self._form, self._chance, self._at = form, chance, 0

    def make(self) -> str:
        """One of the alternatives up to the end, or to the bracket that closes a group."""
        alternatives = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            alternatives.append(self._sequence())
        return self._chance.choice(alternatives)

    def _peek(self) -> str:
        return self._form[self._at : self._at + 1]

    def _sequence(self) -> str:
        made = ""
        while self._peek() not in ("", "|", ")"):
            start = self._at
            once = self._atom()
            end = self._at
            times = self._repeat()
            for _ in range(times - 1):
                after, self._at = self._at, start
                once += self._atom()
                assert self._at == end
                self._at = after
            made += once if times else ""
        return made

    def _repeat(self) -> int:
        found = _REPEATS.match(self._form, self._at)
        if not found:
            return 1
        self._at = found.end()
        if found[1]:
            least = int(found[1])
            most = least + 3 if found[2] == "" else int(found[2] or least)
            return self._chance.randint(least, min(most, least + 3))
        return {"?": self._chance.randint(0, 1), "*": 2, "+": 4}[found[0]]

    def _atom(self) -> str:
        char = self._peek()
        self._at += 1
        if char == "(":
            opening = re.compile(r"\?i?:|").match(self._form, self._at)
            self._at = opening.end() if opening else self._at
            made = self.make()
            self._at += 1
            return made
        if char == "[":
            return self._chance.choice(self._class())
        if char == "\\":
            self._at += 1
            escaped = self._form[self._at - 1]
            chars = _CLASSES.get(escaped, escaped)
            return self._chance.choice(chars) if chars else ""
        return char

    def _class(self) -> str:
        end = self._form.index("]", self._at)
        inside, self._at = self._form[self._at : end], end + 1
        chars = ""
        for found in re.finditer(r"\\([wd])|\\(.)|(.)-(?!$)(.)|(.)", inside):
            if found[3]:
                chars += "".join(map(chr, range(ord(found[3]), ord(found[4]) + 1)))
            else:
                chars += _CLASSES[found[1]] if found[1] else found[2] or found[5]
        return chars
