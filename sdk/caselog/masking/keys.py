"""Which names say that their value is a secret: ``api_key``, ``X-Api-Key``, ``userPassword``, not ``output_tokens``."""

from __future__ import annotations

import re
from functools import lru_cache

SECRET = "secret"
CARD = "card"
PHONE = "phone"
#: Secret where the value is text: ``tokens`` may as well be a count.
SECRET_TEXT = "secret_text"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# Compared with the name without its separators, so that one entry covers snake, camel, kebab and run-together.
_SECRET_PARTS = re.compile(
    "password|passwd|passphrase|passcode|passwort|kennwort|contrasena"
    "|credential|apikey|apisecret|secretkey|accesskey|privatekey|signingkey|encryptionkey|masterkey|sshkey|authkey"
    "|accountkey|storagekey|subscriptionkey|sharedkey|sessionkey|webhookkey|hashkey|hmackey"
    "|clientsecret|accesstoken|refreshtoken|authtoken|bearertoken|idtoken|sessiontoken|apitoken|csrftoken|xsrftoken"
    "|securitytoken|personaltoken|connectionstring|sharedaccesssignature|amzsignature"
)
_CARD_PARTS = re.compile(
    "cardn(?:umber|um|o|r)(?![a-z])|cardverification|cardsecurity|cardcvv|cardcvc|cardpin|cardexp|cardpan|ccnumber|ccnum|cvvcode|cvccode"
)
_SECRET_WORDS = frozenset(
    "secret secrets pwd authorization auth cookie cookies jwt bearer otp totp pin token sig".split()
)
# A boarding pass is no password.
_PASS_OWNERS = frozenset("user db database admin root smtp imap ftp mysql pg redis mongo login proxy wifi account".split())
_CARD_WORDS = frozenset("cvv cvv2 cvc cvc2 csc pan".split())
_PHONE_WORDS = frozenset("phone telephone mobile cellphone fax msisdn whatsapp".split())
_SECRET_ENDINGS = (("secret", "id"), ("secret", "value"), ("token", "value"), ("token", "secret"), ("verification", "code"),
                   ("mfa", "code"), ("otp", "code"), ("pin", "code"), ("auth", "code"), ("authorization", "code"))
_CARD_ENDINGS = (("security", "code"), ("card", "code"))

# After these words a name tells something about the secret, not the secret.
_ABOUT = frozenset(
    "count counts length len limit budget usage used type policy required changed reset at status strength enabled attempts valid"
    " expired expires expiry age name names method scheme mode provider consent url uri hint per total".split()
)
# Before "token" these make it a unit of text or a place in a list.
_UNITS = frozenset(
    "per page next prev previous continuation stop start eos bos pad unk mask sep cls special first last max min total input output"
    " prompt completion reasoning cached".split()
)
_TOKEN_OWNERS = frozenset("access refresh auth api id session bearer csrf xsrf device secret personal oauth security".split())


@lru_cache(maxsize=4096)
def judge_key(name: str, parent: str = "") -> str | None:
    """What the name says of its value: one of the constants above, or None.

    ``parent`` is the name of the object it stands in: in ``{"card": {"number": ...}}`` the two together tell.

    >>> [judge_key(name) for name in ("apiKey", "x-api-key", "cvv", "output_tokens", "tokenizer", "session_count")]
    ['secret', 'secret', 'card', None, None, None]
    >>> judge_key("number", parent="card")
    'card'
    """
    verdict = _judge(_split(name))
    if verdict is None and parent:
        return _judge_together(_split(parent), _split(name))
    return verdict


def _split(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORDS.findall(name[:200]))


def _judge_together(parent: tuple[str, ...], words: tuple[str, ...]) -> str | None:
    if not words or not parent:
        return None
    if parent[-1] == "card" and words[0] in ("number", "no", "num", "exp", "expiry", "expiration", "code", "pin"):
        return CARD
    return _judge((parent[-1], *words)) if words[0] in ("key", "secret", "token", "value") else None


def _judge(words: tuple[str, ...]) -> str | None:
    while words and words[-1].isdigit() and len(words) > 1:
        words = words[:-1]
    if not words or words[-1] in _ABOUT:
        return None
    joined = "".join(words)
    if words[-1] in _CARD_WORDS or words[-2:] in _CARD_ENDINGS or _CARD_PARTS.search(joined):
        return CARD
    if words[-1] == "tokens":
        return SECRET_TEXT if len(words) == 1 or words[-2] in _TOKEN_OWNERS else None
    if words[-1] == "token" and len(words) > 1 and words[-2] in _UNITS:
        return None
    if words[-1] == "pass" and (len(words) == 1 or words[-2] in _PASS_OWNERS):
        return SECRET
    if words[-1] in _SECRET_WORDS or words[-2:] in _SECRET_ENDINGS or _SECRET_PARTS.search(joined):
        return SECRET
    return PHONE if words[-1] in _PHONE_WORDS or words[-2:-1] and words[-2] in _PHONE_WORDS and words[-1] in ("number", "no") else None
