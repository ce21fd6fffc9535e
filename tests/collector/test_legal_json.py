"""Whatever is legal JSON is stored, and can be read back by whoever reads later."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from collector.intake import Sender, derive_log_id, read_log
from collector.json_path import path_of
from collector.strict_json import MAX_MEMBERS, NotJson, mend_surrogates, split_object
from lake import rawlog, trace_parts
from lake.json_shape import count_items, measure
from lake.part_counts import PartCounts, count_parts
from tests.collector.conftest import Collector, make_log

_NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
_MIB = 1024 * 1024
_EXECUTED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _with(place: str, text: str) -> bytes:
    """A log whose field ``place`` is ``text``, byte for byte."""
    return (json.dumps(make_log(**{place: ...}))[:-1] + f', "{place}": {text}}}').encode()


def _row(body: bytes) -> rawlog.RawRow:
    return rawlog.read_line(read_log(body, Sender("acme"), _NOW).line, "acme")


# ---------------------------------------------------------------- half an emoji


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"\ud83d", "\ufffd"),
        (r"\uDE00", "\ufffd"),
        (r"a\ud83d\ud83d\ude00b", "a\ufffd😀b"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        (r"\uD83D\uDE00", "😀"),
        (r"\ud83d\u0041", "\ufffdA"),
    ],
)
@pytest.mark.parametrize("place", ["trace", "ticket_id", "category", "mine", "metrics"])
def test_half_an_emoji_is_stored_as_the_replacement_character(
    collector: Collector, http: TestClient, sent: str, kept: str, place: str
) -> None:
    is_text = place in {"ticket_id", "category"}
    body = _with(place, f'"{sent}"' if is_text else f'{{"x": "{sent}"}}')

    answer = http.post("/v1/logs", content=body, headers=collector.headers())

    assert answer.status_code == 200, answer.text
    (line,) = collector.lines()
    assert line[place] == (kept if is_text else {"x": kept})


def test_half_an_emoji_in_a_name_is_replaced_too() -> None:
    row = _row(_with("trace", r'{"\ud83d": 1}'))

    assert json.loads(row.trace or "") == {"\ufffd": 1}


def test_one_log_with_half_an_emoji_costs_no_other_of_its_body(
    collector: Collector, http: TestClient
) -> None:
    body = b"\n".join([_with("trace", r'{"x": "\ud83d"}'), json.dumps(make_log(log_id="L-2")).encode()])

    answer = http.post("/v1/logs", content=body, headers=collector.ndjson())

    assert answer.json()["log_ids"] == ["L-1", "L-2"]


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.characters() | st.sampled_from("\ud83d\ude00\\u"), max_size=20))
def test_any_text_of_a_language_with_surrogates_is_taken(text: str) -> None:
    mended = mend_surrogates(json.dumps([text]).encode())

    assert "\ufffd" in text or json.loads(mended) == [
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    ]


# ---------------------------------------------------------------- numbers, marks, names


@pytest.mark.parametrize(
    "number", ["1e400", "-1e999", "9" * 5000, "9" * 30, "0.1000000000000000055511", "-0.0"]
)
def test_a_number_of_a_trace_stays_as_it_was_written(number: str) -> None:
    trace = f'{{"nodes": [{{"name": "a", "duration_ms": {number}, "output": {number}}}], "x": {number}}}'

    row = _row(_with("trace", trace))

    assert row.trace == trace
    assert len(trace_parts.read_parts(row.trace).nodes) == 1


@pytest.mark.parametrize("number", ["1e400", "-1e999", "9" * 5000])
def test_a_number_beyond_a_double_in_a_field_of_ones_own_is_kept_as_text(number: str) -> None:
    row = _row(_with("mine", f'{{"x": [{number}, 1.5]}}'))

    assert json.loads(row.log["extra"])["mine"] == {"x": [number, 1.5]}


@pytest.mark.parametrize("name", ["mood", "cost_usd", "input_tokens"])
def test_a_metric_beyond_a_double_is_named(collector: Collector, http: TestClient, name: str) -> None:
    answer = http.post(
        "/v1/logs", content=_with("metrics", f'{{"{name}": 1e400}}'), headers=collector.headers()
    )

    assert [field["path"] for field in answer.json()["error"]["fields"]] == [f"metrics.{name}"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_mark_before_utf_8_is_skipped(collector: Collector, http: TestClient, encoding: str) -> None:
    body = "\ufeff" + json.dumps(make_log())
    packed = gzip.compress(body.encode()) if encoding == "gzip" else body.encode()

    one = http.post("/v1/logs", content=packed, headers=collector.headers(Content_Encoding=encoding))
    many = http.post("/v1/logs", content=packed, headers=collector.ndjson(Content_Encoding=encoding))

    assert (one.status_code, many.status_code) == (200, 200)


def test_of_a_name_that_is_given_twice_the_last_one_counts(collector: Collector, http: TestClient) -> None:
    body = _with("status", r'7, "st\u0061tus": "FAILED", "metrics": {"mood": 1, "mood": 2}')

    assert http.post("/v1/logs", content=body, headers=collector.headers()).status_code == 200
    assert (collector.lines()[0]["status"], collector.lines()[0]["metrics"]) == ("FAILED", {"mood": 2})


# ---------------------------------------------------------------- where it is wrong


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"trace": {"nodes": [{}, {"output": NaN}]}}', ["trace", "nodes", "1", "output"]),
        ('{"trace": {"a": {"b": 1}, "c" 2}}', ["trace"]),
        ('{"a": "x{y[\\x"}', ["a"]),
        ('{"a": [1, 2, {"b": "cut', ["a", "2", "b"]),
        ('{"a": 1}}', []),
        ('{"a": 1, b: 2}', []),
    ],
)
def test_the_place_of_what_is_no_json_is_named(body: str, path: list[str]) -> None:
    with pytest.raises(NotJson) as found:
        split_object(body.encode())

    assert found.value.at is not None
    assert path_of(body.encode(), found.value.at) == path


def test_what_was_sent_is_never_quoted(collector: Collector, http: TestClient) -> None:
    body = b'{"a name with spaces": {"' + b"x" * 100 + b'": NaN}}'

    answer = http.post("/v1/logs", content=body, headers=collector.headers())

    assert answer.json()["error"]["fields"][0]["path"] == "(unnamed).(unnamed)"


# ---------------------------------------------------------------- size and shape

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text('[]{},\\"a', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('[],\\"', max_size=3), inner, max_size=4)
    ),
    max_leaves=30,
)


def _depth(value: Any) -> int:
    children = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(_depth, children), default=0)


@settings(max_examples=300, deadline=None)
@given(items=st.lists(_json, max_size=5), padding=st.integers(0, 70_000))
def test_the_shape_of_a_text_is_that_of_its_value(items: list[Any], padding: int) -> None:
    text = json.dumps(["\\" * padding, *items]).encode()

    assert measure(text).depth == _depth([*items])
    assert count_items(text) == len(items) + 1


def test_more_fields_than_anybody_has_are_refused_before_they_are_told_apart() -> None:
    body = b"{" + b",".join(b'"f%d":1' % number for number in range(2 * MAX_MEMBERS)) + b"}"

    with pytest.raises(NotJson, match="more than"):
        split_object(body)


@pytest.mark.parametrize("place", ["ticket_id", "metrics", "status", "client_id", "schema_version"])
def test_a_field_that_is_far_too_long_is_refused_unread(
    collector: Collector, http: TestClient, place: str
) -> None:
    body = _with(place, "[" + "[]," * (_MIB // 2) + "0]")

    answer = http.post("/v1/logs", content=body, headers=collector.headers())

    assert [
        (field["path"], "is longer than" in field["message"]) for field in answer.json()["error"]["fields"]
    ] == [(place, True)]


@pytest.mark.parametrize("size", [3, 200_000])
def test_parts_are_counted_alike_in_traces_of_any_size(size: int) -> None:
    calls = [{"name": "a, [b"}, 7]
    trace = json.dumps(
        {
            "errors": [1] * size,
            "tool_calls": "none",
            "react_iterations": [{"tool_calls": calls}, 5, {"tool_calls": {}}, {"tool_calls": calls}],
        }
    ).encode()

    assert count_parts(trace) == PartCounts(react_iterations=4, tool_call_count=4, error_count=size)


# ---------------------------------------------------------------- what seems the same, and is not


@pytest.mark.parametrize("own", ["received_at", "collector_counted"])
@settings(max_examples=40, deadline=None)
@given(times=st.sets(st.integers(0, 4)))
def test_no_field_is_lost_whose_name_is_like_one_of_the_collectors(own: str, times: set[int]) -> None:
    sent = {f"{'sender_' * number}{own}": number for number in times}

    kept = json.loads(_row(json.dumps(make_log(**sent)).encode()).log["extra"])

    assert sorted(kept.values()) == sorted(times)
    assert own not in kept
    assert {name: kept[name] for name in sent if name != own} == {n: v for n, v in sent.items() if n != own}


_halves = st.text(st.sampled_from("aé\ud83d\ude00\ud800\udfff\ufffd\ue03d\ue200"), min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(one=_halves, other=_halves)
def test_tickets_that_differ_in_halves_of_a_pair_get_different_ids(one: str, other: str) -> None:
    ids = [
        read_log(json.dumps(make_log(log_id=..., ticket_id=ticket)).encode(), Sender("acme"), _NOW).log_id
        for ticket in (one, other)
    ]

    is_same = one.encode("utf-16", "surrogatepass") == other.encode("utf-16", "surrogatepass")
    assert (ids[0] == ids[1]) == is_same


def test_the_id_of_a_ticket_does_not_depend_on_how_it_is_written() -> None:
    ticket = "T-\ufffd-é"
    ids = {
        read_log(
            json.dumps(make_log(log_id=..., ticket_id=ticket, x=x), ensure_ascii=way).encode(),
            Sender("a"),
            _NOW,
        ).log_id
        for way in (True, False)
        for x in ("", "\ud83d")
        if way or not x
    }

    assert ids == {derive_log_id("a", ticket, _EXECUTED_AT)}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_files_with_marks_that_were_put_together_are_lines_like_others(
    collector: Collector, http: TestClient, end: str
) -> None:
    lines = ["\ufeff" + json.dumps(make_log(log_id=f"L-{number}")) for number in range(3)]

    answer = http.post(
        "/v1/logs", content=(end.join(lines) + end + "\ufeff" + end).encode(), headers=collector.ndjson()
    )

    assert answer.json() == {"status": "stored", "logs": 3, "log_ids": ["L-0", "L-1", "L-2"]}


@pytest.mark.parametrize("place", ["trace", "mine", "metrics"])
@pytest.mark.parametrize("depth", [201, 1_000, 5_000, 100_000])
@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_what_is_nested_too_deep_is_named(
    collector: Collector, http: TestClient, place: str, depth: int, opened: str
) -> None:
    deep = opened * depth + "1" + ("]" if opened == "[" else "}") * depth
    value = deep if place == "mine" else f'{{"first": [{{}}], "x": {deep}}}'

    answer = http.post("/v1/logs", content=_with(place, value), headers=collector.headers())

    (field,) = answer.json()["error"]["fields"]
    assert field["path"] == place
    assert field["message"] == "is nested more than 200 levels deep"
