"""A lake in a folder that is gone is said to be: nothing is written elsewhere, and nothing there is "not found"."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lake.errors import LakeGone, LakeMissing, ObjectNotFound, StoreUnavailable
from lake.folder_mark import MARK
from lake.store import Store, open_store

KEY = "raw/client_id=acme/x"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def store(place: Path) -> Store:
    found = open_store(place.as_uri(), {})
    found.put(KEY, b"1")
    return found


def _nothing(place: Path) -> None:
    del place


def _empty_folder(place: Path) -> None:
    place.mkdir()


def _another_lake(place: Path) -> None:
    open_store(place.as_uri(), {}).put("control/keys/other", b"2")


EVERYTHING: dict[str, Callable[[Store], object]] = {
    "put": lambda store: store.put(KEY, b"2"),
    "put_async": lambda store: asyncio.run(store.put_async(KEY, b"2", timeout_s=10)),
    "create": lambda store: store.create("control/new", b"2"),
    "put_file": lambda store: store.put_file(KEY, Path(__file__)),
    "get": lambda store: store.get("control/keys/none"),
    "get_async": lambda store: asyncio.run(store.get_async("control/keys/none")),
    "size": lambda store: store.size("control/keys/none"),
    "stream": lambda store: [*store.stream("control/keys/none")],
    "get_ranges": lambda store: store.get_ranges("control/keys/none", [(0, 1)]),
    "list": lambda store: [*store.list("raw")],
    "list of control": lambda store: [*store.list("control/keys")],
    "list_keys_async": lambda store: asyncio.run(store.list_keys_async("control/keys")),
    "level": lambda store: store.level("raw"),
    "survey": lambda store: store.survey("raw"),
    "move": lambda store: store.move(KEY, "quarantine/x"),
    "delete": lambda store: store.delete([KEY]),
    "delete_async": lambda store: asyncio.run(store.delete_async(KEY)),
    "check": lambda store: store.check(),
    "check_async": lambda store: asyncio.run(store.check_async()),
    "require_lake": lambda store: store.require_lake(),
    "local_path": lambda store: store.local_path(KEY),
    "table_url": lambda store: store.table_url("logs"),
    "make_durable": lambda store: store.make_durable(KEY),
}


@pytest.mark.parametrize("instead", [_nothing, _empty_folder, _another_lake])
@pytest.mark.parametrize("name", EVERYTHING)
def test_where_the_lake_was_nothing_is_made_and_nothing_is_believed(
    store: Store, place: Path, name: str, instead: Callable[[Path], None]
) -> None:
    place.rename(place.with_name("moved"))
    instead(place)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}

    with pytest.raises(LakeGone, match="is not there any more"):
        EVERYTHING[name](store)

    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before
    assert place.exists() == (instead is not _nothing)
    assert (place.with_name("moved") / KEY).read_bytes() == b"1"


def test_a_lake_that_is_back_is_used_again(store: Store, place: Path) -> None:
    place.rename(place.with_name("moved"))
    place.mkdir()
    with pytest.raises(LakeGone):
        store.put(KEY, b"2")
    place.rmdir()
    place.with_name("moved").rename(place)

    store.put("raw/client_id=acme/y", b"2")

    assert (store.get(KEY), store.get("raw/client_id=acme/y")) == (b"1", b"2")


def test_a_lake_is_known_again_on_another_disk_by_its_mark(store: Store, place: Path) -> None:
    """A device that is mounted again may have another number; a copy with everything in it has other inodes, too."""
    shutil.copytree(place, place.with_name("copy"))
    place.rename(place.with_name("moved"))
    place.with_name("copy").rename(place)

    assert store.get(KEY) == b"1"


def test_a_mark_that_was_touched_is_the_same(store: Store, place: Path) -> None:
    (place / MARK).chmod(0o600)
    os.utime(place / MARK)

    assert store.get(KEY) == b"1"


def test_a_mark_that_somebody_removed_is_named_and_made_again_by_who_starts_next(
    store: Store, place: Path
) -> None:
    (place / MARK).unlink()

    with pytest.raises(LakeGone, match=r"its file \.caselog-lake was removed.*restart"):
        store.get(KEY)
    again = open_store(place.as_uri(), {})
    again.put(KEY, b"2")

    assert (place / MARK).exists()
    assert again.get(KEY) == b"2"


def test_another_lake_on_the_same_device_and_inode_is_another(store: Store, place: Path) -> None:
    """What a file system that is mounted in the place of another looks like."""
    (place / MARK).write_text("another mark")
    shutil.rmtree(place / "raw")

    with pytest.raises(LakeGone):
        store.get(KEY)


def test_a_lake_that_goes_away_while_it_is_written_to_is_not_said_to_hold_it(
    store: Store, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def replace_and_unmount(staged: Path, final: Path) -> None:
        replace(staged, final)
        place.rename(place.with_name("moved"))

    monkeypatch.setattr("os.replace", replace_and_unmount)

    with pytest.raises(LakeGone):
        store.put(KEY, b"2")
    assert not place.exists()


def test_a_store_that_was_opened_before_the_lake_was_mounted_finds_it(place: Path, tmp_path: Path) -> None:
    open_store((tmp_path / "disk").as_uri(), {}).put(KEY, b"1")
    place.mkdir()
    store = open_store(place.as_uri(), {})
    nothing = [*store.list("raw")]
    place.rmdir()
    (tmp_path / "disk").rename(place)

    found = store.get(KEY)

    assert (nothing, found) == ([], b"1")


def test_a_lake_without_a_mark_gets_one_from_whoever_writes_and_not_from_readers(place: Path) -> None:
    (place / "raw").mkdir(parents=True)
    (place / "raw" / "old").write_bytes(b"1")
    reader, writer = open_store(place.as_uri(), {}), open_store(place.as_uri(), {})
    reader.get("raw/old")
    unmarked = not (place / MARK).exists()
    writer.put(KEY, b"2")
    mark = (place / MARK).read_text()
    open_store(place.as_uri(), {}).put(KEY, b"3")

    assert unmarked
    assert (place / MARK).read_text() == mark
    assert sorted(path.name for path in place.iterdir()) == [MARK, "raw"]
    reader.get(KEY)
    place.rename(place.with_name("moved"))
    with pytest.raises(LakeGone):
        reader.get(KEY)


def test_where_no_mark_can_be_made_the_folder_itself_has_to_be_the_same(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("lake.folder_mark.os.link", refuse)
    store = open_store(place.as_uri(), {})
    store.put(KEY, b"1")
    unmarked = [path.name for path in place.iterdir()]
    place.rename(place.with_name("moved"))
    place.mkdir()

    with pytest.raises(LakeGone):
        store.put(KEY, b"2")
    place.rmdir()
    place.with_name("moved").rename(place)

    assert unmarked == ["raw"]
    assert store.get(KEY) == b"1"


def test_a_file_that_may_not_be_read_is_a_failure_for_who_looks_up_a_key_and_not_a_missing_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(StoreUnavailable, match="permission denied"):
        asyncio.run(store.get_async(KEY))


def test_before_there_was_a_lake_it_is_missing_and_not_gone(place: Path) -> None:
    store = open_store(place.as_uri(), {})

    with pytest.raises(LakeMissing, match="caselog init") as caught:
        store.get(KEY)
    store.put(KEY, b"1")

    assert not isinstance(caught.value, LakeGone)
    with pytest.raises(ObjectNotFound):
        store.get("raw/other")


def test_the_mark_is_no_object(place: Path, store: Store) -> None:
    assert (place / MARK).is_file()
    assert [found.key for found in store.list("")] == [KEY]
