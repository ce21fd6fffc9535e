"""In the servers that workflows run in: gunicorn that preloads, Celery that forks, an event loop that must not wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sdk.fake_collector import STORED, Answer, FakeCollector, Sent
from tests.sdk.test_processes import LOG, SDK, run
from tests.servers.process import free_ports

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="gunicorn and Celery's prefork need fork")

REQUESTS = 40


@contextmanager
def serving(
    folder: Path, program: str, command: list[str], env: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A server of the program, stopped as a supervisor stops it."""
    (folder / "app.py").write_text(textwrap.dedent(program))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LOG_", "CASELOG_"))}
    path = f"{folder}{os.pathsep}{SDK}"
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**clean, **env, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def ask(url: str, patience_s: float = 60.0) -> bytes:
    """What the server answers, once it is there."""
    until = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


WEB_APP = f"""
from caselog import ship_log_async
LOG = {LOG}
ship_log_async({{**LOG, "ticket_id": "preloaded"}})
def app(environ, start_response):
    accepted = ship_log_async({{**LOG, "ticket_id": environ["QUERY_STRING"]}})
    start_response("200 OK", [])
    return [str(accepted).encode()]
"""


@pytest.mark.parametrize(
    "workers", [["--workers", "3"], ["--workers", "2", "--worker-class", "gthread", "--threads", "4"]]
)
def test_gunicorn_that_preloads_delivers_from_every_worker(
    workers: list[str], tmp_path: Path, collector: FakeCollector
) -> None:
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"

    command = ["gunicorn", "--preload", "--bind", address, *workers, "app:app"]
    with serving(tmp_path, WEB_APP, command, collector.env):
        answers = [ask(f"http://{address}/?{number}") for number in range(REQUESTS)]

    arrived = sorted(log["ticket_id"] for log in collector.logs)
    assert answers == [b"True"] * REQUESTS
    assert arrived == sorted(["preloaded", *map(str, range(REQUESTS))])


TASKS = f"""
import os
from celery import Celery, signals
from caselog import flush, ship_log_async
LOG = {LOG}
app = Celery("app", broker="filesystem://")
app.conf.broker_transport_options = {{"data_folder_in": "queue", "data_folder_out": "queue"}}
app.conf.task_ignore_result = True
ship_log_async({{**LOG, "ticket_id": "imported"}})
@app.task
def work(ticket_id):
    ship_log_async({{**LOG, "ticket_id": ticket_id}})
@signals.worker_process_shutdown.connect
def end(**_):
    flush(60)
"""


def test_celery_that_forks_delivers_from_every_worker(tmp_path: Path, collector: FakeCollector) -> None:
    (tmp_path / "queue").mkdir()
    send = f"import app; [app.work.delay(str(number)) for number in range({REQUESTS})]"
    command = [
        "celery",
        "-A",
        "app",
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        "2",
        "--loglevel",
        "ERROR",
    ]

    with serving(tmp_path, TASKS, command, collector.env):
        environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{SDK}", "CASELOG_LEVEL": "OFF"}
        subprocess.run([sys.executable, "-c", send], cwd=tmp_path, env=environment, check=True, timeout=60)
        until = time.monotonic() + 90
        while len(collector.logs) <= REQUESTS and time.monotonic() < until:
            time.sleep(0.1)

    arrived = [log["ticket_id"] for log in collector.logs]
    assert sorted(set(arrived)) == sorted(["imported", *map(str, range(REQUESTS))])
    assert len(arrived) == len(set(arrived))


def test_an_event_loop_ships_without_a_task_left_and_without_waiting_for_a_slow_collector(
    collector: FakeCollector,
) -> None:
    """The collector answers nothing before all are shipped: who waited for an answer would ship one, or a few."""
    all_shipped, answered = threading.Event(), list[bool]()

    def slow(sent: Sent) -> Answer:
        if sent.path == "/all-shipped":
            all_shipped.set()
        else:
            answered.append(all_shipped.wait(60))
        return STORED

    collector.answer = slow
    program = """
    import asyncio, urllib.request
    async def ticket(number):
        accepted = ship_log_async({**LOG, "ticket_id": str(number)})
        await asyncio.sleep(0)
        return accepted
    async def main():
        asyncio.get_running_loop().slow_callback_duration = 60  # a busy machine is none of its mistakes
        found = await asyncio.gather(*(ticket(number) for number in range(50)))
        left = asyncio.all_tasks() - {asyncio.current_task()}
        print(all(found), len(left))
        urllib.request.urlopen(os.environ["LOG_COLLECTOR_URL"] + "/all-shipped", data=b"").close()
        print(await asyncio.to_thread(flush, 60))
    asyncio.run(main(), debug=True)
    """

    ended = run(program, collector.env, "-X", "dev", timeout_s=120)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "True 0\nTrue\n", "")
    assert set(answered) == {True}
    assert len(collector.logs) == 50
