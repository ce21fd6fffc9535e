"""Views that a query reads while it runs: many files, the threads that read them, and files that are no good."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import duckdb
import pytest

from etl.run import run_once
from etl.settings import EtlSettings
from lake import lake_reader
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw

CLIENTS: Final = 40
#: Each joins two views of forty files; with a file system in Python below them, they never came to an end.
QUERIES: Final = """
import sys
from lake.reader import read_lake
from lake.store import open_store

reader = read_lake(open_store(sys.argv[1], {}))
query = "SELECT count(*), count(trace) FROM traces JOIN nodes USING (client_id, month, log_id)"
print({reader.sql(query)[0] for _ in range(60)})
reader.close()
"""

Damage = Callable[[Path], object]


def a_lake(folder: Path) -> Store:
    return open_store((folder / "lake").as_uri(), {}, create=True)


def fill(store: Store, clients: int) -> None:
    """A file of each table for each client, and a log that is raw for every tenth."""
    for number in range(clients):
        put_raw(store, a_log("1", client_id=f"c{number}", trace={"nodes": [{"name": "resolve"}]}))
    run_once(Lake(store), EtlSettings())
    for number in range(0, clients, 10):
        put_raw(store, a_log("2", client_id=f"c{number}", trace={"final_response": "raw"}))


def cached_traces(folder: Path) -> list[Path]:
    return list((folder / "cache").glob("*/files/traces/**/*.parquet"))


def test_many_queries_over_many_files_all_come_to_an_end(tmp_path: Path) -> None:
    store = a_lake(tmp_path)
    fill(store, CLIENTS)

    done = subprocess.run(
        [sys.executable, "-c", QUERIES, store.url], check=True, capture_output=True, text=True, timeout=110
    )

    assert done.stdout == f"{{({CLIENTS}, {CLIENTS})}}\n"


def test_more_files_than_the_cache_holds_are_read_group_by_group(lake_env: LakeEnv, tmp_path: Path) -> None:
    store = open_store(lake_env.url, lake_env.env)
    fill(store, 6)
    reader = read_lake(store, folder=tmp_path / "cache", max_bytes=1000)  # less than a file

    rows = reader.sql("SELECT client_id, log_id FROM traces ORDER BY ALL")

    assert rows == sorted([*((f"c{number}", "1") for number in range(6)), ("c0", "2")])
    assert reader.sql("SELECT count(*) FROM traces JOIN nodes USING (client_id, log_id)") == [(6,)]
    reader.close()


@pytest.mark.parametrize("at_once", [1, 2, 5, 100])
def test_every_row_is_shown_once_however_many_are_opened_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(lake_reader, "_FILES_AT_ONCE", at_once)
    monkeypatch.setattr(lake_reader, "_RAW_AT_ONCE", at_once)
    store = a_lake(tmp_path)
    fill(store, 5)
    put_raw(store, *(a_log(f"{number}", client_id="c0") for number in (3, 4)))
    put_raw(store, a_log("5", client_id="c1"))
    reader = read_lake(store)

    expected = {(f"c{number}", "1") for number in range(5)} | {
        ("c0", "2"),
        ("c0", "3"),
        ("c0", "4"),
        ("c1", "5"),
    }
    assert sorted(reader.sql("SELECT client_id, log_id FROM traces")) == sorted(expected)
    assert reader.sql("SELECT count(*) FROM traces") == [(len(expected),)]
    assert reader.sql("SELECT count(*) FROM traces WHERE trace LIKE '%raw%'") == [(1,)]
    assert len(reader.sql("SELECT 1 FROM traces LIMIT 2")) == 2
    reader.close()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (Path.unlink, "is missing in the store"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "were committed"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4] + b"PAR?"), "cannot be read"),
        (lambda path: path.write_bytes(b"PAR1" + b"\xff" * 64 + path.read_bytes()[68:]), "cannot be read"),
    ],
)
def test_a_damaged_file_is_named_by_the_query_that_needs_it_and_by_no_other(
    tmp_path: Path, damage: Damage, reason: str
) -> None:
    store = a_lake(tmp_path)
    fill(store, 3)
    key = next(file.key for file in Lake(store).traces.state().files.values() if file.client_id == "c1")
    reader = read_lake(store)

    damage(tmp_path / "lake" / key)

    with pytest.raises(duckdb.Error, match=f"The file {key} of the lake .*{reason}"):
        reader.sql("SELECT max(trace), max(log_id), max(executed_at) FROM traces")
    assert reader.sql("SELECT count(trace) FROM traces WHERE client_id <> 'c1'") == [(3,)]
    reader.close()


@pytest.mark.parametrize("lake_env", ["weed"], indirect=True)
def test_files_that_conditions_rule_out_are_not_fetched(lake_env: LakeEnv, tmp_path: Path) -> None:
    store = open_store(lake_env.url, lake_env.env)
    fill(store, 3)
    reader = read_lake(store, folder=tmp_path / "cache")

    assert reader.sql("SELECT log_id FROM traces WHERE client_id = 'c2' AND month = '2026-11'") == [("1",)]

    assert {file.parts[-3] for file in cached_traces(tmp_path)} == {"client_id=c2"}
    reader.close()


@pytest.mark.parametrize("lake_env", ["weed"], indirect=True)
def test_a_slow_query_reads_on_when_the_cache_dropped_its_files(lake_env: LakeEnv, tmp_path: Path) -> None:
    store = open_store(lake_env.url, lake_env.env)
    fill(store, 20)
    reader = read_lake(store, folder=tmp_path / "cache")
    rows = reader._traces().scanner(columns=["client_id"]).to_reader()
    first = rows.read_next_batch()

    for file in cached_traces(tmp_path):
        file.unlink()

    assert first.num_rows + rows.read_all().num_rows == 22
    reader.close()
