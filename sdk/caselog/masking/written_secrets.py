"""Secrets that a set form of words gives away: SQL, programs of Windows, QR codes for WLAN, files of keys, sentences.

Each form has a literal that it cannot do without, so that most texts cost a few searches; those that begin with theirs are
looked for where it stands.
"""

# ruff: noqa: E501 - forms

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from .kinds import SECRET
from .view import View

#: A word with a letter and a digit in it, as no word of a sentence is.
_MIXED = r"(?=[^\s\d]{0,40}\d)(?=[^\sA-Za-z]{0,40}[A-Za-z])[^\s\"'`(),;]{5,60}(?<![.:!?])"
_QUOTED_OR_MIXED = rf"(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\n]{{3,200}})(?P=quote)|(?P<mixed>{_MIXED}))"
#: What is written like a secret in brackets, and is the name of an algorithm.
_ALGORITHM = (
    r"(?!(?:sha|md|base|utf|aes|rsa|des|argon|b?crypt|pbkdf|hmac|rfc|iso|v|win|ascii|level|step|min|max)-?\d)"
)

#: Of forms with four digits at least.
_CODE_WORDS = ("code", "pin", "otp", "código", "codice")
#: A code before its word.
_CODE_BEFORE = re.compile(
    r"(?i)(?<![\w#-])(?P<mixed>(?:G-)?\d{4,8})[ ](?:is|as|ist|est|es|è|é)[ ](?:your|my|the|ihr|dein|votre|ton|tu|su|il tuo|seu)[ ](?:[^\W\d_]{1,20}[ ]){0,3}(?:code|pin|otp|passcode|código|codice)\b"
)
#: A literal in lower case that the form begins with, and the form; what matched in the groups is the secret.
FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("identified", re.compile(rf"(?i)\bidentified[ ](?:with[ ]\S{{1,40}}[ ])?by[ ](?:password[ ])?{_QUOTED_OR_MIXED}")),
    ("basic", re.compile(r"(?i)basic_?auth\w{0,20}\(\s{0,9}[\"'][^\"'\n]{0,80}[\"']\s{0,9},\s{0,9}[\"'](?P<quoted>[^\"'\n]{1,200})[\"']")),
    ("net use", re.compile(r"(?i)\bnet use[ ][^\s]{1,100}[ ](?:\\\\[^\s]{1,100}[ ])?(?P<mixed>[^\s/*\\][^\s]{1,60})[ ]{1,3}/user:")),
    ("net use", re.compile(r"(?i)\bnet use[ ][^\n]{1,200}?/user:[^\s]{1,60}[ ]{1,3}(?P<mixed>[^\s/*\\][^\s]{1,60})")),
    ("wifi:", re.compile(r"\bWIFI:(?:[A-OQ-Z]:(?:\\.|[^;\\\n]){0,80};){0,4}P:(?P<quoted>(?:\\.|[^;\\\n]){1,80});")),
    ("private-lines", re.compile(r"Private-Lines: \d{1,3}\r?\n(?P<quoted>[A-Za-z0-9+/=]{1,100}(?:\r?\n[A-Za-z0-9+/=]{1,100}(?=\r?\n|\Z)){0,200})")),
    ("password", re.compile(rf"(?i)\bpassword[ ](?:(?:has been|was|is|got|have been|had been)[ ])?(?:now[ ])?(?:set|reset|changed|updated)[ ](?:to|as)[ ]{_QUOTED_OR_MIXED}")),
    ("password", re.compile(rf"(?i)\bpassword[ ](?:(?:has been|was|is|got)[ ])?(?:changed|updated|reset)[ ]from[ ](?P<first>{_MIXED})[ ]to[ ]{_QUOTED_OR_MIXED}")),
    ("password (", re.compile(rf"(?i)\bpassword[ ]\({_ALGORITHM}(?P<mixed>{_MIXED})\)")),
    ("password", re.compile(rf"(?i)\bpassword[ \t]{{0,4}}[:：][ \t]{{0,4}}\r?\n[ \t]{{0,8}}(?P<mixed>{_MIXED})[ \t]{{0,4}}(?=\r?\n|\Z)")),
    ("codice", re.compile(r"(?i)\bcodice(?:[ ]di (?:accesso|verifica|sicurezza))?(?:[ ](?:è|e'))?[ :]{1,3}(?P<mixed>\d{4,8})(?![\w.,]\w)")),
    ("contrase", re.compile(rf"(?i)\bcontrase[ñn]a[ ](?:nueva|actual|temporal|anterior)[ ](?:es|:)[ ]?{_QUOTED_OR_MIXED}")),
    ("password", re.compile(rf"(?i)\bpassword[ ](?:nuova|attuale|temporanea|nova|atual)[ ](?:è|é|:)[ ]?{_QUOTED_OR_MIXED}")),
    ("mot de passe", re.compile(rf"(?i)\bmot de passe[ ](?:actuel|provisoire|temporaire)[ ](?:est|:)[ ]?{_QUOTED_OR_MIXED}")),
)  # fmt: skip
#: Forms around one of these words, and how far they go before and behind its beginning.
FORMS_AROUND: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (_CODE_WORDS, _CODE_BEFORE),
    (("code", "código", "codice"), re.compile(r"(?i)\b(?:your|my|ihr|dein|votre|il mio|il tuo|mi|tu|su)[ ](?:code|código|codice)(?:[ ]di accesso|[ ]d'accès|[ ]de acceso)?(?:[ ](?:is|ist|est|es|è))?[ :]{1,3}(?P<mixed>\d{4,8})(?![\w.,]\w)")),
)  # fmt: skip
_BEFORE, _BEHIND = 120, 70
#: A user, or a login, and behind it a password.
_USER_AND_PASS = re.compile(
    rf"(?i)\b(?:user(?:name)?|login)[ :=]{{1,3}}[^\s,;]{{1,60}}[,;/ ]{{1,3}}(?:and[ ])?pass[ :=]{{1,3}}{_QUOTED_OR_MIXED}"
)
_GROUPS = ("first", "quoted", "mixed")
#: Of the vocabulary: one of them tells of each form.
_TOPICS = frozenset(("password", "code", "customer", "scheme", "set form"))


def may_hold_written_secret(view: View) -> bool:
    """Whether a word of the forms stands there."""
    told = view.told
    return bool(told.named or not _TOPICS.isdisjoint(told.terms))


def find_written_secrets(view: View) -> Iterator[tuple[int, int, str]]:
    """What the forms give away.

    >>> list(find_written_secrets(View("993221 is your verification code")))
    [(0, 6, 'secret')]
    """
    text, lower, has_digits = view.text, view.lower, b"0000" in view.look
    for literal, form in FORMS:
        if has_digits or literal not in _CODE_WORDS:
            yield from _secrets_of(_match_at(form, literal, text, lower))
    for words, form in FORMS_AROUND if has_digits else ():
        for at in itertools.chain.from_iterable(_places(lower, word) for word in words):
            yield from _secrets_of(form.finditer(text, max(0, at - _BEFORE), at + _BEHIND))
    if "user" in lower and "pass" in lower:
        yield from _secrets_of(_USER_AND_PASS.finditer(text))


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _match_at(form: re.Pattern[str], literal: str, text: str, lower: str) -> Iterator[re.Match[str]]:
    at = lower.find(literal)
    while at >= 0:
        found = form.match(text, at)
        if found:
            yield found
        at = lower.find(literal, found.end() if found else at + 1)


def _secrets_of(matches: Iterable[re.Match[str]]) -> Iterator[tuple[int, int, str]]:
    for found in matches:
        for group in _GROUPS:
            if group in found.re.groupindex and found[group]:
                yield (*found.span(group), SECRET)
