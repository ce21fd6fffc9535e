"""The table of errors: every leaf has a status, every answer has the one shape, and none says too much."""

from __future__ import annotations

import asyncio
import logging

import pytest
from starlette.testclient import TestClient

from collector import errors
from collector.errors import STATUS, CollectorError, FieldError
from tests.collector.conftest import Collector, make_collector, make_log
from tests.collector.stores import BrokenStore, DefectiveStore


def _leaves(kind: type[CollectorError]) -> set[type[CollectorError]]:
    below = kind.__subclasses__()
    return set().union(*map(_leaves, below)) if below else {kind}


def test_every_error_has_a_status_and_a_code_of_its_own() -> None:
    assert _leaves(CollectorError) == set(STATUS)
    assert len({kind.code for kind in STATUS}) == len(STATUS)


def test_every_error_is_named_in_the_modules_tree() -> None:
    for kind, status in STATUS.items():
        assert kind.__name__ in (errors.__doc__ or "")
        assert str(status) in (errors.__doc__ or "")


def test_a_field_error_is_json_with_its_line_only_where_there_are_several() -> None:
    assert FieldError("status", "is missing").as_json() == {"path": "status", "message": "is missing"}
    assert FieldError("status", "is missing", 3).as_json()["line"] == 3


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("POST", "/v1/logs/", 404, "not_found"),
        ("POST", "/v2/logs", 404, "not_found"),
        ("GET", "/v1/logs", 405, "method_not_allowed"),
        ("DELETE", "/v1/logs", 405, "method_not_allowed"),
        ("HEAD", "/v1/logs", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
        ("GET", "/docs/..%2fsettings.py", 404, "not_found"),
        ("GET", "//evil.example/%2e%2e", 404, "not_found"),
    ],
)
def test_a_wrong_address_is_answered_in_the_same_shape(
    http: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = http.request(method, f"http://collector{path}", follow_redirects=False)

    assert answer.status_code == status
    assert method == "HEAD" or answer.json()["error"]["code"] == code
    assert status != 405 or answer.headers["allow"]


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/xml", "application/json; charset=latin-1", "application/jsonx", "json"],
)
def test_another_media_type_is_refused(collector: Collector, http: TestClient, media: str) -> None:
    answer = http.post("/v1/logs", content=b"{}", headers={**collector.headers(), "Content-Type": media})

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "identity, gzip", "x-gzip", "zstd;q=1"])
def test_another_encoding_is_refused_and_told_which_are_understood(
    collector: Collector, http: TestClient, encoding: str
) -> None:
    answer = http.post("/v1/logs", content=b"{}", headers=collector.headers(Content_Encoding=encoding))

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_encoding")
    assert answer.headers["accept-encoding"] == "gzip, zstd"


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_utf_8_may_be_said(collector: Collector, http: TestClient, media: str) -> None:
    answer = http.post("/v1/logs", json=make_log(), headers={**collector.headers(), "Content-Type": media})

    assert answer.status_code == 200


def test_a_store_that_refuses_is_503_and_sending_again_is_safe() -> None:
    store = BrokenStore()
    collector = make_collector(store, key_cache_ttl_s=60)
    with collector.http() as http:
        assert (
            http.post("/v1/logs", json=make_log(log_id="first"), headers=collector.headers()).status_code
            == 200
        )
        store.broken = True

        answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())
        store.broken = False
        again = http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_confirmed")
    assert answer.headers["retry-after"] == "2"
    assert "sending it again is safe" in answer.json()["error"]["message"]
    assert again.status_code == 200


def test_a_store_that_cannot_say_who_sends_is_503() -> None:
    store = BrokenStore()
    collector = make_collector(store)
    store.broken = True

    with collector.http() as http:
        answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_a_defect_is_a_plain_500_whose_log_line_quotes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    collector = make_collector(DefectiveStore())

    with caplog.at_level(logging.DEBUG), collector.http() as http:
        answer = http.post("/v1/logs", json=make_log(ticket_id="private-ticket"), headers=collector.headers())

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "unexpected")
    said = answer.text + caplog.text
    assert "KeyError at" in caplog.text
    for secret in ("secret-of-the-defect", "private-ticket", collector.keys["acme"], "Traceback"):
        assert secret not in said


def test_a_defect_outside_of_the_store_is_a_plain_500_too(caplog: pytest.LogCaptureFixture) -> None:
    collector = make_collector()

    def no_time() -> None:
        raise ZeroDivisionError("secret")

    collector.app.add_api_route("/defect", no_time, methods=["GET"])

    with collector.http() as http:
        answer = http.get("/defect")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "unexpected")
    assert "secret" not in answer.text + caplog.text
    assert "ZeroDivisionError at" in caplog.text


def test_no_refusal_quotes_what_was_sent_or_logs_it(
    collector: Collector, http: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t-value"
    wrong = [
        make_log(
            status=[secret],
            executed_at=secret,
            trace=secret,
            metrics={"cost_usd": secret},
            log_id=secret + "/",
        ),
        make_log(
            schema_version=secret, execution_time_seconds=secret, ticket_id={"x": secret}, client_id=secret
        ),
        make_log(metrics=secret, category=[secret]),
    ]

    answers = [http.post("/v1/logs", json=log, headers=collector.headers()) for log in wrong]

    assert {answer.status_code for answer in answers} == {422}
    assert secret not in "".join(answer.text for answer in answers) + caplog.text


def test_health_and_readiness() -> None:
    store = BrokenStore()
    collector = make_collector(store)
    with collector.http() as http:
        assert http.get("/healthz").json() == {"status": "ok"}
        assert http.get("/readyz").json() == {"status": "ready"}
        store.broken = True

        collector.clock.advance(5)

        answer = http.get("/readyz")

        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
        assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_whether_it_is_well_can_be_asked_with_head(http: TestClient, path: str) -> None:
    answer = http.head(path)

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_part_that_has_ended_turns_readyz_red_with_its_reason(
    collector: Collector, http: TestClient
) -> None:
    async def fail() -> None:
        raise ValueError("a customer's words")

    async def end() -> None:
        await asyncio.wait([collector.app.groups._tasks.run("writing logs", fail())])
        await asyncio.sleep(0)

    asyncio.run(end())

    answer = http.get("/readyz")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
    assert "writing logs: ValueError at" in answer.json()["error"]["message"]
    assert "customer" not in answer.text
