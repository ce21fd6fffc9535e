"""The gateway's children, the fork server and Voila: started, watched, started again together, ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pwd
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from serving.tasks import Tasks
from voila_dashboards.forkserver.client import ForkServerClient, ForkServerError, ForkServerGone
from voila_dashboards.forkserver.messages import Setup
from voila_dashboards.forkserver.process import FORK_SERVER, start_fork_server
from voila_dashboards.pages import PAGES
from voila_dashboards.sandbox import Account, may_change_user
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.config import NOTEBOOKS, python_environment, voila_config, voila_environment

logger = logging.getLogger(__name__)

_LONGEST_PAUSE_S: Final = 30.0
_POLL_S: Final = 0.05
#: Kernels that are being made while as many as may be are open.
_SPARE_KERNELS: Final = 8


@dataclass(frozen=True)
class Accounts:
    """Whom the children become: Voila one user, each kernel another. None where they stay who the gateway is."""

    voila: Account | None = None
    kernels: tuple[int, int] | None = None


def choose_accounts(settings: DashboardSettings) -> Accounts:
    """Users of their own, where this process may give them."""
    if not may_change_user():
        return Accounts()
    first, end = settings.kernel_uid_range
    if settings.kernel_user is None:
        return Accounts(Account(first, first), (first + 1, end))
    known = pwd.getpwnam(settings.kernel_user)
    return Accounts(Account(known.pw_uid, known.pw_gid), (first, end))


class VoilaProcess:
    """One fork server and one Voila at a time, Voila on a free loopback port with a random token.

    ``kernel_folders`` is where each kernel's data folder is made: on the file system of what is handed to kernels.
    ``notebooks`` are the pages, ``fork_server`` the command whose kernels hold what they call, ``accounts`` whom the
    children become.
    """

    def __init__(
        self,
        settings: DashboardSettings,
        kernel_folders: Path | None = None,
        *,
        notebooks: Path = NOTEBOOKS,
        fork_server: Sequence[str] = FORK_SERVER,
        accounts: Accounts | None = None,
    ) -> None:
        self._settings = settings
        self._notebooks = notebooks
        self._fork_server = fork_server
        self._accounts = accounts or choose_accounts(settings)
        self.runtime = _make_runtime(settings.runtime_dir)
        self.kernel_folders = kernel_folders or self.runtime / "data"
        self.socket = self.runtime / "gateway" / "socket"
        self.token = secrets.token_urlsafe(32)
        self.address = ""
        self.is_ready = False
        #: Where kernels are counted and killed; None while it is not there.
        self.forks: ForkServerClient | None = None
        #: Called with the id of each kernel that has ended.
        self.on_kernel_end: Callable[[str], None] = lambda _kernel_id: None
        self._children: list[asyncio.subprocess.Process] = []
        self._watcher: asyncio.Task[None] | None = None
        self._make_folders()

    def start(self, tasks: Tasks) -> None:
        """Begin to keep both running; returns at once. The gateway's socket is there by now."""
        self._watcher = tasks.keep("Voila", self._keep_running())

    async def stop(self) -> None:
        """End both and all kernels, and remove what they left."""
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        await self._end_children()
        shutil.rmtree(self.runtime, ignore_errors=True)

    async def kill_kernel(self, kernel_id: str) -> None:
        """End a kernel at once; one that is gone is no error."""
        if self.forks is not None:
            with contextlib.suppress(ForkServerGone):
                await self.forks.kill_kernel(kernel_id)

    async def try_kernel(self) -> None:
        """Return once a kernel has started, and ended again; raises `ForkServerError` where none can."""
        if self.forks is None:
            raise ForkServerGone
        kernel_id = str(uuid.uuid4())
        try:
            await self.forks.start_kernel(kernel_id)
        finally:
            await self.kill_kernel(kernel_id)

    async def _keep_running(self) -> None:
        pause_s = 1.0
        while True:
            try:
                if await self._run_once():
                    pause_s = 1.0
            except (OSError, ForkServerError) as error:
                logger.error("Voila could not be started: %s", error)  # noqa: TRY400 - the sentence says it
            finally:
                await self._end_children()
            logger.error("The pages' processes have ended: starting them again in %.0f s.", pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _run_once(self) -> bool:
        """Start both and return when one has ended; whether Voila had answered before."""
        home = self.runtime / "run"
        child, self.forks = await start_fork_server(
            self._setup(), python_environment(home), self.runtime, self._fork_server, self._note_end
        )
        self._children.append(child)
        port = _free_port()
        voila = await self._launch_voila(port, await self.forks.open_door())
        ended = [asyncio.create_task(each.wait()) for each in self._children]
        try:
            self.is_ready = await _answers(voila, port)
            await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
            return self.is_ready
        finally:
            for task in ended:
                task.cancel()

    def _note_end(self, kernel_id: str, _status: int) -> None:
        self.on_kernel_end(kernel_id)

    def _setup(self) -> Setup:
        settings, accounts = self._settings, self._accounts
        kept_ready = sum(page.is_kept_ready for page in PAGES.values())
        return Setup(
            runtime_folder=str(self.runtime),
            sockets_folder=str(self.runtime / "k"),
            data_folder=str(self.kernel_folders.resolve()),  # as DuckDB sees what a descriptor was opened by
            gateway_socket=str(self.socket),
            most_kernels=settings.max_kernels + settings.pool_size * kept_ready + _SPARE_KERNELS,
            memory_bytes=settings.kernel_memory_bytes,
            uids=accounts.kernels,
            reader_gid=accounts.voila.gid if accounts.voila is not None else None,
        )

    async def _launch_voila(self, port: int, door: socket.socket) -> asyncio.subprocess.Process:
        home = self.runtime / "run"
        self.address = f"http://127.0.0.1:{port}"
        self._write_config(voila_config(self._settings, self._notebooks, home, port, self.token))
        account = self._accounts.voila
        with door:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # the folder it runs in is no place to import from
                "-m",
                "voila_dashboards.voila",
                *(str(each) for each in (door.fileno(), os.getpid())),
                *((str(account.uid), str(account.gid)) if account is not None else ()),
                stdin=asyncio.subprocess.PIPE,
                stdout=sys.stderr,
                stderr=sys.stderr,
                cwd=home,
                env=voila_environment(home),
                pass_fds=[door.fileno()],
                start_new_session=True,
            )
        self._children.append(child)
        return child

    async def _end_children(self) -> None:
        """Kill both at once, and with the fork server every kernel: they keep nothing."""
        self.is_ready = False
        if self.forks is not None:
            self.forks.close()
            self.forks = None
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGKILL)
            await child.wait()
            if child.stdin is not None:
                child.stdin.close()
        self._children.clear()
        self._remove_kernel_folders()

    def _remove_kernel_folders(self) -> None:
        """What a fork server leaves that was killed; other gateways may keep kernels' folders in the same place."""
        for sockets in (self.runtime / "k").glob("*-*"):
            shutil.rmtree(self.kernel_folders / sockets.name, ignore_errors=True)
            shutil.rmtree(sockets, ignore_errors=True)

    def _make_folders(self) -> None:
        """Each folder is as open as it has to be: Voila and the kernels may pass through, and see their own."""
        self.kernel_folders.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.parent.mkdir(mode=0o700)
        (self.runtime / "k").mkdir(mode=0o700)
        home = self.runtime / "run"
        home.mkdir(mode=0o700)
        if self._accounts.voila is not None:
            self.runtime.chmod(0o711)
            (self.runtime / "k").chmod(0o711)
            os.chown(home, self._accounts.voila.uid, self._accounts.voila.gid)

    def _write_config(self, content: dict[str, Any]) -> None:
        path = self.runtime / "run" / "voila.json"
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
            if self._accounts.voila is not None:
                os.fchown(descriptor, self._accounts.voila.uid, self._accounts.voila.gid)


def _make_runtime(parent: Path | None) -> Path:
    """A private folder with a short path: unix sockets below it have no room for a long one."""
    return Path(tempfile.mkdtemp(prefix="caselog-", dir=parent))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answers(child: asyncio.subprocess.Process, port: int) -> bool:
    """Wait until something listens on ``port``; False where ``child`` has ended before."""
    while child.returncode is None:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
        await asyncio.sleep(_POLL_S)
    return False
