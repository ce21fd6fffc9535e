from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.servers.process import free_ports

REPOSITORY = Path(__file__).parents[2]


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CASELOG_", "AWS_"))}
    return {**kept, "CASELOG_LAKE_URL": (folder / "lake").as_uri(), "PYTHONPATH": str(REPOSITORY)}


def caselog(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def initialised(folder: Path) -> None:
    """Make the lake, as the README says."""
    making = caselog(folder, "init")
    assert making.communicate()[0].startswith("The lake ")


def wait_until(true: Callable[[], bool]) -> None:
    """Ask until ``true`` is; fails after a minute and a half."""
    deadline = time.monotonic() + 90
    while not true():
        assert time.monotonic() < deadline, "not within a minute and a half"
        time.sleep(0.1)


@pytest.fixture
def ports() -> list[str]:
    return [str(port) for port in free_ports(2)]


@pytest.fixture
def running(tmp_path: Path, ports: list[str]) -> Iterator[subprocess.Popen[str]]:
    """`caselog up`, all of whose parts answer."""
    initialised(tmp_path)
    process = caselog(tmp_path, "up", "--collector-port", ports[0], "--dashboards-port", ports[1])
    assert process.stdout is not None
    try:
        said = "".join(iter(process.stdout.readline, "Ctrl-C stops everything.\n"))  # or until it ends
        assert f"collector   http://127.0.0.1:{ports[0]}" in said
        assert f"dashboards  http://127.0.0.1:{ports[1]}" in said
        yield process
    finally:
        process.kill()
        process.communicate()


def answers(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_ctrl_c_stops_everything_cleanly(running: subprocess.Popen[str], ports: list[str]) -> None:
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=90)

    assert running.returncode == 0, said
    assert "Traceback" not in said
    assert not answers(ports[0])
    assert not answers(ports[1])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_killed_for_good_it_leaves_no_part_behind(running: subprocess.Popen[str], ports: list[str]) -> None:
    running.kill()
    running.wait()

    wait_until(lambda: not answers(ports[0]) and not answers(ports[1]))


@pytest.mark.skipif(sys.platform != "linux", reason="finds the part in /proc")
def test_a_part_that_dies_is_started_again(running: subprocess.Popen[str], ports: list[str]) -> None:
    [collector] = [
        child for child in psutil.Process(running.pid).children() if "collector" in child.cmdline()
    ]
    collector.kill()
    collector.wait(60)

    wait_until(lambda: answers(ports[0]))


def test_a_port_that_is_taken_is_named_with_the_option_to_change_it(tmp_path: Path, ports: list[str]) -> None:
    with socket.create_server(("127.0.0.1", int(ports[0]))):
        process = caselog(tmp_path, "up", "--collector-port", ports[0], "--dashboards-port", ports[1])
        said, _ = process.communicate(timeout=90)

    assert process.returncode == 1
    assert f"Port {ports[0]}" in said
    assert "--collector-port" in said


def test_a_mistyped_lake_is_said_and_not_made(tmp_path: Path, ports: list[str]) -> None:
    process = caselog(tmp_path, "up", "--collector-port", ports[0], "--dashboards-port", ports[1])
    said, _ = process.communicate(timeout=90)

    assert process.returncode == 1
    assert "`caselog init` makes it" in said
    assert "Traceback" not in said
    assert not (tmp_path / "lake").exists()
