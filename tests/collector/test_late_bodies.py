"""What is changed while a body is on its way, or is being read, holds for that body."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from access import clients, keys
from access.clients import ClientLimits, Level
from collector.reading_process import ReadingProcess
from tests.collector.conftest import Collector, make_collector, make_log
from tests.collector.stores import CountingStore

Change = Callable[[Collector], object]


def _revoke(collector: Collector) -> None:
    (key,) = keys.list_keys(collector.store, "acme")
    keys.revoke_key(collector.store, key.key_id, collector.clock())


def _remove(collector: Collector) -> None:
    clients.refuse_client(collector.store, "acme", collector.clock())


def _limit(collector: Collector) -> None:
    clients.set_client(collector.store, "acme", limits=ClientLimits(log_bytes=10))


def _set(level: Level) -> Change:
    return lambda collector: clients.set_client(collector.store, "acme", level=level)


def _post(collector: Collector, between: Callable[[], object], *, log: Any = None) -> httpx.Response:
    """The answer to a log, between whose first bytes and the others something happens."""
    text = json.dumps(log or make_log()).encode()
    answers: list[httpx.Response] = []

    async def chunks() -> AsyncIterator[bytes]:
        yield text[:10]
        between()
        yield text[10:]

    async def steps(http: httpx.AsyncClient) -> None:
        answers.append(await http.post("/v1/logs", content=chunks(), headers=collector.headers()))

    collector.run(steps)
    return answers[0]


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        (_revoke, 401, "unknown_key"),
        (_remove, 403, "client_removed"),
        (_limit, 413, "too_large"),
        (_set(Level.OFF), 200, "off"),
    ],
)
def test_what_holds_when_the_body_is_there_counts_and_not_what_held_at_its_head(
    change: Change, status: int, word: str
) -> None:
    collector = make_collector()

    def between() -> None:
        change(collector)
        collector.clock.advance(collector.settings.key_cache_ttl_s)

    answer = _post(collector, between)

    assert answer.status_code == status
    assert word in answer.text
    assert collector.lines() == []


def test_a_trace_that_came_after_the_level_was_set_is_not_stored() -> None:
    collector = make_collector()

    def between() -> None:
        _set(Level.METRICS_ONLY)(collector)
        collector.clock.advance(collector.settings.key_cache_ttl_s)

    answer = _post(collector, between)

    assert answer.status_code == 200
    [line] = collector.lines()
    assert "trace" not in line


@pytest.mark.parametrize(
    ("level", "stored"), [(Level.METRICS_ONLY, [False]), (Level.OFF, []), (Level.FULL_TRACE, [True])]
)
def test_a_level_that_is_set_while_a_large_body_is_read_holds_for_it(
    level: Level, stored: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = make_collector()
    read = ReadingProcess.read

    async def read_slowly(self: ReadingProcess, *arguments: Any) -> Any:
        found = await read(self, *arguments)
        clients.set_client(collector.store, "acme", level=level)
        collector.clock.advance(collector.settings.key_cache_ttl_s)
        return found

    monkeypatch.setattr(ReadingProcess, "read", read_slowly)
    answer = _post(collector, lambda: None, log=make_log(trace={"text": "x" * 300_000}))
    collector.app.large_bodies.close()

    assert answer.status_code == 200
    assert ["trace" in line for line in collector.lines()] == stored


def test_a_level_that_is_set_to_off_for_a_client_without_traces_holds_too() -> None:
    collector = make_collector()
    _set(Level.METRICS_ONLY)(collector)

    def between() -> None:
        _set(Level.OFF)(collector)
        collector.clock.advance(collector.settings.key_cache_ttl_s)

    answer = _post(collector, between)

    assert (answer.json(), collector.lines()) == ({"status": "off"}, [])


def test_a_body_that_comes_at_once_is_asked_about_once_and_a_slow_one_from_memory() -> None:
    store = CountingStore()
    collector = make_collector(store)

    _post(collector, lambda: None)
    at_once = len(store.reads)
    _post(collector, lambda: collector.clock.advance(1))

    assert (at_once, len(store.reads)) == (2, 2)
