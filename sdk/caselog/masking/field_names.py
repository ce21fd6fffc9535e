"""Which names say that their value is a secret: ``api_key``, ``X-Api-Key``, ``userPassword``; not ``output_tokens``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from .foreign import judge_foreign
from .kinds import CARD, IBAN, NAME, PHONE, SECRET, SECRET_TEXT
from .name_words import split_name

# Compared with the name without its separators, so that one entry covers snake, camel, kebab and run-together.
_SECRET_NAMES = (
    "password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "contrasena", "wachtwoord", "motdepasse",
    "nenosiri", "katasandi", "credential", "apikey", "apisecret", "secretkey", "accesskey", "privatekey", "signingkey",
    "encryptionkey", "masterkey", "sshkey", "authkey", "accountkey", "storagekey", "subscriptionkey", "sharedkey",
    "sessionkey", "webhookkey", "hashkey", "hmackey", "servicerolekey", "clientsecret", "accesstoken", "refreshtoken",
    "authtoken", "bearertoken", "idtoken", "sessiontoken", "apitoken", "csrftoken", "xsrftoken", "securitytoken",
    "personaltoken", "connectionstring", "sharedaccesssignature", "amzsignature", "googsignature", "onetimecode",
)  # fmt: skip
_CARD_NUMBERS = ("cardnumber", "cardnum", "cardno", "cardnr")
_CARD_NAMES = ("cardverification", "cardsecurity", "cardcvv", "cardcvc", "cardpin", "cardexp", "cardpan", "ccnumber",
               "ccnum", "cvvcode", "cvccode")  # fmt: skip
_SECRET_PARTS = re.compile("|".join(_SECRET_NAMES))
_CARD_PARTS = re.compile(rf"(?:{'|'.join(_CARD_NUMBERS)})s?(?![a-z])|{'|'.join(_CARD_NAMES)}")
_SECRET_WORDS = frozenset(
    ("secret", "secrets", "pwd", "pw", "authorization", "auth", "cookie", "cookies", "creds", "csrf", "xsrf", "jwt",
     "jwts", "bearer", "otp", "otps", "totp", "pin", "pins", "token", "sig", "salt", "senha", "senhas", "phpsessid",
     "jsessionid")
)  # fmt: skip
_SECRET_ENDINGS = frozenset(
    (("secret", "id"), ("secret", "value"), ("token", "value"), ("token", "secret"),
     ("code", "verifier"), ("client", "assertion"), ("saml", "response"), ("saml", "assertion"),
     ("security", "answer"), ("security", "answers"), ("auth", "header"), ("auth", "headers"),
     ("authorization", "header"), ("authorization", "headers"), ("cookie", "header"))
)  # fmt: skip
# Before "code" these make it one that opens something; a postal or a booking code opens nothing.
_CODE_OWNERS = frozenset(
    ("verification", "mfa", "fa", "otp", "totp", "pin", "auth", "authorization", "authenticator", "sms", "login",
     "signin", "access", "recovery", "backup", "unlock")
)  # fmt: skip
# Before "key" these make it a secret; a primary, sort, cache or issue key is none.
_KEY_OWNERS = frozenset(
    ("openai", "anthropic", "claude", "gemini", "google", "azure", "mistral", "cohere", "groq", "deepseek", "hf",
     "huggingface", "replicate", "pinecone", "algolia", "langsmith", "langfuse", "maps", "mapbox", "stripe", "twilio",
     "sendgrid", "mailgun", "mailchimp", "postmark", "resend", "slack", "github", "gitlab", "datadog", "dd",
     "newrelic", "relic", "sentry", "supabase", "firebase", "fcm", "vapid", "cloudflare", "heroku", "vercel",
     "jwt", "app", "license", "licence", "activation", "deploy", "service", "admin", "root", "bot", "consumer",
     "recovery", "wifi", "wpa", "ssh", "gpg", "pgp", "aes", "rsa", "ec", "tls", "ssl", "cipher", "decryption",
     "symmetric")
)  # fmt: skip
# A boarding pass is no password, and a forward pass is none either.
_PASSES = frozenset(
    ("boarding", "bus", "rail", "train", "flight", "travel", "transit", "metro", "city", "ski", "mountain", "park",
     "museum", "gym", "lounge", "event", "festival", "backstage", "hall", "press", "vip", "visitor", "security",
     "day", "week", "weekly", "month", "monthly", "annual", "season", "eurail", "interrail",
     "first", "second", "third", "last", "final", "single", "multi", "forward", "backward")
)  # fmt: skip
#: Names that mean something else as often: a word or an amount under them is no secret.
WEAK_WORDS = frozenset(
    ("salt", "pass", "pin", "pins", "csrf", "xsrf", "sig", "pan", "csc", "auth", "cookie", "cookies", "bearer", "clave",
     "sandi", "parola", "heslo", "cep", "tan", "pw", "token", "tokens", "jwt", "credential", "credentials")
)  # fmt: skip
_CARD_WORDS = frozenset(("cvv", "cvvs", "cvc", "cvcs", "csc", "pan", "ccn"))
_PHONE_WORDS = frozenset(
    ("phone", "phones", "telephone", "telephones", "mobile", "mobiles", "cellphone", "cell", "fax", "msisdn",
     "whatsapp", "tel", "telefon", "telefone", "telefono", "telefonnummer", "handy", "handynummer", "rufnummer",
     "phoneno", "phonenumber", "phonenumbers", "mobileno", "mobilenumber")
)  # fmt: skip
_NUMBERS = frozenset(("number", "numbers", "no", "num", "nr"))
_KINDS_OF_PHONE = frozenset(
    ("home", "work", "office", "business", "private", "personal", "main", "primary", "secondary", "other", "alternate",
     "emergency", "landline", "mobile", "cell", "day", "evening", "e", *_NUMBERS)
)  # fmt: skip
_PARTS_OF_PHONE = frozenset(
    (*_KINDS_OF_PHONE, "value", "raw", "national", "international", "formatted", "digits")
)
_PHONE_ENDINGS = frozenset(
    (("contact", "number"), ("from", "number"), ("to", "number"), ("caller", "number"), ("caller", "id"))
)

# A name that ends so tells something about the secret, not the secret.
_ABOUT = frozenset(
    ("count", "counts", "length", "len", "limit", "budget", "usage", "used", "type", "policy", "required", "changed",
     "reset", "resets", "at", "in", "status", "strength", "enabled", "attempts", "errors", "failures", "valid",
     "verified", "check", "checked", "sent", "created", "expired", "expires", "expiry", "ttl", "age", "days",
     "seconds", "version", "name", "names", "method", "scheme", "mode", "provider", "consent", "url", "uri", "hint",
     "per", "total", "remaining", "ratelimit", "rate")
)  # fmt: skip
# A name that begins so is a question, an error or an act: "has_password", "invalid_token", "verify_pin".
_ASKS = frozenset(
    ("verify", "validate", "check", "has", "is", "uses", "no", "requires", "needs", "invalid", "missing", "wrong")
)  # fmt: skip
_ASKS_NOTHING = frozenset((("no", "reply"), ("check", "in"), ("check", "out")))
_ACTS = frozenset(("forgot", "forgotten", "reset", "change", "update", "confirm"))
_ACTED_ON = frozenset(("password", "passwd", "pin", "auth"))
# "reset_password" is an act; what "reset_password_token" names opens the account.
_OPENERS = frozenset(("token", "secret", "code", "key"))
# These are fields of forms and settings as often as they are acts: a secret where they hold a text.
_ACTS_OR_FIELDS = frozenset((("verify", "token"), ("confirm", "password"), ("confirm", "pin")))
# Before "token" these make it a unit of text or a place in a list.
_UNITS = frozenset(
    ("per", "page", "next", "prev", "previous", "continuation", "stop", "start", "eos", "bos", "pad", "unk", "mask",
     "sep", "cls", "special", "first", "last", "max", "min", "total", "input", "output", "prompt", "completion",
     "reasoning", "cached")
)  # fmt: skip
_TOKEN_OWNERS = frozenset(
    ("access", "refresh", "auth", "api", "id", "session", "bearer", "csrf", "xsrf", "device", "secret", "personal",
     "oauth", "security", "bot", "fcm", "apns", "push", "registration", "invite", "reset", "webhook")
)  # fmt: skip
#: "x-ratelimit-reset-tokens" is a duration.
_LIMITS = frozenset(("ratelimit", "rate", "limit", "remaining"))
_PARTS_OF_CARD = frozenset((*_NUMBERS, "exp", "expiry", "expiration", "code", "pin"))
_PARTS_OF_SECRET = frozenset(("key", "keys", "secret", "token"))
_PARTS_OF_ANY = frozenset((*_NUMBERS, "id"))
#: Under a name that tells, these hold what it names: the value itself, and what a JSON schema says of it.
_HOLDERS = frozenset(("value", "default", "const", "enum", "example", "examples"))

#: For the docs: what names tell, as kind, form (``*`` is any other word) and the words that stand in it.
TELLING: tuple[tuple[str, str, Iterable[str]], ...] = (
    (SECRET, "*{}*", _SECRET_NAMES),
    (SECRET, "*_{}", (*_SECRET_WORDS, "pass", *map("_".join, _SECRET_ENDINGS))),
    (SECRET, "{}_key", _KEY_OWNERS),
    (SECRET, "{}_code", _CODE_OWNERS),
    (CARD, "*{}*", _CARD_NAMES),
    (CARD, "*{}", _CARD_NUMBERS),
    (CARD, "*_{}", (*_CARD_WORDS, "security_code", "card_code")),
    (IBAN, "*_{}", ("iban", "ibans")),
    (PHONE, "*_{}", (*_PHONE_WORDS, *map("_".join, _PHONE_ENDINGS))),
)
#: For the docs: what names say that their value is not private itself, whatever else they say.
TELLING_NOTHING: tuple[tuple[str, Iterable[str]], ...] = (
    ("*_{}", _ABOUT), ("{}_*", _ASKS), ("{}_token", _UNITS), ("{}_pass", _PASSES),
)  # fmt: skip

#: Each name that is judged anything on its own holds one of these, in lower case and ASCII.
STEMS = (
    "pass", "kennwort", "contrasena", "senha", "woord", "cred", "key", "secret", "token", "connection", "sig", "pw",
    "auth", "cookie", "jwt", "bearer", "otp", "pin", "srf", "sessi", "salt", "saml", "assertion", "security",
    "cv", "csc", "pan", "card", "code", "ccn", "iban",
    "phone", "tel", "mobile", "cell", "fax", "msisdn", "whatsapp", "handy", "num", "caller",
    "clave", "mdp", "sandi", "parola", "sifre", "siri", "heslo", "salasana", "passord", "kod", "sandhi", "palavra",
    "parol", "parool", "lozink", "zaporka", "psw", "sirri", "laluan", "sifr",
    "name", "holder", "passenger", "nombre", "apellido", "nom", "nama", "nazwisko", "naam",
)  # fmt: skip
#: Names that tell only with the object they stand in, or with the name beside them.
TELLING_TOGETHER = frozenset(
    (*_PARTS_OF_CARD, *_PARTS_OF_SECRET, "id", "value", "values", "val", "content", "data", "text", "default",
     "Value", "Values", "Content", "Data", "Text", "ParameterValue", "new_value", "old_value", "newValue", "oldValue")
)  # fmt: skip


@lru_cache(maxsize=4096)
def judge_key(name: str, parent: str = "") -> str | None:
    """What the name says of its value: one of the verdicts, or None.

    ``parent`` is the name of the object it stands in: in ``{"card": {"number": ...}}`` the two together tell.

    >>> [judge_key(name) for name in ("apiKey", "x-api-key", "cvv", "output_tokens", "tokenizer", "session_count")]
    ['secret', 'secret', 'card', None, None, None]
    >>> judge_key("number", parent="card")
    'card'
    """
    words = split_name(name)
    verdict = _judge(words, name)
    return _judge_together(split_name(parent), words) if verdict is None and parent else verdict


def _judge_together(parent: tuple[str, ...], words: tuple[str, ...]) -> str | None:
    if not words or not parent:
        return None
    first, owner = words[0], parent[-1]
    if owner in ("card", "cards") and first in _PARTS_OF_CARD:
        return CARD
    if first in _HOLDERS:
        return _judge(parent)
    if first in _PARTS_OF_PHONE and _is_phone(parent):
        return PHONE
    if first in _PARTS_OF_SECRET or (first in _PARTS_OF_ANY and len(words) == 1):
        return _judge((owner, *words))
    return None


def _judge(words: tuple[str, ...], name: str = "") -> str | None:
    if words in _ACTS_OR_FIELDS:
        return SECRET_TEXT
    if words and (_asks(words) or _tells_about(words)):
        return None
    if words[-1:] == ("tokens",):
        return SECRET_TEXT if _is_list_of_tokens(words) else None
    rules = ((CARD, _is_card), (SECRET, _is_secret), (IBAN, _is_iban), (PHONE, _is_phone))
    kind = next((kind for kind, holds in rules if words and holds(words)), None)
    foreign = judge_foreign(words, name) if kind is None and (words or name) else None
    return kind if foreign in (None, NAME) else foreign


def _is_list_of_tokens(words: tuple[str, ...]) -> bool:
    return len(words) == 1 or (words[-2] in _TOKEN_OWNERS and not _LIMITS & {*words})


def _asks(words: tuple[str, ...]) -> bool:
    """Whether a name is a question, an error or an act: what stands under it is its outcome."""
    if words[0] in _ACTS:
        return len(words) > 1 and words[1] in _ACTED_ON and words[-1] not in _OPENERS
    return words[0] in _ASKS and words[:2] not in _ASKS_NOTHING


def _tells_about(words: tuple[str, ...]) -> bool:
    if words[-1] in ("id", "ids"):
        # AWS calls half of a key, and Vault half of a password, an id.
        return words[-3:-1] != ("access", "key") and words[-2:-1] not in (("secret",), ("caller",))
    return words[-1] in _ABOUT and words[-2:] != ("card", "expiry")


def _is_card(words: tuple[str, ...]) -> bool:
    if words[-1] in _CARD_WORDS or _CARD_PARTS.search("".join(words)):
        return True
    return words[-1] in ("code", "codes") and words[-2:-1] in (("security",), ("card",))


def _is_secret(words: tuple[str, ...]) -> bool:
    last, owner = words[-1], words[-2] if len(words) > 1 else ""
    if last == "token" and owner in _UNITS:
        return False
    if last == "pass":
        return owner not in _PASSES
    return (
        last in _SECRET_WORDS
        or words[-2:] in _SECRET_ENDINGS
        or (last in ("code", "codes") and owner in _CODE_OWNERS)
        or _is_key(last, owner)
        or bool(_SECRET_PARTS.search("".join(words)))
    )


def _is_key(last: str, owner: str) -> bool:
    if last in ("key", "keys"):
        return owner in _KEY_OWNERS
    return last.endswith("key") and last[:-3] in _KEY_OWNERS


def _is_iban(words: tuple[str, ...]) -> bool:
    last = words[-2] if len(words) > 1 and words[-1] in _NUMBERS else words[-1]
    return last in ("iban", "ibans")


def _is_phone(words: tuple[str, ...]) -> bool:
    if words[-1] in _PHONE_WORDS or words[-2:] in _PHONE_ENDINGS:
        return True
    return words[-1] in _KINDS_OF_PHONE and words[-2:-1] != () and words[-2] in _PHONE_WORDS
