"""A workflow's own tests see what it ships, without a collector and without a variable."""

from __future__ import annotations

import threading

import pytest

from caselog import Client, build_workflow_log, ship_log_async
from caselog.testing import capture
from tests.sdk.fake_collector import FakeCollector

LOG = {"ticket_id": "T-1", "status": "SUCCESS", "executed_at": "2026-11-23T14:05:00Z"}


def test_what_a_workflow_ships_is_captured_as_the_collector_would_get_it() -> None:
    with capture() as logs:
        ship_log_async(
            build_workflow_log({"ticket_id": "T-1", "status": "failed", "errors": ["mail bob@example.com"]})
        )

        assert len(logs) == 1

    (log,) = logs
    assert (log["status"], log["client_id"]) == ("FAILED", "captured")
    assert "bob" not in repr(logs)
    assert [log["ticket_id"] for log in logs[:1]] == ["T-1"]


def test_a_captured_log_never_leaves_and_the_environments_client_is_back_afterwards(
    workflow: FakeCollector,
) -> None:
    ship_log_async({**LOG, "ticket_id": "before"})
    with capture():
        ship_log_async({**LOG, "ticket_id": "inside"})
    ship_log_async({**LOG, "ticket_id": "after"})
    from caselog import flush

    flush(60)

    assert [log["ticket_id"] for log in workflow.logs] == ["before", "after"]


def test_logs_of_threads_are_captured_too() -> None:
    with capture() as logs:
        threads = [threading.Thread(target=ship_log_async, args=(LOG,)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(logs) == 5


def test_a_level_can_be_captured() -> None:
    with capture(level="METRICS_ONLY") as logs:
        ship_log_async({**LOG, "trace": {"final_response": "hi"}})

    assert "trace" not in logs[0]


def test_a_test_that_fails_inside_the_block_puts_everything_back() -> None:
    with pytest.raises(ZeroDivisionError), capture():
        1 / 0  # noqa: B018

    from caselog import api

    assert not any(isinstance(client, Client) for client in api._clients.values())


def test_level_and_masks_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASELOG_MASK", "bodies,-phones")
    log = {"ticket_id": "T-1", "status": "SUCCESS", "phone": "01712345678", "trace": {"final_response": "Hi"}}

    with capture() as whole:
        ship_log_async(log)
    monkeypatch.setenv("CASELOG_LEVEL", "METRICS_ONLY")
    with capture() as small:
        ship_log_async(log)

    assert whole[0]["trace"] == {"final_response": "[body: 2 characters]"}
    assert whole[0]["phone"] == "01712345678"
    assert "trace" not in small[0]
