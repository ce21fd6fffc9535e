from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake import rawhead, rawlog, schema
from lake.errors import UnreadableRaw
from lake.rawobject import parse
from tests.logs import RECEIVED, a_log, raw_line

KEY = "raw/client_id=acme/date=2026-11-23/hour=14/a.ndjson.zst"
_FULL = {
    "metrics": {"error_count": 7, "overall_confidence": 0.5, "mood": "good"},
    "trace": {"errors": [{}], "tool_calls": [1], "react_iterations": [{"tool_calls": [1, 2]}], "ä": "€"},
    "region": {"zone": 1, "trace": 2},
    "sdk": {"lost": {"network": 3}},
}


def earlier_line(log: dict[str, Any]) -> bytes:
    """The line of a collector that counted nothing: unknown fields first, the trace last."""
    trace = json.dumps(log["trace"]).encode() if log.get("trace") is not None else None
    small = {name: value for name, value in log.items() if name != "trace"}
    head = msgspec.json.encode({**small, "received_at": RECEIVED})
    return head if trace is None else b'%s,"trace":%s}' % (head[:-1], trace)


def as_tables(line: bytes) -> tuple[list[Any], list[Any]]:
    row = rawlog.read_line(line, "acme")
    return rawlog.logs_table([row]).to_pylist(), rawlog.traces_table([row]).to_pylist()


def refuse_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are not parsed whole any more."""

    def refused(_line: bytes, _client_id: str) -> Any:
        raise AssertionError("a line was parsed whole")

    monkeypatch.setattr(rawlog, "_read_whole", refused)


@pytest.mark.parametrize("fields", [{}, {"trace": None}, {"metrics": {}}, {"region": "ä"}, _FULL])
def test_a_line_is_read_without_a_look_at_its_trace(
    fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = a_log("1", **fields)
    expected = as_tables(earlier_line(log))

    refuse_whole(monkeypatch)

    assert as_tables(raw_line(log)) == expected


def test_lines_of_earlier_and_later_collectors_stand_in_one_object() -> None:
    lines = [earlier_line(a_log("1", **_FULL)), raw_line(a_log("2", **_FULL)), b"rubbish"]

    parsed = parse(KEY, rawlog.pack(lines))

    first, second = rawlog.logs_table(parsed.rows).to_pylist()
    assert (first["log_id"], second["log_id"]) == ("1", "2")
    assert {**first, "log_id": "2", "ticket_id": "T-2"} == second
    assert [bad.number for bad in parsed.bad_lines] == [3]


def test_a_line_is_json_that_an_earlier_version_can_read() -> None:
    log = a_log("1", **_FULL)

    line = json.loads(raw_line(log))

    assert line.pop(rawhead.NAME)[:4] == [1, 3, 1, 3]
    assert {name: line[name] for name in log} == log


scalars = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=6)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
unknown = st.dictionaries(
    st.sampled_from(["region", "sdk", "traces", 'a"b', "x,y", "{", '","trace":']), values, max_size=3
)
traces = st.none() | st.dictionaries(
    st.sampled_from(["errors", "tool_calls", "react_iterations", "trace", ',"trace":{}', "ä"]),
    values,
    max_size=3,
)


@given(extra=unknown, trace=traces, status=st.text(min_size=1, max_size=8))
def test_whatever_a_log_holds_both_ways_to_read_it_agree(extra: Any, trace: Any, status: str) -> None:
    log = a_log("1", **extra, trace=trace, status=status)
    split = rawhead.split_line(raw_line(log), 0, len(raw_line(log)))

    assert split is not None
    assert json.loads(split.extra) == extra
    assert as_tables(raw_line(log)) == as_tables(earlier_line(log))


@given(numbers=st.lists(st.integers(0, 120), min_size=6, max_size=6), trace=traces)
def test_counts_that_do_not_fit_the_line_change_nothing_but_the_counts(numbers: Any, trace: Any) -> None:
    line = raw_line(a_log("1", trace=trace, region={"trace": {"a": 1}}, metrics={}))
    forged = b'{"%s":%s%s' % (
        rawhead.NAME.encode(),
        json.dumps(numbers).encode(),
        line[line.index(b"]") + 1 :],
    )

    read, expected = rawlog.read_line(forged, "acme"), rawlog.read_line(line, "acme")

    assert (read.trace, read.log["extra"]) == (expected.trace, expected.log["extra"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"status":"SUCCESS"', b'"status":12345678 '),
        (b'"ticket_id":"T-1"', b'"ticket_xx":"T-1"'),
        (b'"client_id":"acme"', b'"client_id":"evil"'),
        (b'"region":"north"', b'"region":"no\xff\xffh"'),
        (b"2026-11-23T14:00:00Z", b"2026-11-23T14:00:00 "),
    ],
)
def test_what_is_wrong_in_a_head_is_told_as_of_any_line(old: bytes, new: bytes) -> None:
    line = raw_line(a_log("1", region="north"))
    assert old in line

    with pytest.raises(UnreadableRaw):
        rawlog.read_line(line.replace(old, new), "acme")


def test_the_trace_is_a_view_until_it_is_copied_into_its_column() -> None:
    text = raw_line(a_log("1"))

    row = rawlog.read_line(text, "acme")

    assert isinstance(row.raw_trace, memoryview)
    assert row.raw_trace.obj is text


@pytest.mark.parametrize(
    "counted",
    [b"[0,0,1,4,%d,%d,7]", b"[9,0,0,1,4,%d,%d]", b'{"errors":1}', b"[]", b"null", b"[0,0,1,4,%d]", b"[0,1.5,4,%d,%d]"],
)  # fmt: skip
def test_a_line_that_counts_otherwise_is_read_as_one_that_counts_nothing(counted: bytes) -> None:
    """A later collector may count more than is known here, or in another way; an earlier one counts nothing."""
    log = a_log("1", region="eu", sdk={"lost": {"expired": 4}}, trace={"errors": ["e"], "tool_calls": [1, 2]})
    line = raw_line(log)
    rest = line[line.index(b"],") + 2 :]
    told = rawhead.split_line(line, 0, len(line))
    assert told is not None
    sizes = (told.counted.extra_bytes, told.counted.trace_bytes)[: counted.count(b"%d")]

    later = b'{"collector_counted":' + (counted % sizes if sizes else counted) + b"," + rest
    expected = rawlog.read_line(line, "acme")

    for read in (rawlog.read_line(later, "acme"), rawlog.read_line(b"{" + rest, "acme")):
        assert [read.log.get(name) for name in schema.LOGS.names] == [
            expected.log.get(name) for name in schema.LOGS.names
        ]
        assert read.trace == expected.trace
