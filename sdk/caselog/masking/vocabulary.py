"""Which words of a text tell of something private: the first look at it, at the cost of splitting it into words.

Most words of most texts tell nothing, and the same words come again in every log: they are known after the first time.
"""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from .field_names import STEMS
from .languages import WITHOUT_SPACES, terms
from .neighbours import judge_name

#: What words tell of, beside names of fields: see `languages`.
_OF_LANGUAGES = (
    "password",
    "code",
    "phone",
    "person",
    "greeting",
    "closing",
    "i_am",
    "title",
    "customer",
    "am",
    "name",
    "honorific",
    "named",
)
#: Of these the words of other languages are names of fields too.
_FIELDS = ("password", "code", "phone", "person")
#: More topics, and what else is told like a password or a telephone.
_MORE = {
    "password": ("api key", "api-key", "secret key", "secret-key", "access key", "access-key", "private key", "license key",
                 "licence key", "access token", "access-token", "auth token", "auth-token", "bearer token", "api token",
                 "api-token"),
    "phone": ("my number", "my new number", "our number", "meine nummer", "mon numéro", "mi número", "mi numero", "meu número", "meu numero",
              "il mio numero", "mijn nummer", "mitt nummer", "mit nummer", "mój numer", "мой номер", "мій номер", "benim numaram", "numaram",
              "我的号码", "我的號碼", "私の番号", "제 번호", "내 번호", "رقمي", "मेरा नंबर", "số của tôi", "nomor saya", "phone no", "tel no", "call me", "call me at", "call me on", "reach me at", "reach me on", "text me at"),
    "card code": ("cvv", "cvv2", "cvc", "cvc2", "csc", "security code", "card code"),
    "scheme": ("bearer", "basic", "token", "apikey", "digest"),
    "private key": ("private key",),
    "mail": ("subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "temat", "sent", "gesendet"),
    "set form": ("identified", "net use", "wifi", "private-lines", "codice", "código", "your code", "my code"),
}  # fmt: skip
#: The second words of names of two words: "API key", "phone number".
_SECOND_WORDS = frozenset(
    ("key", "keys", "code", "codes", "number", "numbers", "no", "num", "nr", "name", "names", "secret", "token", "tokens",
     "value", "id", "verifier", "assertion", "header", "answer", "pin", "home", "work")
)  # fmt: skip

# What names of fields are made of stays, anything else ends a word; of other scripts see `_BY_CHARACTER`.
_ENDS = bytes(
    code if (chr(code).isalnum() and code < 128) or chr(code) in "_.$-" else 32 for code in range(256)
)
_LETTER = re.compile(r"[^\W\d_]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LONGEST_WORD = 200
_MOST_KNOWN = 20_000


class Told(NamedTuple):
    """What the words of a text tell of."""

    #: Words that may be names of fields that tell.
    named: tuple[str, ...]
    #: For each topic the words and phrases that stand in the text.
    terms: dict[str, tuple[str, ...]]


_NOTHING = Told((), {})


def _longest_word(term: str) -> str:
    return max(term.encode().translate(_ENDS).decode().split(), key=len)


def _index() -> dict[str, tuple[tuple[str, str], ...]]:
    """Terms of ASCII, with their topics, by their longest word."""
    index: dict[str, list[tuple[str, str]]] = {}
    for topic in (*_OF_LANGUAGES, *_MORE.keys() - {*_OF_LANGUAGES}):
        for term in (*(terms(topic) if topic in _OF_LANGUAGES else ()), *_MORE.get(topic, ())):
            if term.isascii():
                index.setdefault(_longest_word(term), []).append((topic, term))
    return {word: tuple(entries) for word, entries in index.items()}


def _index_others() -> dict[str, tuple[tuple[str, str], ...]]:
    """The other terms, by their last character that is none of ASCII."""
    index: dict[str, list[tuple[str, str]]] = {}
    for topic in dict.fromkeys((*_OF_LANGUAGES, *_MORE)):
        for term in (*(terms(topic) if topic in _OF_LANGUAGES else ()), *_MORE.get(topic, ())):
            if not term.isascii():
                index.setdefault(_NOT_ASCII.findall(term)[-1], []).append((topic, term))
    return {char: tuple(entries) for char, entries in index.items()}


def is_joined(term: str) -> bool:
    """Whether a term is written without a space before what follows it: Chinese, Japanese, Thai, Korean."""
    return bool(WITHOUT_SPACES.search(term)) or "\uac00" <= term[0] <= "\ud7a3"


_INDEX = _index()
_BY_CHARACTER = _index_others()
_STEMS = re.compile("|".join(map(re.escape, STEMS)))
_plain_words: set[str] = set()


def read_words(written: bytes, text: str, lower: str) -> Told:
    """What the words of a text tell of; ``written`` is it in ASCII, ``lower`` in lower case."""
    words = set(written.translate(_ENDS).decode("ascii").split()) - _plain_words
    is_ascii = text.isascii()
    if not words and is_ascii:
        return _NOTHING
    named: list[str] = []
    found: dict[str, set[str]] = {}
    for word in words:
        is_name, entries = _judge(word)
        if is_name:
            named.append(word)
        for topic, term in entries:
            if term in lower:
                found.setdefault(topic, set()).add(term)
        if not is_name and not entries:
            _know(word)
    if not is_ascii:
        for topic, term in _find_others(lower):
            found.setdefault(topic, set()).add(term)
    named += (term for topic in _FIELDS for term in found.get(topic, ()) if not term.isascii() or " " in term)
    return Told(tuple(named), {topic: tuple(terms) for topic, terms in found.items()})


def _find_others(lower: str) -> Iterator[tuple[str, str]]:
    for char in set(_NOT_ASCII.findall(lower)):
        for topic, term in _BY_CHARACTER.get(char, ()):
            if term in lower:
                yield topic, term


def _know(word: str) -> None:
    if len(_plain_words) > _MOST_KNOWN:
        _plain_words.clear()
    if len(word) <= _LONGEST_WORD:
        _plain_words.add(word)


@lru_cache(maxsize=4096)
def _judge(word: str) -> tuple[bool, tuple[tuple[str, str], ...]]:
    """Whether a word may be the name of a field that tells, and the terms that it may belong to."""
    if len(word) > _LONGEST_WORD or not _LETTER.search(word):
        return False, ()
    lower = word.lower().strip("-.$_")
    may_tell = not lower.isascii() or bool(_STEMS.search(lower))
    return lower in _SECOND_WORDS or (may_tell and bool(judge_name(word))), _INDEX.get(lower, ())


def occurrences(lower: str, found: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where these terms stand in a text in lower case as words of their own, in order; the longer where two do."""
    spans: dict[int, int] = {}
    for term in found:
        at = lower.find(term)
        joined = is_joined(term)
        while at >= 0:
            end = at + len(term)
            if joined or not (_in_word(lower[at - 1 : at]) or _goes_on(lower[end : end + 1])):
                spans[at] = max(end, spans.get(at, 0))
            at = lower.find(term, end)
    done = 0
    for start, end in sorted(spans.items()):
        if start >= done:
            yield start, end
            done = end


def _goes_on(char: str) -> bool:
    """Whether a character behind a word belongs to it: "PWは" is a word and another."""
    return _in_word(char) and not is_joined(char)


def _in_word(char: str) -> bool:
    return char.isalnum() or char in ("_", "/", "+", "\\")
