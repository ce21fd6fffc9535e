"""The OpenAPI description says of a log what the collector does with it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from tests.collector.conftest import Collector, make_log

TAKEN: list[dict[str, Any]] = [
    {"schema_version": None},
    {"schema_version": 1.0},
    {"metrics": {"input_tokens": None, "mood": None, "output_tokens": 3.0}},
    {"metrics": {"mood": -(2**63)}},
    {"metrics": {"mood": 10**308, "input_tokens": 2**63, "error_count": 1e300, "cost_usd": 1.7e308}},
    {"metrics": {"mood": -1e300}},
    {"metrics": {"x" * 128: "y" * 1024}},
    {"trace": {"messages": "one", "nodes": {"a": 1}, "errors": [1, None], "final_response": 3}},
    {"trace": {"nodes": [{"name": 5, "duration_ms": "long"}]}},
    {"executed_at": "1970-01-01T00:00:00Z"},
    {"executed_at": "2200-12-31T23:59:59.123456789Z"},
    {"executed_at": "2026-11-23 14:05:00.1-05:30"},
    {"executed_at": "2016-12-31T23:59:60.5Z"},
    {"status": " failed "},
    {"own": {"a": [1]}, "x" * 128: None},
]
REFUSED: list[dict[str, Any]] = [
    {"schema_version": 1.5},
    {"schema_version": 0},
    {"metrics": {"": 1}},
    {"metrics": {"a\nb": 1}},
    {"metrics": {"x" * 129: 1}},
    {"metrics": {"cost_usd": -1e19}},
    {"metrics": {"overall_confidence": 1.01}},
    {"metrics": {"mood": [1]}},
    {"metrics": {"mood": "y" * 1025}},
    {"metrics": {f"m{number}": 1 for number in range(257)}},
    {"trace": []},
    {"executed_at": "1969-12-31T23:59:59Z"},
    {"executed_at": "2201-01-01T00:00:00Z"},
    {"executed_at": "2026-11-23T14:05:60Z"},
    {"executed_at": "2026-11-23T14:05:00.1234567891Z"},
    {"executed_at": "2026-11-23T14:05:00"},
    {"status": "  "},
    {"status": "a\u0085b"},
    {"": 1},
    {"x" * 129: 1},
    {"a\u0000b": 1},
    {f"f{number}": 1 for number in range(80)},
]


@pytest.fixture
def description(http: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def _is_described(description: dict[str, Any], log: Any) -> bool:
    schema = {"$ref": "#/components/schemas/Log", "components": description["components"]}
    return bool(jsonschema.Draft202012Validator(schema).is_valid(log))


@pytest.mark.parametrize(("fields", "is_taken"), [(f, True) for f in TAKEN] + [(f, False) for f in REFUSED])
def test_a_log_is_taken_where_the_description_allows_it(
    collector: Collector,
    http: TestClient,
    description: dict[str, Any],
    fields: dict[str, Any],
    is_taken: bool,
) -> None:
    log = make_log(**fields)

    answer = http.post("/v1/logs", content=json.dumps(log), headers=collector.headers())

    assert (answer.status_code, _is_described(description, log)) == (200 if is_taken else 422, is_taken)


def test_every_answer_that_is_described_bears_a_request_id(description: dict[str, Any]) -> None:
    for item in description["paths"].values():
        for operation in item.values():
            for answer in operation["responses"].values():
                assert answer["headers"]["X-Request-Id"]["required"]


def test_the_headers_that_are_described_are_there(
    collector: Collector, http: TestClient, description: dict[str, Any]
) -> None:
    described = description["paths"]["/v1/logs"]["post"]["responses"]

    unknown = http.post("/v1/logs", json=make_log())

    assert {name for name in described["401"]["headers"] if name not in unknown.headers} == set()
    assert "Retry-After" in described["503"]["headers"]
    assert "Retry-After" not in description["paths"]["/readyz"]["get"]["responses"]["503"]["headers"]
