"""Which runs are under way, whose ticket each belongs to, and which tickets wait for somebody's answer."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Callable, Optional
from uuid import UUID

from caselog.waiting import Waiting

from .recording import Recording

#: Ids of runs whose ticket has ended, kept to know latecomers by.
_MAX_GONE = 10_000


@dataclass
class Run:
    """One run that has started; ``record`` is None where nothing is recorded of it."""

    recording: Recording
    parent: Optional[Run]
    namespace: Optional[str]
    node: Optional[str]
    record: Optional[dict[str, Any]] = None
    is_interrupted: bool = False
    has_ended: bool = False
    began: float = field(default_factory=time.perf_counter)


class Runs:
    """The runs of one handler; safe from any thread.

    A run is kept until its ticket ends, because what it started may begin after its own end. What begins after the
    ticket's end is a latecomer and belongs to nothing: it must not pass for a ticket.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._known: dict[UUID, Run] = {}
        self._gone: OrderedDict[UUID, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def start(
        self,
        run_id: UUID,
        parent_id: UUID | None,
        namespace: str | None,
        open_recording: Callable[[], Recording],
    ) -> Run | None:
        """The run that begins; None where its ticket has ended already."""
        with self._lock:
            parent = self._known.get(parent_id) if parent_id else None
            if parent is None and parent_id in self._gone:
                self._forget(run_id)
                return None
            recording = parent.recording if parent else open_recording()
            run = Run(recording, parent, namespace, parent.node if parent else None)
            self._known[run_id] = run
            recording.run_ids.append(run_id)
            return run

    def find(self, run_id: UUID) -> Run | None:
        """The run, if its ticket has not ended."""
        return self._known.get(run_id)

    def end(self, run_id: UUID) -> Run | None:
        """The run, measured; None where it is unknown or has ended before."""
        with self._lock:
            run = self._known.get(run_id)
            if run is None or run.has_ended:
                return None
            run.has_ended = True
        if run.record is not None:
            run.record["duration_ms"] = round((time.perf_counter() - run.began) * 1000, 3)
        return run

    def forget(self, recording: Recording) -> None:
        """The ticket's runs are over, or nobody waits for them any more."""
        with self._lock:
            for run_id in recording.run_ids:
                self._known.pop(run_id, None)
                self._forget(run_id)
            recording.run_ids.clear()

    def _forget(self, run_id: UUID) -> None:
        self._gone[run_id] = None
        if len(self._gone) > _MAX_GONE:
            self._gone.popitem(last=False)


#: Tickets that stopped at an interrupt, by graph and thread id: one for the process, whatever handlers it has.
waiting: Waiting[Recording] = Waiting()
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=waiting.start_anew)
