"""Credentials in a text that are known by what they stand in: private keys, URLs, headers, command lines."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from .kinds import SECRET
from .view import View

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)
_SCHEME = r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9+.-]{1,30}:(?:\\?/){2})"
_LONGEST_SCHEME, _LONGEST_USER = 31, 520
# In a web address a password ends at the first "/"; other programs' addresses are not that strict.
_WEB_PASSWORD = re.compile(r"[^\s/@:\"'<>]{0,200}:[^\s/@\"'<>]{1,500}@")
_WEB_TOKEN = re.compile(r"(?=[^\s/@:\"'<>]*[0-9])[^\s/@:\"'<>]{7,300}@(?=[\w-]+[.:/\w])")
_URL_PASSWORD = re.compile(_SCHEME + r"([^\s/@:\"<>]{0,200}:[^\s\"<>]{1,300})@(?=[\w.\[-])")
_DSN_PASSWORD = re.compile(
    r"(?<![\w/])[\w.-]{1,60}:[^\s@\"'<>]{1,200}@(?=(?:tcp|udp|unix)\()|(?<=thin:)[^\s/\"']{1,60}/[^\s@\"']{1,200}@"
)
_AFTER_SCHEME = re.compile(r"(?:[ \t]{1,40}|%20)([\w.~+/=-]{8,})")
#: "digest sha256sum", "token ring802" tell of algorithms.
_ALGORITHM = re.compile(r"(?i)(?:sha|md)-?\d+[\w-]{0,8}\Z")
_MIN_MIXED = 16
_USER = re.compile(r"((?:^|\s)(?:-u|--user|--proxy-user)[ =]?[\"']?[^\s:\"']{1,100}:)([^\s\"']+)")
_COMMANDS = (
    ("mysql", re.compile(r"(\bmysql\w*\b[^\n|;&]{0,300}?\s-p)([^\s\"']+)")),
    (
        "login",
        re.compile(
            r"(\b(?:docker|podman|helm|registry)\b[^\n|;&]{0,60}? login\b[^\n|;&]{0,300}?\s-p[ ]?)([^\s\"']+)"
        ),
    ),
    ("sshpass", re.compile(r"(\bsshpass\b[ ]+-p[ ]?)([^\s\"']+)")),
    ("redis-cli", re.compile(r"(\bredis-cli\b[^\n|;&]{0,300}?\s-a[ ]?)([^\s\"']+)")),
    ("curl", re.compile(r"(\bcurl\b[^\n|;]{0,500}?\s(?:-b|--cookie)[ ]?)(\"[^\"]*\"|'[^']*'|[^\s\"']+)")),
)


def may_hold_private_key(view: View) -> bool:
    """Whether the words stand there that begin one."""
    return "private key" in view.told.terms


def find_private_keys(view: View) -> Iterator[tuple[int, int, str]]:
    """Private keys, which may be many lines long; of one that is cut off, what is there."""
    for found in _PEM.finditer(view.text):
        yield (*found.span(), SECRET)


def may_hold_url_password(view: View) -> bool:
    """Whether there is an "@" and something that may stand before one."""
    return "@" in view.text and (":" in view.text or "//" in view.text)


def find_url_passwords(view: View) -> Iterator[tuple[int, int, str]]:
    """What stands before the "@" of a URL that holds a password or a token.

    >>> set(find_url_passwords(View("postgresql://bob:hunter2@db.example.com/tickets")))
    {(13, 24, 'secret')}
    """
    text = view.text
    for at in _find_slashes(text):
        found = _URL_PASSWORD.search(text, max(0, at - _LONGEST_SCHEME), at + _LONGEST_USER)
        if found and found.start() < at and _holds_password(found):
            yield (*found.span(2), SECRET)
        for form in (_WEB_PASSWORD, _WEB_TOKEN):
            web = form.match(text, at + len("://"))
            if web:
                yield web.start(), web.end() - 1, SECRET
    if "(" in text or "thin:" in text:
        for found in _DSN_PASSWORD.finditer(text):
            yield found.start(), found.end() - 1, SECRET


def _find_slashes(text: str) -> Iterator[int]:
    """Where the scheme of a URL ends, also where its slashes are escaped."""
    for sign in ("://", ":\\/"):
        at = text.find(sign)
        while at >= 0:
            yield at
            at = text.find(sign, at + 1)


def _holds_password(found: re.Match[str]) -> bool:
    is_web = found[1].lower().startswith(("http:", "https:", "ws:", "wss:"))
    is_list_of_hosts = "," in found[2] and ":" in found[2].partition(",")[0]
    return not is_web and not is_list_of_hosts


def may_hold_bearer(view: View) -> bool:
    """Whether the scheme of an `Authorization` is named."""
    return "scheme" in view.told.terms


def find_bearers(view: View) -> Iterator[tuple[int, int, str]]:
    """What follows "Bearer" and its like, unless it is a word.

    >>> list(find_bearers(View("Bearer authentication, Bearer abc123def456")))
    [(30, 42, 'secret')]
    """
    for scheme in view.told.terms["scheme"]:
        at = view.lower.find(scheme)
        while at >= 0:
            end = at + len(scheme)
            found = None if view.lower[at - 1 : at].isalnum() else _AFTER_SCHEME.match(view.text, end)
            if found and (_is_basic if scheme == "basic" else _looks_random)(found[1].rstrip(".")):
                yield (*found.span(1), SECRET)
            at = view.lower.find(scheme, end)


def _looks_random(value: str) -> bool:
    """Whether it is no word, count or setting: "Bearer authentication", "token max_tokens=512", "token 0.0015"."""
    name, joined, _ = value.partition("=")
    if _ALGORITHM.match(value):
        return False
    if (joined and name.isidentifier() and not value.endswith("=")) or value.replace(".", "").isdigit():
        return False
    if any(map(str.isdigit, value)):
        return True
    return (
        len(value) >= _MIN_MIXED and value != value.lower() and value != value.upper() and not value.istitle()
    )


def _is_basic(value: str) -> bool:
    if value == value.lower():  # "basic economy": base64 of a name and a password has capitals
        return False
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return False


def may_hold_command(view: View) -> bool:
    """Whether there is a short option."""
    return " -" in view.text


def find_in_commands(view: View) -> Iterator[tuple[int, int, str]]:
    """Passwords of command lines.

    >>> list(find_in_commands(View("curl -u bob:hunter2 https://x.example")))
    [(12, 19, 'secret')]
    """
    text = view.text
    if "-u" in text and ("curl" in text or "wget" in text or "http" in text):
        for found in _USER.finditer(text):
            yield (*found.span(2), SECRET)
    for name, form in _COMMANDS:
        if name in text:
            for found in form.finditer(text):
                yield (*found.span(2), SECRET)
