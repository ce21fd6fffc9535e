"""Many logs in one body."""

from __future__ import annotations

import asyncio
import gzip
import json

import httpx
from starlette.testclient import TestClient

from tests.collector.conftest import Collector, Log, make_collector, make_log


def _ndjson(*logs: Log | str) -> str:
    return "".join((log if isinstance(log, str) else json.dumps(log)) + "\n" for log in logs)


def test_all_lines_are_stored_and_named_in_their_order(collector: Collector, http: TestClient) -> None:
    body = _ndjson(*(make_log(log_id=f"L-{n}") for n in (2, 1, 3)))

    answer = http.post("/v1/logs", content=body, headers=collector.ndjson())

    assert answer.json() == {"status": "stored", "logs": 3, "log_ids": ["L-2", "L-1", "L-3"]}
    assert [line["log_id"] for line in collector.lines()] == ["L-2", "L-1", "L-3"]


def test_blank_lines_and_carriage_returns_are_ignored(collector: Collector, http: TestClient) -> None:
    body = (
        "\n" + _ndjson(make_log(log_id="a")).replace("\n", "\r\n") + "  \n" + json.dumps(make_log(log_id="b"))
    )

    answer = http.post("/v1/logs", content=body, headers=collector.ndjson())

    assert answer.json()["log_ids"] == ["a", "b"]


def test_one_invalid_line_and_none_is_stored(collector: Collector, http: TestClient) -> None:
    body = _ndjson(make_log(), "", make_log(status=...), "{", make_log(ticket_id=""))

    answer = http.post("/v1/logs", content=body, headers=collector.ndjson())

    assert answer.status_code == 422
    assert [(field["line"], field["path"]) for field in answer.json()["error"]["fields"]] == [
        (3, "status"),
        (4, ""),
        (5, "ticket_id"),
    ]
    assert collector.lines() == []


def test_one_line_of_another_client_and_none_is_stored(collector: Collector, http: TestClient) -> None:
    body = _ndjson(make_log(), make_log(client_id="globex"))

    answer = http.post("/v1/logs", content=body, headers=collector.ndjson())

    assert (answer.status_code, answer.json()["error"]["fields"][0]["line"]) == (403, 2)
    assert collector.lines() == []


def test_a_body_without_a_log_is_refused(collector: Collector, http: TestClient) -> None:
    for body in ("", "\n \r\n\n"):
        answer = http.post("/v1/logs", content=body, headers=collector.ndjson())

        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unreadable_body")


def test_a_body_larger_than_a_group_becomes_several_objects() -> None:
    collector = make_collector(max_group_logs=4)

    with collector.http() as http:
        answer = http.post(
            "/v1/logs",
            content=_ndjson(*(make_log(log_id=f"L-{n}") for n in range(10))),
            headers=collector.ndjson(),
        )

    assert answer.json()["logs"] == 10
    assert len(list(collector.store.list("raw"))) == 3
    assert {line["log_id"] for line in collector.lines()} == {f"L-{n}" for n in range(10)}


def test_large_bodies_that_arrive_at_once_are_all_stored(collector: Collector) -> None:
    text = {"final_response": "".join(map(str, range(5000)))}
    bodies = [_ndjson(*(make_log(log_id=f"L-{n}-{i}", trace=text) for i in range(40))) for n in range(6)]

    async def send(http: httpx.AsyncClient) -> None:
        packed = [gzip.compress(body.encode(), 1) for body in bodies]
        answers = await asyncio.gather(
            *(http.post("/v1/logs", content=body, headers=collector.ndjson()) for body in bodies),
            *(
                http.post("/v1/logs", content=b, headers=collector.ndjson(Content_Encoding="gzip"))
                for b in packed
            ),
        )
        assert {answer.status_code for answer in answers} == {200}

    collector.run(send)

    assert len(collector.lines()) == 2 * 6 * 40
    assert {line["trace"]["final_response"] for line in collector.lines()} == {text["final_response"]}
    assert collector.app.budget.in_flight_bytes == 0


def test_too_many_lines_are_refused() -> None:
    collector = make_collector(max_logs_per_request=2)

    with collector.http() as http:
        fine = http.post("/v1/logs", content=_ndjson(make_log(), make_log()), headers=collector.ndjson())
        answer = http.post(
            "/v1/logs", content=_ndjson(make_log(), make_log(), make_log()), headers=collector.ndjson()
        )

    assert (fine.status_code, answer.status_code) == (200, 413)


def test_an_answer_about_rubbish_stays_small(collector: Collector, http: TestClient) -> None:
    answer = http.post("/v1/logs", content="{}\n" * 1000, headers=collector.ndjson())

    assert (answer.status_code, len(answer.json()["error"]["fields"])) == (422, 100)
