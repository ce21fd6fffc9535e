from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from access.clients import list_clients
from access.users import get_user
from benchmarks.lakes import CLIENT, PROVIDER, Recipe, client_id_of, fill
from lake import layout, rawlog
from lake.store import open_store

END = datetime(2026, 11, 25, 14, tzinfo=UTC)


def read(folder: Path, table: str, query: str) -> list[Any]:
    files = f"'{folder / table / '*' / '*' / '*.parquet'}', hive_partitioning = true"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            f"CREATE VIEW t AS FROM read_parquet({files}, filename = true, file_row_number = true)"
        )
        return connection.execute(query).fetchall()


def made(folder: Path, recipe: Recipe) -> Path:
    fill(open_store(folder.as_uri(), {}), recipe, END)
    return folder


def test_a_lake_has_the_tickets_clients_and_days_that_were_asked_for(tmp_path: Path) -> None:
    made(tmp_path, Recipe(tickets=2_000, clients=3, days=40))

    ((tickets, ids, clients, first, last),) = read(
        tmp_path,
        layout.LOGS,
        "SELECT count(*), count(DISTINCT log_id), count(DISTINCT client_id), min(executed_at), max(executed_at) FROM t",
    )

    assert (tickets, ids, clients) == (2_000, 2_000, 3)
    assert (END - first).days == 39
    assert last < END
    assert [client.client_id for client in list_clients(open_store(tmp_path.as_uri(), {}))] == [
        client_id_of(index) for index in range(3)
    ]


def test_each_run_of_the_etl_leaves_files_of_its_own_and_a_compacted_partition_is_one(tmp_path: Path) -> None:
    recipes = {runs: Recipe(tickets=2_000, clients=3, days=40, runs=runs) for runs in (1, 8)}
    counts = {
        runs: read(
            made(tmp_path / str(runs), recipe),
            layout.LOGS,
            "SELECT count(DISTINCT filename), count(DISTINCT client_id || month), count(*) FROM t",
        )
        for runs, recipe in recipes.items()
    }

    assert counts[1] == [(6, 6, 2_000)]
    assert counts[8] == [(27, 6, 2_000)]


def test_rows_stand_as_the_etl_sorts_them_and_ids_tell_their_time(tmp_path: Path) -> None:
    made(tmp_path, Recipe(tickets=500, clients=2, days=40))

    rows = read(
        tmp_path,
        layout.LOGS,
        "SELECT filename, log_id, epoch_us(executed_at) // 1000 FROM t ORDER BY filename, file_row_number",
    )

    assert [row[:1] + row[2:] for row in rows] == sorted(row[:1] + row[2:] for row in rows)
    assert all(int(log_id.replace("-", "")[:12], 16) == ms for _, log_id, ms in rows)


def test_the_newest_tickets_have_a_trace_and_of_the_others_the_share_asked_for(tmp_path: Path) -> None:
    made(tmp_path, Recipe(tickets=3_000, clients=2, days=40, traces=0.1))

    traced = read(
        tmp_path, layout.LOGS, "SELECT log_id, trace_bytes FROM t WHERE trace_bytes > 0 ORDER BY ALL"
    )
    newest = read(
        tmp_path, layout.LOGS, "SELECT min(trace_bytes) FROM (FROM t ORDER BY executed_at DESC LIMIT 1000)"
    )
    traces = read(tmp_path, layout.TRACES, "SELECT log_id, strlen(trace) FROM t ORDER BY ALL")

    assert traced == traces
    assert newest[0][0] > 1_000
    assert 1_100 < len(traces) < 1_300


def test_equal_recipes_make_equal_rows(tmp_path: Path) -> None:
    first, second = (
        read(
            made(tmp_path / name, Recipe(200, 2, 40)),
            layout.LOGS,
            "SELECT * EXCLUDE filename FROM t ORDER BY log_id",
        )
        for name in ("first", "second")
    )

    assert first == second


def test_raw_logs_wait_as_the_collector_writes_them(tmp_path: Path) -> None:
    made(tmp_path, Recipe(10, 2, 40, raw_logs=5, logs_per_raw_object=2))
    store = open_store(tmp_path.as_uri(), {})

    objects = [(layout.client_of_raw_key(each.key), store.get(each.key)) for each in store.list(layout.RAW)]
    rows = [rawlog.read_line(line, str(client)) for client, blob in objects for line in rawlog.unpack(blob)]

    assert len(objects) == 3
    assert sorted(row.log["ticket_id"] for row in rows) == [f"T-raw-{number}" for number in range(5)]


def test_the_provider_sees_all_and_the_client_a_client_of_average_size(tmp_path: Path) -> None:
    recipe = Recipe(1_000, 8, 40)
    store = open_store(made(tmp_path, recipe).as_uri(), {})
    provider, client = get_user(store, PROVIDER), get_user(store, CLIENT)

    ((tickets,),) = read(
        tmp_path, layout.LOGS, f"SELECT count(*) FROM t WHERE client_id = '{recipe.client_id}'"
    )

    assert provider is not None
    assert provider.scope.clients is None
    assert client is not None
    assert client.scope.allows(recipe.client_id)
    assert 100 < tickets < 150
