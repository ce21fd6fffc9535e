"""Group commit: logs of a client that arrive while an object is being written become its next object together.

The first log of a partition (client and hour) is written at once. What comes meanwhile gathers, and is begun when the
object before it is stored, when it is full, or after `group_wait_s`: so several objects of a partition are on their way
to a store that is far, and its distance costs latency and not throughput. A near store answers sooner than that and
has one at a time, so that objects are few and large. Where many clients send at once each has few logs for an object,
and objects are what costs: then all gather, and for longer.

A log is confirmed only once the store has confirmed its object; where the store did not, nothing is claimed but
that: the object may still arrive, and a log sent again is the same log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from collector.budget import Budget
from collector.errors import CollectorError, NotConfirmed, Unexpected
from collector.metrics import CollectorMetrics
from collector.settings import CollectorSettings
from lake import layout, rawlog
from lake.errors import StoreUnavailable
from lake.store import Store
from serving.service_log import describe_defect
from serving.tasks import Tasks

logger = logging.getLogger(__name__)

#: Compressing less than this takes about a millisecond; more of it goes to a thread.
_PACK_INLINE_BYTES: Final = 256 * 1024
#: What is still being written at the end of a stop is written for nobody.
_DRAIN_S: Final = 5.0
#: Objects of one partition on their way at once: one client must not take every place of `max_puts`.
_MOST_OF_PARTITION: Final = 16

#: With more partitions than this busy, an object is not begun before `group_wait_s` are over, and that is longer by as
#: many times as there are more of them; so many times at most.
_FEW_PARTITIONS: Final = 6
_LONGER_AT_MOST: Final = 5

#: ``None`` where the store confirmed, else what makes the error for each who waits: an instance raised twice grows.
Outcome = Callable[[], CollectorError] | None


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


@dataclass
class _Partition:
    """Objects of one client and hour: those that gather logs, the oldest first, and how many are being written."""

    key: tuple[str, int, int]
    waiting: deque[_Group] = field(default_factory=deque)
    writing: int = 0
    look: asyncio.Handle | None = None
    #: Until the last object that was begun is so old that the next may be.
    gathering: asyncio.TimerHandle | None = None
    is_crowded: bool = False
    has_turn: bool = False

    def may_begin(self) -> bool:
        """Whether the first of those that wait has gathered enough."""
        if not self.waiting or self.writing >= _MOST_OF_PARTITION:
            return False
        is_idle = not self.writing and not self.is_crowded
        return is_idle or self.gathering is None or len(self.waiting) > 1


class Groups:
    """Writes lines into the lake; one per event loop."""

    def __init__(
        self,
        store: Store,
        settings: CollectorSettings,
        budget: Budget,
        new_id: Callable[[datetime], str],
        tasks: Tasks,
        metrics: CollectorMetrics,
    ) -> None:
        self._store = store
        self._settings = settings
        self._budget = budget
        self._new_id = new_id
        self._tasks = tasks
        self._metrics = metrics
        self._partitions: dict[tuple[str, int, int], _Partition] = {}
        #: Partitions that could begin an object but for `max_puts`, in the order in which they came.
        self._turns: deque[_Partition] = deque()
        self._writers: set[asyncio.Task[None]] = set()

    async def commit(self, client_id: str, received_at: datetime, lines: Sequence[bytes]) -> None:
        """Return once every line is stored; raises `NotConfirmed`, `Overloaded`, `Unexpected`."""
        self._budget.reserve(sum(map(len, lines)))
        for waiter in self._enqueue(client_id, received_at, lines):
            if (outcome := await waiter) is not None:
                raise outcome()

    async def drain(self) -> None:
        """Return once nothing is being written any more, or after some seconds: everybody has been answered before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(self._settings.ack_timeout_s, _DRAIN_S)):
                while self._partitions:
                    for partition in [*self._partitions.values()]:
                        self._stop_gathering(partition)
                        self._advance(partition)
                    await (asyncio.wait(self._writers) if self._writers else asyncio.sleep(0))

    def gathering(self) -> list[int]:
        """How many logs each object holds that is not begun yet."""
        return [len(group.lines) for found in self._partitions.values() for group in found.waiting]

    def _not_confirmed(self) -> NotConfirmed:
        return NotConfirmed("the log", self._settings.retry_after_s)

    # ---------------------------------------------------------------- gathering

    def _enqueue(
        self, client_id: str, received_at: datetime, lines: Sequence[bytes]
    ) -> list[asyncio.Future[Outcome]]:
        key = (client_id, received_at.toordinal(), received_at.hour)
        partition = self._partitions.get(key)
        if partition is None:
            partition = self._partitions[key] = _Partition(key)
        futures = self._join(partition.waiting, client_id, received_at, lines)
        if partition.look is None and partition.may_begin():
            # Not at once: what else arrives in this turn of the loop joins.
            partition.look = asyncio.get_running_loop().call_soon(self._look, partition)
        return futures

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

    # ---------------------------------------------------------------- beginning and ending objects

    def _look(self, partition: _Partition) -> None:
        partition.look = None
        self._advance(partition)

    def _end_gathering(self, partition: _Partition) -> None:
        partition.gathering = None
        self._advance(partition)

    def _advance(self, partition: _Partition) -> None:
        """Begin what may be begun; forget a partition in which nothing is left."""
        while partition.may_begin():
            if len(self._writers) >= self._settings.max_puts:
                self._take_turn(partition)
                return
            self._begin(partition)
        is_over = not partition.waiting and not partition.writing and partition.gathering is None
        if is_over and self._partitions.get(partition.key) is partition:
            del self._partitions[partition.key]

    def _take_turn(self, partition: _Partition) -> None:
        if not partition.has_turn:
            partition.has_turn = True
            self._turns.append(partition)

    def _begin(self, partition: _Partition) -> None:
        group = partition.waiting.popleft()
        partition.writing += 1
        writer = self._tasks.run("writing logs", self._write_and_tell(group))
        self._writers.add(writer)
        writer.add_done_callback(lambda done: self._see_end(partition, group, done))
        self._gather(partition)

    def _gather(self, partition: _Partition) -> None:
        """Have the next object of the partition wait for more logs."""
        self._stop_gathering(partition)
        partition.is_crowded = len(self._partitions) > _FEW_PARTITIONS
        times = min(max(1, len(self._partitions) / _FEW_PARTITIONS), _LONGER_AT_MOST)
        loop = asyncio.get_running_loop()
        wait_s = self._settings.group_wait_s * times
        partition.gathering = loop.call_later(wait_s, self._end_gathering, partition)

    def _stop_gathering(self, partition: _Partition) -> None:
        if partition.gathering is not None:
            partition.gathering.cancel()
            partition.gathering = None

    def _see_end(self, partition: _Partition, group: _Group, writer: asyncio.Task[None]) -> None:
        """Give the place of an object that was written to who has waited longest."""
        self._writers.discard(writer)
        partition.writing -= 1
        if writer.cancelled():  # the loop is being torn down: nothing is begun any more
            partition.waiting.appendleft(group)
            for each in self._partitions.values():
                self._give_up(each)
        if self._turns:
            longest = self._turns.popleft()
            longest.has_turn = False
            self._advance(longest)
        self._advance(partition)

    def _give_up(self, partition: _Partition) -> None:
        """Release those whose objects nobody writes any more."""
        while partition.waiting:
            group = partition.waiting.popleft()
            self._budget.release(group.size)
            group.settle(self._not_confirmed)

    # ---------------------------------------------------------------- writing

    async def _write_and_tell(self, group: _Group) -> None:
        outcome = await self._write(group)
        self._budget.release(group.size)
        group.settle(outcome)

    async def _write(self, group: _Group) -> Outcome:
        try:
            await self._put(group)
        except StoreUnavailable as error:
            logger.warning("%d logs of client %s: %s", len(group.lines), group.client_id, error)
            return self._not_confirmed
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait hear of it and the next is begun
            defect = describe_defect(error)  # never a traceback: it may quote a log
            logger.error("%d logs of client %s: %s", len(group.lines), group.client_id, defect)  # noqa: TRY400
            return Unexpected
        return None

    async def _put(self, group: _Group) -> None:
        inline = group.size <= _PACK_INLINE_BYTES
        blob = rawlog.pack(group.lines) if inline else await asyncio.to_thread(rawlog.pack, group.lines)
        key = layout.raw_key(group.client_id, group.received_at, self._new_id(group.received_at))
        with self._metrics.put(len(group.lines)):
            await self._store.put_async(key, blob, timeout_s=self._settings.ack_timeout_s)
