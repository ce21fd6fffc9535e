"""Secrets that people tell: in a chat, in a mail, on a command line, with or without a word between name and value."""

from __future__ import annotations

import re

from .pairs import PLACEHOLDER

_LINK = r"(?:\b(?:code|codes|number|no|is|was|are|ist|war|lautet|es)\b|[:=#\-–—→>])"
_CARD_CODE = re.compile(
    rf"(?i)\b((?:cvv2?|cvc2?|csc|(?:card )?security code|card code)\b[ \t]*(?:{_LINK}[ \t]*){{0,3}})\d{{3,4}}\b"
)
_CODE = re.compile(
    r"(?i)\b((?:pin|otp|totp|passcode|tan"
    r"|(?:verification|one[ -]?time|login|access|2fa|mfa|sms|unlock|recovery)[ -](?:pass)?code)\b"
    rf"[ \t]*(?:{_LINK}[ \t]*){{0,3}})\d[\d -]{{2,8}}\d\b"
)
_PASSWORD = re.compile(
    r"(?i)\b((?:pass(?:word|code|phrase)|passwort|kennwort|contrase[nñ]a|senha|wachtwoord"
    r"|mot de passe|has[lł]o|пароль|密码|密碼|パスワード|pwd|pw"
    r"|(?:api|secret|access|private|licen[cs]e)[ -]key|(?:access|auth|bearer|api)[ -]token)"
    r"(?:[ \t]*\([^()\n]{1,30}\))?[ \t]*)"
    r"(?P<link>(?:(?:\b(?:is|was|are|ist|war|lautet|es|est|è|é|to|now)\b|[:：=\-–—→>])[ \t]*){0,3})"
    r"(?P<quote>[\"'`“„«]?)(?P<value>[^\s\"'`”“»]+)"
)
# "password" at the end of a sentence, and what only looks like a value.
_PUNCTUATION = ".,;:!?)]}"

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


def replace_spoken(text: str, lower: str, secret: str, card: str) -> str:
    """The text without the codes and passwords that people tell; ``lower`` is the text in lower case."""
    if _names_card_code(lower):
        text = _CARD_CODE.sub(rf"\g<1>{card}", text)
    if _names_code(lower):
        text = _CODE.sub(rf"\g<1>{secret}", text)
    if _names_password(lower):
        text = _PASSWORD.sub(lambda found: _mask_password(found, secret), text)
    return text


def replace_in_commands(text: str, secret: str) -> str:
    """The text without the passwords of command lines."""
    if "-u" in text and ("curl" in text or "wget" in text or "http" in text):
        text = _USER.sub(rf"\g<1>{secret}", text)
    for name, form in _COMMANDS:
        if name in text:
            text = form.sub(rf"\g<1>{secret}", text)
    return text


# Written out: any() over a tuple costs five times as much, for every string of every log.
def _names_card_code(lower: str) -> bool:
    return (
        "cvv" in lower or "cvc" in lower or "csc" in lower or "security code" in lower or "card code" in lower
    )


def _names_code(lower: str) -> bool:
    return (
        "pin " in lower or "pin:" in lower or "pin=" in lower or "pin-" in lower or "otp" in lower or " tan" in lower
        or "passcode" in lower or "n code" in lower or "e code" in lower or "s code" in lower or "a code" in lower
        or "k code" in lower or "y code" in lower or "-code" in lower
    )  # fmt: skip


def _names_password(lower: str) -> bool:
    return (
        "passw" in lower or "passc" in lower or "passp" in lower or "pwd" in lower or "pw " in lower or "pw:" in lower
        or " key" in lower or "-key" in lower or " token" in lower or "-token" in lower
        or "kennwort" in lower or "contrase" in lower or "senha" in lower or "wachtwoord" in lower or "mot de" in lower
        or "has" in lower or not lower.isascii()
    )  # fmt: skip


def _mask_password(found: re.Match[str], marker: str) -> str:
    """Only what cannot be a word of the sentence: "my password is Hunter2", not "my password is wrong"."""
    value = found["value"].rstrip(_PUNCTUATION)
    if not _looks_told(value, bool(found["link"].strip(" -–—")), bool(found["quote"])):
        return found[0]
    rest = found["value"][len(value) :]
    return f"{found[1]}{found['link']}{found['quote']}{marker}{rest}"


def _looks_told(value: str, is_linked: bool, is_quoted: bool) -> bool:  # noqa: FBT001
    if not value or value.startswith(("[", "/", "~/")) or "://" in value or PLACEHOLDER.fullmatch(value):
        return False
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if is_linked:
        return not value.isalpha() and any(map(str.isalnum, value))
    if is_quoted:
        return (
            len(value) >= 4
            and value[0].isalnum()
            and (has_digit or not value.isalpha() or value != value.lower())
        )
    return has_digit and has_letter and len(value) >= 5 and value[0].isalnum()
