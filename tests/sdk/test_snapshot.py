"""Any object becomes JSON that every reader can read; nothing is too strange, too deep, too long or too cyclic."""

from __future__ import annotations

import dataclasses
import functools
import ipaddress
import json
import threading
import time
import uuid
import warnings
from collections import OrderedDict, UserList, UserString, deque, namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_serializer

from caselog import Client
from caselog.fit import fit_log
from caselog.model import METRICS
from caselog.serialize import MAX_DEPTH, dump, load, shallow
from collector.intake import Sender, read_log
from tests.sdk.fake_collector import FakeCollector

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
LOG = {"ticket_id": "T-1", "status": "SUCCESS", "executed_at": "2026-11-23T14:05:00Z"}


@dataclasses.dataclass
class Point:
    x: int
    y: Any = None


@dataclasses.dataclass
class Half:
    x: int
    of_making: dataclasses.InitVar[int] = 3
    of_class: ClassVar[int] = 9


def marked(value: Any) -> Any:
    value.mark = "set by hand"
    return value


class Model(BaseModel):
    name: str
    key: SecretStr


class Color(Enum):
    RED = "red"


class Size(IntEnum):
    BIG = 3


class Word(StrEnum):
    YES = "yes"


class Opaque:
    def __repr__(self) -> str:
        return "<opaque>"


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError


class Mapping(dict[str, Any]):
    pass


Pair = namedtuple("Pair", "a b")  # noqa: PYI024 - the untyped kind is what people have


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (datetime(2026, 11, 23, 14, 5, tzinfo=UTC), "2026-11-23T14:05:00+00:00"),
        (date(2026, 11, 23), "2026-11-23"),
        (timedelta(minutes=1), 60.0),
        (Decimal("1.5"), 1.5),
        (Decimal("NaN"), None),
        (Decimal("0.1"), 0.1),
        (Decimal("12345678901234567890.123456789"), "12345678901234567890.123456789"),
        (Decimal("1E+400"), "1E+400"),
        (UserList([1]), [1]),
        (UserString("word"), "word"),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.items(), [["a", 1]]),
        (ipaddress.ip_address("192.0.2.1"), "192.0.2.1"),
        (HttpUrl("https://example.com/a"), "https://example.com/a"),
        (Half(1, 2), {"x": 1}),
        (marked(Point(1)), {"x": 1, "y": None, "mark": "set by hand"}),
        (float("nan"), None),
        ({"deep": [float("inf")]}, {"deep": [None]}),
        (b"text", "text"),
        (b"\xff\xfe", "[bytes: 2]"),
        (b"\x89PNG\r\n\x1a\n\xff", "data:image/png;base64,iVBORw0KGgr/"),
        (memoryview(b"\xff\xd8\xff\xe0"), "data:image/jpeg;base64,/9j/4A=="),
        (b"\xff\xd8\xff" * 3_000_000, "data:image/jpeg;base64,[cut: 9000000 bytes]"),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset(["a"]), ["a"]),
        ((1, 2), [1, 2]),
        (Pair(1, 2), [1, 2]),
        (deque([1]), [1]),
        (OrderedDict(a=1), {"a": 1}),
        (Mapping(a=Point(1)), {"a": {"x": 1, "y": None}}),
        (Point(1, Point(2)), {"x": 1, "y": {"x": 2, "y": None}}),
        (Model(name="n", key=SecretStr("hidden-one")), {"name": "n", "key": "SecretStr('**********')"}),
        (Color.RED, "red"),
        (Size.BIG, 3),
        (Word.YES, "yes"),
        (ValueError("no"), {"type": "ValueError", "message": "no"}),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("/a/b"), "/a/b"),
        (Opaque(), "<opaque>"),
        ({1: "a", None: "b", (1, 2): "c", Color.RED: "d"}, {"1": "a", "null": "b", "[1,2]": "c", "red": "d"}),
        (10**5000, "[integer of 16610 bits]"),
        (lambda: 1, None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_does_not_know_is_written_in_a_way_people_can_read(value: Any, read: Any) -> None:
    written = json.loads(dump({"value": value}))["value"]

    assert written == read or (callable(value) and written.startswith("<function"))


def test_an_object_that_raises_at_every_touch_costs_only_itself() -> None:
    written = json.loads(dump({"hostile": Hostile(), "fine": 1}))

    assert written["fine"] == 1
    assert "Hostile" in written["hostile"] or "not serialisable" in written["hostile"]


def test_cycles_and_abysses_become_markers() -> None:
    cycle: dict[str, Any] = {"name": "loop"}
    cycle["self"] = cycle
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]

    written = json.loads(dump({"cycle": cycle, "deep": deep, "point": Point(1)}))

    assert written["cycle"]["self"] == "[cycle]"
    assert "bottom" not in json.dumps(written)
    assert written["point"] == {"x": 1, "y": None}


def test_a_trace_that_is_nested_too_deep_for_readers_is_cut_where_it_is_too_deep() -> None:
    deep: Any = "bottom"
    for _ in range(300):
        deep = {"inner": deep}

    cut = shallow({"trace": deep, "n": 1})

    assert shallow(cut) == cut
    assert json.dumps(cut).count("inner") < MAX_DEPTH
    assert "nested deeper" in json.dumps(cut)


@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(),
            st.binary(),
            st.datetimes(),
            st.decimals(),
        ),
        lambda inner: st.one_of(
            st.lists(inner), st.dictionaries(st.one_of(st.text(), st.integers(), st.floats()), inner)
        ),
    )
)
def test_whatever_is_shipped_is_strict_json(value: Any) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    json.loads(dump({"value": value}), parse_constant=refuse)


# ---------------------------------------------------------------- as the collector takes it


@pytest.mark.parametrize(
    "strange",
    [
        {"ticket_id": 7},
        {"ticket_id": "x" * 5000},
        {"category": "line\nbreak\x00"},
        {"environment": {"name": "prod"}},
        {"status": "w" * 100},
        {"executed_at": "yesterday"},
        {"executed_at": "2026-11-23T14:05:00"},
        {"executed_at": NOW},
        {"executed_at": "9999-99-99T00:00:00Z"},
        {"execution_time_seconds": -3},
        {"execution_time_seconds": "long"},
        {"metrics": {"overall_confidence": 87}},
        {"metrics": {"error_count": 1.5, "input_tokens": "many", "cost_usd": float("nan")}},
        {"metrics": {"nested": {"a": [1]}, "text": "é" * 3000, "": 1, "n" * 500: 2}},
        {"metrics": {f"metric {number}": number for number in range(1000)}},
        {"metrics": ["no", "mapping"]},
        {"trace": ["no", "mapping"]},
        {"trace": {"final_response": "lone \ud800 surrogate"}},
        {"log_id": "an id with spaces"},
        {"log_id": 7},
        {"client_id": "Not An Id"},
        {"schema_version": "1"},
        {f"field {number}": number for number in range(200)},
        {"big": "x" * 1_000_000},
        {"": 1, "n" * 1000: 2},
        {"huge": 10**30, "trace": {"n": 10**30}},
    ],
    ids=lambda strange: str(strange)[:40],
)
def test_a_log_with_a_strange_field_is_taken_by_the_collector_without_losing_the_rest(
    strange: dict[str, Any], open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    client = open_client()

    client.ship({**LOG, "category": "refund", "metrics": {"own": 1}, **strange})
    client.flush(60)

    (log,) = collector.logs
    stored = read_log(json.dumps(log).encode(), Sender("acme"), NOW)
    assert stored.log_id
    assert log["status"]


def test_a_metric_that_breaks_its_rule_is_kept_under_another_name() -> None:
    wrong = {metric.name: "wrong" for metric in METRICS}

    log = fit_log({**LOG, "metrics": wrong}, NOW.isoformat())

    assert log["metrics"] == {f"invalid.{name}": "wrong" for name in wrong}


def test_more_metrics_than_a_log_has_places_for_move_into_the_trace() -> None:
    metrics = {f"metric {number}": number for number in range(1_000)}

    log = fit_log({**LOG, "metrics": metrics}, NOW.isoformat())
    small = fit_log({**LOG, "metrics": metrics}, NOW.isoformat(), keeps_trace=False)

    assert {**log["metrics"], **log["trace"]["extra"]["metrics"]} == metrics
    assert small["metrics"] == log["metrics"]
    assert small["cut"] == ["metrics"]


def test_fields_of_the_senders_own_that_are_too_large_move_into_the_trace() -> None:
    log = fit_log({**LOG, "document": "x" * 100_000, "region": "eu"}, NOW.isoformat())

    assert log["region"] == "eu"
    assert log["trace"] == {"extra": {"document": "x" * 100_000}}


# ---------------------------------------------------------------- field by field


class Loud:
    """An object that tells when any of its own code runs."""

    ran: ClassVar[list[str]] = []
    shared = "of the class"
    __slots__ = ("__dict__", "slot", "unset")

    def __init__(self) -> None:
        self.name = "n"
        self.slot = [1]
        self._private = "hidden"

    @property
    def loaded(self) -> str:
        self.ran.append("loaded")
        return "lazy"

    @functools.cached_property
    def cached(self) -> str:
        self.ran.append("cached")
        return "lazy"

    def __getattr__(self, name: str) -> Any:
        self.ran.append(name)
        raise AttributeError(name)


def test_an_object_is_its_own_attributes_and_none_of_its_code_runs() -> None:
    written = json.loads(dump({"loud": Loud(), "again": [SimpleNamespace(inner=Loud())]}))

    fields = {"name": "n", "slot": [1]}
    assert written == {"loud": fields, "again": [{"inner": fields}]}
    assert Loud.ran == []


class Broken(BaseModel):
    fine: int = 1
    broken: str = "b"
    secret: str = Field("s", exclude=True)
    hidden: SecretStr = SecretStr("not told")

    @field_serializer("broken")
    def fail(self, _: str) -> str:
        raise LookupError


class Base(BaseModel):
    a: int = 1


class More(Base):
    b: int = 2


class Holder(BaseModel):
    model_config = ConfigDict(extra="allow")
    parsed: Base | None = None


def test_what_one_field_does_costs_only_that_field() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written = json.loads(
            dump(
                {
                    "broken": Broken(),
                    "sub": Holder(parsed=More(), own="o"),  # type: ignore[call-arg]
                    "constructed": Holder.model_construct(parsed=Point(1, 2)),  # type: ignore[arg-type]
                }
            )
        )

    assert written["broken"]["fine"] == 1
    assert written["broken"]["broken"].startswith("[not readable: ")
    assert "secret" not in written["broken"]
    assert "not told" not in json.dumps(written)
    assert written["sub"] == {"parsed": {"a": 1, "b": 2}, "own": "o"}
    assert written["constructed"] == {"parsed": {"x": 1, "y": 2}}


def test_a_class_is_its_name_and_no_text_holds_an_address() -> None:
    values = [
        Model,
        Color,
        int,
        object(),
        Opaque,
        len,
        print,
        lambda: 1,
        iter([]),
        threading.Lock(),
        Loud().name.upper,
    ]

    written = json.loads(dump(values))

    assert written[:3] == ["Model", "Color", "int"]
    assert "0x" not in json.dumps(written)


def test_keys_that_are_equal_as_text_are_told_apart() -> None:
    class Outer(Enum):
        RED = "rot"

    class Plain(Enum):
        GREEN = "grün"

    for value in (
        {"rot": 1, Outer.RED: 3, Plain.GREEN: 2},
        {1: "a", "1": "b", "true": "d", None: "e", "null": "f"},
    ):
        read = load(dump(value))
        assert sorted(map(str, read.values())) == sorted(map(str, value.values()))
    keys = load(dump({Color.RED: 1, "red": 2, Plain.GREEN: 3}))
    assert keys == {"red": 1, "red (2)": 2, "grün": 3}


def test_an_object_that_holds_the_world_is_looked_into_only_so_far() -> None:
    class Part:
        def __init__(self) -> None:
            self.parts: list[Any] = []

    parts = [Part() for _ in range(30)]
    for part in parts:
        part.parts = parts

    began = time.thread_time()
    text = dump({"world": parts[0]})

    assert time.thread_time() - began < 5
    assert len(text) < 1_000_000
