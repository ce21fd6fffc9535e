from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

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
