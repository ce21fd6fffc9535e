"""A kernel is taken over on purpose: code runs in it, as root's own user and as an ordinary one, and gets nowhere."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient

from serving.tasks import Tasks
from tests.voila_dashboards.standin_gateway import StandinGateway
from voila_dashboards.sandbox import Account, available_layers, may_change_user
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.process import Accounts, VoilaProcess

#: Stands for every secret: it must come out of no kernel.
PLANTED: Final = "planted-secret-9f2c"
HERE: Final = Path(__file__).parent
NOBODY: Final = 65534
IS_ROOT: Final = os.geteuid() == 0
AS_NOBODY: Final = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
ATTACKS: Final = (HERE / "takeover_attacks.py").read_text(encoding="utf-8")
START_TIMEOUT_S: Final = 90
#: An attack that fails so was never made.
MISTAKES: Final = frozenset(
    {"NameError", "TypeError", "AttributeError", "KeyError", "ImportError", "ModuleNotFoundError"}
)
MEMORY: Final = 512 * 1024**2

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
    pytest.mark.skipif(not os.access(sys.executable, os.X_OK), reason="this user may not run this Python"),
]


@dataclass
class Site:
    """The gateway's children, a gateway that stands for the real one, and things worth stealing."""

    process: VoilaProcess
    gateway: StandinGateway
    folder: Path
    decoy: int
    layers: frozenset[str] = frozenset()

    async def kernel(self) -> Kernel:
        assert self.process.forks is not None
        kernel_id = str(uuid.uuid4())
        started = await self.process.forks.start_kernel(kernel_id)
        kernel = await connect(kernel_id, started)
        await kernel.run("from tests.voila_dashboards import standin_room as room; room.show('ticket')")
        return kernel


@dataclass
class Kernel:
    """A kernel whose key the test holds, so that it runs what it is told."""

    client: AsyncKernelClient
    kernel_id: str
    pid: int
    address: str
    layers: frozenset[str]

    async def run(self, code: str, timeout_s: float = 120) -> str:
        """What the code printed and returned; raises `AssertionError` where it failed."""
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            said.append(content.get("text") or content.get("data", {}).get("text/plain", ""))

        reply = await self.client.execute_interactive(
            code, timeout=timeout_s, output_hook=hear, allow_stdin=False
        )
        assert reply["content"]["status"] == "ok", reply["content"].get("traceback")
        return "".join(said)


async def connect(kernel_id: str, started: dict[str, Any]) -> Kernel:
    """A client of a kernel that was started."""
    connection: Any = started["connection"]
    client = AsyncKernelClient()
    client.load_connection_info(connection | {"key": connection["key"].encode()})
    client.start_channels()
    await client.wait_for_ready(timeout=START_TIMEOUT_S)
    return Kernel(client, kernel_id, started["pid"], connection["ip"], frozenset(started["layers"]))


# ---------------------------------------------------------------- the site


@pytest.fixture(params=["ordinary", "root"])
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    if request.param == "root" and not may_change_user():
        pytest.skip("only root can give kernels users of their own")
    is_ordinary = request.param == "ordinary"
    # not pytest's own folder, which it shuts to all but its user
    with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
        async with a_site(Path(folder), is_ordinary=is_ordinary) as site:
            yield site


@asynccontextmanager
async def a_site(folder: Path, *, is_ordinary: bool) -> AsyncIterator[Site]:
    python = (*(AS_NOBODY if IS_ROOT and is_ordinary else ()), sys.executable)
    accounts = Accounts(voila=Account(NOBODY, NOBODY)) if IS_ROOT and is_ordinary else None
    settings = DashboardSettings(pool_size=0, kernel_memory_bytes=MEMORY)
    make_loot(folder)
    process = VoilaProcess(
        settings,
        folder / "cache" / "kernels",
        notebooks=HERE / "standin_pages",
        fork_server=(*python, "-P", "-m", "tests.voila_dashboards.standin_room"),
        accounts=accounts,
    )
    gateway = StandinGateway(process.socket, process.kernel_folders, folder / "cache" / "own.parquet")
    if IS_ROOT and is_ordinary:
        give_to_nobody(folder, process.runtime)
    with a_decoy(python) as decoy:
        tasks = Tasks()
        process.start(tasks)
        try:
            await until_ready(process)
            yield Site(process, gateway, folder, decoy)
        finally:
            await tasks.stop()
            await process.stop()
            gateway.close()


def make_loot(folder: Path) -> None:
    folder.chmod(0o755)
    for name in ("lake", "cache"):
        (folder / name).mkdir()
    (folder / "lake" / "secret.json").write_text(PLANTED)
    for name in ("own", "other"):
        path = folder / "cache" / f"{name}.parquet"
        query = f"COPY (SELECT '{name}' AS client_id, to_timestamp(i) AS executed_at FROM range(1000) r(i)) TO '{path}'"
        duckdb.execute(query)
        path.chmod(0o444)


def give_to_nobody(*folders: Path) -> None:
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@contextmanager
def a_decoy(python: Sequence[str]) -> Any:
    """A process of the gateway's user, hidden as the gateway is, with secrets in its environment."""
    code = (
        "import sys; from voila_dashboards.sandbox import hide_memory; hide_memory(); "
        "print('hidden', flush=True); sys.stdin.read()"
    )
    root = str(HERE.parents[1])
    child = subprocess.Popen(
        [*python, "-c", code],
        env={**os.environ, "AWS_SECRET_ACCESS_KEY": PLANTED, "PYTHONPATH": root},
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"hidden\n"
    try:
        yield child.pid
    finally:
        child.kill()
        child.communicate()


async def until_ready(process: VoilaProcess) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not process.is_ready:
        assert time.monotonic() < deadline, "the children did not start"
        await asyncio.sleep(0.05)


# ---------------------------------------------------------------- taken over


async def test_code_in_a_kernel_reaches_nothing_of_others(site: Site) -> None:
    victim, taken = await site.kernel(), await site.kernel()
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        name = f"caselog-{uuid.uuid4()}"
        abstract.bind("\0" + name)
        abstract.listen()
        facts = facts_of(site, taken, victim, tcp.getsockname()[1], name)
        speaking = asyncio.create_task(keep_speaking(victim))

        own = "{'descriptor': room.files[0], 'connection': room.connection[0]}"
        said = await taken.run(f"FACTS = {facts!r} | {own}\n{ATTACKS}\nattack()")

        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking

    print(f"layers that were active: {', '.join(sorted(taken.layers))}")
    require_refusals(said, at_least=150)
    assert PLANTED not in said
    expected = available_layers() - (set() if site.process._accounts.kernels else {"account"})
    assert taken.layers == expected
    assert (await victim.run("6 * 7"), await taken.run("6 * 7")) == ("42", "42")
    for pid in (site.decoy, victim.pid):
        assert is_running(pid)


def require_refusals(said: str, *, at_least: int) -> None:
    """Every attack of `takeover_attacks.attack` was made, in every thread, and failed."""
    results = json.loads(said.strip().splitlines()[-1])
    worked = {
        f"{thread}: {attack}": got
        for thread, attacks in results.items()
        for attack, got in attacks.items()
        if not got.startswith("refused")
    }
    assert set(results) == {"main", "new", "iopub", "control", "shell channel"}
    assert len(results["main"]) > at_least
    assert worked == {}
    mistakes = {name: got for name, got in results["main"].items() if got.split()[1] in MISTAKES}
    assert mistakes == {}


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rsplit(") ", 1)[1][0] != "Z"


async def keep_speaking(kernel: Kernel) -> None:
    while True:
        await kernel.run("print('a secret of the sibling')")


def facts_of(site: Site, taken: Kernel, victim: Kernel, port: int, abstract: str) -> dict[str, Any]:
    fork_server, voila = site.process._children
    own_data, data_of_victim = site.gateway.folders[taken.kernel_id], site.gateway.folders[victim.kernel_id]
    (data_of_victim / "of_sibling").write_text(PLANTED)
    cache = site.folder / "cache"
    return {
        "files": [
            str(site.folder / "lake" / "secret.json"),
            str(cache / "other.parquet"),
            str(cache / "own.parquet"),
            str(data_of_victim / "of_sibling"),
            str(site.process.runtime / "run" / "voila.json"),
            "/etc/passwd",
        ],
        "folders": [
            str(each)
            for each in (
                site.folder / "lake",
                cache,
                cache / "kernels",
                data_of_victim,
                site.process.runtime,
                site.process.runtime / "run",
                site.process.runtime / "k",
                Path(victim.address).parent,
                Path("/tmp"),
            )
        ],
        "pids": {
            "gateway": site.decoy,
            "test": os.getpid(),
            "fork server": fork_server.pid,
            "Voila": voila.pid,
            "sibling": victim.pid,
            "init": 1,
        },
        "ports": {"listener": port, "Voila": int(site.process.address.rsplit(":", 1)[1])},
        "sockets": [str(site.process.socket), *(f"{victim.address}-{number}" for number in range(1, 6))],
        "abstract": abstract,
        "iopub_of_sibling": f"{victim.address}-2",
        "own_sockets": str(Path(taken.address).parent),
        "own_data": str(own_data),
        "memory": MEMORY,
        "most_threads": 5000,
    }
