"""Whether the sessions behind open pages still hold: asked of the lake for all of them at once, every few seconds.

A store that does not answer ends no session: its pages go on, for so long as the last good answer counts
(`session_unchecked_s`). Then they show nothing more until it is asked successfully again, because a user who was
disabled meanwhile must not look on for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import groupby
from typing import Final

from access.account_look import AccountLook, look_at_accounts
from lake.errors import LakeError, StoreRefused
from lake.store import Store
from voila_dashboards.gateway.session_end import SessionEnd
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.settings import DashboardSettings

logger = logging.getLogger(__name__)

#: Users who are read at once: those who changed, or all of them where the store refuses a look.
_READ_AT_ONCE: Final = 16
_PATIENCE_S: Final = 2.0


class SessionChecks:
    """Finds the sessions that are over; ``clock`` gives seconds since the epoch, ``every_s`` is how often one asks."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        store: Store,
        clock: Callable[[], float],
        every_s: float,
    ) -> None:
        self._sessions = sessions
        self._store = store
        self._clock = clock
        self._unchecked_s = settings.session_unchecked_s
        #: Early enough that nobody has to be read because the last look is too old.
        self._look_every_s = settings.user_cache_s - every_s
        self._looked_at = float("-inf")
        self._confirmed_at: dict[str, float] = {}
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._said = ""
        self._look: asyncio.Task[AccountLook] | None = None
        self._began_at = 0.0

    async def find_ends(self, sessions: Iterable[Session]) -> Mapping[str, SessionEnd]:
        """Which of ``sessions`` are over and why, by id; raises nothing that a store raises."""
        in_use = {each.session_id: each for each in sessions}
        now = self._clock()
        self._confirmed_at = {each: self._confirmed_at.get(each, now) for each in in_use}
        can_ask = await self._confirm(in_use.values()) if in_use else True
        by_user = groupby(sorted(in_use.values(), key=_user_of), _user_of)
        found = await asyncio.gather(*(self._ends_of([*own], can_ask=can_ask) for _, own in by_user))
        return {session_id: end for ends in found for session_id, end in ends.items()}

    async def stop(self) -> None:
        """Wait for no look any more."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait({self._look})

    async def _confirm(self, sessions: Collection[Session]) -> bool:
        """Look where the last look is old; whether it is worth asking for single users.

        A store that hangs is waited for a moment, and what it says at last counts then: other work of a sweep goes on.
        """
        if 0 <= self._clock() - self._looked_at < self._look_every_s:
            return True
        if self._look is None:
            self._began_at = self._clock()
            self._look = asyncio.create_task(look_at_accounts(self._store))
        done, _ = await asyncio.wait({self._look}, timeout=_PATIENCE_S)
        if not done:
            self._say("no answer yet")
            return False
        look, self._look = self._look, None
        try:
            self._sessions.confirm(look.result(), self._began_at, sessions)
        except LakeError as error:
            self._say(str(error))
            return isinstance(error, StoreRefused)
        self._looked_at, self._said = self._began_at, ""
        return True

    def _say(self, reason: str) -> None:
        """Once, and not every few seconds of an outage."""
        if not self._said:
            logger.warning("Sessions with open pages cannot be checked, it is tried again: %s", reason)
        self._said = reason

    async def _ends_of(self, own: Iterable[Session], *, can_ask: bool) -> dict[str, SessionEnd]:
        """Of the sessions of one user, one after the other: whoever is read is read once."""
        async with self._reading:
            ends = {each.session_id: await self._end_of(each, can_ask=can_ask) for each in own}
        return {session_id: end for session_id, end in ends.items() if end is not None}

    async def _end_of(self, session: Session, *, can_ask: bool) -> SessionEnd | None:
        if not can_ask:
            return self._sessions.known_end(session) or self._unchecked(session)
        try:
            end = await self._sessions.end_of(session)
        except LakeError:
            return self._unchecked(session)
        self._confirmed_at[session.session_id] = self._clock()
        return end

    def _unchecked(self, session: Session) -> SessionEnd | None:
        unchecked_s = self._clock() - self._confirmed_at.get(session.session_id, self._clock())
        return SessionEnd.UNCHECKED if unchecked_s > self._unchecked_s else None


def _user_of(session: Session) -> str:
    return session.viewer.name
