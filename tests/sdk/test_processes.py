"""In real processes: at their end, after a fork, in a spawned child, without settings, with signals, with nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.sdk.fake_collector import STORED, Answer, FakeCollector, Sent
from tests.sdk.pythons import find_pythons

SDK: Final = Path(__file__).resolve().parents[2] / "sdk"
LOG: Final = '{"ticket_id": "T-1", "status": "SUCCESS", "executed_at": "2026-11-23T14:05:00Z"}'
SETUP: Final = f"""
import os, sys
from caselog import close, flush, guard, ship_log_async, stats
LOG = {LOG}
"""


PYTHONS: Final = find_pythons()


@pytest.fixture(params=list(PYTHONS.values()), ids=list(PYTHONS))
def python(request: pytest.FixtureRequest) -> str:
    """Each Python that is to be had here: ends, forks and destructors differ from one to the next."""
    return str(request.param)


def run(
    program: str,
    env: Mapping[str, str],
    *options: str,
    timeout_s: float = 60,
    python: str = sys.executable,
    setup: str = SETUP,
) -> subprocess.CompletedProcess[str]:
    """Runs a workflow of a few lines with nothing but the SDK on its path, and warnings as errors."""
    clean = {
        name: value
        for name, value in os.environ.items()
        # Without bytecode each process would compile the SDK: on a busy machine that takes longer than its end waits.
        if not name.startswith(("LOG_", "CASELOG_", "CLIENT_", "PYTHONDONTWRITEBYTECODE"))
    }
    command = [python, "-W", "error", *options, "-c", setup + textwrap.dedent(program)]
    return subprocess.run(
        command,
        env={**clean, "PYTHONPATH": str(SDK), **env},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def test_a_process_that_ends_right_after_shipping_delivers_first(
    collector: FakeCollector, python: str
) -> None:
    ended = run("ship_log_async(LOG)", collector.env, python=python)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [log["ticket_id"] for log in collector.logs] == ["T-1"]


def test_an_end_that_comes_while_the_thread_is_still_loading_delivers(collector: FakeCollector) -> None:
    """As on a busy machine, or where the SDK's modules are compiled for the first time."""
    program = """
    import time
    class Slow:
        def find_spec(self, name, path=None, target=None):
            if name == "caselog.delivery":
                time.sleep(2.5)
    sys.meta_path.insert(0, Slow())
    ship_log_async(LOG)
    """

    ended = run(program, collector.env)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert [log["ticket_id"] for log in collector.logs] == ["T-1"]


def test_a_workflow_that_fails_still_delivers_and_fails_as_it_would(collector: FakeCollector) -> None:
    ended = run("ship_log_async(LOG); raise SystemExit(7)", collector.env)

    assert ended.returncode == 7
    assert len(collector.logs) == 1


def test_a_process_ends_in_time_though_the_collector_never_answers(collector: FakeCollector) -> None:
    never = threading.Event()

    def answer(_sent: Sent) -> Answer:
        never.wait(100)
        return STORED

    collector.answer = answer
    ended = run("ship_log_async(LOG)", collector.env)
    never.set()

    assert ended.returncode == 0
    assert "1 log(s) could not be delivered" in ended.stderr


def test_a_process_ends_in_time_though_the_collector_is_down() -> None:
    env = {"LOG_COLLECTOR_URL": "http://127.0.0.1:9", "LOG_COLLECTOR_API_KEY": "k-12345678"}

    ended = run("print([ship_log_async(LOG) for _ in range(3)])", env)

    assert (ended.returncode, ended.stdout) == (0, "[True, True, True]\n")
    assert "Connection refused" in ended.stderr
    assert "k-12345678" not in ended.stderr


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({}, ["LOG_COLLECTOR_URL", "LOG_COLLECTOR_API_KEY"]),
        ({"LOG_COLLECTOR_URL": "http://127.0.0.1:9"}, ["LOG_COLLECTOR_API_KEY"]),
        ({"LOG_COLLECTOR_URL": "collector", "LOG_COLLECTOR_API_KEY": "k"}, ["LOG_COLLECTOR_URL"]),
        ({"LOG_COLLECTOR_URL": "http://user:pw@host", "LOG_COLLECTOR_API_KEY": "k"}, ["LOG_COLLECTOR_URL"]),
        ({"LOG_COLLECTOR_URL": "http://h", "LOG_COLLECTOR_API_KEY": "k\n\tk"}, ["LOG_COLLECTOR_API_KEY"]),
    ],
)
def test_unusable_settings_are_one_line_once_and_then_silence(env: dict[str, str], names: list[str]) -> None:
    ended = run("print([ship_log_async(LOG) for _ in range(3)], flush(1), stats()['pending'])", env)

    assert ended.stdout == "[False, False, False] True 0\n"
    assert ended.stderr.count("\n") == 1
    assert all(name in ended.stderr for name in names)
    assert "pw" not in ended.stderr


def test_a_level_that_is_none_sends_no_trace_rather_than_all_of_it(collector: FakeCollector) -> None:
    env = {**collector.env, "CASELOG_LEVEL": "FULL"}

    ended = run("ship_log_async({**LOG, 'trace': {'final_response': 'hi'}})", env)

    assert "trace" not in collector.logs[0]
    assert "CASELOG_LEVEL" in ended.stderr


def test_a_client_id_that_can_be_nobodys_is_left_to_the_api_key(collector: FakeCollector) -> None:
    ended = run("ship_log_async(LOG)", {**collector.env, "CLIENT_ID": "Acme Inc."})

    assert "client_id" not in collector.logs[0]
    assert "CLIENT_ID" in ended.stderr


def test_importing_reads_no_variable_and_starts_nothing(collector: FakeCollector) -> None:
    program = """
    import threading
    heavy = {"ssl", "http.client", "gzip", "asyncio", "urllib.request", "email", "logging", "socket"} & set(sys.modules)
    os.environ["CASELOG_LEVEL"] = "OFF"
    print(threading.active_count(), heavy, ship_log_async(LOG), threading.active_count())
    """

    ended = run(program, collector.env)

    assert ended.stdout == "1 set() False 1\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_delivers_its_own_logs_and_the_parent_its_own(
    collector: FakeCollector, python: str
) -> None:
    program = """
    ship_log_async({**LOG, "ticket_id": "parent before"})
    child = os.fork()
    ship_log_async({**LOG, "ticket_id": "child" if child == 0 else "parent after"})
    delivered = flush(60)
    if child == 0:
        os._exit(0 if delivered else 1)
    print(os.waitpid(child, 0)[1], delivered)
    """
    arrived = run_forking(program, collector, python)

    assert sorted(arrived) == ["child", "parent after", "parent before"]


def run_forking(program: str, collector: FakeCollector, python: str) -> list[str]:
    # Python 3.12 and later warn of forks of a process with threads, whoever started them.
    ended = run(program, collector.env, "-W", "ignore::DeprecationWarning", python=python)
    assert (ended.returncode, ended.stderr) == (0, "")
    return [log["ticket_id"] for log in collector.logs]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_children_forked_while_the_thread_is_still_loading_deliver_all_the_same(
    collector: FakeCollector, python: str
) -> None:
    program = """
    children = []
    for number in range(6):
        ship_log_async({**LOG, "ticket_id": f"parent {number}"})
        child = os.fork()
        if child == 0:
            ship_log_async({**LOG, "ticket_id": f"child {number}"})
            os._exit(0 if flush(60) else 1)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    """
    arrived = run_forking(program, collector, python)

    assert sorted(arrived) == [f"{who} {number}" for who in ("child", "parent") for number in range(6)]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_multiprocessing_deliver_at_their_end(
    method: str, tmp_path: Path, collector: FakeCollector, python: str
) -> None:
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    (tmp_path / "work.py").write_text(
        f"from caselog import ship_log_async\ndef work(name): ship_log_async({{**{LOG}, 'ticket_id': name}})\n"
    )
    program = f"""
    import multiprocessing
    sys.path.insert(0, {str(tmp_path)!r})
    import work
    if __name__ == "__main__":
        ship_log_async({{**LOG, "ticket_id": "parent"}})
        context = multiprocessing.get_context({method!r})
        children = [context.Process(target=work.work, args=(f"child {{number}}",)) for number in range(2)]
        for child in children: child.start()
        for child in children: child.join()
    """
    arrived = run_forking(program, collector, python)

    assert sorted(arrived) == ["child 0", "child 1", "parent"]


def test_at_the_end_of_a_lambda_handler_a_flush_with_a_deadline_delivers(
    collector: FakeCollector, python: str
) -> None:
    program = """
    def handler(event):
        ship_log_async({**LOG, "ticket_id": event})
        return flush(60)
    print(handler("one"), handler("two"))
    os.kill(os.getpid(), 9)
    """

    ended = run(program, collector.env, python=python)

    assert ended.stdout in ("True True\n", "")
    assert [log["ticket_id"] for log in collector.logs] == ["one", "two"]


def test_a_signal_handler_may_ship_while_the_same_thread_is_shipping(
    collector: FakeCollector, python: str
) -> None:
    program = """
    import signal
    signal.signal(signal.SIGALRM, lambda *_: ship_log_async(LOG))
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    for _ in range(300): ship_log_async(LOG)
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(flush(60))
    """

    ended = run(program, collector.env, python=python)

    assert ended.stdout == "True\n", ended.stderr


def test_a_log_shipped_while_the_interpreter_shuts_down_breaks_nothing(
    collector: FakeCollector, python: str
) -> None:
    program = """
    import atexit
    atexit.register(lambda: (ship_log_async(LOG), flush(2)))
    """

    ended = run(program, collector.env, python=python)

    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr


def test_a_log_shipped_by_a_destructor_at_the_very_end_hangs_nothing(
    collector: FakeCollector, python: str
) -> None:
    program = """
    class Last:
        def __del__(self): ship_log_async(LOG)
    last = Last()
    """

    for before in ("", "ship_log_async(LOG)"):
        ended = run(textwrap.dedent(program) + before, collector.env, python=python)

        assert ended.returncode == 0
        assert "Traceback" not in ended.stderr


def test_what_a_workflow_registered_for_its_end_may_still_ship(collector: FakeCollector, python: str) -> None:
    program = """
    import atexit
    atexit.register(lambda: ship_log_async({**LOG, "ticket_id": "last"}))
    ship_log_async({**LOG, "ticket_id": "first"})
    """

    run(program, collector.env, python=python)

    assert [log["ticket_id"] for log in collector.logs] == ["first", "last"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_that_python_is_not_told_of_is_noticed(collector: FakeCollector, python: str) -> None:
    program = """
    import ctypes
    ship_log_async({**LOG, "ticket_id": "parent"})
    flush(60)
    child = ctypes.CDLL(None).fork()
    if child == 0:
        ship_log_async({**LOG, "ticket_id": "child"})
        os._exit(0 if flush(60) else 1)
    os.waitpid(child, 0)
    """

    assert sorted(run_forking(program, collector, python)) == ["child", "parent"]


def test_a_workflow_without_stderr_is_not_disturbed() -> None:
    program = """
    sys.stderr = None
    print(ship_log_async(LOG))
    """

    ended = run(program, {})

    assert ended.stdout == "False\n"


def test_debug_prints_a_line_for_each_decision_and_nothing_of_the_log(collector: FakeCollector) -> None:
    program = "ship_log_async({**LOG, 'ticket_id': 'private-7'}); flush(60)"

    ended = run(program, {**collector.env, "CASELOG_DEBUG": "1"})
    off = run(program, {**collector.env, "CASELOG_DEBUG": "1", "CASELOG_LEVEL": "OFF"})

    for decision in ("is queued", "is masked and packed", "1 log(s) stored"):
        assert ended.stderr.count(decision) == 1
    assert "CASELOG_LEVEL is OFF" in off.stderr
    assert "private-7" not in ended.stderr + off.stderr


def test_every_python_from_3_9_on_builds_masks_ships_forks_and_ends(
    python: str, collector: FakeCollector
) -> None:
    program = """
    from caselog import build_workflow_log
    from dataclasses import dataclass
    from datetime import datetime
    @dataclass
    class State:
        ticket_id: str = "T-1"
        status: str = "success"
        started_at: datetime = datetime(2026, 11, 23)
        messages: tuple = ({"role": "user", "content": "I am bob@example.com, password: hunter2"},)
    ship_log_async(build_workflow_log(State()))
    import asyncio, caselog
    from caselog.testing import capture
    with capture() as logs:
        async def main():
            with caselog.ticket(ticket_id="T-3") as ticket, ticket.iteration(thought="x"):
                await asyncio.sleep(0)
        asyncio.run(main())
    assert logs[0]["metrics"]["react_iterations"] == 1, logs
    child = os.fork() if hasattr(os, "fork") else 1
    ship_log_async({**build_workflow_log(State(ticket_id="T-2")), "executed_at": "2026-11-23T14:05:00.5Z"})
    if child == 0:
        os._exit(0 if flush(60) else 1)
    assert child == 1 or os.waitpid(child, 0)[1] == 0
    """

    ended = run(program, collector.env, "-W", "ignore::DeprecationWarning", python=python)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert sorted(log["ticket_id"] for log in collector.logs) == ["T-1", "T-2", "T-2"]
    assert "bob" not in collector.text
    assert "hunter2" not in collector.text
    assert "invalid" not in collector.text


@pytest.mark.parametrize("was_used", [False, True], ids=["first use", "used before"])
@pytest.mark.parametrize("is_up", [True, False], ids=["up", "down"])
def test_what_an_earlier_exit_handler_ships_is_sent_or_refused(
    is_up: bool, was_used: bool, collector: FakeCollector, python: str
) -> None:
    """Exit handlers run last in, first out: one that was there before the SDK runs after the SDK's own."""
    program = f"""
    import atexit
    LOG = {LOG}
    def ship():
        from caselog import ship_log_async
        print(ship_log_async({{**LOG, "ticket_id": "last"}}))
    atexit.register(ship)
    import caselog
    if {was_used}:
        caselog.ship_log_async(LOG)
    """
    env = collector.env if is_up else {**collector.env, "LOG_COLLECTOR_URL": "http://127.0.0.1:9"}

    ended = run(program, env, python=python, setup="")

    arrived = [log["ticket_id"] for log in collector.logs]
    assert ended.returncode == 0
    assert ended.stdout.strip() == str("last" in arrived)
    assert "last" in arrived or "caselog: " in ended.stderr
