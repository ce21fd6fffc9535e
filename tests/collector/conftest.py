"""A collector over a store, as a sender meets it: through HTTP."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from access import clients, keys
from access.clients import Level
from collector.app import CollectorApp, create_app
from collector.settings import CollectorSettings
from lake import rawlog
from lake.store import Store, memory_store
from tests.clock import FakeClock

Log = dict[str, Any]


def make_log(**fields: Any) -> Log:
    """A valid log; ``fields`` replace or add, and ``...`` removes."""
    log = {
        "log_id": "L-1",
        "ticket_id": "T-1",
        "executed_at": "2026-11-23T14:00:00+02:00",
        "execution_time_seconds": 1.5,
        "status": "SUCCESS",
        "trace": {"nodes": [{"name": "classify"}]},
        **fields,
    }
    return {name: value for name, value in log.items() if value is not ...}


def stored_lines(store: Store) -> list[Log]:
    """Every raw line in the lake, in the order in which it was stored."""
    return [json.loads(line) for found in store.list("raw") for line in rawlog.unpack(store.get(found.key))]


@dataclass
class Collector:
    """A collector with the clients `acme`, `globex` and, METRICS_ONLY, `initech`; a key each."""

    store: Store
    settings: CollectorSettings
    clock: FakeClock = field(default_factory=FakeClock)
    app: CollectorApp = field(init=False)

    def __post_init__(self) -> None:
        levels = {"acme": Level.FULL_TRACE, "globex": Level.FULL_TRACE, "initech": Level.METRICS_ONLY}
        for client_id, level in levels.items():
            clients.create_client(self.store, client_id, self.clock.now, level=level)
        self.keys = {
            client_id: keys.issue_key(self.store, client_id, self.clock.now, bytes([number]) * 32)
            for number, client_id in enumerate(levels)
        }
        self.app = self.make_app()

    def make_app(self) -> CollectorApp:
        """One more collector over the same store, with the same clock: a replica."""
        return create_app(self.settings, self.store, now=self.clock, clock=self.clock.monotonic)

    def replica(self, **settings: Any) -> Collector:
        """Another collector over the same store, for the same keys; with ``settings`` of its own, or the same."""
        found = copy.copy(self)
        found.settings = CollectorSettings(**settings) if settings else self.settings
        found.app = found.make_app()
        return found

    def headers(self, client: str = "acme", **more: str) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"X-API-Key": self.keys[client], "Content-Type": "application/json", **named}

    def ndjson(self, client: str = "acme", **more: str) -> dict[str, str]:
        return {**self.headers(client, **more), "Content-Type": "application/x-ndjson"}

    @contextmanager
    def http(self) -> Iterator[TestClient]:
        with TestClient(self.app, base_url="http://collector") as http:
            yield http

    def run(self, steps: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        """Run ``steps``, that may send many requests at once, in a loop of their own."""

        async def within() -> None:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://collector") as http:
                await steps(http)

        asyncio.run(within())

    def lines(self) -> list[Log]:
        return stored_lines(self.store)


def wait_for(is_so: Callable[[], bool]) -> None:
    """Give the collector's own thread the time to do what nobody is answered for."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


def make_collector(store: Store | None = None, **settings: Any) -> Collector:
    """A collector over an empty store, with ``settings`` other than the usual ones."""
    return Collector(store or memory_store(), CollectorSettings(**settings))


@pytest.fixture
def collector() -> Collector:
    return make_collector()


@pytest.fixture
def http(collector: Collector) -> Iterator[TestClient]:
    with collector.http() as client:
        yield client
