"""What operators see of a collector: who sends how much, how soon it is stored, and why not.

A series is one client's where that helps to find who it is about. Only senders with a key are named, and so many of
them: strangers cannot make series.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from serving.exchange import Exchange
from serving.metrics import Figures

#: No client can be called like these.
UNKNOWN: Final = "(unknown)"
OTHER: Final = "(other)"
#: Beyond so many, clients are counted together: each is some series in every scrape.
MOST_CLIENTS: Final = 1000

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_LOGS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class CollectorMetrics(Figures):
    """The figures of one collector process; a scrape of several that share a port adds them up."""

    def __init__(self) -> None:
        super().__init__()
        registry = self.registry
        self._clients: set[str] = set()
        self._logs = Counter(
            "caselog_collector_logs", "Logs that were stored and acknowledged.", ["client"], registry=registry
        )
        self._bytes = Counter(
            "caselog_collector_received_bytes", "Bytes of bodies, as sent.", ["client"], registry=registry
        )
        self._acks = Histogram(
            "caselog_collector_ack_seconds",
            "From the head of a request to the acknowledgement of its logs.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._refusals = Counter(
            "caselog_collector_refusals",
            "Requests that were not acknowledged, by the `code` of their answer.",
            ["reason", "client"],
            registry=registry,
        )
        self._object_logs = Histogram(
            "caselog_collector_object_logs", "Logs in one object.", registry=registry, buckets=_LOGS
        )
        self._puts = Counter(
            "caselog_collector_puts", "Objects of logs given to the store.", ["outcome"], registry=registry
        )
        self._put_seconds = Histogram(
            "caselog_collector_put_seconds",
            "How long the store took for one object.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._store_errors = Counter(
            "caselog_collector_store_errors",
            "What the store did not do: write an object of logs, look up a key, tell what was counted of a day, or "
            "pass the probe of /readyz.",
            ["operation"],
            registry=registry,
        )
        self._open = self._gauge("caselog_collector_in_flight_requests", "Requests without an answer yet.")
        self._held = self._gauge("caselog_collector_in_flight_bytes", "Bytes held until they are stored.")

    def set_in_flight(self, requests: int, size: int) -> None:
        """What is in flight now."""
        self._open.set(requests)
        self._held.set(size)

    def note_exchange(self, exchange: Exchange) -> None:
        """Count a request that has its answer, or whose sender is gone."""
        client = self._label(exchange.client_id)
        if exchange.received_bytes:
            self._bytes.labels(client).inc(exchange.received_bytes)
        if exchange.logs:
            self._logs.labels(client).inc(exchange.logs)
            self._acks.observe(exchange.seconds)
        if exchange.code or not exchange.status:
            self._refusals.labels(exchange.code or "sender_gone", client).inc()
        if exchange.store_error:
            self.note_store_error(exchange.store_error)

    def note_store_error(self, operation: str) -> None:
        """Count something that the store did not do."""
        self._store_errors.labels(operation).inc()

    @contextmanager
    def put(self, logs: int) -> Iterator[None]:
        """Count the object of so many logs that is given to the store meanwhile."""
        begun = time.perf_counter()
        try:
            yield
        except BaseException:
            self._puts.labels("not_confirmed").inc()
            self.note_store_error("write")
            raise
        else:
            self._puts.labels("stored").inc()
            self._object_logs.observe(logs)
        finally:
            self._put_seconds.observe(time.perf_counter() - begun)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(name, what, registry=self.registry, multiprocess_mode="livesum")

    def _label(self, client_id: str) -> str:
        if not client_id:
            return UNKNOWN
        if client_id not in self._clients:
            if len(self._clients) >= MOST_CLIENTS:
                return OTHER
            self._clients.add(client_id)
        return client_id
