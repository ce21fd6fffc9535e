"""What a client no longer wants kept goes, to the day, wherever it stands; the figures of a log outlive its trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access import clients
from access.clients import Kept
from access.errors import InvalidRetention
from etl.retention import cut_of, is_past, retire
from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import keep_up
from lake import rawlog
from lake.layout import quarantine_key, raw_key
from lake.reader import read_lake
from lake.removal import TableRemoval
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import a_log, put_raw

SETTINGS = EtlSettings(keep_replaced_h=1)
NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0, minute=0)


def keep(lake: Lake, logs: int | None, traces: int | None, client_id: str = "acme") -> None:
    clients.create_client(lake.store, client_id, NOW, kept=Kept(logs, traces))


def put(lake: Lake, executed_at: datetime | str, log_id: str, client_id: str = "acme", **fields: Any) -> None:
    """A log in the tables, received the moment it was executed, or now where it claims to be of the future."""
    text = executed_at if isinstance(executed_at, str) else executed_at.isoformat()
    moment = min(datetime.fromisoformat(text), NOW)
    put_raw(
        lake.store,
        a_log(log_id, client_id=client_id, executed_at=text, **fields),
        received_at=fields.pop("received_at", moment),
    )


def run(lake: Lake, now: datetime = NOW) -> Any:
    return run_once(lake, SETTINGS, clock=lambda: now)


def ids(lake: Lake, table: str = "logs") -> set[str]:
    reader = read_lake(lake.store)
    found = {log_id for (log_id,) in reader.sql(f"SELECT log_id FROM {table}")}
    reader.close()
    return found


@pytest.mark.claim("retention", "kept-for-ever")
def test_logs_go_after_their_days_and_traces_sooner(lake: Lake) -> None:
    for days in (1, 50, 100, 399, 400, 401, 800):
        put(lake, MIDNIGHT - timedelta(days=days), f"d{days}")
        put(lake, MIDNIGHT - timedelta(days=days), f"d{days}", "globex")
    run(lake)
    keep(lake, 400, 90)
    keep(lake, None, None, "globex")

    retire(lake, NOW)

    assert ids(lake) == {f"d{days}" for days in (1, 50, 100, 399, 400, 401, 800)}  # of globex
    left = {f.client_id: 0 for f in lake.logs.state().files.values()}
    for file in lake.logs.state().files.values():
        left[file.client_id] += file.rows
    assert left == {"acme": 5, "globex": 7}
    assert sum(f.rows for f in lake.traces.state().files.values() if f.client_id == "acme") == 2
    assert status(lake)["damaged"] == []


@pytest.mark.claim("figures-outlive-the-trace")
def test_the_figures_of_a_log_stay_when_its_trace_is_gone(folder_lake: Lake) -> None:
    lake = folder_lake
    put(lake, MIDNIGHT - timedelta(days=100), "1")
    run(lake)
    figures = "SELECT * EXCLUDE (search_text) FROM logs"
    before = read_lake(lake.store).sql(figures)
    keep(lake, None, 90)

    retire(lake, NOW)

    reader = read_lake(lake.store)
    moment = int((MIDNIGHT - timedelta(days=100)).timestamp() * 1000)
    assert reader.sql(figures) == before
    assert reader.sql("SELECT search_text FROM logs") == [(None,)]
    assert reader.sql("SELECT trace_bytes > 0 FROM logs") == [(True,)]
    assert reader.trace("acme", "2026-08", "1", moment) is None
    assert reader.sql("SELECT * FROM traces") == []


@pytest.mark.claim("too-old-is-not-kept")
def test_what_arrives_too_old_is_dropped_and_counted(folder_lake: Lake) -> None:
    keep(folder_lake, 400, 90)
    put(folder_lake, MIDNIGHT - timedelta(days=401), "log")
    put(folder_lake, MIDNIGHT - timedelta(days=91), "trace")
    put(folder_lake, MIDNIGHT - timedelta(days=90), "young")

    report = run(folder_lake)

    assert (report.logs, report.expired, report.duplicates) == (2, 1, 0)
    assert (ids(folder_lake), ids(folder_lake, "traces")) == ({"trace", "young"}, {"young"})
    assert list(folder_lake.store.list("raw")) == []


def test_a_file_that_is_wholly_past_is_not_read_and_one_that_is_young_stays_the_same(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = folder_lake
    for days in (600, 500, 10):
        put(lake, MIDNIGHT - timedelta(days=days), f"d{days}")
        run(lake)
    put(lake, MIDNIGHT - timedelta(days=401), "old")
    put(lake, MIDNIGHT - timedelta(days=399), "kept")
    run(lake)
    young = {key for key, file in lake.logs.state().files.items() if file.month == "2026-11"}
    keep(lake, 400, None)
    read: list[str] = []
    in_one = TableRemoval.in_one

    def reading(self: TableRemoval, key: str, do: Any) -> Any:
        read.append(key)
        return in_one(self, key, do)

    monkeypatch.setattr(TableRemoval, "in_one", reading)

    retire(lake, NOW)

    assert {key.split("month=")[1][:7] for key in read} == {"2025-10"}
    assert young <= lake.logs.state().files.keys()
    assert ids(lake) == {"d10", "kept"}


@pytest.mark.claim("retention-is-daily")
def test_it_is_done_once_a_day_and_at_once_when_it_was_changed(folder_lake: Lake) -> None:
    lake = folder_lake
    for days in (2, 3, 4):
        put(lake, MIDNIGHT - timedelta(days=days), f"d{days}")
    run(lake)
    keep(lake, 4, None)

    counts = [keep_up(lake, SETTINGS, NOW + timedelta(hours=hours)).retired for hours in (0, 13, 24, 25)]
    clients.set_client(lake.store, "acme", kept=Kept(2, None))
    counts.append(keep_up(lake, SETTINGS, NOW + timedelta(hours=26)).retired)

    assert counts == [0, 0, 2, 0, 4]  # each log with its trace
    assert ids(lake) == set()


@pytest.mark.claim("files-leave-later")
def test_removed_files_leave_the_store_with_the_vacuum(folder_lake: Lake) -> None:
    lake = folder_lake
    put(lake, MIDNIGHT - timedelta(days=100), "1")
    run(lake)
    keep_up(lake, SETTINGS, NOW)
    keep(lake, 10, None)
    keep_up(lake, SETTINGS, NOW + timedelta(hours=1))
    there = [each.key for each in lake.store.list("logs") if each.key.endswith(".parquet")]

    later = datetime.now(UTC) + timedelta(days=3)
    keep_up(lake, SETTINGS, later)

    assert [key for key in there if "client_id=acme" in key] != []
    assert lake.logs.size()["rows"] == 0


@pytest.mark.parametrize("executed_at", ["9999-12-31T23:59:59Z", "2262-04-12T00:00:00Z"])
def test_a_clock_that_is_wrong_keeps_no_log_for_ever(executed_at: str, folder_lake: Lake) -> None:
    lake = folder_lake
    received = MIDNIGHT - timedelta(days=20)
    put_raw(lake.store, a_log("future", executed_at=executed_at), received_at=received)
    put_raw(lake.store, a_log("new", executed_at=executed_at), received_at=NOW)
    run(lake)
    keep(lake, 10, 5)

    retire(lake, NOW)

    assert (ids(lake), ids(lake, "traces")) == ({"new"}, {"new"})


def test_far_years_are_past_or_not_and_break_nothing(folder_lake: Lake) -> None:
    lake = folder_lake
    put(lake, "0001-01-01T00:00:00Z", "first")
    put(lake, "1582-10-10T00:00:00Z", "gap")
    run(lake)
    keep(lake, 36_500, 36_499)

    retire(lake, NOW)

    assert ids(lake) == set()
    assert cut_of(36_500, datetime(50, 1, 1, tzinfo=UTC)) is None


def test_a_day_is_one_of_utc_whatever_the_offset_or_a_change_of_clocks() -> None:
    """In Berlin the clocks went back on 2026-10-25: two moments read 02:30, both of the same day in UTC."""
    now = datetime(2026, 10, 26, 0, 30, tzinfo=timezone(timedelta(hours=1)))  # still the 25th in UTC
    summer = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    winter = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1)))

    cut = cut_of(1, now)

    assert cut == datetime(2026, 10, 24, tzinfo=UTC)
    assert not any(is_past({"executed_at": each, "received_at": each}, cut) for each in (summer, winter))
    last = {"executed_at": cut - timedelta(microseconds=1), "received_at": now}
    assert is_past(last, cut)


def test_quarantine_goes_when_traces_go_and_raw_when_logs_go(folder_lake: Lake) -> None:
    store = folder_lake.store
    for days in (5, 50, 500):
        key = raw_key("acme", MIDNIGHT - timedelta(days=days), f"o{days}")
        store.put(quarantine_key(key, "object"), b"?")
        store.put(quarantine_key(key, "reason.json"), b"{}")
        store.put(key, rawlog.pack([b"{"]))
    other = raw_key("globex", MIDNIGHT - timedelta(days=500), "o")
    store.put(quarantine_key(other, "object"), b"?")
    keep(folder_lake, 400, 30)

    retire(folder_lake, NOW)

    kept = [each.key for each in store.list("quarantine")]
    assert [key for key in kept if "globex" not in key] == [key for key in kept if "/o5." in key]
    assert len(kept) == 3
    assert [each.key.rpartition("/")[2][:3] for each in store.list("raw")] == ["o50", "o5."]


@pytest.mark.parametrize(
    ("logs", "traces"), [(0, None), (-1, None), (36_501, None), (30, 30), (30, 60), (None, 0)]
)
def test_what_cannot_be_meant_is_refused(logs: int | None, traces: int | None, folder_lake: Lake) -> None:
    with pytest.raises(InvalidRetention):
        keep(folder_lake, logs, traces)


@given(
    ages=st.lists(st.integers(0, 900), min_size=1, max_size=12),
    logs=st.integers(2, 800),
    share=st.floats(0.01, 0.99),
)
@settings(max_examples=8)
def test_exactly_what_is_young_enough_is_left(
    ages: list[int], logs: int, share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(open_store(tmp_path_factory.mktemp("lake").as_uri(), {}))
    traces = max(1, int(logs * share))
    for number, hours in enumerate(ages):
        put(lake, MIDNIGHT - timedelta(days=hours) + timedelta(hours=number), f"{number}")
    run(lake)
    keep(lake, logs, traces if traces < logs else None)

    retire(lake, NOW)

    kept = min(logs, traces)
    assert ids(lake) == {f"{number}" for number, age in enumerate(ages) if age <= logs}
    assert ids(lake, "traces") == {f"{number}" for number, age in enumerate(ages) if age <= kept}
