"""How a person is told in the text of a log: by the keyed hash of the e-mail address, or by the address itself. Pure.

The SDK writes a hash where an address stood, keyed by the client's own key. A sender without it may have written the
address. Whoever looks for it later must not keep it in clear: so a text's addresses are found by the SDK's own rules,
and each is compared by a salted digest; and so is each hash.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from caselog.masking import Masker
from caselog.masking.emails import find_emails
from caselog.masking.readings import MAX_DEPTH, read
from caselog.masking.view import View
from caselog.settings import Settings

#: How the SDK writes a keyed hash of an address, and that of a log's id which was one.
TOKEN: Final = re.compile(r"(?:email:|masked-)[0-9a-f]{16}(?![0-9a-f])")
#: Whatever may hold an address or what stands for one, for RE2: what does not is not looked at more closely.
MAY_TELL: Final = (
    r"(?i)@|%(?:25)?40|=40|&#64;|&#x40;|&commat;|\\u0040|\\x40|\\uff20|\x{FF20}"
    r"|(?:email|masked)[:-][0-9a-f]{16}"
)
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")


def is_address(text: str) -> bool:
    """Whether an e-mail address is found in ``text`` where it stands alone."""
    return bool(_ADDRESS.fullmatch(text)) and addresses_in(text) == {text.lower()}


def addresses_in(text: str) -> set[str]:
    r"""The e-mail addresses in a text, in lower case, however they are written.

    >>> sorted(addresses_in(r'{"a":"Bob@Example.com","b":"ann%40example.com","c":"eve\\u0040example.com"}'))
    ['ann@example.com', 'bob@example.com', 'eve@example.com']
    """
    found: set[str] = set()
    for writing in _writings(text):
        if "@" in writing:
            found |= {unquote(writing[start:end]).lower() for start, end, _ in find_emails(View(writing))}
    return found


def _writings(text: str) -> Iterator[str]:
    """The text, and its readings: without the escapes of JSON, the percent signs of URLs and the like."""
    yield text
    reading = read(text)
    for _ in range(MAX_DEPTH):
        if reading is None:
            return
        yield reading.text
        reading = read(reading.text)


def hash_address(address: str, key: str) -> frozenset[str]:
    """What the SDK with this hash key, or API key, writes where the address stood."""
    token = Masker.from_settings(Settings(url="", api_key=key)).hash_email(address)
    return frozenset({token, token.replace("email:", "masked-")})


def salted(salt: bytes, text: str) -> str:
    """A digest that tells whoever knows the text that it is meant, and nobody else what it is."""
    return hmac.new(salt, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Subject:
    """One person: the salted digests of the address, and of what the SDK writes for it."""

    salt: bytes
    digests: frozenset[str]

    def stands_in(self, text: str) -> bool:
        """Whether the person is told in the text."""
        told = set(TOKEN.findall(text))
        told |= addresses_in(text)
        return any(_digest_of(self.salt, each) in self.digests for each in told)

    def stands_in_any(self, texts: Iterable[str | None]) -> bool:
        """Whether the person is told in one of the texts."""
        return any(text is not None and self.stands_in(text) for text in texts)


#: The same customers come again and again.
_digest_of = lru_cache(maxsize=65_536)(salted)
