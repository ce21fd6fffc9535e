"""100 real runs through every joint: SDK -> HTTP -> collector -> lake -> ETL -> reader -> ticket page.

One more run is planted with what must never be stored: an e-mail address, card numbers and API keys, in messages,
arguments, results and errors.
"""

from __future__ import annotations

import copy
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

import caselog
from access.clients import create_client
from access.keys import issue_key
from access.viewer import Viewer
from caselog import guard
from etl.run import run_once
from etl.settings import EtlSettings
from lake import rawlog
from lake.reader import read_lake
from lake.scope import EVERYONE
from lake.scope import Scope as LakeScope
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.airline import log_from_run
from tests.conftest import LakeEnv
from tests.replay import read_logs, reading, running_collector
from voila_dashboards.payload import page_payload

FIRST_RUN = datetime(2026, 10, 28, 9, 30, tzinfo=UTC)
EVERY = timedelta(hours=7)
PLANTED_EMAIL = "Planted.Person+test@example.org"
PLANTED_CARDS = ("4242 4242 4242 4242", "378282246310005", "5555-5555-5555-4444")
PLANTED_KEYS = ("AKIA" + "Q7PLANTED2EXAMPL", "sk-" + "planted0Key" * 3, "planted-in-a-header-81723")

Json = dict[str, Any]


@dataclass
class Replay:
    """What was run, what went over the wire, and where it is stored."""

    runs: list[Json]
    api_key: str
    lines: dict[str, bytes]
    store: Store

    @property
    def sent(self) -> dict[str, Json]:
        return {log_id: json.loads(line) for log_id, line in self.lines.items()}


@pytest.fixture
def replay(lake_env: LakeEnv, airline_runs: list[Json], monkeypatch: pytest.MonkeyPatch) -> Replay:
    """All runs, shipped by the SDK as a workflow would and stored by a running collector."""
    monkeypatch.setattr(guard, "reraise", True)
    runs = [*airline_runs, _plant(airline_runs[1])]
    store = open_store(lake_env.url, lake_env.env)
    create_client(store, "acme", FIRST_RUN)
    api_key = issue_key(store, "acme", FIRST_RUN, bytes(range(32)))
    with running_collector(store) as (url, tap):
        settings = {"LOG_COLLECTOR_URL": url, "LOG_COLLECTOR_API_KEY": api_key, "CLIENT_ID": "acme"}
        for name, value in {**settings, "CASELOG_LEVEL": "FULL_TRACE"}.items():
            monkeypatch.setenv(name, value)
        _ship(runs)
    return Replay(runs, api_key, tap.lines(), store)


def test_all_runs_come_back_as_the_sdk_sent_them(replay: Replay) -> None:
    lake = Lake(replay.store)

    fresh = read_logs(replay.store)
    report = run_once(lake, EtlSettings())
    compacted = read_logs(replay.store)

    assert len(replay.sent) == len(replay.runs) == 101
    assert fresh == compacted == replay.sent
    assert (report.logs, report.duplicates, report.quarantined) == (101, 0, 0)
    assert list(replay.store.list("raw")) == []


def test_a_trace_is_stored_in_the_very_bytes_that_were_sent(replay: Replay) -> None:
    run_once(Lake(replay.store), EtlSettings())

    with reading(replay.store) as reader:
        traces = reader.sql("SELECT log_id, trace FROM traces")

    assert len(traces) == 101
    assert [log_id for log_id, trace in traces if trace.encode() not in replay.lines[log_id]] == []


def test_what_was_sent_is_what_was_run_but_for_what_is_private(replay: Replay) -> None:
    sent = {log["ticket_id"]: log for log in replay.sent.values()}
    touched = 0

    for number, run in enumerate(replay.runs[:-1]):
        ours, log = log_from_run(run, FIRST_RUN + number * EVERY), sent[run["ticket_id"]]
        assert log["status"] == ("SUCCESS" if run["reward"] == 1.0 else "FAILED")
        assert log["metrics"] == ours["metrics"]
        for mine, theirs in zip(_calls(ours), _calls(log), strict=True):
            for part in ("arguments", "result"):
                said, stored = json.dumps(mine.get(part)), json.dumps(theirs.get(part))
                touched += said != stored
                assert _may_become(said, stored)
    assert touched >= 25


def test_nothing_private_stands_in_any_stored_byte(replay: Replay) -> None:
    assert "@example.com" in json.dumps(replay.runs)

    before = _stored_texts(replay.store)
    run_once(Lake(replay.store), EtlSettings())
    after = _stored_texts(replay.store)

    assert any(key.endswith(".zst") for key in before)
    assert any(key.startswith("traces/") and key.endswith(".parquet") for key in after)
    for key, texts in [*before.items(), *after.items()]:
        assert _private_parts(texts, replay.api_key) == [], key


def test_another_client_sees_none_of_them(replay: Replay) -> None:
    run_once(Lake(replay.store), EtlSettings())

    scopes = {LakeScope.of("acme"): 101, LakeScope.of("globex"): 0, EVERYONE: 101}
    for scope, count in scopes.items():
        reader = read_lake(replay.store, scope)
        assert reader.sql("SELECT count(*) FROM logs") == [(count,)]
        reader.close()


def test_every_run_opens_in_the_ticket_page(replay: Replay) -> None:
    run_once(Lake(replay.store), EtlSettings())
    viewer = Viewer("acme", "Acme", LakeScope.of("acme"))

    with reading(replay.store) as reader:
        for log_id, log in replay.sent.items():
            params = {"client_id": "acme", "log_id": log_id}
            page = page_payload(reader, viewer, "ticket", params, 1_795_442_700_000)["data"]
            assert json.loads(page["trace"]) == log["trace"]


# ---------------------------------------------------------------- sending


def _plant(run: Json) -> Json:
    """A run with private things in every part of it."""
    planted = copy.deepcopy(run)
    planted |= {"ticket_id": f"planted {PLANTED_EMAIL} {PLANTED_CARDS[0]}"}
    said = (
        f"I am {PLANTED_EMAIL}, my cards are {', '.join(PLANTED_CARDS)}; keys {' '.join(PLANTED_KEYS[:2])}."
    )
    arguments = {
        "who": PLANTED_EMAIL,
        "card": PLANTED_CARDS[1],
        "number": int(PLANTED_CARDS[1]),
        "headers": {"X-Api-Key": PLANTED_KEYS[2]},
        "body": json.dumps({"headers": [{"name": "X-Api-Key", "value": PLANTED_KEYS[2]}], "text": said}),
        PLANTED_EMAIL: True,
    }
    call = {
        "id": "call_1",
        "function": {"name": "pay", "arguments": json.dumps(arguments)},
        "type": "function",
    }
    planted["messages"] += [
        {"role": "user", "content": said},
        {"role": "assistant", "content": said, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "name": "pay", "content": f"Error: refused. {said}"},
    ]
    return planted


def _ship(runs: Sequence[Json]) -> None:
    caselog.close()
    for number, run in enumerate(runs):
        assert caselog.ship_log_async(log_from_run(run, FIRST_RUN + number * EVERY))
    assert caselog.flush(60)
    assert caselog.stats() == {"pending": 0, "lost": {}}
    caselog.close()


def _calls(log: Json) -> list[Json]:
    return [call for step in log["trace"]["react_iterations"] for call in step["tool_calls"]]


# ---------------------------------------------------------------- stored bytes


def _stored_texts(store: Store) -> dict[str, list[str]]:
    """Everything that can be read from each object: as it stands, and unpacked."""
    return {found.key: _readable(found.key, store.get(found.key)) for found in store.list("")}


def _readable(key: str, data: bytes) -> list[str]:
    texts = [data.decode("latin-1")]
    if key.endswith(".zst"):
        texts += [line.decode() for line in rawlog.unpack(data)]
    if key.endswith(".parquet"):
        texts += [
            str(value) for column in pq.read_table(io.BytesIO(data)).columns for value in column.to_pylist()
        ]
    return texts


#: What a mark may stand for: an address, words with a capital.
_MARKED: Final = {"email:": r"[\w.]+@example\.com", "[name]": r"[A-Z][\w'-]+(?: [A-Z][\w'-]+)*"}


def _may_become(said: str, stored: str) -> bool:
    """Whether of a text nothing but addresses and names of people was replaced."""
    parts = re.split(r"(email:[0-9a-f]{16}|\[name\])", stored)
    return bool(
        re.fullmatch("".join(_MARKED.get(part[:6], re.escape(part)) for part in parts), said, re.DOTALL)
    )


def _private_parts(texts: Sequence[str], api_key: str) -> list[str]:
    """What of the planted things, and what that looks like an address or a card, stands in the texts."""
    planted = [PLANTED_EMAIL, PLANTED_EMAIL.lower(), api_key, *PLANTED_KEYS, *PLANTED_CARDS]
    planted += [re.sub(r"\D", "", card) for card in PLANTED_CARDS]
    found = [part for part in planted if any(part in text for text in texts)]
    for text in texts[1:] or texts:
        found += re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text)
        found += [
            run
            for run in re.findall(r"(?<![0-9a-f])[3-6](?:[ -]?\d){12,18}(?![0-9a-f])", _UUID.sub("", text))
            if _passes_luhn(run)
        ]
    return found


#: Ids of logs: one in some thousands has decimal groups that look like a card; so may a name of a bucket.
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def _passes_luhn(text: str) -> bool:
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
