"""Whether what stands in the place of a value is a part of a program: it computes the value, it is not the value."""

from __future__ import annotations

import json
import re

from .name_words import split_name
from .neighbours import judge_name
from .possible_values import is_weak, says_nothing
from .schemas import is_schema

_JOIN = r"(?:\.|->|::|\?\.|!\.)"
_PREFIX = r"(?:(?:await|new|not) |[!&*]{1,2})?"
#: ``tokenizer.next(``, ``Optional[``, ``$_POST[``, ``Box::<dyn T>::new(``: letters, or several parts.
_CALL = re.compile(
    rf"{_PREFIX}(?:[A-Za-z_$]+|[A-Za-z_$][\w$]{{0,60}}(?:{_JOIN}[A-Za-z_$#<][\w$>]{{0,60}}){{1,9}})"
    r"(?:<[^<>\n]{0,60}>)?[!?]?[(\[{]"
)
_PATH = re.compile(rf"{_PREFIX}[A-Za-z_$]+(?:{_JOIN}[A-Za-z_#][A-Za-z_]*)+")
_IDENTIFIER = re.compile(r"[$@]?[A-Za-z_]+")
_ENDS_ARGUMENT = frozenset((",", ")", ";", "]", "}"))
#: A call that reads the value from somewhere else, by a name or with a question.
_READS = re.compile(
    r"(?:^|[._:])(?:get\w*|env\w*|input|prompt|ask\w*|read\w*|load\w*|fetch\w*|find\w*|lookup|pop|header|cookie|param|query|"
    r"field|column|var|ref|t|gettext|secret|encode|decode|split|join|replace|format|match|search|test|compile)\((?:\w+=)?\Z",
    re.IGNORECASE,
)
#: What stands before the name of what is declared here.
_DECLARES = re.compile(r"\b(?:def|function|func|fn|fun|sub|class|struct|interface|enum|type|trait)[ ]{1,4}\Z")
_LONGEST_DECLARATION = 16
#: ``arn:aws:secretsmanager:us-west-2:123456789012:secret:...``
_RESOURCE = re.compile(r"\barn:[\w:/-]*\Z")
_LONGEST_RESOURCE = 80
_CONCATENATED = re.compile(r"\s*\+\s*[A-Za-z_$][\w.$]{0,40}\s*[)+;,]")
_QUOTE_OR_NUMBER = re.compile(r"[\"'`]|\d{3}")


def computes(text: str, start: int, end: int, name: str) -> bool:
    """Whether an unquoted value is an expression.

    >>> [computes(value, 0, len(value), "token") for value in ("lexer.next(", "newToken", "Optional[str", "abc123(x")]
    [True, True, True, False]
    """
    if _CALL.match(text, start):
        return True
    value = text[start:end].rstrip(".,;")
    if _PATH.fullmatch(value):
        return text[start - 1 : start] in (" ", "(") or text[end : end + 1] in _ENDS_ARGUMENT
    return _names_another(value, name, text[start + len(value) : end + 1][:1])


def _names_another(value: str, name: str, behind: str) -> bool:
    """``self.password = password``, ``token = newToken``: a variable that is called like what it holds."""
    if not _IDENTIFIER.fullmatch(value) or value == value.upper():
        return False
    if value == name.rpartition(".")[2]:
        return True
    return bool(judge_name(value)) and (len(split_name(value)) > 1 or behind in _ENDS_ARGUMENT)


def reads(call: str) -> bool:
    """Whether a call, up to its first quote, reads the value from somewhere.

    >>> reads("os.getenv("), reads("config.get(key="), reads("SecretStr(")
    (True, True, False)
    """
    return bool(_READS.search(call))


def is_concatenated(quoted: str) -> bool:
    """Whether what stands between two quotes stands between two texts of a program: ``"token: " + token + "..."``."""
    return bool(_CONCATENATED.match(quoted))


def is_part_of_program(text: str, start: int) -> bool:
    """Whether a name is that of a function or a type that is declared here, or a part of the name of a resource."""
    return bool(_DECLARES.search(text, max(0, start - _LONGEST_DECLARATION), start)) or (
        text[start - 1 : start] == ":"
        and bool(_RESOURCE.search(text, max(0, start - _LONGEST_RESOURCE), start))
    )


def describes(bracket: str) -> bool:
    """Whether a bracket holds no value: ``(0, 0)``, ``(self, x)``, a JSON schema, ``{"a": null}``."""
    if not bracket[1:-1].strip() or " for " in bracket or "self." in bracket:
        return True
    if bracket.startswith("("):
        return not _QUOTE_OR_NUMBER.search(bracket)
    try:
        value = json.loads(bracket)
    except (ValueError, RecursionError):
        return False
    return is_schema(value, is_property=True) or says_nothing(value)


_COMPARED = re.compile(r"[!=]==?[ \t]{0,9}\Z")
_VARIABLE = re.compile(r"[A-Za-z_$][A-Za-z_.$]*")
_WORDS = re.compile(r"[\[(][A-Za-z][A-Za-z ,-]*[\])]")
_LONGEST_COMPARISON = 12


def is_compared(text: str, at: int, start: int, end: int) -> bool:
    """Whether a value is a variable that another is compared with: ``if password == stored``."""
    return bool(
        _COMPARED.search(text, max(0, at - _LONGEST_COMPARISON), at)
        and _VARIABLE.fullmatch(text[start:end].rstrip(":;.,"))
    )


def lists_words(bracket: str, name: str) -> bool:
    """Whether a bracket holds words, and the name means something else as often: ``cookies: [chocolate, oatmeal]``."""
    return is_weak(name) and bool(_WORDS.fullmatch(bracket))
