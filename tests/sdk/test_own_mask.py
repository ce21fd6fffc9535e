"""A user's own masking: asked about everything that is sent, after ours, and closed where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

import caselog
from caselog import set_mask, ship_log_async
from caselog.testing import Captured, capture
from tests.sdk.fake_collector import FakeCollector

LOG = {
    "log_id": "01a20abe-3564-74ac-bbf9-1a3764da3ed0",
    "ticket_id": "T-1",
    "status": "SUCCESS",
    "metrics": {"member": 17},
    "trace": {
        "tool_calls": [{"name": "find", "arguments": {"member_id": "M-17", "mail": "bob@example.com"}}]
    },
}


@pytest.fixture(autouse=True)
def _no_mask_is_left_behind() -> Iterator[None]:
    yield
    set_mask(None)


def hide_members(path: str, value: Any) -> Any:
    return "[member]" if path.rpartition(".")[2] == "member_id" else value


@pytest.mark.claim("own-mask")
def test_what_the_mask_gives_is_sent_and_told_by_path(logs: Captured) -> None:
    set_mask(hide_members)
    ship_log_async(LOG)

    (log,) = logs
    arguments = log["trace"]["tool_calls"][0]["arguments"]
    assert arguments["member_id"] == "[member]"
    assert log["sdk"]["masked"]["own"] == {"count": 1, "paths": ["trace.tool_calls[0].arguments.member_id"]}
    assert log["sdk"]["masked"]["email"]["count"] == 1


@pytest.mark.claim("own-mask")
def test_the_mask_sees_what_is_masked_already_and_every_value_from_the_outside_in(logs: Captured) -> None:
    seen: dict[str, Any] = {}

    def look(path: str, value: Any) -> Any:
        seen[path] = value
        return value

    set_mask(look)
    ship_log_async(LOG)
    assert len(logs) == 1

    assert seen["trace.tool_calls[0].arguments.mail"].startswith("email:")
    assert seen["metrics"] == {"member": 17}
    assert list(seen).index("trace") < list(seen).index("trace.tool_calls[0].arguments.mail")
    assert "log_id" not in seen


def test_a_whole_part_can_be_replaced_by_anything(logs: Captured) -> None:
    set_mask(lambda path, value: date(2026, 11, 24) if path == "trace.tool_calls" else value)
    ship_log_async(LOG)

    assert logs[0]["trace"] == {"tool_calls": "2026-11-24"}


@pytest.mark.claim("own-mask")
def test_what_the_mask_fails_on_is_not_sent_and_nothing_else_is_lost(logs: Captured) -> None:
    def fail(path: str, value: Any) -> Any:
        return value if isinstance(value, (dict, list)) else 1 / ("member" not in path) and value

    set_mask(fail)
    ship_log_async(LOG)

    (log,) = logs
    arguments = log["trace"]["tool_calls"][0]["arguments"]
    assert arguments["member_id"] == log["metrics"]["member"] == "[not maskable: ZeroDivisionError]"
    assert log["ticket_id"] == "T-1"


def test_a_mask_that_is_set_late_holds_for_the_logs_that_follow(workflow: FakeCollector) -> None:
    ship_log_async(LOG)
    caselog.flush(60)
    set_mask(hide_members)
    ship_log_async(LOG)
    caselog.flush(60)
    set_mask(None)
    ship_log_async(LOG)
    caselog.flush(60)

    sent = [log["trace"]["tool_calls"][0]["arguments"]["member_id"] for log in workflow.logs]
    assert sent == ["M-17", "[member]", "M-17"]


def test_without_a_mask_nothing_is_asked(logs: Captured) -> None:
    with capture() as inner:
        ship_log_async(LOG)

    assert "own" not in inner[0]["sdk"]["masked"]


def test_a_mask_that_always_fails_is_named_and_tickets_stay_apart(
    workflow: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    set_mask(lambda _path, _value: 1 / 0)
    for number in range(2):
        ship_log_async({"ticket_id": f"T-{number}", "status": "SUCCESS"})
    caselog.flush(60)

    assert len({log["ticket_id"] for log in workflow.logs}) == 2
    assert {log["status"] for log in workflow.logs} == {"MASK FAILED"}
    assert capsys.readouterr().err.count("your mask raised an exception") == 1


@pytest.mark.parametrize("odd", ["x", 7, ["trace"], {"a": 1}, object()])
def test_what_cannot_be_called_is_refused_as_a_mask_and_the_one_before_stays(
    odd: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    caselog.set_mask(lambda path, value: "[own]" if path == "category" else value)
    try:
        caselog.set_mask(odd)
        with capture() as logs:
            caselog.ship_log_async({"ticket_id": "T", "status": "ok", "category": "refund"})
    finally:
        caselog.set_mask(None)

    assert (logs[0]["status"], logs[0]["category"]) == ("OK", "[own]")
    assert capsys.readouterr().err.count("it is not used") <= 1
