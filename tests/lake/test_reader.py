from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from deltalake import write_deltalake

from etl.run import run_once
from etl.settings import EtlSettings
from lake import rawlog
from lake.errors import LakeMissing, QueryTooLong, SnapshotGone
from lake.lake_reader import LakeReader
from lake.reader import Reader, read_lake
from lake.scope import Scope
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw, raw_line

COUNT = "SELECT count(*) FROM logs"

Open = Callable[..., LakeReader]


@pytest.fixture
def store(lake_env: LakeEnv) -> Store:
    return open_store(lake_env.url, lake_env.env)


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return open_store((tmp_path / "lake").as_uri(), {}, create=True)


@pytest.fixture
def opened() -> Iterator[Open]:
    """As `read_lake`; what was opened is closed at the end."""
    readers: list[LakeReader] = []

    def open_one(store: Store, scope: Scope | None = None) -> LakeReader:
        readers.append(read_lake(store, scope))
        return readers[-1]

    yield open_one
    for reader in readers:
        reader.close()


def test_a_new_lake_has_no_logs(store: Store, opened: Open) -> None:
    Lake(store).create_tables()

    reader = opened(store)

    assert reader.sql(COUNT) == reader.sql("SELECT count(*) FROM traces") == [(0,)]


def test_where_there_is_no_lake_it_is_said_and_none_is_made(tmp_path: Path) -> None:
    missing = tmp_path / "typo"

    with pytest.raises(LakeMissing, match=r"no lake at .*typo: `caselog init` makes it"):
        read_lake(open_store(missing.as_uri(), {}))

    assert not missing.exists()


def test_an_empty_prefix_of_a_bucket_is_no_lake_either(store: Store) -> None:
    with pytest.raises(LakeMissing, match="caselog init"):
        read_lake(store)


def test_raw_and_compacted_logs_are_one_view_and_each_log_counts_once(store: Store, opened: Open) -> None:
    put_raw(store, a_log("1"), a_log("2", executed_at="2026-10-31T23:00:00Z"))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("2", executed_at="2026-10-31T23:00:00Z"), a_log("3"), a_log("3"))

    reader = opened(store)

    assert reader.sql("SELECT log_id, month FROM logs ORDER BY 1") == [
        ("1", "2026-11"),
        ("2", "2026-10"),
        ("3", "2026-11"),
    ]
    assert [json.loads(t) for (t,) in reader.sql("SELECT trace FROM traces ORDER BY log_id")] == [
        {"final_response": f"done {n}"} for n in (1, 2, 3)
    ]


def test_traces_are_narrowed_by_what_a_query_asks_for(store: Store, opened: Open) -> None:
    put_raw(store, a_log("1", executed_at="2026-10-31T23:00:00Z"), a_log("2"))
    put_raw(store, a_log("3", client_id="globex"))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("4"))
    reader = opened(store)

    by_month = reader.sql("SELECT log_id FROM traces WHERE month = '2026-11' ORDER BY ALL")
    by_client = reader.sql("SELECT log_id FROM traces WHERE client_id = 'globex'")
    by_time = reader.sql("SELECT log_id FROM traces WHERE executed_at < '2026-11-01'::TIMESTAMPTZ")
    joined = reader.sql(
        "SELECT log_id, trace FROM logs JOIN traces USING (client_id, month, log_id) ORDER BY 1"
    )

    assert by_month == [("2",), ("3",), ("4",)]
    assert by_client == [("3",)]
    assert by_time == [("1",)]
    assert [json.loads(trace)["final_response"] for _, trace in joined] == [f"done {n}" for n in (1, 2, 3, 4)]


def test_a_scope_shows_one_client_only(store: Store, opened: Open) -> None:
    put_raw(store, a_log("1"))
    put_raw(store, a_log("1", client_id="globex"))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("2", client_id="globex"))

    reader = opened(store, Scope.of("globex"))

    assert reader.sql("SELECT client_id, log_id FROM logs ORDER BY 2") == [("globex", "1"), ("globex", "2")]
    assert reader.sql("SELECT DISTINCT client_id FROM traces") == [("globex",)]


def test_a_client_whose_id_begins_like_anothers_sees_nothing_of_it(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1", client_id="acme-2"))
    run_once(Lake(folder), EtlSettings())
    put_raw(folder, a_log("2", client_id="acme-2"))

    assert opened(folder, Scope.of("acme")).sql(COUNT) == [(0,)]


def test_times_are_utc_and_whole_to_the_microsecond(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1", executed_at="2026-11-23T15:00:00.123456+01:00"))
    before = opened(folder).sql("SELECT epoch_us(executed_at) FROM logs")

    run_once(Lake(folder), EtlSettings())

    expected = int(datetime(2026, 11, 23, 14, 0, 0, 123456, tzinfo=UTC).timestamp() * 1_000_000)
    assert before == opened(folder).sql("SELECT epoch_us(executed_at) FROM logs") == [(expected,)]


def test_what_a_run_spent_has_columns_of_its_own(folder: Store, opened: Open) -> None:
    put_raw(
        folder,
        a_log("1", metrics={"input_tokens": 120, "output_tokens": 7, "cost_usd": 0.25}),
        a_log("2", metrics={"input_tokens": "many", "cost_usd": 2}),
        a_log("3", metrics={}),
    )
    query = "SELECT log_id, input_tokens, output_tokens, cost_usd FROM logs ORDER BY 1"
    before = opened(folder).sql(query)

    run_once(Lake(folder), EtlSettings())

    assert before == [("1", 120.0, 7.0, 0.25), ("2", None, None, 2.0), ("3", None, None, None)]
    assert opened(folder).sql(query) == before


def test_renewing_shows_what_came_meanwhile(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1"))
    reader = opened(folder)

    put_raw(folder, a_log("2"))
    run_once(Lake(folder), EtlSettings())
    put_raw(folder, a_log("3"))
    reader.renew()

    assert reader.sql(COUNT) == reader.sql("SELECT count(*) FROM traces") == [(3,)]


def test_raw_rubbish_hides_no_good_log(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1"))
    folder.put("raw/client_id=acme/date=2026-11-23/hour=14/bad.ndjson.zst", b"rubbish")

    reader = opened(folder)

    assert reader.sql(COUNT) == [(1,)]
    assert reader.unreadable_raw == 1


ATTACKS = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "COPY (SELECT 1) TO '/tmp/out.csv'",
    "ATTACH '/tmp/x.db'",
    "SET allowed_directories=['/']",
    "SET enable_external_access=true",
    "SET lock_configuration=false",
    "INSTALL spatial",
    "LOAD '/tmp/evil.duckdb_extension'",
]


@pytest.mark.parametrize("query", ATTACKS)
def test_sql_of_an_attacker_reaches_neither_files_nor_settings(query: str, tmp_path: Path) -> None:
    reader = Reader({}, folders=[tmp_path])

    with pytest.raises((duckdb.Error, SnapshotGone)):
        reader.sql(query)


def test_a_file_that_is_gone_asks_for_a_new_snapshot(tmp_path: Path) -> None:
    with pytest.raises(SnapshotGone, match="take a new snapshot"):
        Reader({"a": tmp_path / "a.parquet"})


def test_a_query_that_runs_away_is_ended_with_a_sentence() -> None:
    reader = Reader({}, time_limit_s=0.2)

    with pytest.raises(QueryTooLong, match=r"more than 0\.2 s and was ended"):
        reader.sql("SELECT count(*) FROM range(100000000) a, range(100000000) b")

    assert reader.sql(COUNT) == [(0,)]


def test_a_table_of_an_earlier_version_is_read_and_written_on(store: Store, opened: Open) -> None:
    row = rawlog.read_line(raw_line(a_log("1")), "acme")
    write_deltalake(
        store.table_url("logs"),
        rawlog.logs_table([row]).drop_columns(["lost_logs"]),
        partition_by=["client_id", "month"],
        storage_options=store.delta_options,
    )
    before = opened(store).sql("SELECT log_id, lost_logs FROM logs")

    put_raw(store, a_log("2", sdk={"lost": {"network": 3}}))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("3", sdk={"lost": {"network": 4}}))

    lost = "SELECT log_id, lost_logs, executed_at IS NOT NULL, month FROM logs ORDER BY 1"
    assert before == [("1", None)]
    assert opened(store).sql(lost) == [
        ("1", None, True, "2026-11"),
        ("2", 3, True, "2026-11"),
        ("3", 4, True, "2026-11"),
    ]
    assert not Lake(store).logs.state().is_uniform


def test_a_table_of_this_version_is_uniform(store: Store) -> None:
    put_raw(store, a_log("1"))
    run_once(Lake(store), EtlSettings())

    assert Lake(store).logs.state().is_uniform
