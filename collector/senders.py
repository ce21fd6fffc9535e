"""Who sends: the API key's client and its level, remembered for seconds."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, Generic, TypeVar

from access import clients, keys
from access.clients import Level
from collector.errors import ClientRemoved, UnknownKey
from collector.intake import Sender
from collector.key_listing import KeyListing
from collector.key_uses import KeyUses
from collector.settings import CollectorSettings
from lake.errors import StoreUnavailable
from lake.store import Store
from serving.service_log import describe_defect

logger = logging.getLogger(__name__)

#: Longer than any key that was ever issued; longer ones are not even hashed.
_MAX_KEY_LENGTH: Final = 256
#: Guessing keys costs the store one read each; this many at a time, of the rest it is first asked if they are keys.
_LOOKUPS_AT_ONCE: Final = 16

T = TypeVar("T")


class Senders:
    """Finds the sender of a request by its API key.

    Keys are held as SHA-256 only, and looked up by it, so the time taken tells nothing about another key.
    Known and unknown keys have a memory of their own each: guesses push out guesses, never a client. A key that was
    valid when it was looked up last is looked up again at once, whatever else waits; one that is presented for the
    first time among many guesses waits for two answers of the store, however many they are.
    """

    def __init__(
        self,
        store: Store,
        settings: CollectorSettings,
        uses: KeyUses,
        listing: KeyListing,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._uses = uses
        self._listing = listing
        self._now = now
        self._timeout_s = settings.ack_timeout_s
        self._ttl_s = settings.key_cache_ttl_s
        self._clock = clock
        self._known: _Memory[Sender] = _Memory(settings.max_cached_keys)
        self._unknown: _Memory[None] = _Memory(settings.max_cached_keys)
        self._asking: dict[bytes, asyncio.Task[Sender | None]] = {}
        self._turns = asyncio.Semaphore(_LOOKUPS_AT_ONCE)

    async def identify(self, presented: list[str]) -> Sender:
        """The sender with this key; raises `UnknownKey`, `ClientRemoved`, and `lake.errors.StoreUnavailable`."""
        if len(presented) != 1 or not 0 < len(presented[0]) <= _MAX_KEY_LENGTH or not presented[0].isascii():
            raise UnknownKey
        key = presented[0]
        digest = hashlib.sha256(key.encode()).digest()
        now = self._clock()
        sender = self._known.recall(digest, now)
        if sender is None and not self._unknown.holds(digest, now):
            sender = await self._ask_once(digest, key)
        if sender is None or (sender.expires_at and sender.expires_at <= self._now()):
            raise UnknownKey
        if sender.is_removed:
            raise ClientRemoved
        self._uses.note(sender.key_hash)
        return sender

    async def _ask_once(self, digest: bytes, key: str) -> Sender | None:
        """Ask the store; those who present the same key meanwhile wait for the same answer."""
        task = self._asking.get(digest)
        if task is None:
            task = asyncio.create_task(self._ask(digest, key))
            self._asking[digest] = task
            task.add_done_callback(lambda done: self._forget(digest, done))
        return await asyncio.shield(task)

    def _forget(self, digest: bytes, task: asyncio.Task[Sender | None]) -> None:
        self._asking.pop(digest, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:  # said here too: everybody who waited may have gone
            logger.info("An API key could not be looked up: %s", describe_defect(error))

    async def _ask(self, digest: bytes, key: str) -> Sender | None:
        until = self._clock() + self._ttl_s  # from now: a slow answer may be as old as the question
        try:
            async with asyncio.timeout(self._timeout_s):
                sender = await self._look_up(digest, key)
        except TimeoutError as error:
            raise StoreUnavailable("looking up an API key", "no answer in time") from error
        if sender is None:
            self._known.drop(digest)
            self._unknown.keep(digest, None, until)
        else:
            self._known.keep(digest, sender, until)
        return sender

    async def _look_up(self, digest: bytes, key: str) -> Sender | None:
        if self._known.remembers(digest):
            return await find_sender(self._store, key, self._now())
        if not self._turns.locked():
            async with self._turns:
                return await find_sender(self._store, key, self._now())
        is_key = await self._listing.holds(digest.hex())
        return await find_sender(self._store, key, self._now()) if is_key else None


async def find_sender(store: Store, key: str, now: datetime) -> Sender | None:
    """Whose key this is, as the store has it now; ``None`` for one that is unknown, revoked or has expired."""
    found = await keys.find_key(store, key, now)
    if found is None:
        return None
    client = await clients.find_client(store, found.client_id)
    if client is None:
        return None
    return Sender(
        client.client_id,
        keeps_traces=client.level is Level.FULL_TRACE,
        is_off=client.level is Level.OFF,
        is_removed=client.removed_at is not None,
        limits=client.limits,
        key_hash=found.key_hash,
        expires_at=found.expires_at,
    )


class _Memory(Generic[T]):
    """The newest ``size`` answers, each until its time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[bytes, tuple[float, T]] = OrderedDict()

    def recall(self, digest: bytes, now: float) -> T | None:
        until, answer = self._answers.get(digest, (now, None))
        return answer if until > now else None

    def holds(self, digest: bytes, now: float) -> bool:
        return digest in self._answers and self._answers[digest][0] > now

    def remembers(self, digest: bytes) -> bool:
        """Whether there is an answer, even one whose time is over."""
        return digest in self._answers

    def drop(self, digest: bytes) -> None:
        self._answers.pop(digest, None)

    def keep(self, digest: bytes, answer: T, until: float) -> None:
        self._answers[digest] = (until, answer)
        self._answers.move_to_end(digest)
        if len(self._answers) > self._size:
            self._answers.popitem(last=False)
