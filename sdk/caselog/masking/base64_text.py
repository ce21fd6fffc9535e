"""Text in base64 or in hexadecimal digits: each word of it as a reading that stands where the word does.

What is private in such a word takes the whole of it: the word is no longer base64 where a part of it is replaced.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import Callable

from .readings import Reading

#: Shorter words hold too little: an address or a password with its name has as much.
SHORTEST = 24
_ALPHABET = "[A-Za-z0-9+/_-]"
#: A word; or lines of it, as mails and GitHub break them.
_WORD = re.compile(
    rf"(?<!{_ALPHABET})(?:(?:[A-Za-z0-9+/]{{40,100}}\r?\n[ \t]{{0,8}}){{1,}}[A-Za-z0-9+/]{{1,100}}={{0,2}}(?![\w+/=-])"
    rf"|{_ALPHABET}{{{SHORTEST},}}={{0,2}}(?!=))"
)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){12,}")
_SPACE = re.compile(r"[ \t\r\n]")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NO_TEXT_IN_UTF8 = re.compile(_NO_TEXT.pattern.encode())
_START = 24
#: In a URL's path the word begins behind one of the last slashes that may be its own as well.
_MOST_SLASHES = 8


def read_words(text: str, offset: int = 0, above: Reading | None = None) -> Iterator[tuple[str, Reading]]:
    """What is readable text in a text that is written so, with the word as it is written.

    >>> [reading.text for _, reading in read_words("?state=dXNlcj1ib2ImcGFzc3dvcmQ9aHVudGVyMg==&x=1")]
    ['user=bob&password=hunter2']
    """
    for found in _WORD.finditer(text):
        for at, word in _parts(found[0]):
            plain = _decode(word)
            if plain:
                start = found.start() + at + offset
                sent = above.sent if above else text
                yield word, Reading(plain, [0], [(start, len(word))], sent, above)
                break


def _parts(run: str) -> Iterator[tuple[int, str]]:
    """The whole of a run, what stands behind its slashes, what stands between them."""
    yield 0, run
    if "/" not in run:
        return
    slashes = [place for place, char in enumerate(run[:400]) if char == "/"][:_MOST_SLASHES]
    for place in slashes:
        if len(run) - place > SHORTEST:
            yield place + 1, run[place + 1 :]
    for first, last in zip([-1, *slashes], slashes):
        if last - first > SHORTEST:
            yield first + 1, run[first + 1 : last]


def _decode(word: str) -> str:
    """The text that a word is written for; nothing where it is no base64, or not of a text."""
    try:
        if _HEX.fullmatch(word):
            return _as_text(bytes.fromhex(word[:_START]), lambda: bytes.fromhex(word))
        # A word with a mark of its own alphabet in the middle is read by both.
        plain = word.rstrip("=").replace("-", "+").replace("_", "/")
        start = base64.b64decode(plain[:_START])
        return _as_text(start, lambda: _decode_all(plain))
    except (binascii.Error, ValueError):
        return ""


def _decode_all(word: str) -> bytes:
    word = _SPACE.sub("", word)
    return base64.b64decode(word + "=" * (-len(word) % 4))


def _as_text(start: bytes, read_all: Callable[[], bytes]) -> str:
    """The text, where its first bytes are of one: in UTF-8, or in the UTF-16 of Windows."""
    encoding = "utf-16-le" if not any(start[1::2]) else "utf-8"
    if encoding == "utf-8" and _NO_TEXT_IN_UTF8.search(start):
        return ""  # most words are no base64: the quick answer
    # What is cut at the end of the first bytes is no mistake.
    if _NO_TEXT.search(codecs.getincrementaldecoder(encoding)().decode(start)):
        return ""
    plain = read_all().decode(encoding)
    return "" if _NO_TEXT.search(plain) else plain
