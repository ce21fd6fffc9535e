"""What is sent again, what is not, and how each loss is counted and told."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from caselog import Client, Limits, Settings
from caselog.answers import backoff_s, read_retry_after
from caselog.errors import CollectorBusy, CollectorUnreachable
from caselog.outage import Outage
from caselog.transport import KeepAlive, Request, Response
from tests.sdk.conftest import QUICK
from tests.sdk.fake_collector import API_KEY, STORED, Answer, FakeCollector, Sent, answers

LOG = {"ticket_id": "T-1", "status": "SUCCESS", "executed_at": "2026-11-23T14:05:00+00:00"}
Open = Callable[..., Client]


def fail(_sent: Sent) -> Answer:
    raise ConnectionError


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_an_answer_that_means_later_is_followed_by_the_same_bytes_again(
    status: int, open_client: Open, collector: FakeCollector
) -> None:
    collector.answer = answers((status, {}, b"<html>busy</html>"), STORED)
    client = open_client()

    client.ship(LOG)
    delivered = client.flush(60)

    first, second = collector.requests
    assert delivered
    assert first.body == second.body
    assert client.stats() == {"pending": 0, "lost": {}}


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 413, 415, 422])
@pytest.mark.claim("one-address")
def test_an_answer_that_means_never_is_not_followed_by_another_request(
    status: int, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answer = answers((status, {"Location": f"{collector.url}/elsewhere"}, b"{}"))
    client = open_client()

    client.ship(LOG)
    client.flush(60)

    assert [sent.path for sent in collector.requests] == ["/v1/logs"]
    assert client.stats()["lost"] == {"refused": 1}
    assert str(status) in capsys.readouterr().err


def test_a_refusal_is_printed_with_the_fields_that_the_collector_names(
    open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    fields = b'[{"path": "ticket_id", "message": "is missing"}]'
    said = b'{"error": {"code": "invalid_log", "message": "Not valid.", "fields": %b}}' % fields
    collector.answer = answers((422, {}, said))
    client = open_client()

    client.ship({**LOG, "trace": {"final_response": "private words"}})
    client.flush(60)

    printed = capsys.readouterr().err
    assert "invalid_log" in printed
    assert "ticket_id" in printed
    assert "private words" not in printed
    assert printed.count("\n") == 1


def test_one_bad_log_does_not_take_the_others_of_its_batch_with_it(
    open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    go_on = threading.Event()

    def answer(sent: Sent) -> Answer:
        go_on.wait(60)
        return (422, {}, b"{}") if any(log["ticket_id"] == "bad" for log in sent.logs) else STORED

    collector.answer = answer
    client = open_client()
    for ticket in ("first", "a", "bad", "b"):
        client.ship({**LOG, "ticket_id": ticket})
    go_on.set()
    client.flush(60)

    stored = [sent.logs[0]["ticket_id"] for sent in collector.requests if len(sent.logs) == 1]
    assert {"a", "b"} <= set(stored)
    assert client.stats()["lost"] == {"refused": 1}


def partly_stored(sent: Sent, lines: object) -> Answer:
    """What a collector says that stored all but ``lines``; the only log of a request is refused as such."""
    if len(sent.logs) == 1:
        return STORED
    return (207, {}, json.dumps({"status": "partly_stored", "refused_lines": lines}).encode())


@pytest.mark.parametrize(
    ("named", "requests", "lost"),
    [([2], 2, {"refused": 1}), ([1, 3], 2, {"refused": 2}), ("none", 5, {}), ([9], 2, {})],
    ids=["one", "two", "not said", "none of ours"],
)
def test_the_lines_that_a_collector_refuses_are_lost_and_no_other_is_sent_again(
    named: object,
    requests: int,
    lost: dict[str, int],
    open_client: Open,
    collector: FakeCollector,
    capsys: pytest.CaptureFixture[str],
) -> None:
    go_on = threading.Event()

    def answer(sent: Sent) -> Answer:
        go_on.wait(60)
        return partly_stored(sent, named)

    collector.answer = answer
    client = open_client()
    client.ship(LOG)
    while not collector.requests:
        time.sleep(0.001)
    for ticket in ("a", "b", "c"):
        client.ship({**LOG, "ticket_id": ticket})
    go_on.set()
    client.flush(60)

    assert len(collector.requests) == requests
    assert client.stats()["lost"] == lost
    assert ("207" in capsys.readouterr().err) == bool(lost or named == [9])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(fail, id="closes without a word"),
        pytest.param(answers((200, {"Content-Length": "500"}, b"{")), id="closes in the middle"),
        pytest.param(answers((200, {}, b"<html>Welcome to our Wi-Fi</html>")), id="captive portal"),
        pytest.param(answers((204, {}, b"")), id="no content"),
    ],
)
def test_what_is_no_answer_of_a_collector_is_no_delivery(
    answer: Callable[[Sent], Answer],
    open_client: Open,
    collector: FakeCollector,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def once_then_stored(sent: Sent) -> Answer:
        collector.answer = lambda _sent: STORED
        return answer(sent)

    collector.answer = once_then_stored
    client = open_client(Limits(first_retry_s=0.01, timeout_s=0.5))

    client.ship(LOG)
    delivered = client.flush(60)

    assert delivered
    assert len(collector.requests) >= 2
    assert collector.requests[0].body == collector.requests[-1].body


@pytest.mark.claim("never-in-the-way")
def test_a_collector_that_is_down_costs_the_workflow_nothing_and_the_user_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = Client(Settings("http://127.0.0.1:9/v1/logs", API_KEY), QUICK)

    accepted = [client.ship(LOG) for _ in range(20)]
    in_time = client.flush(0.2)
    told = ""
    while "did not answer" not in told:  # the first attempt has failed
        told += capsys.readouterr().err
        time.sleep(0.01)
    client.close(0)

    assert all(accepted)
    assert not in_time
    assert client.stats()["lost"] == {"network": 20}
    assert (told + capsys.readouterr().err).count("did not answer") == 1


@pytest.mark.claim("waits-in-memory")
def test_logs_that_cannot_be_delivered_for_too_long_are_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(
        Settings("http://127.0.0.1:9/v1/logs", API_KEY), Limits(first_retry_s=0.01, max_age_s=0.05)
    )

    client.ship(LOG)
    settled = client.flush(60)
    client.close(0)

    assert settled
    assert client.stats()["lost"] == {"expired": 1}


def test_losses_travel_with_the_next_log_that_is_delivered_and_are_told_once(
    open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answer = answers((422, {}, b"{}"), STORED)
    client = open_client()

    for ticket in ("refused", "next", "after"):
        client.ship({**LOG, "ticket_id": ticket})
        client.flush(60)

    told = {log["ticket_id"]: log["sdk"].get("lost") for log in collector.logs}
    assert told == {"refused": None, "next": {"refused": 1}, "after": None}


def test_losses_told_by_a_log_that_is_itself_lost_are_told_again(
    open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answer = answers((422, {}, b"{}"), (422, {}, b"{}"), STORED)
    client = open_client()

    for _ in range(3):
        client.ship(LOG)
        client.flush(60)

    assert collector.logs[-1]["sdk"]["lost"] == {"refused": 2}


def test_retry_after_is_honoured_even_by_a_flush(
    open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answer = answers((503, {"Retry-After": "1"}, b"{}"), STORED)
    client = open_client()

    started = time.monotonic()
    client.ship(LOG)
    delivered = client.flush(60)

    assert delivered
    assert time.monotonic() - started >= 0.9


def test_a_flush_does_not_wait_out_the_sdks_own_backoff(
    open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    first_came = threading.Event()

    def answer(_sent: Sent) -> Answer:
        collector.answer = lambda _sent: STORED
        first_came.set()
        return (500, {}, b"")

    collector.answer = answer
    client = open_client(Limits(first_retry_s=60, max_retry_s=60))
    client.ship(LOG)
    first_came.wait(60)
    while not capsys.readouterr().err:  # printed just before the wait begins
        time.sleep(0.001)

    assert client.flush(60)


def test_a_date_in_retry_after_is_understood_and_no_server_is_obeyed_for_ever() -> None:
    now = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=30), usegmt=True)

    assert read_retry_after(later, now.timestamp()) == 30
    assert read_retry_after("86400", 0) == 300
    assert read_retry_after("soon", 0) is None


def test_the_random_numbers_of_a_workflow_are_its_own() -> None:
    random.seed(7)
    wanted = random.random()

    random.seed(7)
    Outage(Limits()).note(CollectorBusy("http://h", 503, None))

    assert random.random() == wanted


def test_waits_grow_and_differ_from_client_to_client() -> None:
    limits = Limits(first_retry_s=0.5, max_retry_s=30)

    assert backoff_s(0, limits, 0.0) == 0.25
    assert backoff_s(3, limits, 0.0) == 2.0
    assert backoff_s(3, limits, 1.0) == 4.0
    assert backoff_s(1000, limits, 1.0) == 30


def test_a_connection_that_was_closed_while_idle_is_opened_again_without_a_loss(
    open_client: Open, collector: FakeCollector
) -> None:
    collector.answer = answers((200, {"Connection": "close"}, b"{}"))
    client = open_client()

    for _ in range(3):
        client.ship(LOG)
        client.flush(60)

    assert len(collector.logs) == 3
    assert collector.connections == 3


def test_a_proxy_named_by_the_environment_is_used(
    open_client: Open, collector: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", collector.url.replace("http://", "http://user:pass@"))
    monkeypatch.delenv("no_proxy", raising=False)
    client = open_client(url="http://collector.invalid/v1/logs")

    client.ship(LOG)
    delivered = client.flush(60)

    assert delivered
    assert collector.requests[0].path == "http://collector.invalid/v1/logs"
    assert collector.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"


def test_an_answer_that_trickles_in_byte_by_byte_is_not_waited_for_longer_than_the_timeout() -> None:
    over = threading.Event()

    def trickle() -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.02):
                connection.sendall(b"X")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1/logs"
        started = time.monotonic()

        with pytest.raises(CollectorUnreachable):
            KeepAlive()(Request(url, {}, b"", timeout_s=0.3))

        waited = time.monotonic() - started
        over.set()
        thread.join()
    assert 0.2 < waited < 60


@pytest.mark.parametrize(
    "asked", ["0", "Mon, 23 Nov 2020 14:05:00 GMT", "-5", "\u00b2", "1e9", "Mon, 01 Jan 99999 00:00:00 GMT"]
)
def test_retry_after_may_lengthen_a_pause_and_never_shortens_it(asked: str) -> None:
    outage = Outage(Limits(first_retry_s=1.0), clock=lambda: 0.0)

    paused_s = outage.note(CollectorBusy("http://h", 503, read_retry_after(asked, 1.8e9)))

    assert paused_s >= 0.5
    assert outage.remaining_s() == paused_s


def test_a_connection_that_was_idle_for_long_is_not_trusted(
    open_client: Callable[..., Client], collector: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caselog.transport._MAX_IDLE_S", -1.0)
    client = open_client()

    for _ in range(2):
        client.ship(LOG)
        client.flush(60)

    assert collector.connections == 2


def test_a_proxy_that_is_none_of_http_is_named(
    open_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1080")
    monkeypatch.delenv("no_proxy", raising=False)
    client = open_client()

    client.ship(LOG)
    client.flush(0.2)

    assert "a socks5:// proxy is set" in capsys.readouterr().err


def test_losses_told_by_a_log_that_a_mistake_of_our_own_loses_are_told_again(
    collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[Request] = []

    def fail_once(request: Request) -> Response:
        sent.append(request)
        if len(sent) == 1:
            raise ZeroDivisionError
        return Response(200, {}, b"{}")

    client = Client(Settings("http://h/v1/logs", API_KEY), transport=fail_once)
    client.ship("no log")
    for _ in range(2):
        client.ship(LOG)
        client.flush(60)

    assert json.loads(gzip.decompress(sent[-1].body))["sdk"]["lost"] == {"not_serialisable": 1, "network": 1}
    client.close(1)
