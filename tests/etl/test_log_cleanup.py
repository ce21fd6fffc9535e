"""The logs of the tables stay short for years, and nobody who opened a table before is left without it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from deltalake import DeltaTable

from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from lake import damage, rawlog
from lake.folder import FolderStore
from lake.rawlog import RawRow
from lake.snapshot import Lake
from lake.store import open_store
from lake.table_log import list_log
from lake.table_upkeep import TableUpkeep
from tests.logs import a_log, put_raw, raw_line

SETTINGS = EtlSettings(keep_replaced_h=1)
DAY_S = 86_400


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Nothing here is about crashes, and hundreds of commits wait long for a disk that others use.
    monkeypatch.setattr(FolderStore, "make_durable", lambda _self: None)
    return tmp_path


def commit_often(lake: Lake, commits: int, first: int = 0) -> None:
    """So many commits to both tables, of a log each."""
    for number in range(first, first + commits):
        rows = [a_row(f"{number:04}")]
        pinned = lake.traces.pin()
        pinned.append(rawlog.traces_table(rows), pinned.next_numbers(["acme"]))
        pinned = lake.logs.pin()
        pinned.append(rawlog.logs_table(rows), pinned.next_numbers(["acme"]))


def a_row(log_id: str) -> RawRow:
    return rawlog.read_line(raw_line(a_log(log_id)), "acme")


def age_logs(folder: Path, days: float) -> None:
    """Make the logs of the tables so much older, and what they say of when files left."""
    for path in folder.glob("*/_delta_log/*"):
        found = path.stat()
        os.utime(path, (found.st_atime, found.st_mtime - days * DAY_S))


def tidy(lake: Lake) -> None:
    for table in (lake.traces, lake.logs):
        TableUpkeep(lake.store, table.name).set_properties()
        TableUpkeep(lake.store, table.name).tidy_log()


def test_commits_older_than_they_are_kept_go_and_every_reader_goes_on(folder: Path) -> None:
    lake = Lake(open_store(folder.as_uri(), {}))
    commit_often(lake, 20)
    reader = Lake(open_store(folder.as_uri(), {}))
    long_ago, opened = reader.logs.state(), DeltaTable(str(folder / "logs"))
    commit_often(lake, 15, first=20)
    tidy(lake)
    before = list_log(lake.store, "logs")
    age_logs(folder, 5)
    commit_often(lake, 35, first=35)
    damage.mark_seen(lake.store)

    tidy(lake)
    after = list_log(lake.store, "logs")

    assert (min(before.commits), opened.version()) == (0, 20)
    assert min(after.commits) >= min(after.checkpoints) > 20
    assert after.lost(damage.seen_version(lake.store, "logs")) == []
    assert damage.damaged_logs(lake) == damage.damaged_files(lake) == []
    # Whoever had it open goes on, and so does whoever opens a version that is kept.
    opened.update_incremental()
    assert opened.version() == after.newest
    assert len(long_ago.files) == 20
    assert reader.logs.state().files.keys() == lake.logs.state().files.keys()
    assert len(reader.logs.state().files) == 70
    kept = min(version for version in after.commits if version > min(after.checkpoints))
    assert DeltaTable(str(folder / "logs"), version=kept).version() == kept
    put_raw(lake.store, a_log("0003"), a_log("new"))
    assert (run_once(lake, SETTINGS).logs, status(lake)["damaged"]) == (1, [])


def test_what_is_lost_after_old_commits_went_is_still_seen(folder: Path) -> None:
    lake = Lake(open_store(folder.as_uri(), {}))
    commit_often(lake, 35)
    tidy(lake)
    age_logs(folder, 5)
    commit_often(lake, 35, first=35)
    tidy(lake)
    damage.mark_seen(lake.store)
    commit_often(lake, 2, first=70)
    newest = list_log(lake.store, "logs").newest

    (folder / "logs" / "_delta_log" / f"{newest - 1:020}.json").unlink()

    assert [found.key for found in damage.damaged_logs(Lake(lake.store))] == [
        f"logs/_delta_log/{newest - 1:020}.json"
    ]


def test_a_reader_opens_one_checkpoint_and_a_bounded_number_of_commits(folder: Path) -> None:
    lake = Lake(open_store(folder.as_uri(), {}))
    kept = []
    for day in range(10):
        commit_often(lake, 8, first=8 * day)
        age_logs(folder, 1)
        tidy(lake)
        listing = list_log(lake.store, "logs")
        assert listing.newest - max(listing.checkpoints, default=-1) <= 30
        kept.append(len(listing.commits))

    assert max(kept) <= 60  # those of three days, and those since the checkpoint before
    assert kept[-1] < max(kept)
    assert lake.logs.size()["rows"] == 80
    oldest = min(file.stat().st_mtime for file in folder.glob("logs/_delta_log/*.json"))
    assert time.time() - oldest < 6 * DAY_S
