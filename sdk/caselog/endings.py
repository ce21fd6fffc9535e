"""How a run can end by an exception that is no error, and how a step or a tool call says that it failed."""

from __future__ import annotations

from typing import Any, Callable

from .guard import let_pass

#: Statuses of a step or a call that failed, in lower case: for the SDK, the tables and the pages.
FAILED_STATUSES = (
    "error",
    "errored",
    "exception",
    "fail",
    "failed",
    "failure",
    "incomplete",
    "timed out",
    "timed_out",
    "timeout",
)
#: Fields that say `true` of a step or a call that failed.
FAILED_FLAGS = ("is_error", "isError")


def says_failed(read: Callable[[str], Any]) -> bool:
    """Whether a step or a call failed, from its fields by name: by its status, an error or a flag.

    >>> says_failed({"status": "Timeout"}.get), says_failed({"status": "ok"}.get), says_failed({"error": "late"}.get)
    (True, False, True)
    """
    return (
        is_failed_status(read("status"))
        or is_error(read("error"))
        or any(read(name) is True for name in FAILED_FLAGS)
    )


def is_failed_status(status: Any) -> bool:
    """Whether a status is one of `FAILED_STATUSES`, in whatever case."""
    return isinstance(status, str) and status.lower() in FAILED_STATUSES


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
