"""Secrets that people tell: in a chat, in a mail, in whatever language, with or without a word in between."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .expressions import computes
from .kinds import CARD, PHONE, SECRET
from .languages import terms
from .placeholders import TELLS, is_public
from .view import View
from .vocabulary import is_joined, occurrences

_LINKS = "|".join(re.escape(word) for word in terms("link") if not is_joined(word))
_JOINED_LINKS = "|".join(word for word in terms("link") if is_joined(word))
_LINK = rf"(?:(?<!\w)(?:code|codes|number|no|nr|{_LINKS})(?!\w)|{_JOINED_LINKS}|[:=：#\-–—→>])"
_CARD_CODE = re.compile(
    rf"(?i)\b(?:cvv2?|cvc2?|csc|(?:card )?security code|card code)\b[ \t]*(?:{_LINK}[ \t]*){{0,3}}(\d{{3,4}})\b"
)
_AFTER_CODE = re.compile(rf"[ \t]*(?:{_LINK}[ \t]*){{0,3}}(\d[\d -]{{2,8}}\d)(?!\w)")
_MINE = "|".join(re.escape(word) + ("" if is_joined(word) else r"(?!\w)") for word in terms("mine"))
#: "for the account", "от аккаунта": some words, where a link follows.
_OF = (
    r"(?:for|to|of|on|at|in|от|для|к|на|de|del|da|do|du|des|pour|für|zum|zur|von|vom|untuk|voor|till|per|cho|ya|için)"
    rf"(?:[ \t]+[^\W\d_][\w.'’@-]{{0,30}}){{1,4}}?(?=[ \t]+(?:{_LINKS})(?!\w)|[ \t]*[:：=])"
)
_AFTER_PASSWORD = re.compile(
    rf"(?:[ \t]*\([^()\n]{{1,30}}\))?(?:[ \t]*(?:{_MINE})){{0,3}}(?:[ \t]+{_OF})?"
    rf"[ \t]*(?P<link>(?:{_LINK}[ \t]*){{0,3}})"
    r"(?P<quote>(?:[«‹][ \u00a0\u202f]?|[\"'`“„「『])?)"
    r"(?P<value>[\x21\x23-\x26\x28-\x5f\x61-\x7e]{2,200}|[^\s\"'`”“»›」』]{1,200})"
)
#: "Hunter22 is my password".
_BEFORE_PASSWORD = re.compile(
    r"(?<![^\s\"'`“(])(?P<value>[\x21\x23-\x26\x28-\x5f\x61-\x7e]{5,60})[\"'`”)]? "
    r"(?:is|was|as|es|est|ist|é|è|como|als|comme) (?:my|our|mi|mon|mein|minha|la mia) (?:[^\W\d_]{1,12} )?\Z"
)
_LONGEST_BEFORE = 90
#: The rest of a value that is longer than what is judged of it: else many words would each look at all of a text.
_REST = re.compile(r"[^\s\"'`”“»」]*")
_AFTER_PHONE = re.compile(
    rf"[ \t]*(?:(?:number|no|nr|№)\.?[ \t]*)?(?:{_LINK}[ \t]*|\.[ \t]*){{0,3}}(?:(?:le|el|the|il|o|die)[ \t]+)?"
    r"(\+?\(?\d[\d ().\-/‐-―]{4,22}\d)(?![\w-])"
)
# "password" at the end of a sentence, and what only looks like a value.
_PUNCTUATION = ".,;:!?)]}>|。、，！？"
_JUDGED = 200
#: "case-sensitive", "8-16", "12-character", "2nd": no passwords.
_DESCRIBES = re.compile(r"[A-Za-z]+(?:[-/'’][a-z]+){1,2}|\d{1,3}(?:[-–~]\d{1,3})?(?:[-+]?[A-Za-z]{2,12})?\+?")
_FIRST_WORD = re.compile(r"[^\W\d_]+(?![\w@#$%^&*-])")
_NEXT_FIELD = re.compile(r"[,;](?=[\w-]{1,40}[:=])")
_SHORTEST = 4
#: Scripts without spaces: what begins with them goes on in words, unless it holds digits enough.
_OTHER_SCRIPT = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
_MIXED = re.compile(r"\d{4}|[A-Za-z]\d|\d[A-Za-z]")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d{4}|(?<!\d)(?:(?:19|20)\d\d[ ,/-]{1,3}){1,9}(?:19|20)\d\d(?!\d)"
)


def may_hold_card_code(view: View) -> bool:
    """Whether the code of a card is named."""
    return "card code" in view.told.terms


def find_card_codes(view: View) -> Iterator[tuple[int, int, str]]:
    """The three or four digits on the back of a card."""
    for found in _CARD_CODE.finditer(view.text):
        yield (*found.span(1), CARD)


def may_hold_code(view: View) -> bool:
    """Whether a code that opens something is named."""
    return "code" in view.told.terms


def find_codes(view: View) -> Iterator[tuple[int, int, str]]:
    """Codes of digits that open something.

    >>> list(find_codes(View("Your verification code is 482913")))
    [(26, 32, 'secret')]
    """
    for _, end in occurrences(view.lower, view.told.terms["code"]):
        found = _AFTER_CODE.match(view.lower, end)
        if found:
            yield (*found.span(1), SECRET)


def may_hold_told_phone(view: View) -> bool:
    """Whether a telephone is named, and there are digits enough."""
    return "phone" in view.told.terms and view.has_digits(_FEWEST_DIGITS)


def find_told_phones(view: View) -> Iterator[tuple[int, int, str]]:
    """Numbers behind the word for a telephone.

    >>> list(find_told_phones(View("Tel. 030 / 901820")))
    [(5, 17, 'phone')]
    """
    for _, end in occurrences(view.lower, view.told.terms["phone"]):
        found = _AFTER_PHONE.match(view.lower, end)
        if not found or _DATE.search(found[1]):
            continue
        if _FEWEST_DIGITS <= sum(map(str.isdigit, found[1])) <= _MOST_DIGITS:
            yield (*found.span(1), PHONE)


def may_hold_password(view: View) -> bool:
    """Whether a password is named."""
    return "password" in view.told.terms


def find_passwords(view: View) -> Iterator[tuple[int, int, str]]:
    """Only what cannot be a word of the sentence: "my password is Hunter2", not "my password is wrong".

    >>> list(find_passwords(View("my password is Hunter2, not wrong")))
    [(15, 22, 'secret')]
    """
    done = 0
    for begins, end in occurrences(view.lower, view.told.terms["password"]):
        if begins < done:
            continue
        # What is matched in lower case stands in the same places of the text.
        found = _AFTER_PASSWORD.match(view.lower, end)
        if not found:
            continue
        start, stop = found.span("value")
        value = _cut(view.text[start:stop])
        if not computes(view.text, start, start + len(value), "") and _looks_told(
            value, bool(found["link"].strip(" -–—")), bool(found["quote"])
        ):
            rest = _REST.match(view.text, stop) if stop - start >= _JUDGED else None
            done = rest.end() if rest else start + len(value)
            yield start, done, SECRET
    for begins, _ in occurrences(view.lower, view.told.terms["password"]):
        before = _BEFORE_PASSWORD.search(view.text, max(0, begins - _LONGEST_BEFORE), begins)
        if before and _looks_told(before["value"], is_linked=False, is_quoted=False):
            yield (*before.span("value"), SECRET)


def _cut(value: str) -> str:
    """The value without what ends a sentence or follows in it: the next field, words in a script without spaces."""
    value = _NEXT_FIELD.split(value, maxsplit=1)[0]
    found = _OTHER_SCRIPT.search(value)
    if found and found.start() and value[: found.start()].isascii():
        value = value[: found.start()]
    return value.rstrip(_PUNCTUATION)


def _looks_told(value: str, is_linked: bool, is_quoted: bool) -> bool:  # noqa: FBT001
    if len(value) < _SHORTEST or _is_said(value) or (_OTHER_SCRIPT.match(value) and not _MIXED.search(value)):
        return False
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if is_linked:
        return not value.isalpha() and any(map(str.isalnum, value))
    if _OTHER_SCRIPT.match(value):
        return False
    if is_quoted:
        return value[0].isalnum() and (has_digit or not value.isalpha() or value != value.lower())
    return has_digit and has_letter and len(value) > _SHORTEST and value[0].isalnum()


def _is_said(value: str) -> bool:
    """Whether what follows the word goes on with the sentence, or stands for a password only."""
    word = _FIRST_WORD.match(value)
    if value.startswith(("[", "/", "~/")) or "://" in value or (word and word[0].lower() in TELLS):
        return True
    return is_public("password", value, value) or bool(_DESCRIBES.fullmatch(value))
