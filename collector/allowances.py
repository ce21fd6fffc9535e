"""How much a client may still send, by the general limits and by its own; and what its operator hears of refusals."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from collector.day_bytes import DayBytes
from collector.errors import CollectorError, QuotaExceeded, RateExceeded, TooLarge
from collector.intake import Sender
from collector.pace import Pace

logger = logging.getLogger(__name__)

#: A client over a limit is told of at once, and then so often, with how many requests it were.
_TELL_EVERY_S: Final = 60.0


class Allowances:
    """Checks and counts what clients send; one per collector process."""

    def __init__(self, pace: Pace, day_bytes: DayBytes, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._day_bytes = day_bytes
        self._clock = clock
        #: By client and code: when it may be told of again, and how often it was not.
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def check(self, sender: Sender) -> None:
        """Raises `RateExceeded` or `QuotaExceeded` where the client may send nothing now, whatever it is."""
        limits = sender.limits
        self._pace.check(sender.client_id, limits.logs_per_minute)
        if limits.bytes_per_day:
            self._day_bytes.check(sender.client_id, limits.bytes_per_day)

    async def hear(self, within_s: float) -> bool:
        """Whether it is known what clients with a limit sent today; the first who asks in a day waits for the store."""
        return await self._day_bytes.hear(within_s)

    @contextmanager
    def taking(self, sender: Sender, lines: Sequence[bytes]) -> Iterator[None]:
        """Count ``lines`` as sent; as bytes of the day only where the block succeeds.

        Raises `RateExceeded`, `QuotaExceeded`, or `TooLarge` where even a whole day is too short for them, and counts
        nothing. Wants `hear` before, where the client has a limit of bytes a day.
        """
        self._pace.check(sender.client_id, sender.limits.logs_per_minute)
        limit, size = sender.limits.bytes_per_day, sum(map(len, lines))
        day = self._day_bytes.take(sender.client_id, limit, size) if limit else None
        self._pace.take(sender.client_id, len(lines), sender.limits.logs_per_minute)
        try:
            yield
        except CollectorError:
            if day:
                self._day_bytes.give_back(sender.client_id, day, size)
            raise

    @contextmanager
    def telling(self, sender: Sender) -> Iterator[None]:
        """Say in the service log that the client was refused for sending too much, not more than once a minute."""
        try:
            yield
        except (RateExceeded, QuotaExceeded, TooLarge) as error:
            self._tell(sender.client_id, error)
            raise

    def _tell(self, client_id: str, error: CollectorError) -> None:
        now = self._clock()
        again_at, untold = self._told.get((client_id, error.code), (now, 0))
        if now < again_at:
            self._told[client_id, error.code] = (again_at, untold + 1)
            return
        said = "Requests of client %s were refused, %s, %d of them: %s"
        logger.warning(said, client_id, error.code, untold + 1, error)
        self._told[client_id, error.code] = (now + _TELL_EVERY_S, 0)
