"""100 real customer-support runs through the SDK: they arrive whole, readable and without anything private."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caselog import Client, build_workflow_log
from collector.intake import Sender, read_log
from tests.sdk.fake_collector import FakeCollector

STARTED = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
#: Written anew, so that a hole in the SDK's own patterns is not a hole in the test.
ADDRESS = re.compile(r"[\w.]+@[\w.]+\.\w+")


def as_state(run: dict[str, Any], number: int) -> dict[str, Any]:
    """The state that such a run would have left; the runs carry no times, so they get some."""
    turns = [message for message in run["messages"] if message["role"] == "assistant"]
    return {
        "ticket_id": run["ticket_id"],
        "status": "success" if run["reward"] == 1.0 else "failed",
        "category": "airline",
        "started_at": STARTED + timedelta(minutes=number),
        "duration_seconds": 2.5 * len(turns),
        "react_iterations": [{"iteration": place, **turn} for place, turn in enumerate(turns, 1)],
        "messages": run["messages"],
        "errors": [],
        "final_response": turns[-1]["content"],
    }


@pytest.fixture
def shipped(
    airline_runs: list[dict[str, Any]], open_client: Callable[..., Client], collector: FakeCollector
) -> FakeCollector:
    client = open_client()
    for number, run in enumerate(airline_runs):
        assert client.ship(build_workflow_log(as_state(run, number)))
    assert client.flush(60)
    return collector


def test_every_real_run_arrives_and_the_collector_takes_it(
    shipped: FakeCollector, airline_runs: list[dict[str, Any]]
) -> None:
    arrived = [log["ticket_id"] for log in shipped.logs]

    assert arrived == [run["ticket_id"] for run in airline_runs]
    for log in shipped.logs:
        read_log(json.dumps(log).encode(), Sender("acme"), STARTED)


def test_no_address_of_a_real_run_is_in_any_sent_byte_and_the_same_customer_can_still_be_counted(
    shipped: FakeCollector, airline_runs: list[dict[str, Any]]
) -> None:
    addresses = {
        found.lower().rstrip(".") for run in airline_runs for found in ADDRESS.findall(json.dumps(run))
    }

    assert len(addresses) > 20
    assert not ADDRESS.findall(shipped.text)
    assert len(set(re.findall(r"email:[0-9a-f]{16}", shipped.text))) == len(addresses)


def test_of_a_real_run_nothing_but_addresses_is_masked(
    shipped: FakeCollector, airline_runs: list[dict[str, Any]]
) -> None:
    for log, run in zip(shipped.logs, airline_runs, strict=True):
        before = [ADDRESS.sub("_", str(message["content"])) for message in run["messages"]]
        after = [
            re.sub(r"email:[0-9a-f]{16}", "_", str(message["content"]))
            for message in log["trace"]["messages"]
        ]

        assert [text.rstrip(".") for text in after] == [text.rstrip(".") for text in before]
