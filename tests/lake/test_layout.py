from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake import layout

MOMENT = datetime(2026, 11, 23, 23, 30, tzinfo=timezone(timedelta(hours=-2)))


def test_raw_objects_lie_under_the_client_and_the_utc_hour_they_were_received_in() -> None:
    key = layout.raw_key("acme", MOMENT, "x")

    assert key == "raw/client_id=acme/date=2026-11-24/hour=01/x.ndjson.zst"
    assert layout.client_of_raw_key(key) == "acme"


@pytest.mark.parametrize(
    "key",
    [
        "raw/client_id=acme/../globex/date=2026-11-24/hour=01/x.ndjson.zst",
        "raw/client_id=Acme/date=2026-11-24/hour=01/x.ndjson.zst",
        "raw/client_id=acme/date=2026-11-24/hour=01/x.json",
        "raw/x.ndjson.zst",
    ],
)
def test_a_key_the_collector_does_not_write_belongs_to_no_client(key: str) -> None:
    assert layout.client_of_raw_key(key) is None


@pytest.mark.parametrize("name", ["", "Acme", "../acme", "a/b", "-a", "a" * 64, "acme\n", "äcme"])
def test_a_client_id_that_is_unsafe_in_a_path_is_none(name: str) -> None:
    assert not layout.is_client_id(name)


@given(st.integers(3, 7_000_000_000_000), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_the_millisecond_they_were_made_in(millis: int, noise: bytes) -> None:
    now = datetime.fromtimestamp(millis / 1000, UTC)
    earlier = layout.uuid7(now - timedelta(milliseconds=2), b"\xff" * 10)

    made = layout.uuid7(now, noise)

    assert made > earlier
    assert made[14] == "7"
    assert made[19] in "89ab"
