r"""A text as other programs read it: percent-encoded, with HTML's entities, with ``\u0040``, in other digits.

What is private in a text is private however it is written. A text is therefore looked at a second time where it is
written in such a way, and what is found there replaces it, in the plainer writing.
"""

from __future__ import annotations

import html
import re
import unicodedata

_PERCENT = re.compile(r"((?:%[0-9A-Fa-f]{2})+)")
_ENTITY = re.compile(
    r"&(?:#\d{1,6}|#[xX][0-9A-Fa-f]{1,5}|commat|quot|amp|lt|gt|apos|nbsp|equals|colon|num|period|lowbar);"
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
# Characters that are not seen, and digits that are no ASCII.
_ODD = re.compile(
    "[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff0e\uff10-\uff19\uff20]"
)


def decode(text: str) -> str:
    """The text in its plainer writing; the text itself where it is plain already.

    >>> decode("to=bob%40example.com"), decode("bob&#64;example.com"), decode("bob@example.com")
    ('to=bob@example.com', 'bob@example.com', 'bob@example.com')
    """
    if "%" in text:
        text = _PERCENT.sub(_read_percent, text)
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    if "\\u" in text or "\\x" in text:
        text = _ESCAPE.sub(_read_escape, text)
    if not text.isascii():
        text = _ODD.sub(_read_odd, text)
    return text


def _read_percent(found: re.Match[str]) -> str:
    try:
        plain = bytes.fromhex(found[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return found[0]
    return plain if plain.isprintable() else found[0]


def _read_escape(found: re.Match[str]) -> str:
    char = chr(int(found[1] or found[2], 16))
    return char if char.isprintable() and char not in "\"'\\" else found[0]


def _read_odd(found: re.Match[str]) -> str:
    if found[0] in "\uff20\uff0e":
        return "@" if found[0] == "\uff20" else "."
    digit = unicodedata.decimal(found[0], None)
    return "" if digit is None else str(digit)
