"""A table that this version does not understand is refused in words, and nothing is committed to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from deltalake import DeltaTable, Field, write_deltalake
from deltalake.schema import PrimitiveType

from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import keep_up
from lake import meanings, schema
from lake.errors import TableNotUnderstood
from lake.reader import read_lake
from lake.repair import plan_all
from lake.scope import EVERYONE
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake
from lake.store import Store, open_store
from lake.table_log import commit_key, list_log
from tests.conftest import LakeEnv
from tests.lake.test_schema_growth import LATER_MONTH
from tests.logs import a_log, put_raw

SETTINGS: Final = EtlSettings()
AUTHOR: Final = "Apache-Spark/9.0 Delta-Lake/9.0"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A lake with a log in its tables, and another one raw."""
    store = open_store(tmp_path.as_uri(), {})
    put_raw(store, a_log("1"))
    run_once(Lake(store), SETTINGS)
    put_raw(store, a_log("2"))
    return store


def commit(store: Store, table: str, **actions: Any) -> None:
    """A commit of another program."""
    info = {"commitInfo": {"engineInfo": AUTHOR, "operation": "SET"}}
    lines = [info, *({name: action} for name, action in actions.items())]
    version = list_log(store, table).newest + 1
    store.put(commit_key(table, version), "".join(f"{json.dumps(line)}\n" for line in lines).encode())


def versions_of(store: Store) -> dict[str, int]:
    return {table: list_log(store, table).newest for table in schema.TABLES}


def raw_keys(store: Store) -> list[str]:
    return [found.key for found in store.list("raw")]


READERS_CANNOT: Final[dict[str, dict[str, Any]]] = {
    "a version of tomorrow": {"minReaderVersion": 9, "minWriterVersion": 9},
    "a feature of tomorrow": {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["tomorrow"],
        "writerFeatures": ["tomorrow"],
    },
    # The library opens such a table; files read as they are would show rows that were deleted.
    "deletion vectors": {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"],
    },
    "columns of other names": {"minReaderVersion": 2, "minWriterVersion": 5},
}
WRITERS_CANNOT: Final[dict[str, dict[str, Any]]] = {
    "a version of tomorrow": {"minReaderVersion": 1, "minWriterVersion": 9},
    "a feature of tomorrow": {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["tomorrow"]},
    "constraints to check": {"minReaderVersion": 1, "minWriterVersion": 3},
}


@pytest.mark.parametrize("table", ["traces", "logs"])
@pytest.mark.parametrize("protocol", READERS_CANNOT.values(), ids=READERS_CANNOT)
def test_a_table_that_cannot_be_read_is_named_with_its_author_and_left_alone(
    protocol: dict[str, Any], table: str, store: Store
) -> None:
    commit(store, table, protocol=protocol)
    before, raw = versions_of(store), raw_keys(store)

    with pytest.raises(TableNotUnderstood) as run:
        run_once(Lake(store), SETTINGS)
    with pytest.raises(TableNotUnderstood) as upkeep:
        keep_up(Lake(store), SETTINGS, LATER_MONTH)
    said = status(Lake(store))

    for each in (run, upkeep):
        assert all(
            word in str(each.value) for word in (f"The table {table} has", "for readers", AUTHOR, "Upgrade")
        )
    assert said["damaged"] == [str(run.value)]
    assert said["tables"][table] is None
    assert (versions_of(store), raw_keys(store)) == (before, raw)


def test_a_table_that_is_not_understood_is_not_mended_either(store: Store) -> None:
    commit(store, "logs", protocol=READERS_CANNOT["a feature of tomorrow"])
    store.delete([commit_key("logs", 1)])

    with pytest.raises(TableNotUnderstood, match="The table logs has"):
        plan_all(store, LATER_MONTH)


@pytest.mark.parametrize("protocol", READERS_CANNOT.values(), ids=READERS_CANNOT)
def test_who_reads_is_told_so_and_who_has_read_goes_on_with_what_is_known(
    protocol: dict[str, Any], store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = ScopeFiles(store, tmp_path_factory.mktemp("cache"), 1 << 30)
    known = files.snapshot(EVERYONE)
    commit(store, "logs", protocol=protocol)

    with pytest.raises(TableNotUnderstood, match="The table logs has"):
        read_lake(store)
    with pytest.raises(TableNotUnderstood, match="The table logs has"):
        files.latest(EVERYONE)

    assert files.snapshot(EVERYONE).files == known.files
    files.close()


@pytest.mark.parametrize("protocol", WRITERS_CANNOT.values(), ids=WRITERS_CANNOT)
def test_a_table_that_can_be_read_but_not_written_is_read_and_not_written(
    protocol: dict[str, Any], store: Store
) -> None:
    commit(store, "logs", protocol=protocol)
    before, raw = versions_of(store), raw_keys(store)

    with pytest.raises(TableNotUnderstood, match="for writers"):
        run_once(Lake(store), SETTINGS)

    assert "for writers" in status(Lake(store))["damaged"][0]
    assert read_lake(store).sql("SELECT log_id FROM logs ORDER BY 1") == [("1",), ("2",)]
    assert (versions_of(store), raw_keys(store)) == (before, raw)


def test_features_that_ask_for_nothing_are_no_hindrance(store: Store) -> None:
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["appendOnly", "invariants"]}
    commit(store, "logs", protocol=protocol)

    assert run_once(Lake(store), SETTINGS).logs == 1


def with_type(name: str, kind: str) -> Callable[[Store], None]:
    def change(store: Store) -> None:
        opened = DeltaTable(store.table_url("logs"))
        told = opened.metadata()
        fields = json.loads(opened.schema().to_json())["fields"]
        fields = [{**field, "type": kind} if field["name"] == name else field for field in fields]
        action = {
            "id": told.id,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}),
            "partitionColumns": told.partition_columns,
            "configuration": {},
        }
        commit(store, "logs", metaData=action)

    return change


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("execution_time_seconds", "string"),
        ("error_count", "integer"),
        ("executed_at", "timestamp_ntz"),
        ("month", "date"),
    ],
)
def test_a_column_of_another_type_is_refused_by_its_name(name: str, kind: str, store: Store) -> None:
    with_type(name, kind)(store)
    before, raw = versions_of(store), raw_keys(store)

    with pytest.raises(TableNotUnderstood, match=f"The table logs has a column {name} of the type {kind}"):
        run_once(Lake(store), SETTINGS)
    with pytest.raises(TableNotUnderstood):
        read_lake(store)

    assert (versions_of(store), raw_keys(store)) == (before, raw)


def test_a_table_of_other_partitions_is_refused(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = open_store(tmp_path_factory.mktemp("other").as_uri(), {})
    rows = DeltaTable(store.table_url("logs")).to_pyarrow_table()
    write_deltalake(other.table_url("logs"), rows, partition_by=["client_id"])

    with pytest.raises(TableNotUnderstood, match="other partitions than client_id and month"):
        Lake(other).logs.pin()


def test_the_names_of_others_are_shortened_and_no_control_character_gets_through(store: Store) -> None:
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["\x1b[31m" + "x" * 500]}
    commit(store, "logs", protocol=protocol)

    with pytest.raises(TableNotUnderstood) as told:
        run_once(Lake(store), SETTINGS)

    assert str(told.value).isprintable()
    assert len(str(told.value)) < 700


# ---------------------------------------------------------------- descriptions


def comments(store: Store, table: str) -> dict[str, str]:
    fields = json.loads(
        DeltaTable(store.table_url(table), storage_options=store.delta_options).schema().to_json()
    )["fields"]
    return {field["name"]: field["metadata"].get("comment", "") for field in fields}


def test_every_table_and_every_column_is_described() -> None:
    assert meanings.TABLES.keys() == schema.TABLES.keys()
    for name, table in schema.TABLES.items():
        assert meanings.TABLES[name].endswith(".")
        for column in table.names:
            assert meanings.COLUMNS[name][column].endswith((".", ")", "`")), (name, column)


def test_new_tables_are_described_from_the_first_commit_on(store: Store) -> None:
    for name in schema.TABLES:
        told = DeltaTable(store.table_url(name)).metadata()
        assert (told.name, told.description) == (name, meanings.TABLES[name])
        assert comments(store, name) == {c: meanings.COLUMNS[name][c] for c in schema.TABLES[name].names}


def test_a_table_of_an_earlier_version_is_described_once_and_what_others_said_stays(
    lake_env: LakeEnv,
) -> None:
    store = open_store(lake_env.url, lake_env.env)
    options: Any = {"storage_options": store.delta_options}
    for name, table in schema.TABLES.items():
        DeltaTable.create(store.table_url(name), table, partition_by=list(schema.PARTITIONS), **options)
    DeltaTable(store.table_url("logs"), **options).alter.set_column_metadata("status", {"comment": "Ours."})
    DeltaTable(store.table_url("logs"), **options).alter.add_columns(Field("later", PrimitiveType("string")))
    put_raw(store, a_log("1"))
    run_once(Lake(store), SETTINGS)

    keep_up(Lake(store), SETTINGS, LATER_MONTH)
    versions = versions_of(store)
    keep_up(Lake(store), SETTINGS, LATER_MONTH.replace(month=6))
    put_raw(store, a_log("2"))
    report = run_once(Lake(store), SETTINGS)

    assert versions_of(store) == {name: version + 1 for name, version in versions.items()}
    expected = {c: meanings.COLUMNS["logs"][c] for c in schema.TABLES["logs"].names}
    assert comments(store, "logs") == {**expected, "status": "Ours.", "later": ""}
    assert comments(store, "traces") == {
        c: meanings.COLUMNS["traces"][c] for c in schema.TABLES["traces"].names
    }
    assert (
        DeltaTable(store.table_url("traces"), **options).metadata().description == meanings.TABLES["traces"]
    )
    assert report.logs == 1
    assert read_lake(store).sql("SELECT log_id FROM logs ORDER BY 1") == [("1",), ("2",)]
