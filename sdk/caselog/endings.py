"""How a run can end by an exception that is no error."""

from __future__ import annotations


def is_cancellation(error: BaseException) -> bool:
    """Whether whoever ran it has left: a task that was cancelled, a stream that nobody reads any more."""
    # By name: a workflow without asyncio need not import it for the question.
    return isinstance(error, GeneratorExit) or any(
        kind.__name__ == "CancelledError" for kind in type(error).__mro__
    )


def ends_quietly(error: BaseException) -> bool:
    """Whether it ends a block without being an error: a cancellation, or a process that exits with status 0."""
    return error.code in (None, 0) if isinstance(error, SystemExit) else is_cancellation(error)
