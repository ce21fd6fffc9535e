"""The time that a run is measured with: the machine's own, or one that a demo moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def spend(self, seconds: float) -> None:
        """Nothing: on the machine's own clock, work takes its time without being told."""


class SimulatedClock(Clock):
    """A time that stands still except for what work says it would have taken.

    The demo's runs are real: every node, tool call, retry and error happens. Only their times are simulated,
    because a scripted model answers in microseconds and a month of tickets has to fit into half a minute.

    >>> clock = SimulatedClock(datetime(2026, 11, 23, 14, tzinfo=UTC))
    >>> clock.spend(1.5)
    >>> clock.now().isoformat()
    '2026-11-23T14:00:01.500000+00:00'
    """

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def spend(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
