"""What stands in the place of a private value and is none: a word that tells of it, a placeholder, another meaning."""

from __future__ import annotations

import re

from .neighbours import judge_name
from .possible_values import is_ordinary, is_weak

#: Words behind a name that tell of the secret, not the secret.
TELLS = frozenset(
    ("", "null", "none", "nil", "true", "false", "undefined", "{", "[", "ok", "invalid", "valid", "expired", "required",
     "missing", "failed", "failure", "success", "succeeded", "denied", "granted", "verified", "enabled", "disabled",
     "rejected", "accepted", "revoked", "incorrect", "wrong", "unknown", "empty", "optional", "field",
     "must", "should", "cannot", "not", "is", "are", "was", "were", "has", "have", "set", "unset", "sent", "done",
     "passed", "str", "string", "int", "integer", "bool", "boolean", "bytes", "object", "any", "the", "a", "an", "this",
     "that", "please", "see", "use", "why", "what", "how", "when", "where", "who", "be", "to", "of", "for", "from",
     "in", "on", "and", "or", "but", "if", "we", "you", "i", "it", "n/a", "yes", "no", "pending", "error",
     "mismatch", "your", "full", "output", "input", "!0", "!1", "void", "lambda", "function", "typeof", "oauth",
     "oauth2", "ldap", "saml", "sso", "basic", "bearer", "digest", "expected", "too",
     "не", "нет", "nicht", "kein", "keine", "não", "non", "pas", "niet", "geen", "nie", "inte", "ikke", "değil", "yok")
)  # fmt: skip
#: What stands for a secret and is none.
PLACEHOLDER = re.compile(
    r"\$\{?\w+\}?|%\w+%|%[rsd]|%\(\w+\)s|\{\w*\}|\{\{[^{}]*\}\}|\*{3,}"
    r"|x{4,}|\[[a-z]+\]|(?:email|phone):[0-9a-f]{16}|<redacted>"
    r"|:[a-z_]{2,40}|![a-z_]{2,20}"
    r"|<?your[ _-][a-z _-]{2,40}>?|<(?:your|enter|insert)|<[a-z][\w .-]{2,40}>|arn:\S+",
    re.IGNORECASE,
)
#: The name of a setting: ``AWS_SECRET_ACCESS_KEY``.
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_COUNT = re.compile(r"[\d.,]+k?")
_PATH = re.compile(r"(?:[A-Za-z]:\\|~?/)\S*")
#: Names that mean something else as often, and what their value then looks like.
_OTHERWISE = {"pwd": _PATH, "pass": _COUNT, "pin": re.compile(r"[A-Z]+\d+"), "pan": re.compile(r"\d{1,3}%?")}


def is_public(name: str, value: str, first: str) -> bool:
    """Whether a value is a placeholder, or what the name means otherwise; ``first`` is its first word.

    >>> is_public("password", "$DB_PASSWORD", "$DB_PASSWORD"), is_public("salt", "2 tsp", "2")
    (True, True)
    """
    if PLACEHOLDER.fullmatch(value) or (_CONSTANT.fullmatch(value) and (judge_name(value) or is_weak(name))):
        return True
    if len(value) < 2 or (is_weak(name) and is_ordinary(value)):
        return True
    otherwise = _OTHERWISE.get(name.lower())
    return bool(otherwise and otherwise.fullmatch(first))
