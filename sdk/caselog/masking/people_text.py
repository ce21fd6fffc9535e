"""Names of people in prose: behind a greeting, a title or "my name is", under a letter, before an address.

What stands in none of these places is not found: that would take a model of the language. Once a name is known in a
ticket, from here or from a field, it is found wherever it stands in that ticket.
"""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .kinds import NAME
from .languages import CALENDAR, WITHOUT_SPACES, terms
from .people import NOBODY, PARTICLES
from .view import View
from .vocabulary import occurrences

_GAPS = "[ \u00a0]"
_PARTICLE = "|".join(sorted(PARTICLES))
# Not "\w": the vowels of Devanagari and its like are marks. An initial has a dot.
_CASED = r"[^\W\d_](?:\.|[^\s\d,.!?;:()<>\[\]{}\"“”|/\\@=*_।،。，、]{0,40})"
#: Words that begin with a capital, with what may stand between them in lower case.
_NAME = rf"{_CASED}(?:{_GAPS}(?:(?:{_PARTICLE}){_GAPS}){{0,2}}{_CASED}){{0,3}}"
_AS_NAME = re.compile(_NAME)


_TITLES = "|".join(
    re.escape(word) for word in ("Dr.", "Prof.", "Mx.", "Mr.", "Mr", "Mrs.", "Mrs", "Ms.", "Ms", "Herrn", "Herr", "Frau", "Monsieur", "Madame", "Mme",
                                 "Señora", "Señor", "Sra.", "Sr.", "Signora", "Signor", "Senhora", "Senhor", "Dhr.",
                                 "Mevrouw", "Mevr.")
)  # fmt: skip
#: In lower case, as the first look at a text knows them; written with their capital only.
_TITLE = re.compile(rf"(?<!\w)(?:{_TITLES}){_GAPS}(?P<name>{_NAME})")
_TITLED = re.compile(rf"(?:(?:{_TITLES}){_GAPS})?(?P<name>{_NAME})(?=\s*(?:[,!.:;)\n—–،，。！：؛-]|$))")
_ENDS_GREETING = re.compile(r"\s*(?:[,!.:;)\n—–،，。！：؛-]|and\b|\Z)")
_AFTER_GREETING = re.compile(rf"[,!]?{_GAPS}(?:(?:I['’]m|I am|[Tt]his is|[Mm]y name is){_GAPS})?")
_BEFORE_GREETING = re.compile(r"(?:^|[\n>\"“])[ \t*_>]{0,4}\Z")
_LINKS = "|".join(re.escape(word) for word in terms("link"))
_AFTER_I_AM = re.compile(
    rf"(?:{_GAPS}(?:{_LINKS})(?!\w))?:?{_GAPS}[\"'“*]{{0,2}}(?P<name>{_CASED}(?:{_GAPS}{_CASED}){{0,3}})",
    re.IGNORECASE,
)
_AFTER_I_AM_JOINED = re.compile(
    r"(?:은|는)?[ ]?(?![了你他她什不过到个上出车您这那])(?P<name>[\u3400-\u9fff\u30a0-\u30ff]{2,8}?|[\u0e00-\u0e7f]{2,40}|[가-힣]{2,5}?|[A-Z][a-z]+(?: [A-Z][a-z]+){0,3})"
    r"(?=です|と申|と言|といい|입니다|이에요|예요|이라고|[，。,.!！?？\s、]|$)"
)
_BEFORE_CLOSING = re.compile(r"(?:^|[\n.!])[ \t>]{0,4}\Z")
_AFTER_CLOSING = re.compile(
    rf"[,.!،，。！]?[ \t]{{0,4}}\r?\n\s{{0,8}}[-–— ]{{0,3}}(?P<name>{_NAME})[ \t]{{0,4}}(?=[\n\r,|(]|$)"
)
_BESIDE_CLOSING = re.compile(rf",[ ](?P<name>{_NAME})[ \t.]*\Z")
_LOWER_NAME = re.compile(r"[^\W\d_]{2,20}(?:[ ][^\W\d_]{2,20})?(?=\s*(?:[.,!;)\n]|\Z)|[ ]and[ ])")
_BEFORE_ADDRESS = re.compile(rf"(?<!\w)\"?(?P<name>{_CASED}(?:,?{_GAPS}{_CASED}){{1,3}})\"?{_GAPS}?\Z")
_ADDRESS = re.compile(r"<(?:mailto:)?[^<>\s@]{1,64}@[^<>\s@]{1,255}>")
#: "12 Oak Dr. Denver".
_STREET, _LONGEST_STREET = re.compile(r"\d[ ][\w. ]{1,25}\Z"), 30
_LONGEST_BEFORE = 80
#: Words of a name that say that it is nobody's.
_ORGANISATIONS = frozenset(
    ("team", "support", "service", "services", "department", "desk", "care", "help", "office", "sales", "billing", "center",
     "centre", "group", "company", "inc", "ltd", "llc", "gmbh", "airlines", "airline", "bank", "sir", "madam", "all", "everyone",
     "there", "world", "folks", "friend", "friends", "colleague", "colleagues", "valued", "member", "members", "hiring",
     "manager", "applicant", "candidate", "claude", "gpt", "chatgpt", "gemini", "siri", "alexa", "copilot", "passenger", "traveler",
     "again", "damen", "herren", "kunde", "kundin", "cliente", "client", "clients", "customers", "users", "again", "welcome", "thank",
     "thanks", "please", "yes", "no", "i", "we", "you", "the", "this", "it", "how", "what", "can", "could", "is", "are", "my", "your",
     "our", "in", "on", "not", "a", "an", "to", "for", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "september", "october",
     "november", "december", "sie", "ग्राहक", "العميل", "عميلنا", "مشتری", "گاہک", "quý", "müşterimiz", "müşteri", "клиент", "коллеги", "друзья",
     "клієнт", "usuario", "usuário", "pelanggan", "klient", "klant", "mteja", "গ্রাহক", "必須", "間違って", "間違", "入力", "不明", "正しい", "何", "匿名",
     "gentlemen", "ladies", "mail", "mailer", "daemon", "delivery", "subsystem", "internet", "list", "noreply", "no-reply", "notifications", "notification",
     "alerts", "news", "newsletter", "info", "postmaster", "security", "operator", "create", "america", "kitty", "diary", "python",
     "docker", "amazon", "google", "microsoft", "apple", "mundo", "monde", "welt", "mondo", "мир", "dünya", "wereld", "دنیا",
     "listed", "wrong", "misspelled", "spelled", "spelt", "incorrect", "correct",
     "and", "or", "but", "with", "from", "so", "just", "here", "that", "also", "name", "missing", "on", "at", "as", "of")
)  # fmt: skip


#: Of these, which are parts of names where they have a capital: Nguyễn Văn An.
_ALSO_NAMES = frozenset(("an", "my", "so", "to", "in", "on", "as", "is"))


def may_hold_name(view: View) -> bool:
    """Whether a word stands there that people write before or behind a name."""
    told = view.told.terms
    return "i_am" in told or "greeting" in told or "closing" in told or "title" in told or "<" in view.text


def find_names(view: View) -> Iterator[tuple[int, int, str]]:
    """Names in the places where people write them.

    >>> text = "Dear Ms. Li, my name is Ada Lovelace and I lost my bag."
    >>> sorted({text[start:end] for start, end, _ in find_names(View(text))})
    ['Ada Lovelace', 'Li']
    """
    text, told = view.text, view.told.terms
    for start, end in occurrences(view.lower, told.get("greeting", ())):
        gap = (
            _AFTER_GREETING.match(text, end)
            if _BEFORE_GREETING.search(text, max(0, start - 6), start)
            else None
        )
        for name in _trim(_TITLED.match(text, gap.end()) if gap else None):
            if _ENDS_GREETING.match(text, name[1]):
                yield name
    for start, end in occurrences(view.lower, told.get("closing", ())):
        if _BEFORE_CLOSING.search(text, max(0, start - 6), start):
            yield from _find_behind_closing(text, start, end)
    for start, end in occurrences(view.lower, told.get("i_am", ())):
        # "The name is taken": of anything's name.
        may_be_lower = not view.lower.startswith("the name", start)
        yield from _check_lower(text, _trim(_AFTER_I_AM.match(text, end), may_be_lower=may_be_lower))
        yield from _trim(_AFTER_I_AM_JOINED.match(text, end), may_be_lower=may_be_lower)
    if "title" in told:
        for found in _TITLE.finditer(text):
            if not _STREET.search(text, max(0, found.start() - _LONGEST_STREET), found.start()):
                yield from _trim(found)
    yield from _find_before_addresses(text)


def _find_behind_closing(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """The name under a letter; where people say thanks, or go on in the line, at the end of the text only."""
    found = _AFTER_CLOSING.match(text, end)
    if found and text[start:end].lower().startswith("thank") and text[found.end() :].strip():
        return
    yield from _trim(found or _BESIDE_CLOSING.match(text, end))


def _check_lower(text: str, names: Iterator[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """The names; one in lower case only where it ends what is said: "my name is not right" tells none."""
    for start, end, kind in names:
        if not text[start].islower():
            yield start, end, kind
            continue
        found = _LOWER_NAME.match(text, start)
        if found:
            yield (*found.span(), kind)


def _find_before_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """``Ada Lovelace <ada@example.com>``."""
    at = text.find("<") if "@" in text else -1
    while at >= 0:
        if _ADDRESS.match(text, at):
            yield from _trim(_BEFORE_ADDRESS.search(text, max(0, at - _LONGEST_BEFORE), at))
        at = text.find("<", at + 1)


def find_name_at(text: str, at: int) -> tuple[int, int] | None:
    """Where a name ends that begins at a place; None where none begins there."""
    found = _AS_NAME.match(text, at)
    return next(_trim_name(text, *found.span(), may_be_lower=False), None) if found else None


def _trim(found: re.Match[str] | None, *, may_be_lower: bool = False) -> Iterator[tuple[int, int, str]]:
    if found:
        for start, end in _trim_name(found.string, *found.span("name"), may_be_lower=may_be_lower):
            yield start, end, NAME


def _trim_name(text: str, start: int, stop: int, *, may_be_lower: bool) -> Iterator[tuple[int, int]]:
    """The words of what was found that are written like a name, up to the first that is not."""
    end = start
    for word in re.finditer(r"[^\s]+", text[start:stop]):
        plain = word[0].strip(".,’'-").lower()
        if plain in NOBODY or plain in _ORGANISATIONS:
            if end == start:
                return
            if end > start and word[0][:1].isupper() and plain in _ALSO_NAMES:
                end = start + word.end()
                continue
            if word[0][:1].isupper() and not may_be_lower:
                return  # "Best regards, Acme Support"
            break
        is_lower = word[0][:1].islower() and (plain not in PARTICLES or end == start)
        if is_lower and not (may_be_lower and end == start):
            break
        if plain not in PARTICLES or word[0][:1].isupper():
            end = start + word.end()
    name = text[start:end].rstrip(".,’'- ")
    if len(name) > 1:
        yield start, start + len(name)


# ---------------------------------------------------------------- once known


class KnownNames:
    """People whose names were found in a ticket; finds them wherever they stand in it.

    A full name counts in any case. A part of one counts with its capital, or in five capitals and more, unless the same word stands in
    lower case in the ticket too (then it is a word like any), is the name of a month or a day, or too short.
    """

    def __init__(self, people: Iterable[str], texts: str, lower: str) -> None:
        """``texts`` are those of the ticket as one, ``lower`` the same in lower case."""
        names = {name.strip() for name in people}
        self._full = sorted(
            {" ".join(name.split()) for name in names if _is_whole(name)}, key=len, reverse=True
        )
        words = {word.strip(".,") for name in names for word in re.split(r"[\s,]+", name)}
        many = len(names) > _MANY_NAMES
        self._texts, self._lower = _Places(texts, many), _Places(lower, many)
        #: The words of the texts, apart from what other letters than ASCII's are in.
        self._words = set(texts.encode("ascii", "replace").translate(_ENDS_OF_WORDS).split())
        self._parts = [word for word in sorted(words) if _is_part(word) and not self._is_word(word)]

    def _may_stand(self, word: str) -> bool:
        """Whether a word stands in the texts: the quick answer, true where there is none."""
        return not word.isascii() or not word.isalpha() or word.encode() in self._words

    def _is_word(self, word: str) -> bool:
        """Whether a part of a name stands in lower case in the ticket, beside where the full name does."""
        plain = word.lower()
        if not self._may_stand(plain):
            return False
        places = list(self._texts.find(plain))
        full = [name.lower() for name in self._full if plain in name.lower()] if places else []
        lower = self._lower.text
        return any(
            not any(name in lower[max(0, start - len(name)) : end + len(name)] for name in full)
            for start, end in places
        )

    def find(self) -> Iterator[tuple[int, int]]:
        """Where in the texts a name stands, longer ones first; a part of a full name's place comes again."""
        if len(self._lower.text) == len(self._texts.text):
            for name in self._full:
                yield from self._lower.find(name.lower())
        for word in self._parts:
            # "MIA" is an airport: what is written in a few capitals is a code.
            for form in {word, word.upper() if len(word) >= _LONGER_THAN_CODES else word}:
                if self._may_stand(form):
                    yield from self._texts.find(form)


_ENDS_OF_WORDS = bytes(code if chr(code).isalpha() and code < 128 else 32 for code in range(256))


class _Places:
    """The texts of a ticket as one, where names are looked up: by their first words, where there are many names."""

    def __init__(self, text: str, many: bool) -> None:  # noqa: FBT001
        self.text = text
        self._starts: dict[str, list[int]] = {}
        self._is_indexed = many
        for found in _LETTERS_OR_DIGITS.finditer(text) if many else ():
            self._starts.setdefault(found[0], []).append(found.start())

    def find(self, name: str) -> Iterator[tuple[int, int]]:
        """Where a name stands apart."""
        for start in self._list_starts(name):
            if _is_apart(self.text, start, start + len(name)):
                yield start, start + len(name)

    def _list_starts(self, name: str) -> Iterable[int]:
        first = _LETTERS_OR_DIGITS.match(name) if self._is_indexed else None
        if first is None or WITHOUT_SPACES.match(name):
            return self._search(name)
        return [start for start in self._starts.get(first[0], ()) if self.text.startswith(name, start)]

    def _search(self, name: str) -> Iterator[int]:
        at = self.text.find(name)
        while at >= 0:
            yield at
            at = self.text.find(name, at + len(name))


#: More names than that are looked up in an index, which takes as long to make as looking for so many.
_MANY_NAMES = 16
#: A name that stands apart begins where a row of these begins.
_LETTERS_OR_DIGITS = re.compile(r"[^\W_]+")


def _is_apart(texts: str, start: int, end: int) -> bool:
    """Whether what stands between is a word of its own: not a part of one, of an id or of an address."""
    if WITHOUT_SPACES.match(texts[start]):
        return True
    before, after = texts[start - 1 : start], texts[end : end + 1]
    if before.isalnum() or after.isalnum() or before in _JOINS or after in ("_", "@"):
        return False
    return not (after == "." and texts[end + 1 : end + 2].isalnum())


_LONGER_THAN_CODES = 5
_JOINS = ("_", "@", ".", "/", "\\", "$", "#")


def _is_whole(name: str) -> bool:
    """Whether a name is more than one word, or written in a script without spaces."""
    return " " in name.strip() or (bool(WITHOUT_SPACES.match(name)) and len(name) > 1)


def _is_part(word: str) -> bool:
    plain = word.lower()
    return (
        len(word) > 1
        and word[0] != plain[0]
        and word != word.upper()
        and not (plain in CALENDAR or plain in PARTICLES or plain in NOBODY or plain in _ORGANISATIONS)
    )
