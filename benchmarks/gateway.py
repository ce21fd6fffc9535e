"""`caselog dashboards` as a child, its processes and what memory is theirs alone."""

from __future__ import annotations

import http.client
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from tests.servers.process import free_ports, running
from voila_dashboards.settings import DashboardSettings

#: How kernels come to be: started one by one, or forked by a server that has everything imported.
_KERNEL: Final = "ipykernel_launcher"
_FORK_SERVER: Final = "voila_dashboards.forkserver"
#: What the settings may call the folder that the store's files are kept in.
_CACHE_SETTINGS: Final = ("cache_dir", "cache_folder")


class Unreadable(Exception):
    def __init__(self, pid: int) -> None:
        super().__init__(f"The memory of process {pid} may not be read: run this as root.")


@dataclass(frozen=True)
class Gateway:
    """A running `caselog dashboards`; ``pid`` is its own, ``log`` the file of what it says."""

    url: str
    pid: int
    log: Path

    def processes(self) -> list[psutil.Process]:
        """It and everything it started that still runs."""
        gateway = psutil.Process(self.pid)
        return [each for each in [gateway, *gateway.children(recursive=True)] if _is_alive(each)]

    def kernels(self) -> list[int]:
        """Process ids of its kernels."""
        return [each.pid for each in self.processes() if _is_kernel(each)]

    def last_words(self, most: int = 4000) -> str:
        """The end of what it has said."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-most:]

    def cpu_s(self) -> float:
        """Seconds of processor time of all its processes."""
        return sum(_cpu_s(each) for each in self.processes())

    def settle(self, kernels: int | None = None, timeout_s: float = 60) -> int:
        """Wait until its processes have nothing to do, and are so many kernels; how many kernels that are."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            before, used = self.kernels(), self.cpu_s()
            time.sleep(0.4)
            is_quiet = self.cpu_s() - used < 0.04 and self.kernels() == before
            if is_quiet and kernels in {None, len(before)}:
                break
        return len(self.kernels())

    def wait_for_kernels(self, timeout_s: float = 30) -> list[int]:
        """Process ids of its kernels, as soon as there are any; none after ``timeout_s``."""
        deadline = time.monotonic() + timeout_s
        while not (found := self.kernels()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is_kernel(process: psutil.Process) -> bool:
    """Whether a process is a kernel: it says so, or the fork server made it."""
    if _KERNEL in _command_of(process):
        return True
    try:
        parent = process.parent()
    except psutil.NoSuchProcess:
        return False
    return parent is not None and _FORK_SERVER in _command_of(parent)


def _command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def _cpu_s(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)


def own_memory_mb(pids: Iterable[int]) -> list[float]:
    """Memory that each process shares with no other (USS), in MB; of one that ended meanwhile, none."""
    return [private for pid in pids if (private := _private_mb(pid)) is not None]


def _private_mb(pid: int) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except PermissionError as error:
        raise Unreadable(pid) from error
    except OSError:
        return None
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024 / 1e6


# ---------------------------------------------------------------- starting it


@contextmanager
def dashboards(url: str, env: Mapping[str, str], **settings: object) -> Iterator[Gateway]:
    """A gateway on a lake while the block runs, with nothing cached; ``settings`` as `CASELOG_DASHBOARDS_...`."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="caselog-pages-", ignore_cleanup_errors=True) as folder:
        cache = Path(folder) / "cache"
        cache.mkdir(mode=0o700)
        cached = {name: cache for name in _CACHE_SETTINGS if name in DashboardSettings.model_fields}
        chosen = {"port": port, "session_secret": "s" * 40, **cached, **settings}
        environment = {
            **env,
            "XDG_CACHE_HOME": str(cache),
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "CASELOG_LAKE_URL": url,
            **{f"CASELOG_DASHBOARDS_{name.upper()}": str(value) for name, value in chosen.items()},
        }
        command = [sys.executable, "-m", "cli.main", "dashboards"]
        ready = lambda: _is_ready(address)  # noqa: E731  # a question, not a function of its own
        with running(command, folder=Path(folder), ready=ready, env=environment):
            gateway = Gateway(address, _pid_of(command), Path(folder) / "server.log")
            try:
                yield gateway
            finally:
                _end(gateway.processes())


def _end(processes: list[psutil.Process]) -> None:
    """Ask the gateway to end, which comes first, and wait until those that it started have ended too."""
    processes[0].terminate()
    _, left = psutil.wait_procs(processes, timeout=20)
    for each in left:
        each.kill()


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", trust_env=False, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _pid_of(command: list[str]) -> int:
    """The newest process below this one that was started so."""
    below = psutil.Process().children(recursive=True)
    found = [each for each in below if _command_of(each) == " ".join(command)]
    return int(max(found, key=lambda each: each.create_time()).pid)


# ---------------------------------------------------------------- what it is asked meanwhile


@contextmanager
def asking_health(gateway: Gateway, pause_s: float = 0.005) -> Iterator[Callable[[], list[float]]]:
    """Ask `/healthz` again and again while the block runs; the answer is how long each took, in ms."""
    latencies: list[float] = []
    stop = threading.Event()
    asking = threading.Thread(target=_ask_health, args=(gateway.url, pause_s, stop, latencies), daemon=True)
    asking.start()
    try:
        yield lambda: list(latencies)
    finally:
        stop.set()
        asking.join(30)


def _ask_health(url: str, pause_s: float, stop: threading.Event, latencies: list[float]) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    while not stop.wait(pause_s):
        begun = time.perf_counter()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        latencies.append((time.perf_counter() - begun) * 1000)
    connection.close()
