"""How many tool calls a run made, and how many of them failed: those of its steps, and those of its messages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from .endings import DONE_STATUSES, says_failed
from .objects import read_field, read_or
from .said_parts import Said, has_error_in
from .said_steps import Step, join_steps


def count_calls(steps: Sequence[Any], said: Sequence[Said]) -> dict[str, float]:
    """``tool_call_count`` and ``failed_tool_calls`` where there is any; a call that both tell is one.

    >>> count_calls([{"name": "find", "error": "late"}, {"name": "pay"}], [])
    {'tool_call_count': 2, 'failed_tool_calls': 1}
    """
    theirs: dict[int, Said] = {}
    untold = [each for each in said if each.is_call]
    if said and steps:
        theirs, untold = join_steps([_step_of(call) for call in steps], said)
    failed = sum(_has_failed(call, theirs.get(place)) for place, call in enumerate(steps))
    return {
        "tool_call_count": len(steps) + len(untold),
        "failed_tool_calls": failed + sum(each.failed for each in untold),
    }


def _step_of(call: Any) -> Step:
    read = partial(read_field, call)
    return Step(read("id"), read("name"), partial(read, "arguments"))


def _has_failed(call: Any, said: Said | None) -> bool:
    """A call that says that it is done did not fail, whatever a message says."""
    read = call.get if type(call) is dict else partial(read_field, call)
    if read_or(False, says_failed, read) or has_error_in(read("result")):  # noqa: FBT003 - its answer
        return True
    status = read("status")
    is_done = isinstance(status, str) and status.lower() in DONE_STATUSES
    return said is not None and said.failed and not is_done
