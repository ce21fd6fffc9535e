from __future__ import annotations

from pathlib import Path

import pytest

from lake.store import Store, memory_store, open_store
from tests.conftest import LakeEnv

KEYS = ("raw/b/one", "raw/a/two/deep", "raw/a/three", "raw/x", "raw/ab/y", "other/z")


@pytest.fixture(params=["memory", "lake"])
def store(request: pytest.FixtureRequest, lake_env: LakeEnv) -> Store:
    return memory_store() if request.param == "memory" else open_store(lake_env.url, lake_env.env)


def test_a_level_is_what_lies_directly_at_a_prefix(store: Store) -> None:
    for key in KEYS:
        store.put(key, b"1")

    level = store.level("raw/")

    assert level.prefixes == ["raw/a/", "raw/ab/", "raw/b/"]
    assert [(found.key, found.size) for found in level.objects] == [("raw/x", 1)]
    assert [*level.oddities] == []


def test_nothing_is_an_empty_level(store: Store) -> None:
    store.put("other/z", b"1")

    assert store.level("raw/").prefixes == []


def test_a_level_of_a_folder_tells_what_is_no_object(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri(), {})
    store.put("raw/a/one", b"1")
    (tmp_path / "raw" / "link").symlink_to(tmp_path / "raw" / "a")

    level = store.level("raw/")

    assert level.prefixes == ["raw/a/"]
    assert [odd.key for odd in level.oddities] == ["raw/link"]
