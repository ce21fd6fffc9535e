"""How many bytes of logs a client has sent today, by all collectors of the lake.

What this process counts is exact while it lives. What others count is known as of the last exchange through the store:
at most a minute ago, and sooner where a client sends more than a hundredth of its limit meanwhile, but not more often
than once a second. So several processes together may take a hundredth more each than a client may send, or what comes
within a second; and what a process that is killed had not told yet may be sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from access.daily_bytes import hear_bytes, remove_bytes_before, tell_bytes
from collector.errors import QuotaExceeded, TooLarge
from lake.errors import StoreUnavailable
from lake.store import Store
from serving.tasks import Tasks

logger = logging.getLogger(__name__)

_EXCHANGE_EVERY_S: Final = 60.0
_EXCHANGE_AT_MOST_EVERY_S: Final = 1.0
#: So much of its limit a client sends before others hear of it.
_UNTOLD_SHARE: Final = 0.01
_STORE_TIMEOUT_S: Final = 5.0
_UNHEARD: Final = "What collectors count of clients with a limit for a day was not exchanged: %s"


class DayBytes:
    """Counts bytes of clients that have a limit; where none has one, the store is never asked.

    ``process`` is a name that no other collector has, and none had before.
    """

    def __init__(
        self,
        store: Store,
        process: str,
        tasks: Tasks,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._process = process
        self._tasks = tasks
        self._now = now
        self._clock = clock
        self._day = date.min
        self._own: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._is_heard = False
        self._exchange: asyncio.Task[None] | None = None
        self._exchange_day = date.min
        self._exchanged_at: float | None = None

    async def hear(self, within_s: float) -> bool:
        """Whether it is known what others took today, even if not what they took since; waits where it never was.

        Without that each process that starts would give every client a whole day.
        """
        for _ in range(2):  # what is on its way may be of the day that has just ended
            self._turn_day()
            if self._is_heard:
                return True
            exchange, is_of_today = self._begin_exchange(), self._exchange_day == self._day
            await asyncio.wait([exchange], timeout=max(0.0, within_s))
            if is_of_today:
                break
        return self._is_heard

    def check(self, client_id: str, limit: int) -> None:
        """Raises `QuotaExceeded`, with the seconds that are left of the day, where nothing more may be sent."""
        self._require(client_id, limit, 1)

    def take(self, client_id: str, limit: int, size: int) -> date:
        """Count ``size`` more bytes, for the day that is returned.

        Raises `QuotaExceeded` or `TooLarge`, and counts nothing, where they do not fit.
        """
        if size > limit:
            raise TooLarge("The body", limit, "bytes that this client may send in a day")
        self._require(client_id, limit, size)
        self._own[client_id] += size
        self._exchange_if_due(client_id, limit)
        return self._day

    def give_back(self, client_id: str, day: date, size: int) -> None:
        """Count ``size`` bytes of ``day`` as not sent; those of a day that is over are forgotten already."""
        if day == self._day:
            self._own[client_id] -= size

    def used(self, client_id: str) -> int:
        """Bytes of today, as far as they are known here."""
        return self._own[client_id] + self._others[client_id]

    async def close(self) -> None:
        """Tell what is not told yet; return when it is told, or the store did not take it."""
        if self._exchange is not None and not self._exchange.done():
            await asyncio.wait([self._exchange])  # what it writes may be older
        if self._own != self._told:
            await self._tell(self._day, self._own)

    def _require(self, client_id: str, limit: int, size: int) -> None:
        self._turn_day()
        self._exchange_if_due(client_id, limit)
        if self.used(client_id) + size > limit:
            tomorrow = datetime.combine(self._day + timedelta(days=1), time.min, UTC)
            raise QuotaExceeded(limit, (tomorrow - self._now()).total_seconds())

    def _turn_day(self) -> None:
        today = self._now().astimezone(UTC).date()
        if today != self._day:
            self._day = today
            self._own, self._told, self._others = Counter(), Counter(), Counter()
            self._is_heard, self._exchanged_at = False, None

    def _exchange_if_due(self, client_id: str, limit: int) -> None:
        if self._exchange is not None and not self._exchange.done():
            return
        if self._exchanged_at is not None:
            age_s = self._clock() - self._exchanged_at
            untold = self._own[client_id] - self._told[client_id]
            is_much = untold > limit * _UNTOLD_SHARE and age_s >= _EXCHANGE_AT_MOST_EVERY_S
            if not is_much and age_s < _EXCHANGE_EVERY_S:
                return
        self._begin_exchange()

    def _begin_exchange(self) -> asyncio.Task[None]:
        """The exchange that is on its way, or a new one."""
        if self._exchange is None or self._exchange.done():
            self._exchanged_at, self._exchange_day = self._clock(), self._day
            self._exchange = self._tasks.run("counting the bytes of a day", self._exchange_counts())
        return self._exchange

    async def _exchange_counts(self) -> None:
        day, own, is_first = self._day, Counter(self._own), not self._told
        if own and not await self._tell(day, own):
            return
        try:
            async with asyncio.timeout(_STORE_TIMEOUT_S):
                others = await hear_bytes(self._store, day, self._process)
                if day == self._day:
                    self._told, self._others, self._is_heard = own, others, True
                if is_first:
                    await remove_bytes_before(self._store, day - timedelta(days=1))
        except (StoreUnavailable, TimeoutError) as error:
            logger.warning(_UNHEARD, str(error) or "no answer in time")

    async def _tell(self, day: date, own: Counter[str]) -> bool:
        """Whether others can hear what was counted here."""
        try:
            await tell_bytes(self._store, day, self._process, own, timeout_s=_STORE_TIMEOUT_S)
        except StoreUnavailable as error:
            logger.warning(_UNHEARD, error)
            return False
        return True
