"""Keeps visits within their bounds: how many, how long idle, and never longer than their session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from access.errors import AccessError
from lake.errors import LakeError
from voila_dashboards.gateway.sessions import Sessions, Visitor
from voila_dashboards.gateway.visits import Visit, Visits
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila

logger = logging.getLogger(__name__)

_SWEEP_EVERY_S: Final = 2.0


class Keeper:
    """Opens and ends visits; with a visit ends its kernel. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        visits: Visits,
        voila: Voila,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._visits = visits
        self._voila = voila
        self._clock = clock
        self._leaving: list[str] = []

    async def open(self, page: str, params: Mapping[str, str], visitor: Visitor) -> tuple[Visit, str]:
        """A new visit and its grant; where there are too many, those that idled longest make room."""
        own = self._visits.of_session(visitor.session_id)
        for visit in own[: max(0, len(own) - self._settings.max_kernels_per_session + 1)]:
            await self.end(visit)
        everyone = self._visits.all()
        for visit in everyone[: max(0, len(everyone) - self._settings.max_kernels + 1)]:
            await self.end(visit)
        return self._visits.open(page, params, visitor, self._clock())

    async def end(self, visit: Visit) -> None:
        """End a visit and its kernel, once."""
        if visit.ended.is_set():
            return
        self._visits.end(visit)
        if visit.kernel_id is not None:
            await self._voila.end_kernel(visit.kernel_id)

    def leave(self, visit: Visit) -> None:
        """End a visit now and its kernel with the next sweep: ending one slows the page that is being opened."""
        self._visits.end(visit)
        if visit.kernel_id is not None:
            self._leaving.append(visit.kernel_id)

    async def end_session(self, session_id: str) -> None:
        """End every visit of a session."""
        await asyncio.gather(*(self.end(visit) for visit in self._visits.of_session(session_id)))

    async def sweep(self) -> None:
        """End the visits that are over: left, idle, never begun, or of a session that no longer holds."""
        while self._leaving:
            await self._voila.end_kernel(self._leaving.pop())
        for visit in self._visits.all():
            if await self._is_over(visit):
                await self.end(visit)

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            try:
                await self.sweep()
            except (LakeError, AccessError) as error:
                logger.warning("Sessions could not be checked: %s", error)

    async def _is_over(self, visit: Visit) -> bool:
        now = self._clock()
        if now - visit.last_used_at > self._settings.kernel_idle_s:
            return True
        if (
            not visit.is_redeemed
            and now - visit.opened_at > self._settings.grant_ttl_s + self._settings.page_timeout_s
        ):
            return True
        return not await self._sessions.still_holds(visit.visitor)
