"""The rules of each field: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from caselog.model import KNOWN_STATUSES, LOG_FIELDS, METRICS
from collector.envelope import Envelope, Metrics
from tests.collector.conftest import Collector, make_log


def _post(http: TestClient, collector: Collector, **fields: Any) -> dict[str, str]:
    """Path to message of each error; empty where the log was stored."""
    body = json.dumps(make_log(**fields))
    answer = http.post("/v1/logs", content=body, headers=collector.headers())
    assert answer.status_code in {200, 422}, answer.text
    return {field["path"]: field["message"] for field in answer.json().get("error", {}).get("fields", [])}


def test_the_envelope_has_the_fields_of_the_log_model() -> None:
    assert list(Envelope.model_fields) == [field.name for field in LOG_FIELDS]
    assert {name for name, field in Envelope.model_fields.items() if field.is_required()} == {
        field.name for field in LOG_FIELDS if field.required
    }
    assert {name: field.description for name, field in Envelope.model_fields.items()} == {
        field.name: field.meaning for field in LOG_FIELDS
    }


def test_the_metrics_are_those_of_the_log_model() -> None:
    assert list(Metrics.model_fields) == [metric.name for metric in METRICS]


def test_every_error_is_reported_at_once(collector: Collector, http: TestClient) -> None:
    errors = _post(
        http,
        collector,
        ticket_id=...,
        executed_at="yesterday",
        execution_time_seconds=-1,
        status=3,
        metrics={"overall_confidence": 2, "mood": [1]},
        trace=[],
    )

    assert errors == {
        "ticket_id": "is missing",
        "executed_at": "must be RFC 3339 text with an offset, such as 2026-11-23T14:05:00Z",
        "execution_time_seconds": "must be 0 or more",
        "status": "must be text",
        "metrics.overall_confidence": "must be a number in [0, 1]",
        "metrics.mood": "must be a number, a boolean or text of at most 1024 bytes: metrics are flat",
        "trace": "must be an object",
    }


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-11-23T14:05:00Z", "2026-11-23T14:05:00Z"),
        ("2026-11-23T14:05:00+02:00", "2026-11-23T12:05:00Z"),
        ("2026-12-01T00:30:00+02:00", "2026-11-30T22:30:00Z"),
        ("2026-11-23 14:05:00.123456789-05:30", "2026-11-23T19:35:00.123456Z"),
        ("2026-11-23t14:05:00.5z", "2026-11-23T14:05:00.500000Z"),
        ("1970-01-01T00:00:00-00:00", "1970-01-01T00:00:00Z"),
        ("2200-12-31T23:59:59Z", "2200-12-31T23:59:59Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.123456789Z", "2017-01-01T00:00:00.123456Z"),
        ("2015-07-01T01:59:60+02:00", "2015-07-01T00:00:00Z"),
        ("2015-06-30t19:44:60-04:15", "2015-07-01T00:00:00Z"),
    ],
)
def test_a_time_is_stored_in_utc(collector: Collector, http: TestClient, sent: str, stored: str) -> None:
    assert _post(http, collector, executed_at=sent) == {}

    assert collector.lines()[0]["executed_at"] == stored


@pytest.mark.parametrize(
    "sent",
    [
        "2026-11-23T14:05:00",
        "2026-11-23",
        "1764000000",
        1764000000,
        True,
        {},
        "",
        "2026-02-30T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T14:05:00+24:00",
        "20261123T140500Z",
        "2026-W48-1T00:00:00Z",
        "２０２６-11-23T14:05:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+14:00",
        "2201-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-23T14:05:00Z\n",
        "2026-11-23T14:05:60Z",
        "2026-11-23T23:59:60Z",
        "2016-12-31T23:59:60+02:00",
        "2016-12-31T23:59:61Z",
        "2200-12-31T23:59:60Z",
        "1969-12-31T23:59:60+01:00",
    ],
)
def test_a_time_that_is_none_is_refused(collector: Collector, http: TestClient, sent: Any) -> None:
    assert list(_post(http, collector, executed_at=sent)) == ["executed_at"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [(" failed ", "FAILED"), ("Needs_Human", "NEEDS_HUMAN"), ("größer", "GRÖSSER")],
)
def test_a_status_is_trimmed_and_upper_case(
    collector: Collector, http: TestClient, sent: str, stored: str
) -> None:
    assert _post(http, collector, status=sent) == {}

    assert collector.lines()[0]["status"] == stored


@pytest.mark.parametrize("status", KNOWN_STATUSES)
def test_known_statuses_stay_as_they_are(collector: Collector, http: TestClient, status: str) -> None:
    assert _post(http, collector, status=status) == {}

    assert collector.lines()[0]["status"] == status


_LONG = "x" * 257
_WRONG: dict[str, tuple[Any, ...]] = {
    "status": ("", "   ", "x" * 65, "A\tB", 1, [], "a\x00b"),
    "ticket_id": ("", _LONG, "a\nb", "a\x00", "a\x7f", "a\x9f", 7, True, {}),
    "log_id": ("", "x" * 129, "../x", "a/b", ".hidden", "ä", "a b", "a\n", "%2e", 7),
    "client_id": ("", "Acme", "../acme", "a/b", "a" * 64, "acme\n", 7),
    "category": (_LONG, "a\x1b[0m", 7),
    "environment": (_LONG, "a\x1b[0m", 7),
    "workflow_version": (_LONG, "a\x1b[0m", 1.2),
    "execution_time_seconds": (-0.1, "1", True, [], 1e10),
    "schema_version": (0, -1, "1", 1.5, True, 10**9, 10**30),
    "metrics": ([], "x", 1),
    "trace": ([], "x", 1, False),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in _WRONG for value in _WRONG[name]])
def test_a_field_that_breaks_its_rule_is_refused(
    collector: Collector, http: TestClient, name: str, value: Any
) -> None:
    assert list(_post(http, collector, **{name: value})) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("react_iterations", 1.5),
        ("react_iterations", -1),
        ("react_iterations", True),
        ("error_count", "3"),
        ("overall_confidence", 1.0001),
        ("overall_confidence", -0.1),
        ("hallucination_risk", "low"),
        ("cost_usd", -0.01),
        ("mine", [1]),
        ("mine", {"a": 1}),
        ("mine", "x" * 1025),
        ("mine", "ü" * 513),
        ("mine", 10**309),
        ("mine", -(10**400)),
        ("cost_usd", 10**309),
        ("input_tokens", 10**4000),
    ],
)
def test_a_metric_that_breaks_its_rule_is_refused(
    collector: Collector, http: TestClient, name: str, value: Any
) -> None:
    assert list(_post(http, collector, metrics={name: value})) == [f"metrics.{name}"]


@pytest.mark.parametrize("value", [0, -1.5, 2**63 - 1, True, "", "x" * 1024, 1e17])
def test_a_metric_of_ones_own_is_kept(collector: Collector, http: TestClient, value: Any) -> None:
    assert _post(http, collector, metrics={"mine": value}) == {}

    assert collector.lines()[0]["metrics"] == {"mine": value}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "1.", "+1", "0x1"])
@pytest.mark.parametrize("place", ["execution_time_seconds", "metrics", "trace", "mine"])
def test_a_number_that_is_none_is_refused_and_its_place_is_named(
    collector: Collector, http: TestClient, number: str, place: str
) -> None:
    text = f'{{"x": {number}}}' if place != "execution_time_seconds" else number
    body = json.dumps(make_log(**{place: ...}))[:-1] + f', "{place}": {text}}}'

    answer = http.post("/v1/logs", content=body, headers=collector.headers())

    assert answer.status_code == 422
    (field,) = answer.json()["error"]["fields"]
    assert field["path"] in {place, f"{place}.x"}
    assert field["message"] == "is not valid JSON"


@pytest.mark.parametrize("text", [b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\x01"', b'"\\x"'], ids=repr)
@pytest.mark.parametrize("place", ["trace", "ticket_id", "mine", "metrics"])
def test_text_that_is_none_is_refused_and_its_place_is_named(
    collector: Collector, http: TestClient, text: bytes, place: str
) -> None:
    value = text if place == "ticket_id" else b'{"x": ' + text + b"}"
    body = (
        json.dumps(make_log(**{place: ...})).encode()[:-1] + b', "' + place.encode() + b'": ' + value + b"}"
    )

    answer = http.post("/v1/logs", content=body, headers=collector.headers())

    assert answer.status_code == 422
    assert answer.json()["error"]["fields"][0]["path"] in {place, f"{place}.x"}


def test_too_many_metrics_are_refused(collector: Collector, http: TestClient) -> None:
    assert _post(http, collector, metrics={f"m{n}": n for n in range(256)}) == {}
    assert _post(http, collector, metrics={f"m{n}": n for n in range(257)}) == {
        "metrics": "holds more than 256 metrics"
    }


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb"])
@pytest.mark.parametrize("place", ["metrics", "log"])
def test_a_name_that_is_none_is_refused(
    collector: Collector, http: TestClient, name: str, place: str
) -> None:
    fields = {"metrics": {name: 1}} if place == "metrics" else {name: 1}

    assert list(_post(http, collector, **fields)) == [
        "metrics.(unnamed)" if place == "metrics" else "(unnamed)"
    ]


def test_unknown_fields_are_bounded(collector: Collector, http: TestClient) -> None:
    assert _post(http, collector, **{f"f{n}": n for n in range(64)}) == {}
    assert "more than 64 fields" in _post(http, collector, **{f"f{n}": n for n in range(65)})[""]
    assert "use trace" in _post(http, collector, note="x" * 300_000)[""]


@pytest.mark.parametrize(
    "body", ["", "null", "[]", '"x"', "{", "{}{}", "\ufeff\ufeff{}", "{'a': 1}", "[" * 100_000]
)
def test_what_is_no_json_object_is_refused(collector: Collector, http: TestClient, body: str) -> None:
    answer = http.post("/v1/logs", content=body.encode(), headers=collector.headers())

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_log")
