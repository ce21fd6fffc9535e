"""How many logs a client may send in a time: a token bucket for each rate, that allows one body of debt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collector.errors import RateExceeded

#: A client may send this many seconds' worth of the general rate at once; of its own, a minute's.
BURST_S = 2.0
_MINUTE_S = 60.0
#: A bucket refills by fractions: what lacks so little of a log is one.
_A_LOG = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class _Rate:
    """So many logs per second, at most ``burst`` at once; ``name`` says it to people."""

    name: str
    per_s: float
    burst: float


class Pace:
    """Two buckets per client, one for the general rate and one for its own; only authenticated clients get any.

    Each is of this process only.
    """

    def __init__(self, limit_per_s: float, clock: Callable[[], float]) -> None:
        self._limit_per_s = limit_per_s
        self._clock = clock
        self._buckets: dict[tuple[str, bool], tuple[float, float]] = {}

    def check(self, client_id: str, logs_per_minute: int | None = None) -> None:
        """Raises `RateExceeded`, with the seconds to wait, while a bucket of the client has no log left."""
        for is_own, rate in self._rates(logs_per_minute):
            if (tokens := self._refill((client_id, is_own), rate)) < _A_LOG:
                raise RateExceeded(rate.name, (1 - tokens) / rate.per_s)

    def take(self, client_id: str, logs: int, logs_per_minute: int | None = None) -> None:
        """Count ``logs`` as sent; a body of more than are left is let through, and what is too much is paid for after.

        Raises as `check`, and counts nothing: of many bodies that came at once, each was let in by what was left then.
        """
        self.check(client_id, logs_per_minute)
        for is_own, rate in self._rates(logs_per_minute):
            bucket = client_id, is_own
            self._buckets[bucket] = (self._refill(bucket, rate) - logs, self._clock())

    def _rates(self, logs_per_minute: int | None) -> Iterator[tuple[bool, _Rate]]:
        if self._limit_per_s:
            burst = max(1.0, self._limit_per_s * BURST_S)
            yield False, _Rate(f"{self._limit_per_s:g} per second", self._limit_per_s, burst)
        if logs_per_minute:
            rate = _Rate(f"{logs_per_minute} per minute", logs_per_minute / _MINUTE_S, float(logs_per_minute))
            yield True, rate

    def _refill(self, bucket: tuple[str, bool], rate: _Rate) -> float:
        tokens, since = self._buckets.get(bucket, (rate.burst, self._clock()))
        return min(rate.burst, tokens + (self._clock() - since) * rate.per_s)
