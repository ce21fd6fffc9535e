"""Pages in the making. A page is made by a task of the gateway's own, whoever waits for it and however long.

Voila goes on making a kernel for a request that was given up, and tells nobody which. So a request to Voila is not
given up before it has named the kernel: then the kernel is shown to its visitor, or told that nobody looks and ended.
From then on the visit's end is the page's: of a kernel that dies Voila says nothing for as long as one listens. How
many are in the making at once is bounded, and users take turns; who went away before its turn gets no kernel. Where a
kernel comes to nothing before it is shown, the page is begun anew, once.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from lake.errors import LakeError
from voila_dashboards.gateway.kernels import Kernels, KernelSilent
from voila_dashboards.gateway.places import Places
from voila_dashboards.gateway.visits import Visit, Visits
from voila_dashboards.voila.client import Voila, VoilaSilent

logger = logging.getLogger(__name__)

_KERNEL_MARK: Final = re.compile(rb"<!--caselog-kernel:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-->")
#: The mark is the first thing our template writes.
_MARK_WITHIN: Final = 2048
#: How soon it is seen that a kernel has ended whose page Voila is still drawing.
_LOOK_EVERY_S: Final = 0.2
#: How many kernels are tried for a page: one may end, or stay silent, before it has shown anything.
_TRIES: Final = 2

EndVisit = Callable[[Visit], Awaitable[None]]


@dataclass(eq=False)
class Render:
    """A page in the making: its pieces as they come, None behind the last."""

    visit: Visit
    queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    #: Whether a kernel was admitted: then the page is that kernel's, also where it breaks off.
    is_begun: bool = False

    def put(self, piece: bytes) -> None:
        """Add a piece."""
        self.is_begun = True
        self.queue.put_nowait(piece)

    async def pieces(self) -> AsyncIterator[bytes]:
        """The kernel's part of the page, from the mark on."""
        while (piece := await self.queue.get()) is not None:
            yield piece


class Renders:
    """Makes pages, ``most_at_once`` at a time; ``end_kernel`` ends a kernel that no visit holds any more."""

    def __init__(
        self,
        voila: Voila,
        visits: Visits,
        kernels: Kernels,
        end_kernel: Callable[[str], Awaitable[None]],
        most_at_once: int,
    ) -> None:
        self._voila = voila
        self._visits = visits
        self._kernels = kernels
        self._end_kernel = end_kernel
        self._places = Places(most_at_once, most_at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: set[Visit] = set()

    def begin(self, visit: Visit) -> Render:
        """Have the page of ``visit`` made; returns at once."""
        render = Render(visit)
        task = asyncio.create_task(self._make(render))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return render

    def is_making(self, visit: Visit) -> bool:
        """Whether Voila is at work for ``visit``: then its kernel is ended here, once it is known."""
        return visit in self._running

    @property
    def count(self) -> int:
        """How many pages are in the making or wait for their turn."""
        return len(self._tasks)

    async def stop(self) -> None:
        """Give up what is in the making; Voila ends with the gateway."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _make(self, render: Render) -> None:
        visit = render.visit
        try:
            if await self._take_turn(visit):
                try:
                    self._running.add(visit)
                    await self._build(render)
                finally:
                    self._running.discard(visit)
                    self._places.give_back(visit.session.viewer.name)
        except (VoilaSilent, KernelSilent) as error:
            logger.warning("A page was not built: %s", error)
        except LakeError as error:
            logger.warning("A page was not built: %s", error)
        except Exception as error:
            logger.exception("A page was not built: %s", type(error).__name__)
        finally:
            render.queue.put_nowait(None)

    async def _take_turn(self, visit: Visit) -> bool:
        """Wait for a free place; False, and no place taken, where the visit ended meanwhile."""
        if self._places.take_now(visit.session.viewer.name):
            return True
        turn = asyncio.create_task(self._places.take(visit.session.viewer.name))
        left = asyncio.create_task(visit.ended.wait())
        try:
            await asyncio.wait({turn, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left.cancel()
            turn.cancel()  # one that is done is not touched
        await asyncio.wait({turn})
        if turn.cancelled() or not visit.ended.is_set():
            return not turn.cancelled()
        self._places.give_back(visit.session.viewer.name)
        return False

    async def _build(self, render: Render) -> None:
        """Have the page made, by another kernel where one came to nothing; raises as `_read_page` does."""
        for tries_left in reversed(range(_TRIES)):
            try:
                await self._read_page(render)
            except (VoilaSilent, KernelSilent) as error:
                if render.is_begun or render.visit.ended.is_set() or not tries_left:
                    raise
                logger.warning("A page is begun anew: %s", error)
            else:
                return

    async def _read_page(self, render: Render) -> None:
        """Read Voila's whole answer; raises `VoilaSilent`, `KernelSilent`, `StoreUnavailable`."""
        visit, head, kernel_id = render.visit, b"", ""
        answer = self._voila.render(visit.page)
        try:
            while (piece := await _next_piece(answer, visit if kernel_id else None)) is not None:
                if kernel_id:
                    render.put(piece)
                    continue
                head += piece
                kernel_id = _find_mark(head)
                if kernel_id:
                    await self._show(visit, kernel_id)
                    render.put(head)
            _require_mark(kernel_id)
        except (VoilaSilent, KernelSilent):
            if not render.is_begun:
                self._visits.release(visit)
            raise
        finally:
            await answer.aclose()
            if kernel_id and (visit.ended.is_set() or visit.kernel_id != kernel_id):
                await asyncio.shield(self._end_kernel(kernel_id))

    async def _show(self, visit: Visit, kernel_id: str) -> None:
        """Admit the kernel; where nobody looks any more, tell it so."""
        if self._visits.serves(kernel_id) is not None:
            raise VoilaSilent("Voila named a kernel that serves another visit")
        if self._visits.bind(visit, kernel_id):
            await self._kernels.admit(visit)
        else:
            await self._kernels.dismiss(kernel_id)


async def _next_piece(answer: AsyncGenerator[bytes], named: Visit | None) -> bytes | None:
    """The next piece; None behind the last, and once the visit has ended whose kernel was ``named``."""
    if named is None:
        return await anext(answer, None)
    reading = asyncio.ensure_future(anext(answer, None))
    try:
        while not reading.done() and not named.ended.is_set():
            await asyncio.wait({reading}, timeout=_LOOK_EVERY_S)
        return reading.result() if reading.done() else None
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _find_mark(head: bytes) -> str:
    """The kernel that Voila has named; nothing where it has not yet. Raises `VoilaSilent` where it does not."""
    match = _KERNEL_MARK.search(head)
    if match is None and len(head) > _MARK_WITHIN:
        raise VoilaSilent("Voila named no kernel")
    return match[1].decode() if match else ""


def _require_mark(kernel_id: str) -> None:
    """Raises `VoilaSilent` where Voila's answer has ended and named none."""
    if not kernel_id:
        raise VoilaSilent("Voila's answer ended before it named a kernel")
