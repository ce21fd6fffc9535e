"""Any bytes at all: an answer of the known shape, never a 500, never an echo; and what is stored can be read."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from caselog.model import LOG_FIELDS, METRICS
from collector.errors import STATUS, ForeignClient, InvalidLog
from collector.intake import Sender, read_log
from lake import rawlog
from tests.collector.conftest import Collector, make_collector, make_log

_MARK = "xyzzy-mark"
_NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
_CODES = {kind.code for kind in STATUS} - {"unexpected"}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(_MARK)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
names = st.sampled_from([field.name for field in LOG_FIELDS] + ["received_at", "month", "extra"]) | st.text(
    max_size=8
)
metrics = st.dictionaries(
    st.sampled_from([metric.name for metric in METRICS]) | st.text(max_size=8), values, max_size=5
)
header_names = st.sampled_from(["X-API-Key", "Content-Type", "Content-Encoding"])
mutations = st.dictionaries(names, values | metrics, max_size=3)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[tuple[Collector, TestClient]]:
    collector = make_collector()
    with collector.http() as http:
        yield collector, http


def _check(answer: Any) -> None:
    assert answer.status_code != 500
    if answer.status_code == 200:
        assert answer.json()["status"] == "stored"
    else:
        assert answer.json()["error"]["code"] in _CODES
        assert _MARK not in answer.text


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    body=st.binary(max_size=300),
    media=st.sampled_from(["application/json", "application/x-ndjson"]),
    encoding=st.sampled_from(["identity", "gzip", "zstd"]),
    packed=st.booleans(),
)
def test_any_bytes_get_an_answer(
    fuzzed: tuple[Collector, TestClient], body: bytes, media: str, encoding: str, packed: bool
) -> None:
    collector, http = fuzzed
    content = gzip.compress(body) if packed and encoding == "gzip" else body
    headers = {**collector.headers(Content_Encoding=encoding), "Content-Type": media}

    _check(http.post("/v1/logs", content=content, headers=headers))

    assert collector.app.budget.in_flight_bytes == 0


@settings(max_examples=150, deadline=None)
@given(changes=mutations, cut=st.integers(0, 400) | st.none())
def test_any_change_of_a_log_gets_an_answer(
    fuzzed: tuple[Collector, TestClient], changes: dict[str, Any], cut: int | None
) -> None:
    collector, http = fuzzed
    body = json.dumps({**make_log(), **changes})[:cut]

    _check(http.post("/v1/logs", content=body, headers=collector.headers()))


@settings(max_examples=50, deadline=None)
@given(headers=st.dictionaries(header_names, st.binary(max_size=40)))
def test_any_headers_get_an_answer(fuzzed: tuple[Collector, TestClient], headers: dict[str, bytes]) -> None:
    collector, http = fuzzed
    usual = {name.encode(): value.encode() for name, value in collector.headers().items()}
    changed = {name.encode(): value for name, value in headers.items()}

    _check(http.post("/v1/logs", json=make_log(), headers={**usual, **changed}))


@settings(max_examples=150, deadline=None)
@given(changes=mutations, trace=values)
def test_whatever_is_accepted_can_be_read_as_a_row(changes: dict[str, Any], trace: Any) -> None:
    text = json.dumps({**make_log(trace=trace), **changes}).encode()
    for sender in (Sender("acme"), Sender("acme", keeps_traces=False)):
        try:
            received = read_log(text, sender, _NOW)
        except (InvalidLog, ForeignClient):
            continue

        assert b"\n" not in received.line
        row = rawlog.read_line(received.line, "acme")

        assert (row.log["log_id"], row.log["client_id"]) == (received.log_id, "acme")
        assert sender.keeps_traces or row.trace is None
        rawlog.logs_table([row])
        rawlog.traces_table([row])


@settings(max_examples=100, deadline=None)
@given(trace=st.dictionaries(st.text(), values, max_size=4))
def test_a_trace_comes_back_byte_for_byte(trace: dict[str, Any]) -> None:
    sent = json.dumps(trace, ensure_ascii=False, allow_nan=False, default=str) if _is_plain(trace) else "{}"
    text = (json.dumps(make_log(trace=...))[:-1] + f', "trace": {sent}}}').encode()

    try:
        line = read_log(text, Sender("acme"), _NOW).line
    except InvalidLog:
        return

    assert rawlog.read_line(line, "acme").trace == sent


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, UnicodeEncodeError):
        return False
    return True
