"""How a run can end by an exception that is no error, and how a step or a tool call says that it failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Callable

from .guard import let_pass

#: Words by which a step or a call says that it failed, in lower case: for the SDK, the tables and the pages.
FAILED_STATUSES = (
    "deadline exceeded",
    "error",
    "errored",
    "exception",
    "fail",
    "failed",
    "failure",
    "incomplete",
    "timed out",
    "timed_out",
    "timedout",
    "timeout",
)
#: Statuses, states and outcomes that say no more than that something is done, in lower case.
DONE_STATUSES = (
    "ok",
    "success",
    "succeeded",
    "complete",
    "completed",
    "done",
    "finished",
    "result",
    "output-available",
    "outcome_ok",
)
#: Fields that say `true` of a step or a call that failed.
FAILED_FLAGS = ("is_error", "isError")
#: Fields that say in the words of a status how it ended.
STATUS_FIELDS = ("status", "state", "outcome")
#: What the field ``level`` says of a step that failed, as Langfuse has it.
FAILED_LEVELS = ("critical", "error", "fatal")
#: Where a status that is an object says it, as OpenTelemetry has it.
STATUS_CODES = ("code", "status_code", "statusCode", "status", "state")
#: OpenTelemetry's number of a status that is an error.
_OTEL_ERROR = 2

_WORDS = "|".join(word for word in FAILED_STATUSES if "_" not in word)
#: A whole status of a failure, in small letters with blanks between its words: such words, or one of HTTP's numbers;
#: what may follow are more of them, a number, and why. A pattern that JavaScript reads, too.
FAILED_STATUS = (
    rf"(?:output |outcome |status code )?(?:{_WORDS})(?: (?:{_WORDS}|[0-9]+))*(?: ?[:;,(].*)?|[45][0-9][0-9]"
)
_FAILED = re.compile(FAILED_STATUS)
_GAPS = re.compile(r"[\s_-]+")
#: A longer text is no status: it is cut before it is read.
_LONGEST_STATUS = 200


def says_failed(read: Callable[[str], Any]) -> bool:
    """Whether a step or a call failed, from its fields by name: by a status, an error, a level or a flag.

    >>> says_failed({"status": "Timeout"}.get), says_failed({"status": "ok"}.get), says_failed({"error": "late"}.get)
    (True, False, True)
    >>> says_failed({"success": False}.get), says_failed({"level": "ERROR"}.get)
    (True, True)
    """
    return (
        any(is_failed_status(read(name)) for name in STATUS_FIELDS)
        or is_error(read("error"))
        or any(read(name) is True for name in FAILED_FLAGS)
        or read("success") is False
        or is_failed_level(read("level"))
    )


def is_failed_status(status: Any) -> bool:
    """Whether a status says that it failed: a text, HTTP's number, or an object with a code.

    >>> [is_failed_status(each) for each in ("Failed: 502", " error ", "TIMEDOUT", "error_timeout", 500)]
    [True, True, True, True, True]
    >>> [is_failed_status(each) for each in ("no error", "ok", 200, "error handling", {"code": "OK"})]
    [False, False, False, False, False]
    """
    if status is None:
        return False
    if isinstance(status, str):
        return _is_failed_text(status)
    if isinstance(status, Mapping):
        return any(map(_is_failed_code, map(status.get, STATUS_CODES)))
    return _is_http_error(status)


def is_failed_level(level: Any) -> bool:
    """Whether a level, such as those of log lines, is that of an error."""
    return isinstance(level, str) and level.lower() in FAILED_LEVELS


def _is_failed_text(status: str) -> bool:
    return _is_failed_word(status[:_LONGEST_STATUS])


@lru_cache(maxsize=1024)  # a run says the same few words again and again
def _is_failed_word(status: str) -> bool:
    plain = _GAPS.sub(" ", status).strip().lower()
    return _FAILED.fullmatch(plain) is not None


def _is_failed_code(code: Any) -> bool:
    return _is_failed_text(code) if isinstance(code, str) else code == _OTEL_ERROR or _is_http_error(code)


def _is_http_error(code: Any) -> bool:
    return isinstance(code, (int, float)) and not isinstance(code, bool) and 400 <= code < 600


def is_error(error: Any) -> bool:
    """Whether the field ``error`` says anything: not where it is empty, false or zero, or holds nothing else.

    >>> is_error("late"), is_error({"type": None, "message": "late"}), is_error({"type": None, "message": ""})
    (True, True, False)
    """
    if type(error) is dict:
        return any(map(_is_true, error.values()))
    return _is_true(error)


def _is_true(error: Any) -> bool:
    try:
        return bool(error)
    except BaseException as mistake:  # noqa: BLE001 - an object that says nothing of its truth is there all the same
        let_pass(mistake)
        return True


def is_cancellation(error: BaseException) -> bool:
    """Whether whoever ran it has left: a task that was cancelled, a stream that nobody reads any more."""
    # By name: a workflow without asyncio need not import it for the question.
    return isinstance(error, GeneratorExit) or any(
        kind.__name__ == "CancelledError" for kind in type(error).__mro__
    )


def ends_quietly(error: BaseException) -> bool:
    """Whether it ends a block without being an error: a cancellation, or a process that exits with status 0."""
    return error.code in (None, 0) if isinstance(error, SystemExit) else is_cancellation(error)


def status_after(error: BaseException | None) -> str:
    """The status of a ticket whose block ended so, where nobody has set one."""
    if error is None or isinstance(error, SystemExit):
        return "SUCCESS" if error is None or ends_quietly(error) else "FAILED"
    return "CANCELLED" if ends_quietly(error) else "FAILED"
