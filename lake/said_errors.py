"""Type and message of an error in whatever shape it was logged; `web/trace/said-errors.ts` reads the same. Pure.

Both are held together by the cases of ``tests/lake/said_errors.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

import msgspec

from lake.message_pattern import GENERIC_TYPES

Said = tuple[str | None, str | None]

#: Fields that name the type, those that hold the message, and those in which an error stands; the first counts.
#: ``exception.type`` and ``error.type`` are OpenTelemetry's.
TYPES: Final = (
    *("type", "exception.type", "error.type", "exc_type", "exception_type", "error_type", "errorType"),
    *("exceptionType", "error_class", "class", "name", "code"),
)
MESSAGES: Final = (
    *("message", "exception.message", "error.message", "exc_message", "exception_message", "error_message"),
    *("errorMessage", "detail", "details", "description", "statusMessage", "reason", "msg", "text", "value"),
)
INSIDE: Final = ("error", "exception", "err", "errors")
STACKS: Final = (
    *("stack", "traceback", "stacktrace", "stack_trace", "exception.stacktrace", "exc_info", "exc_traceback"),
)
#: What of it names the type in a result, where ``type`` and ``name`` are those of a block or of anything.
_TYPES_OF_RESULTS: Final = tuple(name for name in TYPES if name not in ("type", "name", "code", "class"))
#: Fields of a result, and of blocks in it, that hold words.
WORDS: Final = ("text", "content", "output", "result", "error_code", "stderr")
_MOST_WORDS: Final = 20
_DEPTH: Final = 4
#: How most languages write an exception: its name, which has two capitals or an ending of its kind, and what it says.
_NAME: Final = (
    r"(?:[A-Za-z_]\w*\.)*"
    r"(?:[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]\w*(?:Error|Exception|Timeout)|Error|Exception|Timeout)"
)
_EXCEPTION: Final = re.compile(rf"{_NAME}(?=: +\S)", re.ASCII)
#: What only an exception is called, where a field ``name`` may be that of a tool.
_EXCEPTION_ALONE: Final = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception)", re.ASCII)
#: The longest such name.
_LONGEST_TYPE: Final = 200
_TRACEBACK: Final = "Traceback (most recent call last):"
#: Where a traceback says what it is about: its first line that is not indented.
_END_OF_TRACEBACK: Final = re.compile(r"\n([A-Za-z_][\w.]*)(?:: ?|(?=\n|$))", re.ASCII)
#: Where the places of a stack begin, as JavaScript and Java write them.
_PLACES: Final = re.compile(r"\n[ \t]+at [^\n]*(?:\n[^\n]*)*$")
_encode = msgspec.json.Encoder(order="deterministic").encode


def read_said(error: Any) -> Said:
    """What a text, an object or a list says; an object of which nothing is understood is its own message.

    >>> read_said({"name": "TypeError", "message": "x is no function", "stack": "..."})
    ('TypeError', 'x is no function')
    >>> read_said({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    ('overloaded_error', 'Overloaded')
    """
    kind, message = _read(error, _DEPTH)
    if message is None and isinstance(error, (dict, list)) and error and not kind:
        return None, _json_of(error)
    return kind, message


def entry_says(entry: Mapping[str, Any]) -> Said:
    """What an entry of ``errors`` says: its ``name`` is that of a tool, unless only an exception is called so."""
    if is_exception_name(entry):
        return _read(entry, _DEPTH)
    return _read({name: value for name, value in entry.items() if name not in ("name", "code")}, _DEPTH)


def is_exception_name(entry: Mapping[str, Any]) -> bool:
    """Whether the field ``name`` of an entry is the type of an error, as JavaScript has it."""
    name = _text(entry.get("name"))
    if name is None or _first(entry, TYPES[:-2]) is not None:
        return False
    return "stack" in entry or bool(_EXCEPTION_ALONE.fullmatch(name, 0, _LONGEST_TYPE))


def typed(kind: str | None, message: str | None) -> Said:
    r"""Type and message; the type is read from the message where it begins with one and nothing else names it.

    >>> typed(None, "shop.PaymentRefused: no currency"), typed("Late", "TimeoutError: 5 s")
    (('shop.PaymentRefused', 'no currency'), ('Late', 'TimeoutError: 5 s'))
    >>> typed(None, "Note: late")
    (None, 'Note: late')
    >>> typed(None, 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nDatabaseLocked: by 7')
    ('DatabaseLocked', 'by 7')
    """
    if message is None:
        return kind, None
    if _TRACEBACK in message and (found := _end_of(message)):
        return kind or found[0], found[1]
    if kind:
        return kind, message
    named = _EXCEPTION.match(message, 0, _LONGEST_TYPE)
    if named is None:
        return None, message
    said = message[named.end() + 1 :].lstrip()
    return named[0], _PLACES.sub("", said) or None


def result_says(result: Any) -> Said:
    """What the result of a call that failed says: the error in it, else its words; JSON in a text is read.

    >>> result_says('{"error": "card declined"}'), result_says([{"type": "text", "text": "KeyError: 7"}])
    ((None, 'card declined'), ('KeyError', '7'))
    """
    told = _json_in(result) if isinstance(result, str) else result
    if isinstance(told, dict):
        inside = next((said for name in INSIDE if any(said := _read(told.get(name), _DEPTH))), None)
        if inside:
            return inside
        if (message := _first(told, MESSAGES)) is not None:
            return typed(_first(told, _TYPES_OF_RESULTS), message)
    words = " ".join(islice(_words(told, _DEPTH), _MOST_WORDS)).strip()
    if words or not told or not isinstance(told, (dict, list)):
        return typed(None, words or None)
    return None, _json_of(told)


def _json_of(value: Any) -> str | None:
    """JSON with its keys in order; None where half a letter stands in it."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return None


def _json_in(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return text


def _words(value: Any, depth: int) -> Iterator[str]:
    """The texts of content: a text, or blocks of it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth:
        for each in value[:_MOST_WORDS]:
            yield from _words(each, depth - 1)
    elif isinstance(value, dict) and depth:
        for name in WORDS:
            yield from _words(value.get(name), depth - 1)


def _end_of(traceback: str) -> Said | None:
    """What the last traceback of a text is about."""
    last = traceback[traceback.rindex(_TRACEBACK) + len(_TRACEBACK) :]
    found = _END_OF_TRACEBACK.search(last)
    return (found[1], last[found.end() :].strip() or None) if found else None


def _read(error: Any, depth: int) -> Said:
    if isinstance(error, str):
        return typed(None, error or None)
    if isinstance(error, list) and depth:
        return next((said for each in error[:20] if any(said := _read(each, depth - 1))), (None, None))
    if isinstance(error, dict) and depth:
        return _of_object(error, depth)
    return None, None


def _of_object(error: Mapping[str, Any], depth: int) -> Said:
    kind, message = _first(error, TYPES), _first(error, MESSAGES)
    if message is None:
        inner, message = next((said for said in _inside(error, depth) if any(said)), (None, None))
        # An answer of an API calls itself an error; what stands in it says which.
        if (kind or "").lower() in GENERIC_TYPES:
            kind = inner or kind
    return typed(kind, message)


def _inside(error: Mapping[str, Any], depth: int) -> Iterator[Said]:
    """What the fields say that hold an error, a message that is no text, or the places of a stack."""
    for name in (*INSIDE, *MESSAGES, *STACKS):
        if error.get(name):
            yield _read(error[name], depth - 1)


def _first(error: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := _text(error.get(name)))), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
