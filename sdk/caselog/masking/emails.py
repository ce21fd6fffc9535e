"""E-mail addresses in text. Other writings of an address than its plain one are read before: see `readings`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import EMAIL
from .top_levels import TOP_LEVELS
from .view import View

# RFC 5322's atoms with letters of any script; a domain has at most 127 labels (RFC 1035).
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,126}(?:[xX][nN]--[A-Za-z0-9-]{1,59}|[^\W\d_]{2,63})"
)
_LOCAL = re.compile(r"(?:\"[^\"@\r\n]{1,64}\"|[\w.!#$%&'*+/=?^`{|}~-]{1,64})\Z")
#: In a URL or a list of settings these end what stands before an address.
_BEFORE_LOCAL = re.compile(r".*(?:[/=?&|]|%3D|%26|%3A|%2F|%20)(?=[^/=?&|])", re.DOTALL | re.IGNORECASE)
#: Quotes, literals' prefixes and marks that stand before an address and may, but do not, begin one.
_MARKS = re.compile(r"(?:[bBuUrRfF]{0,2}'|[`{*|!$#~_^.+-])*")
_LONGEST_LOCAL = 66
#: Endings of files that look like the end of an address: ``icon@2x.png``.
_FILE = re.compile(r"\dx\.(?:png|jpe?g|gif|webp|svg)", re.IGNORECASE)
#: ``curl -F "file=@notes.pl"``: a file, not an address.
_FILE_OF_FORM = re.compile(r"(?:[\"']|-F ?|-d ?|--form |--data[\w-]{0,12} )[A-Za-z_][\w.-]{0,40}=\Z")
#: Whose local part is a program's: ``git@github.com:org/repo``.
_PROGRAMS = frozenset(("git", "hg", "svn"))


def may_hold_email(view: View) -> bool:
    """Whether there is an "@"."""
    return "@" in view.text


def find_emails(view: View) -> Iterator[tuple[int, int, str]]:
    """Each address.

    >>> list(find_emails(View("write to 'Bob.Jones@example.com', use @app.get")))
    [(10, 31, 'email')]
    """
    text = view.text
    done = 0
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        start = _find_local(text, done, at) if domain else None
        if domain and start is not None and not _is_code(text, domain):
            done = domain.end()
            yield start, done, EMAIL
        at = text.find("@", at + 1)


def _is_code(text: str, domain: re.Match[str]) -> bool:
    """``icon@2x.png``, ``@decorator.of(...)``, ``the@agent.tool``: no address is called, or ends in no top level."""
    last = domain[0].rpartition(".")[2].lower()
    return (
        (last not in TOP_LEVELS and not last.startswith("xn--"))
        or text[domain.end() : domain.end() + 1] == "("
        or (
            text[domain.end() : domain.end() + 1] == "`"
            and text[domain.start() - 2 : domain.start() - 1] == "`"
        )
        or bool(_FILE.fullmatch(domain[0]))
    )


def _find_local(text: str, earliest: int, end: int) -> int | None:
    """Where the part before the "@" begins; None where that is no part of an address."""
    local = _LOCAL.search(text, max(earliest, end - _LONGEST_LOCAL), end)
    if not local or _FILE_OF_FORM.search(text, max(0, end - _LONGEST_LOCAL), end):
        return None
    before = _BEFORE_LOCAL.match(local[0])
    start = local.start() + (before.end() if before else 0)
    if text[start - 1 : start] == "\\" and text[start] in "nrt" and end - start > 1:
        start += 1  # of a line break in a repr
    marks = _MARKS.match(text, start, end)
    plain = marks.end() if marks and marks.end() < end else start
    return None if text[plain:end] in _PROGRAMS else plain
