"""How a run can end by an exception that is no error, and how a step or a tool call says that it failed."""

from __future__ import annotations

from typing import Any, Callable

from .guard import let_pass

#: Statuses of what failed, in lower case.
_FAILED = frozenset(
    (
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
)


def says_failed(read: Callable[[str], Any]) -> bool:
    """Whether a step or a call failed, from its fields by name: its status says so, or where it has none an error."""
    status = read("status")
    if isinstance(status, str) and status:
        return status.lower() in _FAILED
    return _is_true(read("error")) or any(read(name) is True for name in ("is_error", "isError"))


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
