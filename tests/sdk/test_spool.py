"""With a folder to keep logs in, what could not be delivered is there at the next start; only masked, only bounded."""

from __future__ import annotations

import gzip
import json
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from caselog import Client, Limits, Settings
from caselog.console import Console
from caselog.spool import Spool
from tests.sdk.conftest import QUICK
from tests.sdk.fake_collector import API_KEY, STORED, Answer, FakeCollector, Sent, answers
from tests.sdk.test_processes import run

DOWN = "http://127.0.0.1:9/v1/logs"
LOG = {
    "ticket_id": "T-1",
    "status": "SUCCESS",
    "executed_at": "2026-11-23T14:05:00Z",
    "category": "bob@example.com",
}
Open = Callable[..., Client]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*")) if folder.exists() else []


def leave_behind(
    folder: Path,
    url: str,
    *,
    limits: Limits = QUICK,
    client_id: str = "acme",
    keeps: bool = True,
) -> Client:
    """Ships two logs that cannot be delivered, and closes once they are on disk; not ``keeps``, they never are."""
    client = Client(Settings(url, API_KEY, client_id, spool_dir=str(folder)), limits)
    for number in range(2):
        client.ship({**LOG, "ticket_id": f"left {number}"})
    client._shipper.wait_until_loaded(60)
    client.flush(0.2)
    if keeps:
        until_out_of_memory(client)
    client.close(0)
    return client


def until_out_of_memory(client: Client) -> None:
    """Wait until each accepted log is delivered, given up or on disk."""
    deadline = time.monotonic() + 60
    while client._shipper._settled < client._shipper._accepted:
        assert time.monotonic() < deadline, "logs wait in memory"
        time.sleep(0.001)


def test_what_could_not_be_delivered_arrives_with_the_first_log_after_the_next_start(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    # The collector of the next start has the address of the first: files belong to an address and a key.
    url = f"{collector.url}/v1/logs"
    collector.answer = answers((503, {}, b""))
    first = leave_behind(folder, url)
    kept = files(folder)
    collector.requests.clear()
    collector.answer = answers(STORED)

    client = open_client(spool_dir=str(folder))
    client.ship(LOG)
    client.flush(60)
    client.close(60)

    assert kept
    assert first.stats()["lost"] == {}
    assert [log["ticket_id"] for log in collector.logs] == ["T-1", "left 0", "left 1"]
    assert files(folder) == []


@pytest.mark.claim("waits-on-disk")
def test_what_is_on_disk_is_masked_and_for_its_owner_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leave_behind(folder, DOWN)

    for path in files(folder):
        assert b"bob@" not in gzip.decompress(path.read_bytes())
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert files(folder)


def test_a_process_that_ends_while_the_collector_hangs_keeps_its_logs(
    folder: Path, collector: FakeCollector
) -> None:
    never = threading.Event()

    def hang(_sent: Sent) -> Answer:
        never.wait(30)
        return STORED

    collector.answer = hang
    env = {**collector.env, "CASELOG_SPOOL_DIR": str(folder)}
    ended = run("for n in range(3): ship_log_async({**LOG, 'ticket_id': str(n)})", env)
    never.set()
    collector.requests.clear()
    collector.answer = answers(STORED)

    run("ship_log_async(LOG); flush(60)", env)

    assert ended.returncode == 0
    assert "wait in CASELOG_SPOOL_DIR" in ended.stderr
    assert sorted({log["ticket_id"] for log in collector.logs}) == ["0", "1", "2", "T-1"]
    assert files(folder) == []


def test_a_log_that_gets_through_after_all_leaves_nothing_on_disk(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answer = answers((500, {}, b""), (500, {}, b""), STORED)
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    client.flush(60)
    client.close(60)

    assert folder.exists()
    assert files(folder) == []


def test_the_folder_is_bounded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = leave_behind(folder, DOWN, limits=Limits(first_retry_s=0.01, max_spool_bytes=10), keeps=False)

    assert files(folder) == []
    assert client.stats()["lost"] == {"network": 2}
    assert "holds as much as it may" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_one_line_and_nothing_else(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("a file stands in its place")
    collector.answer = answers((500, {}, b""), STORED)
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    delivered = client.flush(60)

    assert delivered
    assert capsys.readouterr().err.count("CASELOG_SPOOL_DIR cannot be written to") == 1


def test_files_of_another_client_are_left_alone_and_damaged_ones_removed(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{collector.url}/v1/logs"
    collector.answer = answers((503, {}, b""))
    leave_behind(folder, url, client_id="globex")
    foreign = files(folder)
    leave_behind(folder, url)
    for path in set(files(folder)) - set(foreign):
        path.write_bytes(path.read_bytes()[:20])
    collector.requests.clear()
    collector.answer = answers(STORED)

    client = open_client(spool_dir=str(folder))
    client.ship(LOG)
    client.close(60)

    assert [log["ticket_id"] for log in collector.logs] == ["T-1"]
    assert files(folder) == foreign


def test_without_a_log_no_file_is_touched(folder: Path) -> None:
    ended = run("import caselog; flush(1)", {"CASELOG_SPOOL_DIR": str(folder)})

    assert ended.returncode == 0
    assert not folder.exists()


def spooled(collector: FakeCollector, folder: Path, *ticket_ids: str) -> list[Path]:
    """One file for each ticket id, as an earlier process left them."""
    spool = Spool(str(folder), Settings(f"{collector.url}/v1/logs", API_KEY, "acme").owner, 10**6, Console())
    lines = [json.dumps({**LOG, "ticket_id": ticket_id}).encode() for ticket_id in ticket_ids]
    return [path for line in lines if (path := spool.write([line]))]


def test_files_sort_by_age_however_quickly_they_are_written(folder: Path, collector: FakeCollector) -> None:
    written = spooled(collector, folder, *(f"T-{number}" for number in range(50)))

    assert written == sorted(written)


def test_a_damaged_file_takes_nothing_with_it(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    (damaged, _) = spooled(collector, folder, "damaged", "fine")
    content = bytearray(damaged.read_bytes())
    content[20:24] = b"\xff\xff\xff\xff"
    damaged.write_bytes(bytes(content))
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    client.close(60)

    assert [log["ticket_id"] for log in collector.logs] == ["T-1", "fine"]
    assert client.stats()["lost"] == {}
    assert files(folder) == []


def test_a_file_that_cannot_be_read_now_stays(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = spooled(collector, folder, "later")
    content = path.read_bytes()
    path.unlink()
    path.mkdir()  # whoever may read everything cannot read a folder as a file
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    client.close(60)
    path.rmdir()
    path.write_bytes(content)

    assert "cannot be read" in capsys.readouterr().err
    assert files(folder) == [path]


def test_a_log_is_settled_before_what_waits_on_disk_is_sent(
    folder: Path, open_client: Open, collector: FakeCollector
) -> None:
    spooled(collector, folder, "old 0", "old 1")
    go_on = threading.Event()

    def slow_for_old_ones(sent: Sent) -> Answer:
        if sent.logs[0]["ticket_id"].startswith("old"):
            go_on.wait(60)
        return STORED

    collector.answer = slow_for_old_ones
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    delivered = client.flush(60)
    go_on.set()

    assert delivered


def test_a_file_that_the_collector_fails_on_does_not_hold_up_the_others(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    poison, *_ = spooled(collector, folder, "poison", "good 0", "good 1")
    collector.answer = lambda sent: (500, {}, b"") if sent.logs[0]["ticket_id"] == "poison" else STORED
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    client.flush(60)
    while len(files(folder)) > 1:
        client.ship(LOG)
        client.flush(60)

    assert files(folder) == [poison]


def test_of_a_file_that_the_collector_takes_in_part_the_rest_is_counted(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = Spool(str(folder), Settings(f"{collector.url}/v1/logs", API_KEY, "acme").owner, 10**6, Console())
    spool.write([json.dumps({**LOG, "ticket_id": ticket}).encode() for ticket in ("a", "bad", "b")])
    partly = b'{"status": "partly_stored", "refused_lines": [2]}'
    collector.answer = lambda sent: (207, {}, partly) if len(sent.logs) == 3 else STORED
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    client.flush(60)
    client.close(60)

    assert files(folder) == []
    assert client.stats()["lost"] == {"refused": 1}
    assert len(collector.requests) == 2


@pytest.mark.claim("spool-waits-for-a-key")
def test_a_key_that_is_refused_loses_nothing_that_is_on_disk(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    spooled(collector, folder, "old")
    collector.answer = answers((401, {}, b"{}"))
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    client.close(1)

    assert client.stats()["lost"] == {}
    assert len(files(folder)) == 2


@pytest.mark.claim("spool-waits-for-a-key")
def test_what_waits_for_a_new_key_is_sent_with_it(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    collector.answer = lambda sent: STORED if sent.headers["x-api-key"] == "caselog_new" else (401, {}, b"{}")
    leave_behind(folder, f"{collector.url}/v1/logs")
    collector.requests.clear()

    client = open_client(spool_dir=str(folder), api_key="caselog_new")
    client.ship(LOG)
    client.close(60)

    sent = [each for each in collector.requests if each.headers["x-api-key"] == "caselog_new"]
    assert [log["ticket_id"] for each in sent for log in each.logs] == ["T-1", "left 0", "left 1"]
    assert files(folder) == []


def test_where_only_the_key_tells_the_client_no_other_key_sends_what_waits() -> None:
    owners = [Settings("http://h/v1/logs", key).owner for key in ("caselog_one", "caselog_two")]

    assert owners[0] != owners[1]


def test_where_the_folder_takes_nothing_the_last_word_is_that_logs_are_lost(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write_text("a file stands in its place")

    client = leave_behind(folder, DOWN, keeps=False)

    assert client.stats()["lost"] == {"network": 2}
    assert "they are lost" in capsys.readouterr().err


def test_while_the_collector_is_down_logs_go_to_disk_and_the_queue_stays_free(
    folder: Path, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = Limits(max_queue_logs=20, first_retry_s=30, max_retry_s=30)
    client = Client(Settings(DOWN, API_KEY, spool_dir=str(folder)), limits)

    accepted = 0
    for _ in range(200):
        accepted += client.ship(LOG)
        client.flush(0.01)
        while client._shipper._accepted - client._shipper._settled >= 20:
            client.flush(0.01)  # a busy machine takes its time to write
    client.close(2)

    assert accepted == 200
    assert client.stats()["lost"] == {}
    assert sum(len(gzip.decompress(path.read_bytes()).splitlines()) for path in files(folder)) == 200


@pytest.mark.claim("waits-on-disk")
def test_what_is_too_old_to_be_of_use_is_counted_and_removed(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = spooled(collector, folder, "old")
    prefix = path.name.partition("-")[0]
    path.rename(path.with_name(f"{prefix}-017f22e2-79b0-7cc3-98c4-dc0c0c07398f.ndjson.gz"))
    client = open_client(spool_dir=str(folder))

    client.ship(LOG)
    client.close(60)

    assert client.stats()["lost"] == {"expired": 1}
    assert files(folder) == []


def test_a_write_that_fails_leaves_no_half_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("caselog.spool.os.fsync", full)

    leave_behind(folder, DOWN, keeps=False)

    assert files(folder) == []
    assert "No space left" in capsys.readouterr().err
