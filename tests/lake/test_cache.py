from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lake.cache import FileCache
from lake.errors import CacheUnusable, StoreUnavailable
from lake.store import Store, open_store
from tests.lake.remote import Remote

KEY = "logs/client_id=acme/month=2026-11/a.parquet"
DATA = b"PAR1" + bytes(1000)


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    store = open_store((tmp_path / "lake").as_uri(), {})
    store.put(KEY, DATA)
    return store


@pytest.fixture
def store(folder: Store) -> Remote:
    return Remote.over(folder)


@pytest.fixture
def cache(tmp_path: Path) -> FileCache:
    return FileCache(tmp_path / "cache", 1 << 20)


def all_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def age(path: Path, seconds: float) -> None:
    """As if it had been written and used last so long ago."""
    os.utime(path, (time.time() - seconds,) * 2)


def test_a_file_is_fetched_once_also_over_a_restart(store: Remote, tmp_path: Path) -> None:
    first = FileCache(tmp_path / "cache", 1 << 20).fetch(store, {KEY: len(DATA)})
    second = FileCache(tmp_path / "cache", 1 << 20).fetch(store, {KEY: len(DATA)})

    assert first == second
    assert first.paths[KEY].read_bytes() == DATA
    assert store.fetched == [KEY]


def test_many_who_ask_at_once_fetch_once(store: Remote, cache: FileCache) -> None:
    store.gate = threading.Event()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(cache.fetch, store, {KEY: len(DATA)}) for _ in range(8)]
        store.gate.set()

    assert {each.result().paths[KEY].read_bytes() for each in asked} == {DATA}
    assert store.fetched == [KEY]


def test_files_of_a_folder_are_used_where_they_lie(folder: Store, cache: FileCache) -> None:
    fetched = cache.fetch(folder, {KEY: len(DATA)})

    assert fetched.paths[KEY] == folder.local_path(KEY)
    assert all_files(cache.folder) == []


def test_a_file_that_arrives_cut_short_is_never_served(store: Remote, cache: FileCache) -> None:
    store.cut_short.add(KEY)
    cut = cache.fetch(store, {KEY: len(DATA)})
    left = all_files(cache.folder)
    store.cut_short.clear()
    whole = cache.fetch(store, {KEY: len(DATA)})

    assert cut.paths == {}
    assert f"{KEY} of the lake has 10 bytes where {len(DATA)} were committed" in str(cut.damaged[KEY])
    assert left == []
    assert whole.paths[KEY].read_bytes() == DATA


def test_a_local_file_that_was_cut_is_fetched_again(store: Remote, cache: FileCache) -> None:
    path = cache.fetch(store, {KEY: len(DATA)}).paths[KEY]
    path.write_bytes(DATA[:7])

    assert cache.fetch(store, {KEY: len(DATA)}).paths[KEY].read_bytes() == DATA


def test_what_is_missing_in_the_store_is_told_by_key_and_hides_nothing_else(
    store: Remote, folder: Store, cache: FileCache
) -> None:
    for each in (store, folder):
        fetched = cache.fetch(each, {KEY: len(DATA), "logs/gone.parquet": 7})

        assert list(fetched.paths) == [KEY]
        assert "logs/gone.parquet of the lake is missing in the store" in str(
            fetched.damaged["logs/gone.parquet"]
        )


def test_the_least_recently_used_goes_first_and_what_is_in_use_stays(store: Remote, tmp_path: Path) -> None:
    keys = {f"logs/{name}.parquet": 300 for name in "abcde"}
    for key in keys:
        store.put(key, bytes(300))
    cache = FileCache(tmp_path / "cache", 1000)
    paths = cache.fetch(store, keys).paths
    for path, seconds in zip(paths.values(), (500, 900, 700, 800, 1), strict=True):
        age(path, seconds)

    left_to_write = cache.sweep()

    assert [path.name[0] for path in paths.values() if path.exists()] == ["a", "c", "e"]
    assert left_to_write == 100


def test_what_a_killed_process_left_behind_goes_after_a_while(store: Remote, cache: FileCache) -> None:
    path = cache.fetch(store, {KEY: len(DATA)}).paths[KEY]
    old, young = path.with_name(".a.1.part"), path.with_name(".a.2.part")
    for part in (old, young):
        part.write_bytes(b"half")
    age(old, 3600)

    cache.sweep()

    assert sorted(each.name for each in path.parent.iterdir()) == [".a.2.part", "a.parquet"]


class Full:
    """A disk that takes nothing more until something was removed from it."""

    def __init__(self, blocked_by: Path) -> None:
        self.blocked_by = blocked_by

    def write(self, staged: Path) -> None:
        staged.write_bytes(b"half of it")
        if self.blocked_by.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        staged.write_bytes(b"all of it!")


def test_a_full_disk_makes_room_once_and_is_said_so_otherwise(store: Remote, cache: FileCache) -> None:
    path = cache.fetch(store, {KEY: len(DATA)}).paths[KEY]
    target = cache.folder / "x.parquet"
    cache.max_bytes = 100

    with pytest.raises(CacheUnusable, match="no space left on device"):
        cache.write(target, Full(path).write)
    in_use = [each.name for each in all_files(cache.folder)]
    age(path, 3600)
    cache.write(target, Full(path).write)

    assert in_use == ["a.parquet"]
    assert [each.name for each in all_files(cache.folder)] == ["x.parquet"]
    assert target.read_bytes() == b"all of it!"


def test_a_disk_that_is_really_full_serves_no_half_file(store: Remote, tiny_disk: Path) -> None:
    store.put("logs/big.parquet", bytes(100_000))
    cache = FileCache(tiny_disk, 1 << 30)

    with pytest.raises(CacheUnusable, match="no space left on device"):
        cache.fetch(store, {"logs/big.parquet": 100_000})

    assert all_files(tiny_disk) == []
    assert cache.fetch(store, {KEY: len(DATA)}).paths[KEY].read_bytes() == DATA


def test_a_silent_store_is_unavailable(store: Remote, cache: FileCache) -> None:
    class Broken(Remote):
        def stream(self, key: str) -> Iterator[bytes]:
            raise StoreUnavailable(f"reading {key}")

    with pytest.raises(StoreUnavailable):
        cache.fetch(Broken.over(store), {KEY: len(DATA)})
    assert all_files(cache.folder) == []


def test_a_folder_that_cannot_be_used_is_said_so_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "shared").mkdir(mode=0o777)

    with pytest.raises(CacheUnusable, match=r"file cannot be used: (file exists|not a directory)"):
        FileCache(tmp_path / "file", 1)
    with pytest.raises(CacheUnusable, match="not a directory"):
        FileCache(tmp_path / "file" / "below", 1)
    FileCache(tmp_path / "shared", 1)
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 65534, 65534)

    with pytest.raises(CacheUnusable, match=r"belongs to another user \(uid 65534\)"):
        FileCache(folder, 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir(mode=0o500)

    with pytest.raises(CacheUnusable, match="permission denied"):
        FileCache(folder, 1)
