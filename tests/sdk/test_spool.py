"""With a folder to keep logs in, what could not be delivered is there at the next start; only masked, only bounded."""

from __future__ import annotations

import gzip
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from caselog import Client, Limits, Settings
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
    folder: Path, url: str, count: int = 2, limits: Limits = QUICK, key: str = API_KEY
) -> Client:
    """Ships logs that cannot be delivered, and closes."""
    client = Client(Settings(url, key, spool_dir=str(folder)), limits)
    for number in range(count):
        client.ship({**LOG, "ticket_id": f"left {number}"})
    client.flush(0.2)
    client.close(0)
    return client


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
    client.flush(5)
    client.close(5)

    assert kept
    assert first.stats()["lost"] == {}
    assert [log["ticket_id"] for log in collector.logs] == ["T-1", "left 0", "left 1"]
    assert files(folder) == []


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

    run("ship_log_async(LOG); flush(5)", env)

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
    client.flush(5)
    client.close(5)

    assert folder.exists()
    assert files(folder) == []


def test_the_folder_is_bounded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = leave_behind(folder, DOWN, limits=Limits(first_retry_s=0.01, max_spool_bytes=10))

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
    delivered = client.flush(5)

    assert delivered
    assert capsys.readouterr().err.count("CASELOG_SPOOL_DIR cannot be written to") == 1


def test_files_of_another_key_are_left_alone_and_damaged_ones_removed(
    folder: Path, open_client: Open, collector: FakeCollector, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{collector.url}/v1/logs"
    collector.answer = answers((503, {}, b""))
    leave_behind(folder, url, key="caselog_another-key-0000000000")
    foreign = files(folder)
    leave_behind(folder, url)
    for path in set(files(folder)) - set(foreign):
        path.write_bytes(path.read_bytes()[:20])
    collector.requests.clear()
    collector.answer = answers(STORED)

    client = open_client(spool_dir=str(folder))
    client.ship(LOG)
    client.close(5)

    assert [log["ticket_id"] for log in collector.logs] == ["T-1"]
    assert files(folder) == foreign


def test_without_a_log_no_file_is_touched(folder: Path) -> None:
    ended = run("import caselog; flush(1)", {"CASELOG_SPOOL_DIR": str(folder)})

    assert ended.returncode == 0
    assert not folder.exists()
