"""Finds what is private in texts, as spans of the texts as they were sent, and replaces the spans and nothing else.

A rule first says cheaply whether a text may hold anything of its kind (see `view`); where it may, it looks closely. A
text that is written in another writing is read (see `readings`) and looked at once more; what is found in the reading
is replaced where it stands in the text. Closed where it fails: a text that a rule fails on, or has no end with, is
replaced whole.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple, Optional

from .base64_text import SHORTEST, read_words
from .kinds import KINDS, SECRET
from .readings import MAX_DEPTH, Reading, hides_more, read
from .rules import RULES, Rule
from .view import View

#: Longer texts are looked at in pieces, so that nothing else has to wait for long.
_PIECE = 32 * 1024
#: Some 0.2 ms of masking.
_CHARS_BETWEEN_RESTS = 3000
#: For each text, and for each character of it.
_SECONDS, _SECONDS_PER_CHAR = 2.0, 2e-6
_TOO_DEEP = "[not maskable: nested too deep]"

# Where a text may be taken apart: not within a number, nor between a name and its value.
_PARAGRAPH = re.compile(r"(?<=[^\s:=|>-])\n(?=[A-Za-z])")
_WORD = re.compile(r"(?<=[a-z.,])\s(?=[A-Za-z])")
#: What was masked already; a hash of ours has a letter, so that no number can pass for one.
_MARK = re.compile(
    r"\[(?=[scipnb])(?:secret|card|iban|phone|name|body|not maskable|cut)\b[^\[\]\n]{0,80}\]"
    r"|\b(?:email|phone):(?=[0-9]*[a-f])[0-9a-f]{16}(?![0-9A-Za-z])"
)
#: Base64: images, signatures, encrypted reasoning. Nothing in the middle of it is anything else.
_BLOB = re.compile(
    r"(?:data:[\w.+/-]{1,100}(?:;[\w=.-]{1,40}){0,3},|(?<![A-Za-z0-9+/]))[A-Za-z0-9+/]{80,}={0,2}"
    r"|data:[\w.+/-]{1,100};base64,[A-Za-z0-9+/_=-]+|(?<![\w-])[\w-]{80,}={0,2}",
    re.ASCII,
)

#: In JSON a number's mark comes with quotes, in whatever way the quotes of that JSON are written.
_QUOTED_MARK = re.compile(
    r"(?P<quote>\\*(?:\"|u0022|x22)|%(?:25)*22|&(?:quot|#34|#x22);)(?P<mark>.*)(?P=quote)", re.DOTALL
)


class Find(NamedTuple):
    """Something private: where it stands in the text as it was sent, what stands in its place, by which rule."""

    start: int
    end: int
    kind: str
    mark: str
    rule: str
    #: Whether it is dropped where it overlaps a secret that another rule found.
    yields: bool = False


#: What stands in the place of something private of a kind, given as it is plainly written.
Mark = Callable[[str, str], str]


class Engine:
    """Looks at texts by the rules; ``left`` are the kinds that are left alone."""

    def __init__(
        self,
        mark: Mark,
        left: frozenset[str] = frozenset(),
        more: tuple[Rule, ...] = (),
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """``more`` are rules of one client; ``rest`` is called now and then, so that other threads have their turn."""
        self._mark = mark
        self._left = left
        self._own = more
        self._rules = (*more, *RULES)
        self._rest = rest

    def find_all(self, texts: Iterable[str]) -> Iterator[tuple[str, list[Find]]]:
        """Each text in which something is private, with what is; a text that fails as one find over all of it."""
        chars = 0
        for text in texts:
            chars += len(text)
            if chars > _CHARS_BETWEEN_RESTS:
                chars = 0
                self._rest()
            finds = self.find(text)
            if finds:
                yield text, finds

    def find(self, text: str) -> list[Find]:
        """What is private in a text, in order; no two overlap."""
        try:
            finds = self._find(text)
            return merge(finds, text) if finds else finds
        except Exception as error:  # noqa: BLE001 - fails closed, whatever the mistake
            mark = (
                _TOO_DEEP if isinstance(error, RecursionError) else f"[not maskable: {type(error).__name__}]"
            )
            return [Find(0, len(text), "maskable", mark, "failed")]

    def _find(self, text: str) -> list[Find]:
        return self._look_deep(text, None, _Budget(len(text)), 0)

    def _look_deep(self, text: str, reading: Reading | None, budget: _Budget, depth: int) -> list[Find]:
        """What is private in a text, and in its plainer writings: there it may hold what it does not show."""
        finds = self._look(text, reading, budget, depth)
        if depth == MAX_DEPTH:
            if hides_more(text):
                raise RecursionError
            return finds
        plainer = read(text, reading)
        return finds + self._look_deep(plainer.text, plainer, budget, depth + 1) if plainer else finds

    def _look(self, text: str, reading: Reading | None, budget: _Budget, depth: int) -> list[Find]:
        finds: list[Find] = []
        for piece, offset in _pieces(text):
            view = View(piece)
            for rule in self._own if view.is_plain else self._rules:
                if rule.may_hold(view):
                    finds += self._ask(rule, view, offset, reading, budget)
                    budget.check()
            if len(piece) >= SHORTEST and view.has_word(SHORTEST) and depth < MAX_DEPTH:
                for written, word in read_words(piece, offset, reading):
                    if budget.is_new(written, word.locate(0, 1)):
                        finds += self._look_deep(word.text, word, budget, depth + 1)
            if len(piece) >= _PIECE:
                self._rest()
        return finds

    def _ask(
        self, rule: Rule, view: View, offset: int, reading: Reading | None, budget: _Budget
    ) -> Iterator[Find]:
        blobs: Optional[list[tuple[int, int]]] = None
        for start, end, kind, *mark in rule.find(view):
            budget.check()
            if kind in self._left or start >= end:
                continue
            if not rule.reaches_blobs:
                blobs = _find_blobs(view) if blobs is None else blobs
                if _is_inside(start, end, blobs):
                    continue
            first, last = start + offset, end + offset
            if reading:
                first, last = reading.locate(first, last)
            written = mark[0] if mark else self._mark(kind, view.text[start:end])
            if reading:
                written = reading.write_mark(written, start + offset)
            yield Find(first, last, kind, written, rule.name, rule.yields)


class _Budget:
    """Processor time for one text: far more than any takes, and an end to what has none."""

    def __init__(self, chars: int) -> None:
        self._seconds = _SECONDS + chars * _SECONDS_PER_CHAR
        self._ends_at = time.monotonic() + self._seconds
        self._began: float | None = None
        self._read: set[tuple[str, tuple[int, int]]] = set()

    def is_new(self, word: str, span: tuple[int, int]) -> bool:
        """Whether a word in base64 was not read yet: it stands in each plainer writing of its text as well."""
        known = len(self._read)
        self._read.add((word, span))
        return len(self._read) > known

    def check(self) -> None:
        """Raise TimeoutError where the text has had its time; the time that others had does not count."""
        if time.monotonic() < self._ends_at:
            return
        if self._began is None:
            self._began = time.thread_time()
        elif time.thread_time() - self._began > self._seconds:
            raise TimeoutError


def merge(finds: list[Find], text: str) -> list[Find]:
    """The finds in order, those that overlap as one: over all their spans, with the mark of the first in `KINDS`.

    Of two of a kind the longer one's mark stands. What was masked before is not masked again.
    """
    if not finds:
        return finds
    marks = _union(found.span() for found in _MARK.finditer(text)) if _may_hold_mark(text) else []
    secrets = _union(find[:2] for find in finds if find.kind == SECRET and not find.yields)
    merged: list[Find] = []
    for find in sorted(finds, key=lambda find: find[:2]):
        if _overlaps(find, marks) or (find.yields and _overlaps(find, secrets)):
            continue
        if merged and find.start < merged[-1].end:
            merged[-1] = _join(merged[-1], find)
        else:
            merged.append(find)
    return merged


def _may_hold_mark(text: str) -> bool:
    return "[" in text or "email:" in text or "phone:" in text


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that overlap as one."""
    union: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if union and start < union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def _overlaps(find: Find, spans: list[tuple[int, int]]) -> bool:
    place = bisect_right(spans, (find.end - 1, _FAR)) - 1
    return place >= 0 and spans[place][1] > find.start


_FAR = 1 << 62


def _join(one: Find, other: Find) -> Find:
    first = min(one, other, key=_rank)
    start, end = min(one.start, other.start), max(one.end, other.end)
    quoted = _QUOTED_MARK.fullmatch(first.mark)
    if quoted and (first.start, first.end) != (start, end):
        first = first._replace(mark=quoted["mark"])
    return first._replace(start=start, end=end)


def _rank(find: Find) -> tuple[int, int, int]:
    kind = KINDS.index(find.kind) if find.kind in KINDS else -1
    return kind, find.start - find.end, 0 if _QUOTED_MARK.fullmatch(find.mark) else 1


def replace(text: str, finds: Iterable[Find]) -> str:
    """The text with each find replaced by its mark."""
    done: list[str] = []
    at = 0
    for find in finds:
        done += (text[at : find.start], find.mark)
        at = find.end
    return "".join((*done, text[at:]))


def _find_blobs(view: View) -> list[tuple[int, int]]:
    if not view.has_word(_SHORTEST_BLOB) and ";base64," not in view.text:
        return []
    return [found.span() for found in _BLOB.finditer(view.text)]


_SHORTEST_BLOB = 80


def _is_inside(start: int, end: int, blobs: list[tuple[int, int]]) -> bool:
    """Whether a span lies in a blob that begins before it."""
    place = bisect_right(blobs, (start, -1)) - 1
    return place >= 0 and blobs[place][0] < start and end <= blobs[place][1]


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    at = 0
    while len(text) - at > 2 * _PIECE:
        boundary = _PARAGRAPH.search(text, at + _PIECE, at + 2 * _PIECE) or _WORD.search(text, at + _PIECE)
        if not boundary:
            break
        yield text[at : boundary.end()], at
        at = boundary.end()
    yield (text[at:], at) if at else (text, 0)
