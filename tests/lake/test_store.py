from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest

from lake.errors import InvalidLakeUrl, ObjectExists, ObjectNotFound, StoreUnavailable
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


def test_put_replaces_and_create_does_not(store: Store) -> None:
    store.put("control/x.json", b"1")
    store.put("control/x.json", b"2")

    with pytest.raises(ObjectExists):
        store.create("control/x.json", b"3")
    store.create("control/y.json", b"4")

    assert store.get("control/x.json") == b"2"
    assert store.get("control/y.json") == b"4"


def test_an_object_that_is_not_there_is_said_so(store: Store) -> None:
    with pytest.raises(ObjectNotFound):
        store.get("raw/nothing")
    with pytest.raises(ObjectNotFound):
        asyncio.run(store.get_async("raw/nothing"))


def test_a_healthy_store_answers_the_check(store: Store) -> None:
    asyncio.run(store.check_async())


def test_a_signed_url_opens_its_object_and_no_other(minio_server_store: Store) -> None:
    minio_server_store.put("logs/mine", b"mine")
    minio_server_store.put("logs/other", b"other")

    [url] = minio_server_store.signed_urls(["logs/mine"], timedelta(minutes=1))

    assert urllib.request.urlopen(url, timeout=10).read() == b"mine"
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(url.replace("logs/mine", "logs/other"), timeout=10)
    refused.value.close()


@pytest.fixture
def minio_server_store(request: pytest.FixtureRequest) -> Store:
    server = request.getfixturevalue("minio_server")
    return open_store("s3://caselog-tests/signed", server.env)


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
