"""How many logs were lost, by reason: counted where it happens, reported with the next log that gets through."""

from __future__ import annotations

import threading
from collections import Counter

#: The queue held as much as it may.
QUEUE_FULL = "queue_full"
#: Even cut to its small fields the log was over the size limit.
TOO_BIG = "too_big"
#: What was shipped was no mapping, or could not be read or masked.
NOT_SERIALISABLE = "not_serialisable"
#: The collector said no.
REFUSED = "refused"
#: The process ended, or the client was closed, before the collector could be reached.
NETWORK = "network"
#: The collector could not be reached for too long.
EXPIRED = "expired"

REASONS = (QUEUE_FULL, TOO_BIG, NOT_SERIALISABLE, REFUSED, NETWORK, EXPIRED)


class Losses:
    """Counts by reason: all since the start, and those the collector has not been told of yet."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget every count."""
        # Reentrant: a signal handler may ship a log while the same thread counts one.
        self._lock = threading.RLock()
        self._total: Counter[str] = Counter()
        self._told: Counter[str] = Counter()

    def count(self, reason: str, logs: int = 1) -> None:
        """Add logs that were lost."""
        with self._lock:
            self._total[reason] += logs

    def total(self) -> dict[str, int]:
        """All logs lost since the start, by reason."""
        with self._lock:
            return dict(+self._total)

    def untold(self) -> dict[str, int]:
        """Logs lost that no delivered log has reported yet, by reason."""
        with self._lock:
            return dict(self._total - self._told)

    def mark_told(self, counts: dict[str, int]) -> None:
        """A log that reports these counts is on its way."""
        with self._lock:
            self._told.update(counts)

    def unmark_told(self, counts: dict[str, int]) -> None:
        """The log that was to report these counts is lost itself."""
        with self._lock:
            self._told.subtract(counts)
