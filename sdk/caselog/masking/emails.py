"""E-mail addresses in text, each replaced by a hash, so that the same customer can still be counted."""

from __future__ import annotations

import re
from typing import Callable
from urllib.parse import unquote

# RFC 5322's atoms with letters of any script; "@" also as URLs, HTML, JSON and mail itself write it.
_AT = re.compile(
    r"@|%(?:25)?40|&#64;|&#x40;|&commat;|\\u0040|\\x40|\uff20|=40(?=[\w.-]{1,60}\.\w)", re.IGNORECASE
)
_DOT = r"(?:\.|%2E)"
_UNSEEN = "\u00ad\u200b-\u200f\u2060\ufeff"
_DOMAIN = re.compile(
    rf"(?:[{_UNSEEN}]?[^\W_](?:[\w{_UNSEEN}-]{{0,62}}[^\W_])?{_DOT})+(?:xn--[A-Za-z0-9-]{{1,59}}|[^\W\d_]{{2,63}})",
    re.IGNORECASE,
)
_LOCAL = re.compile(rf"(?:\"[^\"@\r\n]{{1,64}}\"|[\w.!#$%&'*+/=?^`{{|}}~{_UNSEEN}-]{{1,64}})\Z")
#: In a URL or a list of settings these end what stands before an address.
_BEFORE_LOCAL = re.compile(r".*(?:[/=?&|]|%3D|%26|%3A|%2F)(?=[^/=?&|])", re.DOTALL | re.IGNORECASE)
#: Quotes, literals' prefixes and marks that stand before an address and may, but do not, begin one.
_MARKS = re.compile(r"(?:[bBuUrRfF]{0,2}'|[`{*|!$#~_^.+-])*")
_INVISIBLE = re.compile(rf"[{_UNSEEN}]")
_LONGEST_LOCAL = 66
#: Endings of files that look like the end of an address: ``icon@2x.png``.
_FILE = re.compile(r"\dx\.(?:png|jpe?g|gif|webp|svg)", re.IGNORECASE)


def may_hold_email(text: str) -> bool:
    """Quick test whether looking for addresses is worth it."""
    return "@" in text or "40" in text or "&#" in text or "&commat" in text or "\uff20" in text


def replace_emails(text: str, hash_email: Callable[[str], str]) -> str:
    """The text with each address replaced by what ``hash_email`` makes of it, as it is plainly written.

    >>> replace_emails("write to 'Bob.Jones@example.com'.", lambda address: f"<{address}>")
    "write to '<Bob.Jones@example.com>'."
    """
    done: list[str] = []
    at = 0
    for found in _AT.finditer(text):
        domain = _DOMAIN.match(text, found.end())
        start = _find_local(text, at, found.start()) if domain and found.start() >= at else None
        if domain and start is not None and not _FILE.fullmatch(domain[0]):
            done += [text[at:start], hash_email(_plain(f"{text[start : found.start()]}@{domain[0]}"))]
            at = domain.end()
    return "".join([*done, text[at:]]) if done else text


def _plain(address: str) -> str:
    """The address as a mail program shows it: one customer is one hash, however it was written."""
    return _INVISIBLE.sub("", unquote(address))


def _find_local(text: str, earliest: int, end: int) -> int | None:
    """Where the part before the "@" begins."""
    local = _LOCAL.search(text, max(earliest, end - _LONGEST_LOCAL), end)
    if not local:
        return None
    before = _BEFORE_LOCAL.match(local[0])
    start = local.start() + (before.end() if before else 0)
    if text[start - 1 : start] == "\\" and text[start] in "nrt" and end - start > 1:
        start += 1  # of a line break in a repr
    marks = _MARKS.match(text, start, end)
    plain = marks.end() if marks and marks.end() < end else start
    return None if text[plain:end] == "git" else plain
