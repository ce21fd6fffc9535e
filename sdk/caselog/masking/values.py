"""Private things that are known by their look, anywhere in a text: tokens, keys, addresses, numbers."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Callable

from .keys import CARD, PHONE, judge_key

#: An e-mail address: RFC 5322's atoms, letters of any script, and the ways "@" is written in URLs and HTML.
_LOCAL = r"(?:\"[^\"\s@]{1,64}\"|[\w.!#$%&'*+/=?^`{|}~-]{1,256}?)"
_AT = r"(?:@|%40|&#64;|\\u0040|\uff20)"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.)+(?:xn--[A-Za-z0-9-]{1,59}|[^\W\d_]{2,63})"
_EMAIL_AT = re.compile(rf"{_AT}(?={_DOMAIN})", re.IGNORECASE)
_EMAIL_DOMAIN = re.compile(_DOMAIN)
_EMAIL_LOCAL = re.compile(r"(?:\"[^\"\s@]{1,64}\"|[\w.!#$%&'*+/=?^`{|}~-]{1,256})\Z")
#: In a URL or a list of settings these end what stands before an address.
_BEFORE_LOCAL = re.compile(r".*[/=?&|](?=[^/=?&|])", re.DOTALL)

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)", re.DOTALL)

# Alternatives begin with a literal each, so that the scan is quick.
_TOKEN = re.compile(
    r"""
    (?<![A-Za-z0-9])(?:
      eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){0,3}                      # JWT, JWE
    | sk-[\w-]{16,} | [srp]k_(?:live|test)_\w{10,} | whsec_[\w+/=]{16,}   # OpenAI, Anthropic; Stripe
    | caselog_[\w-]{20,}
    | gh[pousr]_\w{20,} | github_pat_\w{20,} | glpat-[\w-]{16,} | npm_\w{30,} | pypi-[\w-]{30,}
    | xox[a-z]-[\w-]{10,} | hf_\w{20,} | gsk_\w{20,} | xai-\w{20,} | lsv2_\w{20,} | r8_\w{20,} | pplx-\w{20,}
    | A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA)[A-Z0-9]{16} | AIza[\w-]{30,} | ya29\.[\w-]{10,} | GOCSPX-[\w-]{20,}
    | SG\.[\w-]{16,}\.[\w-]{16,} | shp[a-z]{2}_\w{20,} | dop_v1_\w{20,} | AGE-SECRET-KEY-1\w{20,} | (?:AC|SK)[0-9a-f]{32}(?![\w-])
    )
    """,
    re.VERBOSE,
)
_BEARER = re.compile(r"\b(bearer|token|apikey|digest|basic)([ \t]+|%20)([\w.~+/=-]{8,})", re.IGNORECASE)
#: Forty characters of base64 with both cases and digits: an AWS secret access key.
_AWS_SECRET = re.compile(r"(?<![\w/+=-])(?=[A-Za-z/+]*\d)(?=[a-z\d/+]*[A-Z])(?=[A-Z\d/+]*[a-z])[A-Za-z0-9/+]{40}(?![\w/+=-])")
_URL_PASSWORD = re.compile(r"(?<=://)[^\s/@:\"'<>]{0,200}:[^\s/@\"'<>]{1,500}@")
#: ``name=value``, ``"name": "value"``, ``--name value`` and the like; the name is judged as a key would be.
_PAIR = re.compile(
    r"""(?P<name>[A-Za-z][\w.-]{1,60})(?P<sep>\\*["']?[ \t]*(?:=>|:=|[=:])[ \t]*)(?P<value>\\*"(?:[^"\\]|\\.)*(?:"|\Z)|\\*'(?:[^'\\]|\\.)*(?:'|\Z)|[^\s,;&"'<>{}()\[\]]+)""",
    re.DOTALL,
)
_SAID = re.compile(r"\b(pass(?:word|code|phrase)|pwd|pin|cvv|cvc|security code)((?: code| number)?(?: is| was|:| =)+[ \t]+[\"'`]?)([^\s\"'`]+)", re.IGNORECASE)
_HEADER = re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie)([\"']?[ \t]*[:=][ \t]*[\"']?)([^\r\n\"']+)", re.IGNORECASE)

_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b")
_PHONE = re.compile(r"(?<![\w+.])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?(?:\d[ .-]?){6,12}\d|\(\d{3}\)[ ]?\d{3}[ .-]\d{4}|\d{3}-\d{3}-\d{4})(?![\w-])")


def replace_emails(text: str, hash_email: Callable[[str], str]) -> str:
    """The text with each e-mail address replaced by what ``hash_email`` makes of it."""
    done: list[str] = []
    at = 0
    for found in _EMAIL_AT.finditer(text):
        local = _EMAIL_LOCAL.search(text, max(at, found.start() - 256), found.start())
        domain = _EMAIL_DOMAIN.match(text, found.end())
        if not local or not domain:
            continue
        kept = _BEFORE_LOCAL.match(local[0])
        start = local.start() + (kept.end() if kept else 0)
        done += [text[at:start], hash_email(f"{text[start:found.start()]}@{domain[0]}")]
        at = domain.end()
    return "".join([*done, text[at:]]) if done else text


def may_hold_email(text: str) -> bool:
    """Quick test whether looking for addresses is worth it."""
    return "@" in text or "%40" in text or "&#64;" in text or "\\u0040" in text or "\uff20" in text


def replace_secrets(text: str, secret: str, card: str) -> str:
    """The text with everything in it that looks like a credential replaced by the marker."""
    if "PRIVATE KEY" in text:
        text = _PEM.sub(secret, text)
    if "://" in text:
        text = _URL_PASSWORD.sub(f"{secret}@", text)
    text = _TOKEN.sub(secret, text)
    text = _BEARER.sub(lambda found: _mask_bearer(found, secret), text)
    text = _AWS_SECRET.sub(secret, text)
    if ":" in text or "=" in text:
        text = _HEADER.sub(rf"\1\2{secret}", text)
        text = _PAIR.sub(lambda found: _mask_pair(found, {CARD: card, PHONE: ""}, secret), text)
    return _SAID.sub(lambda found: _mask_said(found, secret), text)


def replace_ibans(text: str, marker: str) -> str:
    """The text with each IBAN whose check digits hold (ISO 13616) replaced by the marker."""
    return _IBAN.sub(lambda found: marker if is_iban(found[0]) else found[0], text)


def is_iban(text: str) -> bool:
    """Whether the check digits hold.

    >>> is_iban("DE89 3704 0044 0532 0130 00")
    True
    """
    plain = re.sub(r"[ -]", "", text)
    digits = "".join(str(int(char, 36)) for char in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(digits) % 97 == 1


def replace_phones(text: str, marker: str) -> str:
    """The text with each telephone number in international or North American form replaced by the marker."""
    return _PHONE.sub(marker, text)


def _mask_bearer(found: re.Match[str], marker: str) -> str:
    scheme, gap, value = found.groups()
    if scheme.lower() == "basic" and not _is_basic(value):
        return found[0]
    if scheme.lower() in ("token", "digest") and value.isalpha():
        return found[0]
    return f"{scheme}{gap}{marker}"


def _is_basic(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return False


def _mask_pair(found: re.Match[str], markers: dict[str, str], secret: str) -> str:
    verdict = judge_key(found["name"])
    value = found["value"]
    if verdict is None or markers.get(verdict) == "" or value.strip("\\\"'").lower() in ("", "null", "none", "true", "false", "[secret]"):
        return found[0]
    quote = re.match(r"\\*[\"']", value)
    marked = markers.get(verdict, secret)
    return f"{found['name']}{found['sep']}{quote[0] if quote else ''}{marked}{quote[0] if quote else ''}"


def _mask_said(found: re.Match[str], marker: str) -> str:
    """Only what cannot be a word of the sentence: "my password is Hunter2", not "my password is wrong"."""
    value = found[3].rstrip(".,;:!?)")
    if value.isalpha() or value == marker:
        return found[0]
    return f"{found[1]}{found[2]}{marker}{found[3][len(value):]}"
