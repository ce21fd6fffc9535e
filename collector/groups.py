"""Group commit: logs that arrive while an object is being written become the next object together.

One writer per partition (client and hour). A log is confirmed only once the store has confirmed its object;
where the store did not, nothing is claimed but that: the object may still arrive, and a log sent again is
the same log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from collector.budget import Budget
from collector.errors import CollectorError, NotConfirmed, Unexpected
from collector.settings import CollectorSettings
from lake import layout, rawlog
from lake.errors import StoreUnavailable
from lake.store import Store
from serving.service_log import describe_defect
from serving.tasks import Tasks

logger = logging.getLogger(__name__)

#: Compressing less than this takes well under a millisecond; more of it goes to a thread.
_PACK_INLINE_BYTES: Final = 512 * 1024

#: ``None`` where the store confirmed, else what makes the error for each who waits: an instance raised twice grows.
Outcome = Callable[[], CollectorError] | None
Partition = tuple[str, int, int]


@dataclass
class _Group:
    """The lines of one object to be, and the futures of those who wait for it."""

    client_id: str
    received_at: datetime
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    waiters: list[asyncio.Future[Outcome]] = field(default_factory=list)
    deadline: asyncio.TimerHandle | None = None
    settled: bool = False

    def settle(self, outcome: Outcome) -> None:
        """Tell those who wait, once; who hears first, the store or the deadline, decides."""
        self.settled = True
        if self.deadline is not None:
            self.deadline.cancel()
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(outcome)


class Groups:
    """Writes lines into the lake; one per event loop."""

    def __init__(
        self,
        store: Store,
        settings: CollectorSettings,
        budget: Budget,
        new_id: Callable[[datetime], str],
        tasks: Tasks,
    ) -> None:
        self._store = store
        self._settings = settings
        self._budget = budget
        self._new_id = new_id
        self._tasks = tasks
        self._waiting: dict[Partition, deque[_Group]] = {}
        self._writers: set[asyncio.Task[None]] = set()

    async def commit(self, client_id: str, received_at: datetime, lines: Sequence[bytes]) -> None:
        """Return once every line is stored; raises `NotConfirmed`, `Overloaded`, `Unexpected`."""
        self._budget.reserve(sum(map(len, lines)))
        for waiter in self._enqueue(client_id, received_at, lines):
            if (outcome := await waiter) is not None:
                raise outcome()

    async def drain(self) -> None:
        """Return once nothing is being written any more, or the stop's deadline has passed."""
        if self._writers:
            await asyncio.wait(self._writers, timeout=self._settings.shutdown_timeout_s)

    def _not_confirmed(self) -> NotConfirmed:
        return NotConfirmed("the log", self._settings.retry_after_s)

    def _enqueue(
        self, client_id: str, received_at: datetime, lines: Sequence[bytes]
    ) -> list[asyncio.Future[Outcome]]:
        partition = (client_id, received_at.toordinal(), received_at.hour)
        waiting = self._waiting.get(partition)
        if waiting is None:
            waiting = self._waiting[partition] = deque()
            self._start_writer(partition, waiting)
        return self._join(waiting, client_id, received_at, lines)

    def _start_writer(self, partition: Partition, waiting: deque[_Group]) -> None:
        writer = self._tasks.run("writing logs", self._write_all(partition, waiting))
        self._writers.add(writer)
        writer.add_done_callback(self._writers.discard)

    def _join(
        self, waiting: deque[_Group], client_id: str, received_at: datetime, lines: Sequence[bytes]
    ) -> list[asyncio.Future[Outcome]]:
        """Put the lines into the last group that has room, and into new ones; one future per group."""
        futures: list[asyncio.Future[Outcome]] = []
        joined: _Group | None = None
        for line in lines:
            group = waiting[-1] if waiting and self._has_room(waiting[-1], line) else None
            if group is None:
                group = self._open_group(waiting, client_id, received_at)
            if group is not joined:
                joined = group
                futures.append(asyncio.get_running_loop().create_future())
                group.waiters.append(futures[-1])
            group.lines.append(line)
            group.size += len(line)
        return futures

    def _open_group(self, waiting: deque[_Group], client_id: str, received_at: datetime) -> _Group:
        """A new last group; one timer for all who will wait for it, so that none waits longer than the limit."""
        group = _Group(client_id, received_at)
        waiting.append(group)
        loop = asyncio.get_running_loop()
        group.deadline = loop.call_later(self._settings.ack_timeout_s, group.settle, self._not_confirmed)
        return group

    def _has_room(self, group: _Group, line: bytes) -> bool:
        return (
            not group.settled
            and len(group.lines) < self._settings.max_group_logs
            and group.size + len(line) <= self._settings.max_group_bytes
        )

    async def _write_all(self, partition: Partition, waiting: deque[_Group]) -> None:
        """Write group after group until none waits; what arrives meanwhile gathers in the next."""
        try:
            while waiting:
                group = waiting.popleft()
                group.settle(await self._write(group))
        finally:
            del self._waiting[partition]
            for group in waiting:  # as above
                self._budget.release(group.size)
                group.settle(self._not_confirmed)

    async def _write(self, group: _Group) -> Outcome:
        try:
            await self._put(group)
        except StoreUnavailable as error:
            logger.warning("%d logs of client %s: %s", len(group.lines), group.client_id, error)
            return self._not_confirmed
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait hear of it and the writer goes on
            defect = describe_defect(error)  # never a traceback: it may quote a log
            logger.error("%d logs of client %s: %s", len(group.lines), group.client_id, defect)  # noqa: TRY400
            return Unexpected
        except asyncio.CancelledError:  # the loop is being torn down
            group.settle(self._not_confirmed)
            raise
        finally:
            self._budget.release(group.size)
        return None

    async def _put(self, group: _Group) -> None:
        inline = group.size <= _PACK_INLINE_BYTES
        blob = rawlog.pack(group.lines) if inline else await asyncio.to_thread(rawlog.pack, group.lines)
        key = layout.raw_key(group.client_id, group.received_at, self._new_id(group.received_at))
        await self._store.put_async(key, blob, timeout_s=self._settings.ack_timeout_s)
