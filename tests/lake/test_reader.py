from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from deltalake import write_deltalake

from etl.run import run_once
from etl.settings import EtlSettings
from lake import rawlog
from lake.errors import SnapshotGone
from lake.reader import Reader, read_lake
from lake.scope import Scope
from lake.snapshot import Lake, Snapshot
from lake.store import Store, open_store
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw, raw_line

COUNT = "SELECT count(*) FROM logs"


@pytest.fixture
def store(lake_env: LakeEnv) -> Store:
    return open_store(lake_env.url, lake_env.env)


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return open_store(tmp_path.as_uri(), {})


def test_an_empty_lake_has_no_logs(store: Store) -> None:
    assert read_lake(store).sql(COUNT) == [(0,)]


def test_raw_and_compacted_logs_are_one_view_and_each_log_counts_once(store: Store) -> None:
    put_raw(store, a_log("1"), a_log("2", executed_at="2026-10-31T23:00:00Z"))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("2", executed_at="2026-10-31T23:00:00Z"), a_log("3"), a_log("3"))

    reader = read_lake(store)

    assert reader.sql("SELECT log_id, month FROM logs ORDER BY 1") == [
        ("1", "2026-11"),
        ("2", "2026-10"),
        ("3", "2026-11"),
    ]
    assert [json.loads(t) for (t,) in reader.sql("SELECT trace FROM traces ORDER BY log_id")] == [
        {"final_response": f"done {n}"} for n in (1, 2, 3)
    ]


def test_a_scope_shows_one_client_only(store: Store) -> None:
    put_raw(store, a_log("1"))
    put_raw(store, a_log("1", client_id="globex"))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("2", client_id="globex"))

    reader = read_lake(store, Scope.of("globex"))

    assert reader.sql("SELECT client_id, log_id FROM logs ORDER BY 2") == [("globex", "1"), ("globex", "2")]
    assert reader.sql("SELECT DISTINCT client_id FROM traces") == [("globex",)]


def test_a_client_whose_id_begins_like_anothers_sees_nothing_of_it(folder: Store) -> None:
    put_raw(folder, a_log("1", client_id="acme-2"))
    run_once(Lake(folder), EtlSettings())
    put_raw(folder, a_log("2", client_id="acme-2"))

    assert read_lake(folder, Scope.of("acme")).sql(COUNT) == [(0,)]


def test_times_are_utc_and_whole_to_the_microsecond(folder: Store) -> None:
    put_raw(folder, a_log("1", executed_at="2026-11-23T15:00:00.123456+01:00"))
    before = read_lake(folder).sql("SELECT epoch_us(executed_at) FROM logs")

    run_once(Lake(folder), EtlSettings())

    expected = int(datetime(2026, 11, 23, 14, 0, 0, 123456, tzinfo=UTC).timestamp() * 1_000_000)
    assert before == read_lake(folder).sql("SELECT epoch_us(executed_at) FROM logs") == [(expected,)]


def test_renewing_shows_what_came_meanwhile(folder: Store) -> None:
    lake = Lake(folder)
    put_raw(folder, a_log("1"))
    reader = read_lake(folder)

    put_raw(folder, a_log("2"))
    run_once(lake, EtlSettings())
    put_raw(folder, a_log("3"))
    reader.renew(lake.snapshot(Scope(None)))

    assert reader.sql(COUNT) == [(3,)]


def test_a_raw_object_that_was_compacted_meanwhile_asks_for_a_new_snapshot(folder: Store) -> None:
    put_raw(folder, a_log("1"))
    snapshot = Lake(folder).snapshot(Scope(None))
    run_once(Lake(folder), EtlSettings())

    with pytest.raises(SnapshotGone, match="take a new snapshot"):
        Reader(snapshot)


def test_raw_rubbish_hides_no_good_log(folder: Store) -> None:
    put_raw(folder, a_log("1"))
    folder.put("raw/client_id=acme/date=2026-11-23/hour=14/bad.ndjson.zst", b"rubbish")

    reader = read_lake(folder)

    assert reader.sql(COUNT) == [(1,)]
    assert reader.unreadable_raw == 1


def test_a_snapshot_survives_its_way_to_the_kernel_and_hides_its_urls_in_its_repr() -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    snapshot = Snapshot(
        Scope.of("acme"), ("http://x/a?signature=s",), (), (), moment, moment + timedelta(hours=1)
    )

    assert Snapshot.from_json(snapshot.to_json()) == snapshot
    assert "signature" not in repr(snapshot)


ATTACKS = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/out.csv'",
    "ATTACH '/tmp/x.db'",
    "SET disabled_filesystems=''",
    "SET lock_configuration=false",
    "INSTALL spatial",
    "LOAD '/tmp/evil.duckdb_extension'",
]


@pytest.mark.parametrize("query", ATTACKS)
def test_sql_of_an_attacker_reaches_neither_files_nor_settings(query: str) -> None:
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    reader = Reader(Snapshot(Scope.of("acme"), (), (), (), moment, moment + timedelta(hours=1)))

    with pytest.raises((duckdb.Error, SnapshotGone)):
        reader.sql(query)


def test_a_table_of_an_earlier_version_is_read_and_written_on(store: Store) -> None:
    row = rawlog.read_line(raw_line(a_log("1")), "acme")
    write_deltalake(
        store.table_url("logs"),
        rawlog.logs_table([row]).drop_columns(["lost_logs"]),
        partition_by=["client_id", "month"],
        storage_options=store.delta_options,
    )
    before = read_lake(store).sql("SELECT log_id, lost_logs FROM logs")

    put_raw(store, a_log("2", sdk={"lost": {"network": 3}}))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("3", sdk={"lost": {"network": 4}}))

    lost = "SELECT log_id, lost_logs, executed_at IS NOT NULL, month FROM logs ORDER BY 1"
    assert before == [("1", None)]
    assert read_lake(store).sql(lost) == [
        ("1", None, True, "2026-11"),
        ("2", 3, True, "2026-11"),
        ("3", 4, True, "2026-11"),
    ]
    assert not Lake(store).snapshot(Scope(None)).is_uniform


def test_a_table_of_this_version_is_uniform(store: Store) -> None:
    put_raw(store, a_log("1"))
    run_once(Lake(store), EtlSettings())

    assert Lake(store).snapshot(Scope(None)).is_uniform
