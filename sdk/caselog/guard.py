"""Nothing is ever raised into the workflow: no mistake of our own, nothing that an object raises when it is read."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Callable, TypeVar, cast

from .console import Console

_F = TypeVar("_F", bound=Callable[..., Any])

#: The SDK's own tests set this, so that a mistake of our own is seen and not swallowed.
reraise = False
_console = Console()


def never_raises(otherwise: Callable[[], Any]) -> Callable[[_F], _F]:
    """Decorate a public function: what it would raise becomes one line on stderr and ``otherwise()``."""

    def decorate(function: _F) -> _F:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - whatever it is
                let_pass(error)
                swallow(function.__name__, error)
                return otherwise()

        return cast(_F, guarded)

    return decorate


def swallow(name: str, error: BaseException) -> None:
    """Say that a function of ours failed; for those that are called too often to be decorated."""
    if reraise:
        raise error
    _console.say(name, f"{name} failed inside the SDK ({type(error).__name__})")


def let_pass(error: BaseException) -> None:
    """Raise again what is none of an object's doing: to be called wherever an object's code is run.

    An object may raise anything, and much of it is no `Exception`: a panic of Rust code, the outcome of a test, a
    cancelled future's. `KeyboardInterrupt`, what a signal's handler raises, and what ends a thread or a greenlet from
    outside are for the workflow.
    """
    if isinstance(error, KeyboardInterrupt) or type(error).__module__.partition(".")[0] in _GREENLETS:
        raise error
    frames = list(_frames_of(error.__traceback__))
    if _is_of_handler(frames) or (isinstance(error, SystemExit) and not any(map(_is_foreign, frames))):
        raise error


def _frames_of(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _is_of_handler(frames: list[FrameType]) -> bool:
    """Whether one of the frames is a signal handler's: it is given the frame that it interrupts."""
    return any(any(each is before for each in _given_to(frame)) for before, frame in zip(frames, frames[1:]))


def _given_to(frame: FrameType) -> Iterator[Any]:
    """The arguments of the frame's call, as far as they are still there."""
    code = frame.f_code
    names = code.co_varnames
    many = code.co_argcount + code.co_kwonlyargcount
    more = names[many : many + 1] if code.co_flags & _VARARGS else ()
    there = frame.f_locals
    for name in (*names[: code.co_argcount], *more):
        value = there.get(name)
        yield from value if type(value) is tuple else (value,)


def _is_foreign(frame: FrameType) -> bool:
    """Whether its code is neither ours nor Python's: what is raised below it may be the doing of an object."""
    return str(frame.f_globals.get("__name__")).partition(".")[0] not in _KNOWN


_VARARGS = 0x04
#: Their exceptions stop a greenlet from outside: at its end, or when its time is over.
_GREENLETS = frozenset(("eventlet", "gevent", "greenlet"))
_KNOWN: frozenset[str] = frozenset(
    (
        __name__.partition(".")[0],
        *getattr(sys, "stdlib_module_names", ("concurrent", "json", "queue", "re", "threading")),
    )
)
