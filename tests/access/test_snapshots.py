from __future__ import annotations

import urllib.error
import urllib.request
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from access.snapshots import FileUrls, SnapshotSource
from etl.run import run_once
from etl.settings import EtlSettings
from lake.reader import Reader
from lake.scope import Scope
from lake.snapshot import Lake
from lake.store import Store, open_store
from tests.clock import FakeClock
from tests.logs import a_log, put_raw

LIFETIME = timedelta(minutes=10)


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    store = open_store(tmp_path.as_uri(), {})
    put_raw(store, a_log("1"))
    put_raw(store, a_log("1", client_id="globex"))
    run_once(Lake(store), EtlSettings())
    put_raw(store, a_log("2"))
    put_raw(store, a_log("2", client_id="globex"))
    return store


def source(store: Store, clock: FakeClock) -> SnapshotSource:
    urls = FileUrls("http://127.0.0.1:8080", b"secret") if store.folder else None
    return SnapshotSource(store, urls, LIFETIME, now=clock)


def test_a_snapshot_names_exactly_the_files_of_its_scope(folder: Store, clock: FakeClock) -> None:
    snapshot = source(folder, clock).take(Scope.of("acme"))

    places = [*snapshot.logs, *snapshot.traces, *(raw.location for raw in snapshot.raw)]
    assert len(places) == 3
    assert all("client_id=acme/" in place for place in places)


def test_the_provider_gets_the_files_of_all(folder: Store, clock: FakeClock) -> None:
    snapshot = source(folder, clock).take(Scope(None))

    assert (len(snapshot.logs), len(snapshot.traces), len(snapshot.raw)) == (2, 2, 2)


def test_a_file_keeps_its_url_while_half_its_life_is_left(folder: Store, clock: FakeClock) -> None:
    snapshots = source(folder, clock)
    first = snapshots.take(Scope.of("acme")).logs

    clock.advance(LIFETIME.total_seconds() / 2 - 1)
    second = snapshots.take(Scope.of("acme")).logs
    clock.advance(2)
    third = snapshots.take(Scope.of("acme")).logs

    assert first == second != third


def test_a_new_log_is_in_the_next_snapshot(folder: Store, clock: FakeClock) -> None:
    snapshots = source(folder, clock)
    before = snapshots.take(Scope.of("acme"))
    put_raw(folder, a_log("3"))

    clock.advance(3600)

    assert len(snapshots.take(Scope.of("acme")).raw) == len(before.raw) + 1


def test_a_url_opens_its_own_file_until_it_expires(clock: FakeClock) -> None:
    urls = FileUrls("http://127.0.0.1:8080", b"secret")
    url = urls.sign("logs/client_id=acme/x.parquet", clock() + LIFETIME)
    expires, signature = (part.split("=")[1] for part in url.split("?")[1].split("&"))

    def opens(key: str, expires: str, signature: str) -> bool:
        return urls.verify(key, expires, signature, clock())

    assert opens("logs/client_id=acme/x.parquet", expires, signature)
    assert not opens("logs/client_id=globex/x.parquet", expires, signature)
    assert not opens("logs/client_id=acme/x.parquet", str(int(expires) + 1), signature)
    assert not opens("logs/client_id=acme/x.parquet", expires, signature[:-1] + "x")
    assert not opens("logs/client_id=acme/x.parquet", "9" * 400, signature)
    assert not opens("logs/client_id=acme/x.parquet", "-1", "\ud800")
    clock.advance(LIFETIME.total_seconds())
    assert not opens("logs/client_id=acme/x.parquet", expires, signature)


def test_another_secret_signs_nothing_that_opens(clock: FakeClock) -> None:
    forged = FileUrls("http://x", b"guess").sign("logs/x", clock() + LIFETIME)
    expires, signature = (part.split("=")[1] for part in forged.split("?")[1].split("&"))

    assert not FileUrls("http://x", b"secret").verify("logs/x", expires, signature, clock())
    assert "secret" not in repr(FileUrls("http://x", b"secret"))


@pytest.fixture(params=["weed", "minio"])
def bucket(request: pytest.FixtureRequest) -> Store:
    server = request.getfixturevalue(f"{request.param}_server")
    return open_store(f"s3://caselog-tests/{uuid.uuid4().hex}", server.env)


def test_on_s3_a_reader_without_credentials_reads_its_own_client_and_no_other(
    bucket: Store, clock: FakeClock
) -> None:
    for client_id in ("acme", "globex"):
        put_raw(bucket, a_log("1", client_id=client_id))
    run_once(Lake(bucket), EtlSettings())
    put_raw(bucket, a_log("2"))

    snapshot = source(bucket, clock).take(Scope.of("acme"))
    reader = Reader(snapshot)

    assert reader.sql("SELECT client_id, log_id FROM logs ORDER BY ALL") == [("acme", "1"), ("acme", "2")]
    foreign = snapshot.logs[0].replace("client_id=acme", "client_id=globex")
    with pytest.raises(urllib.error.HTTPError, match=r"403|404") as refused:
        urllib.request.urlopen(foreign, timeout=10)
    refused.value.close()
