"""A decorated callable and the undecorated one answer alike, whatever is done to them, with and without a ticket."""

from __future__ import annotations

# ruff: noqa: BLE001, C901, PLR1708, PLW0108, PT031, TRY301 - everything that can be raised is raised and compared
import abc
import asyncio
import contextlib
import contextvars
import copy
import functools
import gc
import inspect
import pickle
import sys
import traceback
import types
import typing
import warnings
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import caselog
from caselog.testing import Captured, capture

AROUND = pytest.mark.parametrize("around", ["nothing", "ticket"])
DECORATORS = pytest.mark.parametrize("decorate", [caselog.tool, caselog.node("step")], ids=["tool", "node"])


@contextlib.contextmanager
def surrounding(around: str) -> Iterator[None]:
    if around == "nothing":
        yield
        return
    with capture(), caselog.ticket(ticket_id="T"):
        yield


# ---------------------------------------------------------------- generators, by generated scripts


class FirstError(Exception):
    pass


class SecondError(Exception):
    pass


#: What the body does at each of its places, and what it does when something is thrown into it there.
PLANS = st.lists(
    st.tuples(
        st.sampled_from(["give", "raise", "return", "stop"]),
        st.sampled_from(
            ["let through", "swallow", "raise another", "raise later", "return", "give once more"]
        ),
    ),
    max_size=5,
)
#: What the reader does; exceptions are made anew for each side.
SCRIPTS = st.lists(
    st.sampled_from(
        [
            "next",
            "send",
            "send",
            "throw FirstError",
            "throw StopIteration",
            "throw GeneratorExit",
            "close",
            "state",
        ]
    ),
    min_size=1,
    max_size=8,
)
THROWN: dict[str, type[BaseException]] = {
    "throw FirstError": FirstError,
    "throw StopIteration": StopIteration,
    "throw GeneratorExit": GeneratorExit,
}


def body(plan: list[tuple[str, str]], seen: list[Any]) -> Generator[Any, Any, Any]:
    for place, (act, reaction) in enumerate(plan):
        later = False
        try:
            if act == "give":
                seen.append((yield place))
            elif act == "raise":
                raise SecondError(place)
            elif act == "stop":
                raise StopIteration(place)
            else:
                return place
        except BaseException as error:
            seen.append(("caught", type(error).__name__, [entry.name for entry in tail_of(error)]))
            if reaction == "let through":
                raise
            if reaction == "raise another":
                raise SecondError("another") from error
            if reaction == "return":
                return "early"
            if reaction == "give once more":
                seen.append((yield "once more"))
            later = reaction == "raise later"
        if later:
            raise SecondError("later")
    return "end"


async def async_body(plan: list[tuple[str, str]], seen: list[Any]) -> AsyncGenerator[Any, Any]:
    for place, (act, reaction) in enumerate(plan):
        later = False
        try:
            await asyncio.sleep(0)
            if act == "give":
                seen.append((yield place))
            elif act == "raise":
                raise SecondError(place)
            elif act == "stop":
                raise StopAsyncIteration(place)
            else:
                return
        except BaseException as error:
            seen.append(("caught", type(error).__name__, [entry.name for entry in tail_of(error)]))
            if reaction == "let through":
                raise
            if reaction == "raise another":
                raise SecondError("another") from error
            if reaction == "return":
                return
            if reaction == "give once more":
                seen.append((yield "once more"))
            later = reaction == "raise later"
        await asyncio.sleep(0)
        if later:
            raise SecondError("later")


def tail_of(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of the workflow's own code, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return [entry for entry in frames if "body" in entry.name and entry.filename == __file__][-1:]


def describe(error: BaseException | None, thrown: BaseException | None) -> Any:
    """An exception with all that hangs on it; the one that was thrown in by its identity."""
    if error is None:
        return None
    if error is thrown:
        return "the one thrown in"
    causes = (describe(error.__cause__, thrown), describe(error.__context__, thrown))
    return type(error).__name__, error.args, causes


def outcome(step: Callable[[], Any], thrown: BaseException | None = None) -> Any:
    try:
        return "gave", step()
    except StopIteration as stop:
        return "returned", stop.value
    except BaseException as error:
        return "raised", describe(error, thrown), [(entry.name, entry.lineno) for entry in tail_of(error)]


def play(function: Callable[..., Any], plan: Any, script: list[str]) -> list[Any]:
    seen: list[Any] = []
    generator = function(plan, seen)
    told: list[Any] = [inspect.getgeneratorstate(generator), generator.__name__, generator.__qualname__]
    for action in script:
        if action == "state":
            told.append((inspect.getgeneratorstate(generator), generator.gi_yieldfrom, generator.gi_running))
        elif action in THROWN:
            error = THROWN[action]("thrown")
            is_new = inspect.getgeneratorstate(generator) == inspect.GEN_CREATED
            result = outcome(functools.partial(generator.throw, error), error)
            # What never began has no frame of its own to show.
            told.append(result[:2] if is_new else result)
        else:
            steps = {
                "next": generator.__next__,
                "send": lambda: generator.send("sent"),
                "close": generator.close,
            }
            told.append(outcome(steps[action]))
    while inspect.getgeneratorstate(generator) != inspect.GEN_CLOSED:
        told.append(outcome(generator.close))
    return [*told, seen]


async def play_async(function: Callable[..., Any], plan: Any, script: list[str]) -> list[Any]:
    seen: list[Any] = []
    generator = function(plan, seen)
    told: list[Any] = [generator.__name__, generator.__qualname__]
    has_begun = False
    for action in script:
        if action == "state":
            told.append((generator.ag_running, generator.ag_await, generator.ag_frame is None))
            continue
        thrown: BaseException | None = None
        if action in THROWN:
            thrown = THROWN[action.replace("StopIteration", "FirstError")]("thrown")
            step = generator.athrow(thrown)
        elif action == "next":
            step = generator.__anext__()
        else:
            step = generator.asend("sent") if action == "send" else generator.aclose()
        try:
            result: Any = ("gave", await step)
        except BaseException as error:
            lines = [(entry.name, entry.lineno) for entry in tail_of(error)] if has_begun else []
            result = ("raised", describe(error, thrown), lines)
        has_begun = has_begun or action == "next"
        told.append(result)
    with contextlib.suppress(RuntimeError, FirstError, SecondError):
        await generator.aclose()
    return [*told, [*seen]]


@pytest.fixture
def _collected() -> Iterator[None]:
    yield
    gc.collect()


#: Python says so of a generator that goes on after its end, decorated or not, when it is let go of.
MAY_IGNORE_ITS_END = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@AROUND
@DECORATORS
@MAY_IGNORE_ITS_END
@pytest.mark.usefixtures("_collected")
@given(plan=PLANS, script=SCRIPTS)
def test_a_generator_answers_whatever_is_done_to_it_as_the_undecorated_one(
    around: str, decorate: Any, plan: Any, script: list[str]
) -> None:
    with surrounding(around):
        assert play(decorate(body), plan, script) == play(body, plan, script)


@AROUND
@DECORATORS
@MAY_IGNORE_ITS_END
@pytest.mark.usefixtures("_collected")
@given(plan=PLANS, script=SCRIPTS)
def test_an_asynchronous_generator_answers_whatever_is_done_to_it_as_the_undecorated_one(
    around: str, decorate: Any, plan: Any, script: list[str]
) -> None:
    async def run(function: Any) -> Any:
        try:
            return await play_async(function, plan, script)
        except BaseException as error:
            return type(error).__name__, error.args

    with surrounding(around):
        assert asyncio.run(run(decorate(async_body))) == asyncio.run(run(async_body))


@AROUND
def test_a_generator_may_be_delegated_to_and_gives_its_value(around: str) -> None:
    @caselog.tool
    def inner() -> Generator[int, str, str]:
        received = yield 1
        return f"got {received}"

    def outer() -> Generator[int, str, str]:
        return (yield from inner())

    with surrounding(around):
        generator = outer()

        assert next(generator) == 1
        assert outcome(lambda: generator.send("x")) == ("returned", "got x")


def test_a_generator_s_items_and_its_value_are_recorded(logs: Captured) -> None:
    @caselog.tool
    def count(to: int) -> Generator[int, None, str]:
        yield from range(to)
        return "done"

    with caselog.ticket(ticket_id="T"):
        list(count(2))
        list(count(1_500))

    short, long = logs[0]["trace"]["tool_calls"]
    assert short["result"] == {"items": [0, 1], "returned": "done"}
    assert long["result"]["items"][999:] == [999, "[cut: more than 1000 items]"]


# ---------------------------------------------------------------- coroutines


@AROUND
@DECORATORS
@given(
    script=st.lists(
        st.sampled_from(["send", "throw FirstError", "throw GeneratorExit", "close"]), max_size=5
    ),
    swallows=st.booleans(),
)
def test_a_coroutine_answers_as_the_undecorated_one(
    around: str, decorate: Any, script: list[str], swallows: bool
) -> None:
    @types.coroutine
    def pause(word: str) -> Generator[str, Any, Any]:
        return (yield word)

    async def body_of_coroutine(seen: list[Any]) -> str:
        for number in range(2):
            try:
                seen.append(await pause(f"p{number}"))
            except FirstError:
                if not swallows:
                    raise
                seen.append("swallowed")
        return "end"

    def run(function: Any) -> list[Any]:
        seen: list[Any] = []
        coroutine = function(seen)
        told: list[Any] = [inspect.getcoroutinestate(coroutine), coroutine.__qualname__]
        told.append(outcome(lambda: coroutine.send(None)))
        for action in script:
            thrown = THROWN[action]("thrown") if action in THROWN else None
            if isinstance(thrown, GeneratorExit):
                # Python closes what is awaited and raises it in whoever awaits: its frames are the wrapper's.
                told.append(outcome(functools.partial(coroutine.throw, thrown), thrown)[:2])
            elif thrown:
                told.append(outcome(functools.partial(coroutine.throw, thrown), thrown))
            else:
                told.append(outcome(coroutine.close if action == "close" else lambda: coroutine.send("x")))
            told.append(inspect.getcoroutinestate(coroutine))
        coroutine.close()
        return [*told, seen]

    with surrounding(around):
        assert run(decorate(body_of_coroutine)) == run(body_of_coroutine)


def test_a_coroutine_that_is_never_awaited_is_warned_of_once_under_its_own_name() -> None:
    @caselog.tool
    async def find_order() -> None:
        return None

    with capture(), caselog.ticket(ticket_id="T"), pytest.warns(RuntimeWarning) as warned:
        never_awaited: Any = find_order()
        del never_awaited
        gc.collect()

    assert len(warned) == 1
    assert "find_order' was never awaited" in str(warned[0].message)


# ---------------------------------------------------------------- what inspect says


def plain(a: int, /, b: str = "b", *rest: int, c: bool, d: int = 4, **more: Any) -> tuple[Any, ...]:
    return a, b, rest, c, d, more


async def coroutine(a: int, b: str = "b", *, run: int = 1, error: int = 2) -> tuple[int, str]:
    return a, b


def generator(function: int, start: int = 2, /, *_caselog_run: int, **begin: int) -> Generator[Any]:
    yield function, start, _caselog_run, begin


async def async_generator(a: int, *, _caselog: int) -> AsyncGenerator[Any]:
    yield a, _caselog


@types.coroutine
def old_coroutine(a: int) -> Generator[Any, Any, int]:
    yield
    return a


def no_parameters() -> Generator[int]:
    yield 1


FUNCTIONS = [plain, coroutine, generator, async_generator, old_coroutine, no_parameters, lambda x: x]
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(inspect, name) for name in dir(inspect) if name.startswith("is")},
    "asyncio": lambda function: inspect.iscoroutinefunction(function),
    "signature": inspect.signature,
    "argspec": inspect.getfullargspec,
    "hints": typing.get_type_hints,
    "module": inspect.getmodule,
    "source": inspect.getsource,
    "doc": inspect.getdoc,
    "callable": callable,
    "dict": lambda function: {
        name: value for name, value in vars(function).items() if name not in ("__wrapped__", "__signature__")
    },
    **{
        name: functools.partial(lambda name, function: getattr(function, name), name)
        for name in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__", "__globals__")
    },
}


@DECORATORS
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_whatever_is_asked_about_a_function_is_answered_as_before(decorate: Any, function: Any) -> None:
    function.tag = "set by hand"
    decorated: Any = decorate(function)

    for name, question in QUESTIONS.items():
        assert question(decorated) == question(function), name
    assert decorated.__wrapped__ is function
    assert weakref.ref(decorated)() is decorated
    for name in ("__defaults__", "__kwdefaults__"):
        assert getattr(decorated, name) == getattr(function, name)


ARGUMENTS = st.tuples(
    st.lists(st.integers(0, 3), max_size=4),
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "d", "run", "error", "_caselog", "x"]), st.integers(0, 3)
    ),
)


def first_of(function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a call gives first, or how it fails: at the call, not later."""
    try:
        called = function(*args, **kwargs)
    except TypeError as error:
        return "at the call", str(error)
    if inspect.iscoroutine(called):
        return outcome(lambda: called.send(None))
    if inspect.isasyncgen(called):
        return outcome(lambda: called.__anext__().send(None))
    return outcome(lambda: next(called)) if inspect.isgenerator(called) else called


@AROUND
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
@given(arguments=ARGUMENTS)
def test_every_call_is_taken_or_refused_as_before(around: str, function: Any, arguments: Any) -> None:
    args, kwargs = arguments

    with surrounding(around):
        assert first_of(caselog.tool(function), args, kwargs) == first_of(function, args, kwargs)


# ---------------------------------------------------------------- pickles, references, contexts


@caselog.tool
def module_level(a: int) -> int:
    return a


@caselog.node("stream")
def module_generator() -> Generator[int]:
    yield 1


class Adder:
    """Adds."""

    scale = 1

    def __init__(self, more: int) -> None:
        self.more = more

    def __call__(self, number: int) -> int:
        return self.scale * number + self.more

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Adder) and other.more == self.more

    def __hash__(self) -> int:
        return hash(self.more)

    def __len__(self) -> int:
        return self.more

    def __enter__(self) -> str:
        return "entered"

    def __exit__(self, *_: object) -> None:
        return None


class AsyncAdder(Adder):
    async def __call__(self, number: int) -> int:  # type: ignore[override]
        return number + self.more


class StreamAdder(Adder):
    def __call__(self, number: int) -> Generator[int]:  # type: ignore[override]
        yield number + self.more


class AsyncStreamAdder(Adder):
    async def __call__(self, number: int) -> AsyncGenerator[int]:  # type: ignore[override]
        yield number + self.more


@DECORATORS
@pytest.mark.parametrize("kind", [Adder, AsyncAdder, StreamAdder, AsyncStreamAdder])
def test_frameworks_that_ask_what_kind_of_function_an_object_is_get_the_same_answer(
    decorate: Any, kind: type[Adder]
) -> None:
    target, decorated = kind(1), decorate(kind(1))

    for name in ("iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "ismethod"):
        question = getattr(inspect, name)
        assert question(decorated.__call__) == question(target.__call__), name
    assert inspect.signature(decorated.__call__) == inspect.signature(target.__call__)


def test_what_is_decorated_can_be_pickled_and_copied() -> None:
    for function in (module_level, module_generator):
        assert pickle.loads(pickle.dumps(function)) is function
        assert copy.deepcopy(function) is function
    for target in (Adder(2), functools.partial(plain, 1, c=True), functools.partial(module_level, 1)):
        decorated = caselog.tool(target)
        again = pickle.loads(pickle.dumps(decorated))
        assert type(again).__name__ == type(target).__name__
        assert again.__class__ is type(target)
    assert pickle.loads(pickle.dumps(caselog.tool(Adder(2))))(1) == 3


@AROUND
def test_nothing_is_held_longer_than_by_the_undecorated_generator(around: str) -> None:
    class Big:
        pass

    def stream(big: Big) -> Generator[int]:
        del big
        yield 1
        yield 2

    function = stream if around == "nothing" else caselog.node("s")(stream)
    with capture():
        big = Big()
        reference = weakref.ref(big)
        generator = function(big)
        next(generator)
        del big
        gc.collect()

        assert reference() is None


def test_a_generator_that_nobody_reads_on_is_closed_when_it_is_let_go_of() -> None:
    ends: list[str] = []

    @caselog.tool
    def stream() -> Generator[int]:
        try:
            yield 1
        finally:
            ends.append("closed")

    with capture(), caselog.ticket(ticket_id="T"):
        for _ in stream():
            break

        assert ends == ["closed"]


@AROUND
def test_what_is_left_by_a_break_is_closed_once_by_the_loop(around: str) -> None:
    def run(decorate: Any) -> list[Any]:
        told: list[Any] = []

        async def stream(name: str) -> AsyncGenerator[int]:
            try:
                yield 1
            finally:
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                told.append(f"{name} is closed")

        async def read() -> list[Any]:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
            kept = decorate(stream)("kept")
            async for _ in kept:
                break
            async for _ in decorate(stream)("dropped"):
                break
            for _ in range(9):
                await asyncio.sleep(0)
            return [kept]

        kept = asyncio.run(read())
        return [told, kept[0].ag_running]

    with surrounding(around):
        assert (
            run(caselog.tool)
            == run(lambda function: function)
            == [["dropped is closed", "kept is closed"], False]
        )


@AROUND
def test_context_variables_are_seen_and_set_as_before(around: str) -> None:
    variable = contextvars.ContextVar("variable", default="outside")

    @caselog.tool
    def stream() -> Generator[str]:
        yield variable.get()
        variable.set("by the generator")
        yield variable.get()

    with surrounding(around):
        generator = stream()
        contextvars.copy_context().run(variable.set, "elsewhere")

        assert [next(generator), next(generator), variable.get()] == [
            "outside",
            "by the generator",
            "by the generator",
        ]


def raise_error(error: Exception) -> None:
    raise error


@AROUND
@DECORATORS
def test_a_context_manager_made_of_a_generator_works_as_before(around: str, decorate: Any) -> None:
    @contextlib.contextmanager
    @decorate
    def session(swallows: bool) -> Iterator[str]:
        try:
            yield "session"
        except FirstError:
            if not swallows:
                raise

    with surrounding(around):
        with session(True) as given_session:
            told = given_session
            raise_error(FirstError())
        error = FirstError("mine")
        with pytest.raises(FirstError) as raised, session(False):
            raise error
        stop = StopIteration("mine")
        with pytest.raises(StopIteration) as stopped, session(False):
            raise stop

    assert told == "session"
    assert raised.value is error
    assert stopped.value is stop


@AROUND
def test_a_factory_of_context_managers_gives_the_very_manager(around: str) -> None:
    adder = Adder(1)

    with surrounding(around):
        assert caselog.tool(lambda: adder)() is adder


# ---------------------------------------------------------------- methods, descriptors, other callables


def make_methods(decorate: Any) -> Any:
    """A class of methods of each kind, decorated from above."""

    class Methods:
        number = 7

        def method(self, a: int = 1) -> Any:
            return self.number, a

        partial_method = decorate(functools.partialmethod(method, a=5))
        method = decorate(method)

        @decorate
        @staticmethod
        def static(a: int, b: int = 2) -> Any:
            return a, b

        @decorate
        @classmethod
        def of_class(cls, a: int) -> Any:
            return cls.__name__, a

        @decorate
        @classmethod
        async def async_of_class(cls, a: int) -> Any:
            return cls.__name__, a

        @decorate
        @staticmethod
        def static_stream(a: int) -> Generator[int, Any, Any]:
            return (yield a)

    return Methods


def make_properties(decorate: Any) -> Any:
    """A class of properties, decorated from above."""

    class Properties:
        number = 7

        @decorate  # type: ignore[prop-decorator]
        @property
        def shown(self) -> Any:
            """Shown."""
            return self.number

        @shown.setter
        def shown(self, value: int) -> None:
            self.number = value

        @decorate  # type: ignore[prop-decorator]
        @functools.cached_property
        def cached(self) -> Any:
            return [self.number]

    return Properties


def make_callables(decorate: Any) -> Any:
    """An abstract class of what else can be called, decorated from above."""

    class Callables(abc.ABC):
        partial = decorate(functools.partial(plain, 1, c=False))
        adder = decorate(Adder(2))
        builtin = decorate(max)

        @decorate
        @functools.lru_cache  # noqa: B019
        def remembered(self, a: int) -> Any:
            return [a]

        @decorate
        @functools.singledispatchmethod
        def by_kind(self, a: Any) -> Any:
            return "any", a

        @by_kind.register
        def _(self, a: int) -> Any:
            return "int", a

        @decorate
        @abc.abstractmethod
        def abstract(self) -> Any: ...

    return Callables


def make_desk(decorate: Any) -> Any:
    """A class whose every member is decorated from above, and one that inherits them."""

    class Desk(make_methods(decorate), make_properties(decorate), make_callables(decorate)):  # type: ignore[misc]
        pass

    class Inherited(Desk):
        def method(self, a: int = 2) -> Any:
            return super().method(a)

        def abstract(self) -> Any:
            return super().abstract()

    return Desk, Inherited


CALLS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "method": lambda _desk, _kind, instance: (
        instance.method(),
        instance.method(3),
        instance.method.__self__ is instance,
    ),
    "unbound": lambda desk, _kind, instance: desk.method(instance, 4),
    "static": lambda desk, _kind, instance: (
        desk.static(1),
        instance.static(1, b=3),
        instance.static(b=1, a=2),
    ),
    "class": lambda desk, kind, instance: (desk.of_class(1), kind.of_class(2), instance.of_class(a=3)),
    "async class": lambda desk, _kind, instance: (
        asyncio.run(desk.async_of_class(1)),
        asyncio.run(instance.async_of_class(2)),
    ),
    "static stream": lambda desk, _kind, instance: (
        list(desk.static_stream(1)),
        list(instance.static_stream(2)),
    ),
    "property": lambda desk, _kind, instance: (
        instance.shown,
        instance.__setattr__("shown", 9),
        instance.shown,
        desk.shown.__doc__,
    ),
    "cached": lambda _desk, _kind, instance: (
        instance.cached,
        instance.cached is instance.cached,
        "cached" in vars(instance),
    ),
    "partial method": lambda _desk, _kind, instance: (
        instance.partial_method(),
        instance.partial_method(a=6),
    ),
    "partial": lambda desk, _kind, instance: (
        instance.partial(),
        desk.partial.func is plain,
        desk.partial.args,
        isinstance(desk.partial, functools.partial),
    ),
    "callable": lambda desk, _kind, instance: (
        instance.adder(1),
        len(desk.adder),
        desk.adder == Adder(2),
        hash(desk.adder),
        desk.adder.more,
    ),
    "remembered": lambda _desk, _kind, instance: (
        instance.remembered(1),
        instance.remembered(1) is instance.remembered(1),
        type(instance).remembered.cache_info().hits,
    ),
    "dispatch": lambda _desk, _kind, instance: (instance.by_kind(1), instance.by_kind("x")),
    "builtin": lambda desk, _kind, instance: (
        instance.builtin(1, 2),
        inspect.isbuiltin(desk.builtin),
        desk.builtin.__name__,
    ),
    "abstract": lambda desk, _kind, instance: (desk.__abstractmethods__, instance.abstract()),
    "kinds": lambda desk, _kind, _instance: {
        name: [question(value) for question in KINDS]
        for name, value in inspect.getmembers_static(desk)
        if not name.startswith("__")
    },
    "signatures": lambda desk, _kind, instance: [
        str(inspect.signature(getattr(owner, name)))
        for owner in (desk, instance)
        for name in (
            "method",
            "static",
            "of_class",
            "async_of_class",
            "static_stream",
            "partial_method",
            "partial",
            "adder",
        )
    ],
}
KINDS: list[Callable[[Any], Any]] = [
    *(getattr(inspect, name) for name in dir(inspect) if name.startswith("is")),
    *(
        functools.partial(lambda kind, value: isinstance(value, kind), kind)
        for kind in (staticmethod, classmethod, property)
    ),
]


@AROUND
@DECORATORS
@pytest.mark.parametrize("name", CALLS)
def test_members_of_a_class_work_as_before(around: str, decorate: Any, name: str) -> None:
    desk, inherited = make_desk(decorate)
    plain_desk, plain_inherited = make_desk(lambda member: member)

    with surrounding(around):
        assert CALLS[name](desk, inherited, inherited()) == CALLS[name](
            plain_desk, plain_inherited, plain_inherited()
        )


def test_every_member_s_call_is_recorded(logs: Captured) -> None:
    _desk, inherited = make_desk(caselog.tool)
    instance = inherited()

    with caselog.ticket(ticket_id="T"):
        instance.static(1)
        instance.of_class(2)
        instance.partial_method()
        instance.partial()
        instance.adder(3)
        instance.remembered(4)
        instance.by_kind(5)
        asyncio.run(caselog.tool(AsyncAdder(1))(6))

    calls = [(call["name"], call["arguments"], call["result"]) for call in logs[0]["trace"]["tool_calls"]]
    assert calls == [
        ("static", {"a": 1}, [1, 2]),
        ("of_class", {"a": 2}, ["Inherited", 2]),
        ("method", {"a": 5}, [7, 5]),
        ("plain", {"a": 1, "c": False}, [1, "b", [], False, 4, {}]),
        ("Adder", {"number": 3}, 5),
        ("remembered", {"a": 4}, [4]),
        ("by_kind", {"args": [5]}, ["int", 5]),
        ("AsyncAdder", {"number": 6}, 7),
    ]


@pytest.mark.parametrize("target", [Adder, int, "a text", None])
def test_a_class_and_what_cannot_be_called_stay_what_they_are(target: Any) -> None:
    assert caselog.tool(target) is target


def test_a_result_that_is_still_to_be_read_is_named_and_not_held(logs: Captured) -> None:
    ends: list[str] = []

    def stream() -> Generator[int]:
        try:
            yield 1
        finally:
            ends.append("closed")

    with caselog.ticket(ticket_id="T"):
        next(caselog.tool(functools.partial(lambda made: made(), stream))())

        assert ends == ["closed"]

    assert logs[0]["trace"]["tool_calls"][0]["result"] == "[generator]"


def test_what_the_guide_says_of_decorated_functions_holds() -> None:
    @caselog.tool
    def find(order_id: int) -> str:
        return sys._getframe(1).f_code.co_filename

    @caselog.tool
    def read(order_id: int) -> Generator[int, None, None]:
        yield order_id

    @caselog.tool
    def warn() -> None:
        warnings.warn("old", UserWarning, stacklevel=3)

    steps = read(7)

    assert find(7).endswith("wrappers.py")
    assert inspect.unwrap(find).__code__.co_filename == inspect.getfile(inspect.unwrap(find)) == __file__
    assert str(inspect.signature(find)) == "(order_id: 'int') -> 'str'"
    assert inspect.getsource(find).lstrip().startswith("@caselog.tool")
    assert all(
        name.startswith("_caselog") for name in inspect.getgeneratorlocals(steps) if name != "order_id"
    )
    with pytest.warns(UserWarning, match="old") as warned:
        warn()
    assert warned[0].filename == __file__
