"""How long a visit lives: how many there may be, how long one may idle or think, and never longer than its session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from access.errors import AccessError
from lake.errors import LakeError
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.gateway.visits import Visit, Visits
from voila_dashboards.settings import DashboardSettings

logger = logging.getLogger(__name__)

#: How soon after a session is known to be over its pages are.
SWEEP_EVERY_S: Final = 2.0


class Lifetimes:
    """Opens and ends visits; with a visit ends its kernel. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        visits: Visits,
        end_kernel: Callable[[str], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._visits = visits
        self._end_kernel = end_kernel
        self._clock = clock
        self._leaving: list[str] = []
        #: Whether a page is still in the making: then whoever makes it ends the kernel.
        self.is_making: Callable[[Visit], bool] = lambda _visit: False

    async def open(self, page: str, params: Mapping[str, str], session: Session) -> Visit:
        """A new visit; where there are too many, those that idled longest make room."""
        own = self._visits.of_session(session.session_id)
        for visit in own[: max(0, len(own) - self._settings.max_kernels_per_session + 1)]:
            await self.end(visit)
        everyone = self._visits.all()
        for visit in everyone[: max(0, len(everyone) - self._settings.max_kernels + 1)]:
            await self.end(visit)
        return self._visits.open(page, params, session, self._clock())

    async def end(self, visit: Visit) -> None:
        """End a visit and its kernel; once, however often it is asked for."""
        kernel_id = self._forget(visit)
        if kernel_id is not None:
            await self._end_kernel(kernel_id)

    def leave(self, visit: Visit) -> None:
        """End a visit now and its kernel with the next sweep: ending one slows the page that is being opened."""
        kernel_id = self._forget(visit)
        if kernel_id is not None:
            self._leaving.append(kernel_id)

    async def end_session(self, session_id: str) -> None:
        """End every visit of a session."""
        await asyncio.gather(*(self.end(visit) for visit in self._visits.of_session(session_id)))

    async def sweep(self) -> None:
        """End the visits that are over: left, idle, stuck, or of a session that no longer holds."""
        while self._leaving:
            await self._end_kernel(self._leaving.pop())
        for visit in self._visits.all():
            if await self._is_over(visit):
                await self.end(visit)

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            try:
                await self.sweep()
            except (LakeError, AccessError) as error:
                logger.warning("Sessions could not be checked: %s", error)

    def _forget(self, visit: Visit) -> str | None:
        """The kernel that is to be ended for it, if that is not the work of whoever makes its page."""
        self._visits.end(visit)
        kernel_id = None if self.is_making(visit) else visit.kernel_id
        if kernel_id is not None:
            visit.kernel_id = None
        return kernel_id

    async def _is_over(self, visit: Visit) -> bool:
        now = self._clock()
        if visit.ended.is_set() or now - visit.last_used_at > self._settings.kernel_idle_s:
            return True
        if not visit.is_admitted and now - visit.opened_at > 2 * self._settings.page_timeout_s:
            return True
        if visit.asked_at is not None and now - visit.asked_at > self._settings.answer_timeout_s:
            logger.warning("A kernel did not answer for %.0f s: it is ended.", now - visit.asked_at)
            return True
        return not await self._sessions.still_holds(visit.session)
