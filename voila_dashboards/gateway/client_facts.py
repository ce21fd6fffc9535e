"""What pages are told of a client beside its logs: settings and receipts, within the viewer's scope and no further.

Both are looked up in the background, and once more where a page asks for them; while the store is silent, what was
known holds, and a page waits no longer than a moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from access.receipts import Receipt, Receipts
from lake.errors import LakeError
from lake.scope import Scope
from lake.store import Store
from voila_dashboards.client_facts import ClientFacts, client_facts, told_to
from voila_dashboards.gateway.names import Names

logger = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 30.0
#: What is so young is told as it is; for news a page waits so long, but where nothing is known at all.
_FRESH_S: Final = 3.0
_PATIENCE_S: Final = 1.0


class FactsOfClients:
    """The settings that ``names`` knows, and the receipts of all deletions."""

    def __init__(self, store: Store, names: Names) -> None:
        self._reader = Receipts(store)
        self._names = names
        self._looked_at = -1e9
        self._looking: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._receipts: Sequence[Receipt] | None = None
        #: What was in the way the last time.
        self._error: LakeError | None = None

    async def run(self) -> None:
        """Look for names, settings and receipts until cancelled."""
        try:
            while True:
                await self._look_at_both()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            if self._looking is not None:
                self._looking.cancel()

    async def look(self) -> None:
        """Look for receipts once; where the store does not answer, or may not be asked, what was known holds."""
        async with self._turn:
            try:
                self._receipts = await asyncio.to_thread(self._reader.read)
                self._error = None
            except LakeError as error:
                if self._error is None:
                    logger.warning("Receipts of deletions cannot be looked for: %s", error)
                self._error = error

    async def _look_at_both(self) -> None:
        await asyncio.gather(self._names.look(), self.look())
        self._looked_at = asyncio.get_running_loop().time()

    async def _look_for_news(self) -> None:
        """Look again where that was some seconds ago; wait for it as long as a page may."""
        if asyncio.get_running_loop().time() - self._looked_at < _FRESH_S:
            return
        looking = self._looking
        if looking is None or looking.done():
            looking = self._looking = asyncio.create_task(self._look_at_both())
        has_looked = self._receipts is not None or self._error is not None
        is_known = has_looked and self._names.records is not None
        await asyncio.wait({looking}, timeout=_PATIENCE_S if is_known else None)

    async def of(self, scope: Scope, client_id: str) -> ClientFacts | None:
        """The facts of a client; None where it is not within ``scope``."""
        if not scope.allows(client_id):
            return None
        await self._look_for_news()
        records = self._names.records
        client = None if records is None else records.get(client_id)
        facts = client_facts(client, self._seen_by(scope, client_id), is_known=records is not None)
        return told_to(scope, facts)

    def _seen_by(self, scope: Scope, client_id: str) -> list[Receipt] | None:
        if self._receipts is None:
            return None
        return [each.as_told_to(scope) for each in self._receipts if each.is_for(scope, client_id)]

    async def receipts(self, scope: Scope, client_id: str) -> list[Receipt]:
        """The receipts of a client that ``scope`` may see, as they are now; none of a client that it may not.

        Raises `lake.errors.StoreUnavailable` where nothing was ever known.
        """
        await self.look()
        found = self._seen_by(scope, client_id)
        if found is None and self._error is not None:
            raise self._error
        return found or []
