"""Attacks and accidents: what is too large, too deep, too slow, too much."""

from __future__ import annotations

import asyncio
import itertools
import json
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from collector.body import Sent, receive
from collector.strict_json import MAX_DEPTH
from tests.collector.conftest import Collector, make_collector, make_log

_MIB = 1024 * 1024


@pytest.mark.parametrize("place", ["trace", "metrics", "mine", "status"])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_nesting_of_100_000_levels_is_refused(
    collector: Collector, http: TestClient, place: str, brackets: str
) -> None:
    deep = "[" * 100_000 + "]" * 100_000 if brackets == "[]" else '{"a":' * 100_000 + "1" + "}" * 100_000
    body = json.dumps(make_log(**{place: ...}))[:-1] + f', "{place}": {deep}}}'

    answer = http.post("/v1/logs", content=body, headers=collector.headers())

    assert answer.status_code == 422


@pytest.mark.parametrize(("depth", "status"), [(MAX_DEPTH, 200), (MAX_DEPTH + 1, 422), (900, 422)])
def test_the_depth_of_a_trace_is_bounded_exactly(
    collector: Collector, http: TestClient, depth: int, status: int
) -> None:
    deep = '{"a":' * (depth - 2) + "[[],{}]" + "}" * (depth - 2)
    body = json.dumps(make_log(trace=...))[:-1] + f', "trace": {deep}}}'

    assert http.post("/v1/logs", content=body, headers=collector.headers()).status_code == status


def test_brackets_in_text_are_no_nesting(collector: Collector, http: TestClient) -> None:
    log = make_log(trace={"final_response": "[{" * 10_000, "nodes": [{}] * 1000})

    assert http.post("/v1/logs", json=log, headers=collector.headers()).status_code == 200


def test_a_body_over_its_limit_is_413(collector: Collector) -> None:
    collector = make_collector(max_body_bytes=2000, max_log_bytes=1500)
    with collector.http() as http:
        for size, status in ((1000, 200), (1600, 413), (2500, 413)):
            log = make_log(trace={"final_response": "x" * size})

            answer = http.post("/v1/logs", json=log, headers=collector.headers())

            assert answer.status_code == status


def test_one_line_over_its_limit_is_named_and_costs_no_other() -> None:
    collector = make_collector(max_log_bytes=1500)
    lines = [json.dumps(make_log()), json.dumps(make_log(trace={"final_response": "x" * 1600}))]

    with collector.http() as http:
        answer = http.post("/v1/logs", content="\n".join(lines), headers=collector.ndjson())

    assert (answer.status_code, answer.json()["refused_lines"]) == (207, [2])
    assert len(collector.lines()) == 1


def test_a_million_empty_lines_are_refused(collector: Collector, http: TestClient) -> None:
    assert http.post("/v1/logs", content=b"\n" * 1_000_000, headers=collector.ndjson()).status_code == 413


# ---------------------------------------------------------------- below HTTP: how a body arrives


async def post_messages(
    collector: Collector, messages: Iterable[Message], extra: Iterable[tuple[bytes, bytes]] = ()
) -> tuple[int, dict[str, Any]]:
    """Status and error of a request whose body arrives as ``messages``, and then nothing ever."""
    arriving = iter(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        if (message := next(arriving, None)) is None:
            await asyncio.Event().wait()
        assert message is not None
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    usual = {name.lower().encode(): value.encode() for name, value in collector.headers().items()}
    headers = list({**usual, **dict(extra)}.items())
    scope = {"type": "http", "method": "POST", "path": "/v1/logs", "headers": headers}
    await collector.app(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def _chunk(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_may_arrive_in_any_pieces(collector: Collector) -> None:
    body = json.dumps(make_log()).encode()
    pieces = [_chunk(body[at : at + 1]) for at in range(len(body))] + [_chunk(b"", more=False)]

    assert asyncio.run(post_messages(collector, pieces))[0] == 200


def test_an_announced_size_over_the_limit_is_refused_before_a_byte_is_read(collector: Collector) -> None:
    for size in (b"16777217", b"99999999999999999999999999", b"9" * 10_000):
        status, answer = asyncio.run(post_messages(collector, [], [(b"content-length", size)]))

        assert (status, answer["error"]["code"]) == (413, "too_large")


def test_a_size_that_was_not_announced_is_refused_when_it_is_reached() -> None:
    collector = make_collector(max_body_bytes=10_000)
    endless = (_chunk(b"x" * 1000) for _ in range(1_000_000))

    status, _ = asyncio.run(post_messages(collector, endless))

    assert status == 413
    assert next(endless)
    assert collector.app.budget.in_flight_bytes == 0


def test_a_sender_that_hangs_up_leaks_nothing(collector: Collector) -> None:
    half = [_chunk(b'{"ticket_id": '), {"type": "http.disconnect"}]

    answers = [asyncio.run(post_messages(collector, half)) for _ in range(20)]

    assert {(status, answer["error"]["code"]) for status, answer in answers} == {(400, "upload_aborted")}
    assert collector.app.budget.in_flight_bytes == 0


def test_a_body_in_the_smallest_of_pieces_takes_no_more_memory_than_its_bytes() -> None:
    pieces = (_chunk(b"  ", more=number < 50_000) for number in range(50_001))

    async def next_piece() -> Message:
        return next(pieces)

    async def steps() -> Sent:
        return await receive(next_piece, lambda _size: None, limit=_MIB, timeout_s=60)

    # Never around a collector: CPython 3.11 crashes where tracing ends while a store's thread enters the interpreter.
    tracemalloc.start()
    whole = asyncio.run(steps())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert whole == b"  " * 50_001
    assert peak < 2 * _MIB


def test_a_sender_that_stalls_is_told_so_and_leaks_nothing() -> None:
    collector = make_collector(upload_timeout_s=0.02)

    status, answer = asyncio.run(post_messages(collector, [_chunk(b"{")]))

    assert (status, answer["error"]["code"]) == (408, "upload_too_slow")
    assert collector.app.budget.in_flight_bytes == 0


def test_stalled_uploads_are_bounded_together() -> None:
    collector = make_collector(max_in_flight_bytes=50_000, upload_timeout_s=60)

    async def steps() -> tuple[list[int], int]:
        slow = [asyncio.create_task(post_messages(collector, [_chunk(b"x" * 10_000)])) for _ in range(10)]
        refused = [(await each)[0] for each in itertools.islice(asyncio.as_completed(slow), 7)]
        stalled = [each for each in slow if not each.done()]
        for each in stalled:
            each.cancel()
        await asyncio.gather(*stalled, return_exceptions=True)
        return refused, len(stalled)

    assert asyncio.run(steps()) == ([503] * 7, 3)
    assert collector.app.budget.in_flight_bytes == 0


def test_every_refusal_gives_its_bytes_back(collector: Collector, http: TestClient) -> None:
    for body in (b"{", b"{}", b"", json.dumps(make_log(client_id="globex")).encode()):
        http.post("/v1/logs", content=body, headers=collector.headers())
        http.post("/v1/logs", content=body, headers=collector.headers(Content_Encoding="gzip"))

    assert collector.app.budget.in_flight_bytes == 0


# ---------------------------------------------------------------- header tricks


@pytest.mark.parametrize(
    "extra",
    [
        [("Content-Type", "application/x-ndjson")],
        [("Content-Encoding", "gzip"), ("Content-Encoding", "zstd")],
        [("Content-Encoding", "identity"), ("Content-Encoding", "identity")],
    ],
    ids=["two types", "two encodings", "identity twice"],
)
def test_a_header_that_is_sent_twice_is_refused(
    collector: Collector, http: TestClient, extra: list[tuple[str, str]]
) -> None:
    headers = [*collector.headers().items(), *extra]

    answer = http.post("/v1/logs", content=json.dumps(make_log()), headers=headers)

    assert answer.status_code == 415


def test_headers_of_other_servers_change_nothing(collector: Collector, http: TestClient) -> None:
    tricks = {
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/healthz",
        "X-Forwarded-For": "127.0.0.1",
        "X-Client-Id": "globex",
        "Authorization": f"Bearer {collector.keys['globex']}",
        "Host": "evil.example",
    }

    answer = http.post("/v1/logs", json=make_log(), headers={**collector.headers(), **tricks})

    assert answer.status_code == 200
    assert collector.lines()[0]["client_id"] == "acme"


# ---------------------------------------------------------------- pace


def test_a_client_over_its_rate_is_429_until_the_time_it_was_told() -> None:
    collector = make_collector(rate_limit_per_s=2)
    with collector.http() as http:

        def status(client: str = "acme") -> int:
            return http.post("/v1/logs", json=make_log(), headers=collector.headers(client)).status_code

        assert [status() for _ in range(5)] == [200] * 4 + [429]
        answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())
        assert (answer.json()["error"]["code"], answer.headers["retry-after"]) == ("rate_exceeded", "1")
        assert status("globex") == 200
        collector.clock.advance(1)
        assert status() == 200


def test_a_large_body_is_paid_for_afterwards() -> None:
    collector = make_collector(rate_limit_per_s=10)
    body = "\n".join([json.dumps(make_log())] * 100)
    with collector.http() as http:
        assert http.post("/v1/logs", content=body, headers=collector.ndjson()).status_code == 200

        answer = http.post("/v1/logs", json=make_log(), headers=collector.headers())

        assert (answer.status_code, answer.headers["retry-after"]) == (429, "9")
        collector.clock.advance(9)
        assert http.post("/v1/logs", json=make_log(), headers=collector.headers()).status_code == 200
