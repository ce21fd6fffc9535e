"""The derived tables keep up with the logs: in the batch, after a kill, beside another run, and made anew."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings

from etl.derive import derive, derived_behind
from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from etl.upkeep import keep_up
from lake import columns, rawlog, schema
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from lake.table_format import open_table
from lake.table_log import commit_key
from lake.tables import PinnedTable
from tests.lake.odd_traces import TRACES
from tests.logs import RECEIVED, a_log, put_raw

SETTINGS = EtlSettings()
TRACE = {
    "nodes": [{"name": "resolve", "duration_ms": 900}],
    "react_iterations": [{"iteration": 1, "tool_calls": [{"id": "c", "name": "find", "status": "ok"}]}],
    "tool_calls": [{"name": "refund", "status": "error", "error": "the shop did not answer"}],
    "errors": [{"node": "resolve", "type": "Timeout", "message": "no answer"}],
}


def rows_of(lake: Lake, table: str, columns: list[str]) -> pa.Table:
    """These columns of all rows of a table."""
    opened = open_table(lake.store, table)
    wanted = pa.schema([schema.TABLES[table].field(name) for name in columns])
    return opened.to_pyarrow_table(columns=columns).cast(wanted)


def derived_rows(lake: Lake) -> dict[str, list[dict[str, Any]]]:
    """All rows of the derived tables, in the order in which they stand in a file of all."""
    order = [("client_id", "ascending"), ("month", "ascending"), ("executed_at", "ascending")]
    order += [("log_id", "ascending"), ("position", "ascending")]
    return {
        name: rows_of(lake, name, schema.DERIVED[name].names).sort_by(order).to_pylist()
        for name in schema.DERIVED
    }


def logs_with_rows(lake: Lake, table: str = "nodes") -> list[str]:
    return [row["log_id"] for row in derived_rows(lake)[table]]


def put(lake: Lake, *log_ids: str, **fields: Any) -> None:
    put_raw(lake.store, *(a_log(log_id, **{"trace": TRACE, **fields}) for log_id in log_ids))


def test_a_batch_brings_the_rows_of_its_logs(lake: Lake) -> None:
    put(lake, "1", "2")
    put(lake, "3", client_id="globex", trace=None)

    report = run_once(lake, SETTINGS)

    rows = derived_rows(lake)
    assert report.derived_behind == {}
    assert {name: len(found) for name, found in rows.items()} == {
        "iterations": 2,
        "tool_calls": 4,
        "errors": 4,
        "nodes": 2,
    }
    assert [(row["type"], row["node"], row["message"]) for row in rows["errors"][:2]] == [
        ("Timeout", "resolve", "no answer"),
        (None, None, "the shop did not answer"),
    ]
    assert derived_behind(lake) == []


def test_a_log_that_is_sent_again_has_its_rows_once(lake: Lake) -> None:
    put(lake, "1")
    run_once(lake, SETTINGS)
    put(lake, "1", "2")

    run_once(lake, SETTINGS)

    assert logs_with_rows(lake) == ["1", "2"]


class Killed(BaseException):
    """Stands for a process that dies here."""


def kill_at(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever commits to ``table`` from now on dies before it."""
    append = PinnedTable.append

    def dying(self: PinnedTable, rows: pa.Table, numbers: Any) -> None:
        if self.name == table:
            raise Killed
        append(self, rows, numbers)

    monkeypatch.setattr(PinnedTable, "append", dying)


@pytest.mark.parametrize("table", schema.DERIVED)
def test_after_a_kill_the_next_run_makes_what_is_missing(
    lake: Lake, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, "1")
    run_once(lake, SETTINGS)
    put(lake, "2")
    with monkeypatch.context() as patched:
        kill_at(table, patched)
        with pytest.raises(Killed):
            run_once(lake, SETTINGS)
    assert logs_with_rows(lake, table).count("2") == 0
    assert len(derived_behind(lake)) == 1

    report = run_once(lake, SETTINGS)

    assert report.derived_behind == {}
    assert derived_behind(lake) == []
    assert {name: sorted({row["log_id"] for row in rows}) for name, rows in derived_rows(lake).items()} == (
        {key: ["1", "2"] for key in schema.DERIVED}
    )
    before = derived_rows(lake)
    derive(lake, again=True)
    assert derived_rows(lake) == before


def test_after_a_kill_only_what_is_new_is_looked_at(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    put(lake, "1", executed_at="2026-10-01T00:00:00Z")
    run_once(lake, SETTINGS)
    put(lake, "2")
    with monkeypatch.context() as patched:
        kill_at("nodes", patched)
        with pytest.raises(Killed):
            run_once(lake, SETTINGS)
    [old] = [key for key in lake.traces.state().files if "month=2026-10" in key]
    lake.store.delete([old])  # whoever reads it fails

    found = Lake(lake.store)
    derive_report = run_once(found, SETTINGS)

    assert derive_report.derived_behind == {}
    assert logs_with_rows(found) == ["1", "2"]


def require_each_row_once(lake: Lake, ids: set[str]) -> None:
    """Each derived table has rows of these logs, none of them twice."""
    for rows in derived_rows(lake).values():
        keys = [(row["log_id"], row["position"]) for row in rows]
        assert len(keys) == len(set(keys))
        assert {log_id for log_id, _ in keys} == ids


def racing(table: str, monkeypatch: pytest.MonkeyPatch, rival: Callable[[], object]) -> None:
    """Let a ``rival`` run to its end just before the first commit to ``table``."""
    append = PinnedTable.append
    raced: list[bool] = []

    def late(self: PinnedTable, rows: pa.Table, numbers: Any) -> None:
        if self.name == table and not raced:
            raced.append(True)
            rival()
        append(self, rows, numbers)

    monkeypatch.setattr(PinnedTable, "append", late)


@pytest.mark.parametrize("table", schema.DERIVED)
def test_two_runs_at_once_add_each_row_once(lake: Lake, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put(lake, "1")

    def rival() -> None:
        other = Lake(lake.store)
        put(other, "2")
        run_once(other, SETTINGS)

    with monkeypatch.context() as patched:
        racing(table, patched, rival)
        run_once(lake, SETTINGS)
    run_once(lake, SETTINGS)

    require_each_row_once(lake, {"1", "2"})


def test_a_kill_while_catching_up_beside_a_run_that_goes_on_doubles_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, "1")

    def rival() -> None:
        other = Lake(lake.store)
        put(other, "2")
        append = PinnedTable.append

        def dying(self: PinnedTable, rows: Any, numbers: Any) -> None:
            if self.name == "tool_calls" and not rows.num_rows:
                raise Killed
            append(self, rows, numbers)

        with monkeypatch.context() as patched:
            patched.setattr(PinnedTable, "append", dying)
            with pytest.raises(Killed):
                run_once(other, SETTINGS)

    with monkeypatch.context() as patched:
        racing("tool_calls", patched, rival)
        run_once(lake, SETTINGS)
    run_once(lake, SETTINGS)
    run_once(lake, SETTINGS)

    require_each_row_once(lake, {"1", "2"})


def test_making_all_anew_beside_a_run_doubles_and_loses_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, "1", "2")
    run_once(lake, SETTINGS)

    def rival() -> None:
        other = Lake(lake.store)
        put(other, "3")
        run_once(other, SETTINGS)

    with monkeypatch.context() as patched:
        racing("tool_calls", patched, rival)
        derive(lake, again=True)
    run_once(lake, SETTINGS)

    assert logs_with_rows(lake) == ["1", "2", "3"]
    assert len(derived_rows(lake)["tool_calls"]) == 6
    assert derived_behind(lake) == []


@pytest.mark.parametrize("table", schema.DERIVED)
def test_making_all_anew_goes_on_after_a_kill(
    lake: Lake, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, "1")
    put(lake, "2", client_id="globex", executed_at="2026-10-01T00:00:00Z")
    run_once(lake, SETTINGS)
    before = derived_rows(lake)
    with monkeypatch.context() as patched:
        kill_at(table, patched)
        with pytest.raises(Killed):
            derive(lake, again=True)
    assert derived_rows(lake) != before

    run_once(lake, SETTINGS)

    assert derived_rows(lake) == before


def test_one_client_can_be_made_anew(lake: Lake) -> None:
    put(lake, "1")
    put(lake, "2", client_id="globex")
    run_once(lake, SETTINGS)
    before = derived_rows(lake)

    report = derive(lake, {"acme"}, again=True)

    assert (report.logs, report.dropped) == (1, 4)
    assert derived_rows(lake) == before
    assert derived_behind(lake) == []


def test_tables_of_before_there_were_derived_ones_are_completed(lake: Lake) -> None:
    put(lake, "1", "2")
    run_once(lake, SETTINGS)
    before = derived_rows(lake)
    for name in schema.DERIVED:
        lake.store.delete([found.key for found in lake.store.list(f"{name}/")])

    report = run_once(Lake(lake.store), SETTINGS)

    assert report.derived_behind == {}
    assert derived_rows(Lake(lake.store)) == before


def test_a_damaged_derived_table_is_said_and_holds_nothing_up(lake: Lake) -> None:
    put(lake, "1")
    run_once(lake, SETTINGS)
    put(lake, "2")
    run_once(lake, SETTINGS)
    lake.store.delete([commit_key("errors", 1)])
    [_, key] = lake.table("nodes").state().files
    lake.store.delete([key])
    put(lake, "3")

    found = Lake(lake.store)
    report = run_once(found, SETTINGS)
    keep_up(found, SETTINGS, RECEIVED)

    assert (report.logs, report.damaged) == (1, {})
    told = status(Lake(lake.store))
    assert told["damaged"] == []
    assert ["derive --again" in sentence for sentence in told["derived"]] == [True, True]
    derive(found, again=True)
    assert derived_behind(Lake(lake.store)) == []
    assert logs_with_rows(Lake(lake.store)) == ["1", "2", "3"]


def test_upkeep_merges_derived_files_and_keeps_their_rows(lake: Lake) -> None:
    for number in range(9):
        put(lake, str(number), executed_at="2026-10-01T00:00:00Z")
        run_once(lake, SETTINGS)
    before = derived_rows(lake)

    keep_up(lake, SETTINGS, RECEIVED)

    assert {name: len(lake.table(name).state().files) for name in schema.DERIVED} == dict.fromkeys(
        schema.DERIVED, 1
    )
    assert derived_rows(lake) == before


def test_the_log_has_its_search_text_and_the_view_has_it_too(lake: Lake) -> None:
    put(lake, "1", subject="Late parcel")

    run_once(lake, SETTINGS)

    [row] = rows_of(lake, "logs", ["search_text"]).to_pylist()
    assert row["search_text"] == "t-1 late parcel timeout no answer the shop did not answer find refund"
    assert read_lake(lake.store).sql("SELECT search_text FROM logs") == [(row["search_text"],)]


def make_earlier_table(lake: Lake) -> None:
    """The table ``logs`` as it was made before there was a search text."""
    DeltaTable.create(
        lake.store.table_url("logs"),
        pa.schema([field for field in schema.LOGS if field.name not in columns.MADE_BY_ETL]),
        partition_by=list(schema.PARTITIONS),
        storage_options=lake.store.delta_options,
    )


def forget_texts(lake: Lake) -> None:
    """Commit logs as the version before did."""
    with pytest.MonkeyPatch.context() as patched:
        earlier = pa.schema([field for field in schema.LOGS if field.name not in columns.MADE_BY_ETL])
        table = rawlog.logs_table
        patched.setattr(rawlog, "logs_table", lambda rows: table(rows).select(earlier.names))
        run_once(lake, SETTINGS)


def texts_of(lake: Lake) -> dict[str, str | None]:
    rows = rows_of(lake, "logs", ["log_id", "search_text"]).to_pylist()
    return {row["log_id"]: row["search_text"] for row in rows}


def test_logs_of_before_there_was_a_search_text_get_theirs(lake: Lake) -> None:
    make_earlier_table(lake)
    put(lake, "1", "2", subject="Late")
    put(lake, "3", trace=None, subject="Late")
    put(lake, "4", client_id="globex")
    forget_texts(lake)
    put(lake, "5")

    report = derive(lake)
    run_once(lake, SETTINGS)

    assert report.texts == 3
    assert derive(lake).texts == 0
    text = "timeout no answer the shop did not answer find refund"
    assert texts_of(lake) == {
        "1": f"t-1 late {text}",
        "2": f"t-2 late {text}",
        "3": None,
        "4": f"t-4 {text}",
        "5": f"t-5 {text}",
    }
    assert read_lake(lake.store).sql("SELECT count(*), count(DISTINCT log_id) FROM logs") == [(5, 5)]


def test_filling_texts_beside_a_merge_loses_and_doubles_no_log(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_earlier_table(lake)
    for number in range(2):
        put(lake, str(number), executed_at="2026-10-01T00:00:00Z")
        forget_texts(lake)
    replace = PinnedTable.replace
    merged: list[bool] = []

    def late(self: PinnedTable, *args: Any) -> None:
        if not merged:
            merged.append(True)
            keep_up(Lake(lake.store), SETTINGS, RECEIVED)
        replace(self, *args)

    with monkeypatch.context() as patched:
        patched.setattr(PinnedTable, "replace", late)
        derive(lake)
    derive(lake)

    text = "timeout no answer the shop did not answer find refund"
    assert texts_of(lake) == {"0": f"t-0 {text}", "1": f"t-1 {text}"}
    assert lake.logs.size()["rows"] == 2


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(TRACES)
def test_what_is_made_in_the_batch_is_what_is_made_again(trace: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(open_store(Path(folder, "lake").as_uri(), {}))
        put(lake, "1", trace=trace)
        put(lake, "2", client_id="globex", trace=trace)
        run_once(lake, SETTINGS)
        before = derived_rows(lake)

        derive(lake, again=True)

        assert derived_rows(lake) == before
        assert derived_behind(lake) == []


def test_real_runs_have_the_same_rows_again(lake: Lake, airline_runs: list[dict[str, Any]]) -> None:
    from tests.airline import log_from_run

    for number, run in enumerate(airline_runs[:20]):
        log = json.loads(json.dumps(log_from_run(run, RECEIVED), default=lambda moment: moment.isoformat()))
        put_raw(lake.store, {**log, "client_id": "acme", "log_id": f"{number:03}"})
    run_once(lake, SETTINGS)
    before = derived_rows(lake)

    derive(lake, again=True)

    assert derived_rows(lake) == before
    calls = rows_of(lake, "logs", ["tool_call_count", "error_count"]).to_pylist()
    assert len(before["tool_calls"]) == sum(row["tool_call_count"] for row in calls) > 100
    listed = [row for row in before["errors"] if row["source"] == "errors"]
    assert len(listed) == len(before["errors"]) == sum(row["error_count"] for row in calls) > 0
