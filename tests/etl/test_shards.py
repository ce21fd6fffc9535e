"""Several processes that share the work by shards: each log once, whatever their number was and becomes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from hypothesis import given
from hypothesis import strategies as st

from etl.listing import list_raw
from etl.run import run_once
from etl.settings import EtlSettings
from etl.upkeep import keep_up
from lake import guards, rawlog
from lake.damage import read_ids
from lake.folder import FolderStore
from lake.shards import EVERY_SHARD, shard_of, shards_of_process
from lake.snapshot import Lake
from lake.store import StoredObject, open_store
from lake.table_log import list_log
from lake.table_upkeep import TableUpkeep
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw, raw_line

REPOSITORY = Path(__file__).resolve().parents[2]
HALTING = Path(__file__).with_name("halting.py")
SETTINGS = EtlSettings()
NOW = datetime(2027, 1, 1, tzinfo=UTC)


def clients(count: int) -> list[str]:
    return [f"client-{number}" for number in range(count)]


def ids(lake: Lake, table: str) -> list[str]:
    """The log ids in a table as they are stored: one that stands twice is told twice."""
    return sorted(log_id for key in lake.table(table).state().files for log_id in read_ids(lake.store, key))


# ---------------------------------------------------------------- who does what


@given(st.integers(1, 64))
def test_every_shard_is_looked_after_by_one_process(processes: int) -> None:
    parts = [shards_of_process(number, processes) for number in range(processes)]

    assert sorted(shard for part in parts for shard in part) == sorted(EVERY_SHARD)


class Listed(FolderStore):
    """A folder that remembers what was listed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder.as_uri(), folder)
        self.prefixes: list[str] = []

    def list(self, prefix: str) -> Iterator[StoredObject]:
        self.prefixes.append(prefix)
        return super().list(prefix)


def test_a_process_lists_only_the_objects_of_its_own_clients(tmp_path: Path) -> None:
    store = Listed(tmp_path)
    for client_id in clients(9):
        put_raw(store, a_log("1", client_id=client_id))
    own = shards_of_process(1, 3)

    waiting = list_raw(store, own)

    mine = [f"raw/client_id={client_id}/" for client_id in clients(9) if shard_of(client_id) in own]
    assert sorted(store.prefixes) == sorted(mine)
    assert len(waiting.objects) == len(mine)
    assert 0 < len(mine) < 9


STRAYS = (
    "raw/stray.txt",
    "raw/elsewhere/deep/x.bin",
    "raw/client_id=NotOne/date=2026-11-23/hour=14/a.ndjson.zst",
    "raw/client_id=client-3/stray.txt",
    "raw/client_id=client-3-b/hour=14/stray.txt",
)


@pytest.mark.parametrize("processes", [1, 3, 64])
def test_together_the_processes_find_everything_and_nothing_twice(lake: Lake, processes: int) -> None:
    for client_id in (*clients(5), "client-3-b"):
        put_raw(lake.store, a_log("1", client_id=client_id))
    for key in STRAYS:
        lake.store.put(key, b"stray")

    parts = [list_raw(lake.store, shards_of_process(n, processes)).objects for n in range(processes)]

    found = [[each.key for each in part] for part in parts]
    assert sorted(key for part in found for key in part) == sorted(
        each.key for each in lake.store.list("raw")
    )
    assert sum(map(len, found)) == len(STRAYS) + 6


def test_what_can_only_be_stepped_over_is_told_by_one_process(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri(), {})
    put_raw(store, a_log("1", client_id="client-1"))
    (tmp_path / "raw" / "link").symlink_to(tmp_path)
    (tmp_path / "raw" / "client_id=client-1" / "link").symlink_to(tmp_path)

    odd = [each.key for n in range(4) for each in list_raw(store, shards_of_process(n, 4)).oddities]

    assert sorted(odd) == ["raw/client_id=client-1/link", "raw/link"]


def test_a_bucket_with_few_objects_is_listed_at_once_and_one_with_many_by_client(
    lake_env: LakeEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(lake_env.url, lake_env.env)
    if store.local_path("raw/") is not None:
        pytest.skip("a folder is never listed at once")
    for client_id in clients(6):
        put_raw(store, a_log("1", client_id=client_id))
    asked: list[str] = []
    list_ = store.list

    def listing(prefix: str) -> Iterator[StoredObject]:
        asked.append(prefix)
        return list_(prefix)

    monkeypatch.setattr(store, "list", listing)
    own = shards_of_process(0, 2)
    at_once = list_raw(store, own)
    asked_at_once, asked[:] = [*asked], []
    monkeypatch.setattr("etl.listing._PAGE", 2)
    by_client = list_raw(store, own)

    assert asked_at_once == ["raw/"]
    assert set(asked) - {"raw/"} == {f"raw/client_id={c}/" for c in clients(6) if shard_of(c) in own}
    assert by_client == at_once


# ---------------------------------------------------------------- killed, and another number of processes


def start(command: Sequence[str], lake_env: LakeEnv, *, halted: Path | None = None) -> subprocess.Popen[str]:
    program = ["-m", "cli.main"] if halted is None else [str(HALTING)]
    env = {
        **os.environ,
        **lake_env.env,
        "CASELOG_LAKE_URL": lake_env.url,
        "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'sdk'}",
        **({"HALTED": str(halted)} if halted else {}),
    }
    return subprocess.Popen(
        [sys.executable, *program, *command],
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Returns as soon as it is so."""
    deadline = time.monotonic() + 120
    while not is_so():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(processes: Iterable[subprocess.Popen[str]]) -> list[int]:
    codes = []
    for process in processes:
        _, said = process.communicate()
        assert "Traceback" not in said, said
        codes.append(process.returncode)
    return codes


@pytest.mark.timeout(400)  # on a busy machine
def test_another_number_of_processes_after_one_was_killed_counts_each_log_once(
    lake_env: LakeEnv, tmp_path: Path
) -> None:
    lake, halted = Lake(open_store(lake_env.url, lake_env.env)), tmp_path / "halted"
    sent = [(client_id, f"{client_id}.{n}") for client_id in clients(12) for n in range(3)]
    for client_id, log_id in sent:
        put_raw(lake.store, a_log(log_id, client_id=client_id))
    part = [("etl", "run", "--shards", "4", "--shard", str(number)) for number in range(4)]

    killed = start(part[1], lake_env, halted=halted)
    wait_until(halted.exists, killed)
    others = [start(part[number], lake_env) for number in (0, 2)]
    assert ended(others) == [0, 0]
    killed.kill()
    killed.communicate()
    between = (ids(lake, "traces"), ids(lake, "logs"))
    again = [start(("etl", "run", "--shards", "3", "--shard", str(n)), lake_env) for n in range(3)]
    assert ended(again) == [0, 0, 0]

    assert killed.returncode == -signal.SIGKILL
    assert set(between[1]) < set(between[0])
    assert ids(lake, "logs") == ids(lake, "traces") == sorted(log_id for _, log_id in sent)
    assert [*lake.store.list("raw")] == []


# ---------------------------------------------------------------- upkeep


def fill_files(lake: Lake, runs: int) -> None:
    for number in range(runs):
        for client_id in clients(4):
            put_raw(lake.store, a_log(f"{number}", client_id=client_id))
        run_once(lake, SETTINGS)


def files_of(lake: Lake) -> Mapping[str, int]:
    files = lake.logs.state().files.values()
    return {client_id: sum(file.client_id == client_id for file in files) for client_id in clients(4)}


def test_a_process_merges_the_files_of_its_own_clients_and_one_looks_after_the_tables(tmp_path: Path) -> None:
    lake = Lake(open_store(tmp_path.as_uri(), {}))
    fill_files(lake, 3)
    own = frozenset({shard_of("client-1"), shard_of("client-2")})
    assert 0 not in own

    of_two = keep_up(lake, SETTINGS, NOW, shards=own)
    after_two = files_of(lake)
    vacuumed = lake.store.local_path("logs/_caselog/upkeep.json")
    was_vacuumed = vacuumed is not None and vacuumed.exists()
    keep_up(lake, SETTINGS, NOW, shards=EVERY_SHARD - own)

    assert after_two == {"client-0": 3, "client-1": 1, "client-2": 1, "client-3": 3}
    assert (of_two.written, of_two.contended, was_vacuumed) == (4, 0, False)
    assert set(files_of(lake).values()) == {1}
    assert vacuumed is not None
    assert vacuumed.exists()


def test_who_looks_after_a_new_table_keeps_nobody_from_a_commit_that_was_begun(tmp_path: Path) -> None:
    lake = Lake(open_store(tmp_path.as_uri(), {}))
    fill_files(lake, 1)
    row = rawlog.logs_table([rawlog.read_line(raw_line(a_log("2", client_id="client-1")), "client-1")])
    pinned = lake.logs.pin()

    keep_up(lake, SETTINGS, NOW, shards=frozenset({0}))
    pinned.append(row, pinned.next_numbers(["client-1"]))

    assert lake.logs.size()["rows"] == 5


def test_processes_that_merge_at_once_do_not_keep_each_other_from_it(tmp_path: Path) -> None:
    fill_files(Lake(open_store(tmp_path.as_uri(), {})), 3)
    done = []

    def work(number: int) -> None:
        lake = Lake(open_store(tmp_path.as_uri(), {}))
        done.append(keep_up(lake, SETTINGS, NOW, shards=shards_of_process(number, 4)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [report.contended for report in done] == [0, 0, 0, 0]
    assert set(files_of(Lake(open_store(tmp_path.as_uri(), {}))).values()) == {1}


def test_checkpoints_that_several_write_at_once_are_read_by_everybody(lake: Lake) -> None:
    for number in range(4):
        put_raw(lake.store, a_log(f"{number}"))
        run_once(lake, SETTINGS)
    url, options = lake.store.table_url("logs"), lake.store.delta_options
    seen: list[int] = []
    written = threading.Event()

    def read() -> None:
        while not written.is_set():
            seen.append(len(DeltaTable(url, storage_options=options).file_uris()))

    def write(version: int) -> None:
        DeltaTable(url, version=version, storage_options=options).create_checkpoint()

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(version,)) for version in (4, 4, 3, 4, 2, 4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    written.set()
    reader.join()
    put_raw(lake.store, a_log("last"))
    run_once(lake, SETTINGS)
    TableUpkeep(lake.store, "logs").tidy_log()

    assert set(list_log(lake.store, "logs").checkpoints) == {2, 3, 4}
    assert set(seen) <= {4}
    assert seen
    assert lake.logs.size()["rows"] == 5


# ---------------------------------------------------------------- a busy table


def refusing(times: int, said: str) -> tuple[Callable[[CommitProperties], str], list[CommitProperties]]:
    asked: list[CommitProperties] = []

    def commit(properties: CommitProperties) -> str:
        asked.append(properties)
        if len(asked) <= times:
            raise CommitFailedError(said)
        return "done"

    return commit, asked


def test_a_commit_that_others_crowd_out_is_offered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "_PAUSE_S", 0)
    commit, asked = refusing(5, "Failed to commit transaction: 8")

    assert guards.offer(guards.guards(guards.APPENDER, {3: 1}), commit) == "done"
    assert len(asked) == 6


def test_a_table_that_stays_busy_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "_PAUSE_S", 0)
    commit, asked = refusing(99, "Failed to commit transaction: 8")

    with pytest.raises(CommitFailedError):
        guards.offer(guards.guards(guards.APPENDER, {3: 1}), commit)
    assert len(asked) == 9


def test_a_commit_that_is_excluded_is_not_offered_again() -> None:
    commit, asked = refusing(1, "Failed to commit transaction: Concurrent transaction failed.")

    with pytest.raises(CommitFailedError):
        guards.offer(guards.guards(guards.APPENDER, {3: 1}), commit)
    assert len(asked) == 1


def test_the_library_says_so_when_its_retries_are_used_up(tmp_path: Path) -> None:
    rows = pa.table({"a": [1]})
    write_deltalake(str(tmp_path), rows)
    behind = DeltaTable(str(tmp_path))
    write_deltalake(str(tmp_path), rows, mode="append")

    with pytest.raises(CommitFailedError) as crowded:
        write_deltalake(behind, rows, mode="append", commit_properties=CommitProperties(max_commit_retries=0))
    mine = CommitProperties(app_transactions=[Transaction("x", 1)])
    write_deltalake(str(tmp_path), rows, mode="append", commit_properties=mine)
    with pytest.raises(CommitFailedError) as excluded:
        write_deltalake(behind, rows, mode="append", commit_properties=mine)

    assert guards._CROWDED.search(str(crowded.value))
    assert not guards._CROWDED.search(str(excluded.value))
