"""Which runs of CrewAI are under way, and whose ticket each belongs to.

CrewAI gives whatever is called from outside an id, which all that it starts inherits. Its events come in threads of the
bus, in any order, in a copy of the context they were emitted in; so they are noted, and put in order when the run ends.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import FrameType
from typing import Any, Optional

from crewai.events import crewai_event_bus
from crewai.execution import get_execution_uuid

from caselog import steps
from caselog.api import settle_first
from caselog.endings import is_cancellation
from caselog.guard import never_raises
from caselog.iterations import copy_whole
from caselog.recorder import Ticket, find_ticket

from .building import Builder
from .notes import BEGINS, ENDS, LOG, NODE, OTHER, Note, read_output, take_note

#: The run's id and the ticket whose block it was started in, if any.
Key = tuple[Optional[str], Optional[Ticket]]
#: What a run's inputs, or a flow's state, may say of its ticket.
_FROM_RUN = ("ticket_id", "category", "environment", "workflow_version")
#: How long the end of a run waits for events that the bus has not handed over.
_CATCH_UP_S = 1.0
#: Runs that may be under way at once; the oldest is shipped as it is.
_MAX_OPEN = 1000
#: Ids of those that are over, kept to know latecomers by.
_MAX_GONE = 10_000


@dataclass(eq=False)
class Run:
    """One run, in the ticket whose block it was started in or in one of its own."""

    key: Key
    ticket: Ticket
    is_own: bool
    #: The crew or flow that was called, once it has begun, and whether it has ended.
    source: Any = None
    source_has_ended: bool = False
    notes: list[Note] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    has_ended: bool = False

    def add(self, note: Note) -> None:
        """Something happened in it."""
        with self.arrived:
            self.notes.append(note)
            self.arrived.notify_all()

    def wait(self, last: Note, timeout_s: float) -> None:
        """Wait until all that lies in what has ended has come in, where it is the root that has."""
        with self.arrived:
            self.arrived.wait_for(lambda: self._is_whole(last), timeout_s)

    def _is_whole(self, last: Note) -> bool:
        begun = {note.event_id: note.parent_id for note in self.notes if note.when == BEGINS}
        if begun.get(last.started_id or "") in begun:
            return True
        return begun.keys() == {note.started_id for note in self.notes if note.when == ENDS}

    @property
    def root(self) -> Note | None:
        """The beginning that nothing of this run lies around: what a cancelled run left open may lie around all."""
        begun = {note.event_id: note for note in self.notes if note.when == BEGINS}
        return next((note for note in begun.values() if note.is_of_run and note.parent_id not in begun), None)

    def is_ended_by(self, note: Note) -> bool:
        """Whether it is the end of the root."""
        root = self.root
        return root is not None and note.started_id == root.event_id


class Runs:
    """The runs of a process; safe from any thread."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields
        #: Events that could not be recorded.
        self.missed = 0
        self._open: OrderedDict[Key, Run] = OrderedDict()
        self._gone: OrderedDict[Key, None] = OrderedDict()
        self._lock = threading.RLock()
        settle_first(crewai_event_bus.flush)
        atexit.register(never_raises(lambda: None)(self.close))

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, context: Any, frame: FrameType) -> None:
        """A crew or a flow begins, called by the code in this frame."""
        key = (get_execution_uuid(), find_ticket(frame))
        run = self._open.get(key) or self._start(key, context.inputs)
        if run.source is None:
            run.source = context.crew or context.flow
            self._watch(run)

    def end(self, context: Any) -> None:
        """It has ended; the last of its events are on their way."""
        source = context.crew or context.flow
        run = self._find(get_execution_uuid(), lambda each: each.source is source)
        around = run or self._find(get_execution_uuid(), lambda _: True)
        if around and context.error is not None:
            around.add(_note_error(context.error))
        if run is None:
            return
        run.source_has_ended = True
        crewai_event_bus.flush(_CATCH_UP_S)
        if type(source).__name__ == "AgentExecutor":  # the inside of an agent, which has an end of its own
            return
        answer = never_raises(lambda: self._count(run))(self._read_end)(run, context)
        self._finish(run, answer, context.error)

    def _read_end(self, run: Run, context: Any) -> Any:
        """What the crew or the flow answers; of its ticket, what the flow's state says."""
        answer = read_output(context.output)
        run.add(_note_end(run.root, answer, context.error))
        if run.is_own:
            state = copy_whole(getattr(context.flow, "state", None))
            run.ticket.fields.update(_more_fields(state, run.ticket.fields, self.fields))
        return answer

    def take(self, source: Any, event: Any, frame: FrameType) -> None:
        """Something happened, in a copy of the context that this frame runs in."""
        execution, ticket = get_execution_uuid(), find_ticket(frame)
        note = take_note(source, event)
        run = self._open.get((execution, ticket)) or self._find(execution, lambda _: execution is not None)
        if run is None:
            run = self._start_late(note, (execution, ticket))
        if run is None:
            return
        run.add(note)
        if note.when == ENDS and note.is_of_run and execution is not None:
            run.wait(note, _CATCH_UP_S / 4)
            if run.is_ended_by(note):
                self._finish(run, note.answer, note.error, note.status)

    def _start_late(self, note: Note, key: Key) -> Run | None:
        """The run that begins by an event: an agent of no crew, or what is called in a ticket's block in no run."""
        if note.when != BEGINS or key in self._gone or key == (None, None):
            return None
        if key[0] is not None and not note.is_of_run:
            return None
        return self._start(key, note.parts.get("input"))

    def _start(self, key: Key, inputs: Any) -> Run:
        execution, ticket = key
        fields = {"ticket_id": execution, **_read_fields(inputs), **self.fields}
        with self._lock:
            if key in self._open:
                return self._open[key]
            run = Run(key, ticket or steps.open_ticket(fields), is_own=ticket is None)
            self._open[key] = run
            oldest = next(iter(self._open.values())) if len(self._open) > _MAX_OPEN else None
        if ticket:
            steps.before_end(ticket, lambda: self._settle(run))
        if oldest:
            self._finish(oldest, None, None, "CANCELLED")
        return run

    def _find(self, execution: str | None, is_wanted: Any) -> Run | None:
        """The newest of the runs with this id that is wanted."""
        with self._lock:
            found = [run for key, run in self._open.items() if key[0] == execution and is_wanted(run)]
        return found[-1] if found else None

    def _watch(self, run: Run) -> None:
        """Notice where the task of a run is cancelled: CrewAI tells nothing of it."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return
        if task is not None:
            task.add_done_callback(lambda _: self._note_left(run))

    @never_raises(lambda: None)
    def _note_left(self, run: Run) -> None:
        if not run.source_has_ended and not run.has_ended:
            crewai_event_bus.flush(_CATCH_UP_S)
            self._finish(run, None, None, "CANCELLED")

    @never_raises(lambda: None)
    def _settle(self, run: Run) -> None:
        """The block that the run was started in ends."""
        self._finish(run, None, None)

    def _finish(self, run: Run, answer: Any, error: Any, status: str | None = None) -> None:
        with self._lock:
            if run.has_ended:
                return
            run.has_ended = True
            self._open.pop(run.key, None)
            self._gone[run.key] = None
            if len(self._gone) > _MAX_GONE:
                self._gone.popitem(last=False)
        never_raises(lambda: self._count(run))(Builder(run.ticket).build)(run.notes)
        if answer is not None:
            steps.note_answer(run.ticket, answer)
        if run.is_own:
            run.ticket.status = status or (None if error is None or _is_left(error) else "FAILED")
            steps.close_ticket(run.ticket, error if isinstance(error, BaseException) else None)

    def close(self) -> None:
        """Ship what is still under way at the end of the process."""
        crewai_event_bus.flush(_CATCH_UP_S)
        for run in list(self._open.values()):
            self._finish(run, None, None, "CANCELLED")

    def count_missed(self) -> None:
        """An event could not be recorded: its ticket says so."""
        self._count(self._find(get_execution_uuid(), lambda _: True))

    def _count(self, run: Run | None) -> None:
        self.missed += 1
        if run:
            run.ticket.count("missed_events")


def _note_error(error: BaseException) -> Note:
    return Note("", None, None, datetime.now(timezone.utc), 0, LOG, OTHER, {}, error=error)


def _note_end(root: Note | None, answer: Any, error: Any) -> Note:
    """The end of a root, which the bus will tell of when its log is shipped."""
    parts = {} if answer is None else {"output": answer}
    return Note(
        "",
        None,
        root.event_id if root else None,
        datetime.now(timezone.utc),
        1,
        ENDS,
        NODE,
        parts,
        error=error,
    )


def _is_left(error: Any) -> bool:
    return isinstance(error, BaseException) and is_cancellation(error)


def _read_fields(inputs: Any) -> dict[str, Any]:
    """What the inputs say of the ticket."""
    given = inputs if isinstance(inputs, Mapping) else {}
    return {name: given[name] for name in _FROM_RUN if given.get(name) is not None}


def _more_fields(state: Any, known: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a flow's state says of the ticket at its end, where nothing else did."""
    told = _read_fields(state)
    return {
        name: value
        for name, value in told.items()
        if name not in fields and (name == "ticket_id" or name not in known)
    }
