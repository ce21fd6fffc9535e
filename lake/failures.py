"""Whether a part of a trace failed, and what it says of that. Pure."""

from __future__ import annotations

import re
from typing import Any, Final, Protocol

import msgspec

from caselog.endings import is_error, is_failed_status

#: The JSON of a field that is not there: this very object.
NOTHING: Final = msgspec.Raw(b"null")
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_as_any = msgspec.json.Decoder().decode
#: How most languages write an exception: its name, which has two capitals or an ending of its kind, and what it says.
_EXCEPTION: Final = re.compile(
    r"(?:[A-Za-z_]\w*\.)*"
    r"(?:[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]\w*(?:Error|Exception|Timeout)|Error|Exception|Timeout)(?=: +\S)"
)
#: The longest such name.
_LONGEST_TYPE: Final = 200
_encode = msgspec.json.Encoder(order="deterministic").encode


class Told(Protocol):
    """A part, as far as it matters here; ``error`` is JSON, ``null`` where it says none."""

    status: str | None
    error: msgspec.Raw


def has_failed(part: Told) -> bool:
    """Whether a part failed: its status says so, or it has an error; as `caselog.endings.says_failed` has it.

    >>> from lake.trace_parts import Part
    >>> has_failed(Part(status="Error")), has_failed(Part(error=msgspec.Raw(b'"late"'))), has_failed(Part(status="ok"))
    (True, True, False)
    """
    return is_failed_status(part.status) or (
        part.error is not NOTHING and read_error(part.error) != (None, None)
    )


def read_error(value: msgspec.Raw) -> tuple[str | None, str | None]:
    """Type and message of what a part says of its failure: a text, an object of both, or any other JSON.

    >>> read_error(msgspec.Raw(b'{"type": "Timeout", "message": "no answer"}')), read_error(msgspec.Raw(b'"late"'))
    (('Timeout', 'no answer'), (None, 'late'))
    >>> read_error(msgspec.Raw(b'false'))
    (None, None)
    """
    try:
        found: Any = _as_any(value)
    except _UNREADABLE:
        return None, None
    if not is_error(found):
        return None, None
    if isinstance(found, str):
        return typed(None, found)
    if isinstance(found, dict) and (_text(found.get("type")) or _text(found.get("message"))):
        return typed(_text(found.get("type")), _text(found.get("message")))
    return None, _encode(found).decode()


def typed(kind: str | None, message: str | None) -> tuple[str | None, str | None]:
    """Type and message; the type is read from the message where it begins with one and nothing else names it.

    >>> typed(None, "shop.PaymentRefused: no currency"), typed("Late", "TimeoutError: 5 s")
    (('shop.PaymentRefused', 'no currency'), ('Late', 'TimeoutError: 5 s'))
    >>> typed(None, "Note: late")
    (None, 'Note: late')
    """
    if kind or message is None:
        return kind, message
    named = _EXCEPTION.match(message, 0, _LONGEST_TYPE)
    return (None, message) if named is None else (named[0], message[named.end() + 1 :].lstrip())


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
