from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lake import rawlog
from lake.errors import UnreadableRaw
from lake.losses import sum_losses
from tests.logs import RECEIVED, a_log, raw_line


def test_a_line_comes_back_as_the_row_it_was_made_of() -> None:
    log = a_log(
        "1", executed_at="2026-11-23T15:00:00+01:00", region={"zone": 1}, metrics={"hallucination_risk": 0.2}
    )

    row = rawlog.read_line(raw_line(log), "acme")

    assert row.log["executed_at"] == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert row.log["month"] == "2026-11"
    assert row.log["received_at"] == RECEIVED
    assert row.log["hallucination_risk"] == 0.2
    assert json.loads(row.log["extra"]) == {"region": {"zone": 1}}
    assert json.loads(row.trace or "") == log["trace"]


def test_the_senders_own_bytes_of_the_trace_are_kept() -> None:
    trace = b'{ "price": 1.10, "big": 12345678901234567890123, "text": "\\u00e4" }'

    row = rawlog.read_line(
        rawlog.encode_line({k: v for k, v in a_log("1").items() if k != "trace"}, trace, RECEIVED), "acme"
    )

    assert row.trace == trace.decode()
    assert row.log["trace_bytes"] == len(trace)


def test_counts_come_from_the_trace_unless_the_sender_counted() -> None:
    trace = {"errors": [{}], "tool_calls": [{}], "react_iterations": [{"tool_calls": [{}, {}]}, {}]}

    counted = rawlog.read_line(raw_line(a_log("1", trace=trace)), "acme").log
    told = rawlog.read_line(raw_line(a_log("1", trace=trace, metrics={"error_count": 7})), "acme").log

    assert (counted["error_count"], counted["tool_call_count"], counted["react_iterations"]) == (1, 3, 2)
    assert told["error_count"] == 7


@pytest.mark.parametrize(
    "trace",
    [{"errors": "none"}, {"react_iterations": [1, None, {"tool_calls": {}}]}, {"tool_calls": None}],
)
def test_parts_of_an_unexpected_shape_count_as_none(trace: dict[str, Any]) -> None:
    row = rawlog.read_line(raw_line(a_log("1", trace=trace)), "acme")

    assert (row.log["error_count"], row.log["tool_call_count"]) == (0, 0)


def test_a_log_without_a_trace_has_none() -> None:
    row = rawlog.read_line(raw_line(a_log("1", trace=None)), "acme")

    assert row.trace is None
    assert row.log["trace_bytes"] == 0


@pytest.mark.parametrize(
    "line",
    [
        b"rubbish secret-text",
        b"[]",
        b'{"client_id":"acme"}',
        raw_line(a_log("1", client_id="globex")),
        raw_line(a_log("1", executed_at="secret-text")),
        raw_line(a_log("1", executed_at="2026-11-23T14:00:00")),
        raw_line(a_log("1", ticket_id=7)),
        raw_line(a_log("1", schema_version=2**70)),
        raw_line(a_log("1", executed_at="0001-01-01T00:00:00+23:59")),
        raw_line(a_log("1", trace=None))[:-1] + b',"note":"\xff"}',
        raw_line(a_log("1", metrics={"mood": "?"})).replace(b'"?"', b'"\xff"'),
        b'{"a":' * 100_000,
    ],
)
def test_a_bad_line_is_refused_with_a_reason_that_quotes_nothing(line: bytes) -> None:
    with pytest.raises(UnreadableRaw) as refused:
        rawlog.read_line(line, "acme")

    assert "secret-text" not in str(refused.value)
    assert "globex" not in str(refused.value)


def test_numbers_no_column_can_hold_stay_in_metrics_and_out_of_the_columns() -> None:
    row = rawlog.read_line(
        raw_line(a_log("1", metrics={"error_count": 10**30, "overall_confidence": True})), "acme"
    )

    assert rawlog.logs_table([row]).num_rows == 1
    assert row.log["error_count"] == 0
    assert row.log["overall_confidence"] is None


@given(st.lists(st.sampled_from([b"{}", b"x" * 70_000, "ä€".encode(), b" a "]), min_size=1))
def test_lines_survive_packing(lines: list[bytes]) -> None:
    assert rawlog.unpack(rawlog.pack(lines)) == lines


@pytest.mark.parametrize("blob", [b"", b"nope", zstandard.compress(b"x" * 1000)[:-3]])
def test_an_object_that_is_not_whole_zstd_is_refused(blob: bytes) -> None:
    with pytest.raises(UnreadableRaw):
        rawlog.unpack(blob)


def test_of_a_log_sent_twice_the_first_counts() -> None:
    late = rawlog.read_line(raw_line(a_log("1", status="LATE"), RECEIVED.replace(hour=15)), "acme")
    early = rawlog.read_line(raw_line(a_log("1", status="EARLY")), "acme")

    assert [row.log["status"] for row in rawlog.first_of_each([late, early])] == ["EARLY"]


@pytest.mark.parametrize(
    ("sdk", "lost"),
    [
        ({"name": "caselog-python", "lost": {"queue_full": 3, "network": 1}}, 4),
        ({"lost": {}}, 0),
        ({"lost": None}, 0),
        ({"name": "caselog-python"}, 0),
        ({"lost": {"a": -5, "b": True, "c": "7", "d": 1.5, "e": [1], "f": 10**12, "g": 10**40, "h": 2}}, 2),
        ({"lost": [1, 2]}, 0),
        ({"lost": 9}, 0),
        ("a text", 0),
        ([], 0),
        (None, 0),
    ],
)
def test_what_a_sender_says_it_lost_is_counted_whatever_its_shape(sdk: Any, lost: int) -> None:
    row = rawlog.read_line(raw_line(a_log("1", sdk=sdk)), "acme")

    assert row.log["lost_logs"] == lost
    assert json.loads(row.log["extra"]) == {"sdk": sdk}


@pytest.mark.parametrize(
    ("lost", "counted"),
    [
        (b'{"queue_full":3,"network":1e999}', 3),
        (b'{"queue_full":3,"network":' + b"9" * 5000 + b"}", 3),
        (b'{"queue_full": 3 , "network":-0,"expired":3.0,"refused":1000000000}', 1_000_000_003),
        (b'{"queue_full":3,"\xff":1}', 0),
        (b'{"queue_full":3,"network":"\xff"}', 3),
        (b'{"queue_full":3,"network":' + b"[" * 900 + b"]" * 900 + b"}", 3),
    ],
)
def test_what_no_parser_takes_spoils_no_other_count(lost: bytes, counted: int) -> None:
    assert sum_losses(b'{"lost":%s}' % lost) == counted


def test_a_log_that_says_nothing_of_losses_lost_none() -> None:
    assert rawlog.read_line(raw_line(a_log("1")), "acme").log["lost_logs"] == 0
