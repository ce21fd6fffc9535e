"""The real dashboards for tests: `caselog dashboards` as a child, on a folder with a few logs of two clients."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
from playwright.sync_api import Page

from lake.store import Store, open_store
from tests.logs import a_log, put_raw
from tests.servers.process import free_ports
from tests.voila_dashboards.gateway_fakes import PASSWORD, add_users, form_token


class LakeEnv(NamedTuple):
    """Where a lake is, and the environment that leads to its store."""

    url: str
    env: dict[str, str]


#: Stands for every secret an operator's shell may hold.
PLANTED: Final = "planted-secret-9f2c"
START_TIMEOUT_S: Final = 90


@dataclass
class Server:
    """A running `caselog dashboards`."""

    url: str
    store: Store
    process: subprocess.Popen[bytes]
    clients: list[httpx.Client] = field(default_factory=list)

    def browser(self, name: str) -> httpx.Client:
        """A signed-in client without a screen."""
        client = httpx.Client(base_url=self.url, headers={"origin": self.url}, timeout=60, trust_env=False)
        self.clients.append(client)
        token = form_token(client.get("/login").text)
        answer = client.post("/login", data={"username": name, "password": PASSWORD, "csrf_token": token})
        assert answer.status_code == 303, answer.text
        return client

    def sign_in(self, page: Page, name: str, path: str = "/") -> None:
        """Open ``path`` in a real browser, signing in on the way."""
        page.goto(self.url + path)
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.click("form[action='/login'] button")
        page.wait_for_selector(".cl-view h1", timeout=START_TIMEOUT_S * 1000)

    def descendants(self) -> list[int]:
        """Process ids of everything it started, by parent."""
        parents = {pid: parent for pid, parent in map(_parent_of, _processes()) if parent is not None}
        found: list[int] = []
        wave = {self.process.pid}
        while wave:
            wave = {pid for pid, parent in parents.items() if parent in wave}
            found += wave
        return found

    def kernels(self) -> list[int]:
        """Process ids of its kernels."""
        forked = [
            pid for pid in self.descendants() if b"voila_dashboards.forkserver" in _read(pid, "cmdline")
        ]
        return [pid for pid in forked if _parent_of(pid)[1] in forked]


def environment_of(pid: int) -> str:
    """The environment a process was started with."""
    return _read(pid, "environ").decode(errors="replace")


def command_of(pid: int) -> str:
    """The command line of a process, as `ps` shows it to everyone."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace")


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    stat = _read(pid, "stat")
    return bool(stat) and stat.rsplit(b") ", 1)[1][:1] != b"Z"


def wait_until(what: str, holds: Callable[[], bool], timeout_s: float = 90) -> None:
    """Ask ``holds()`` until it says yes."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s} s"
        time.sleep(0.05)


@contextmanager
def dashboards(folder: Path, **settings: object) -> Iterator[Server]:
    """A server on a lake in ``folder`` while the block runs; ``settings`` as `CASELOG_DASHBOARDS_...`."""
    with dashboards_on(LakeEnv(folder.as_uri(), {"AWS_SECRET_ACCESS_KEY": PLANTED}), **settings) as server:
        yield server


@contextmanager
def dashboards_on(lake: LakeEnv, **settings: object) -> Iterator[Server]:
    """A server on any lake while the block runs."""
    store = open_store(lake.url, lake.env)
    add_users(store, datetime.now(UTC))
    seed(store, datetime.now(UTC))
    (port,) = free_ports(1)
    environment = {
        **os.environ,
        **lake.env,
        "CASELOG_LAKE_URL": lake.url,
        "CASELOG_DASHBOARDS_PORT": str(port),
        "CASELOG_DASHBOARDS_SESSION_SECRET": f"{PLANTED}-{PLANTED}",
        **{f"CASELOG_DASHBOARDS_{name.upper()}": str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "cli.main", "dashboards"]
    process = subprocess.Popen(
        command, env=environment, cwd=Path(__file__).parents[2], start_new_session=True
    )
    server = Server(f"http://127.0.0.1:{port}", store, process)
    try:
        wait_until("the dashboards are ready", lambda: is_ready(server), START_TIMEOUT_S)
        yield server
    finally:
        for client in server.clients:
            client.close()
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()
        process.wait()


def seed(store: Store, now: datetime) -> None:
    """Three logs of acme, two of globex, all of the last days."""
    for client_id, count in (("acme", 3), ("globex", 2)):
        logs = [
            a_log(
                f"{client_id}-{number}",
                client_id=client_id,
                executed_at=(now - timedelta(hours=number + 1)).isoformat(),
                trace={"final_response": "</script><script>document.title='taken over'</script>"},
            )
            for number in range(count)
        ]
        put_raw(store, *logs, received_at=now)


def is_ready(server: Server) -> bool:
    """Whether the store answers and Voila is up."""
    assert server.process.poll() is None, "the dashboards ended"
    try:
        return httpx.get(f"{server.url}/readyz", trust_env=False, timeout=20).status_code == 200
    except httpx.TransportError:
        return False


def open_page(browser: httpx.Client, path: str = "/") -> tuple[str, str, dict[str, Any]]:
    """Kernel id, comm id and first data of a page."""
    text = browser.get(path).text
    match = re.search(r'id="caselog-state" data-kernel="([0-9a-f-]{36})">(.*?)</script>', text)
    assert match is not None, text[-2000:]
    state = json.loads(match[2])
    return match[1], state["comm_id"], state["page"]


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _parent_of(pid: int) -> tuple[int, int | None]:
    stat = _read(pid, "stat")
    return pid, int(stat.rsplit(b") ", 1)[1].split()[1]) if stat else None


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
