"""How Voila manages and asks its kernels, where Jupyter's own way costs a page time or leaves a secret on disk."""

from __future__ import annotations

import signal
import time
from queue import Empty
from typing import Any, Final

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import Type

#: A kernel that has said nothing for so long is given up.
_READY_TIMEOUT_S: Final = 30.0
#: How often it is asked whether a kernel that says nothing is still there.
_LOOK_EVERY_S: Final = 0.5


class QuickClient(AsyncKernelClient):
    """A client that knows when it is heard, instead of waiting for 0.2 s of silence.

    A kernel welcomes each subscriber (https://jupyter.org/enhancement-proposals/65-jupyter-xpub/jupyter-xpub.html):
    from then on nothing that a cell shows is lost.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - Jupyter's signature
        """Return once the kernel has answered.

        Of one that has died it returns, too, and one that does not answer in time is killed: an error here leaves
        Voila's visitor waiting for ever, while a kernel that is named to the gateway is known there to have ended.
        """
        deadline = time.monotonic() + min(timeout or _READY_TIMEOUT_S, _READY_TIMEOUT_S)
        self.kernel_info()
        if await self._hear(self.iopub_channel, deadline) is None:
            return
        reply = await self._hear(self.shell_channel, deadline)
        if reply is not None:
            self._handle_kernel_info_reply(reply)

    async def _hear(self, channel: Any, deadline: float) -> dict[str, Any] | None:
        """The next message on ``channel``; None where the kernel is dead, or was killed at the ``deadline``."""
        while True:
            try:
                message: dict[str, Any] = await channel.get_msg(timeout=_LOOK_EVERY_S)
            except Empty:
                if not await self.is_alive():
                    return None
                if time.monotonic() > deadline:
                    await self._kill()
                    return None
            else:
                return message

    async def _kill(self) -> None:
        self.log.warning("A kernel did not answer Voila in time: it is ended.")
        manager: Any = self.parent
        await manager.signal_kernel(signal.SIGKILL)


class ForkedKernelManager(ServerKernelManager):
    """A kernel whose key stands in no file."""

    client_factory = Type(QuickClient, klass=AsyncKernelClient)

    def write_connection_file(self, **_options: Any) -> None:
        """Whoever reads the key runs code in the kernel; nobody needs the file."""
