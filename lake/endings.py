"""How a part of a trace says that it failed, whatever field it says it by: its status says so afterwards. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Protocol

import msgspec

from caselog.endings import FAILED_STATUSES, STATUS_FIELDS, is_failed_status, says_failed
from caselog.said_parts import has_error_in
from lake.failures import NOTHING, has_failed, read_value

_UNREADABLE: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_FAILED: Final = "error"
_encode = msgspec.json.Encoder().encode


class Ended(Protocol):
    """What a part may say of its end beside its error; the fields that are no status are JSON."""

    status: str | None
    error: msgspec.Raw
    state: msgspec.Raw
    outcome: msgspec.Raw
    level: msgspec.Raw
    success: msgspec.Raw


class _Back(msgspec.Struct, gc=False):
    type: msgspec.Raw = NOTHING
    isError: msgspec.Raw = NOTHING  # noqa: N815 - as MCP calls it
    is_error: msgspec.Raw = NOTHING


_as_back = msgspec.json.Decoder(_Back).decode


def settle(part: Ended) -> None:
    """Has the status say what another field says, and be a word of a log."""
    status = part.status
    if status is not None and status not in _USUAL and _is_odd_failure(status):
        is_word = status.strip().lower() in FAILED_STATUSES
        fail(part, NOTHING if is_word else msgspec.Raw(_encode(status)))
    if part.state is part.outcome is part.level is part.success is NOTHING:
        return  # as most say nothing of it
    said = {name: value for name in _SAID if (value := getattr(part, name)) is not NOTHING}
    if (
        said
        and not has_failed(part)
        and says_failed({name: _small(value) for name, value in said.items()}.get)
    ):
        part.status = _FAILED


#: Statuses that need no second look.
_USUAL: Final = frozenset((*FAILED_STATUSES, "ok", "success", "completed", "SUCCESS", "OK"))


@lru_cache(maxsize=1024)
def _is_odd_failure(status: str) -> bool:
    return is_failed_status(status) and status.lower() not in FAILED_STATUSES


#: Other fields of `caselog.endings.says_failed`, `null` where they are not there.
_SAID: Final = (*(name for name in STATUS_FIELDS if name != "status"), "level", "success")
#: What is longer is none of the words.
_LONGEST: Final = 300


def _small(value: msgspec.Raw) -> Any:
    return read_value(value) if len(value) <= _LONGEST else None


def fail(part: Ended, why: msgspec.Raw = NOTHING) -> None:
    """Has the status say it; ``why`` is what an error is not told by."""
    part.status = _FAILED
    if part.error is NOTHING:
        part.error = why


def status_of(value: msgspec.Raw, part: Ended) -> str | None:
    """The status of a part whose status is no text: of an object or a number it may be that it failed."""
    said = read_value(value)
    if isinstance(said, str) or not is_failed_status(said):
        return said if isinstance(said, str) else None
    fail(part, value)
    return _FAILED


def gave_error(result: msgspec.Raw) -> bool:
    """Whether what came back says within itself that the call failed."""
    if result is NOTHING or bytes(memoryview(result)[:1]) != b"{" or b"rror" not in (text := bytes(result)):
        return False
    try:
        back = _as_back(text)
    except _UNREADABLE:
        return False
    return has_error_in({name: _small(getattr(back, name)) for name in _Back.__struct_fields__})
