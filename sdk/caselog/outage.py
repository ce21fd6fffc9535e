"""While the collector cannot be reached: until when nothing is sent, and what it asked for."""

from __future__ import annotations

import random
import time
from typing import Callable

from .answers import backoff_s
from .errors import DeliveryError
from .settings import Limits

#: Spreads clients in time. Not the generator that a workflow may have seeded: it would give it other numbers.
_CHANCE = random.SystemRandom()


class Outage:
    """Grows with each failure in a row; for one thread."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self.end()

    def end(self) -> None:
        """The collector answers."""
        self._failures = 0
        self._since = self._until = 0.0
        self._was_asked = False

    def note(self, error: DeliveryError) -> float:
        """Seconds to wait after one more failure: what the collector asked for, if that is longer than our own."""
        own_s = backoff_s(self._failures, self._limits, _CHANCE.random())
        pause_s = max(own_s, error.retry_after_s or 0.0)
        self._failures += 1
        self._since = self._clock()
        self._until = self._since + pause_s
        self._was_asked = pause_s > own_s
        return pause_s

    def may_hurry(self) -> bool:
        """Whether a flush may shorten the wait: not one that the collector asked for."""
        return not self._was_asked

    def remaining_s(self, *, hurries: bool = False) -> float:
        """Seconds until the next try, at least 0."""
        until = (
            min(self._until, self._since + self._limits.first_retry_s)
            if hurries and self.may_hurry()
            else self._until
        )
        return max(0.0, until - self._clock())
