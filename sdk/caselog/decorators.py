"""Functions that record their calls while a ticket is open, each of the kind it was: plain, async, or a generator."""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import Any, Callable, TypeVar, cast

from .guard import never_raises
from .recorder import Step, Ticket, current_ticket

_F = TypeVar("_F", bound=Callable[..., Any])
_Opener = Callable[[Ticket, "dict[str, Any]"], Step]

#: Items of a generator that are kept as its result.
_MAX_ITEMS = 1000


def node(name: str) -> Callable[[_F], _F]:
    """Decorate a function, async or not: each call inside a ticket is a node with what it returns as output."""

    def open_step(running: Ticket, _bound: dict[str, Any]) -> Step:
        return running.node(name)

    return lambda function: _recorded(function, open_step, "output")


def tool(function: _F) -> _F:
    """Decorate a function, async or not: each call inside a ticket is a tool call with its arguments and its result."""
    name = getattr(function, "__name__", None) or type(function).__name__
    return _recorded(function, lambda running, bound: running.tool_call(name, bound), "result")


def _recorded(function: _F, open_step: _Opener, result_name: str) -> _F:
    """The function, recorded; of the same kind as it was, because frameworks look."""
    for is_kind, wrap in _KINDS:
        if is_kind(function):
            return cast(_F, wrap(function, open_step, result_name))
    return cast(_F, _record_calls(function, open_step, result_name))


def _begin_step(function: Callable[..., Any], open_step: _Opener, args: Any, kwargs: Any) -> Step | None:
    running = current_ticket()
    return open_step(running, _bind(function, args, kwargs)) if running else None


def _record_calls(function: Callable[..., Any], open_step: _Opener, result_name: str) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        step = _begin_step(function, open_step, args, kwargs)
        if step is None:
            return function(*args, **kwargs)
        with step:
            result = function(*args, **kwargs)
            setattr(step, result_name, result)
            return result

    return call


def _record_async(function: Callable[..., Any], open_step: _Opener, result_name: str) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        step = _begin_step(function, open_step, args, kwargs)
        if step is None:
            return await function(*args, **kwargs)
        with step:
            result = await function(*args, **kwargs)
            setattr(step, result_name, result)
            return result

    return call


def _record_generator(
    function: Callable[..., Any], open_step: _Opener, result_name: str
) -> Callable[..., Any]:
    @functools.wraps(function)
    def generate(*args: Any, **kwargs: Any) -> Any:
        step = _begin_step(function, open_step, args, kwargs)
        if step is None:
            return (yield from function(*args, **kwargs))
        given = _Given(step, result_name)
        with step:
            for item in function(*args, **kwargs):
                given.note(item)
                yield item
            return None

    return generate


def _record_async_generator(
    function: Callable[..., Any], open_step: _Opener, result_name: str
) -> Callable[..., Any]:
    @functools.wraps(function)
    async def generate(*args: Any, **kwargs: Any) -> Any:
        step = _begin_step(function, open_step, args, kwargs)
        given = _Given(step, result_name)
        with step or contextlib.nullcontext():
            async for item in function(*args, **kwargs):
                given.note(item)
                yield item

    return generate


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[..., Any]], ...] = (
    (inspect.iscoroutinefunction, _record_async),
    (inspect.isasyncgenfunction, _record_async_generator),
    (inspect.isgeneratorfunction, _record_generator),
)


class _Given:
    """What a generator has given so far, the first items of it: the result of its step."""

    def __init__(self, step: Step | None, result_name: str) -> None:
        self._step = step
        self._result_name = result_name
        self._items: list[Any] = []

    def note(self, item: Any) -> None:
        if self._step is None or len(self._items) >= _MAX_ITEMS:
            return
        self._items.append(item)
        if len(self._items) == 1:
            setattr(self._step, self._result_name, self._items)


@never_raises(dict)
def _bind(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        bound = dict(inspect.signature(function).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):  # a wrong call fails by itself; some builtins have no signature
        return {"args": args, **kwargs}
    first = next(iter(bound), None)
    if first in ("self", "cls"):
        del bound[first]
    return bound
