"""Whether a part of a trace failed, and what it says of that. Pure."""

from __future__ import annotations

from typing import Any, Final, Protocol

import msgspec

from caselog.endings import is_error, is_failed_status
from lake.said_errors import Said, read_said, result_says

#: The JSON of a field that is not there: this very object.
NOTHING: Final = msgspec.Raw(b"null")
_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_as_any = msgspec.json.Decoder().decode
#: Of a longer result of a call only the beginning is read.
_LONGEST_RESULT: Final = 16_384
_encode = msgspec.json.Encoder(order="deterministic").encode


def read_value(value: msgspec.Raw) -> Any:
    """What the JSON says; None where it cannot be read."""
    try:
        return _as_any(value)
    except _UNREADABLE:
        return None


def is_null(value: msgspec.Raw) -> bool:
    """Whether a field is not there, or says nothing."""
    return value is NOTHING or (len(value) == len(NOTHING) and bytes(value) == b"null")


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
    return (part.status is not None and is_failed_status(part.status)) or (
        part.error is not NOTHING and read_error(part.error) != (None, None)
    )


def read_error(value: msgspec.Raw) -> Said:
    """Type and message of what a part says of its failure: a text, an object of any shape, or any other JSON.

    >>> read_error(msgspec.Raw(b'{"type": "Timeout", "message": "no answer"}')), read_error(msgspec.Raw(b'"late"'))
    (('Timeout', 'no answer'), (None, 'late'))
    >>> read_error(msgspec.Raw(b'false'))
    (None, None)
    """
    found = read_value(value)
    if not is_error(found):
        return None, None
    if isinstance(found, (str, dict, list)):
        return read_said(found)
    return None, _encode(found).decode()


def read_reason(result: msgspec.Raw) -> Said:
    """Type and message of what the result of a call that failed says.

    >>> read_reason(msgspec.Raw(b'{"content": [{"type": "text", "text": "no stock"}], "isError": true}'))
    (None, 'no stock')
    """
    try:
        return result_says(_as_any(_beginning(bytes(result))))
    except _UNREADABLE:
        return None, None


def _beginning(json: bytes) -> bytes:
    """The JSON; of a long text as much as ends with a word: a space is never within an escape. Else ``null``."""
    if len(json) <= _LONGEST_RESULT:
        return json
    end = json.rfind(b" ", 0, _LONGEST_RESULT) if json.startswith(b'"') else -1
    return json[:end] + b'"' if end > 0 else b"null"
