"""Whether a page's kernel can be started now: found out by starting one, seldom, for all who ask.

Voila and the fork server may answer while every kernel fails: for lack of memory, of user ids, of disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from serving.tasks import Tasks
from voila_dashboards.forkserver.client import ForkServerError

#: A kernel takes some tenths of a second of a core: that is worth a minute's certainty.
_TRIED_EVERY_S: Final = 60.0
_TRIED_AGAIN_S: Final = 5.0
#: On a busy machine; what takes longer is no page that somebody waits for.
_TIMEOUT_S: Final = 20.0
#: Whoever asks is told what was known before, where the trial takes longer.
_PATIENCE_S: Final = 3.0


class KernelTrial:
    """Tries ``try_kernel`` no more often than every minute, or some seconds after it failed."""

    def __init__(
        self, try_kernel: Callable[[], Awaitable[None]], tasks: Tasks, clock: Callable[[], float]
    ) -> None:
        self._try_kernel = try_kernel
        self._tasks = tasks
        self._clock = clock
        self._trying: asyncio.Task[None] | None = None
        self._due_at = float("-inf")
        self._reason = "No kernel has been tried yet."

    async def reason(self) -> str:
        """Why no kernel can be started, in a sentence; empty where one can."""
        if self._trying is None and self._clock() >= self._due_at:
            self._trying = self._tasks.run("the kernel that is tried", self._try())
            self._trying.add_done_callback(self._forget)
        if self._trying is not None:
            await asyncio.wait([self._trying], timeout=_PATIENCE_S)
        return self._reason

    async def _try(self) -> None:
        reason = "A kernel failed in a way that is not known; the service log says where."
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._try_kernel()
            reason = ""
        except TimeoutError:
            reason = f"No kernel was ready within {_TIMEOUT_S:.0f} s."
        except ForkServerError as error:
            reason = str(error)
        finally:
            self._reason = reason
            self._due_at = self._clock() + (_TRIED_AGAIN_S if reason else _TRIED_EVERY_S)

    def _forget(self, _done: asyncio.Task[None]) -> None:
        self._trying = None
