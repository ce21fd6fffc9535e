"""Tickets that wait for somebody's answer, until their run goes on or has waited too long."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Callable, Generic, Protocol, TypeVar

#: Interrupted tickets that may wait at once, and for how long; then they are shipped as they are.
_MAX_WAITING = 1000
_MAX_WAITING_S = 3600.0


class HasKey(Protocol):
    """What may wait."""

    @property
    def key(self) -> Any:
        """What says which run goes on with it."""


_T = TypeVar("_T", bound=HasKey)


class Waiting(Generic[_T]):
    """Tickets that stopped at an interrupt, by their ``key``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all of them: in a forked child they are the parent's."""
        self._lock = threading.RLock()
        self._tickets: OrderedDict[Any, tuple[float, _T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tickets)

    def put(self, ticket: _T) -> None:
        """Let a ticket wait."""
        with self._lock:
            self._tickets[ticket.key] = (self._clock(), ticket)

    def take(self, key: Any) -> _T | None:
        """The ticket that waits under this key, which waits no more."""
        with self._lock:
            return self._tickets.pop(key, (0.0, None))[1]

    def take_overdue(self) -> list[_T]:
        """Tickets that have waited too long, or are too many."""
        with self._lock:
            oldest = self._clock() - _MAX_WAITING_S
            too_many = len(self._tickets) - _MAX_WAITING
            overdue = [
                key
                for place, (key, (since, _)) in enumerate(self._tickets.items())
                if place < too_many or since < oldest
            ]
            return self._take_each(overdue)

    def take_all(self) -> list[_T]:
        """Every ticket that waits, at the end of the process."""
        with self._lock:
            return self._take_each(list(self._tickets))

    def _take_each(self, keys: Iterable[Any]) -> list[_T]:
        return [self._tickets.pop(key)[1] for key in keys]
