"""Many pages of two tenants at once, kernels that die, visitors who go away: nothing is mixed up, nothing is left."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest

from tests.voila_dashboards.gateway_server import Server, command_of, dashboards, open_page, wait_until
from voila_dashboards.pages import PAGES as KINDS

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root counts the descriptors of hidden processes"),
]

#: So many that what each of them would leave behind is more than the connections that are kept.
PAGES: Final = 120
#: As many as one small machine has; the rest wait for their turn.
VISITORS: Final = 6
#: Kernels that wait for a visitor.
POOL: Final = sum(page.is_kept_ready for page in KINDS.values())
#: For a page that waits for its turn beside others on a busy machine; one that hangs takes a minute.
LONGEST_S: Final = 25
TENANTS: Final = {"ann": ("acme", "globex"), "gus": ("globex", "acme")}
_STATE: Final = re.compile(r'id="caselog-state" data-kernel="([0-9a-f-]{36})">(.*?)</script>')
#: Connections that are kept for the next request, between gateway and Voila and to the browsers.
_KEPT_CONNECTIONS: Final = 20


class House(Server):
    """A running server, and the folders in which it could leave something behind."""

    cache: Path
    runtime: Path

    def children(self) -> dict[str, int]:
        """Process ids of gateway, fork server and Voila."""
        named = {"gateway": self.process.pid}
        kernels = self.kernels()
        for pid in self.descendants():
            for name in ("forkserver", "voila"):
                if f"voila_dashboards.{name}" in command_of(pid) and pid not in kernels:
                    named[name] = pid
        return named

    def open_files(self) -> dict[str, Counter[str]]:
        """Descriptors of each of them by kind."""
        return {name: _kinds(pid) for name, pid in self.children().items()}

    def left_of_kernels(self) -> int:
        """How many folders of kernels there are, in cache and runtime folder."""
        return len(list(self.cache.glob("kernels/*"))) + len(list(self.runtime.glob("caselog-*/k/*-*")))

    def is_idle(self) -> bool:
        """Whether no more than the pool is left: what died in it is made anew for the next page."""
        kernels = len(self.kernels())
        return kernels <= POOL and self.left_of_kernels() == 2 * kernels

    def private_bytes(self) -> int:
        """Memory of all its processes that they share with nobody."""
        return sum(_private_bytes(pid) for pid in (self.process.pid, *self.descendants()))


def _kinds(pid: int) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            kinds[re.sub(r"[\[\d/].*", "", str(entry.readlink())) or "file"] += 1
    return kinds


def _private_bytes(pid: int) -> int:
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))
    return 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with tempfile.TemporaryDirectory(prefix="caselog-") as runtime:
        Path(runtime).chmod(0o755)
        settings = {"pool_size": 1, "cache_dir": folder / "cache", "runtime_dir": runtime}
        with dashboards(folder / "lake", **settings) as server:
            house = House(server.url, server.store, server.process, server.clients)
            house.cache, house.runtime = folder / "cache", Path(runtime)
            yield house
        wait_until("no runtime folder is left", lambda: not list(Path(runtime).iterdir()))
        assert list((folder / "cache" / "kernels").iterdir()) == []


def leave_everything(house: House, browsers: list[httpx.Client], kernels: list[str]) -> None:
    """Leave every page that may still be open."""
    for browser in browsers:
        for kernel in kernels:
            browser.post(f"/bye/{kernel}")


@contextmanager
def killing_kernels(house: House) -> Iterator[list[int]]:
    """Kill a kernel at random, every third of a second."""
    over, killed, chance = threading.Event(), list[int](), random.Random(8)

    def kill() -> None:
        while not over.wait(0.3):
            with suppress(ProcessLookupError, IndexError):
                pid = chance.choice(house.kernels())
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def what_is_seen(browser: httpx.Client, name: str, path: str) -> tuple[str, str]:
    """What came of a page, and the kernel that served it; raises where another tenant's rows are on it."""
    own, other = TENANTS[name]
    began = time.monotonic()
    answer = browser.get(path)
    took_s = time.monotonic() - began
    if took_s > 4:
        print("SLOW", took_s, path, answer.text[-300:], flush=True)
    assert f"T-{other}" not in answer.text
    state = _STATE.search(answer.text)
    if state is None:
        assert 'id="caselog-failed"' in answer.text or answer.status_code == 503, answer.text[-1000:]
        return "failed", ""
    assert f"T-{own}-0" in state[2] or '"error"' in state[2] or path == "/", state[2][:1000]
    assert f'"client_id":"{own}"' in state[2].replace(" ", "") or '"error"' in state[2]
    return "built", state[1]


def test_pages_of_two_tenants_are_never_mixed_up_and_nothing_is_left_of_them(house: House) -> None:
    browsers = [(name, house.browser(name)) for name in TENANTS for _ in range(2)]
    first = [open_page(browser)[0] for _, browser in browsers]
    leave_everything(house, [browser for _, browser in browsers], first)
    wait_until("the pool alone is left", house.is_idle)
    before = house.open_files()
    visits = [
        (name, browser, path.format(TENANTS[name][0]))
        for path in ("/", "/tickets", "/ticket/{0}/{0}-0", "/tickets?q=T")
        for name, browser in browsers
    ]
    visits = (visits * PAGES)[:PAGES]

    with killing_kernels(house) as killed, ThreadPoolExecutor(VISITORS) as pool:
        seen = list(pool.map(lambda visit: what_is_seen(visit[1], visit[0], visit[2]), visits))

    outcomes = Counter(outcome for outcome, _ in seen)
    print(f"{outcomes}, {len(killed)} kernels killed")
    assert outcomes["built"] > PAGES / 3
    assert killed
    serving = Counter(kernel for outcome, kernel in seen if outcome == "built")
    assert max(serving.values()) == 1  # no kernel ever shows two pages
    leave_everything(house, [browser for _, browser in browsers], [kernel for _, kernel in seen if kernel])
    wait_until("the pool alone is left", house.is_idle)
    wait_until("no descriptor is left", lambda: more_files(house, before) == {}, 60)


def more_files(house: House, before: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """Descriptors beyond those of ``before``, by process, and beyond connections that are kept for a while."""
    found = {}
    for name, kinds in house.open_files().items():
        more = kinds - before[name] - Counter({"socket:": _KEPT_CONNECTIONS})
        if more:
            found[name] = more
    return found


def test_loads_that_are_given_up_leave_no_kernel_and_no_memory(house: House) -> None:
    browser = house.browser("ann")
    kernel, _, _ = open_page(browser)
    browser.post(f"/bye/{kernel}")
    wait_until("the pool alone is left", house.is_idle)
    before = house.private_bytes()

    for number in range(60):
        give_up(house, browser, "/tickets" if number % 2 else "/")

    began = time.monotonic()
    wait_until("the pool alone is left", house.is_idle)
    print(f"60 loads that were given up: the pool alone was left after {time.monotonic() - began:.1f} s")
    assert house.private_bytes() - before < 100 * 1024**2
    assert open_page(browser)[2]["page"] == "overview"


def give_up(house: House, browser: httpx.Client, path: str) -> None:
    """Ask for a page and hang up after 20 ms."""
    where = urlsplit(house.url)
    with socket.create_connection((where.hostname, where.port)) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: caselog={browser.cookies['caselog']}\r\n\r\n"
        connection.sendall(head.encode())
        time.sleep(0.02)
