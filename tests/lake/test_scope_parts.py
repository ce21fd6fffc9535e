"""Errors and tool calls as pages reach them: by scope, from the moment a log is stored, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from etl.derive import derive
from etl.run import run_once
from etl.settings import EtlSettings
from lake.reader import Reader, read_lake
from lake.scope import EVERYONE, Scope
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake, Snapshot
from lake.store import Store, open_store
from tests.logs import a_log, put_raw

ACME = Scope.of("acme")
PARTS = ("errors", "tool_calls")
TRACE = {
    "react_iterations": [
        {
            "iteration": 1,
            "node": "resolve",
            "tool_calls": [
                {"id": "1", "name": "get_order", "status": "ok", "duration_ms": 40},
                {"id": "2", "name": "pay_back", "status": "error", "duration_ms": 900},
            ],
        }
    ],
    "errors": [{"type": "Timeout", "message": "no answer", "node": "resolve"}],
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store((tmp_path / "lake").as_uri(), {}, create=True)
    Lake(store).create_tables()
    return store


@pytest.fixture
def files(store: Store, tmp_path: Path) -> Iterator[ScopeFiles]:
    opened = ScopeFiles(store, tmp_path / "cache", 1 << 30)
    yield opened
    opened.close()


def put(store: Store, log_id: str, **fields: Any) -> None:
    put_raw(store, a_log(log_id, **{"trace": TRACE, "workflow_version": "2.3", **fields}))


def compact(store: Store) -> None:
    run_once(Lake(store), EtlSettings())


def asked(snapshot: Snapshot, query: str) -> list[tuple[Any, ...]]:
    reader = Reader({file.name: file.path for file in snapshot.files}, threads=1)
    try:
        return reader.sql(query)
    finally:
        reader.close()


def calls(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    columns = "client_id, log_id, name, status, workflow_version"
    return asked(snapshot, f"SELECT {columns} FROM scope_tool_calls ORDER BY ALL")


def errors(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    return asked(snapshot, "SELECT client_id, log_id, type, node, log_status FROM scope_errors ORDER BY ALL")


def test_parts_are_seen_while_raw_and_once_on_their_way_to_the_tables(
    store: Store, files: ScopeFiles
) -> None:
    put(store, "1")
    raw = files.latest(ACME, PARTS)
    seen = [(calls(raw), errors(raw))]
    compact(store)
    put(store, "1")  # sent again
    compacted = files.latest(ACME, PARTS)
    seen.append((calls(compacted), errors(compacted)))
    compact(store)
    again = files.latest(ACME, PARTS)
    seen.append((calls(again), errors(again)))

    of_calls = [("acme", "1", "get_order", "ok", "2.3"), ("acme", "1", "pay_back", "error", "2.3")]
    of_errors = [("acme", "1", "Timeout", "resolve", "SUCCESS")]
    assert seen == [(of_calls, of_errors)] * 3


def test_a_log_that_is_raw_twice_has_its_parts_once(store: Store, files: ScopeFiles) -> None:
    put_raw(store, *[a_log("1", trace=TRACE)] * 2)
    put(store, "1")

    assert len(calls(files.latest(EVERYONE, PARTS))) == 2


@pytest.mark.claim("who-reads")
def test_nobody_sees_parts_of_another_client(store: Store, files: ScopeFiles) -> None:
    for client_id in ("acme", "globex"):
        put(store, "1", client_id=client_id)
    compact(store)
    for client_id in ("acme", "globex"):
        put(store, "2", client_id=client_id)

    own, every = (files.latest(scope, PARTS) for scope in (ACME, EVERYONE))

    assert {row[0] for row in calls(own) + errors(own)} == {"acme"}
    assert len(calls(every)) == 2 * len(calls(own)) == 8
    assert calls(files.latest(Scope.of("nobody"), PARTS)) == []


def test_files_of_parts_are_made_only_where_they_are_asked_for(store: Store, files: ScopeFiles) -> None:
    put(store, "1")
    compact(store)

    plain, with_errors = files.latest(ACME), files.snapshot(ACME, ["errors"])

    assert [plain.parts, with_errors.parts] == [frozenset(), frozenset({"errors"})]
    assert calls(with_errors) == []
    assert len(errors(with_errors)) == 1
    assert len(plain.files) == len(with_errors.files) - 1


def test_parts_that_the_etl_has_not_made_yet_are_said(
    store: Store, files: ScopeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "1")
    with monkeypatch.context() as patched:  # as if the run had been killed before it derived anything
        patched.setattr("etl.derive.derive_batch", lambda *_: {})
        compact(store)

    behind = files.latest(ACME, PARTS)
    derive(Lake(store))
    whole = files.latest(ACME, PARTS)

    assert (behind.behind, len(calls(behind))) == (frozenset(PARTS), 0)
    assert (whole.behind, len(calls(whole))) == (frozenset(), 2)


def test_parts_of_a_deleted_client_are_gone(store: Store, files: ScopeFiles) -> None:
    put(store, "1")
    put(store, "1", client_id="globex")
    compact(store)
    before = len(calls(files.latest(EVERYONE, PARTS)))
    for name in ("logs", *PARTS):
        DeltaTable(store.table_url(name)).delete("client_id = 'globex'")

    after = files.latest(EVERYONE, PARTS)

    assert (before, len(calls(after)), len(errors(after))) == (4, 2, 1)


def test_a_derived_table_that_is_damaged_holds_up_no_logs(store: Store, files: ScopeFiles) -> None:
    put(store, "1")
    compact(store)
    store.delete([found.key for found in store.list("errors/")])

    snapshot = files.latest(ACME, PARTS)

    assert asked(snapshot, "SELECT count(*) FROM logs") == [(1,)]
    assert len(calls(snapshot)) == 2
    assert "errors" in snapshot.behind


def test_what_an_earlier_process_made_is_taken_up_again(
    store: Store, files: ScopeFiles, tmp_path: Path
) -> None:
    put(store, "1")
    compact(store)
    first = files.latest(ACME, PARTS)
    files.close()
    later = ScopeFiles(store, tmp_path / "cache", 1 << 30)

    again = later.latest(ACME, PARTS)
    later.close()

    assert {file.name for file in again.files} == {file.name for file in first.files}


def test_a_log_tells_its_failed_calls_and_its_words_while_raw_and_later(
    store: Store, files: ScopeFiles
) -> None:
    put(store, "1", subject="Paiement REFUSÉ")
    query = "SELECT failed_tool_calls, search_text FROM logs"

    raw = asked(files.latest(ACME), query)
    compact(store)

    assert raw == [(1, "t-1 paiement refuse timeout no answer get_order pay_back")]
    assert asked(files.latest(ACME), query) == raw


def test_an_analyst_has_the_same_views(store: Store) -> None:
    put(store, "1")
    reader = read_lake(store)

    reader.need(["errors", "tool_calls"])
    found = (
        reader.sql("SELECT count(*) FROM scope_tool_calls"),
        reader.sql("SELECT count(*) FROM scope_errors"),
    )
    reader.close()

    assert found == ([(2,)], [(1,)])
