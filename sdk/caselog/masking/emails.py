"""E-mail addresses in text, each replaced by a hash, so that the same customer can still be counted."""

from __future__ import annotations

import re
from typing import Callable

# RFC 5322's atoms with letters of any script; "@" also as URLs, HTML and JSON write it.
_AT = re.compile(r"@|%40|&#64;|\\u0040|\uff20", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.)+(?:xn--[A-Za-z0-9-]{1,59}|[^\W\d_]{2,63})")
_LOCAL = re.compile(r"(?:\"[^\"\s@]{1,64}\"|[\w.!#$%&'*+/=?^`{|}~-]{1,256})\Z")
#: In a URL or a list of settings these end what stands before an address.
_BEFORE_LOCAL = re.compile(r".*[/=?&|](?=[^/=?&|])", re.DOTALL)
_LONGEST_LOCAL = 256


def may_hold_email(text: str) -> bool:
    """Quick test whether looking for addresses is worth it."""
    return "@" in text or "%40" in text or "&#64;" in text or "\\u0040" in text or "\uff20" in text


def replace_emails(text: str, hash_email: Callable[[str], str]) -> str:
    """The text with each address replaced by what ``hash_email`` makes of it.

    >>> replace_emails("write to Bob.Jones@example.com.", lambda address: f"<{address}>")
    'write to <Bob.Jones@example.com>.'
    """
    done: list[str] = []
    at = 0
    for found in _AT.finditer(text):
        domain = _DOMAIN.match(text, found.end())
        start = _find_local(text, at, found.start()) if domain and found.start() >= at else None
        if domain and start is not None:
            done += [text[at:start], hash_email(f"{text[start : found.start()]}@{domain[0]}")]
            at = domain.end()
    return "".join([*done, text[at:]]) if done else text


def _find_local(text: str, earliest: int, end: int) -> int | None:
    """Where the part before the "@" begins."""
    local = _LOCAL.search(text, max(earliest, end - _LONGEST_LOCAL), end)
    if not local:
        return None
    before = _BEFORE_LOCAL.match(local[0])
    return local.start() + (before.end() if before else 0)
