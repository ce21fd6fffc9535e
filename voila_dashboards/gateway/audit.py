"""The gateway's audit: events are noted at once and written within seconds, so that nobody waits for the store.

A sign-in is not refused because it cannot be written down: the store has to answer for it anyway, and who wants to get
in unseen does not get in by a store that is slow. What waits is kept until the store takes it, so many events at most;
what was one too many is counted, and the count is an event. A process that is killed loses what it noted within the
last seconds.

What is repeated within a minute is one more event, which counts it: alike events of a user, failed sign-ins of one name
from one network. Only so many are told apart: of one user's beyond them is said how many there were and of which
client, of failures how many. So nobody fills the store, or takes the place of what others did.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.requests import HTTPConnection

from access.audit import AuditEvent, AuditObject, Event, Random, pack_events, write_object
from lake.errors import LakeError
from lake.store import Store
from voila_dashboards.gateway.attempts import network_of

logger = logging.getLogger(__name__)

#: Events that wait for the store at most, about 300 bytes each.
_MOST_WAITING: Final = 10_000
_MOST_IN_ONE_GO: Final = 1_000
#: What is noted within so long becomes one object.
_WRITE_EVERY_S: Final = 2.0
_TRY_AGAIN_S: Final = 5.0
_STOP_WITHIN_S: Final = 3.0
#: Alike events are gathered for so long.
_GATHER_FOR_S: Final = 60.0
#: Failed attempts are told apart as long as they are of so few names and networks.
_MOST_APART: Final = 20
#: Other events of one user are told apart as long as there are so few, and of everybody.
_MOST_APART_OF_USER: Final = 500
_MOST_REMEMBERED: Final = 20_000

_Key = tuple[str | None, ...]


@dataclass
class _Alike:
    """Alike events since ``first_at``, in seconds since the epoch, that are not kept yet."""

    event: AuditEvent
    first_at: float
    count: int = 0


class Audit:
    """Notes events and writes them; ``clock`` gives seconds since the epoch."""

    def __init__(self, store: Store, clock: Callable[[], float], random: Random = os.urandom) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._waiting: deque[AuditEvent] = deque()
        self._packed: deque[AuditObject] = deque()
        self._failures: dict[_Key, _Alike] = {}
        self._repeats: dict[_Key, _Alike] = {}
        self._apart: Counter[str | None] = Counter()
        self._unsaid = 0
        self._is_said = False
        #: Events that were one too many, since the start.
        self.lost = 0

    @property
    def waiting(self) -> int:
        """How many events the store does not have yet."""
        return len(self._waiting) + sum(packed.events for packed in self._packed)

    def note(
        self,
        event: Event,
        connection: HTTPConnection | None,
        *,
        user: str | None,
        client_id: str | None = None,
        by: str | None = None,
        what: str | None = None,
    ) -> None:
        """Note what happened, what is repeated with its number; returns at once and raises nothing."""
        noted = self._event(event, connection, user=user, client_id=client_id, by=by, what=what)
        key: _Key = (event, user, client_id, by, noted.address, what)
        if key not in self._repeats and self._are_too_many(user):
            key = (event, user, client_id)
            noted = noted.model_copy(update={"by": None, "address": None, "what": None})
        alike = self._repeats.get(key)
        if alike is None:
            self._repeats[key] = _Alike(noted, self._clock())
            self._apart[user] += 1
            self._keep(noted)
        else:
            alike.event, alike.count = noted, alike.count + 1

    def note_failure(
        self, event: Event, connection: HTTPConnection, *, user: str | None, client_id: str | None = None
    ) -> None:
        """Note a failed attempt; those of one name from one network are one event a minute."""
        noted = self._event(event, connection, user=user, client_id=client_id)
        key: _Key = (event, user, network_of(noted.address or ""))
        if key not in self._failures and len(self._failures) >= _MOST_APART:
            key, noted = (
                (event, None, None),
                noted.model_copy(update={"user": None, "client_id": None, "address": None}),
            )
        failures = self._failures.setdefault(key, _Alike(noted, self._clock()))
        failures.event, failures.count = noted, failures.count + 1

    async def run(self) -> None:
        """Write what was noted until cancelled."""
        while True:
            is_written = await self.write()
            await asyncio.sleep(_WRITE_EVERY_S if is_written else _TRY_AGAIN_S)

    async def stop(self) -> None:
        """Write what is left, for so long as a stop may take."""
        self._gather(everything=True)
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                while self.waiting and await self.write():
                    pass
        except TimeoutError:
            pass
        if self.waiting:
            logger.error("%d events of the audit were not written: the store did not answer.", self.waiting)

    async def write(self) -> bool:
        """Write what waits, as few objects; whether the store took it all. Raises nothing that a store raises."""
        self._gather(everything=False)
        self._pack()
        try:
            while self._packed:
                await asyncio.to_thread(write_object, self._store, self._packed[0])
                self._packed.popleft()
        except LakeError as error:
            if not self._is_said:  # once, and not every few seconds of an outage
                logger.error("The audit cannot be written, it is tried again by itself: %s", error)  # noqa: TRY400
            self._is_said = True
            return False
        self._is_said = False
        return True

    def _event(
        self,
        event: Event,
        connection: HTTPConnection | None,
        *,
        user: str | None,
        client_id: str | None,
        by: str | None = None,
        what: str | None = None,
    ) -> AuditEvent:
        address = connection.client.host if connection is not None and connection.client else None
        at = datetime.fromtimestamp(self._clock(), UTC)
        return AuditEvent(
            at=at, event=event, user=user, by=by, address=address, client_id=client_id, what=what
        )

    def _keep(self, event: AuditEvent) -> None:
        if self.waiting >= _MOST_WAITING:
            self.lost += 1
            self._unsaid += 1
        else:
            self._waiting.append(event)

    def _are_too_many(self, user: str | None) -> bool:
        return self._apart[user] >= _MOST_APART_OF_USER or len(self._repeats) >= _MOST_REMEMBERED

    def _gather(self, *, everything: bool) -> None:
        """Make events of the failures and repeats whose time is over."""
        for gathered in (self._failures, self._repeats):
            for key, alike in list(gathered.items()):
                if everything or self._clock() - alike.first_at >= _GATHER_FOR_S:
                    del gathered[key]
                    if alike.count:
                        self._keep(alike.event.model_copy(update={"count": alike.count}))
        self._apart = Counter(alike.event.user for alike in self._repeats.values())

    def _pack(self) -> None:
        if self._packed or not (self._waiting or self._unsaid):
            return
        events = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_IN_ONE_GO))]
        if self._unsaid:
            lost = self._event(Event.EVENTS_LOST, None, user=None, client_id=None)
            events.append(lost.model_copy(update={"count": self._unsaid}))
            self._unsaid = 0
        self._packed.extend(pack_events(events, datetime.fromtimestamp(self._clock(), UTC), self._random))
