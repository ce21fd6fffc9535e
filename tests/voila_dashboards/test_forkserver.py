"""The fork server: what it starts, bounds, tells and leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from tests.voila_dashboards.standin_gateway import StandinGateway
from tests.voila_dashboards.test_takeover import START_TIMEOUT_S, Kernel, connect, is_running
from voila_dashboards.forkserver.accounts import Accounts
from voila_dashboards.forkserver.client import ForkServerClient, ForkServerGone, KernelNotStarted
from voila_dashboards.forkserver.errorlog import ErrorLog
from voila_dashboards.forkserver.messages import Setup, pair
from voila_dashboards.forkserver.process import start_fork_server
from voila_dashboards.sandbox import may_change_user
from voila_dashboards.voila.config import python_environment

STANDIN: Final = (sys.executable, "-P", "-m", "tests.voila_dashboards.standin_room")
UIDS: Final = (61200, 61230)
MOST_KERNELS: Final = 4

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
    pytest.mark.skipif(not os.access(sys.executable, os.X_OK), reason="this user may not run this Python"),
]


class Server:
    """A fork server, and what a gateway would have of it."""

    def __init__(self, folder: Path, child: asyncio.subprocess.Process, client: ForkServerClient) -> None:
        self.folder = folder
        self.child = child
        self.client = client

    async def start(self, kernel_id: str | None = None) -> Kernel:
        kernel_id = kernel_id or str(uuid.uuid4())
        return await connect(kernel_id, await self.client.start_kernel(kernel_id))

    def left(self) -> list[str]:
        """Folders of kernels."""
        return [
            each.name
            for name in ("k", "d")
            for each in (self.folder / name).iterdir()
            if each.name != "profile"
        ]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with a_server() as server:
        yield server


@asynccontextmanager
async def a_server() -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory(prefix="caselog-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        file = make_folders(folder)
        gateway = StandinGateway(folder / "g", folder / "d", file)
        child, client = await start_fork_server(a_setup(folder), python_environment(folder), folder, STANDIN)
        try:
            yield Server(folder, child, client)
        finally:
            client.close()
            await child.wait()
            gateway.close()


def make_folders(folder: Path) -> Path:
    """What a gateway makes, and one file to hand over."""
    folder.chmod(0o711)
    (folder / "k").mkdir(mode=0o711)
    (folder / "d").mkdir(mode=0o700)
    file = folder / "own.parquet"
    duckdb.execute(f"COPY (SELECT to_timestamp(i) AS executed_at FROM range(9) r(i)) TO '{file}'")
    file.chmod(0o444)
    return file


def a_setup(folder: Path) -> Setup:
    return Setup(
        runtime_folder=str(folder),
        sockets_folder=str(folder / "k"),
        data_folder=str(folder / "d"),
        gateway_socket=str(folder / "g"),
        most_kernels=MOST_KERNELS,
        memory_bytes=1 << 30,
        uids=UIDS if may_change_user() else None,
        reader_gid=os.getgid() if may_change_user() else None,
    )


async def until(holds: Callable[[], bool], timeout_s: float = START_TIMEOUT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def until_buried(server: Server, kernel: Kernel) -> None:
    """Wait until the fork server has seen the kernel's end, and nothing is left of it."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while kernel.kernel_id in await server.client.kernels():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    await until(lambda: not any(name.startswith(f"{kernel.pid}-") for name in server.left()))


# ---------------------------------------------------------------- kernels


async def test_a_kernel_reads_its_descriptor_and_times_become_pythons(server: Server) -> None:
    kernel = await server.start()

    await kernel.run("from tests.voila_dashboards import standin_room as room; room.show('ticket')")
    said = await kernel.run("print(room.connection[0].execute('SELECT now()').fetchone()[0].tzinfo)")
    rows = await kernel.run(
        "room.connection[0].execute(f\"SELECT count(*) FROM read_parquet('/proc/self/fd/{room.files[0]}')\").fetchall()"
    )

    assert "UTC" in said
    assert rows == "[(9,)]"


async def test_a_kernel_welcomes_each_that_subscribes_to_what_it_says(server: Server) -> None:
    kernel = await server.start()
    await kernel.run("1")  # whatever else it says is said; its client has subscribed

    for _ in range(2):
        later: Any = kernel.client.connect_iopub()
        with later:
            said = await asyncio.wait_for(later.recv_multipart(), START_TIMEOUT_S)
        _, parts = kernel.client.session.feed_identities(said)
        assert kernel.client.session.deserialize(parts)["header"]["msg_type"] == "iopub_welcome"


async def test_a_kernel_is_interrupted_and_goes_on(server: Server) -> None:
    kernel = await server.start()
    runs = asyncio.Event()
    endless = asyncio.create_task(
        kernel.client.execute_interactive(
            "print('runs', flush=True)\nwhile True: pass",
            timeout=100,
            output_hook=lambda said: runs.set() if said["msg_type"] == "stream" else None,
            allow_stdin=False,
        )
    )
    await runs.wait()

    assert await server.client.signal_kernel(kernel.kernel_id, signal.SIGINT)
    reply = await endless

    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert await kernel.run("6 * 7") == "42"


async def test_a_kernel_is_killed_at_once_and_leaves_nothing(server: Server) -> None:
    kernel, other = await server.start(), await server.start()
    assert await server.client.kernels() == {kernel.kernel_id: kernel.pid, other.kernel_id: other.pid}

    assert await server.client.kill_kernel(kernel.kernel_id)
    await until(lambda: not is_running(kernel.pid))
    await until_buried(server, kernel)

    assert await server.client.kernels() == {other.kernel_id: other.pid}
    assert all(name.startswith(f"{other.pid}-") for name in server.left())
    assert not await server.client.kill_kernel(kernel.kernel_id)


async def test_no_more_kernels_than_agreed_and_none_twice(server: Server) -> None:
    kernels = [await server.start() for _ in range(MOST_KERNELS)]

    with pytest.raises(KernelNotStarted, match="no more are started"):
        await server.start()
    await server.client.kill_kernel(kernels[0].kernel_id)
    await until_buried(server, kernels[0])
    with pytest.raises(KernelNotStarted, match="of this id"):
        await server.start(kernels[1].kernel_id)
    await server.start()


async def test_each_kernel_is_a_user_of_its_own(server: Server) -> None:
    if not may_change_user():
        pytest.skip("only root can give kernels users of their own")
    kernels = [await server.start() for _ in range(3)]

    users = {Path(kernel.address).parent.stat().st_uid for kernel in kernels}
    said = {await kernel.run("import os; print(os.getresuid(), os.getgroups())") for kernel in kernels}

    assert len(users) == len(said) == 3
    assert all(UIDS[0] <= user < UIDS[1] for user in users)
    assert all("[]" in each for each in said)


async def test_a_user_is_taken_again_only_after_all_others() -> None:
    accounts = Accounts(61300, 61303)
    first, second = accounts.take(), accounts.take()
    assert first is not None
    assert second is not None
    accounts.give_back(first)

    assert [account and account.uid for account in (accounts.take(), accounts.take(), accounts.take())] == [
        61302,
        first.uid,
        None,
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into a kernel's memory")
async def test_a_later_kernel_knows_nothing_of_an_earlier_one(server: Server) -> None:
    first, later = await server.start(), await server.start()
    chance = Path(first.address).parent.name.split("-")[1].encode()

    memory = memory_of(later.pid)

    assert later.client.session.key in memory
    assert first.client.session.key not in memory
    assert chance not in memory


def memory_of(pid: int) -> bytes:
    """Everything a process may write to."""
    pieces = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, modes, *_ = line.split()
            low, high = (int(each, 16) for each in addresses.split("-"))
            if modes.startswith("rw"):
                with suppress(OSError):  # given back since
                    memory.seek(low)
                    pieces.append(memory.read(high - low))
    return b"".join(pieces)


# ---------------------------------------------------------------- the server


def test_it_has_one_thread_no_secret_and_is_not_looked_into() -> None:
    async def look() -> tuple[int, bool, str]:
        async with a_server() as server:
            pid = server.child.pid
            return owner_of(pid), has_one_thread(pid), environment_of(pid)

    owner, is_single, environment = asyncio.run(look())

    assert owner == 0  # a hidden process belongs to root, whoever runs it
    assert is_single
    assert "AWS" not in environment


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}/environ").stat().st_uid


def environment_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_text(encoding="utf-8")
    except PermissionError:  # as it should be, for all but root
        return ""


async def test_it_ends_with_the_gateway_and_so_does_every_kernel() -> None:
    async with a_server() as server:
        kernels = [await server.start() for _ in range(2)]

        server.client.close()
        await server.child.wait()

        await until(lambda: not any(is_running(kernel.pid) for kernel in kernels))
        await until(lambda: not server.folder.exists())


async def test_its_end_is_seen_and_its_kernels_end_too(server: Server) -> None:
    kernel = await server.start()

    server.child.kill()
    await server.client.gone.wait()

    with pytest.raises(ForkServerGone):
        await server.client.start_kernel(str(uuid.uuid4()))
    await until(lambda: not is_running(kernel.pid))


async def test_with_whoever_came_by_a_door_end_his_kernels_alone(server: Server) -> None:
    ours = await server.start()
    door = ForkServerClient(await server.client.open_door())
    theirs = await door.start_kernel(str(uuid.uuid4()))

    with pytest.raises(KernelNotStarted, match="nothing that the fork server does"):
        await door.open_door()
    door.close()

    await until(lambda: not is_running(theirs["pid"]))
    assert is_running(ours.pid)


def spoil(folder: Path) -> None:
    (folder / "d").rmdir()


def has_one_thread(pid: int) -> bool:
    return len(list(Path(f"/proc/{pid}/task").iterdir())) == 1


async def test_a_kernel_that_cannot_be_sealed_is_not_started(server: Server) -> None:
    spoil(server.folder)

    with pytest.raises(KernelNotStarted, match="before it was ready"):
        await server.start()
    await until(lambda: len(list((server.folder / "k").iterdir())) == 1)  # the profile


async def test_a_server_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ForkServerGone):
        await start_fork_server(a_setup(tmp_path), python_environment(tmp_path), tmp_path, ("/bin/false",))


def test_what_a_kernel_says_is_bounded_and_obeyed_by_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    reader, writer = os.pipe()
    log = ErrorLog(reader)
    for _ in range(64):
        os.write(writer, b"\x1b[2J" + b"x" * 1000)
        log.pass_on()
    os.close(writer)

    assert not log.pass_on()
    log.close()
    said = capsys.readouterr().err
    assert len(said) == 16 * 1024
    assert "\x1b" not in said


def test_packets_are_kept_apart() -> None:
    ours, theirs = pair()
    with ours, theirs:
        ours.send(b"a")
        ours.send(b"b")

        assert theirs.recv(100) == b"a"
