"""Whether the collector can do its work now: found out by doing it, seldom, for all who ask."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from access.lookups import try_lookups_async
from lake.errors import LakeError, LakeMissing
from lake.probe import probe_async
from lake.store import Store
from serving.tasks import Tasks

logger = logging.getLogger(__name__)

#: A store that is asked by many load balancers is written to this often at most.
_PROBED_EVERY_S: Final = 5.0


class Readiness:
    """Probes the store as `lake.probe` and `access.lookups` say, no more often than every few seconds.

    One probe runs at a time, and whoever asks meanwhile waits for it; the store's return is seen by the next one.
    """

    def __init__(
        self,
        store: Store,
        tasks: Tasks,
        key: str,
        timeout_s: float,
        clock: Callable[[], float],
        note_failure: Callable[[], None],
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._key = key
        self._timeout_s = timeout_s
        self._clock = clock
        self._note_failure = note_failure
        self._probing: asyncio.Task[None] | None = None
        self._due_at = float("-inf")
        self._said = ""

    async def reasons(self) -> Sequence[str]:
        """What keeps logs from being stored, a sentence each; none where nothing does."""
        if self._probing is None and self._clock() >= self._due_at:
            self._probing = self._tasks.run("the probe of the object store", self._probe())
            self._probing.add_done_callback(self._forget)
        if self._probing is not None:
            await asyncio.wait([self._probing])
        ended = [f"A part has ended, {name}: {reason}." for name, reason in self._tasks.broken.items()]
        return [self._said, *ended] if self._said else ended

    async def _probe(self) -> None:
        try:
            said = await self._ask()
        finally:
            self._due_at = self._clock() + _PROBED_EVERY_S
        if said:
            self._note_failure()
        if said != self._said:
            logger.log(logging.WARNING if said else logging.INFO, "%s", said or "Logs can be stored again.")
        self._said = said

    async def _ask(self) -> str:
        """What the store does not do; empty where it does everything."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await probe_async(self._store, self._key)
                await try_lookups_async(self._store)
        except TimeoutError:
            return f"The object store did not answer within {self._timeout_s:g} s."
        except LakeMissing as error:
            logger.warning("%s", error)
            return "There is no lake where CASELOG_LAKE_URL leads; the service log names the place."
        except LakeError as error:
            return str(error)
        return ""

    def _forget(self, _done: asyncio.Task[None]) -> None:
        self._probing = None
