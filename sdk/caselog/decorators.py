"""Decorators that record calls while a ticket is open, and change nothing of what they decorate."""

from __future__ import annotations

from types import FrameType
from typing import TYPE_CHECKING, Any, Callable, TypeVar, cast

from .guard import never_raises
from .proxies import record_calls
from .recorder import Step, Ticket, begin_step, count_unclear_call, end_step, find_ticket
from .wrappers import Begin, Watch

if TYPE_CHECKING:
    import inspect

_F = TypeVar("_F")

#: Items of a generator that are kept as its result.
_MAX_ITEMS = 1000


def node(name: str) -> Callable[[_F], _F]:
    """Decorate a function, method or other callable: each call in a ticket is a node with what it returns as output."""

    def decorate(function: _F) -> _F:
        return cast(_F, record_calls(function, NodeRecorder(name)))

    return decorate


def tool(function: _F) -> _F:
    """Decorate a function, method or other callable: each call in a ticket is a tool call with arguments and result."""
    return cast(_F, record_calls(function, ToolRecorder()))


class NodeRecorder:
    """Records calls as nodes; plain data, so that whatever holds it can be pickled."""

    def __init__(self, name: str) -> None:
        self.name = name

    def watch(self, _function: Callable[..., Any], _named: Any = None) -> Begin:
        """What is told of each call of the function."""
        return _watch(lambda ticket, _args, _kwargs: ticket.node(self.name), "output")


class ToolRecorder:
    """Records calls as tool calls."""

    def watch(self, function: Callable[..., Any], named: Any = None) -> Begin:
        """What is told of each call of the function; ``named`` gives the tool its name where it is not the function."""
        target = function if named is None else named
        name = getattr(target, "__name__", None) or type(target).__name__
        bind = _binder(function)
        return _watch(lambda ticket, *given: ticket.tool_call(name, bind(*given)), "result")


def _watch(open_step: Callable[[Ticket, Any, Any], Step], part: str) -> Begin:
    @never_raises(lambda: None)
    def begin(args: tuple[Any, ...], kwargs: dict[str, Any], frame: FrameType) -> Watch | None:
        ticket = find_ticket(frame)
        count_unclear_call()
        if ticket is None:
            return None
        step = open_step(ticket, args, kwargs)
        begin_step(step, frame)
        return _StepWatch(step, part)

    return begin


class _StepWatch(Watch):
    """What is told of a call, kept as the result of its step."""

    __slots__ = ("_items", "_part", "_step")

    def __init__(self, step: Step, part: str) -> None:
        self._step = step
        self._part = part
        self._items: list[Any] | None = None

    def note_item(self, item: Any) -> None:
        if self._items is None:
            self._items = []
            setattr(self._step, self._part, self._items)
        if len(self._items) < _MAX_ITEMS:
            self._items.append(item)
        elif len(self._items) == _MAX_ITEMS:
            self._items.append(f"[cut: more than {_MAX_ITEMS} items]")

    def note_result(self, result: Any) -> None:
        if self._items is None:
            setattr(self._step, self._part, _describe_if_live(result))
        elif result is not None:
            setattr(self._step, self._part, {"items": self._items, "returned": _describe_if_live(result)})

    def end(self, error: BaseException | None = None) -> None:
        end_step(self._step, error)


#: What is still to be run, read or closed: the workflow's own, and nobody else may hold it.
_LIVE = ("__await__", "__next__", "__anext__", "__exit__", "__aexit__")


def _describe_if_live(result: Any) -> Any:
    kind = type(result)
    return f"[{kind.__name__}]" if any(hasattr(kind, name) for name in _LIVE) else result


def _binder(function: Callable[..., Any]) -> Callable[[tuple[Any, ...], dict[str, Any]], dict[str, Any]]:
    """From the arguments of a call to the arguments by name, without the object that a method is called on."""
    known: list[inspect.Signature | None] = []

    @never_raises(dict)
    def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if not known:
            known.append(_read_signature(function))
        try:
            bound = dict(known[0].bind(*args, **kwargs).arguments) if known[0] else {"args": args, **kwargs}
        except TypeError:  # a wrong call fails by itself
            return {"args": args, **kwargs}
        first = next(iter(bound), None)
        if first in ("self", "cls"):
            del bound[first]
        return bound

    return bind


def _read_signature(function: Callable[..., Any]) -> inspect.Signature | None:
    import inspect  # not with this module: see wrappers

    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some builtins have none
        return None
