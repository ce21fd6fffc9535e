"""Which of many keys that are presented at once were ever issued: one listing for all who ask meanwhile.

Whoever guesses keys asks as often as there are connections. A read for each of them takes turns, in which a sender that
is not known yet would wait behind the guesses; a listing of all keys costs the same however many ask.
"""

from __future__ import annotations

import asyncio

from access import keys
from lake.errors import StoreUnavailable
from lake.store import Store
from serving.tasks import Tasks


class KeyListing:
    """Lists keys for as long as somebody asks; what is asked during a listing is answered by the next."""

    def __init__(self, store: Store, timeout_s: float, tasks: Tasks) -> None:
        self._store = store
        self._timeout_s = timeout_s
        self._tasks = tasks
        self._asked: list[tuple[str, asyncio.Future[bool | None]]] = []
        self._listing: asyncio.Task[None] | None = None

    async def holds(self, key_hash: str) -> bool:
        """Whether a key with this hash was issued and not removed; raises `lake.errors.StoreUnavailable`."""
        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._asked.append((key_hash, answer))
        if self._listing is None or self._listing.done():
            self._listing = self._tasks.run("listing keys", self._answer_all())
        found = await answer
        if found is None:
            raise StoreUnavailable("listing API keys", "no answer in time, or a refusal")
        return found

    async def _answer_all(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, []
            issued = await self._list()
            for key_hash, answer in asked:
                if not answer.done():  # cancelled, where the time was up
                    answer.set_result(None if issued is None else key_hash in issued)

    async def _list(self) -> set[str] | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await keys.list_hashes(self._store)
        except (StoreUnavailable, TimeoutError):
            return None
