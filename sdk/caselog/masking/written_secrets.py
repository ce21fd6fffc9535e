"""Secrets that a set form of words gives away: SQL, programs of Windows, QR codes for WLAN, files of keys, sentences.

Each form stands behind a literal that it cannot do without, so that most texts cost a few searches.
"""

# ruff: noqa: E501 - forms

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import SECRET
from .view import View

#: A word with a letter and a digit in it, as no word of a sentence is.
_MIXED = r"(?=[^\s\d]{0,40}\d)(?=[^\sA-Za-z]{0,40}[A-Za-z])[^\s\"'`(),;]{5,60}(?<![.:!?])"
_QUOTED_OR_MIXED = rf"(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\n]{{3,200}})(?P=quote)|(?P<mixed>{_MIXED}))"
#: What is written like a secret in brackets, and is the name of an algorithm.
_ALGORITHM = (
    r"(?!(?:sha|md|base|utf|aes|rsa|des|argon|b?crypt|pbkdf|hmac|rfc|iso|v|win|ascii|level|step|min|max)-?\d)"
)

#: A code before its word.
_CODE_BEFORE = re.compile(
    r"(?i)(?<![\w#-])(?P<mixed>(?:G-)?\d{4,8})[ ](?:is|as|ist|est|es|è|é)[ ](?:your|my|the|ihr|dein|votre|ton|tu|su|il tuo|seu)[ ](?:[^\W\d_]{1,20}[ ]){0,3}(?:code|pin|otp|passcode|código|codice)\b"
)
#: A literal in lower case, and the form; what matched in the groups is the secret.
FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("identified", re.compile(rf"(?i)\bidentified[ ](?:with[ ]\S{{1,40}}[ ])?by[ ](?:password[ ])?{_QUOTED_OR_MIXED}")),
    ("basic", re.compile(r"(?i)basic_?auth\w{0,20}\(\s{0,9}[\"'][^\"'\n]{0,80}[\"']\s{0,9},\s{0,9}[\"'](?P<quoted>[^\"'\n]{1,200})[\"']")),
    ("net use", re.compile(r"(?i)\bnet use[ ][^\s]{1,100}[ ](?:\\\\[^\s]{1,100}[ ])?(?P<mixed>[^\s/*\\][^\s]{1,60})[ ]{1,3}/user:")),
    ("net use", re.compile(r"(?i)\bnet use[ ][^\n]{1,200}?/user:[^\s]{1,60}[ ]{1,3}(?P<mixed>[^\s/*\\][^\s]{1,60})")),
    ("wifi:", re.compile(r"\bWIFI:(?:[A-OQ-Z]:(?:\\.|[^;\\\n]){0,80};){0,4}P:(?P<quoted>(?:\\.|[^;\\\n]){1,80});")),
    ("private-lines", re.compile(r"Private-Lines: \d{1,3}\r?\n(?P<quoted>[A-Za-z0-9+/=]{1,100}(?:\r?\n[A-Za-z0-9+/=]{1,100}(?=\r?\n|\Z)){0,200})")),
    ("user", re.compile(rf"(?i)\b(?:user(?:name)?|login)[ :=]{{1,3}}[^\s,;]{{1,60}}[,;/ ]{{1,3}}(?:and[ ])?pass[ :=]{{1,3}}{_QUOTED_OR_MIXED}")),
    ("password", re.compile(rf"(?i)\bpassword[ ](?:(?:has been|was|is|got|have been|had been)[ ])?(?:now[ ])?(?:set|reset|changed|updated)[ ](?:to|as)[ ]{_QUOTED_OR_MIXED}")),
    ("password", re.compile(rf"(?i)\bpassword[ ](?:(?:has been|was|is|got)[ ])?(?:changed|updated|reset)[ ]from[ ](?P<first>{_MIXED})[ ]to[ ]{_QUOTED_OR_MIXED}")),
    ("password (", re.compile(rf"(?i)\bpassword[ ]\({_ALGORITHM}(?P<mixed>{_MIXED})\)")),
    ("password", re.compile(rf"(?i)\bpassword[ \t]{{0,4}}[:：][ \t]{{0,4}}\r?\n[ \t]{{0,8}}(?P<mixed>{_MIXED})[ \t]{{0,4}}(?=\r?\n|\Z)")),
    ("code", _CODE_BEFORE),
    ("pin", _CODE_BEFORE),
    ("otp", _CODE_BEFORE),
    ("código", _CODE_BEFORE),
    ("codice", _CODE_BEFORE),
    ("code", re.compile(r"(?i)\b(?:your|my|ihr|dein|votre|il mio|il tuo|mi|tu|su)[ ](?:code|código|codice)(?:[ ]di accesso|[ ]d'accès|[ ]de acceso)?(?:[ ](?:is|ist|est|es|è))?[ :]{1,3}(?P<mixed>\d{4,8})(?![\w.,]\w)")),
    ("codice", re.compile(r"(?i)\bcodice(?:[ ]di (?:accesso|verifica|sicurezza))?(?:[ ](?:è|e'))?[ :]{1,3}(?P<mixed>\d{4,8})(?![\w.,]\w)")),
    ("contrase", re.compile(rf"(?i)\bcontrase[ñn]a[ ](?:nueva|actual|temporal|anterior)[ ](?:es|:)[ ]?{_QUOTED_OR_MIXED}")),
    ("password", re.compile(rf"(?i)\bpassword[ ](?:nuova|attuale|temporanea|nova|atual)[ ](?:è|é|:)[ ]?{_QUOTED_OR_MIXED}")),
    ("mot de passe", re.compile(rf"(?i)\bmot de passe[ ](?:actuel|provisoire|temporaire)[ ](?:est|:)[ ]?{_QUOTED_OR_MIXED}")),
)  # fmt: skip
_GROUPS = ("first", "quoted", "mixed")
#: Words of forms with four digits at least, and what else stands in a form.
_OF_DIGITS = frozenset(("code", "pin", "otp", "código", "codice"))
_ALSO = {"user": "pass", "basic": "auth"}
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
    lower, has_digits = view.lower, b"0000" in view.look
    for literal, form in FORMS:
        if literal in lower and (has_digits or literal not in _OF_DIGITS) and _ALSO.get(literal, "") in lower:
            for found in form.finditer(view.text):
                for group in _GROUPS:
                    if group in form.groupindex and found[group]:
                        yield (*found.span(group), SECRET)
