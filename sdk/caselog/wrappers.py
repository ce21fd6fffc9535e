"""Functions in the place of functions: of the same kind, with the same ways in and out, each call handed to a recorder.

What Python runs later than it is called (generators, coroutines) is written anew with the parameters of the
original, so that a wrong call raises where it did. Whatever is sent or thrown goes to the original, whatever it gives,
returns or raises comes back, and nothing is held longer than the original would hold it.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import AsyncGenerator, Coroutine, Generator
from types import CodeType, FrameType, FunctionType
from typing import Any, Callable, Optional

_GENERATOR, _COROUTINE, _ITERABLE_COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x100, 0x200
_RESUMABLE = _GENERATOR | _COROUTINE | _ASYNC_GENERATOR
_VARARGS, _VARKEYWORDS = 0x04, 0x08


class Watch:
    """What is told of one call; here it is told to nobody."""

    def note_item(self, item: Any) -> None:
        """A generator gives an item."""

    def note_result(self, result: Any) -> None:
        """The call returns."""

    def end(self, error: BaseException | None = None) -> None:
        """The call is over, by this exception if any."""


#: From the arguments of a call, and the frame that makes it, to whoever is told of it.
Begin = Callable[[tuple[Any, ...], "dict[str, Any]", FrameType], Optional[Watch]]


def wrap_function(function: FunctionType, begin: Begin) -> FunctionType:
    """A function like this one, whose calls are watched."""
    flags = function.__code__.co_flags
    if flags & _ASYNC_GENERATOR:
        wrapped = _write_anew(function, _ASYNC_GENERATOR_BODY, "async ", _AsyncGeneratorRun.start, begin)
    elif flags & _COROUTINE:
        wrapped = _write_anew(function, _COROUTINE_BODY, "async ", _start_coroutine, begin)
    elif flags & _GENERATOR:
        wrapped = _write_anew(function, _GENERATOR_BODY, "", _GeneratorRun.start, begin)
        if flags & _ITERABLE_COROUTINE:
            types.coroutine(wrapped)
    else:
        wrapped = _at_home_in(function, watch_calls(function, begin))
    functools.update_wrapper(wrapped, function)
    # Where the wrapper takes whatever it is given, they are only to be read.
    wrapped.__defaults__, wrapped.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    if not flags & _RESUMABLE:
        _declare_signature(wrapped)
    return wrapped


def watch_calls(function: Callable[..., Any], begin: Begin) -> FunctionType:
    """A plain function that calls this one and watches it."""
    get_frame = sys._getframe  # noqa: SLF001 - the frame is that of the block; named, for no global is at hand

    def call(*args: Any, **kwargs: Any) -> Any:
        watch = begin(args, kwargs, get_frame(0))
        if watch is None:
            return function(*args, **kwargs)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            watch.end(error)
            raise
        watch.note_result(result)
        watch.end()
        return result

    return call  # type: ignore[return-value]


def _declare_signature(wrapped: FunctionType) -> None:
    """Say the signature of the original to those who do not look behind a wrapper."""
    # An annotation may name what is not there yet.
    with contextlib.suppress(Exception):
        import inspect  # not with this module: it costs a fifth of what importing all of it does

        wrapped.__signature__ = inspect.signature(wrapped)  # type: ignore[attr-defined]


def _at_home_in(function: FunctionType, wrapped: FunctionType) -> FunctionType:
    """The same code in the original's module: doctest and others ask where a function is at home."""
    return FunctionType(
        wrapped.__code__, function.__globals__, function.__name__, wrapped.__defaults__, wrapped.__closure__
    )


# ---------------------------------------------------------------- generators


class _GeneratorRun:
    """One run of the original generator, step by step."""

    __slots__ = ("_error", "_has_begun", "_inner", "_item", "_sent", "_watch", "value")

    @classmethod
    def start(cls, function: FunctionType, begin: Begin, args: Any, kwargs: Any) -> _GeneratorRun:
        return cls(function(*args, **kwargs), begin(args, kwargs, sys._getframe(1)) or _NOBODY)  # noqa: SLF001 - see scopes

    def __init__(self, inner: Generator[Any, Any, Any], watch: Watch) -> None:
        self._inner = inner
        self._watch = watch
        self._has_begun = False
        self._item: Any = None
        self._sent: Any = None
        self._error: BaseException | None = None
        self.value: Any = None

    def advance(self) -> bool:
        """The next step of the original; False where it returned."""
        sent, error = self._take_input()
        try:
            self._item = self._inner.send(sent) if error is None else self._inner.throw(error)
        except StopIteration as stop:
            self.value = stop.value
            self._watch.note_result(stop.value)
            self._watch.end()
            return False
        except BaseException as raised:
            self._watch.end(raised)
            raise
        finally:
            del sent, error
        self._watch.note_item(self._item)
        return True

    def give(self) -> Any:
        """What the step gave, held no longer."""
        item, self._item = self._item, None
        return item

    def send(self, sent: Any) -> None:
        """What the reader sends into the next step."""
        self._sent = sent

    def throw(self, error: BaseException) -> None:
        """What the reader throws into the next step, without the frame that it was caught in."""
        trace = error.__traceback__
        self._error = error.with_traceback(trace.tb_next if trace else None)

    def _take_input(self) -> tuple[Any, BaseException | None]:
        sent, error, self._sent, self._error = self._sent, self._error, None, None
        return sent, error


class _AsyncGeneratorRun(_GeneratorRun):
    """The same of an asynchronous one."""

    __slots__ = ()

    async def advance(self) -> bool:  # type: ignore[override]
        sent, error = self._take_input()
        inner: AsyncGenerator[Any, Any] = self._inner  # type: ignore[assignment]
        try:
            self._item = await (self._send(inner, sent) if error is None else inner.athrow(error))
        except StopAsyncIteration:
            self._watch.end()
            return False
        except BaseException as raised:
            self._watch.end(raised)
            raise
        finally:
            del sent, error
        self._watch.note_item(self._item)
        return True

    def _send(self, inner: AsyncGenerator[Any, Any], sent: Any) -> Any:
        """The step, to be awaited. The loop is not told of the original: it would close it beside its wrapper."""
        if self._has_begun:
            return inner.asend(sent)
        self._has_begun = True
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return inner.asend(sent)
        finally:
            sys.set_asyncgen_hooks(*hooks)


def _start_coroutine(
    function: FunctionType, begin: Begin, args: Any, kwargs: Any
) -> Coroutine[Any, Any, Any]:
    watch = begin(args, kwargs, sys._getframe(1))  # noqa: SLF001 - see scopes
    inner: Coroutine[Any, Any, Any] = function(*args, **kwargs)
    return inner if watch is None else _finish_coroutine(inner, watch)


async def _finish_coroutine(inner: Coroutine[Any, Any, Any], watch: Watch) -> Any:
    try:
        result = await inner
    except BaseException as error:
        watch.end(error)
        raise
    watch.note_result(result)
    watch.end()
    return result


_NOBODY = Watch()

# ---------------------------------------------------------------- writing anew

_GENERATOR_BODY = """
        while {run}.advance():
            try:
                {run}.send((yield {run}.give()))
            except BaseException as {error}:
                {run}.throw({error})
        return {run}.value
"""
_ASYNC_GENERATOR_BODY = """
        while await {run}.advance():
            try:
                {run}.send((yield {run}.give()))
            except BaseException as {error}:
                {run}.throw({error})
"""
_COROUTINE_BODY = """
        return await {run}
"""
_FUNCTION = """
def {make}({start}, {function}, {begin}):
    {kind}def {name}({parameters}):
        {run} = {start}({function}, {begin}, ({arguments}), {{{keywords}}})
        {forget}{body}
    return {name}
"""
_OUR_NAMES = ("make", "start", "function", "begin", "name", "run", "error")


def _write_anew(
    function: FunctionType, body: str, kind: str, start: Callable[..., Any], begin: Begin
) -> FunctionType:
    code = function.__code__
    names = _free_names(code)
    source = _FUNCTION.format(
        **names, kind=kind, body=body.strip().format(**names), **_write_parameters(function)
    )
    space: dict[str, Any] = {}
    exec(compile(source, f"<caselog {code.co_name}>", "exec", dont_inherit=True), space)  # noqa: S102 - a template of ours with a function's own parameters
    written: FunctionType = space[names["make"]](start, function, begin)
    written = _at_home_in(function, written)
    written.__code__ = written.__code__.replace(co_name=code.co_name)
    return written


def _free_names(code: CodeType) -> dict[str, str]:
    """Names of ours that are no parameter of the function."""
    taken = {*code.co_varnames, *code.co_freevars}
    ours = "_caselog"
    while any(name.startswith(ours) for name in taken):
        ours += "_"
    return {name: f"{ours}_{name}" for name in _OUR_NAMES}


def _write_parameters(function: FunctionType) -> dict[str, str]:
    """The parameters as they are declared, as they are handed on, and as they are let go of."""
    code, many, more = function.__code__, "", ""
    count = code.co_argcount
    names, places = list(code.co_varnames), count + code.co_kwonlyargcount
    positional, keywords = names[:count], names[count:places]
    if code.co_flags & _VARARGS:
        many, places = names[places], places + 1
    if code.co_flags & _VARKEYWORDS:
        more, places = names[places], places + 1
    without = count - len(function.__defaults__ or ())
    declared = [name if place < without else f"{name}=None" for place, name in enumerate(positional)]
    if code.co_posonlyargcount:
        declared.insert(code.co_posonlyargcount, "/")
    declared += [f"*{many}"] if many else ["*"] if keywords else []
    declared += [f"{name}=None" if name in (function.__kwdefaults__ or {}) else name for name in keywords]
    declared += [f"**{more}"] if more else []
    handed = [*(f"{name}, " for name in positional), f"*{many}, " if many else ""]
    named = [*(f"{name!r}: {name}, " for name in keywords), f"**{more}" if more else ""]
    return {
        "parameters": ", ".join(declared),
        "arguments": "".join(handed),
        "keywords": "".join(named),
        "forget": f"del {', '.join(names[:places])}\n        " if places else "",
    }
