from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from access.snapshots import SnapshotSource
from etl.run import run_once
from etl.settings import EtlSettings
from lake.reader import Reader
from lake.scope import EVERYONE, Scope
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake, Snapshot
from lake.store import Store, open_store
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw


@pytest.fixture
def store(lake_env: LakeEnv) -> Store:
    """Two clients, each with a log in the tables and one that is raw."""
    store = open_store(lake_env.url, lake_env.env)
    for client_id in ("acme", "globex"):
        put_raw(store, a_log("1", client_id=client_id))
    run_once(Lake(store), EtlSettings())
    for client_id in ("acme", "globex"):
        put_raw(store, a_log("2", client_id=client_id))
    return store


@pytest.fixture
def source(store: Store, tmp_path: Path) -> Iterator[SnapshotSource]:
    files = ScopeFiles(store, tmp_path / "cache", 1 << 30)
    yield SnapshotSource(files)
    files.close()


def rows_of(snapshot: Snapshot) -> list[tuple[str, str]]:
    reader = Reader({file.name: file.path for file in snapshot.files})
    return reader.sql("SELECT client_id, log_id FROM logs ORDER BY ALL")


@pytest.mark.claim("who-reads")
def test_a_snapshot_holds_exactly_the_logs_of_its_scope(source: SnapshotSource) -> None:
    assert rows_of(source.take(Scope.of("acme"))) == [("acme", "1"), ("acme", "2")]
    assert rows_of(source.take(Scope.of("nobody"))) == []
    assert rows_of(source.take(EVERYONE)) == [(c, n) for c in ("acme", "globex") for n in ("1", "2")]


@pytest.mark.claim("who-reads")
def test_a_trace_is_had_within_the_scope_and_never_outside(source: SnapshotSource) -> None:
    own = [source.trace(Scope.of("acme"), "acme", "2026-11", n) for n in ("1", "2", "3")]
    foreign = [source.trace(Scope.of("acme"), "globex", "2026-11", n) for n in ("1", "2")]

    assert own == [b'{"final_response": "done 1"}', b'{"final_response": "done 2"}', None]
    assert foreign == [None, None]
    assert source.trace(EVERYONE, "globex", "2026-11", "1") == b'{"final_response": "done 1"}'
