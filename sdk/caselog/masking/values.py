"""Credentials in a text: private keys, passwords in URLs, values of secret names, tokens, what people tell.

Most texts hold none. Every rule is therefore behind a test for a literal that it cannot do without, which costs
a hundredth of the rule itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from .pairs import Judge, replace_pairs
from .spoken import replace_in_commands, replace_spoken
from .tokens import replace_tokens
from .verdicts import CARD, SECRET

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_SCHEME = r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.-]{1,30}:(?:\\?/){2})"
# In a web address a password ends at the first "/"; other programs' addresses are not that strict.
_WEB_PASSWORD = re.compile(r"(?<=://)[^\s/@:\"'<>]{0,200}:[^\s/@\"'<>]{1,500}@")
_WEB_TOKEN = re.compile(r"(?<=://)(?=[^\s/@:\"'<>]*[0-9])[^\s/@:\"'<>]{7,300}@(?=[\w-]+[.:/\w])")
_URL_PASSWORD = re.compile(_SCHEME + r"([^\s/@:\"<>]{0,200}:[^\s\"<>]{1,300})@(?=[\w.\[-])")
_DSN_PASSWORD = re.compile(
    r"(?<![\w/])[\w.-]{1,60}:[^\s@\"'<>]{1,200}@(?=(?:tcp|udp|unix)\()|(?<=thin:)[^\s/\"']{1,60}/[^\s@\"']{1,200}@"
)
_BEARER = re.compile(r"\b(bearer|token|apikey|digest|basic)([ \t]+|%20)([\w.~+/=-]{8,})", re.IGNORECASE)
_MIN_MIXED = 16


def replace_private_keys(text: str, secret: str) -> str:
    """The text without private keys, which may be many lines long; of one that is cut off, what is there."""
    return _PEM.sub(secret, text) if "PRIVATE KEY" in text else text


def replace_secrets(text: str, judge: Judge, stems: Iterable[str], markers: dict[str, str]) -> str:
    """The text with every credential in it, and every other value of a private name, replaced by its marker."""
    secret = markers[SECRET]
    lower = text.lower()
    if "@" in text and (":" in text or "//" in text):
        text = _replace_url_passwords(text, secret)
    text = replace_pairs(text, judge, stems, markers)
    if _names_scheme(lower):
        text = _BEARER.sub(lambda found: _mask_bearer(found, secret), text)
    text = replace_tokens(text, secret)
    if " -" in text:
        text = replace_in_commands(text, secret)
    return replace_spoken(text, lower, secret, markers[CARD])


def _replace_url_passwords(text: str, secret: str) -> str:
    text = _URL_PASSWORD.sub(lambda found: _mask_url(found, secret), text)
    text = _WEB_PASSWORD.sub(f"{secret}@", text)
    text = _WEB_TOKEN.sub(f"{secret}@", text)
    return _DSN_PASSWORD.sub(f"{secret}@", text)


def _mask_url(found: re.Match[str], secret: str) -> str:
    is_web = found[1].lower().startswith(("http:", "https:", "ws:", "wss:"))
    is_list_of_hosts = "," in found[2] and ":" in found[2].partition(",")[0]
    return found[0] if is_web or is_list_of_hosts else f"{found[1]}{secret}@"


# Written out: any() over a tuple costs five times as much, for every string of every log.
def _names_scheme(lower: str) -> bool:
    return "bearer" in lower or "basic" in lower or "token" in lower or "apikey" in lower or "digest" in lower


def _mask_bearer(found: re.Match[str], marker: str) -> str:
    scheme, gap, value = found.groups()
    is_secret = _is_basic(value) if scheme.lower() == "basic" else _looks_random(value.rstrip("."))
    return f"{scheme}{gap}{marker}" if is_secret else found[0]


def _looks_random(value: str) -> bool:
    """Whether it is no word, count or setting: "Bearer authentication", "token max_tokens=512", "token 0.0015"."""
    name, joined, _ = value.partition("=")
    if (joined and name.isidentifier() and not value.endswith("=")) or value.replace(".", "").isdigit():
        return False
    if any(map(str.isdigit, value)):
        return True
    return (
        len(value) >= _MIN_MIXED and value != value.lower() and value != value.upper() and not value.istitle()
    )


def _is_basic(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return False
