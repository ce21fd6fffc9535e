"""100 real customer-support runs through the SDK: they arrive whole, readable and without anything private."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from caselog import Client, build_workflow_log
from caselog.masking import Masker
from caselog.serialize import dump
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


def test_of_a_real_run_nothing_but_addresses_and_names_is_masked(
    shipped: FakeCollector, airline_runs: list[dict[str, Any]]
) -> None:
    for log, run in zip(shipped.logs, airline_runs, strict=True):
        for before, after in zip(run["messages"], log["trace"]["messages"], strict=True):
            marks = re.split(r"(email:[0-9a-f]{16}|\[name\])", str(after["content"]))
            pattern = "".join(_SHAPES.get(part[:6], re.escape(part)) for part in marks)

            assert re.fullmatch(pattern, str(before["content"]), re.DOTALL)


#: What a mark may stand for: an address, words with a capital, a user id before its number.
_SHAPES = {
    "email:": r"[\w.]+@[\w.]+?\w",
    "[name]": r"(?:[A-Z][\w'-]+(?: [A-Z][\w'-]+)*|[a-z]+_[a-z]+(?=_\d))",
}


def test_once_a_customer_is_known_no_message_holds_the_full_name(
    shipped: FakeCollector, airline_runs: list[dict[str, Any]]
) -> None:
    names = {
        f"{first} {last}"
        for run in airline_runs
        for first, last in re.findall(
            r'"first_name": "(\w+)", "last_name": "(\w+)"', json.dumps(run).replace("\\", "")
        )
    }

    assert len(names) > 50
    for log, run in zip(shipped.logs, airline_runs, strict=True):
        known = {name for name in names if name in json.dumps(run["messages"]) and _is_in_field(name, run)}
        assert [name for name in known if name in json.dumps(log)] == []


def _is_in_field(name: str, run: dict[str, Any]) -> bool:
    first, _, last = name.partition(" ")
    return f'"first_name": "{first}", "last_name": "{last}"' in json.dumps(run).replace("\\", "")


STATES = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(not (STATES / "real_runs.ndjson").exists(), reason="../shared/data is missing")
def test_what_holds_nothing_private_in_a_real_run_comes_back_as_it_was() -> None:
    unchanged = json.loads((STATES / "real_runs_unmasked.json").read_text())["must_come_back_equal"]
    lines = (STATES / "real_runs.ndjson").read_text(encoding="utf-8").splitlines()
    logs = [json.loads(dump(build_workflow_log(json.loads(line)["state"]))) for line in lines]
    by_ticket = {log["ticket_id"]: log for log in logs}
    masker = Masker(b"a key of this test")

    for ticket, paths in unchanged.items():
        before, after = dict(_flat(by_ticket[ticket])), dict(_flat(masker.mask(by_ticket[ticket])))
        assert [path for path in paths if _under(before, path) != _under(after, path)] == []
        assert all(_under(before, path) for path in paths)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _flat(item, f"{path}[{place}]")
    else:
        yield path, value


def _under(flat: dict[str, Any], path: str) -> dict[str, Any]:
    return {
        name: value
        for name, value in flat.items()
        if name == path or name.startswith((f"{path}.", f"{path}["))
    }
