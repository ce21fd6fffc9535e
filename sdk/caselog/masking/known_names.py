"""Names of people that are known in a ticket, wherever else in it they stand: in prose, in addresses, as user ids.

A full name counts in any case, over any white space and as a slug (``bob_jones``, ``BobJones``, ``jones.bob``), but not
as an id with a number behind it (``bob_jones_3668``): by that the customer is found in the client's own system. A part
of one counts with its capital, or in five capitals and more, unless the same word stands in lower case in the ticket
too (then it is a word like any), is the name of a month or a day, a title, or too short.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Callable

from .languages import CALENDAR, WITHOUT_SPACES
from .no_names import NO_NAMES
from .people import NOBODY, PARTICLES, TITLE_WORDS

#: More names than that are looked up in an index, which takes as long to make as looking for so many.
_MANY_NAMES = 16
#: A name that stands apart begins where a row of these begins.
_LETTERS_OR_DIGITS = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_ENDS_OF_WORDS = bytes(code if chr(code).isalpha() and code < 128 else 32 for code in range(256))
#: Between the words of a name, as they are sent: in lower case.
_GAP = re.compile(r"(?:\s|\+|%20|%c2%a0|&nbsp;|&#160;|\\[nrt])+")
_JOINT = re.compile(r"[_.\-]")
#: ``mia_li_3668``: by this the ticket's customer is found in the client's own system.
_NUMBERED = re.compile(r"[.\-]\d")
_BETWEEN_WORDS = re.compile(r"(?:[\s,+]|%20|%C2%A0|&nbsp;|\\[nrt])+", re.IGNORECASE)
#: Glued in lower case, two short words are another: "jo", "an".
_SHORTEST_GLUED, _SHORTEST_GLUED_PART = 7, 3
_LONGER_THAN_CODES = 5
_JOINS = ("_", "@", ".", "/", "\\", "$", "#")
#: The beginning of an address or a path, up to a word in it.
_PATH = re.compile(r"://|^[\"'(<\[]*[.~]?/|/.*/|\w\.\w.*/")
_LONGEST_PATH = 100
_HANGUL_NAME = re.compile("[가-힣]{3,5}")
#: Behind a name in Korean, as parts of its word.
_BEHIND_HANGUL = re.compile(
    "(?:이?(?:[은는이가을를의와과도야아만]|에게서?|께서?|한테|님|씨|군|양|입니다|이에요|예요|이라고|라고|로|하고|보다|까지|부터)){0,2}(?![가-힣])"
)


class KnownNames:
    """People whose names were found in a ticket; finds them wherever they stand in it."""

    def __init__(self, people: Iterable[str], texts: str, lower: str) -> None:
        """``texts`` are those of the ticket as one, ``lower`` the same in lower case."""
        names = [words for words in map(_split, {*people}) if words]
        many = len(names) > _MANY_NAMES
        self._texts, self._lower = _Places(texts, many), _Places(lower, many)
        #: The words of the texts, apart from what other letters than ASCII's are in.
        self._words = set(texts.encode("ascii", "replace").translate(_ENDS_OF_WORDS).split())
        self._whole = sorted(set(self._find_whole(names))) if len(lower) == len(texts) else []
        self._starts = [start for start, _ in self._whole]
        words = {word for name in names for word in name}
        self._parts = [word for word in sorted(words) if _is_part(word) and not self._is_word(word)]

    def _find_whole(self, names: list[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
        slugs = _Slugs(self._texts.text, self._lower)
        for words in names:
            if len(words) > 1:
                slugs.add(words)
            elif _is_whole_word(words[0]):
                yield from self._lower.find(words[0].lower())
        yield from slugs.find(self._may_stand_in_any_case)

    def _may_stand(self, word: str) -> bool:
        """Whether a word stands in the texts: the quick answer, true where there is none."""
        return not word.isascii() or not word.isalpha() or word.encode() in self._words

    def _may_stand_in_any_case(self, word: str) -> bool:
        return self._lower.may_hold(word)

    def _is_word(self, word: str) -> bool:
        """Whether a part of a name stands in lower case in the ticket: elsewhere than in a full name or an address."""
        plain = word.lower()
        if not self._may_stand(plain):
            return False
        return any(
            not self._is_in_whole(start) and not _is_in_path(self._texts.text, start)
            for start, _ in self._texts.find(plain)
        )

    def _is_in_whole(self, start: int) -> bool:
        place = bisect_right(self._starts, start) - 1
        return place >= 0 and start < self._whole[place][1]

    def find(self) -> Iterator[tuple[int, int]]:
        """Where in the texts a name stands, longer ones first; a part of a full name's place comes again."""
        yield from self._whole
        for word in self._parts:
            # "MIA" is an airport: what is written in a few capitals is a code.
            for form in {word, word.upper() if len(word) >= _LONGER_THAN_CODES else word}:
                if self._may_stand(form):
                    yield from self._texts.find(form)


class _Slugs:
    """Names of more than one word, by their first: where they stand in a text over whatever joins the words."""

    def __init__(self, text: str, lower: _Places) -> None:
        self._text, self._lower = text, lower
        #: By the first word, and by what the second begins with: the other words, and whether they only stand joined.
        self._rest: dict[str, dict[str, set[tuple[tuple[str, ...], bool]]]] = {}

    def add(self, words: tuple[str, ...]) -> None:
        plain = tuple(word.lower() for word in words)
        folded = tuple(map(_fold, plain))
        self._add(plain, joined=False)
        ends = {(name[0], name[-1]) for name in (plain, folded)}
        for first, last in ends:
            self._add((first, last), joined=True)
            self._add((last, first), joined=True)
        self._add(folded, joined=True)

    def _add(self, words: tuple[str, ...], *, joined: bool) -> None:
        first, *rest = words
        self._rest.setdefault(first, {}).setdefault(_begin(rest[0], 0), set()).add((tuple(rest), joined))

    def find(self, may_stand: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
        """Where each stands."""
        for first, rests in self._rest.items():
            if may_stand(first):
                for start in self._lower.list_starts(first):
                    yield from self._find_at(start, start + len(first), rests)
            if self._lower.is_indexed:
                yield from self._find_glued(first, rests)

    def _find_at(
        self, start: int, end: int, rests: dict[str, set[tuple[tuple[str, ...], bool]]]
    ) -> Iterator[tuple[int, int]]:
        lower = self._lower.text
        if lower[start - 1 : start].isalnum() if start else False:
            return
        if lower[end : end + 1].isalnum():
            if not self._lower.is_indexed:
                yield from self._check_glued(start, end, rests)
            return
        gap = _GAP.match(lower, end)
        joint = gap or _JOINT.match(lower, end)
        if joint:
            for rest, joined in rests.get(_begin(lower, joint.end()), ()):
                if not (gap and joined):
                    stop = _match_words(lower, joint.end(), rest, _GAP if gap else _JOINT)
                    if stop and _ends_name(lower, stop, joined=not gap):
                        yield start, stop

    def _find_glued(
        self, first: str, rests: dict[str, set[tuple[tuple[str, ...], bool]]]
    ) -> Iterator[tuple[int, int]]:
        for others in rests.values():
            for rest, _ in others:
                for start in self._lower.list_starts(first + "".join(rest)):
                    yield from self._check_glued(start, start + len(first), {"": {(rest, True)}})

    def _check_glued(
        self, start: int, end: int, rests: dict[str, set[tuple[tuple[str, ...], bool]]]
    ) -> Iterator[tuple[int, int]]:
        for rest, _ in itertools.chain.from_iterable(rests.values()):
            if self._lower.text.startswith("".join(rest), end):
                ends = [end, *(end + size for size in itertools.accumulate(map(len, rest)))]
                if self._is_glued(start, ends):
                    yield start, ends[-1]

    def _is_glued(self, start: int, ends: list[int]) -> bool:
        """``BobJones``, or ``bobjones`` where it is long enough."""
        text, lower = self._text, self._lower.text
        if text[start - 1 : start].isalpha() if start else False:
            return False
        if not _ends_name(lower, ends[-1], joined=True):
            return False
        sizes = [end - at for at, end in zip([start, *ends], ends)]
        has_humps = all(text[at].isupper() and not text[at - 1].isupper() for at in ends[:-1])
        return has_humps or (sum(sizes) >= _SHORTEST_GLUED and min(sizes) >= _SHORTEST_GLUED_PART)


def _match_words(text: str, at: int, words: tuple[str, ...], joint: re.Pattern[str]) -> int:
    """Where a row of words ends that begins at a place; 0 where it is not there."""
    for place, word in enumerate(words):
        if place:
            found = joint.match(text, at)
            if not found:
                return 0
            at = found.end()
        if not text.startswith(word, at):
            return 0
        at += len(word)
    return at


def _ends_name(text: str, end: int, *, joined: bool) -> bool:
    """Whether no letter or digit follows; with a number behind it, what was joined is an id, not a name."""
    after = text[end : end + 1]
    return not (after.isalnum() or after == "_" or (joined and _NUMBERED.match(text, end)))


def _begin(text: str, at: int) -> str:
    found = _LETTERS.match(text, at)
    return found[0] if found and not WITHOUT_SPACES.match(found[0]) else ""


class _Places:
    """The texts of a ticket as one, where names are looked up: by their first words, where there are many names."""

    def __init__(self, text: str, many: bool) -> None:  # noqa: FBT001
        self.text = text
        self._starts: dict[str, list[int]] = {}
        self.is_indexed = many
        for found in _LETTERS_OR_DIGITS.finditer(text) if many else ():
            self._starts.setdefault(found[0], []).append(found.start())

    def find(self, name: str) -> Iterator[tuple[int, int]]:
        """Where a name stands apart."""
        for start in self.list_starts(name):
            if _is_apart(self.text, start, start + len(name)):
                yield start, start + len(name)

    def may_hold(self, word: str) -> bool:
        """Whether a word stands in the text: the quick answer, true where there is none."""
        return not self.is_indexed or not word.isalnum() or word in self._starts

    def list_starts(self, name: str) -> Iterable[int]:
        """Where a name may stand."""
        first = _LETTERS_OR_DIGITS.match(name) if self.is_indexed else None
        if first is None or WITHOUT_SPACES.match(name) or _HANGUL_NAME.fullmatch(name):
            return self._search(name)
        return [start for start in self._starts.get(first[0], ()) if self.text.startswith(name, start)]

    def _search(self, name: str) -> Iterator[int]:
        at = self.text.find(name)
        while at >= 0:
            yield at
            at = self.text.find(name, at + len(name))


def _split(name: str) -> tuple[str, ...]:
    """The words of a name, without the titles before it."""
    words = [word.strip(".,") for word in _BETWEEN_WORDS.split(name)]
    while len(words) > 1 and words[0].lower() in TITLE_WORDS:
        words.pop(0)
    return tuple(word for word in words if word)


def _fold(word: str) -> str:
    """As a user id is made of it: "garcia"."""
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
    return plain if len(plain) >= len(word) else word


def _is_apart(texts: str, start: int, end: int) -> bool:
    """Whether what stands between is a word of its own: not a part of one, of an id or of an address."""
    if WITHOUT_SPACES.match(texts[start]):
        return True
    before, after = texts[start - 1 : start], texts[end : end + 1]
    if _HANGUL_NAME.fullmatch(texts, start, end) and not before.isalnum():
        return bool(_BEHIND_HANGUL.match(texts, end))
    if before.isalnum() or after.isalnum() or before in _JOINS or after in ("_", "@"):
        return False
    return not (after == "." and texts[end + 1 : end + 2].isalnum())


def _is_in_path(text: str, start: int) -> bool:
    """Whether a word stands in a URL or a path."""
    before = text[max(0, start - _LONGEST_PATH) : start]
    run = before.split()[-1:] if before and not before[-1].isspace() else []
    return bool(run and _PATH.search(run[0]))


def _is_whole_word(word: str) -> bool:
    """Whether one word is a full name: in a script without spaces between words, or in Korean."""
    return len(word) > 1 and bool(WITHOUT_SPACES.match(word) or _HANGUL_NAME.fullmatch(word))


def _is_part(word: str) -> bool:
    plain = word.lower()
    return (
        len(word) > 1
        and word[0] != plain[0]
        and word != word.upper()
        and not (plain in CALENDAR or plain in PARTICLES or plain in NOBODY or plain in NO_NAMES)
        and plain not in TITLE_WORDS
    )
