"""How Voila asks its kernels: nothing that a kernel does or leaves undone leaves a visitor waiting for ever."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from voila_dashboards.voila.kernels import ForkedKernelManager

pytestmark = pytest.mark.anyio


class SilentKernel(ForkedKernelManager):
    """A kernel that runs and says nothing, until it is sent a signal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(transport="ipc", ip=str(folder / "k"))
        self.shell_port, self.iopub_port, self.stdin_port, self.hb_port, self.control_port = range(1, 6)
        self.signals: list[int] = []

    async def _async_is_alive(self) -> bool:
        return not self.signals

    async def signal_kernel(self, signum: int) -> None:  # type: ignore[override]
        self.signals.append(signum)


@pytest.mark.parametrize("sent", [[], [signal.SIGTERM]])
async def test_a_kernel_that_does_not_answer_is_ended_and_one_that_has_died_is_let_be(
    tmp_path: Path, sent: list[int]
) -> None:
    kernel = SilentKernel(tmp_path)
    kernel.signals += sent
    client = kernel.client()
    client.start_channels()

    await client.wait_for_ready(timeout=0.01)  # an error here would be a page that loads for ever
    client.stop_channels()

    assert kernel.signals == (sent or [signal.SIGKILL])
