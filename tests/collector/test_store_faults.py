"""The store on its bad days: a log is acknowledged once it is confirmed, else 503 that claims no more than is known."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from collector.settings import CollectorSettings
from lake.store import open_store
from tests.collector.conftest import Collector, make_collector, make_log, stored_lines
from tests.collector.failing_s3 import ANSWERS, FAULTS, FailingS3, failing_s3
from tests.collector.stores import _Double

#: Short, so that a test does not wait for what never comes; the real one is below what a sender is promised.
_PATIENCE_S = 0.5
_PROMISED_S = 5
#: For what does come, on however busy a machine.
_LONG_S = 60


@pytest.fixture
def s3() -> Iterator[FailingS3]:
    with failing_s3() as server:
        yield server


@pytest.fixture
def collector(s3: FailingS3) -> Collector:
    store = open_store("s3://bucket/", s3.env)
    return make_collector(store, ack_timeout_s=_PATIENCE_S, key_cache_ttl_s=3600)


def _post(http: TestClient, collector: Collector) -> Any:
    return http.post("/v1/logs", json=make_log(), headers=collector.headers())


def _until_200(ask: Callable[[], Any]) -> int:
    """The status of the last answer: the first 200, or what it was for a minute."""
    deadline = time.monotonic() + _LONG_S
    while (status := ask().status_code) != 200 and time.monotonic() < deadline:
        continue
    return int(status)


def _readiness(http: TestClient, collector: Collector) -> Any:
    collector.clock.advance(5)
    return http.get("/readyz")


def test_a_sender_is_answered_within_what_is_promised_unless_told_otherwise() -> None:
    assert CollectorSettings().ack_timeout_s < _PROMISED_S


@pytest.mark.parametrize("fault", FAULTS)
def test_a_store_that_fails_is_503_and_well_again_without_a_restart(
    s3: FailingS3, collector: Collector, fault: str
) -> None:
    with collector.http() as http:
        before = _until_200(lambda: _readiness(http, collector))
        s3.fault = fault
        refused = _post(http, collector)
        not_ready = _readiness(http, collector)
        s3.fault = ""
        s3.released.set()
        ready = _until_200(lambda: _readiness(http, collector))
        again = _until_200(lambda: _post(http, collector))

    assert (before, ready, again) == (200, 200, 200)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "not_confirmed")
    assert refused.headers["retry-after"] == "2"
    assert "did not confirm the log: sending it again is safe" in refused.json()["error"]["message"]
    assert (not_ready.status_code, not_ready.json()["error"]["code"]) == (503, "not_ready")


def test_a_store_that_takes_the_bytes_and_cuts_the_line_has_them_and_a_resend_is_the_same_log(
    s3: FailingS3, collector: Collector
) -> None:
    patient = collector.replica(ack_timeout_s=_LONG_S)
    with collector.http() as http, patient.http() as later:
        s3.fault = "cuts"
        refused = _post(http, collector)
        s3.fault = ""
        again = _post(later, patient)

    logs = [key for key in s3.objects if key.startswith("raw/client_id=acme/")]
    assert (refused.status_code, again.status_code) == (503, 200)
    assert len(logs) == 2  # under names of their own; the ETL and every reader count the log once


@pytest.mark.parametrize("fault", ["refuses", "has expired credentials"])
def test_whose_turn_it_is_stands_in_readyz(s3: FailingS3, collector: Collector, fault: str) -> None:
    s3.fault = fault

    with collector.http() as http:
        said = http.get("/readyz").json()["error"]["message"]

    assert "check the AWS_* variables and what they are allowed to do" in said
    assert s3.env["AWS_ENDPOINT_URL"] not in said
    assert ANSWERS[fault][1] not in said


def test_what_it_takes_to_say_who_sends_counts_as_waiting_for_the_store() -> None:
    """A store that is slow in one thing and silent in the other makes nobody wait for both."""

    class Slow(_Double):
        def __init__(self) -> None:
            super().__init__()
            self.is_slow = False
            self.given_up = asyncio.Event()

        async def get_async(self, key: str) -> bytes:
            await asyncio.sleep(0.5 if self.is_slow else 0)
            return await super().get_async(key)

        async def put_async(self, key: str, data: bytes, *, timeout_s: float | None = None) -> None:
            del key, data
            try:
                async with asyncio.timeout(timeout_s):
                    await asyncio.Event().wait()
            finally:
                self.given_up.set()

    store = Slow()
    collector = make_collector(store, ack_timeout_s=1.5)
    store.is_slow = True

    async def steps(http: httpx.AsyncClient) -> None:
        answer = await http.post("/v1/logs", json=make_log(), headers=collector.headers())

        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_confirmed")
        assert not store.given_up.is_set()  # the sender has his answer before the store's own time is up
        await store.given_up.wait()

    collector.run(steps)


def test_a_full_disk_is_503_in_words_and_leaves_no_half_written_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = make_collector(open_store((tmp_path / "lake").as_uri(), {}))
    really = os.fsync

    def full(descriptor: int) -> None:
        del descriptor
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with collector.http() as http:
        monkeypatch.setattr(os, "fsync", full)
        refused = [_post(http, collector) for _ in range(3)]
        not_ready = http.get("/readyz")
        monkeypatch.setattr(os, "fsync", really)
        left = [path for path in (tmp_path / "lake" / "raw").rglob("*") if path.is_file()]
        collector.clock.advance(5)
        ready = http.get("/readyz")
        again = _post(http, collector)

    assert {answer.status_code for answer in refused} == {503}
    assert "no space left on device" in not_ready.json()["error"]["message"]
    assert left == []
    assert (ready.status_code, again.status_code) == (200, 200)
    assert len(stored_lines(collector.store)) == 1
