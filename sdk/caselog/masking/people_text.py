"""Names of people in prose: behind a greeting, a title or "my name is", under a letter, before an address.

What stands in none of these places is not found: that would take a model of the language. Once a name is known in a
ticket, from here or from a field, it is found wherever it stands in that ticket.
"""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from .kinds import NAME
from .languages import terms
from .no_names import COPULAS, NO_NAMES
from .people import NOBODY, PARTICLES, TITLE_WORDS
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
_TITLE = re.compile(rf"(?<!\w)(?:(?:{_TITLES}){_GAPS}){{1,4}}(?P<name>{_NAME})")
#: As well, between a greeting and a name only: "Pan" is a god and a frying pan elsewhere.
_POLITE = "Panie|Pani|Pane|Paní|Pan|[Κκ]ύριε|[Κκ]υρία|[Гг]осподин|[Гг]оспожа|[Пп]ане|[Пп]ані|(?:de )?[Hh]eer|[Mm]eneer|anh|chị|em|ông|bà|cô|chú|bác|bạn|[Bb]apak|[Ii]bu|Herra|Rouva|Fru|Ing\\."
_TITLED = re.compile(
    rf"(?:(?:{_TITLES}|{_POLITE}){_GAPS}){{0,4}}(?P<name>{_NAME})(?=\s*(?:[,!.:;)\n—–،，。！：؛-]|$))"
)
_ENDS_GREETING = re.compile(r"\s*(?:[,!.:;)\n—–،，。！：؛-]|and\b|\Z)")
_AFTER_GREETING = re.compile(rf"[,!]?{_GAPS}(?:(?:I['’]m|I am|[Tt]his is|[Mm]y name is){_GAPS})?")
_BEFORE_GREETING = re.compile(r"(?:^|[\n>\"“])[ \t*_>]{0,4}\Z")
_LINKS = "|".join(re.escape(word) for word in terms("link"))
_AFTER_I_AM = re.compile(
    rf"(?:{_GAPS}(?:{_LINKS})(?!\w))?:?{_GAPS}[\"'“*]{{0,2}}(?P<name>{_CASED}(?:{_GAPS}{_CASED}){{0,3}})",
    re.IGNORECASE,
)
_AFTER_I_AM_JOINED = re.compile(
    r"(?:은|는)?[ ]?(?![了你他她什不过到个上出车您这那救醒停住喊]|外卖|外賣|快递|滴滴|保安|服务)(?P<name>[\u3400-\u9fff\u30a0-\u30ff]{2,8}?|[\u0e00-\u0e7f]{2,40}|[가-힣]{2,5}?|[A-Z][a-z]+(?: [A-Z][a-z]+){0,3})"
    r"(?=です|と申|と言|といい|입니다|이에요|예요|이라고|[，。,.!！?？\s、]|$)"
)
_BEFORE_CLOSING = re.compile(r"(?:^|[\n.!])[ \t>]{0,4}\Z")
_AFTER_CLOSING = re.compile(
    rf"[,.!،，。！]?[ \t]{{0,4}}\r?\n\s{{0,8}}[-–— ]{{0,3}}(?P<name>{_NAME})[ \t]{{0,4}}(?=[\n\r,|(]|$)"
)
_CLOSINGS = frozenset(terms("closing"))
_BESIDE_CLOSING = re.compile(rf",[ ](?P<name>{_NAME})[ \t.]*\Z")
_LOWER_NAME = re.compile(r"[^\W\d_]{2,20}(?:[ ][^\W\d_]{2,20})?(?=\s*(?:[.,!;)\n]|\Z)|[ ]and[ ])")
_BEFORE_ADDRESS = re.compile(rf"(?<!\w)\"?(?P<name>{_CASED}(?:,?{_GAPS}{_CASED}){{1,3}})\"?{_GAPS}?\Z")
_ADDRESS = re.compile(r"<(?:mailto:)?[^<>\s@]{1,64}@[^<>\s@]{1,255}>")
#: "12 Oak Dr. Denver".
_STREET, _LONGEST_STREET = re.compile(r"\d[ ][\w. ]{1,25}\Z"), 30
#: Drinks, shoes, heroes of films.
_BRAND = re.compile(
    r"(?:Dr\.?[ ](?:Pepper|Martens?|Oetker|Who|Strange|Seuss|House)|Mrs?\.?[ ](?:Robot|Bean|Clean|Potato|Muscle|Beast|Fantastic|Doubtfire|Pac)|Ms\.?[ ](?:Marvel|Pac))(?!\w)"
)
#: "Ada Lovelace (ada@example.com)": an address that is made of the name.
_BRACKETED_ADDRESS = re.compile(r"\((?:mailto:)?(?P<local>[^()<>\s@]{2,64})@[^()<>\s@]{1,255}\)")
#: Head of a mail, in lines of its own; who else writes "From: Boston, To: Denver" writes of no subject.
_MAIL = re.compile(
    r"(?:^|\n)[ \t>*]{0,4}(?:Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Тема|Temat|Sent|Gesendet)\*{0,2}[ ]?:"
)
_MAIL_HEAD = re.compile(
    rf"(?:^|\n)[ \t>*]{{0,4}}(?:From|To|Cc|CC|Bcc|Von|An|De|À|Para|Da|A|Van|Aan|От|Кому|Od|Do|Reply-To)\*{{0,2}}[ ]?:\*{{0,2}}[ \t]{{0,4}}(?P<name>{_CASED}(?:{_GAPS}(?:(?:{_PARTICLE}){_GAPS}){{0,2}}{_CASED}){{1,3}})(?=[ \t]*(?:[\r\n,;<(\[]|$))"
)
#: As airlines write it.
_TICKETED = re.compile(r"(?<![\w/])[A-Z]{2,30}/[A-Z]{2,30}(?: [A-Z]{2,30})?[ ]?(?:MR|MRS|MS)(?![\w/])")
_WORD = re.compile(r"\S+")
_LONGEST_BEFORE = 80
#: "Smith's"; "is" in languages that put it behind a name, as a part of its word.
_ENDS_NAME = re.compile(
    "['’]s$|(?<=[가-힣]{2})(?:입니다|이에요|예요|이고|이라고 ?|라고|이며|인데요?|이야)$|(?<=.)(?:です|と申します|と言います|といいます)$"
)
#: Of these, which are parts of names where they have a capital: Nguyễn Văn An.
_ALSO_NAMES = frozenset(("an", "my", "so", "to", "in", "on", "as", "is"))


def may_hold_name(view: View) -> bool:
    """Whether a word stands there that people write before or behind a name."""
    return not _TOPICS.isdisjoint(view.told.terms) or "<" in view.text or "@" in view.text


_TOPICS = frozenset(("i_am", "greeting", "closing", "title", "mail"))


def find_names(view: View) -> Iterator[tuple[int, int, str]]:
    """Names in the places where people write them.

    >>> text = "Dear Ms. Li, my name is Ada Lovelace and I lost my bag."
    >>> sorted({text[start:end] for start, end, _ in find_names(View(text))})
    ['Ada Lovelace', 'Li']
    """
    text, told = view.text, view.told.terms
    yield from _find_greeted(view)
    for start, end in occurrences(view.lower, told.get("closing", ())):
        if _BEFORE_CLOSING.search(text, max(0, start - 6), start):
            yield from _find_behind_closing(text, start, end)
    for start, end in occurrences(view.lower, told.get("i_am", ())):
        # "The name is taken": of anything's name.
        may_be_lower = not view.lower.startswith("the name", start)
        yield from _check_lower(text, _trim(_AFTER_I_AM.match(text, end), may_be_lower=may_be_lower))
        yield from _trim(_AFTER_I_AM_JOINED.match(text, end), may_be_lower=may_be_lower)
    if "title" in told:
        yield from _find_titled(text)
    yield from _find_before_addresses(text)
    if "mail" in told:
        yield from _find_in_mail(text)
    if "title" in told and "/" in text:
        yield from ((*found.span(), NAME) for found in _TICKETED.finditer(text))


def _find_greeted(view: View) -> Iterator[tuple[int, int, str]]:
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


def _find_titled(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _TITLE.finditer(text):
        street = _STREET.search(text, max(0, found.start() - _LONGEST_STREET), found.start())
        if not street and not _BRAND.match(text, found.start()):
            yield from _trim(found)


def _find_in_mail(text: str) -> Iterator[tuple[int, int, str]]:
    """The names in the head of a mail that has a subject or the like."""
    if _MAIL.search(text):
        for found in _MAIL_HEAD.finditer(text):
            yield from _trim(found)


def _find_behind_closing(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """The name under a letter; where people say thanks, or go on in the line, at the end of the text only."""
    found = _AFTER_CLOSING.match(text, end)
    if found and text[start:end].lower().startswith("thank") and text[found.end() :].strip():
        return
    if found and found["name"].lower() in _CLOSINGS:  # of two lines: the name stands below the second
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
            yield from _find_before(text, at)
        at = text.find("<", at + 1)
    if "(" in text and "@" in text:
        yield from _find_before_brackets(text)


def _find_before(text: str, at: int) -> Iterator[tuple[int, int, str]]:
    """The name that ends before a place; words in lower case may stand before it: "write to Ada Lovelace"."""
    found = _BEFORE_ADDRESS.search(text, max(0, at - _LONGEST_BEFORE), at)
    if not found:
        return
    first = next((word for word in _WORD.finditer(found["name"]) if not word[0][0].islower()), None)
    span = find_name_at(text, found.start("name") + first.start()) if first and first.start() else None
    yield from ((*span, NAME),) if span and " " in text[slice(*span)] else _trim(found)


def _find_before_brackets(text: str) -> Iterator[tuple[int, int, str]]:
    """``Ada Lovelace (ada@example.com)``."""
    for found in _BRACKETED_ADDRESS.finditer(text):
        for start, end, kind in _find_before(text, found.start()):
            if any(word in found["local"].lower() for word in text[start:end].lower().split()):
                yield start, end, kind


def find_name_at(text: str, at: int) -> tuple[int, int] | None:
    """Where a name ends that begins at a place; None where none begins there."""
    found = _AS_NAME.match(text, at)
    return next(_trim_name(text, *found.span(), may_be_lower=False), None) if found else None


def _trim(found: re.Match[str] | None, *, may_be_lower: bool = False) -> Iterator[tuple[int, int, str]]:
    if found:
        for start, end in _trim_name(found.string, *found.span("name"), may_be_lower=may_be_lower):
            yield start, end, NAME


def _list_words(name: str) -> list[re.Match[str]]:
    """The words of what may be a name, without titles before it, up to an "is" behind it."""
    words = list(itertools.takewhile(_is_of_name, re.finditer(r"[^\s]+", name)))
    while len(words) > 1 and words[0][0].strip(".").lower() in TITLE_WORDS:
        words.pop(0)
    return words


def _is_of_name(word: re.Match[str]) -> bool:
    return word[0] not in COPULAS


def _trim_name(text: str, start: int, stop: int, *, may_be_lower: bool) -> Iterator[tuple[int, int]]:
    """The words of what was found that are written like a name, up to the first that is not."""
    end = start
    words = _list_words(text[start:stop])
    first = start + words[0].start() if words else start
    for word in words:
        plain = word[0].strip(".,’'-").lower()
        if plain in NOBODY or plain in NO_NAMES:
            if end == start:
                return
            if end > start and word[0][:1].isupper() and plain in _ALSO_NAMES:
                end = start + word.end()
                continue
            if word[0][:1].isupper() and not may_be_lower:
                return  # "Best regards, Acme Support"
            break
        is_lower = word[0][:1].islower() and plain not in PARTICLES
        if is_lower and not (may_be_lower and end == start and word is words[0]):
            break
        if plain not in PARTICLES or word[0][:1].isupper():
            end = start + word.end()
    start = first
    name = _ENDS_NAME.sub("", text[start:end].rstrip(".,’'- "))
    if len(name) > 1:
        yield start, start + len(name)
