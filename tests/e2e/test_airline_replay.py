"""100 real runs through every joint: SDK -> HTTP -> collector -> lake -> ETL -> reader -> ticket page.

One more run is planted with what must never be stored: an e-mail address, card numbers and API keys, in messages,
arguments, results and errors.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import caselog
from access.clients import create_client
from access.keys import issue_key
from access.viewer import Viewer
from caselog import guard
from collector.app import create_app
from collector.settings import CollectorSettings
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
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.queries import page_payload

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
    with _running_collector(store) as (url, tap):
        settings = {"LOG_COLLECTOR_URL": url, "LOG_COLLECTOR_API_KEY": api_key, "CLIENT_ID": "acme"}
        for name, value in {**settings, "CASELOG_LEVEL": "FULL_TRACE"}.items():
            monkeypatch.setenv(name, value)
        _ship(runs)
    return Replay(runs, api_key, tap.lines(), store)


def test_all_runs_come_back_as_the_sdk_sent_them(replay: Replay) -> None:
    lake = Lake(replay.store)

    fresh = _read_logs(replay.store)
    report = run_once(lake, EtlSettings())
    compacted = _read_logs(replay.store)

    assert len(replay.sent) == len(replay.runs) == 101
    assert fresh == compacted == replay.sent
    assert (report.logs, report.duplicates, report.quarantined) == (101, 0, 0)
    assert list(replay.store.list("raw")) == []


def test_a_trace_is_stored_in_the_very_bytes_that_were_sent(replay: Replay) -> None:
    run_once(Lake(replay.store), EtlSettings())

    with _reading(replay.store) as reader:
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
            assert mine["arguments"] == theirs["arguments"]
            result, stored = json.dumps(mine.get("result")), json.dumps(theirs.get("result"))
            touched += result != stored
            assert re.sub(r"[\w.]+@example\.com", "", result) == re.sub(r"email:[0-9a-f]{16}", "", stored)
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

    with _reading(replay.store) as reader:
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


class Tap:
    """Lets every request through, and keeps the bodies as they came over the wire."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        received: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            received.append(message.get("body", b""))
            return message

        await self._app(scope, listen, send)
        if scope["type"] == "http":
            self._bodies.append(b"".join(received))

    def lines(self) -> dict[str, bytes]:
        """Each log's line of JSON by its log_id."""
        lines = [line for body in self._bodies for line in gzip.decompress(body).splitlines()]
        return {json.loads(line)["log_id"]: line for line in lines}


@contextmanager
def _running_collector(store: Store) -> Iterator[tuple[str, Tap]]:
    tap = Tap(create_app(CollectorSettings(), store))
    config = uvicorn.Config(tap, host="127.0.0.1", port=0, ws="none", log_config=None, access_log=False)
    server, ready = uvicorn.Server(config), threading.Event()
    started = server.startup

    async def startup(*args: Any, **kwargs: Any) -> None:
        await started(*args, **kwargs)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(20)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", tap
    finally:
        server.should_exit = True
        thread.join(20)


# ---------------------------------------------------------------- reading


@contextmanager
def _reading(store: Store) -> Iterator[LakeSource]:
    reader = read_lake(store)
    try:
        yield LakeSource(reader)
    finally:
        reader.close()


def _read_logs(store: Store) -> dict[str, Json]:
    """Every log as the views show it, put together again, by its log_id."""
    with _reading(store) as reader:
        rows = reader.sql(
            "SELECT l.schema_version, l.client_id, l.log_id, l.ticket_id, epoch_ms(l.executed_at), "
            "l.execution_time_seconds, l.status, l.category, l.environment, l.workflow_version, l.metrics, l.extra, "
            "t.trace FROM logs l JOIN traces t USING (client_id, month, log_id)"
        )
    return {row[2]: _put_together(row) for row in rows}


def _put_together(row: tuple[Any, ...]) -> Json:
    names = ("schema_version", "client_id", "log_id", "ticket_id", "executed_at", "execution_time_seconds")
    log = dict(zip((*names, "status", "category", "environment", "workflow_version"), row, strict=False))
    log["executed_at"] = datetime.fromtimestamp(log["executed_at"] / 1000, UTC).isoformat()
    return {**log, "metrics": json.loads(row[10]), **json.loads(row[11]), "trace": json.loads(row[12])}


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


def _private_parts(texts: Sequence[str], api_key: str) -> list[str]:
    """What of the planted things, and what that looks like an address or a card, stands in the texts."""
    planted = [PLANTED_EMAIL, PLANTED_EMAIL.lower(), api_key, *PLANTED_KEYS, *PLANTED_CARDS]
    planted += [re.sub(r"\D", "", card) for card in PLANTED_CARDS]
    found = [part for part in planted if any(part in text for text in texts)]
    for text in texts[1:] or texts:
        found += re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text)
        found += [
            run
            for run in re.findall(r"(?<!\d)[3-6](?:[ -]?\d){12,18}(?!\d)", _UUID.sub("", text))
            if _passes_luhn(run)
        ]
    return found


#: Ids of logs: one in some thousands has decimal groups that look like a card.
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def _passes_luhn(text: str) -> bool:
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
