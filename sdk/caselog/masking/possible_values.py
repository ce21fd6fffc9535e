"""Whether a value can be what its name says: a flag, a count or a fraction is no password, whatever it is called."""

from __future__ import annotations

import re
from typing import Any, Callable

from .field_names import WEAK_WORDS
from .kinds import CARD, IBAN, NAME, PHONE, SECRET, SECRET_TEXT
from .name_words import is_plural, split_name
from .people import can_be_name
from .schemas import is_schema

_DIGIT = re.compile(r"\d")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_LETTER = re.compile(r"[^\W\d_]")
# ITU-T E.164: at most 15 digits; the shortest that are dialled from outside have 6.
_PHONE = re.compile(r"(?<!\d)\d(?:[\s().\-‐-―/]{0,3}\d){5,14}(?!\d)")
#: "+49 171 1234567 (mobile, in the evening)" at most; more is a text, whose numbers are known by their look.
_MAX_LETTERS = 40
_DATE = re.compile(r"\s*(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T\s]|\Z)")
_FRACTION = re.compile(r"\s*[+-]?0?\.\d+\s*")
#: Words, or an amount with what it is of: "2 tsp", "50%", "1.5".
_ORDINARY = re.compile(
    r"[A-Z]?[a-z]{1,14}(?:[ _-][A-Za-z]?[a-z]{1,14}){0,5}"
    r"|(?:[A-Z][a-z]{1,14}){2,5}|[A-Z]{2,12}(?:-(?:[A-Z]{2,12}|\d{1,2})){0,3}|[ ]*"
    r"|#[\w-]{2,20}|0x[0-9A-Fa-f]{1,4}|\d{1,3}(?:\.\d+)?"
    r"|\d{1,4}(?:[.,/]\d{1,3})?[ ]?(?:%|[A-Za-z]{1,12}(?:[ ][a-z]+){0,3})"
)
_AMOUNT = re.compile(r"[\d.,]+[km]?|(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|[dhms]))+|[\d.,]+ [a-z]{1,8}")
#: What was masked already: some of its digits look like a number.
_MARKED = re.compile(r"(?:email|phone):[0-9a-f]{16}")
_SHORTEST_IBAN = 10
#: A country and two check digits: of an account, though most of it is missing.
_IBAN_START = re.compile(r"\s*[A-Z]{2}[0-9]{2}[ ]?[A-Z0-9]{2}")
#: Models give how likely each piece of a text was: ``{"token": "the", "logprob": -0.1}``.
_SCORED = re.compile(r"\\*[\"']?\s{0,9},[^{}]{0,80}logprob")
_SCORED_BEFORE = re.compile(r"logprob[^{}]{0,60}\Z")
_LONGEST_SCORE = 100
#: More of what a name in the plural names: "recovery codes: 1234-5678 8765-4321".
_MORE_ITEMS = re.compile(r"(?:(?:[ ]?[,;][ ]?|[ ]and[ ]|[ ])(?=[A-Za-z-]{0,20}\d)[\w-]{4,40}(?![\w:=]))*")
_NUMBERS = frozenset(("number", "numbers", "no", "num", "nr"))


def can_be(value: Any, verdict: str, name: str, parent: str = "") -> bool:
    """Whether a value can be the secret, the card, ... its name speaks of."""
    if isinstance(value, (dict, list, tuple)) and not _is_replaced_whole(value, verdict, parent):
        return False
    return not says_nothing(value) and _CHECKS[verdict](value, name)


def _is_replaced_whole(value: Any, verdict: str, parent: str) -> bool:
    """Whether an object or a list is replaced as it is; if not, what is in it is looked at."""
    return verdict not in (PHONE, IBAN) and not is_schema(value, parent == "properties")


def says_nothing(value: Any) -> bool:
    """Whether a value is nothing, a flag or a fraction, or holds nothing else."""
    if isinstance(value, dict):
        return all(map(says_nothing, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(says_nothing, value))
    if isinstance(value, float):
        return not value.is_integer()
    return value is None or value == "" or isinstance(value, bool)


def is_weak(name: str) -> bool:
    """Whether a name that says secret means something else as often.

    >>> is_weak("salt"), is_weak("user_pin"), is_weak("password")
    (True, True, False)
    """
    return not WEAK_WORDS.isdisjoint(split_name(name)[-1:])


def is_ordinary(value: Any) -> bool:
    """Whether a text is a word, some words or an amount, as no secret is.

    >>> is_ordinary("2 tsp"), is_ordinary("economy"), is_ordinary("hunter2"), is_ordinary("1234")
    (True, True, False, False)
    """
    return isinstance(value, str) and bool(_ORDINARY.fullmatch(value))


def is_amount(value: str) -> bool:
    """Whether a text is a number, or a time with its unit.

    >>> is_amount("1,024"), is_amount("1m30.5s"), is_amount("12k"), is_amount("12ab34")
    (True, True, True, False)
    """
    return bool(_AMOUNT.fullmatch(value))


def _can_be_secret(value: Any, name: str) -> bool:
    if is_ordinary(value) and is_weak(name):
        return False
    return not (isinstance(value, (int, float)) and is_plural(name))


def _can_be_card(value: Any, name: str) -> bool:
    # "cards": [{"number": 3}] is a place in a list.
    return len(_DIGIT.findall(str(value))) >= (4 if name.lower() in _NUMBERS else 3)


def _can_be_iban(value: Any, _name: str) -> bool:
    text = str(value)
    return len(_ALPHANUMERIC.findall(text)) >= _SHORTEST_IBAN or bool(_IBAN_START.match(text))


def _can_be_phone(value: Any, _name: str) -> bool:
    text = _MARKED.sub("", f"{value:.0f}" if isinstance(value, float) else str(value))
    if _DATE.match(text) or _FRACTION.fullmatch(text) or len(_LETTER.findall(text)) > _MAX_LETTERS:
        return False
    return bool(_PHONE.search(text))


def _holds_text(value: Any, name: str = "") -> bool:
    if isinstance(value, str):
        return not is_amount(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return any(_holds_text(item, name) for item in inner)


_CHECKS: dict[str, Callable[[Any, str], bool]] = {
    SECRET: _can_be_secret,
    SECRET_TEXT: _holds_text,
    CARD: _can_be_card,
    IBAN: _can_be_iban,
    PHONE: _can_be_phone,
    NAME: can_be_name,
}


def find_numbers(text: str) -> list[tuple[int, int]]:
    """Where the telephone numbers of a value stand that holds nothing else but words."""
    plain = _MARKED.sub(lambda mark: "x" * len(mark[0]), text)
    return [found.span() for found in _PHONE_IN_VALUE.finditer(plain)]


_PHONE_IN_VALUE = re.compile(r"\+?(?<!\d)[(]?\d(?:[\s().\-‐-―/]{0,3}\d){5,14}(?!\d)")


def is_scored(text: str, name: str, start: int, end: int) -> bool:
    """Whether a token is a piece of text with how likely it was."""
    if name.lower() not in ("token", "tokens") or "logprob" not in text:
        return False
    return bool(
        _SCORED.match(text, end) or _SCORED_BEFORE.search(text, max(0, start - _LONGEST_SCORE), start)
    )


def extend_to_items(text: str, span: tuple[int, int] | None, name: str) -> tuple[int, int] | None:
    """A value with those behind it, where the name is in the plural and the value holds a digit."""
    if not span or not is_plural(name) or not any(map(str.isdigit, text[slice(*span)])):
        return span
    more = _MORE_ITEMS.match(text, span[1])
    return (span[0], more.end()) if more else span
