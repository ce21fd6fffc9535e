"""When keys are used, told to the store from time to time and never while a sender waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from access.key_uses import record_use
from lake.errors import StoreUnavailable
from lake.store import Store
from serving.tasks import Tasks

logger = logging.getLogger(__name__)

#: One small PUT a key in this time, of each process: what is told is at most so much too early.
EVERY_S: Final = 900.0


class KeyUses:
    """Writes that a key was used, one key after the other; holds one number for each key that was ever valid here."""

    def __init__(
        self,
        store: Store,
        timeout_s: float,
        tasks: Tasks,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._timeout_s = timeout_s
        self._tasks = tasks
        self._now = now
        self._clock = clock
        self._due_at: dict[str, float] = {}
        self._waiting: list[str] = []
        self._writing: asyncio.Task[None] | None = None

    def note(self, key_hash: str) -> None:
        """The key with this hash has just been used."""
        now = self._clock()
        if self._due_at.get(key_hash, now) > now:
            return
        self._due_at[key_hash] = now + EVERY_S
        self._waiting.append(key_hash)
        if self._writing is None or self._writing.done():
            self._writing = self._tasks.run("writing when keys were used", self._write_all())

    async def _write_all(self) -> None:
        while self._waiting:
            await self._write(self._waiting.pop())

    async def _write(self, key_hash: str) -> None:
        try:
            await record_use(self._store, key_hash, self._now(), timeout_s=self._timeout_s)
        except StoreUnavailable as error:  # told the next time
            logger.info("When a key was used could not be written: %s", error)
