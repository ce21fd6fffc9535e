"""Which frame a ``with`` block belongs to, and whether that frame runs, waits or is paused."""

from __future__ import annotations

import opcode
import sys
import threading
import weakref
from types import CodeType, FrameType
from typing import Any, Optional

_GENERATOR, _COROUTINE, _ITERABLE_COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x100, 0x200
_RESUMABLE = _GENERATOR | _COROUTINE | _ASYNC_GENERATOR
_ENTERS = frozenset(("__enter__", "__aenter__"))
_STACKS = frozenset(("enter_context", "enter_async_context"))
_ENTERING = _ENTERS | _STACKS
#: An ``await`` goes on at a RESUME of this kind or a higher one; before Python 3.11 at a YIELD_FROM.
_AFTER_YIELD_FROM = 2
_RESUME = opcode.opmap.get("RESUME")
_YIELD_FROM = opcode.opmap.get("YIELD_FROM")

#: The thread and the task, if any, that code runs in.
Runner = tuple[int, Optional["weakref.ref[Any]"]]


def find_owner(frame: FrameType) -> FrameType:
    """The frame whose ``with`` statement enters a block: not that of a context manager written around it."""
    while frame.f_code.co_flags & _RESUMABLE or frame.f_code.co_name in _ENTERING:
        caller = frame.f_back
        if caller is None or not _enters_for(frame, caller):
            return frame
        frame = caller
    return frame


def is_resumable(code: CodeType) -> bool:
    """Whether its frames pause and go on: those of a generator or a coroutine."""
    return bool(code.co_flags & _RESUMABLE)


def is_generator(code: CodeType) -> bool:
    """Whether its frames pause at a ``yield``, and somebody else reads what they give."""
    return bool(code.co_flags & (_GENERATOR | _ASYNC_GENERATOR)) and not code.co_flags & _ITERABLE_COROUTINE


def is_awaiting(frame: FrameType) -> bool:
    """Whether a frame that does not run waits in an ``await``, rather than being paused at a ``yield`` or over."""
    if frame.f_code.co_flags & _GENERATOR and is_generator(frame.f_code):
        return False
    code, place = frame.f_code.co_code, frame.f_lasti
    if place < 0:
        return False
    if _RESUME is None:
        return code[place + 2 : place + 3] == bytes((_YIELD_FROM or 0,))
    for at in (place, place + 2):
        if code[at : at + 1] == bytes((_RESUME,)):
            return code[at + 1] & 3 >= _AFTER_YIELD_FROM
    return False


def current_runner() -> Runner:
    """The thread and the asyncio task that this code runs in."""
    asyncio = sys.modules.get("asyncio")
    loop = asyncio._get_running_loop() if hasattr(asyncio, "_get_running_loop") else None  # type: ignore[union-attr] # noqa: SLF001 - the public one raises
    task = asyncio.current_task(loop) if asyncio and loop else None
    return threading.get_ident(), weakref.ref(task) if task else None


def _enters_for(frame: FrameType, caller: FrameType) -> bool:
    """Whether a block entered in this frame is entered for its caller."""
    code = frame.f_code
    if code.co_name in _ENTERS:
        passes = True
    elif is_generator(code):  # of @contextmanager: it is paused while the block runs
        passes = caller.f_code.co_name in _ENTERS and _is_of_contextlib(caller)
    else:
        passes = code.co_name in _STACKS and _is_of_contextlib(frame)
    # The caller of a coroutine is whoever awaits it, or a loop that runs everybody's.
    return passes and (not code.co_flags & _COROUTINE or is_resumable(caller.f_code))


def _is_of_contextlib(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") == "contextlib"
