from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from lake.errors import (
    InvalidLakeUrl,
    LakeMissing,
    ObjectChanged,
    ObjectExists,
    ObjectNotFound,
    StoreUnavailable,
)
from lake.store import Store, memory_store, open_store
from tests.conftest import LakeEnv
from tests.servers.s3 import S3Server


@pytest.fixture
def store(lake_env: LakeEnv) -> Store:
    return open_store(lake_env.url, lake_env.env)


def test_what_is_put_is_read_listed_and_deleted(store: Store) -> None:
    store.put("raw/a/2", b"two")
    store.put("raw/a/1", b"one")
    asyncio.run(store.put_async("raw/b/3", b"three", timeout_s=20))

    listed = [(found.key, found.size) for found in store.list("raw/a")]
    store.delete(["raw/a/1", "raw/never/was", "raw/a/2"])

    assert listed == [("raw/a/1", 3), ("raw/a/2", 3)]
    assert [found.key for found in store.list("raw")] == ["raw/b/3"]
    assert store.get("raw/b/3") == asyncio.run(store.get_async("raw/b/3")) == b"three"


def test_a_file_of_any_size_is_put_as_it_is(store: Store, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000 * 2
    (tmp_path / "local").write_bytes(data)

    store.put("logs/x", b"old")
    store.put_file("logs/x", tmp_path / "local")

    assert store.get("logs/x") == data
    assert [found.key for found in store.list("logs")] == ["logs/x"]


def test_put_replaces_and_create_does_not(store: Store) -> None:
    store.put("control/x.json", b"1")
    store.put("control/x.json", b"2")

    with pytest.raises(ObjectExists):
        store.create("control/x.json", b"3")
    store.create("control/y.json", b"4")

    assert store.get("control/x.json") == b"2"
    assert store.get("control/y.json") == b"4"


def test_an_object_is_swapped_only_where_it_is_what_it_was(store: Store) -> None:
    store.swap("control/a", None, b"1")
    store.swap("control/a", b"1", b"2")

    for before in (None, b"1"):
        with pytest.raises(ObjectChanged):
            store.swap("control/a", before, b"3")
    with pytest.raises(ObjectChanged):
        store.swap("control/nowhere/b", b"1", b"3")

    assert store.get("control/a") == b"2"


def test_of_many_swaps_at_once_one_counts(store: Store) -> None:
    store.put("control/a", b"before")

    def swap(number: int) -> bytes | None:
        data = str(number).encode()
        with suppress(ObjectChanged):
            store.swap("control/a", b"before", data)
            return data
        return None

    with ThreadPoolExecutor(8) as pool:
        counted = [each for each in pool.map(swap, range(8)) if each is not None]

    assert counted == [store.get("control/a")]


def test_an_object_that_is_not_there_is_said_so(store: Store) -> None:
    with pytest.raises(ObjectNotFound):
        store.get("raw/nothing")
    with pytest.raises(ObjectNotFound):
        asyncio.run(store.get_async("raw/nothing"))


def test_a_healthy_store_answers_the_check(store: Store) -> None:
    asyncio.run(store.check_async())


def test_parts_of_an_object_are_read_at_once_and_a_big_one_in_pieces(store: Store) -> None:
    data = bytes(range(256)) * 50_000
    store.put("logs/x", data)

    assert store.get_ranges("logs/x", [(0, 3), (1000, 1010), (len(data) - 1, len(data))]) == [
        data[:3],
        data[1000:1010],
        data[-1:],
    ]
    assert b"".join(store.stream("logs/x")) == data
    assert store.size("logs/x") == len(data)
    with pytest.raises(ObjectNotFound):
        store.get_ranges("logs/y", [(0, 1)])
    with pytest.raises(ObjectNotFound):
        list(store.stream("logs/y"))


def test_a_folder_says_where_its_files_lie_and_a_bucket_has_none(store: Store) -> None:
    store.put("logs/x", b"1")

    path = store.local_path("logs/x")

    assert path is None if store.url.startswith("s3://") else path is not None and path.read_bytes() == b"1"


def test_reading_makes_no_folder_and_says_that_there_is_no_lake(tmp_path: Path) -> None:
    store = open_store((tmp_path / "typo").as_uri(), {})

    for ask in (
        lambda: list(store.list("raw/")),
        lambda: store.get("control/x"),
        lambda: store.delete(["raw/x"]),
        lambda: asyncio.run(store.check_async()),
        store.require_lake,
    ):
        with pytest.raises(LakeMissing, match=r"no lake at file://.*typo: `caselog init` makes it"):
            ask()
    assert not (tmp_path / "typo").exists()


def test_the_first_write_makes_the_folder(tmp_path: Path) -> None:
    store = open_store((tmp_path / "new").as_uri(), {})

    store.put("raw/x", b"1")

    assert store.get("raw/x") == b"1"


def test_a_folder_that_was_removed_is_made_again(tmp_path: Path) -> None:
    store = open_store((tmp_path / "lake").as_uri(), {})
    store.put("raw/a/x", b"1")
    shutil.rmtree(tmp_path / "lake" / "raw")

    store.put("raw/a/y", b"2")

    assert store.get("raw/a/y") == b"2"


def test_the_way_to_a_folder_is_on_the_disk_though_another_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = (tmp_path / "lake").resolve()
    store = open_store(lake.as_uri(), {})
    (lake / "raw" / "a").mkdir(parents=True)
    synced: list[Path] = []
    monkeypatch.setattr("lake.folder.fsync", synced.append)

    store.put("raw/a/x", b"1")
    first = list(synced)
    store.put("raw/a/y", b"2")

    assert first == [lake / "raw" / "a", lake / "raw", lake]
    assert synced[3:] == [lake / "raw" / "a"]


def test_staged_and_half_written_files_are_never_listed(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri(), {})
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "x.ndjson.zst#123").write_bytes(b"half")

    assert list(store.list("raw")) == []


def test_a_store_that_does_not_answer_is_unavailable_and_names_no_secret() -> None:
    env = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "very-secret",
    }
    store = open_store("s3://bucket/prefix", env)

    with pytest.raises(StoreUnavailable, match="trying again is safe") as refused:
        asyncio.run(store.put_async("raw/x", b"", timeout_s=1))

    assert "very-secret" not in str(refused.value) + repr(store)


def test_a_missing_bucket_and_wrong_credentials_are_the_operators_to_mend(minio_server: S3Server) -> None:
    missing = open_store("s3://never-made/lake", minio_server.env)
    refused = open_store("s3://caselog-tests/lake", {**minio_server.env, "AWS_SECRET_ACCESS_KEY": "wrong"})

    for store, sentence in ((missing, "caselog init"), (refused, "check the AWS_")):
        with pytest.raises(StoreUnavailable, match=sentence):
            store.get("control/x")
        with pytest.raises(StoreUnavailable, match=sentence):
            store.create("control/x", b"")
        with pytest.raises(StoreUnavailable, match=sentence):
            list(store.list("raw"))
        with pytest.raises(StoreUnavailable, match=sentence):
            asyncio.run(store.check_async())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lake",
        "http://x/y",
        "file://relative",
        "file:///",
        "s3://",
        "s3:///prefix",
        "s3://b/[x]",
        "s3://b/a b",
    ],
)
def test_an_address_that_is_none_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(InvalidLakeUrl, match="CASELOG_LAKE_URL"):
        open_store(url, {})


def test_memory_is_a_store_too() -> None:
    store = memory_store()

    store.create("a/b", b"1")

    with pytest.raises(ObjectExists):
        store.create("a/b", b"2")
    assert [found.key for found in store.list("a")] == ["a/b"]
