"""How long a visit lives: how many there may be, how long one may idle or think, and never longer than its session.

Where a session is over, everything of it ends at once: its visits, the pages that show something, the files that
are on their way.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from voila_dashboards.gateway.open_pages import OpenPages
from voila_dashboards.gateway.sending import NotTheirs, SentFile
from voila_dashboards.gateway.session_checks import SessionChecks
from voila_dashboards.gateway.session_end import SessionEnd
from voila_dashboards.gateway.sessions import Session
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
        checks: SessionChecks,
        visits: Visits,
        open_pages: OpenPages,
        on_their_way: set[SentFile],
        end_kernel: Callable[[str], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._checks = checks
        self._visits = visits
        self._open_pages = open_pages
        self._on_their_way = on_their_way
        self._end_kernel = end_kernel
        self._clock = clock
        self._leaving: list[str] = []
        #: Whether a page is still in the making: then whoever makes it ends the kernel.
        self.is_making: Callable[[Visit], bool] = lambda _visit: False

    async def open(self, page: str, params: Mapping[str, str], session: Session) -> Visit:
        """A new visit; where there are too many, the one that idled longest makes room, of whoever has most."""
        own = self._visits.of_session(session.session_id)
        for visit in own[: max(0, len(own) - self._settings.max_kernels_per_session + 1)]:
            await self.end(visit)
        while len(everyone := self._visits.all()) >= self._settings.max_kernels:
            await self.end(_next_to_go(everyone, session.viewer.name))
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

    async def end_session(self, session_id: str, end: SessionEnd) -> None:
        """End every visit of a session, tell its pages why, and break off what it takes away."""
        self._open_pages.end_session(session_id, end)
        for file in [each for each in self._on_their_way if each.session.session_id == session_id]:
            file.break_off(NotTheirs())
        visits = self._visits.of_session(session_id)
        for visit in visits:
            visit.session_end = end
        await asyncio.gather(*(self.end(visit) for visit in visits))

    async def end_user(self, name: str, end: SessionEnd) -> None:
        """End every session of the user that this process knows to be in use."""
        ids = {each.session_id for each in self._in_use() if each.viewer.name == name}
        await asyncio.gather(*(self.end_session(session_id, end) for session_id in ids))

    async def sweep(self) -> None:
        """End the visits that are over: left, idle, stuck; and every session that no longer holds."""
        while self._leaving:
            await self._end_kernel(self._leaving.pop())
        for visit in self._visits.all():
            if self._is_over(visit):
                await self.end(visit)
        ends = await self._checks.find_ends(self._in_use())
        await asyncio.gather(*(self.end_session(session_id, end) for session_id, end in ends.items()))

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            await self.sweep()

    def _in_use(self) -> list[Session]:
        """The sessions that show something or take it away; some more than once."""
        of_visits = (visit.session for visit in self._visits.all())
        return [*of_visits, *self._open_pages.sessions(), *(file.session for file in self._on_their_way)]

    def _forget(self, visit: Visit) -> str | None:
        """The kernel that is to be ended for it, if that is not the work of whoever makes its page."""
        self._visits.end(visit)
        kernel_id = None if self.is_making(visit) else visit.kernel_id
        if kernel_id is not None:
            visit.kernel_id = None
        return kernel_id

    def _is_over(self, visit: Visit) -> bool:
        now = self._clock()
        if visit.ended.is_set() or now - visit.last_used_at > self._settings.kernel_idle_s:
            return True
        if not visit.is_admitted and now - visit.opened_at > 2 * self._settings.page_timeout_s:
            return True
        if visit.asked_at is not None and now - visit.asked_at > self._settings.answer_timeout_s:
            logger.warning("A kernel did not answer for %.0f s: it is ended.", now - visit.asked_at)
            return True
        return False


def _next_to_go(visits: Sequence[Visit], newcomer: str) -> Visit:
    """Whose turn it is to make room, of ``visits`` in the order in which they idled: with one more, who has most.

    So a user who opens page after page ends pages of his own, in however many sessions.
    """
    counts = Counter(visit.session.viewer.name for visit in visits)
    counts[newcomer] += 1
    most = max(counts[visit.session.viewer.name] for visit in visits)
    return next(visit for visit in visits if counts[visit.session.viewer.name] == most)
