"""What clients are called and what was set for them, as far as it is known: looked up in the background."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from access.client_names import ClientNames
from access.clients import Client
from lake.errors import LakeError
from lake.store import Store

logger = logging.getLogger(__name__)


class Names:
    """The names of all clients; ``clock`` gives seconds since the epoch."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._reader = ClientNames(store)
        self._clock = clock
        self._is_said = False
        self._turn = asyncio.Lock()
        #: By client id; one that is not in it is called by its id.
        self.current: Mapping[str, str] = {}

    @property
    def records(self) -> Mapping[str, Client] | None:
        """The clients as they were seen last; None where nobody could look yet."""
        return self._reader.records

    async def look(self) -> None:
        """Look once; where the store does not answer, what was known holds."""
        async with self._turn:
            try:
                self.current = await asyncio.to_thread(self._reader.read, self._clock())
                self._is_said = False
            except LakeError as error:
                if not self._is_said:
                    logger.warning("What clients are called cannot be looked for: %s", error)
                self._is_said = True
