"""Whatever can be called or looked up on a class, recorded: of the same kind, with the same attributes.

A function becomes a function; what wraps a function in a way of Python's own (a static method, a property) becomes
another of its kind around the recorded function. Any other object gets a stand-in that says it is of the object's
class and hands everything on to it: attributes, operators, binding to an instance.
"""

from __future__ import annotations

import functools
import types
from typing import Any, Callable, Protocol, cast

from .wrappers import Begin, watch_calls, wrap_function


class Recorder(Protocol):
    """How calls are recorded: as nodes or as tool calls."""

    def watch(self, function: Callable[..., Any], named: Any = None) -> Begin:
        """What is told of each call of the function, which is known by its own name or that of another."""


def record_calls(target: Any, recorder: Recorder) -> Any:
    """The target, its calls recorded. A class stays as it is: other classes and `isinstance` know it by itself."""
    for kind, remake in _REMAKES.items():
        if isinstance(target, kind):
            return remake(target, recorder)
    is_known = callable(target) or hasattr(type(target), "__get__")
    return _stand_in(target, recorder) if is_known else target


def _remake_function(function: Any, recorder: Recorder) -> Any:
    return wrap_function(function, recorder.watch(function))


def _remake_around(target: Any, recorder: Recorder) -> Any:
    return _with_attributes(type(target)(record_calls(target.__func__, recorder)), target)


def _remake_method(target: Any, recorder: Recorder) -> Any:
    return types.MethodType(record_calls(target.__func__, recorder), target.__self__)


def _remake_property(target: Any, recorder: Recorder) -> Any:
    getter = target.fget and record_calls(target.fget, recorder)
    return _with_attributes(type(target)(getter, target.fset, target.fdel, target.__doc__), target)


def _remake_partial_method(target: Any, recorder: Recorder) -> Any:
    remade = type(target)(record_calls(target.func, recorder), *target.args, **target.keywords)
    return _with_attributes(remade, target)


def _remake_cached_property(target: Any, recorder: Recorder) -> Any:
    return _with_attributes(type(target)(record_calls(target.func, recorder)), target, but=("func", "lock"))


def _with_attributes(remade: Any, target: Any, but: tuple[str, ...] = ("func", "args", "keywords")) -> Any:
    """What was set on the target by hand is on the other, too."""
    for name, value in getattr(target, "__dict__", {}).items():
        if name not in but and not name.startswith("__"):
            setattr(remade, name, value)
    return remade


_REMAKES: dict[Any, Callable[[Any, Recorder], Any]] = {
    types.FunctionType: _remake_function,
    (staticmethod, classmethod): _remake_around,
    types.MethodType: _remake_method,
    property: _remake_property,
    functools.partialmethod: _remake_partial_method,
    functools.cached_property: _remake_cached_property,
    type: lambda target, _recorder: target,
}

# ---------------------------------------------------------------- stand-ins


class StandIn:
    """An object in the place of another."""

    __slots__ = ("__weakref__", "_caselog_call", "_caselog_recorder", "_caselog_target")

    def __init__(self, target: Any, recorder: Recorder) -> None:
        object.__setattr__(self, "_caselog_target", target)
        object.__setattr__(self, "_caselog_recorder", recorder)
        object.__setattr__(self, "_caselog_call", _recorded_call(target, recorder))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._caselog_target, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._caselog_target, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._caselog_target, name)

    def __reduce_ex__(self, _protocol: Any) -> Any:
        return _stand_in, (self._caselog_target, self._caselog_recorder)

    @property
    def __wrapped__(self) -> Any:
        return self._caselog_target


def _stand_in(target: Any, recorder: Recorder) -> Any:
    return _stand_in_class(cast(Any, type(target)))(target, recorder)


@functools.lru_cache(maxsize=256)
def _stand_in_class(kind: type) -> type[StandIn]:
    """Python looks its own methods up on the class: so there is one class for each class that is stood in for."""
    methods: dict[str, Any] = {"__slots__": ()}
    for name in dir(kind):
        if name.startswith("__") and name.endswith("__") and name not in _OWN:
            method = getattr(kind, name, False)
            if callable(method):
                methods[name] = _hand_on(name)
            elif method is None:  # a class without a hash, say
                methods[name] = None
    for name in ("__class__", "__doc__", "__module__", "__dict__"):
        methods[name] = _read(name)
    if callable(kind):
        # A property, so that whoever asks what kind of function the method is gets the answer of the original.
        methods["__call__"] = property(_get_call)
    if hasattr(kind, "__get__"):
        methods["__get__"] = _bind
    return type(kind.__name__, (StandIn,), methods)


def _get_call(self: StandIn) -> Any:
    return self._caselog_call


def _bind(self: StandIn, instance: Any, owner: Any = None) -> Any:
    target = self._caselog_target
    bound = type(target).__get__(target, instance, owner)
    if bound is target:
        return self
    if isinstance(bound, types.MethodType) and bound.__func__ is target:
        return types.MethodType(cast(Any, self), bound.__self__)
    return record_calls(bound, self._caselog_recorder) if callable(bound) else bound


def _hand_on(name: str) -> Callable[..., Any]:
    def method(self: StandIn, /, *args: Any, **kwargs: Any) -> Any:
        target = self._caselog_target
        return getattr(type(target), name)(target, *args, **kwargs)

    method.__name__ = name
    return method


def _read(name: str) -> Any:
    return property(lambda self: getattr(self._caselog_target, name))


def _recorded_call(target: Any, recorder: Recorder) -> Any:
    if isinstance(target, functools.partial):
        return functools.partial(record_calls(target.func, recorder), *target.args, **target.keywords)
    call = getattr(type(target), "__call__", None)  # noqa: B004 - as Python looks it up
    if isinstance(call, types.FunctionType):
        # Of its kind, such as a coroutine function, but recorded under the object's own name.
        return types.MethodType(wrap_function(call, recorder.watch(call, target)), target)
    return watch_calls(target, recorder.watch(target))


_OWN = frozenset(
    (
        *(
            "__call__",
            "__class__",
            "__class_getitem__",
            "__del__",
            "__delattr__",
            "__dict__",
            "__doc__",
            "__get__",
        ),
        *(
            "__getattr__",
            "__getattribute__",
            "__getnewargs__",
            "__getnewargs_ex__",
            "__getstate__",
            "__init__",
        ),
        *(
            "__init_subclass__",
            "__module__",
            "__new__",
            "__reduce__",
            "__reduce_ex__",
            "__setattr__",
            "__setstate__",
        ),
        *(
            "__slots__",
            "__subclasshook__",
            "__weakref__",
            "__wrapped__",
            "__mro_entries__",
            "__annotations__",
        ),
    )
)
