from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deltalake import DeltaTable

from etl.run import run_once
from etl.settings import EtlSettings
from lake.reader import Reader
from lake.scope import EVERYONE
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.conftest import REPOSITORY
from tests.lake.remote import Remote
from tests.logs import a_log, put_raw

_LOGS = 40


class Watcher:
    """A process that looks at the lake all the time."""

    def __init__(self, url: str, cache: Path, said: Path) -> None:
        self._said = said.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.lake.watch_scope", url, str(cache)],
            cwd=REPOSITORY,
            env={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}", "PATH": "/usr/bin:/bin"},
            stdout=self._said,
            stderr=self._said,
        )

    def kill(self) -> None:
        """As kill -9: at any moment, without a word."""
        self.process.kill()
        self.process.wait()
        self._said.close()


@contextmanager
def watching(url: str, cache: Path, said: Path) -> Iterator[list[Watcher]]:
    """Two processes on one cache folder; whoever is put into the list is ended at the end."""
    watchers = [Watcher(url, cache, said) for _ in range(2)]
    try:
        yield watchers
    finally:
        for watcher in watchers:
            watcher.kill()


def test_whatever_is_killed_and_compacted_every_snapshot_is_a_state_that_existed(tmp_path: Path) -> None:
    chance = random.Random(8)
    store = open_store((tmp_path / "lake").as_uri(), {}, create=True)
    Lake(store).create_tables()
    cache, said = tmp_path / "cache", tmp_path / "said"

    with watching(store.url, cache, said) as watchers:
        for number in range(1, _LOGS + 1):
            put_raw(store, a_log(str(number), executed_at=f"2026-{number % 3 + 9:02}-05T00:00:00Z"))
            _upkeep(store, chance)
            if number % 8 == 0:
                _until_more_is_said(said)
                time.sleep(chance.random() + 0.3)
                watchers.pop(0).kill()
                watchers.append(Watcher(store.url, cache, said))

    lines = said.read_text().split("\n")[:-1]
    assert [line for line in lines if not line.isdigit()] == []
    assert len({*lines}) > 3
    assert _seen_by_a_new_process(store, cache) == _LOGS


def _until_more_is_said(said: Path) -> None:
    """Wait until a watcher has looked once more; on a busy machine it takes its time to start."""
    before, deadline = said.stat().st_size, time.monotonic() + 90
    while said.stat().st_size == before:
        assert time.monotonic() < deadline, "nobody looks at the lake"
        time.sleep(0.02)


def _upkeep(store: Store, chance: random.Random) -> None:
    event = chance.random()
    if event < 0.4:
        run_once(Lake(store), EtlSettings())
    if event < 0.15:
        table = DeltaTable(store.table_url("logs"))
        table.optimize.compact()
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def _seen_by_a_new_process(store: Store, cache: Path) -> int:
    files = ScopeFiles(Remote.over(store), cache, 1 << 30)
    snapshot = files.latest(EVERYONE)
    files.close()
    reader = Reader({file.name: file.path for file in snapshot.files}, threads=1)
    [(count,)] = reader.sql("SELECT count(*) FROM logs")
    return int(count)
