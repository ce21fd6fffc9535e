"""Ready means can: the store is tried by writing, and said in words where it does not do what a log needs."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from cli.errors import CliError
from cli.parent import PARENT
from cli.servers import _collectors_store, _require_writing
from etl.run import run_once
from etl.settings import EtlSettings
from etl.status import status
from lake import layout
from lake.errors import ObjectNotFound, StoreRefused, StoreUnavailable
from lake.probe import probe
from lake.snapshot import Lake
from lake.store import Store, memory_store, open_store
from tests.collector.conftest import Collector, make_collector, make_log
from tests.collector.stores import _Double
from tests.conftest import LakeEnv
from tests.logs import a_log, put_raw

PROBE = layout.probe_key("one")


class LimitedStore(_Double):
    """Refuses one: ``write``, ``read``, ``remove`` of probes, or reading below a prefix; counts what is written."""

    def __init__(self, refuses: str = "") -> None:
        super().__init__()
        self.refuses = refuses
        self.probes: list[str] = []

    async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
        self.probes.append(key)
        if self.refuses == "write":
            raise StoreRefused(f"writing {key}")
        await super().put_async(key, data, timeout_s=timeout_s)

    async def get_async(self, key: str) -> bytes:
        if self.refuses == "read" if layout.is_probe(key) else key.startswith(self.refuses or "nothing"):
            raise StoreRefused(f"reading {key}")
        return b"other" if self.refuses == "same" and layout.is_probe(key) else await super().get_async(key)

    async def delete_async(self, key: str) -> None:
        if self.refuses == "remove":
            raise StoreRefused(f"deleting {key}")
        await super().delete_async(key)


@pytest.mark.parametrize(
    ("refuses", "words"),
    [
        ("write", "refused writing raw/probes/"),
        ("read", "refused reading raw/probes/"),
        ("remove", "refused deleting raw/probes/"),
        ("control/keys/", "refused reading control/keys/"),
        ("control/clients/", "refused reading control/clients/"),
        ("same", "it holds something else"),
    ],
)
def test_what_the_store_does_not_do_is_said(refuses: str, words: str) -> None:
    store = LimitedStore()
    collector = make_collector(store)
    store.refuses = refuses

    with collector.http() as http:
        answer = http.get("/readyz")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
    assert words in answer.json()["error"]["message"]
    assert collector.keys["acme"] not in answer.text


def test_a_store_that_is_well_again_is_seen_without_a_restart(caplog: pytest.LogCaptureFixture) -> None:
    store = LimitedStore("write")
    collector = make_collector(store)
    caplog.set_level(logging.INFO)
    with collector.http() as http:
        before = [http.get("/readyz").status_code for _ in range(3)]
        store.refuses = ""
        still = http.get("/readyz").status_code
        collector.clock.advance(5)
        after = http.get("/readyz").status_code

    assert (before, still, after) == ([503, 503, 503], 503, 200)
    said = [record.getMessage() for record in caplog.records if record.name == "collector.readiness"]
    assert len(said) == 2
    assert said[0].startswith(
        f"The object store refused writing {store.probes[0]}: check the AWS_* variables"
    )
    assert said[1] == "Logs can be stored again."


def test_however_many_ask_the_store_is_written_to_once_in_some_seconds_and_nothing_is_left() -> None:
    store = LimitedStore()
    collector = make_collector(store)

    with collector.http() as http:
        for seconds in (0, 1, 1, 1, 1, 1):
            collector.clock.advance(seconds)
            http.get("/readyz")

    assert len(store.probes) == 2
    assert set(store.probes) == {store.probes[0]}
    assert list(store.list("raw")) == []


def test_a_store_that_hangs_is_asked_once_and_said_to_be_silent() -> None:
    class Hanging(_Double):
        begun = 0

        async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
            del key, data, timeout_s
            self.begun += 1
            await asyncio.Event().wait()

    store = Hanging()
    collector = make_collector(store, ack_timeout_s=0.05)

    async def ask(http: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(http.get("/readyz") for _ in range(20)))

        assert {answer.status_code for answer in answers} == {503}
        assert "did not answer within 0.05 s" in answers[0].json()["error"]["message"]

    collector.run(ask)
    assert store.begun == 1


def test_a_lake_that_went_away_is_named_in_the_service_log_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Gone(_Double):
        async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
            del key, data, timeout_s
            open_store((tmp_path / "secret-place").as_uri(), {}).get("raw/x")

    with make_collector(Gone()).http() as http:
        answer = http.get("/readyz")

    assert answer.status_code == 503
    assert "secret-place" not in answer.text
    assert "secret-place" in caplog.text


# ---------------------------------------------------------------- the probe itself


def test_a_probe_leaves_nothing(lake_env: LakeEnv) -> None:
    store = open_store(lake_env.url, lake_env.env)

    probe(store, PROBE)

    with pytest.raises(ObjectNotFound):
        store.get(PROBE)


def test_a_collector_over_each_kind_of_store_is_ready(lake_env: LakeEnv) -> None:
    store = open_store(lake_env.url, lake_env.env)

    with make_collector(store).http() as http:
        answer = http.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
    assert [found.key for found in store.list("raw")] == []


def test_a_store_that_loses_what_it_confirmed_fails_the_probe() -> None:
    class Losing(Store):
        def put(self, key: str, data: bytes | memoryview) -> None:
            del key, data

    store = Losing("memory://", memory_store()._objects)

    with pytest.raises(StoreUnavailable, match="it was written, and is not there"):
        probe(store, PROBE)


def test_a_probe_that_is_seen_by_the_etl_is_no_log_and_no_stray(tmp_path: Path) -> None:
    lake = Lake(open_store(tmp_path.as_uri(), {}))
    put_raw(lake.store, a_log("1"))
    lake.store.put(PROBE, b"{}")

    waiting = status(lake)["raw_objects"]
    report = run_once(lake, EtlSettings())

    assert waiting == 1
    assert (report.logs, report.objects, report.quarantined) == (1, 1, 0)
    assert [found.key for found in lake.store.list("raw")] == [PROBE]


def test_a_probe_that_a_killed_collector_left_is_removed_after_a_while(tmp_path: Path) -> None:
    lake = Lake(open_store(tmp_path.as_uri(), {}))
    lake.store.put(PROBE, b"{}")

    run_once(lake, EtlSettings(), clock=lambda: datetime.now(UTC) + timedelta(hours=2))

    assert [found.key for found in lake.store.list("raw")] == []


# ---------------------------------------------------------------- the start


def test_a_start_with_credentials_that_may_only_read_is_refused_in_words() -> None:
    class ReadOnly(Store):
        def put(self, key: str, data: bytes | memoryview) -> None:
            del data
            raise StoreRefused(f"writing {key}")

    with pytest.raises(CliError) as caught:
        _require_writing(ReadOnly("memory://", memory_store()._objects))

    said = str(caught.value)
    assert said.startswith("Logs could not be stored. The object store refused writing raw/probes/")
    assert "read and delete below raw/probes/" in said


@pytest.mark.parametrize("kind", ["keys", "clients"])
def test_a_start_that_may_write_and_not_look_up_is_refused_in_words(kind: str) -> None:
    class WriteOnly(Store):
        def get(self, key: str) -> bytes:
            if key.startswith(f"control/{kind}/"):
                raise StoreRefused(f"reading {key}")
            return super().get(key)

    with pytest.raises(CliError, match=f"refused reading control/{kind}/.* read control/keys/ and"):
        _require_writing(WriteOnly("memory://", memory_store()._objects))


def test_a_folder_of_clients_that_may_not_be_entered_stops_the_start_and_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root, to whom a mode of a folder says nothing, the tests would see nothing of it."""
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if "clients" in path.parts:
            raise PermissionError(13, "Permission denied")
        return read(path)

    store = open_store((tmp_path / "lake").as_uri(), {})
    collector = make_collector(store)
    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(CliError, match=r"reading control/clients/-.json \(permission denied\)"):
        _require_writing(store)
    with collector.http() as http:
        answer = http.get("/readyz")

    assert answer.status_code == 503
    assert "control/clients/-.json (permission denied)" in answer.json()["error"]["message"]


# ---------------------------------------------------------------- a lake that is gone


def _send(collector: Collector, http: TestClient, client: str = "acme") -> int:
    return http.post("/v1/logs", json=make_log(), headers=collector.headers(client)).status_code


@pytest.mark.parametrize("is_unmounted", [True, False])
def test_a_lake_that_is_gone_is_503_for_all_and_makes_nobody_unknown(
    tmp_path: Path, *, is_unmounted: bool
) -> None:
    place = tmp_path / "lake"
    collector = make_collector(open_store(place.as_uri(), {}))
    with collector.http() as http:
        before = [_send(collector, http), http.get("/readyz").status_code]
        place.rename(tmp_path / "moved")
        if is_unmounted:
            place.mkdir()
        cached = [_send(collector, http), _send(collector, http, "globex")]
        collector.clock.advance(60)
        gone, not_ready = [_send(collector, http), _send(collector, http)], http.get("/readyz")
        made = [*place.iterdir()] if is_unmounted else place.exists()
        if is_unmounted:
            place.rmdir()
        (tmp_path / "moved").rename(place)
        collector.clock.advance(60)
        after = [_send(collector, http), _send(collector, http, "globex"), http.get("/readyz").status_code]

    assert (before, cached, after) == ([200, 200], [503, 503], [200, 200, 200])
    assert (gone, not_ready.status_code) == ([503, 503], 503)
    assert "There is no lake where CASELOG_LAKE_URL leads" in not_ready.json()["error"]["message"]
    assert not made
    assert len(collector.lines()) == 3


def test_a_process_that_is_started_again_makes_no_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "lake"
    monkeypatch.setenv("CASELOG_LAKE_URL", place.as_uri())
    monkeypatch.setenv(PARENT, "1")

    for _ in range(2):  # no folder, and then one in which nothing is mounted
        with pytest.raises(CliError, match="There is no lake"):
            _collectors_store()
        place.mkdir(exist_ok=True)
    nothing = [*place.iterdir()]
    monkeypatch.delenv(PARENT)
    _require_writing(_collectors_store())
    monkeypatch.setenv(PARENT, "1")

    assert nothing == []
    _collectors_store()


def test_who_asks_again_and_again_whether_it_is_ready_does_not_fill_the_service_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    collector = make_collector(LimitedStore("write"))
    with collector.http() as http, caplog.at_level(logging.INFO):
        answers = {http.get("/readyz").status_code for _ in range(20)}

    assert answers == {503}
    assert len([said for said in caplog.records if said.levelno >= logging.WARNING]) == 1  # that it is not
