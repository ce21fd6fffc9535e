"""Objects that raise, lie or never end wherever they are touched cost the field that they stand in, and no other."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import json
import threading
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselog import build_workflow_log, ship_log_async
from caselog.model import LOG_FIELDS, METRICS, TRACE_PARTS
from caselog.serialize import dump, load
from caselog.testing import capture

np: Any = pytest.importorskip("numpy")
pd: Any = pytest.importorskip("pandas")


def refuse(*_: Any) -> NoReturn:
    raise RuntimeError


class Refusing:
    """Raises at every touch, as an unbound proxy or a detached row does."""

    __getattribute__ = __repr__ = __bool__ = __len__ = __iter__ = __eq__ = refuse

    def __hash__(self) -> int:
        return 1


class Unbound:
    """A proxy whose class cannot be told, as werkzeug's are outside of a request."""

    __class__ = property(refuse)
    __getattr__ = refuse


class Comparing:
    __eq__ = __lt__ = __ge__ = __bool__ = refuse
    __hash__ = object.__hash__


class SaysItIsText:
    __class__ = str  # type: ignore[assignment]


class SaysItIsDict:
    __class__ = dict  # type: ignore[assignment]


class LyingDict(dict[str, Any]):
    items = get = keys = __getitem__ = __contains__ = __iter__ = __len__ = refuse


class LyingMapping(Mapping[str, Any]):
    __getitem__ = __iter__ = __len__ = refuse


class LyingText(str):
    __slots__ = ()
    __eq__ = strip = upper = lower = startswith = __len__ = refuse
    __hash__ = str.__hash__


class LyingNumber(int):
    __lt__ = __ge__ = __int__ = __index__ = __float__ = __abs__ = refuse


class LyingTime(dt.datetime):
    isoformat = __eq__ = refuse  # type: ignore[assignment]
    __hash__ = dt.datetime.__hash__


class LyingDuration(dt.timedelta):
    total_seconds = refuse


class AnswersAnything:
    """Every attribute is there, as on a recording double."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self


class Endless:
    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1


class RefusingKind(type):
    __instancecheck__ = __subclasscheck__ = __getattr__ = refuse


class OfRefusingKind(metaclass=RefusingKind):
    pass


def cyclic() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


HOSTILE: list[Any] = [
    Refusing(), Unbound(), Comparing(), SaysItIsText(), SaysItIsDict(), LyingDict(a=1), LyingMapping(),
    LyingText("ok"), LyingNumber(3), LyingTime(2026, 1, 1), LyingDuration(1), AnswersAnything(), Endless(),
    OfRefusingKind, OfRefusingKind(), cyclic(), np.array([1, 2]), np.array([["a"]], dtype=object),
    pd.DataFrame({"a": [1]}), pd.Series([1, 2]), pd.NA, pd.NaT, 10**5000, float("nan"), "\ud800", 1j, ...,
    decimal.Decimal("sNaN"), dt.timedelta.max, dt.datetime.max.replace(tzinfo=dt.UTC), collections.ChainMap({"a": 1}),
    memoryview(b"ab"), range(3), (number for number in [1]), threading.Lock(), json, int,
]  # fmt: skip
#: By place: Hypothesis looks at what it draws.
PLACES = st.sampled_from(range(len(HOSTILE)))
FIELDS = [
    *(field.name for field in LOG_FIELDS),
    *(metric.name for metric in METRICS),
    *TRACE_PARTS,
    *("started_at", "finished_at", "execution_time", "confidence", "extra"),
]
PARTS = [name for name, fields in TRACE_PARTS.items() if fields]
#: Names that a part has, and names by which shapes are known.
NAMES = st.sampled_from(
    [
        *dict.fromkeys(field.name for fields in TRACE_PARTS.values() for field in fields),
        *("type", "function", "custom", "toolUse", "functionResponse", "is_error", "isError", "args", "role"),
        *("content", "summary", "text", "cached", "tool_call_id"),
    ]
)
FULL = {
    "ticket_id": "T",
    "status": "ok",
    "category": "refund",
    "final_response": "Paid.",
    "messages": [{"role": "user", "content": "hi"}],
    "react_iterations": [{"thought": "hm", "input_tokens": 1}],
    "overall_confidence": 0.5,
}


def write(state: Any) -> dict[str, Any]:
    written: dict[str, Any] = load(dump(build_workflow_log(state)))
    return written


def without(log: dict[str, Any], *names: str) -> dict[str, Any]:
    """The log without these fields, metrics and parts."""
    rest = {name: value for name, value in log.items() if name not in names}
    for name in ("metrics", "trace"):
        if name in rest:
            rest[name] = without(rest[name], *names) if isinstance(rest[name], dict) else {}
    return rest


#: What is worked out of other fields.
DERIVED = {
    "started_at": ("executed_at",), "finished_at": ("execution_time_seconds",), "extra": ("a",),
    "executed_at": ("execution_time_seconds",), "execution_time": ("execution_time_seconds",),
    "confidence": ("overall_confidence",), "react_iterations": ("input_tokens",), "errors": ("error_count",),
    "tool_calls": ("tool_call_count", "failed_tool_calls"), "trace": ("a",), "metrics": ("a",),
}  # fmt: skip


@given(name=st.sampled_from(FIELDS), place=PLACES, has_attributes=st.booleans())
def test_a_field_that_cannot_be_read_takes_no_other_with_it(
    name: str, place: int, has_attributes: bool
) -> None:
    state = {**FULL, name: HOSTILE[place]}

    log = write(SimpleNamespace(**state) if has_attributes else state)

    gone = (name, *DERIVED.get(name, ()))
    assert without(log, *gone) == without(write(FULL), *gone)


@given(part=st.sampled_from(PARTS), name=NAMES, place=PLACES, is_call=st.booleans())
def test_a_field_of_a_step_that_cannot_be_read_takes_no_other_with_it(
    part: str, name: str, place: int, is_call: bool
) -> None:
    kind = {"type": "tool_use", "name": "find", "input": {}, "id": "c1"} if is_call else {}
    step = {**kind, name: HOSTILE[place], "own": "kept"}

    log = write({**FULL, part: [step, {"role": "user", "content": "after"}]})

    assert "kept" in json.dumps(log)
    assert "after" in json.dumps(log)
    assert log["ticket_id"] == "T"
    assert log["trace"]["final_response"] == "Paid."


@given(part=st.sampled_from(PARTS), place=PLACES)
def test_a_step_that_cannot_be_read_takes_no_other_with_it(part: str, place: int) -> None:
    log = write({**FULL, part: [HOSTILE[place], {"role": "user", "content": "after"}]})

    assert len(log["trace"][part]) == 2
    assert log["trace"][part][1] == {"role": "user", "content": "after"}


@given(metric=st.sampled_from([metric.name for metric in METRICS] + ["own"]), place=PLACES)
def test_a_metric_that_cannot_be_read_takes_no_other_with_it(metric: str, place: int) -> None:
    log = write({"ticket_id": "T", "metrics": {"first": 1, metric: HOSTILE[place], "last": 2}})

    assert (log["metrics"]["first"], log["metrics"]["last"]) == (1, 2)


@given(place=PLACES, figures=st.lists(st.integers(0, 9), min_size=1))
def test_an_iteration_whose_figure_cannot_be_read_leaves_no_sum_and_costs_no_log(
    place: int, figures: list[int]
) -> None:
    steps = [{"input_tokens": figure, "cost_usd": figure} for figure in figures]

    log = write(
        {
            "ticket_id": "T",
            "react_iterations": [*steps, {"input_tokens": HOSTILE[place], "cost_usd": HOSTILE[place]}],
        }
    )

    assert log["metrics"]["react_iterations"] == len(figures) + 1
    if not issubclass(type(HOSTILE[place]), int):
        assert "input_tokens" not in log["metrics"]
        assert "cost_usd" not in log["metrics"]


@given(
    value=st.recursive(PLACES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner))
)
def test_whatever_stands_beside_it_is_written(value: Any) -> None:
    def fill(value: Any) -> Any:
        if isinstance(value, int):
            return HOSTILE[value]
        return (
            [fill(each) for each in value]
            if isinstance(value, list)
            else {name: fill(each) for name, each in value.items()}
        )

    assert load(dump({"before": 1, "hostile": fill(value), "after": [2]})) | {"hostile": None} == {
        "before": 1,
        "hostile": None,
        "after": [2],
    }


@given(place=PLACES)
def test_a_key_that_cannot_be_read_takes_no_other_with_it(place: int) -> None:
    try:
        given_dict = {HOSTILE[place]: 1, "fine": 2}
    except TypeError:
        return

    log = write({"ticket_id": "T", "extra": given_dict, "metrics": given_dict, "messages": [given_dict]})

    assert log["fine"] == log["metrics"]["fine"] == log["trace"]["messages"][0]["fine"] == 2


class Partly(Mapping[str, Any]):
    """Some of its keys raise when they are read, and its keys may end by raising."""

    def __init__(self, keys: dict[str, bool], ends: bool) -> None:
        self._keys, self._ends = keys, ends

    def __iter__(self) -> Iterator[str]:
        yield from self._keys
        if self._ends:
            raise RuntimeError

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, name: str) -> str:
        if self._keys[name]:
            return name
        raise LookupError


@given(keys=st.dictionaries(st.sampled_from("abcdef"), st.booleans(), min_size=1), ends=st.booleans())
def test_an_item_of_a_mapping_that_cannot_be_read_takes_no_other_with_it(
    keys: dict[str, bool], ends: bool
) -> None:
    given_mapping = Partly(keys, ends)

    inside = load(dump({"x": given_mapping}))["x"]
    log = write({"ticket_id": "T", "extra": given_mapping, "trace": given_mapping, "metrics": given_mapping})
    with capture() as logs:
        ship_log_async(given_mapping)

    fine = {name: name for name, is_fine in keys.items() if is_fine}
    bad = {name: "[not readable: LookupError]" for name, is_fine in keys.items() if not is_fine}
    rest = {"[rest]": "[not readable: RuntimeError]"} if ends else {}
    for found in (inside, log["trace"], log["metrics"]):
        assert found == {**fine, **bad, **rest}
    for found in (log, logs[0]):
        assert {**fine, **bad, **rest}.items() <= found.items()


class OddList(list[Any]):
    __iter__ = __len__ = refuse


class OddTuple(tuple[Any, ...]):
    __slots__ = ()
    __iter__ = __len__ = refuse


class OddSet(set[Any]):
    __iter__ = __len__ = refuse


class OddFrozen(frozenset[Any]):
    __iter__ = __len__ = refuse


class OddDeque(collections.deque[Any]):
    __iter__ = __len__ = refuse


@pytest.mark.parametrize("kind", [OddList, OddTuple, OddSet, OddFrozen, OddDeque])
@given(members=st.lists(st.integers(0, 9), unique=True).map(sorted), beside=PLACES)
def test_the_members_of_a_container_whose_class_raises_are_written(
    kind: Any, members: list[int], beside: int
) -> None:
    # Beside what the encoder of C cannot write it is read step by step.
    assert load(dump({"x": kind(members), "beside": HOSTILE[beside]}))["x"] == members


@given(values=st.dictionaries(st.sampled_from("abc"), st.integers()))
def test_the_items_of_a_dict_whose_class_raises_are_written(values: dict[str, int]) -> None:
    assert load(dump({"x": LyingDict(values)}))["x"] == values


def test_an_exception_is_written_with_its_notes() -> None:
    error = ValueError("no")
    error.add_note("of order 7")

    assert load(dump(error)) == {"type": "ValueError", "message": "no", "notes": ["of order 7"]}


KEYS = st.one_of(
    st.integers(-1, 2),
    st.booleans(),
    st.none(),
    st.floats(0, 2),
    st.sampled_from(["1", "true", "null", "1.0", "1 (2)"]),
)


@given(st.dictionaries(KEYS, st.integers()))
def test_keys_that_are_equal_as_text_are_told_apart_in_every_place(values: dict[Any, int]) -> None:
    written = write({"extra": values, "metrics": {"inner": values}, "trace": {"own": values}})

    extra = {
        name: value for name, value in written.items() if name not in ("schema_version", "metrics", "trace")
    }
    metrics = written.get("metrics", {})
    for found in (extra, metrics, written.get("trace", {}).get("own", {})):
        assert sorted(found.values()) == sorted(values.values())
