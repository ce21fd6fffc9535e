"""Bank account numbers in text: ISO 13616, known by country, length and check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import IBAN
from .view import View

#: Characters of an IBAN, by country: the SWIFT registry of IBAN formats.
_LENGTHS = {
    code: int(length)
    for code, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18"
        "FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27"
        "MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27"
        "SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30",
    )
}
_GAP = "[ \\-\u00a0\u2009\u202f]"
_START = re.compile(rf"(?<![A-Za-z0-9])([A-Za-z]{{2}})[0-9]{{2}}(?={_GAP}?[A-Za-z0-9])")
_BODY = re.compile(rf"[A-Za-z0-9](?:{_GAP}?[A-Za-z0-9]){{14,33}}")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]")


def may_hold_iban(view: View) -> bool:
    """Whether two letters are followed by two digits, as in the beginning of every IBAN."""
    return b"AA00" in view.look or b"aa00" in view.look


def find_ibans(view: View) -> Iterator[tuple[int, int, str]]:
    """Each IBAN whose check digits hold; the word behind it is none of it.

    >>> list(find_ibans(View("IBAN AT61 1904 3002 3457 3201 EUR")))
    [(5, 29, 'iban')]
    """
    done = 0
    for at in sorted(_find_starts(view.look)):
        found = _START.match(view.text, at) if at >= done else None
        length = _LENGTHS.get(found[1].upper()) if found else None
        end = _end_of(view.text, at, length) if length else None
        if end:
            yield at, end, IBAN
            done = end


def _find_starts(look: bytes) -> Iterator[int]:
    """Where two letters are followed by two digits."""
    for form in (b"AA00", b"aa00"):
        at = look.find(form)
        while at >= 0:
            yield at
            at = look.find(form, at + 1)


def is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN hold: ISO 13616.

    >>> is_iban("DE89 3704 0044 0532 0130 00")
    True
    """
    plain = _SEPARATORS.sub("", text).upper()
    digits = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return len(plain) == _LENGTHS.get(plain[:2]) and int(digits) % 97 == 1


def _end_of(text: str, start: int, length: int) -> int | None:
    body = _BODY.match(text, start)
    if not body:
        return None
    places = [place for place in range(start, body.end()) if text[place].isalnum()][:length]
    end = places[-1] + 1
    ends_there = end == len(text) or not (text[end].isascii() and text[end].isalnum())
    return end if len(places) == length and ends_there and is_iban(text[start:end]) else None
