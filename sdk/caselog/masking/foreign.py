"""Names of fields in other languages than English: which of them say that their value is private, and of what kind."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .kinds import NAME, PHONE, SECRET
from .languages import WITHOUT_SPACES, terms
from .name_words import split_name

_FIELDS = (("password", SECRET), ("code", SECRET), ("phone", PHONE), ("person", NAME))
#: The kind of each word or phrase, as its words in ASCII: ``("mot", "de", "passe")``.
_ASCII_TERMS = {
    words: kind
    for field, kind in reversed(_FIELDS)
    for term in terms(field)
    for words in (split_name(term),)
    if words and sum(map(len, words)) >= len(term) // 2 and not WITHOUT_SPACES.search(term)
}
#: With other letters than ASCII's, as they are written.
_OTHER_TERMS = {
    term: kind for field, kind in reversed(_FIELDS) for term in terms(field) if not term.isascii()
}
_OTHER = re.compile("|".join(map(re.escape, sorted(_OTHER_TERMS, key=len, reverse=True))))
#: Words as general as "name".
_NAME_WORDS = frozenset(terms("name"))
_ASCII_NAME_WORDS = frozenset(split_name(term) for term in _NAME_WORDS) - {()}
_SEPARATORS = re.compile(r"[\s_.\-]+")
_MOST_WORDS = 4


def judge_foreign(words: tuple[str, ...], name: str) -> str | None:
    """What a name of a field says of its value; its last words tell.

    >>> judge_foreign((), "用户密码"), judge_foreign((), "密码长度"), judge_foreign(("mot", "de", "passe"), "")
    ('secret', None, 'secret')
    """
    for size in range(min(_MOST_WORDS, len(words)), 0, -1):
        if words[-size:] in _ASCII_TERMS:
            return _ASCII_TERMS[words[-size:]]
    return None if name.isascii() else _judge_other(name)


@lru_cache(maxsize=4096)
def _judge_other(name: str) -> str | None:
    plain = _normalise(name)
    found = None
    for found in _OTHER.finditer(plain):
        if found.end() == len(plain) and _is_word(plain, found):
            return _OTHER_TERMS[found[0]]
    return None


def is_name_word(words: tuple[str, ...], name: str) -> bool:
    """Whether a name of a field is as general as "name": ``nombre``, ``名前``."""
    return words in _ASCII_NAME_WORDS or (not name.isascii() and _normalise(name) in _NAME_WORDS)


def _is_word(text: str, found: re.Match[str]) -> bool:
    """Whether what was found is a word of its own, not a part of one; an article may stand before it."""
    if WITHOUT_SPACES.match(found[0]) or "\uac00" <= found[0][0] <= "\ud7a3":
        return True
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    return not (before.isalnum() or after.isalnum() or unicodedata.combining(after or " "))


def _normalise(name: str) -> str:
    return _SEPARATORS.sub(" ", unicodedata.normalize("NFKC", name).lower()).strip()
