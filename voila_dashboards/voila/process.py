"""The Voila child process: started, watched, started again when it dies, and ended with the gateway."""

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
from pathlib import Path
from typing import Any, Final

import psutil

from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.config import kernel_config, voila_config, voila_environment

logger = logging.getLogger(__name__)

_LONGEST_PAUSE_S: Final = 30.0
_POLL_S: Final = 0.05


class VoilaProcess:
    """One Voila at a time, on a free loopback port with a random token."""

    def __init__(self, settings: DashboardSettings) -> None:
        self._settings = settings
        self._account = pwd.getpwnam(settings.kernel_user) if settings.kernel_user else None
        self.runtime = _make_runtime(settings.runtime_dir)
        self.socket = self.runtime / "gateway" / "socket"
        self.socket.parent.mkdir(mode=0o700)
        self.token = secrets.token_urlsafe(32)
        self.address = ""
        self.is_ready = False
        self._child: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep a Voila running; returns at once. The gateway's socket is there by now."""
        self._hand_over()
        self._watcher = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """End Voila and its kernels, and remove what they left."""
        self.is_ready = False
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        await self._end_child()
        shutil.rmtree(self.runtime, ignore_errors=True)

    async def _keep_running(self) -> None:
        pause_s = 1.0
        while True:
            port = _free_port()
            child = await self._launch(port)
            if await self._wait_until_ready(child, port):
                pause_s = 1.0
            status = await child.wait()
            self.is_ready = False
            _signal_group(child.pid, signal.SIGKILL)  # kernels that outlived it
            logger.error("Voila ended with status %s: starting it again in %.0f s.", status, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _launch(self, port: int) -> asyncio.subprocess.Process:
        self.address = f"http://127.0.0.1:{port}"
        config = voila_config(self._settings, self.runtime / "run", port, self.token)
        self._write(self.runtime / "run" / "voila.json", config)
        account: dict[str, Any] = {}
        if self._account is not None:
            account = {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder it runs in is no place to import from
            "-m",
            "voila_dashboards.voila",
            str(self.runtime),
            stdin=asyncio.subprocess.PIPE,
            stdout=sys.stderr,
            stderr=sys.stderr,
            cwd=self.runtime / "run",
            env=voila_environment(self.runtime / "run", self.socket),
            start_new_session=True,
            **account,
        )
        return self._child

    async def _wait_until_ready(self, child: asyncio.subprocess.Process, port: int) -> bool:
        while child.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                self.is_ready = True
                return True
            await asyncio.sleep(_POLL_S)
        return False

    async def _end_child(self) -> None:
        """Kill Voila and its kernels at once: they keep nothing, and a polite end makes kernels print tracebacks."""
        child = self._child
        if child is None:
            return
        kernels = _descendants(child.pid)
        _signal_group(child.pid, signal.SIGKILL)
        for kernel in kernels:
            with contextlib.suppress(psutil.NoSuchProcess):
                kernel.kill()
        if child.stdin is not None:
            child.stdin.close()
        await child.wait()

    def _hand_over(self) -> None:
        """Make the folders Voila works in, and give them to the user it runs as."""
        profile = self.runtime / "run" / "ipython" / "profile_default"
        profile.mkdir(parents=True, mode=0o700)
        self._write(profile / "ipython_kernel_config.json", kernel_config())
        if self._account is not None:
            self.runtime.chmod(0o711)
            for folder in (self.socket.parent, self.runtime / "run"):
                for path in (folder, *folder.rglob("*")):
                    os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        path.write_text(json.dumps(content))
        path.chmod(0o600)
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)


def _make_runtime(parent: Path | None) -> Path:
    """A private folder with a short path: unix sockets below it have no room for a long one."""
    folder = Path(tempfile.mkdtemp(prefix="caselog-", dir=parent))
    (folder / "run").mkdir(mode=0o700)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _descendants(pid: int) -> list[psutil.Process]:
    """Every process below ``pid``: kernels are sessions of their own, so no signal to a group reaches them."""
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
