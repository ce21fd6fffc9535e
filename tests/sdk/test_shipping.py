"""A shipped log arrives as it was; a workflow never waits for it, and never fails because of it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from caselog import Client, Limits, build_workflow_log, close, flush, ship_log_async, stats
from tests.sdk.fake_collector import API_KEY, STORED, Answer, FakeCollector, Sent


def after(event: threading.Event) -> Callable[[Sent], Answer]:
    """Stores logs once the event has happened."""

    def answer(_sent: Sent) -> Answer:
        event.wait(60)
        return STORED

    return answer


LOG = {"ticket_id": "T-1", "status": "SUCCESS", "executed_at": "2026-11-23T14:05:00+00:00"}


def test_a_shipped_log_arrives_with_its_identity_its_owner_and_the_version_of_the_sdk(
    workflow: FakeCollector,
) -> None:
    accepted = ship_log_async({**LOG, "trace": {"final_response": "Your flight is booked."}})
    delivered = flush(60)

    (log,) = workflow.logs
    assert accepted
    assert delivered
    assert log["ticket_id"] == "T-1"
    assert log["client_id"] == "acme"
    assert log["schema_version"] == 1
    assert len(log["log_id"]) == 36
    assert log["trace"] == {"final_response": "Your flight is booked."}
    assert log["sdk"]["name"] == "caselog-python"
    assert list(log)[-1] == "trace"


def test_a_log_is_posted_as_compressed_json_with_the_key_in_its_header(workflow: FakeCollector) -> None:
    ship_log_async(LOG)
    flush(60)

    (sent,) = workflow.requests
    assert sent.path == "/v1/logs"
    assert sent.headers["x-api-key"] == API_KEY
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", ["", "/", "/v1/logs", "/v1/logs/"])
def test_the_address_may_name_the_path_or_leave_it_out(
    path: str, workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_COLLECTOR_URL", workflow.url + path)

    ship_log_async(LOG)
    flush(60)

    assert [sent.path for sent in workflow.requests] == ["/v1/logs"]


def test_what_a_log_already_says_is_kept(workflow: FakeCollector) -> None:
    ship_log_async({**LOG, "log_id": "my-id-7", "client_id": "other"})
    flush(60)

    (log,) = workflow.logs
    assert (log["log_id"], log["client_id"], log["executed_at"]) == ("my-id-7", "other", LOG["executed_at"])


def test_the_start_of_a_run_is_worked_out_from_its_length_where_it_is_missing(
    workflow: FakeCollector,
) -> None:
    ship_log_async({"ticket_id": "T-1", "status": "SUCCESS", "execution_time_seconds": 86400 * 365})
    ship_log_async({"ticket_id": "T-2", "status": "SUCCESS"})
    flush(60)

    long, instant = workflow.logs
    assert int(instant["executed_at"][:4]) - int(long["executed_at"][:4]) == 1


def test_what_is_sent_is_the_log_as_it_was_when_it_was_shipped(
    open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    log: dict[str, Any] = {**LOG, "trace": {"messages": [{"role": "user", "content": "before"}]}}
    client = open_client()

    client.ship(log)
    log["trace"]["messages"][0]["content"] = "after"
    client.flush(60)

    assert collector.logs[0]["trace"]["messages"][0]["content"] == "before"


def test_logs_that_pile_up_behind_a_slow_answer_travel_together_on_one_connection(
    open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def answer(_sent: Sent) -> Answer:
        arrived.set()
        go_on.wait(60)
        return STORED

    collector.answer = answer
    client = open_client()
    client.ship(LOG)
    arrived.wait(60)
    for number in range(7):
        client.ship({**LOG, "ticket_id": f"P-{number}"})
    go_on.set()

    delivered = client.flush(60)

    assert delivered
    assert [len(sent.logs) for sent in collector.requests] == [1, 7]
    assert collector.requests[1].headers["content-type"] == "application/x-ndjson"
    assert collector.connections == 1


def test_a_full_queue_drops_the_new_log_says_so_and_counts_it(
    open_client: Callable[..., Client], collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    go_on = threading.Event()
    collector.answer = after(go_on)
    client = open_client(Limits(max_queue_logs=3))

    accepted = [client.ship(LOG) for _ in range(5)]
    go_on.set()
    client.flush(60)

    assert accepted == [True, True, True, False, False]
    assert client.stats()["lost"] == {"queue_full": 2}
    assert len(collector.logs) == 3
    assert "queue" in capsys.readouterr().err


def test_the_queue_is_bounded_in_bytes_but_takes_one_log_of_any_size(
    open_client: Callable[..., Client], collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    go_on = threading.Event()
    collector.answer = after(go_on)
    client = open_client(Limits(max_queue_bytes=5000))

    accepted = [client.ship({**LOG, "trace": {"final_response": "x" * size}}) for size in (50_000, 10)]
    go_on.set()
    client.flush(60)

    assert accepted == [True, False]


def test_flush_gives_up_at_its_deadline_and_says_so(
    open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    go_on = threading.Event()
    collector.answer = after(go_on)
    client = open_client()
    client.ship(LOG)

    in_time = client.flush(0.05)
    go_on.set()

    assert not in_time
    assert client.flush(60)


def test_from_a_coroutine_shipping_leaves_no_task_behind(workflow: FakeCollector) -> None:
    async def run() -> int:
        ship_log_async(LOG)
        return len(asyncio.all_tasks())

    tasks = asyncio.run(run())
    flush(60)

    assert tasks == 1
    assert len(workflow.logs) == 1


def test_many_threads_ship_at_once_and_every_log_arrives_once(workflow: FakeCollector) -> None:
    def ship(thread: int) -> None:
        for number in range(25):
            ship_log_async({**LOG, "ticket_id": f"{thread}-{number}"})

    threads = [threading.Thread(target=ship, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flush(60)

    assert len({log["log_id"] for log in workflow.logs}) == len(workflow.logs) == 200


@pytest.mark.claim("metrics-only")
def test_without_a_trace_nothing_but_the_small_fields_leaves_the_process(
    workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASELOG_LEVEL", "metrics_only")
    state = {
        **LOG,
        "errors": [ValueError("no seat")],
        "messages": [{"role": "user", "content": "hello there"}],
    }

    ship_log_async(build_workflow_log(state))
    ship_log_async(
        {
            **LOG,
            "final_response": "hello there",
            "react_iterations": 3,
            "big": "hello there" * 10_000,
            "conversation": ["hello there"],
            "region": "eu",
        }
    )
    flush(60)

    assert "hello there" not in workflow.text
    assert "no seat" not in workflow.text
    assert workflow.logs[0]["metrics"] == {"error_count": 1}
    assert workflow.logs[1]["region"] == "eu"
    assert not {"big", "conversation"} & set(workflow.logs[1])


def test_names_and_bodies_are_removed_where_the_environment_asks_for_it(
    workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASELOG_MASK", "names,bodies")
    state = {
        **LOG,
        "messages": [{"role": "user", "content": "I am Ada."}],
        "nodes": [{"input": {"first_name": "Ada"}}],
    }

    ship_log_async(build_workflow_log(state))
    flush(60)

    (log,) = workflow.logs
    assert "Ada" not in workflow.text
    assert {rule: told["count"] for rule, told in log["sdk"]["masked"].items()} == {"body": 1, "name": 1}


@pytest.mark.claim("off")
def test_switched_off_nothing_is_sent_and_no_variable_is_missed(
    workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CASELOG_LEVEL", "OFF")
    monkeypatch.delenv("LOG_COLLECTOR_API_KEY")

    accepted = ship_log_async(LOG)
    flush(1)

    assert not accepted
    assert workflow.requests == []
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("nothing", [None, "a text", 7, ["a list"]])
def test_what_is_no_log_is_refused_in_words(
    nothing: Any, workflow: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    accepted = ship_log_async(nothing)

    assert not accepted
    assert stats()["lost"] == {"not_serialisable": 1}
    assert "a log is a mapping" in capsys.readouterr().err


@pytest.mark.claim("never-in-the-way")
def test_a_mistake_of_the_sdk_itself_never_reaches_the_workflow(
    workflow: FakeCollector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("caselog.guard.reraise", False)
    monkeypatch.setattr("caselog.client.dump", lambda _log: 1 / 0)

    accepted = ship_log_async(LOG)

    assert not accepted
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_after_close_a_log_starts_anew(workflow: FakeCollector) -> None:
    ship_log_async(LOG)
    close(60)
    again = ship_log_async(LOG)
    flush(60)

    assert again
    assert len(workflow.logs) == 2


def test_a_log_larger_than_the_collector_takes_is_cut_and_says_where(
    open_client: Callable[..., Client], collector: FakeCollector
) -> None:
    client = open_client(Limits(max_log_bytes=50_000))

    client.ship({**LOG, "trace": {"final_response": "word " * 100_000, "nodes": [{"name": "classify"}]}})
    client.flush(60)

    (log,) = collector.logs
    assert len(json.dumps(log)) < 50_000
    assert log["trace"]["nodes"] == [{"name": "classify"}]
    assert "[cut: " in log["trace"]["final_response"]


def test_a_log_that_lacks_its_ticket_or_its_status_is_sent_with_a_stand_in_and_named_once(
    workflow: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    ship_log_async({"category": "refund"})
    ship_log_async({"ticket_id": "", "status": None})
    flush(60)

    assert [log["ticket_id"] for log in workflow.logs] == [log["log_id"] for log in workflow.logs]
    assert {log["status"] for log in workflow.logs} == {"UNKNOWN"}
    assert capsys.readouterr().err.count("no ticket_id and no status") == 1
