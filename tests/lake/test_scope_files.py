from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caselog.ids import uuid7_at
from etl.run import run_once
from etl.settings import EtlSettings
from lake.errors import CacheUnusable, LakeGone, LakeMissing, ObjectDamaged, StoreUnavailable
from lake.reader import Reader
from lake.scope import EVERYONE, Scope
from lake.scope_files import ScopeFiles
from lake.snapshot import Lake, Snapshot
from lake.store import Store, open_store
from tests.conftest import LakeEnv
from tests.lake.remote import Remote
from tests.logs import RECEIVED, a_log, put_raw

ACME = Scope.of("acme")
Rows = list[tuple[str, str]]
Open = Callable[..., ScopeFiles]


@pytest.fixture
def store(lake_env: LakeEnv) -> Store:
    return open_store(lake_env.url, lake_env.env)


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    return open_store((tmp_path / "lake").as_uri(), {}, create=True)


@pytest.fixture
def store_of_one(folder: Store) -> Store:
    """A lake with one log in its tables."""
    put_raw(folder, a_log("1"))
    compact(folder)
    return folder


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """As `ScopeFiles`, on one cache folder; what was opened is closed at the end."""
    kept: list[ScopeFiles] = []

    def open_one(store: Store, **options: Any) -> ScopeFiles:
        kept.append(ScopeFiles(store, tmp_path / "cache", 1 << 30, **options))
        return kept[-1]

    yield open_one
    for files in kept:
        files.close()


def rows_of(snapshot: Snapshot) -> Rows:
    return asked(snapshot, "SELECT client_id, log_id FROM logs ORDER BY ALL")


def asked(snapshot: Snapshot, query: str) -> list[tuple[Any, ...]]:
    reader = Reader({file.name: file.path for file in snapshot.files}, threads=1)
    try:
        return reader.sql(query)
    finally:
        reader.close()


def compact(store: Store) -> None:
    run_once(Lake(store), EtlSettings())


def optimize(store: Store) -> None:
    """What upkeep does: many files become one, and the old ones go."""
    table = DeltaTable(store.table_url("logs"), storage_options=store.delta_options)
    table.optimize.compact()
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def delete(store: Store, client_id: str) -> None:
    """What a deletion does: the rows of a client go, and their files with them."""
    for name in ("logs", "traces"):
        table = DeltaTable(store.table_url(name), storage_options=store.delta_options)
        table.delete(f"client_id = '{client_id}'")
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    store.delete([found.key for found in store.list(f"raw/client_id={client_id}")])


def files_of(store: Store, client_id: str) -> list[str]:
    return [key for key, file in Lake(store).logs.state().files.items() if file.client_id == client_id]


# ---------------------------------------------------------------- what is seen


def test_logs_are_seen_on_their_way_from_raw_to_the_table_and_through_compaction(
    store: Store, opened: Open
) -> None:
    Lake(store).create_tables()
    files, seen = opened(store), []

    seen.append(rows_of(files.latest(EVERYONE)))
    put_raw(store, a_log("1"), a_log("2", executed_at="2026-10-01T00:00:00Z"))
    seen.append(rows_of(files.latest(EVERYONE)))
    compact(store)
    seen.append(rows_of(files.latest(EVERYONE)))
    put_raw(store, a_log("3"))
    compact(store)
    put_raw(store, a_log("1"), a_log("4"))
    seen.append(rows_of(files.latest(EVERYONE)))
    optimize(store)
    seen.append(rows_of(files.latest(EVERYONE)))

    assert [[log_id for _, log_id in rows] for rows in seen] == [
        [],
        ["1", "2"],
        ["1", "2"],
        ["1", "2", "3", "4"],
        ["1", "2", "3", "4"],
    ]


def test_a_log_of_the_table_that_is_sent_again_with_another_month_is_seen_once(
    store: Store, opened: Open
) -> None:
    put_raw(store, a_log("1", executed_at="2026-10-01T00:00:00Z"))
    compact(store)
    files = opened(store)
    put_raw(store, a_log("1"), a_log("2"))

    first = rows_of(files.latest(EVERYONE))
    optimize(store)
    put_raw(store, a_log("1", executed_at="2026-09-01T00:00:00Z"))
    second = rows_of(files.latest(ACME))

    assert first == second == [("acme", "1"), ("acme", "2")]


def test_ids_are_read_only_of_files_that_may_hold_what_is_raw(folder: Store, opened: Open) -> None:
    moments = [datetime(2026, month, 5, tzinfo=UTC) for month in range(1, 7)]
    ids = [[uuid7_at(moment + timedelta(hours=n), bytes(10)) for n in range(3)] for moment in moments]
    for moment, of_month in zip(moments, ids, strict=True):
        put_raw(folder, *(a_log(log_id, executed_at=moment.isoformat()) for log_id in of_month))
        compact(folder)
    files = opened(folder)

    put_raw(folder, a_log(ids[2][1]), a_log(uuid7_at(RECEIVED, bytes(10))))
    first = len(rows_of(files.latest(EVERYONE))), len(files._raw._files)
    put_raw(folder, a_log(ids[4][0]))
    second = len(rows_of(files.latest(EVERYONE))), len(files._raw._files)

    assert (first, second) == ((19, 1), (19, 2))


def test_a_deletion_is_seen_and_the_others_stay(folder: Store, opened: Open) -> None:
    for client_id in ("acme", "globex"):
        put_raw(folder, a_log("1", client_id=client_id))
    compact(folder)
    put_raw(folder, a_log("2"))
    files = opened(folder)
    before = rows_of(files.latest(EVERYONE))

    delete(folder, "acme")

    assert before == [("acme", "1"), ("acme", "2"), ("globex", "1")]
    assert rows_of(files.latest(EVERYONE)) == [("globex", "1")]
    assert rows_of(files.latest(ACME)) == []


def test_what_was_deleted_is_kept_in_no_local_file_either(
    folder: Store, tmp_path: Path, opened: Open
) -> None:
    for client_id in ("acme", "globex"):
        put_raw(folder, a_log("1", client_id=client_id))
    compact(folder)
    put_raw(folder, a_log("2"))
    remote = Remote.over(folder)
    opened(remote).latest(ACME)  # by a process that is gone
    files = opened(remote)
    files.latest(EVERYONE)

    delete(folder, "acme")
    files.latest(EVERYONE)
    for path in (tmp_path / "cache").rglob("*.parquet"):
        os.utime(path, (0, path.stat().st_mtime))
    files._sweep([*files._kept.values()])

    left = [
        path
        for path in (tmp_path / "cache").rglob("*.parquet")
        if b"T-2" in path.read_bytes() or "acme" in str(path)
    ]
    assert left == []
    assert rows_of(files.latest(EVERYONE)) == [("globex", "1")]


def test_of_a_log_that_is_raw_several_times_the_first_received_counts(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1", status="FAILED"), received_at=RECEIVED + timedelta(hours=1))
    put_raw(folder, a_log("1", status="SUCCESS"), received_at=RECEIVED)
    put_raw(folder, a_log("1", status="ESCALATED"), received_at=RECEIVED + timedelta(hours=2))

    snapshot = opened(folder).latest(EVERYONE)

    assert asked(snapshot, "SELECT log_id, status FROM logs") == [("1", "SUCCESS")]


def test_many_small_runs_leave_few_files_and_what_is_old_is_not_read_again(
    folder: Store, opened: Open
) -> None:
    files, counts = opened(folder), []
    for number in range(12):
        put_raw(folder, a_log(str(number), executed_at=f"2026-{number % 3 + 9:02}-05T00:00:00Z"))
        compact(folder)
        counts.append(len(files.latest(EVERYONE).files))

    assert len(rows_of(files.latest(EVERYONE))) == 12
    assert max(counts) <= 5


def test_a_tick_without_news_keeps_every_file_and_a_new_raw_log_only_adds_one(
    folder: Store, opened: Open
) -> None:
    put_raw(folder, a_log("1"))
    compact(folder)
    files = opened(folder)
    first, second = files.latest(EVERYONE), files.latest(EVERYONE)

    put_raw(folder, a_log("2"))
    third = files.latest(EVERYONE)

    assert first.files == second.files
    assert set(first.files) < set(third.files)
    assert len(third.files) == 2


# ---------------------------------------------------------------- restarts and stores that are gone


def test_a_restart_finds_the_files_again(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1"))
    compact(folder)
    first = opened(folder).latest(EVERYONE)

    assert opened(folder).latest(EVERYONE).files == first.files


def test_two_processes_keep_one_folder_and_take_over_each_others_files(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1"))
    compact(folder)
    one, other = opened(folder), opened(folder)
    first = one.latest(EVERYONE)
    put_raw(folder, a_log("2"))
    compact(folder)

    theirs, ours = other.latest(EVERYONE), one.latest(EVERYONE)

    assert rows_of(theirs) == rows_of(ours) == [("acme", "1"), ("acme", "2")]
    assert set(theirs.files) == set(ours.files) > set(first.files)


def test_while_the_store_is_silent_the_last_state_is_shown_with_a_mark(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1"))
    compact(folder)
    silent, now = Remote.over(folder), [datetime(2026, 11, 23, 15, tzinfo=UTC)]
    files = opened(silent, now=lambda: now[0])
    known = files.snapshot(EVERYONE)
    files._kept[EVERYONE].updated_mono = -1e9
    files._looked_mono = -1e9

    silent.is_silent = True
    now[0] += timedelta(seconds=5)
    soon = files.snapshot(EVERYONE)
    now[0] += timedelta(seconds=20)
    later = files.snapshot(EVERYONE)

    assert known.is_current
    assert soon.is_current
    assert not later.is_current
    assert later.as_of == known.as_of
    assert rows_of(later) == [("acme", "1")]
    with pytest.raises(StoreUnavailable):
        files.refresh()
    with pytest.raises(StoreUnavailable):
        files.snapshot(Scope.of("globex"))


def test_a_restart_while_the_store_is_silent_shows_what_the_last_process_knew(
    folder: Store, opened: Open
) -> None:
    put_raw(folder, a_log("1"))
    compact(folder)
    put_raw(folder, a_log("2"))
    silent = Remote.over(folder)
    opened(silent).latest(EVERYONE)

    silent.is_silent = True
    snapshot = opened(silent, now=lambda: datetime.now(UTC) + timedelta(minutes=1)).snapshot(EVERYONE)

    assert rows_of(snapshot) == [("acme", "1"), ("acme", "2")]
    assert not snapshot.is_current


@pytest.mark.parametrize("is_mount_point", [True, False])
def test_a_lake_that_was_unmounted_is_neither_empty_nor_damaged_and_seen_again_when_it_is_back(
    folder: Store, opened: Open, tmp_path: Path, *, is_mount_point: bool
) -> None:
    put_raw(folder, a_log("1"))
    compact(folder)
    place, now = tmp_path / "lake", [datetime(2026, 11, 23, 15, tzinfo=UTC)]
    files = opened(folder, now=lambda: now[0])
    known = files.snapshot(EVERYONE)

    place.rename(tmp_path / "moved")
    if is_mount_point:
        place.mkdir()
    _look_again(files, now)
    during = files.snapshot(EVERYONE)
    with pytest.raises(LakeGone):
        files.refresh()
    if is_mount_point:
        place.rmdir()
    (tmp_path / "moved").rename(place)
    put_raw(folder, a_log("2"))
    _look_again(files, now)
    after = files.snapshot(EVERYONE)

    assert (during.is_current, during.as_of) == (False, known.as_of)
    assert rows_of(during) == [("acme", "1")]
    assert rows_of(after) == [("acme", "1"), ("acme", "2")]
    assert after.is_current


def _look_again(files: ScopeFiles, now: list[datetime]) -> None:
    """Let so much time pass that nothing is taken from memory without a look at the store."""
    now[0] += timedelta(minutes=1)
    files._kept[EVERYONE].updated_mono = -1e9
    files._looked_mono = -1e9


def test_a_lake_that_is_not_there_is_said_so(tmp_path: Path, opened: Open) -> None:
    with pytest.raises(LakeMissing, match="caselog init"):
        opened(open_store((tmp_path / "typo").as_uri(), {})).snapshot(EVERYONE)


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("damage", ["missing", "cut short", "overwritten"])
def test_damage_to_one_clients_file_is_named_and_takes_nobody_else_down(
    damage: str, folder: Store, opened: Open
) -> None:
    for client_id in ("acme", "globex"):
        put_raw(folder, a_log("1", client_id=client_id))
    compact(folder)
    [key] = files_of(folder, "acme")
    path, whole = Path(folder.table_url(key)), folder.get(key)
    _damage(path, damage)
    files = opened(folder)

    for_all, for_acme, for_globex = (files.latest(s) for s in (EVERYONE, ACME, Scope.of("globex")))

    assert rows_of(for_all) == rows_of(for_globex) == [("globex", "1")]
    assert rows_of(for_acme) == []
    assert (
        [missing.key for missing in for_all.missing] == [missing.key for missing in for_acme.missing] == [key]
    )
    assert key in for_all.missing[0].reason
    assert for_globex.missing == ()
    path.write_bytes(whole)
    assert rows_of(opened(folder).latest(EVERYONE)) == [("acme", "1"), ("globex", "1")]


def _damage(path: Path, kind: str) -> None:
    size = path.stat().st_size
    path.unlink()
    if kind == "cut short":
        path.write_bytes(b"PAR1")
    elif kind == "overwritten":
        path.write_bytes(b"x" * size)


def test_a_damaged_traces_file_names_itself_and_the_list_goes_on(folder: Store, opened: Open) -> None:
    put_raw(folder, a_log("1"))
    compact(folder)
    [key] = Lake(folder).traces.state().files
    Path(folder.table_url(key)).write_bytes(b"PAR1")
    files = opened(folder)

    assert rows_of(files.latest(EVERYONE)) == [("acme", "1")]
    with pytest.raises(ObjectDamaged, match=key):
        files.trace(EVERYONE, "acme", "2026-11", "1")


def test_on_a_full_disk_the_last_state_is_shown_and_no_half_file(
    store_of_one: Store, tiny_disk: Path
) -> None:
    files = ScopeFiles(store_of_one, tiny_disk, 1 << 30)
    known = files.latest(EVERYONE)
    put_raw(store_of_one, a_log("2"))
    filler = tiny_disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    files._kept[EVERYONE].updated_mono = -1e9

    with pytest.raises(CacheUnusable, match="no space left on device"):
        files.latest(EVERYONE)
    shown = rows_of(files.snapshot(EVERYONE))
    filler.unlink()

    assert rows_of(known) == shown == [("acme", "1")]
    assert rows_of(files.latest(EVERYONE)) == [("acme", "1"), ("acme", "2")]
    files.close()


# ---------------------------------------------------------------- traces


def test_a_trace_of_any_size_is_found_raw_and_compacted(store: Store, opened: Open) -> None:
    big = {"final_response": "é" * 1000 + "x" * (17 * 1024 * 1024)}
    logs = [a_log(str(n), executed_at=f"2026-11-{n % 28 + 1:02}T00:00:00Z") for n in range(40)]
    put_raw(store, *logs, a_log("big", trace=big), a_log("none", trace=None))
    files = opened(store)
    wanted = ["7", "39", "big", "none", "unknown"]
    raw = [files.trace(EVERYONE, "acme", "2026-11", log_id) for log_id in wanted]

    compact(store)
    files.latest(EVERYONE)
    compacted = [files.trace(EVERYONE, "acme", "2026-11", log_id) for log_id in wanted]

    assert raw == compacted
    assert [None if trace is None else json.loads(trace) for trace in raw] == [
        {"final_response": "done 7"},
        {"final_response": "done 39"},
        big,
        None,
        None,
    ]
    moment = datetime(2026, 11, 8, tzinfo=UTC)
    assert files.trace(EVERYONE, "acme", "2026-11", "7", moment) == raw[0]


def test_a_trace_that_was_moved_by_compaction_is_found_at_once(folder: Store, opened: Open) -> None:
    for number in (1, 2):
        put_raw(folder, a_log(str(number)))
        compact(folder)
    files = opened(folder)
    files.latest(EVERYONE)
    table = DeltaTable(folder.table_url("traces"))
    table.optimize.compact()
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)

    assert files.trace(EVERYONE, "acme", "2026-11", "2") == b'{"final_response": "done 2"}'


# ---------------------------------------------------------------- every order of events

_EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("log"), st.sampled_from(["acme", "globex"]), st.integers(1, 6), st.integers(9, 11)),
        st.tuples(st.sampled_from(["compact", "optimize", "look", "look at one", "restart"])),
        st.tuples(st.just("delete"), st.sampled_from(["acme", "globex"])),
    ),
    min_size=4,
    max_size=16,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(events=_EVENTS)
def test_after_any_events_a_snapshot_is_the_lake_as_it_is(
    events: list[tuple[Any, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("events")
    store = open_store((root / "lake").as_uri(), {}, create=True)
    Lake(store).create_tables()
    files, expected = ScopeFiles(store, root / "cache", 1 << 30), set[tuple[str, str]]()
    try:
        for event in events:
            match event:
                case "log", client_id, number, month:
                    # A log's identity and its month go together, as they do where an id is not used twice.
                    log_id = f"{month}-{number}"
                    at = f"2026-{month:02}-0{number}T00:00:00Z"
                    put_raw(store, a_log(log_id, client_id=client_id, executed_at=at))
                    expected.add((client_id, log_id))
                case ("compact",):
                    compact(store)
                case ("optimize",):
                    optimize(store)
                case ("look",):
                    assert rows_of(files.latest(EVERYONE)) == sorted(expected)
                case ("look at one",):
                    assert rows_of(files.latest(ACME)) == sorted(e for e in expected if e[0] == "acme")
                case ("restart",):
                    files.close()
                    files = ScopeFiles(store, root / "cache", 1 << 30)
                case "delete", client_id:
                    delete(store, client_id)
                    expected = {e for e in expected if e[0] != client_id}
        assert rows_of(files.latest(EVERYONE)) == sorted(expected)
    finally:
        files.close()
