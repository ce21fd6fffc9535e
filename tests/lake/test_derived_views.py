"""The views of derived tables that analysts read, within their scope."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.run import run_once
from etl.settings import EtlSettings
from lake import schema
from lake.lake_reader import LakeReader
from lake.reader import read_lake
from lake.scope import EVERYONE, Scope
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw

VIEWS = [*schema.DERIVED, "search_texts"]
TRACE = {
    "nodes": [{"name": "resolve"}],
    "react_iterations": [{"iteration": 1, "tool_calls": [{"name": "find", "duration_ms": 7.5}]}],
    "errors": [{"type": "Timeout"}],
    "final_response": "It is paid.",
}


@pytest.fixture
def store(lake_env: LakeEnv) -> Store:
    store = open_store(lake_env.url, lake_env.env)
    put_raw(store, a_log("1", trace=TRACE))
    put_raw(store, a_log("2", client_id="globex", trace=TRACE))
    run_once(Lake(store), EtlSettings())
    return store


def clients_in(reader: LakeReader, view: str) -> set[str]:
    return {client for (client,) in reader.sql(f"SELECT client_id FROM {view}")}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_holds_the_rows_of_its_scope_and_no_others(store: Store, tmp_path: Path, view: str) -> None:
    for scope, expected in (
        (EVERYONE, {"acme", "globex"}),
        (Scope.of("acme"), {"acme"}),
        (Scope.of("nobody"), set()),
        (Scope.of(), set()),
    ):
        reader = read_lake(store, scope, folder=tmp_path / "cache")
        assert clients_in(reader, view) == expected
        assert reader.sql(f"SELECT count(*) FROM {view} WHERE client_id = 'globex'") == [
            (int("globex" in expected),)
        ]
        reader.close()


def test_the_columns_are_those_of_the_tables_and_can_be_asked_for(store: Store, tmp_path: Path) -> None:
    reader = read_lake(store, folder=tmp_path / "cache")

    for name, columns in schema.DERIVED.items():
        assert [column for (column, *_) in reader.sql(f"DESCRIBE {name}")] == columns.names
    assert reader.sql(
        "SELECT c.name, c.duration_ms, i.iteration FROM tool_calls c JOIN iterations i ON i.client_id = c.client_id "
        "AND i.log_id = c.log_id AND i.position = c.iteration_position WHERE c.client_id = 'acme'"
    ) == [("find", 7.5, 1)]
    assert reader.sql("SELECT search_text FROM search_texts WHERE log_id = '1'") == [
        ("t-1 timeout find it is paid.",)
    ]
    reader.close()


def test_what_came_meanwhile_is_shown_after_a_renewal(store: Store, tmp_path: Path) -> None:
    reader = read_lake(store, folder=tmp_path / "cache")
    put_raw(store, a_log("3", trace=TRACE))
    run_once(Lake(store), EtlSettings())

    reader.renew()

    assert reader.sql("SELECT count(*) FROM tool_calls WHERE client_id = 'acme'") == [(2,)]
    reader.close()


def test_a_lake_without_derived_tables_has_empty_views(store: Store, tmp_path: Path) -> None:
    for name in schema.DERIVED:
        store.delete([found.key for found in store.list(f"{name}/")])

    reader = read_lake(store, folder=tmp_path / "cache")

    assert reader.sql("SELECT count(*) FROM nodes") == [(0,)]
    assert reader.sql("SELECT count(*) FROM logs") == [(2,)]
    reader.close()


def test_a_damaged_derived_table_leaves_the_logs_as_they_are(store: Store, tmp_path: Path) -> None:
    store.put("nodes/_delta_log/00000000000000000001.json", b"rubbish")

    reader = read_lake(store, folder=tmp_path / "cache")

    assert reader.sql("SELECT count(*) FROM logs") == [(2,)]
    assert reader.sql("SELECT count(*) FROM iterations") == [(2,)]
    reader.close()
