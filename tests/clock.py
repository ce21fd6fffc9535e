"""A clock that a test moves by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Called, it says what time it is (UTC); `monotonic` is the same time in seconds, for deadlines.

    >>> clock = FakeClock()
    >>> clock.advance(90)
    >>> clock().isoformat()
    '2026-11-23T14:01:30+00:00'
    """

    def __init__(self, start: datetime = datetime(2026, 11, 23, 14, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.now.timestamp()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
