"""How far the strings of a log are cut: the longest first, each to the same length, and no more of them than must be.

Half a picture is none: of what is in base64 the largest are left out whole, as few as do.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Optional

#: Bytes that a marker takes.
MARKER = 60
#: Shorter text in base64 may be a word.
_LEAST_BASE64 = 2_000
_BASE64 = re.compile(r"(data:[\w/+.;=-]{1,100},)?[A-Za-z0-9+/_-]+={0,2}\s*")
_NO_LIMIT = sys.maxsize


class Lengths:
    """How long the strings of a log are: texts, which can be cut, and pictures and the like in base64."""

    def __init__(self) -> None:
        self.texts: list[int] = []
        self.pictures: list[int] = []

    def note(self, text: str, shortest: int) -> None:
        """Count the text where it can be cut to so many bytes."""
        # No character takes more than six.
        if len(text) * 6 > shortest and (size := size_of(text)) > shortest:
            (self.pictures if _find_base64(text) else self.texts).append(size)

    def over(self, shortest: int) -> Lengths:
        """Those that are longer."""
        found = Lengths()
        found.texts = [size for size in self.texts if size > shortest]
        found.pictures = [size for size in self.pictures if size > shortest]
        return found


class Plan:
    """What is cut: texts to so many bytes, pictures of more than so many, and some of just as many."""

    def __init__(self, text_bytes: int, picture_bytes: int = 0, equal_pictures: int = _NO_LIMIT) -> None:
        self._text_bytes = text_bytes
        self._picture_bytes = picture_bytes
        self._equal_pictures = equal_pictures

    def shorten(self, text: str) -> str:
        """The text as it is sent."""
        if len(text) <= _LEAST_BASE64 or not _find_base64(text):
            return cut_text(text, self._text_bytes)
        size = size_of(text)
        if size == self._picture_bytes and self._equal_pictures:
            self._equal_pictures -= 1
            return cut_text(text, 0)
        return cut_text(text, 0) if size > self._picture_bytes else text


def make_plan(lengths: Lengths, excess: int, shortest: int) -> Optional[Plan]:
    """The plan that saves so many bytes and cuts no text shorter; None where there is none."""
    pictures = sorted(lengths.pictures, reverse=True)

    def find_level(left_out: int) -> int | None:
        saved = sum(pictures[:left_out]) - left_out * MARKER
        return _find_level(lengths.texts, excess - saved, shortest)

    def is_enough(left_out: int) -> bool:
        level = find_level(left_out)
        return level is not None and (left_out == len(pictures) or level >= pictures[left_out])

    fewest, most = 0, len(pictures)
    if not is_enough(most):
        return None
    while fewest < most:
        middle = (fewest + most) // 2
        fewest, most = (fewest, middle) if is_enough(middle) else (middle + 1, most)
    level = find_level(fewest) or shortest
    if not fewest:
        return Plan(level, _NO_LIMIT)
    smallest = pictures[fewest - 1]
    return Plan(level, smallest, fewest - pictures.index(smallest))


def count_saved(lengths: Lengths, shortest: int) -> int:
    """How many bytes can be saved at most."""
    texts = sum(size - shortest for size in lengths.texts)
    return texts + sum(size - MARKER for size in lengths.pictures)


def _find_level(sizes: list[int], excess: int, shortest: int) -> int | None:
    """The longest length to which to cut the longest of these, so that so many bytes are saved."""
    if excess <= 0:
        return _NO_LIMIT
    ordered = sorted(sizes, reverse=True)
    total = 0
    for count, size in enumerate(ordered, 1):
        total += size
        following = ordered[count] if count < len(ordered) else shortest
        level = (total - excess) // count
        if level >= following:
            return max(level, shortest)
    return None


def cut_text(text: str, max_bytes: int) -> str:
    """The beginning and the end of a text; of a picture or the like in base64 only what it was.

    >>> cut_text("a b " * 100, 100)
    'a b a b a b a b a b a b a … [cut: 400 characters] … a b a b a b '
    """
    size = size_of(text)
    if size <= max_bytes:
        return text
    found = _find_base64(text)
    if found:
        return f"{found[1] or ''}[cut: {len(text)} characters of base64]"
    kept = max(0, (max_bytes - MARKER) * len(text) // size)
    head = kept * 2 // 3
    return f"{text[:head]}… [cut: {len(text)} characters] …{text[len(text) - (kept - head) :]}"


def size_of(text: str) -> int:
    """How many bytes the text takes as JSON."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def _find_base64(text: str) -> re.Match[str] | None:
    return _BASE64.fullmatch(text) if len(text) > _LEAST_BASE64 else None
