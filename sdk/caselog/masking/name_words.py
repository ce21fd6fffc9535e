"""The words of a field's name, so that one entry of a list covers ``api_key``, ``apiKey`` and ``API-Key``."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# "OTPs" is a plural, not "OT" and "Ps".
_WORD = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: What masking has left in a name names nothing: ``password:[secret]``. A form's ``client[secret]`` does.
_MASKED = re.compile(r"[^\w\]]\[(?:secret|card|iban|name)\]")
_HASH = re.compile(r"(?:email|phone):[0-9a-f]{16}")
#: The end of a longer name is read: there stands what it names.
_LONGEST_NAME = 200


@lru_cache(maxsize=4096)
def split_name(name: str) -> tuple[str, ...]:
    """The words in lower case and ASCII, without numbers at the end; none where the name is a sentence.

    >>> split_name("X-API-Key"), split_name("userPassword2"), split_name("contraseña"), split_name("Any pets?")
    (('x', 'api', 'key'), ('user', 'password'), ('contrasena',), ())
    """
    if _is_sentence(name):
        return ()
    plain = _HASH.sub("", name) if ":" in name else name
    words = [word.lower() for word in _WORD.findall(_fold(plain)[-_LONGEST_NAME:])]
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    return tuple(words)


@lru_cache(maxsize=4096)
def join_name(name: str) -> str:
    """The words as one.

    >>> join_name("finalResponse"), join_name("final-response")
    ('finalresponse', 'finalresponse')
    """
    return "".join(split_name(name))


def is_plural(name: str) -> bool:
    """Whether the last word is a plural: a number under it is a count.

    >>> is_plural("secrets"), is_plural("pass")
    (True, False)
    """
    return any(word.endswith("s") and not word.endswith("ss") for word in split_name(name)[-1:])


def _is_sentence(name: str) -> bool:
    # Configuration has names of 60 characters and more; a sentence has spaces.
    words = len(name.split())
    return "?" in name or words > 4 or (words > 1 and len(name) > 60) or bool(_MASKED.search(name))


# Letters that are none of ASCII's with a mark.
_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ø": "o", "Ø": "O", "æ": "ae"}
)


def _fold(name: str) -> str:
    if name.isascii():
        return name
    return unicodedata.normalize("NFKD", name.translate(_LETTERS)).encode("ascii", "ignore").decode()
