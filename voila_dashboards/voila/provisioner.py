"""Voila's kernels come from the fork server: a kernel provisioner, Jupyter's own extension point for that.

https://jupyter-client.readthedocs.io/en/stable/provisioning.html
"""

from __future__ import annotations

import asyncio
import signal
import socket
from importlib.metadata import EntryPoint
from typing import Any, Final

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from voila_dashboards.forkserver.client import ForkServerClient, ForkServerGone
from voila_dashboards.voila.names import PROVISIONER

#: How long the rest of Jupyter waits for a kernel to end by itself: ours are killed at once.
_SHUTDOWN_S: Final = 1.0


class ForkedKernels:
    """The kernels of this process, and their one way to the fork server."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._client: ForkServerClient | None = None
        self._ended: dict[str, asyncio.Future[int]] = {}

    async def start(self, kernel_id: str) -> KernelConnectionInfo:
        """A new kernel that is ready; how to connect to it. Raises `ForkServerError`."""
        self._ended[kernel_id] = asyncio.get_running_loop().create_future()
        try:
            started = await self._reach().start_kernel(kernel_id)
        except BaseException:
            self.forget(kernel_id)
            raise
        connection: Any = started["connection"]
        info: KernelConnectionInfo = connection | {"key": connection["key"].encode()}
        return info

    async def signal(self, kernel_id: str, number: int) -> None:
        """Send a signal; a kernel that is gone is no error."""
        try:
            await self._reach().signal_kernel(kernel_id, number)
        except ForkServerGone:
            self._end_all()

    async def status(self, kernel_id: str) -> int:
        """The exit status of a kernel, once it has ended."""
        ended = self._ended.get(kernel_id)
        return 0 if ended is None else await asyncio.shield(ended)

    def status_now(self, kernel_id: str) -> int | None:
        """The same, or None while it runs."""
        ended = self._ended.get(kernel_id)
        return 0 if ended is None else ended.result() if ended.done() else None

    def forget(self, kernel_id: str) -> None:
        """Nobody asks for this kernel any more."""
        self._ended.pop(kernel_id, None)

    def _reach(self) -> ForkServerClient:
        if self._client is None:
            self._client = ForkServerClient(self._connection, self._note_end)
        return self._client

    def _note_end(self, kernel_id: str, status: int) -> None:
        ended = self._ended.get(kernel_id)
        if ended is not None and not ended.done():
            ended.set_result(status)

    def _end_all(self) -> None:
        for kernel_id in self._ended:
            self._note_end(kernel_id, -signal.SIGKILL)


class ForkedProvisioner(KernelProvisionerBase):
    """One kernel of the fork server. Its id is Voila's; how to reach it, the kernel has chosen."""

    #: Set by `register`: Jupyter makes provisioners from the class alone.
    kernels: ForkedKernels
    _is_started = False

    @property
    def has_process(self) -> bool:
        """Whether a kernel was started here and not waited for."""
        return self._is_started

    async def pre_launch(self, **options: Any) -> dict[str, Any]:
        """There is no command: the kernel runs what its parent holds."""
        prepared: dict[str, Any] = await super().pre_launch(cmd=[], **options)
        return prepared

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ARG002 - Jupyter's signature
        """Raises `ForkServerError`. The environment that Voila has for it is left out: no page needs any of it."""
        self.connection_info = await self.kernels.start(self.kernel_id)
        self._is_started = True
        return self.connection_info

    async def poll(self) -> int | None:
        """The exit status, or None while it runs."""
        return self.kernels.status_now(self.kernel_id)

    async def wait(self) -> int | None:
        """The exit status, once it has ended."""
        status = await self.kernels.status(self.kernel_id)
        self._is_started = False
        return status

    async def send_signal(self, signum: int) -> None:
        """Interrupt or end it."""
        if self._is_started:
            await self.kernels.signal(self.kernel_id, signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Jupyter's signature
        """End it at once."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """End it at once: it keeps nothing."""
        await self.kill(restart)

    async def shutdown_requested(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """End it at once, whatever it is doing."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Nothing is left of it here; its folders are the fork server's."""
        if not restart:
            self.kernels.forget(self.kernel_id)

    def get_shutdown_wait_time(self, recommended: float = _SHUTDOWN_S) -> float:
        """It was killed already."""
        return min(recommended, _SHUTDOWN_S)


def register(connection: socket.socket) -> None:
    """Make Jupyter know the provisioner, whose kernels are asked for over ``connection``; once a process."""
    ForkedProvisioner.kernels = ForkedKernels(connection)
    KernelProvisionerFactory.provisioners[PROVISIONER] = EntryPoint(
        PROVISIONER, f"{__name__}:{ForkedProvisioner.__name__}", KernelProvisionerFactory.GROUP_NAME
    )
