"""Background tasks with somebody who sees their end.

An asyncio task whose exception nobody asks for ends in silence: what it did is not done any more, and every page is 503
for a reason that stands nowhere.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from serving.service_log import describe_defect

logger = logging.getLogger(__name__)

See = Callable[[asyncio.Task[None]], None]


class Tasks:
    """The background tasks of one application; each has a name that means something to its operator."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[Any], str] = {}
        self._broken: dict[str, str] = {}

    @property
    def broken(self) -> Mapping[str, str]:
        """What should run and does not, and why: for `/readyz`."""
        return dict(self._broken)

    def keep(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run what has no end: that it ended is logged, and it is broken until it is started anew."""
        self._broken.pop(name, None)
        return self._start(name, work, self._see_end)

    def run(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run what comes to an end: that it failed is logged, and it is broken until the next of the name succeeds."""
        return self._start(name, work, self._see_result)

    async def stop(self) -> None:
        """Cancel what runs, and return once it has ended."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _start(self, name: str, work: Coroutine[Any, Any, None], see: See) -> asyncio.Task[None]:
        # Of no request: what is done in the background is done for many.
        task = asyncio.get_running_loop().create_task(work, name=name, context=contextvars.Context())
        self._running[task] = name
        task.add_done_callback(see)
        return task

    def _see_end(self, task: asyncio.Task[None]) -> None:
        self._record(task, "it ended by itself")

    def _see_result(self, task: asyncio.Task[None]) -> None:
        self._record(task, None)

    def _record(self, task: asyncio.Task[None], reason: str | None) -> None:
        name = self._running.pop(task)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            reason = describe_defect(error)
        if reason is None:
            self._broken.pop(name, None)
            return
        self._broken[name] = reason
        logger.error("A background task is broken, %s: %s", name, reason)
