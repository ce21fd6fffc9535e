"""``caselog keys`` and the limits of ``caselog clients``, as an operator calls them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access import key_uses, keys
from access.daily_bytes import tell_bytes
from cli.spans import parse_span
from lake.store import Store, open_store
from tests.cli.command import answered, caselog


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A lake with the client acme."""
    url = (tmp_path / "lake").as_uri()
    monkeypatch.setenv("CASELOG_LAKE_URL", url)
    store = open_store(url, {}, create=True)
    answered("clients", "create", "acme")
    return store


def found(store: Store, api_key: str) -> bool:
    return asyncio.run(keys.find_key(store, api_key, datetime.now(UTC))) is not None


@pytest.mark.parametrize("end", ["30d", "2999-01-31T00:00:00+01:00", "2999-01-31T00:00:00Z"])
def test_a_key_is_issued_with_an_end(store: Store, end: str) -> None:
    issued = answered("keys", "issue", "acme", "--expires", end)

    [listed] = answered("keys", "list", "acme")
    ends_at = datetime.fromisoformat(issued["expires_at"])
    assert ends_at > datetime.now(UTC) + timedelta(days=29)
    assert datetime.fromisoformat(listed["expires_at"]) == ends_at
    assert (listed["state"], listed["last_used_at"]) == ("works", None)
    assert found(store, issued["api_key"])


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "end", ["", "7", "-1d", "7w", "2027-01-31", "2027-01-31T00:00:00", "soon", "9" * 400]
)
def test_an_end_that_is_none_is_wrong_use(end: str) -> None:
    result = caselog("keys", "issue", "acme", "--expires", end)

    assert (result.exit_code, "is neither a number of seconds" in result.output) == (2, True)
    assert answered("keys", "list") == []


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("end", ["0s", "2020-01-31T00:00:00Z"])
def test_an_end_that_has_passed_makes_no_key(end: str) -> None:
    result = caselog("keys", "issue", "acme", "--expires", end)

    assert (result.exit_code, "lies in the future" in result.output) == (1, True)
    assert answered("keys", "list") == []


@pytest.mark.parametrize("by", ["client", "key"])
def test_a_key_is_rotated_and_the_old_one_works_for_the_overlap(store: Store, by: str) -> None:
    old = answered("keys", "issue", "acme", "--label", "production")
    name = "acme" if by == "client" else old["key_id"]

    made = answered("keys", "rotate", name, "--overlap", "12h", "--expires", "90d")

    listed = {row["key_id"]: row for row in answered("keys", "list", "acme")}
    assert found(store, old["api_key"])
    assert found(store, made["api_key"])
    assert made["replaced"]["key_id"] == old["key_id"]
    until = datetime.fromisoformat(listed[old["key_id"]]["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=11.9) < until < timedelta(hours=12.1)
    assert listed[made["key_id"]]["label"] == "production"


def test_a_rotation_without_overlap_ends_the_old_key(store: Store) -> None:
    old = answered("keys", "issue", "acme")

    result = caselog("keys", "rotate", "acme", "--overlap", "0s")

    new = result.output.split()[0]
    assert result.exit_code == 0
    assert (found(store, old["api_key"]), found(store, new)) == (False, True)
    assert [row["state"] for row in answered("keys", "list")] == ["expired", "works"]


@pytest.mark.usefixtures("store")
def test_which_of_several_keys_is_rotated_has_to_be_said() -> None:
    ids = [answered("keys", "issue", "acme")["key_id"] for _ in range(2)]

    result = caselog("keys", "rotate", "acme")

    assert result.exit_code == 1
    assert all(key_id in result.output for key_id in ids)
    assert len(answered("keys", "list")) == 2


def test_the_list_says_when_a_key_was_used_last(store: Store) -> None:
    issued = answered("keys", "issue", "acme")
    used_at = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)

    asyncio.run(key_uses.record_use(store, keys.hash_key(issued["api_key"]), used_at, timeout_s=5))

    assert answered("keys", "list")[0]["last_used_at"] == "2026-11-23T14:05:00+00:00"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604800)])
def test_a_span_is_a_number_with_a_unit(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


# ---------------------------------------------------------------- clients


@pytest.mark.usefixtures("store")
def test_limits_of_a_client_are_set_kept_and_taken_away_each_by_itself() -> None:
    answered("clients", "set", "acme", "--logs-per-minute", "600", "--bytes-per-day", "5000000000")
    answered("clients", "set", "acme", "--log-bytes", "1000000", "--level", "OFF")
    answered("clients", "set", "acme", "--logs-per-minute", "none")

    shown = answered("clients", "show", "acme")

    limits = {name: shown[name] for name in ("logs_per_minute", "bytes_per_day", "log_bytes")}
    assert limits == {"logs_per_minute": None, "bytes_per_day": 5_000_000_000, "log_bytes": 1_000_000}
    assert (shown["level"], shown["bytes_today"]) == ("OFF", 0)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("option", ["--logs-per-minute", "--bytes-per-day", "--log-bytes"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "", "9" * 40])
def test_a_limit_that_is_none_is_wrong_use(option: str, value: str) -> None:
    result = caselog("clients", "set", "acme", option, value)

    assert (result.exit_code, "whole number from 1" in result.output) == (2, True)


@pytest.mark.usefixtures("store")
def test_limits_that_contradict_each_other_change_nothing() -> None:
    result = caselog("clients", "set", "acme", "--log-bytes", "10", "--bytes-per-day", "5")

    assert (result.exit_code, "Nothing was changed" in result.output) == (1, True)
    assert answered("clients", "show", "acme")["log_bytes"] is None


def test_what_a_client_with_a_limit_has_sent_today_is_shown(store: Store) -> None:
    answered("clients", "set", "acme", "--bytes-per-day", "1000")
    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1)):  # midnight may pass before it is asked
        for process, size in (("one", 300), ("two", 30)):
            asyncio.run(tell_bytes(store, day, process, {"acme": size, "globex": 7}, timeout_s=5))
    asyncio.run(tell_bytes(store, today - timedelta(days=1), "one", {"acme": 5000}, timeout_s=5))

    assert answered("clients", "show", "acme")["bytes_today"] == 330


def test_a_removed_client_has_its_record_its_keys_and_its_way_back(store: Store) -> None:
    issued = answered("keys", "issue", "acme")

    removed = answered("clients", "remove", "acme")
    refused = caselog("keys", "issue", "acme")
    restored = answered("clients", "restore", "acme")

    assert removed["removed_at"]
    assert (refused.exit_code, "clients restore acme" in refused.output) == (1, True)
    assert restored["removed_at"] is None
    assert found(store, issued["api_key"])


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("verb", ["remove", "restore"])
def test_a_client_that_is_not_there_is_neither_removed_nor_restored(verb: str) -> None:
    result = caselog("clients", verb, "nobody")

    assert (result.exit_code, "There is no client 'nobody'" in result.output) == (1, True)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", ["nobody", "No Client", "../acme"])
def test_the_keys_of_a_client_that_is_not_there_are_not_listed_as_none(name: str) -> None:
    result = caselog("keys", "list", name)
    empty = caselog("keys", "list", "acme")

    assert (result.exit_code, "There is no client" in result.output) == (1, True)
    assert (empty.exit_code, "There are no keys yet" in empty.output) == (0, True)
