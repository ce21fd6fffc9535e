"""How many logs per second a client may send: a token bucket each, that allows one body of debt."""

from __future__ import annotations

from collections.abc import Callable

from collector.errors import RateExceeded

#: A client may send this many seconds' worth at once.
BURST_S = 2.0


class Pace:
    """One bucket per client; only authenticated clients get one, so there are as many as clients."""

    def __init__(self, limit_per_s: float, clock: Callable[[], float]) -> None:
        self._limit_per_s = limit_per_s
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def check(self, client_id: str) -> None:
        """Raises `RateExceeded`, with the seconds to wait, while the client's bucket is in debt."""
        if self._limit_per_s and (tokens := self._refill(client_id)) < 0:
            raise RateExceeded(-tokens / self._limit_per_s)

    def take(self, client_id: str, logs: int) -> None:
        """Count ``logs`` as sent; a body larger than the burst is let through once and paid for after."""
        if self._limit_per_s:
            self._buckets[client_id] = (self._refill(client_id) - logs, self._clock())

    def _refill(self, client_id: str) -> float:
        burst = max(1.0, self._limit_per_s * BURST_S)
        tokens, since = self._buckets.get(client_id, (burst, self._clock()))
        return min(burst, tokens + (self._clock() - since) * self._limit_per_s)
