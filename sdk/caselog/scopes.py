"""Which block the running code is in: a ticket's, a node's, an iteration's, a tool call's.

A block belongs to the frame that entered it, and what that frame calls is in the block. So the frames that run are
asked first, from the inside out: that is right for generators and coroutines, however they are interleaved, in
whichever thread or context they are stepped. Where no frame tells, the context does (`contextvars`): a task or a thread
that was started in a block runs in a copy of its context. A generator leaves its blocks in the context of
whoever reads it, so what the context says of a generator counts only while that generator runs or awaits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from types import FrameType
from typing import Any, Callable, Optional

from .frames import Runner, current_runner, find_owner, is_awaiting, is_generator, is_resumable

#: From a block to what is looked for; None goes on to the next block around it.
Select = Callable[[Any], Optional[Any]]


class Scope:
    """A block that was entered; over when ``block`` is None."""

    __slots__ = ("around", "block", "frame", "is_resumable", "outer", "runner")

    def __init__(self, block: Any, frame: FrameType, outer: Scope | None) -> None:
        self.block = block
        self.frame: FrameType | None = frame
        self.is_resumable = is_resumable(frame.f_code)
        #: The one that its context named before, whose block may have been paused, and the one that it lies in.
        self.outer = outer
        around = outer
        while around is not None and not _holds(around):
            around = around.outer
        self.around = around
        self.runner: Runner | None = current_runner() if self.is_resumable else None


_by_frame: dict[FrameType, list[Scope]] = {}
#: Scopes of generators and coroutines: while there are none, the context says it all.
_resumable: dict[Scope, None] = {}
_innermost: ContextVar[Optional[Scope]] = ContextVar("caselog_scope", default=None)


def enter(block: Any, frame: FrameType) -> Scope:
    """Enter a block in the frame given, or in the one that it enters blocks for."""
    owner = find_owner(frame)
    scope = Scope(block, owner, _forget_ended(_innermost.get()))
    _by_frame.setdefault(owner, []).append(scope)
    if scope.is_resumable:
        _resumable[scope] = None
    _innermost.set(scope)
    return scope


def leave(scope: Scope) -> None:
    """The block is over, wherever its end is noticed: nothing is in it any more."""
    frame, scope.block, scope.frame = scope.frame, None, None
    if scope.is_resumable:
        _resumable.pop(scope, None)
    scopes = _by_frame.get(frame) if frame else None
    if frame and scopes and scope in scopes:
        scopes.remove(scope)
        if not scopes:
            _by_frame.pop(frame, None)
    if _innermost.get() is scope:
        _innermost.set(_forget_ended(scope.outer))


def find(select: Select, frame: FrameType) -> Any:
    """What ``select`` gives for the innermost block that the code in this frame runs in; None where nothing."""
    if not _by_frame:
        return None
    innermost = _innermost.get()
    running: FrameType | None = frame if _resumable else None  # to ask each frame takes time: some 0.1 us
    while running is not None:
        scopes = _by_frame.get(running)
        if scopes:
            for scope in reversed(scopes):
                found = select(scope.block)
                # A plain frame may lie under another context: a thread's loop, say, that runs everybody's.
                if found is not None and (scope.is_resumable or scope in _chain(innermost)):
                    inner = None if scope is innermost else _find_inside(scope, select)
                    return found if inner is None else inner
        running = running.f_back
    return _find_in_context(select, innermost)


def list_unclear() -> list[Any]:
    """Blocks of paused generators that the context names to another task or thread: theirs, or their reader's."""
    unclear: list[Any] = []
    for scope in _chain(_innermost.get()):
        if _holds(scope):
            return [] if scope.is_resumable else unclear
        if scope.block is not None and not _is_runner(scope.runner):
            unclear.append(scope.block)
    return unclear


def _forget_ended(scope: Scope | None) -> Scope | None:
    """The first that is not over, from the inside out; those that are over are let go of."""
    while scope is not None and scope.block is None:
        scope = scope.outer
    if scope is not None:
        while scope.outer is not None and scope.outer.block is None:
            scope.outer = scope.outer.outer
        while scope.around is not None and scope.around.block is None:
            scope.around = scope.around.around
    return scope


def _find_in_context(select: Select, scope: Scope | None) -> Any:
    """What the context says of the blocks that code on no frame of theirs may be in, from the inside out."""
    while scope is not None:
        if scope.block is not None and _holds(scope):
            found = select(scope.block)
            if found is not None:
                return found
        scope = scope.outer
    return None


def _chain(scope: Scope | None) -> Iterator[Scope]:
    while scope is not None:
        yield scope
        scope = scope.outer


def _find_inside(around: Scope, select: Select) -> Any:
    """What the context names inside the scope: entered by a function that has returned, or around the task."""
    for scope in _chain(_innermost.get()):
        # Of two generators or coroutines the one that runs is meant.
        is_inside = not (around.is_resumable and scope.is_resumable) and _lies_in(scope, around)
        if is_inside and _holds(scope):
            found = select(scope.block)
            if found is not None:
                return found
    return None


def _lies_in(scope: Scope, around: Scope) -> bool:
    inside: Scope | None = scope
    while inside is not None and inside.around is not around:
        inside = inside.around
    return inside is not None


def _holds(scope: Scope) -> bool:
    """Whether code that is on no frame of the scope's may be in its block."""
    frame = scope.frame
    if frame is None or scope.block is None:
        return False
    if not scope.is_resumable or frame.f_back is not None:
        return True
    generates = is_generator(frame.f_code)
    if is_awaiting(frame):
        # What awaits is no code of its own task; the loop and whoever steps it by hand are.
        return generates or not _is_task(scope.runner)
    return not generates


def _is_runner(runner: Runner | None) -> bool:
    if runner is None:
        return True
    thread, task = current_runner()
    if runner[1] is None or task is None:
        return thread == runner[0] and runner[1] is task
    return thread == runner[0] and runner[1]() is task()


def _is_task(runner: Runner | None) -> bool:
    return bool(runner and runner[1]) and _is_runner(runner)
