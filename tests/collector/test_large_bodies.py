"""Large bodies are read by a process of their own: as small ones are, and whatever becomes of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest
from starlette.types import Message

from collector.errors import CollectorError, Overloaded, Unexpected
from collector.intake import ReceivedLines
from collector.reading import Reading, read_body
from collector.reading_process import ReadingProcess
from tests.collector.conftest import Collector, make_collector, make_log
from tests.collector.test_limits import post_messages

ROOT: Final = Path(__file__).parents[2]
LARGE: Final = json.dumps(make_log(trace={"final_response": "x" * 200_000})).encode()
MIXED: Final = b"\n".join(
    [LARGE, b"{}", b"[1]", b'{"a": NaN}', json.dumps(make_log(client_id="globex")).encode(), LARGE[:-200_001]]
)


def _how(encoding: str = "identity", *, many: bool = False, **limits: int) -> Reading:
    usual = {"max_body_bytes": 2_000_000, "max_log_bytes": 1_000_000, "max_lines": 100}
    return Reading(
        encoding,
        many,
        "acme",
        keeps_traces=True,
        received_at=datetime(2026, 11, 26, tzinfo=UTC),
        **usual | limits,
    )


@pytest.fixture(scope="module")
def large_bodies() -> Iterator[ReadingProcess]:
    process = ReadingProcess(retry_after_s=2)
    yield process
    process.close()


def _outcome(read: Any) -> Any:
    """What was read, or what was raised, as it can be compared."""
    try:
        found: ReceivedLines = read()
    except CollectorError as error:
        return type(error), str(error), list(error.fields)
    return found.logs, found.refused_lines, found.fields


@pytest.mark.parametrize(
    ("sent", "how"),
    [
        (LARGE, _how()),
        (LARGE, _how(max_log_bytes=1000)),
        (MIXED, _how(many=True)),
        (MIXED, _how(many=True, max_lines=2)),
        (b"{}\n[]", _how(many=True)),
        (b"", _how(many=True)),
        (b"\xef\xbb\xbf" + LARGE, _how()),
        (LARGE[:-3], _how()),
        (json.dumps(make_log(client_id="globex")).encode(), _how()),
        (gzip.compress(MIXED), _how("gzip", many=True)),
        (gzip.compress(MIXED)[:-9], _how("gzip", many=True)),
        (gzip.compress(bytes(3_000_000)), _how("gzip")),
        (LARGE, _how("zstd")),
    ],
)
def test_the_process_reads_as_the_collector_does(
    large_bodies: ReadingProcess, sent: bytes, how: Reading
) -> None:
    expected = _outcome(lambda: read_body(sent, how))

    assert _outcome(lambda: asyncio.run(large_bodies.read(sent, how))) == expected


def test_a_defect_in_it_is_told_without_content_and_it_goes_on(
    large_bodies: ReadingProcess, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(Unexpected):
        asyncio.run(large_bodies.read(b"secret", _how("an encoding that there is not")))

    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text
    assert len(asyncio.run(large_bodies.read(LARGE, _how())).logs) == 1


# ---------------------------------------------------------------- its life


def _pid(process: ReadingProcess) -> int:
    assert process._child is not None
    return process._child._process.pid


def test_it_is_not_there_before_it_is_needed_and_not_after_the_collector(collector: Collector) -> None:
    with collector.http() as http:
        assert http.post("/v1/logs", json=make_log(), headers=collector.headers()).status_code == 200
        assert collector.app.large_bodies._child is None

        assert http.post("/v1/logs", content=LARGE, headers=collector.headers()).status_code == 200
        pid = _pid(collector.app.large_bodies)
        assert psutil.pid_exists(pid)

    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize(
    ("body", "is_large"),
    [
        (json.dumps(make_log(trace={"final_response": "x" * 60_000})), False),
        (json.dumps(make_log(trace={"final_response": "x" * 70_000})), True),
        (json.dumps(make_log(trace={"a": [[]] * 3000})), False),
        (json.dumps(make_log(trace={"a": [[]] * 6000})), True),
        (json.dumps(make_log(trace={"final_response": "x" * 20_000, "a": [[]] * 3000})), True),
    ],
)
def test_what_takes_long_to_read_is_read_by_it(collector: Collector, body: str, *, is_large: bool) -> None:
    with collector.http() as http:
        assert http.post("/v1/logs", content=body, headers=collector.headers()).status_code == 200

        assert (collector.app.large_bodies._child is not None) == is_large


@pytest.mark.parametrize(("lines", "is_large"), [(50, False), (52, True)])
def test_a_body_of_many_lines_is_read_by_it(collector: Collector, lines: int, *, is_large: bool) -> None:
    body = "\n".join([json.dumps(make_log())] * lines)
    with collector.http() as http:
        assert http.post("/v1/logs", content=body, headers=collector.ndjson()).status_code == 200

        assert (collector.app.large_bodies._child is not None) == is_large


def test_one_that_was_killed_is_started_again(large_bodies: ReadingProcess) -> None:
    asyncio.run(large_bodies.read(LARGE, _how()))
    before = _pid(large_bodies)
    os.kill(before, signal.SIGKILL)
    psutil.Process(before).wait(60)

    assert len(asyncio.run(large_bodies.read(LARGE, _how())).logs) == 1
    assert _pid(large_bodies) != before


def test_what_is_meant_for_the_collector_does_not_end_it(large_bodies: ReadingProcess) -> None:
    asyncio.run(large_bodies.read(LARGE, _how()))
    before = _pid(large_bodies)
    os.kill(before, signal.SIGINT)
    os.kill(before, signal.SIGTERM)

    assert len(asyncio.run(large_bodies.read(LARGE, _how())).logs) == 1
    assert _pid(large_bodies) == before


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_it_inherits_no_secret(large_bodies: ReadingProcess) -> None:
    asyncio.run(large_bodies.read(LARGE, _how()))
    environment = Path(f"/proc/{_pid(large_bodies)}/environ").read_bytes().split(b"\0")

    assert {line.partition(b"=")[0] for line in environment} <= {b"", b"PYTHONPATH", b"PYTHONNOUSERSITE"}
    assert (
        len(list(Path(f"/proc/{_pid(large_bodies)}/fd").iterdir())) == 4
    )  # standard input to error, and ours


def test_one_that_hangs_is_ended_and_started_again() -> None:
    process = ReadingProcess(retry_after_s=2)
    asyncio.run(process.read(LARGE, _how()))
    before = _pid(process)
    os.kill(before, signal.SIGSTOP)
    assert process._child is not None
    tenth = struct.pack("@ll", 0, 100_000)
    process._child._connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, tenth)

    with pytest.raises(Overloaded):
        asyncio.run(process.read(LARGE, _how()))

    assert not psutil.pid_exists(before)
    assert len(asyncio.run(process.read(LARGE, _how())).logs) == 1
    process.close()


PROGRAM: Final = """
import asyncio, os, signal
from tests.collector.test_large_bodies import LARGE, _how, _pid
from collector.reading_process import ReadingProcess
process = ReadingProcess(2)
asyncio.run(process.read(LARGE, _how()))
print(_pid(process), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_ends_with_a_collector_that_is_killed() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )

    try:
        psutil.Process(int(found.stdout)).wait(60)
    except psutil.NoSuchProcess:
        return


# ---------------------------------------------------------------- who waits for it


async def _until_it_reads(collector: Collector) -> None:
    while not collector.app.large_bodies._lock.locked():  # noqa: ASYNC110  # a thread holds it
        await asyncio.sleep(0.005)


async def _stop(collector: Collector, http: httpx.AsyncClient) -> int:
    """Its id, once it has been started and reads nothing more."""
    assert (await http.post("/v1/logs", content=LARGE, headers=collector.headers())).status_code == 200
    os.kill(_pid(collector.app.large_bodies), signal.SIGSTOP)
    return _pid(collector.app.large_bodies)


def test_nobody_with_a_small_log_waits_for_a_large_body(collector: Collector) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        pid = await _stop(collector, http)
        large = asyncio.create_task(http.post("/v1/logs", content=LARGE, headers=collector.headers()))
        await _until_it_reads(collector)

        small = await http.post("/v1/logs", json=make_log(), headers=collector.headers("globex"))

        assert small.status_code == 200
        assert not large.done()
        os.kill(pid, signal.SIGCONT)
        assert (await large).status_code == 200

    collector.run(steps)


def test_a_body_whose_reading_ended_is_503_and_leaks_nothing(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        pid = await _stop(collector, http)
        large = asyncio.create_task(http.post("/v1/logs", content=LARGE, headers=collector.headers()))
        await _until_it_reads(collector)

        os.kill(pid, signal.SIGKILL)

        answer = await large
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")
        assert answer.headers["retry-after"] == "2"
        assert (await http.post("/v1/logs", content=LARGE, headers=collector.headers())).status_code == 200

    collector.run(steps)

    assert "The process that reads large bodies is gone" in caplog.text
    assert collector.app.budget.in_flight_bytes == 0


def test_a_large_body_waits_for_its_turn_only_so_long() -> None:
    collector = make_collector(ack_timeout_s=0.05)

    async def steps(http: httpx.AsyncClient) -> None:
        await collector.app.large_bodies.turns.take("globex")
        answer = await http.post("/v1/logs", content=LARGE, headers=collector.headers())

        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "overloaded")

    collector.run(steps)

    assert collector.app.budget.in_flight_bytes == 0


def test_nothing_is_read_for_a_sender_that_is_gone(collector: Collector) -> None:
    async def steps() -> tuple[int, dict[str, Any]]:
        gone = asyncio.Event()

        def messages() -> Iterator[Message]:
            yield {"type": "http.request", "body": LARGE, "more_body": False}
            gone.set()
            yield {"type": "http.disconnect"}

        await collector.app.large_bodies.turns.take("globex")
        late = asyncio.create_task(post_messages(collector, messages()))
        await gone.wait()
        collector.app.large_bodies.turns.give_back()
        return await late

    status, answer = asyncio.run(steps())

    assert (status, answer["error"]["code"]) == (400, "upload_aborted")
    assert collector.lines() == []
    assert collector.app.budget.in_flight_bytes == 0
