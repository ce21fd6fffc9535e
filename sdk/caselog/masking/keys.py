"""Which names say that their value is a secret: ``api_key``, ``X-Api-Key``, ``userPassword``; not ``output_tokens``."""

from __future__ import annotations

import re
from functools import lru_cache

#: What a name can say of its value.
SECRET, CARD, PHONE, NAME = "secret", "card", "phone", "name"
#: Secret where the value is text: ``tokens`` may as well be a count.
SECRET_TEXT = "secret text"  # noqa: S105 - a verdict

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST_NAME = 200

# Compared with the name without its separators, so that one entry covers snake, camel, kebab and run-together.
_SECRET_PARTS = re.compile(
    "password|passwd|passphrase|passcode|passwort|kennwort|contrasena"
    "|credential|apikey|apisecret|secretkey|accesskey|privatekey|signingkey|encryptionkey|masterkey|sshkey|authkey"
    "|accountkey|storagekey|subscriptionkey|sharedkey|sessionkey|webhookkey|hashkey|hmackey"
    "|clientsecret|accesstoken|refreshtoken|authtoken|bearertoken|idtoken|sessiontoken|apitoken|csrftoken|xsrftoken"
    "|securitytoken|personaltoken|connectionstring|sharedaccesssignature|amzsignature"
)
_CARD_PARTS = re.compile(
    "cardn(?:umber|um|o|r)(?![a-z])|cardverification|cardsecurity|cardcvv|cardcvc|cardpin|cardexp|cardpan"
    "|ccnumber|ccnum|cvvcode|cvccode"
)
_SECRET_WORDS = frozenset(
    ("secret", "secrets", "pwd", "authorization", "auth", "cookie", "cookies", "jwt", "bearer", "otp", "totp", "pin",
     "token", "sig")
)  # fmt: skip
_CARD_WORDS = frozenset(("cvv", "cvc", "csc", "pan"))
_PHONE_WORDS = frozenset(("phone", "telephone", "mobile", "cellphone", "fax", "msisdn", "whatsapp"))
_SECRET_ENDINGS = frozenset(
    (("secret", "id"), ("secret", "value"), ("token", "value"), ("token", "secret"), ("verification", "code"),
     ("mfa", "code"), ("otp", "code"), ("pin", "code"), ("auth", "code"), ("authorization", "code"))
)  # fmt: skip
_CARD_ENDINGS = frozenset((("security", "code"), ("card", "code")))
# A boarding pass is no password.
_PASS_OWNERS = frozenset(
    ("user", "db", "database", "admin", "root", "smtp", "imap", "ftp", "mysql", "pg", "redis", "mongo", "login",
     "proxy", "wifi", "account")
)  # fmt: skip

# A name that ends so tells something about the secret, not the secret.
_ABOUT = frozenset(
    ("count", "counts", "length", "len", "limit", "budget", "usage", "used", "type", "policy", "required", "changed",
     "reset", "at", "status", "strength", "enabled", "attempts", "valid", "expired", "expires", "age", "name", "names",
     "method", "scheme", "mode", "provider", "consent", "url", "uri", "hint", "per", "total")
)  # fmt: skip
# Before "token" these make it a unit of text or a place in a list.
_UNITS = frozenset(
    ("per", "page", "next", "prev", "previous", "continuation", "stop", "start", "eos", "bos", "pad", "unk", "mask",
     "sep", "cls", "special", "first", "last", "max", "min", "total", "input", "output", "prompt", "completion",
     "reasoning", "cached")
)  # fmt: skip
_TOKEN_OWNERS = frozenset(
    ("access", "refresh", "auth", "api", "id", "session", "bearer", "csrf", "xsrf", "device", "secret", "personal",
     "oauth", "security")
)  # fmt: skip
_PEOPLE = frozenset(
    ("customer", "customers", "user", "users", "client", "passenger", "passengers", "person", "persons", "people",
     "contact", "contacts", "guest", "guests", "patient", "recipient", "sender", "traveler", "traveller", "employee",
     "holder", "cardholder", "owner", "author", "member", "participant", "visitor", "applicant", "insured", "driver")
)  # fmt: skip
_KINDS_OF_NAME = frozenset(
    ("first", "last", "middle", "full", "given", "family", "display", "maiden", "legal", "nick")
)
_PARTS_OF_CARD = frozenset(("number", "no", "num", "exp", "expiry", "expiration", "code", "pin"))
_PARTS_OF_SECRET = frozenset(("key", "secret", "token", "value"))

#: Each name that is judged a secret or a card on its own holds one of these, in lower case.
STEMS = (
    "pass", "kennwort", "contrasena", "credential", "key", "secret", "token", "connection", "signature", "pwd", "auth",
    "cookie", "jwt", "bearer", "otp", "pin", "sig", "cvv", "cvc", "csc", "pan", "card", "code", "ccn",
)  # fmt: skip
#: Names that tell only with the object they stand in, or with the name beside them.
TELLING_TOGETHER = frozenset((*_PARTS_OF_CARD, *_PARTS_OF_SECRET, "val"))


@lru_cache(maxsize=4096)
def judge_key(name: str, parent: str = "") -> str | None:
    """What the name says of its value: one of the constants above, or None.

    ``parent`` is the name of the object it stands in: in ``{"card": {"number": ...}}`` the two together tell.

    >>> [judge_key(name) for name in ("apiKey", "x-api-key", "cvv", "output_tokens", "tokenizer", "session_count")]
    ['secret', 'secret', 'card', None, None, None]
    >>> judge_key("number", parent="card")
    'card'
    """
    words = _split(name)
    verdict = _judge(words)
    return _judge_together(_split(parent), words) if verdict is None and parent else verdict


@lru_cache(maxsize=4096)
def is_persons_name(name: str, parent: str = "") -> bool:
    """Whether a name of a field says that its value is a person's name; a node's or a tool's ``name`` is none.

    >>> is_persons_name("firstName"), is_persons_name("name", parent="passengers"), is_persons_name("name", "nodes")
    (True, True, False)
    """
    words = _split(name)
    if not words or words[-1] not in ("name", "names", "surname", "lastname", "firstname", "fullname"):
        return False
    if words[-1] not in ("name", "names"):
        return True
    owner = words[-2:-1] or _split(parent)[-1:]
    return bool(owner) and (owner[0] in _PEOPLE or owner[0] in _KINDS_OF_NAME)


def _split(name: str) -> tuple[str, ...]:
    words = [word.lower() for word in _WORD.findall(name[:_LONGEST_NAME])]
    while len(words) > 1 and words[-1].isdigit():
        words.pop()
    return tuple(words)


def _judge_together(parent: tuple[str, ...], words: tuple[str, ...]) -> str | None:
    if not words or not parent:
        return None
    if parent[-1] in ("card", "cards") and words[0] in _PARTS_OF_CARD:
        return CARD
    return _judge((parent[-1], *words)) if words[0] in _PARTS_OF_SECRET else None


def _judge(words: tuple[str, ...]) -> str | None:
    if not words or words[-1] in _ABOUT:
        return None
    if words[-1] in _CARD_WORDS or words[-2:] in _CARD_ENDINGS or _CARD_PARTS.search("".join(words)):
        return CARD
    if words[-1] == "tokens":
        return SECRET_TEXT if len(words) == 1 or words[-2] in _TOKEN_OWNERS else None
    if _is_secret(words):
        return SECRET
    return PHONE if _is_phone(words) else None


def _is_secret(words: tuple[str, ...]) -> bool:
    owner = words[-2] if len(words) > 1 else ""
    if words[-1] == "token" and owner in _UNITS:
        return False
    if words[-1] == "pass":
        return not owner or owner in _PASS_OWNERS
    return (
        words[-1] in _SECRET_WORDS
        or words[-2:] in _SECRET_ENDINGS
        or bool(_SECRET_PARTS.search("".join(words)))
    )


def _is_phone(words: tuple[str, ...]) -> bool:
    return words[-1] in _PHONE_WORDS or (
        words[-1] in ("number", "no") and words[-2:-1] != () and words[-2] in _PHONE_WORDS
    )
