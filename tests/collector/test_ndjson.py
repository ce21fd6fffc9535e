"""Many logs in one body."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime

import httpx
import pytest
from starlette.testclient import TestClient

from collector import intake
from collector.errors import InvalidLog
from collector.intake import Sender, read_lines
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


def test_a_wrong_line_is_named_and_costs_no_other(collector: Collector, http: TestClient) -> None:
    fine = [make_log(log_id="a"), make_log(log_id="b")]
    body = _ndjson(fine[0], "", make_log(status=...), "{", make_log(client_id="globex"), fine[1])

    answer = http.post("/v1/logs", content=body, headers=collector.ndjson())

    said = answer.json()
    assert (answer.status_code, said["status"]) == (207, "partly_stored")
    assert (said["logs"], said["log_ids"], said["refused_lines"]) == (2, ["a", "b"], [3, 4, 5])
    assert [(field["line"], field["path"]) for field in said["error"]["fields"]] == [
        (3, "status"),
        (4, ""),
        (5, "client_id"),
    ]
    assert [line["log_id"] for line in collector.lines()] == ["a", "b"]


def test_every_wrong_line_is_named_however_many_there_are(collector: Collector, http: TestClient) -> None:
    body = _ndjson(*["{}"] * 500, make_log(), *["{}"] * 499)

    said = http.post("/v1/logs", content=body, headers=collector.ndjson()).json()

    assert said["refused_lines"] == [n for n in range(1, 1001) if n != 501]
    assert len(said["error"]["fields"]) == 100


def test_a_body_sent_again_once_it_is_mended_counts_each_log_once(
    collector: Collector, http: TestClient
) -> None:
    lines = [make_log(log_id=..., ticket_id=f"T-{n}") for n in range(3)]
    wrong = [lines[0], {**lines[1], "status": 7}, lines[2]]

    first = http.post("/v1/logs", content=_ndjson(*wrong), headers=collector.ndjson()).json()
    second = http.post("/v1/logs", content=_ndjson(*lines), headers=collector.ndjson()).json()

    assert first["log_ids"] == [second["log_ids"][0], second["log_ids"][2]]
    assert len({line["log_id"] for line in collector.lines()}) == 3


@pytest.mark.parametrize(
    ("lines", "status", "code"),
    [
        ([make_log(client_id="globex")] * 2, 403, "foreign_client"),
        ([make_log(note="x" * 1600)] * 2, 413, "too_large"),
        ([make_log(client_id="globex"), make_log(note="x" * 1600)], 422, "invalid_log"),
        (["{", make_log(status="")], 422, "invalid_log"),
    ],
)
def test_where_no_line_can_be_stored_the_answer_is_the_error(
    lines: list[Log | str], status: int, code: str
) -> None:
    collector = make_collector(max_log_bytes=1500)
    with collector.http() as http:
        answer = http.post("/v1/logs", content=_ndjson(*lines), headers=collector.ndjson())

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert [field["line"] for field in answer.json()["error"]["fields"]] == [1, 2]
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


def test_large_bodies_that_arrive_at_once_are_all_stored() -> None:
    collector = make_collector(ack_timeout_s=60)  # they are read one after the other, on whatever machine
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


def test_where_a_line_is_wrong_is_looked_up_for_those_that_are_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[int] = []

    def path_of(_text: bytes, at: int) -> list[str]:
        looked_at.append(at)
        return ["trace"]

    monkeypatch.setattr(intake, "path_of", path_of)
    lines = [(number, b'{"trace": [1, 2') for number in range(1, 501)]

    with pytest.raises(InvalidLog) as found:
        read_lines(lines, Sender("acme"), datetime(2026, 11, 26, tzinfo=UTC), 1000)

    assert [field.line for field in found.value.fields] == [*range(1, 101)]
    assert len(looked_at) == 100
