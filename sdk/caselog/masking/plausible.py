"""Whether a value can be what its name says: a flag, a count or a fraction is no password, whatever it is called."""

from __future__ import annotations

import re
from typing import Any, Callable

from .people import can_be_name
from .schemas import is_schema
from .verdicts import CARD, IBAN, NAME, PHONE, SECRET, SECRET_TEXT
from .words import is_plural

_DIGIT = re.compile(r"\d")
_ALPHANUMERIC = re.compile(r"[^\W_]")
_LETTER = re.compile(r"[^\W\d_]")
# ITU-T E.164: at most 15 digits; the shortest that are dialled from outside have 6.
_PHONE = re.compile(r"(?<!\d)\d(?:[\s().\-‐-―/]{0,3}\d){5,14}(?!\d)")
#: "+49 171 1234567 (mobile, in the evening)" at most; more is a text, whose numbers are known by their look.
_MAX_LETTERS = 40
_DATE = re.compile(r"\s*(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T\s]|\Z)")
_FRACTION = re.compile(r"\s*[+-]?0?\.\d+\s*")
_SHORTEST_IBAN = 10
_NUMBERS = frozenset(("number", "numbers", "no", "num", "nr"))


def can_be(value: Any, verdict: str, name: str, parent: str = "") -> bool:
    """Whether a value can be the secret, the card, ... its name speaks of."""
    if isinstance(value, (dict, list, tuple)) and not _is_replaced_whole(value, verdict, parent):
        return False
    return not _says_nothing(value) and _CHECKS[verdict](value, name)


def _is_replaced_whole(value: Any, verdict: str, parent: str) -> bool:
    """Whether an object or a list is replaced as it is; if not, what is in it is looked at."""
    return verdict not in (PHONE, IBAN) and not is_schema(value, parent == "properties")


def _says_nothing(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_says_nothing, value))
    if isinstance(value, float):
        return not value.is_integer()
    return value is None or value == "" or isinstance(value, bool)


def _can_be_secret(value: Any, name: str) -> bool:
    return not (isinstance(value, (int, float)) and is_plural(name))


def _can_be_card(value: Any, name: str) -> bool:
    # "cards": [{"number": 3}] is a place in a list.
    return len(_DIGIT.findall(str(value))) >= (4 if name.lower() in _NUMBERS else 3)


def _can_be_iban(value: Any, _name: str) -> bool:
    return len(_ALPHANUMERIC.findall(str(value))) >= _SHORTEST_IBAN


def _can_be_phone(value: Any, _name: str) -> bool:
    text = f"{value:.0f}" if isinstance(value, float) else str(value)
    if _DATE.match(text) or _FRACTION.fullmatch(text) or len(_LETTER.findall(text)) > _MAX_LETTERS:
        return False
    return bool(_PHONE.search(text))


def _holds_text(value: Any, name: str = "") -> bool:
    if isinstance(value, str):
        return not value.replace(".", "").isdigit()
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
