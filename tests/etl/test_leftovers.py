"""Traces that a run left which was killed, or which another came before: nobody sees them, and upkeep removes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from deltalake import DeltaTable

from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import merging, rawlog
from lake.folder import FolderStore
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.conftest import LakeEnv
from tests.logs import RECEIVED, a_log, put_raw, raw_line

SETTINGS = EtlSettings(keep_replaced_h=1)
LATER = RECEIVED + timedelta(minutes=3)
#: The month of the logs is over, and what was received in it is more than a day old.
DECEMBER = datetime(2026, 12, 5, tzinfo=UTC)
AT_MS = int(datetime(2026, 11, 23, 14, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def lake(lake_env: LakeEnv, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(FolderStore, "make_durable", lambda _self: None)
    return Lake(open_store(lake_env.url, lake_env.env))


@pytest.fixture
def folder_lake(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(FolderStore, "make_durable", lambda _self: None)
    return Lake(open_store(tmp_path_factory.mktemp("lake").as_uri(), {}))


def leave_trace(lake: Lake, log: dict[str, Any], received_at: datetime = RECEIVED) -> None:
    """As a run does that is killed before it commits the logs."""
    pinned = lake.traces.pin()
    rows = [rawlog.read_line(raw_line(log, received_at), log["client_id"])]
    pinned.append(rawlog.traces_table(rows), pinned.next_numbers([log["client_id"]]))


def traces(lake: Lake) -> list[tuple[str, str]]:
    """What stands in the table: log ids, and what their traces say."""
    table = DeltaTable(lake.store.table_url("traces"), storage_options=lake.store.delta_options)
    rows = table.to_pyarrow_table(columns=["log_id", "trace"]).to_pylist()
    return sorted((row["log_id"], json.loads(row["trace"])["final_response"]) for row in rows)


def test_of_several_traces_under_one_id_the_one_of_the_log_is_read_and_stays(lake: Lake) -> None:
    lake.create_tables()
    leave_trace(lake, a_log("1", trace={"final_response": "lost the race"}), LATER)
    put_raw(lake.store, a_log("1"), a_log("2"))
    run_once(lake, SETTINGS)
    leave_trace(lake, a_log("1"))  # and once more the same
    reader = read_lake(lake.store)

    before = (len(traces(lake)), reader.trace("acme", "2026-11", "1", AT_MS))
    keep_up(lake, SETTINGS, DECEMBER)
    reader.renew()
    after = reader.trace("acme", "2026-11", "1", AT_MS)

    assert before == (4, b'{"final_response": "done 1"}')
    assert traces(lake) == [("1", "done 1"), ("2", "done 2")]
    assert after == before[1]


def test_a_trace_whose_log_may_still_come_is_kept(folder_lake: Lake) -> None:
    lake = folder_lake
    put_raw(lake.store, a_log("1"))
    run_once(lake, SETTINGS)
    leave_trace(lake, a_log("raw"))
    leave_trace(lake, a_log("young"), DECEMBER - timedelta(hours=23))
    key = put_raw(lake.store, a_log("raw"))

    keep_up(lake, SETTINGS, DECEMBER)
    kept = [log_id for log_id, _ in traces(lake)]
    lake.store.delete([key])
    put_raw(lake.store, a_log("3"))
    run_once(lake, SETTINGS)
    keep_up(lake, SETTINGS, DECEMBER)

    assert kept == ["1", "raw", "young"]
    assert [log_id for log_id, _ in traces(lake)] == ["1", "3", "young"]


def test_a_log_that_is_committed_while_leftovers_are_looked_for_keeps_its_trace(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run deletes its raw object between the look at the logs and the look at what is raw."""
    lake = folder_lake
    put_raw(lake.store, a_log("1"))
    run_once(lake, SETTINGS)
    leave_trace(lake, a_log("2"))
    put_raw(lake.store, a_log("2"))
    listed = FolderStore.list
    ran: list[bool] = []

    def late(self: FolderStore, prefix: str) -> Any:
        if prefix.startswith("raw/client_id=") and not ran:
            ran.append(True)
            run_once(Lake(lake.store), SETTINGS)
        return listed(self, prefix)

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "list", late)
        keep_up(lake, SETTINGS, DECEMBER)

    assert ran
    assert [log_id for log_id, _ in traces(lake)] == ["1", "2"]
    assert lake.logs.size()["rows"] == 2


def test_a_month_of_leftovers_alone_goes(folder_lake: Lake) -> None:
    lake = folder_lake
    lake.create_tables()
    leave_trace(lake, a_log("1"))
    leave_trace(lake, a_log("2"))

    report = keep_up(lake, SETTINGS, DECEMBER)

    assert (report.merged, lake.traces.size()["files"], traces(lake)) == (2, 0, [])


def test_in_the_month_that_still_grows_only_what_stands_twice_goes(folder_lake: Lake) -> None:
    lake = folder_lake
    lake.create_tables()
    for number in range(merging.FEW):
        leave_trace(lake, a_log(f"{number % 3}"))

    keep_up(lake, SETTINGS, datetime(2026, 11, 30, tzinfo=UTC))

    assert [log_id for log_id, _ in traces(lake)] == ["0", "1", "2"]
