"""JSON inside a text: what its structure says is private, as spans of the text; nothing is written anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from .field_names import TELLING_TOGETHER, judge_key
from .fields import FieldMasker, Masked
from .neighbours import judge_name
from .people import may_name_person
from .view import View

#: A number that may be a card's, where JSON has its values: its mark needs quotes.
_CARD_VALUE = re.compile(r"[:\[,]\s{0,20}[2-6][0-9]{13,18}\s{0,20}[,}\]]")
_FEWEST_DIGITS = 14
#: Places that look like JSON and are none, before the rest of a text is taken for prose.
_MAX_FAILURES = 200
_OPENING = re.compile(r'\{\s*"|\[\s*[\[{"]')
_OPENING_OF_NUMBERS = re.compile(r'\{\s*"|\[\s*[\[{"0-9]')
_NAME = re.compile(r'"([^"\\]{1,80})"\s*[:,]')


def may_hold_json(view: View) -> bool:
    """Whether there are quotes and brackets, or brackets and as many digits as a card has."""
    text = view.text
    return ("{" in text or "[" in text) and ('"' in text or view.has_digits(_FEWEST_DIGITS))


def find_in_json(view: View, fields: FieldMasker, *, opens_all: bool) -> Iterator[tuple[int, int, str, str]]:
    """What is private by the structure of the JSON in a text, with what is to be written in its place."""
    text = view.text
    holds_card = _holds_card(view)
    if not (opens_all or holds_card or any(map(_tells, set(_NAME.findall(text))))):
        return
    form = _OPENING_OF_NUMBERS if holds_card else _OPENING
    decoder = json.JSONDecoder(object_pairs_hook=_keep_all)
    at = failures = 0
    while failures < _MAX_FAILURES:
        opening = form.search(text, at)
        if not opening:
            return
        start = opening.start()
        try:
            value, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            failures += 1
            at = start + 1
            continue
        masked = fields.mask(value)
        if masked != value:
            finds: list[tuple[int, int, str, str]] = []
            _Differences(text, finds).walk(start, value, masked)
            yield from finds


def _holds_card(view: View) -> bool:
    return view.has_digits(_FEWEST_DIGITS) and bool(_CARD_VALUE.search(view.text))


@lru_cache(maxsize=8192)
def _tells(name: str) -> bool:
    """Whether the structure around a field of this name may say that something is private."""
    return bool(judge_key(name) or judge_name(name) or name in TELLING_TOGETHER or may_name_person(name))


def _keep_all(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with all its fields: one whose name came before is told apart by what no name has at its end."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        fields[_free_name(name, fields)] = value
    return fields


def _free_name(name: str, taken: dict[str, Any]) -> str:
    return name if name not in taken else f"{name}\0{len(taken)}"


class _Differences:
    """Where values stand in a JSON text that are not the same after masking."""

    def __init__(self, text: str, finds: list[tuple[int, int, str, str]]) -> None:
        self._text = text
        self._finds = finds

    def walk(self, at: int, before: Any, after: Any) -> int:
        """Note the differences in the value that begins at a place; where it ends."""
        if before == after:
            return int(_SCANNER.raw_decode(self._text, at)[1])
        if isinstance(before, dict) and isinstance(after, dict):
            return self._walk_fields(at, before, after)
        if isinstance(before, list) and isinstance(after, list):
            return self._walk_items(at, before, after)
        end = int(_SCANNER.raw_decode(self._text, at)[1])
        self._finds.append(_as_find(at, end, before, after))
        return end

    def _walk_fields(self, at: int, before: dict[str, Any], after: dict[str, Any]) -> int:
        for name, value in before.items():
            _, end = _SCANNER.raw_decode(self._text, self._next(at))
            at = self.walk(self._next(end), value, after[name])
        return self._next(at)

    def _walk_items(self, at: int, before: list[Any], after: list[Any]) -> int:
        for value, masked in zip(before, after):
            at = self.walk(self._next(at), value, masked)
        return self._next(at)

    def _next(self, at: int) -> int:
        """Where something begins behind the bracket, comma or colon that stands at a place."""
        found = _BETWEEN.match(self._text, at)
        return found.end() if found else at


_SCANNER = json.JSONDecoder(strict=False)
_BETWEEN = re.compile(r"\s*[\[\]{},:]\s*")


def _as_find(start: int, end: int, before: Any, after: Any) -> tuple[int, int, str, str]:
    kind = after.kind if isinstance(after, Masked) else "body"
    written = json.dumps(after, ensure_ascii=False)
    if isinstance(before, str) and isinstance(after, str):
        return start + 1, end - 1, kind, written[1:-1]
    return start, end, kind, written
