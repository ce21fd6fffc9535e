from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.clock import FakeClock


def test_the_real_runs_are_a_hundred_conversations(airline_runs: list[dict[str, Any]]) -> None:
    assert len(airline_runs) == 100
    assert all(run["messages"][0]["role"] == "system" for run in airline_runs)


def test_the_clock_stands_still_until_it_is_moved(clock: FakeClock) -> None:
    before = clock(), clock.monotonic()

    clock.advance(61.5)

    assert before[0] == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert clock() == datetime(2026, 11, 23, 14, 1, 1, 500_000, tzinfo=UTC)
    assert clock.monotonic() - before[1] == 61.5
