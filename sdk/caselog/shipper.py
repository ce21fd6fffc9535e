"""A bounded queue and the one daemon thread that empties it.

`submit` is all a workflow waits for: append under a lock, wake the thread. A full queue drops the new log and
says so: that way True stays true for every log that was accepted.

The thread starts with the first log of a process. A forked child starts anew: what its parent had queued is
the parent's to deliver.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from typing import Callable

from . import losses as reasons
from .outlet import Outlet, Queued
from .settings import Limits


class Shipper:
    """The queue of one client in this process; every method is safe from any thread."""

    def __init__(self, open_outlet: Callable[[], Outlet], limits: Limits) -> None:
        """``open_outlet`` is called in the thread, so that its imports cost the workflow nothing."""
        self._open_outlet = open_outlet
        self._limits = limits
        self._fork_waits = False
        self._start_anew()

    def _start_anew(self) -> None:
        # Reentrant: a signal handler or a destructor may ship a log while this very thread holds the lock.
        lock = threading.RLock()
        # Two conditions on one lock: a log that arrives wakes the thread where it waits for one, and nobody else.
        self._arrived = threading.Condition(lock)
        self._changed = threading.Condition(lock)
        self._loading = threading.Lock()
        self._queue: deque[Queued] = deque()
        self._held_bytes = 0
        self._accepted = 0
        self._settled = 0
        self._kept = 0
        #: Whether more of what waits on disk could be sent at once.
        self._has_more = False
        self._hurries = 0
        self._flushing = 0
        self._stopping = False
        self._is_running = False
        self._thread: threading.Thread | None = None
        self._outlet: Outlet | None = None

    def submit(self, text: str) -> str | None:
        """Queue a log; the reason of the loss where it is not accepted."""
        with self._changed:
            if self._stopping:
                return reasons.NETWORK
            if not self._has_room(len(text)):
                return reasons.QUEUE_FULL
            self._queue.append(Queued(text, time.monotonic()))
            self._held_bytes += len(text)
            self._accepted += 1
            starts, self._is_running = not self._is_running, True
            self._arrived.notify()
        # Not under the lock: under gevent a start lets others run, who would wait for it for ever.
        return reasons.NETWORK if starts and not self._start_thread() else None

    def pending(self) -> int:
        """Logs accepted that are neither delivered nor given up yet; those on disk are among them."""
        with self._changed:
            return self._accepted - self._settled + self._kept

    def flush(self, timeout_s: float, *, drains: bool = False) -> bool:
        """Wait until every log accepted so far is settled; False where the deadline came first.

        ``drains`` waits for what waits on disk from before, too, as long as it can be sent.
        """
        with self._changed:
            target = self._accepted
            self._hurries += 1
            self._flushing += 1
            self._changed.notify_all()
            self._arrived.notify()
            try:
                return self._changed.wait_for(
                    lambda: self._settled >= target and not self._kept and not (drains and self._has_more),
                    max(0.0, timeout_s),
                )
            finally:
                self._flushing -= 1

    def wait_until_loaded(self, timeout_s: float) -> None:
        """Wait until the thread has imported what it sends with: that takes the machine's time, not the collector's."""
        with self._changed:
            self._changed.wait_for(lambda: self._outlet or self._stopping or not self._is_running, timeout_s)

    def stop(self) -> list[Queued]:
        """End the thread; the logs it had not begun to send. Those it had, it settles itself."""
        with self._changed:
            self._stopping = True
            dropped, thread = list(self._queue), self._thread
            self._queue.clear()
            self._settle(dropped)
            self._arrived.notify()
        if thread and thread is not threading.current_thread():
            # At once, unless the thread is in the middle of a request: then it is left to end with the process.
            thread.join(_LAST_WORDS_S)
        return dropped

    def count_kept(self) -> int:
        """How many logs of this process wait on disk."""
        return self._outlet.count_kept() if self._outlet else 0

    def keep(self, logs: list[Queued], until: float) -> int:
        """Keep logs on disk that will not be sent; how many are settled."""
        return self._outlet.keep(logs, until) if self._outlet else 0

    def rest(self) -> None:
        """Let the workflow run: called now and then by the thread while it works.

        The interpreter alone gives other threads a turn only every 5 ms (`sys.getswitchinterval`), which an event
        loop would notice. There is no rest while somebody waits for a flush or the end.
        """
        if not (self._flushing or self._stopping):
            time.sleep(_REST_S)

    def _has_room(self, size: int) -> bool:
        waiting = self._accepted - self._settled
        fits = (
            waiting < self._limits.max_queue_logs and self._held_bytes + size <= self._limits.max_queue_bytes
        )
        # One log of any size is taken when nothing else waits: it is cut later, where nobody waits for it.
        return fits or waiting == 0

    def _start_thread(self) -> bool:
        """False where no thread can be started any more, as when the interpreter ends: then nothing is accepted."""
        try:
            self._thread = threading.Thread(target=self._run, name="caselog", daemon=True)
            self._thread.start()
        except RuntimeError:
            self._thread = None
            self.stop()
            return False
        return True

    def _run(self) -> None:
        with self._loading:
            self._outlet = outlet = self._open_outlet()
        self._settle([])  # whoever waits for it is told
        wait_s: float | None = None
        while (batch := self._take(wait_s)) is not None:
            if batch:
                outlet.deliver(batch, self._pause)
            wait_s = self._settle_and_replay(batch, outlet)
        outlet.close()

    def _settle_and_replay(self, batch: list[Queued], outlet: Outlet) -> float | None:
        with self._changed:
            self._has_more = True
        self._settle(batch, outlet.count_kept())
        # New logs first: what is on disk is safe there.
        wait_s = 0.0 if self._queue or self._stopping else outlet.send_kept(hurries=self._flushing > 0)
        with self._changed:
            self._has_more = wait_s == 0
        self._settle([], outlet.count_kept())
        return wait_s

    def _take(self, wait_s: float | None) -> list[Queued] | None:
        """The next batch, empty after ``wait_s`` seconds without a log; None where the thread is to end."""
        with self._changed:
            hurries = self._hurries
            self._arrived.wait_for(
                lambda: self._queue or self._stopping or (wait_s is not None and self._hurries > hurries),
                wait_s,
            )
            if self._stopping and not self._queue:
                return None
            batch: list[Queued] = []
            size = 0
            while self._queue and len(batch) < self._limits.max_batch_logs:
                size += len(self._queue[0].text)
                if batch and size > self._limits.max_batch_bytes:
                    break
                batch.append(self._queue.popleft())
            return batch

    def _settle(self, batch: list[Queued], kept: int | None = None) -> None:
        with self._changed:
            self._settled += len(batch)
            self._kept = self._kept if kept is None else kept
            self._held_bytes -= sum(len(item.text) for item in batch)
            self._changed.notify_all()

    def _pause(self, seconds: float, may_hurry: bool) -> bool:  # noqa: FBT001 - a `Pause`
        with self._changed:
            hurries = self._hurries
            if may_hurry and self._flushing:
                seconds = min(seconds, self._limits.first_retry_s)
            self._changed.wait_for(lambda: self._stopping or (may_hurry and self._hurries > hurries), seconds)
            return not self._stopping

    def before_fork(self) -> None:
        """Wait until the thread has imported what it needs: a module half imported stays locked in the child."""
        self._fork_waits = self._loading.acquire(timeout=_FORK_WAITS_S)

    def after_fork_in_parent(self) -> None:
        """Let the thread go on."""
        if self._fork_waits:
            self._loading.release()

    def after_fork_in_child(self) -> None:
        """Start anew: the thread and the queue are the parent's, and so is the connection."""
        if self._outlet:
            self._outlet.abandon()
        self._start_anew()


# An import takes some 100 ms of processor time, and on a busy machine ten times that; waiting for ever would be worse
# than the deadlock it prevents.
_FORK_WAITS_S = 5.0
_LAST_WORDS_S = 0.2
# Long enough for another thread to wake up. Windows before Python 3.11 would make a clock tick of it, some 15 ms.
_REST_S = 0.0 if os.name == "nt" else 50e-6
