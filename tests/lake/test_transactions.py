"""Our one reading of a table's numbers says what the library says of each."""

from __future__ import annotations

import pytest
from deltalake import CommitProperties, DeltaTable, Transaction

from lake import guards, layout
from lake.errors import StoreUnavailable
from lake.shards import EVERY_SHARD
from lake.snapshot import Lake
from lake.store import open_store
from lake.transactions import transactions_of
from tests.conftest import LakeEnv


def commit(table: DeltaTable, *told: tuple[str, int]) -> None:
    numbers = [Transaction(name, number) for name, number in told]
    table.create_write_transaction(
        [],
        "append",
        table.schema(),
        ["client_id", "month"],
        commit_properties=CommitProperties(app_transactions=numbers),
    )
    table.update_incremental()


@pytest.fixture
def table(lake_env: LakeEnv) -> DeltaTable:
    store = open_store(lake_env.url, lake_env.env)
    Lake(store).logs.create()
    return DeltaTable(store.table_url(layout.LOGS), storage_options=store.delta_options)


def as_the_library_says(table: DeltaTable) -> dict[str, int]:
    purposes = (guards.APPENDER, guards.REMOVER)
    names = [*purposes, *(guards.app_id(purpose, shard) for purpose in purposes for shard in EVERY_SHARD)]
    found = {name: table.transaction_version(name) for name in names}
    return {name: number for name, number in found.items() if number is not None}


def test_numbers_are_those_of_the_version_that_is_open(table: DeltaTable) -> None:
    assert transactions_of(table) == {}

    commit(table, ("caselog-etl", 5), ("caselog-etl/02", 1))
    commit(table, ("caselog-etl/02", 7), ("caselog-upkeep/63", 2))
    assert transactions_of(table) == as_the_library_says(table)
    table.create_checkpoint()
    commit(table, ("caselog-etl/02", 8))

    again = DeltaTable(table.table_uri, storage_options=table._storage_options)
    assert transactions_of(table) == transactions_of(again) == as_the_library_says(table)
    assert (guards.number_of(table, guards.APPENDER, 2), guards.number_of(table, guards.APPENDER, 3)) == (
        8,
        5,
    )
    again.load_as_version(1)
    assert transactions_of(again) == {"caselog-etl": 5, "caselog-etl/02": 1}


def test_a_commit_that_went_away_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("lake")
    store = open_store(folder.as_uri(), {})
    Lake(store).logs.create()
    table = DeltaTable(store.table_url(layout.LOGS))

    (folder / "logs" / "_delta_log" / f"{0:020}.json").unlink()

    with pytest.raises(StoreUnavailable, match="the log of a table"):
        transactions_of(table)
