"""Identities sort by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from caselog.clock import new_id
from caselog.ids import uuid7_at


@given(st.integers(3, 7_000_000_000_000), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_the_millisecond_they_were_made_in(millis: int, noise: bytes) -> None:
    now = datetime.fromtimestamp(millis / 1000, UTC)
    earlier = uuid7_at(now - timedelta(milliseconds=2), b"\xff" * 10)

    made = uuid7_at(now, noise)

    assert made > earlier
    assert made[14] == "7"
    assert made[19] in "89ab"


def test_no_identity_is_made_twice() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
