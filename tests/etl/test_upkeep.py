"""Few files whatever the number of runs; nothing lost, nothing twice, nothing taken from a reader."""

from __future__ import annotations

import errno
import io
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from access import audit
from access.audit import AuditEvent, Event, list_events, record_event
from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import behind, keep_up
from lake import merging
from lake.errors import StoreRefused, StoreUnavailable
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import Store
from lake.table_files import TableFile
from lake.table_log import list_log
from lake.table_upkeep import TableUpkeep
from lake.tables import PinnedTable
from tests.logs import a_log, put_raw

SETTINGS = EtlSettings(keep_replaced_h=1)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def run_often(lake: Lake, runs: int, clients: tuple[str, ...] = ("acme", "globex")) -> None:
    """So many runs of a log for each client, in no order of time."""
    chance = random.Random(1)
    for number in range(runs):
        for client_id in clients:
            at = f"2026-11-{chance.randint(1, 23):02}T{chance.randint(0, 23):02}:00:00Z"
            put_raw(lake.store, a_log(f"{number}", client_id=client_id, executed_at=at))
        run_once(lake, SETTINGS)


def ids(store: Store) -> list[tuple[str, str]]:
    return read_lake(store).sql("SELECT client_id, log_id FROM logs ORDER BY ALL")


def test_many_small_files_become_one_sorted_one_and_every_reader_sees_the_same(lake: Lake) -> None:
    run_often(lake, 9)
    before = read_lake(lake.store).sql("SELECT * FROM logs ORDER BY client_id, log_id")
    traces = read_lake(lake.store).sql("SELECT * FROM traces ORDER BY client_id, log_id")

    report = keep_up(lake, SETTINGS, NOW)

    assert (report.merged, report.written, report.contended) == (36, 4, 0)
    assert read_lake(lake.store).sql("SELECT * FROM logs ORDER BY client_id, log_id") == before
    assert read_lake(lake.store).sql("SELECT * FROM traces ORDER BY client_id, log_id") == traces
    assert (lake.logs.size()["files"], lake.traces.size()["files"]) == (2, 2)
    for file in [*lake.logs.state().files.values(), *lake.traces.state().files.values()]:
        times = pq.read_table(io.BytesIO(lake.store.get(file.key)))["executed_at"].to_pylist()
        assert times == sorted(times)
        assert (file.rows, file.first_at, file.last_at) == (9, times[0], times[-1])


def test_what_was_merged_is_known_when_it_is_sent_again(lake: Lake) -> None:
    run_often(lake, 8)
    keep_up(lake, SETTINGS, NOW)
    run_often(lake, 8)

    assert lake.logs.size()["rows"] == 16


def test_few_files_are_left_alone_while_their_month_grows_and_merged_when_it_is_past(lake: Lake) -> None:
    run_often(lake, 3)

    now = keep_up(lake, SETTINGS, NOW).merged
    later = keep_up(lake, SETTINGS, NOW + timedelta(days=30)).merged

    assert (now, later) == (0, 12)


@pytest.mark.timeout(400)  # on a busy machine
def test_a_long_time_of_small_runs_leaves_few_files_and_a_short_log(folder_lake: Lake) -> None:
    lake = folder_lake
    chance = random.Random(2)
    for number in range(60):
        at = (datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=36 * number)).isoformat()
        put_raw(
            lake.store, a_log(f"{number}", executed_at=at, trace={"text": "x" * chance.randint(1, 5_000)})
        )
        run_once(lake, SETTINGS)
        if number % 2:  # every third day
            keep_up(lake, SETTINGS, datetime.fromisoformat(at))

    months = [file.month for file in lake.logs.state().files.values()]
    listing = list_log(lake.store, "logs")
    assert lake.logs.size()["rows"] == 60
    assert all(months.count(month) <= (2 if month < "2026-11" else 2 * merging.FEW) for month in set(months))
    assert listing.newest - max(listing.checkpoints, default=-1) <= 100
    assert status(lake)["upkeep"] == []


def test_upkeep_that_is_behind_is_said_in_words(folder_lake: Lake) -> None:
    run_often(folder_lake, 34, ("acme",))

    said = behind(folder_lake, NOW)
    keep_up(folder_lake, SETTINGS, NOW)

    assert [each.split(" that")[0] for each in said] == [
        f"{name} has 34 small files of acme in 2026-11" for name in ("traces", "logs")
    ]
    assert behind(folder_lake, NOW) == []


def test_a_run_in_the_middle_of_a_merge_loses_and_doubles_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_often(lake, 8)
    rival(monkeypatch, lambda: run_more(lake))

    report = keep_up(lake, SETTINGS, NOW)

    assert report.contended == 0
    assert len(ids(lake.store)) == len(set(ids(lake.store))) == 18
    assert lake.traces.size()["rows"] == 18


def run_more(lake: Lake) -> None:
    put_raw(lake.store, a_log("8"), a_log("0"))
    put_raw(lake.store, a_log("8", client_id="globex"))
    run_once(Lake(lake.store), SETTINGS)


def rival(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let ``act`` happen between the reading of the first merge and its commit."""
    merge = merging.merge
    done: list[bool] = []

    def late(*arguments: Any) -> object:
        merged = merge(*arguments)
        if not done:
            done.append(True)
            act()
        return merged

    monkeypatch.setattr(merging, "merge", late)


def merges(lake: Lake) -> list[merging.Merge]:
    return merging.choose(lake.traces.state().files.values(), "2026-11")


def test_of_two_upkeeps_at_once_one_merges_and_the_other_leaves_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_often(lake, 8)
    # What else upkeep commits (settings, vacuum) would make the library refuse the merge, and prove nothing.
    rival(monkeypatch, lambda: TableUpkeep(lake.store, "traces").merge(merges(lake), NOW))

    report = keep_up(lake, SETTINGS, NOW)

    assert report.contended >= 1
    assert (lake.logs.size()["rows"], lake.traces.size()["rows"]) == (16, 16)
    assert len(set(ids(lake.store))) == 16


def test_upkeep_in_the_middle_of_a_run_loses_and_doubles_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_often(lake, 8)
    put_raw(lake.store, a_log("8"), a_log("0"))
    append = PinnedTable.append

    def late(self: PinnedTable, *arguments: Any) -> None:
        keep_up(Lake(lake.store), SETTINGS, NOW)
        append(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(PinnedTable, "append", late)
        run_once(lake, SETTINGS)
    run_once(lake, SETTINGS)

    assert (lake.logs.size()["rows"], lake.traces.size()["rows"]) == (17, 17)
    assert list(lake.store.list("raw")) == []


def test_a_merge_of_files_that_left_the_table_meanwhile_is_not_made(lake: Lake) -> None:
    run_often(lake, 8, ("acme",))
    chosen = merging.choose(lake.logs.state().files.values(), "2026-11")

    first = TableUpkeep(lake.store, "logs").merge(chosen, NOW)
    second = TableUpkeep(lake.store, "logs").merge(chosen, NOW)

    assert (first.done, second.done, lake.logs.size()["rows"]) == (chosen, [], 8)


def test_vacuum_takes_what_was_replaced_only_after_its_time(folder_lake: Lake) -> None:
    lake = folder_lake
    run_often(lake, 8, ("acme",))
    replaced = list(lake.logs.state().files)

    keep_up(lake, SETTINGS, datetime.now(UTC))
    kept = [found.key for found in lake.store.list("logs/client_id=acme")]
    TableUpkeep(lake.store, "logs").vacuum(timedelta(hours=1))
    still = [found.key for found in lake.store.list("logs/client_id=acme")]

    assert set(replaced) < set(kept)
    assert kept == still


def test_vacuum_removes_what_was_replaced_long_ago(folder_lake: Lake) -> None:
    lake = folder_lake
    run_often(lake, 8, ("acme",))
    chosen = merging.choose(lake.logs.state().files.values(), "2026-11")
    TableUpkeep(lake.store, "logs").merge(chosen, datetime.now(UTC) - timedelta(hours=3))

    removed = TableUpkeep(lake.store, "logs").vacuum(timedelta(hours=1))

    assert removed == 8
    assert [found.key for found in lake.store.list("logs/client_id=acme")] == list(lake.logs.state().files)
    assert len(ids(lake.store)) == 8


def test_vacuum_leaves_what_a_run_wrote_and_did_not_commit_yet(folder_lake: Lake) -> None:
    run_often(folder_lake, 1, ("acme",))
    store = folder_lake.store
    for name, days in (("new", 6), ("old", 8)):
        key = f"logs/client_id=acme/month=2026-11/{name}.parquet"
        store.put(key, b"written by a run")
        at = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(store.local_path(key) or "", (at, at))

    TableUpkeep(store, "logs").vacuum(timedelta(hours=1))

    names = {found.key.rpartition("/")[2] for found in store.list("logs/client_id=acme")}
    assert "new.parquet" in names
    assert "old.parquet" not in names
    assert names > {key.rpartition("/")[2] for key in folder_lake.logs.state().files}


def test_upkeep_that_nobody_ever_did_is_said_once_the_lake_is_days_old(folder_lake: Lake) -> None:
    assert behind(folder_lake, NOW) == []
    run_often(folder_lake, 1, ("acme",))
    real_now = datetime.now(UTC)

    young = behind(folder_lake, real_now)
    [said] = behind(folder_lake, real_now + timedelta(days=4))
    keep_up(folder_lake, SETTINGS, real_now)
    after = behind(folder_lake, real_now + timedelta(days=2))
    [late] = behind(folder_lake, real_now + timedelta(days=4))

    assert (young, after) == ([], [])
    assert said.startswith("Nothing looks after the tables")
    assert f"have not been removed since {real_now:%Y-%m-%d}: `caselog etl upkeep` does it" in late


def test_a_long_log_is_said_until_there_is_a_checkpoint(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl.upkeep._BEHIND_COMMITS", 3)
    monkeypatch.setattr("lake.table_upkeep.COMMITS_PER_CHECKPOINT", 3)
    run_often(folder_lake, 4, ("acme",))

    said = behind(folder_lake, NOW)
    for table in folder_lake.tables:
        TableUpkeep(folder_lake.store, table.name).tidy_log()

    assert [each.partition(":")[0] for each in said] == [
        f"{table.name} has 5 commits since its last checkpoint" for table in folder_lake.tables
    ]
    assert behind(folder_lake, NOW) == []


def test_a_damaged_file_is_not_merged_and_holds_up_no_other_client(folder_lake: Lake) -> None:
    run_often(folder_lake, 8)
    key = next(key for key in folder_lake.logs.state().files if "acme" in key)
    folder_lake.store.put(key, b"x")

    report = keep_up(folder_lake, SETTINGS, NOW)

    assert (report.damaged, report.written) == (1, 3)


def test_a_full_disk_is_no_damage(folder_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    run_often(folder_lake, 8, ("acme",))

    def full(*_arguments: Any) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(merging, "merge", full)
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            keep_up(folder_lake, SETTINGS, NOW)

    assert keep_up(folder_lake, SETTINGS, NOW).written == 2


def a_file(size: int, number: int = 0, month: str = "2026-11") -> TableFile:
    return TableFile(f"logs/client_id=acme/month={month}/{size}-{number}", "acme", month, size, 1)


@pytest.mark.parametrize(
    ("sizes", "month", "groups"),
    [
        ([1] * 7, "2026-11", []),
        ([1] * 8, "2026-11", [8]),
        ([1] * 7, "2026-10", [7]),
        ([1, *[100] * 8], "2026-11", [8]),
        ([1, 100], "2026-10", []),
        ([1, 10], "2026-10", [2]),
        ([600] * 8, "2026-11", []),
        ([400] * 16, "2026-10", [2] * 8),
        ([1] * 130, "2026-11", [64, 64]),
    ],
)
def test_files_of_similar_sizes_are_merged_and_big_ones_left(
    sizes: list[int], month: str, groups: list[int]
) -> None:
    files = [a_file(size, number, month) for number, size in enumerate(sizes)]

    assert [len(merge.files) for merge in merging.choose(files, "2026-11", target=1_000)] == groups


def test_the_audit_is_removed_once_its_days_are_over(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run_often(folder_lake, 1)
    days = {name: NOW - timedelta(days=days) for name, days in (("old", 31), ("kept", 30), ("new", 0))}
    for name, at in days.items():
        record_event(folder_lake.store, AuditEvent(at=at, event=Event.SIGNED_IN, user=name), os.urandom)
    settings = EtlSettings(keep_audit_days=30)
    forget_before = audit.forget_before

    def refuse(*_: object) -> int:
        raise StoreRefused("deleting 1 objects")

    monkeypatch.setattr(audit, "forget_before", refuse)
    keep_up(folder_lake, settings, NOW)
    refused = [event.user for event in list_events(folder_lake.store, days["old"], NOW)]
    monkeypatch.setattr(audit, "forget_before", forget_before)
    keep_up(folder_lake, settings, NOW + timedelta(hours=1))
    too_soon = [event.user for event in list_events(folder_lake.store, days["old"], NOW)]
    keep_up(folder_lake, settings, NOW + timedelta(days=1))

    assert refused == too_soon == ["old", "kept", "new"]
    assert "Old events of the audit are not removed" in caplog.text
    assert [event.user for event in list_events(folder_lake.store, days["old"], NOW)] == ["new"]
