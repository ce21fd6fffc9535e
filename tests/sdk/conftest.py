"""Fixtures of the SDK's tests: a collector to send to, a client that sends, and no mistake swallowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from caselog import Client, Limits, Settings, close, guard
from caselog.langchain import CaselogCallbackHandler
from caselog.masking.engine import Engine
from caselog.testing import Captured, capture
from tests.sdk.fake_collector import API_KEY, FakeCollector, fake_collector

#: Short waits, so that a test of retries takes no time.
QUICK = Limits(first_retry_s=0.01, max_retry_s=0.05, timeout_s=30.0)


@pytest.fixture(autouse=True)
def _mistakes_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SDK would swallow inside a workflow is seen here."""
    monkeypatch.setattr(guard, "reraise", True)


@pytest.fixture
def collector() -> Iterator[FakeCollector]:
    with fake_collector() as running:
        yield running


@pytest.fixture
def workflow(collector: FakeCollector, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCollector]:
    """The environment of a workflow that ships to the collector through the module's own functions."""
    for name, value in collector.env.items():
        monkeypatch.setenv(name, value)
    yield collector
    close(5)


@pytest.fixture
def open_client(collector: FakeCollector) -> Iterator[Callable[..., Client]]:
    """Makes clients of the collector, with short waits unless the test says otherwise."""
    clients: list[Client] = []

    def make(limits: Limits = QUICK, **settings: str | None) -> Client:
        given = {"url": f"{collector.url}/v1/logs", "api_key": API_KEY, "client_id": "acme", **settings}
        clients.append(Client(Settings(**given), limits))  # type: ignore[arg-type]
        return clients[-1]

    yield make
    for client in clients:
        client.close(5)


@pytest.fixture
def logs() -> Iterator[Captured]:
    """What is shipped through the module's own functions."""
    with capture() as captured:
        yield captured


@pytest.fixture
def handler() -> CaselogCallbackHandler:
    return CaselogCallbackHandler(environment="test")


@pytest.fixture
def masking_fails_on_poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that fail on whatever text holds the word poison."""
    find = Engine._find

    def fail_on_poison(self: Engine, text: str, *rest: Any) -> Any:
        if "poison" in text:
            raise ValueError
        return find(self, text, *rest)

    monkeypatch.setattr(Engine, "_find", fail_on_poison)
