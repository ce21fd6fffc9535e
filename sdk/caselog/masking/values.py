"""Credentials that are known by their look, anywhere in a text: tokens, keys, passwords in URLs and settings.

Most texts hold none. Every rule is therefore behind a test for a literal that it cannot do without, which costs
a hundredth of the rule itself.
"""

from __future__ import annotations

import base64
import binascii
import re

from .keys import CARD, SECRET, SECRET_TEXT, STEMS, judge_key

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)

_TOKEN = re.compile(
    r"""
    (?<![A-Za-z0-9])(?:
      eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){0,3}                            # JWT, JWE
    | sk-[\w-]{16,} | [srp]k_(?:live|test)_\w{10,} | whsec_[\w+/=]{16,}   # OpenAI, Anthropic; Stripe
    | caselog_[\w-]{20,}
    | gh[pousr]_\w{20,} | github_pat_\w{20,} | glpat-[\w-]{16,} | npm_\w{30,} | pypi-[\w-]{30,}
    | xox[a-z]-[\w-]{10,} | hf_\w{20,} | gsk_\w{20,} | xai-\w{20,} | lsv2_\w{20,} | pplx-\w{20,}
    | A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA)[A-Z0-9]{16}                        # AWS access key ids
    | AIza[\w-]{30,} | ya29\.[\w-]{10,} | GOCSPX-[\w-]{20,}               # Google
    | SG\.[\w-]{16,}\.[\w-]{16,} | shp[a-z]{2}_\w{20,} | dop_v1_\w{20,} | AGE-SECRET-KEY-1\w{20,}
    )
    """,
    re.VERBOSE,
)
_SHORTEST_TOKEN = 15
# Forty characters of base64 with both cases and a digit: an AWS secret access key.
_AWS_SECRET = re.compile(
    r"(?<![A-Za-z0-9/+])(?=[A-Za-z/+]*\d)(?=[a-z\d/+]*[A-Z])(?=[A-Z\d/+]*[a-z])[A-Za-z0-9/+]{40}(?![\w/+=-])"
)
_BEARER = re.compile(r"\b(bearer|token|apikey|digest|basic)([ \t]+|%20)([\w.~+/=-]{8,})", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)[^\s/@:\"'<>]{0,200}:[^\s/@\"'<>]{1,500}@")
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization|(?:set-)?cookie)([\"']?[ \t]*[:=][ \t]*[\"']?)([^\r\n\"']+)", re.IGNORECASE
)
_SAID = re.compile(
    r"\b(pass(?:word|code|phrase)|pwd|pin|cvv|cvc|security code)"
    r"((?: code| number)?(?: is| was|:| =)+[ \t]+[\"'`]?)([^\s\"'`]+)",
    re.IGNORECASE,
)

_NAME_BEFORE = re.compile(r"[\w.-]{0,60}\Z")
#: The rest of a name, and what joins it to its value: ``name=``, ``"name": ``, ``--name ``.
_NAME_AFTER = re.compile(r"[\w.-]{0,60}\\*[\"']?[ \t]*(?:=>|:=|[=:])[ \t]*|[\w-]{0,60}[ \t]+")
_NAME = re.compile(r"[\w.-]*")
_VALUE = re.compile(
    r"""(?P<quote>")(?:[^"\\]|\\.)*(?:"|\Z) | (?P<tick>')(?:[^'\\]|\\.)*(?:'|\Z)
    | (?P<escaped>\\+["']).*?(?:(?P=escaped)|\Z) | [^\s"'<>&\\]+""",
    re.DOTALL | re.VERBOSE,
)
_NO_SECRETS = frozenset(("", "null", "none", "true", "false", "{", "[", "undefined"))


def replace_secrets(text: str, secret: str, card: str) -> str:
    """The text with everything in it that looks like a credential replaced by a marker."""
    lower = text.lower()
    if "private key" in lower:
        text = _PEM.sub(secret, text)
    if "://" in text and "@" in text:
        text = _URL_PASSWORD.sub(f"{secret}@", text)
    text = _replace_tokens(text, secret)
    if _names_scheme(lower):
        text = _BEARER.sub(lambda found: _mask_bearer(found, secret), text)
    if "authorization" in lower or "cookie" in lower:
        text = _HEADER.sub(rf"\1\2{secret}", text)
    if ":" in text or "=" in text or "--" in text:
        text = _replace_pairs(text, {SECRET: secret, SECRET_TEXT: secret, CARD: card})
    if _names_what_people_tell(lower):
        text = _SAID.sub(lambda found: _mask_said(found, secret), text)
    return text


# Written out: any() over a tuple costs five times as much, for every string of every log.
def _names_scheme(lower: str) -> bool:
    return "bearer" in lower or "basic" in lower or "token" in lower or "apikey" in lower or "digest" in lower


def _names_what_people_tell(lower: str) -> bool:
    return "passw" in lower or "passc" in lower or "passp" in lower or "pwd" in lower or _names_code(lower)


def _names_code(lower: str) -> bool:
    return "pin " in lower or "pin:" in lower or "cvv" in lower or "cvc" in lower or "security code" in lower


def _replace_tokens(text: str, marker: str) -> str:
    if len(text) < _SHORTEST_TOKEN:
        return text
    # No token holds white space, and few words are as long as a token.
    words = "\n".join([word for word in text.split() if len(word) >= _SHORTEST_TOKEN])
    if not words:
        return text
    if _TOKEN.search(words):
        text = _TOKEN.sub(marker, text)
    return _AWS_SECRET.sub(marker, text) if _AWS_SECRET.search(words) else text


def _replace_pairs(text: str, markers: dict[str, str]) -> str:
    """Values whose name says that they are secret; the names are found by the stems that such names have."""
    done: list[str] = []
    at = 0
    for start, end in _find_names(text):
        pair = _read_pair(text, start, end, markers) if end > at else None
        if pair:
            value_start, value_end, marked = pair
            done += [text[at:value_start], marked]
            at = value_end
    return "".join([*done, text[at:]]) if done else text


def _find_names(text: str) -> list[tuple[int, int]]:
    """Where names that hold a stem begin and end, in order, each once."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters of other scripts are longer in lower case
        lower = text
    found: dict[int, int] = {}
    for stem in STEMS:
        at = lower.find(stem)
        while at >= 0:
            before = _NAME_BEFORE.search(text, max(0, at - 60), at)
            name = _NAME.match(text, at)
            end = name.end() if name else at + len(stem)
            found[before.start() if before else at] = end
            at = lower.find(stem, end)
    return sorted(found.items())


def _read_pair(text: str, start: int, end: int, markers: dict[str, str]) -> tuple[int, int, str] | None:
    """Where the value of a name begins and ends, and what to write instead; None where it is no secret."""
    verdict = judge_key(text[start:end].strip(".-"))
    joint = _NAME_AFTER.match(text, end) if verdict in markers else None
    if not joint or verdict is None or (joint[0].isspace() and not text.startswith("--", start)):
        return None
    value = _VALUE.match(text, joint.end())
    if not value or value[0].lstrip("\\\"'").startswith(markers[verdict]):
        return None
    bare = value[0].strip("\\\"'").rstrip(",;.)]}")
    if bare.lower() in _NO_SECRETS or (verdict == SECRET_TEXT and bare.isdigit()):
        return None
    quote = value["quote"] or value["tick"] or value["escaped"] or ""
    value_end = value.end() if quote else value.start() + len(bare)
    return value.start(), value_end, f"{quote}{markers[verdict]}{quote}"


def _mask_bearer(found: re.Match[str], marker: str) -> str:
    scheme, gap, value = found.groups()
    if scheme.lower() == "basic" and not _is_basic(value):
        return found[0]
    if scheme.lower() in ("token", "digest", "apikey") and value.isalpha():
        return found[0]
    return f"{scheme}{gap}{marker}"


def _is_basic(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return False


def _mask_said(found: re.Match[str], marker: str) -> str:
    """Only what cannot be a word of the sentence: "my password is Hunter2", not "my password is wrong"."""
    value = found[3].rstrip(".,;:!?)")
    if value.isalpha() or value == marker or not value:
        return found[0]
    return f"{found[1]}{found[2]}{marker}{found[3][len(value) :]}"
