"""Which spans have begun, and whose ticket each belongs to."""

from __future__ import annotations

import threading
import weakref
from asyncio import CancelledError
from collections import OrderedDict
from collections.abc import Mapping
from types import FrameType
from typing import Any, Callable

from caselog import steps
from caselog.guard import never_raises
from caselog.iterations import copy_whole
from caselog.recorder import Ticket, find_ticket

from . import objects
from .objects import CALL, ENGINE, MODEL, OTHER, RETRIEVER, TOOL, WORKFLOW
from .recording import begin, end_stream, end_well, note_failure
from .spans import Run, Span

#: What is a run where nothing runs around it.
_ROOTS = frozenset((WORKFLOW, ENGINE, MODEL))
#: What a run's tags and its first event may say of its ticket.
_FROM_RUN = ("ticket_id", "category", "environment", "workflow_version")
#: Methods that read a streamed answer to its end.
_READERS = frozenset(("write_response_to_history", "awrite_response_to_history"))
#: Ids of spans whose run has ended, kept to know latecomers by.
_MAX_GONE = 10_000


class Recorder:
    """The runs of a process; safe from any thread."""

    def __init__(self) -> None:
        self.fields: Mapping[str, Any] = {}
        self._spans: dict[str, Span] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()
        #: Events that could not be recorded.
        self.missed = 0
        #: Runs that have answered by a stream that is still to be read.
        self._unread: list[Run] = []
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._spans)

    def attempt(self, span_id: str | None, act: Callable[..., None], *told: Any) -> None:
        """Take what is told; where that fails, the workflow goes on, and its ticket says that something is missing."""
        never_raises(lambda: self._count_missed(span_id))(act)(*told)

    def _count_missed(self, span_id: str | None) -> None:
        self.missed += 1
        span = self._spans.get(span_id) if span_id else None
        if span and span.run:
            span.run.ticket.count("missed_events")

    def enter(
        self,
        span_id: str,
        parent_id: str | None,
        instance: Any,
        arguments: Mapping[str, Any],
        tags: Mapping[str, Any],
        frame: FrameType,
    ) -> None:
        """Something begins."""
        if parent_id in self._gone:
            self._forget(span_id)
            return
        parent = self._spans.get(parent_id) if parent_id else None
        kind = objects.read_kind(span_id, instance, arguments, parent.kind if parent else None)
        span = Span(kind, parent, instance, node=parent.node if parent else None)
        if _is_inside_itself(span):
            span.kind = OTHER
        around = parent.run if parent else self._find_unread(frame)
        span.run = _place_in(span, around, find_ticket(frame), span_id)
        if span.run is None and span.kind in _ROOTS:
            fields = {"ticket_id": span_id[-36:], **_read_fields(arguments, tags), **self.fields}
            span.run = Run(steps.open_ticket(fields), is_own=True, root_id=span_id)
        self._spans[span_id] = span
        if span.run:
            span.run.span_ids.append(span_id)
            begin(span, span.run, span_id, arguments)

    def _find_unread(self, frame: FrameType | None) -> Run | None:
        """The run whose streamed answer is being read by the code in this frame."""
        while self._unread and frame is not None:
            for run in self._unread:
                if frame is objects.find_frame(run.reader):
                    return run
            frame = frame.f_back
        return None

    def exit(self, span_id: str, result: Any) -> None:
        """Something ended well."""
        span, run = self._find(span_id)
        if span is None or run is None:
            return
        end_well(span, run, span_id, result)
        if objects.read_name(span_id)[1] in _READERS:
            with self._lock:
                run.reader, run.was_read = None, True
        if run.root_id == span_id:
            answer = objects.read_output(result)
            run.answer = None if answer is None else copy_whole(answer)
            self._await_reader(run, result)
            run.root_has_ended = True
        if run.root_has_ended and (run.root_id == span_id or run.was_read):
            self._finish(run)

    def _await_reader(self, run: Run, result: Any) -> None:
        """Where the answer is a stream, its model may not even have been called: wait until somebody reads it."""
        reader = objects.find_reader(result)
        if reader is None or objects.is_over(reader):
            return
        with self._lock:
            run.reader = None if run.was_read else reader
            self._unread.append(run)
        if run.reader is not None:
            weakref.finalize(result, never_raises(lambda: None)(self._give_up), run)

    def _give_up(self, run: Run) -> None:
        """Nobody will read the answer any more."""
        run.reader = None
        run.streams.clear()
        self._finish(run)

    def drop(self, span_id: str, error: BaseException | None) -> None:
        """Something ended by an exception."""
        span, run = self._find(span_id)
        if span is None or run is None:
            return
        span.end(error)
        if error is not None and span.step is None and span.find_around(CALL) is span.parent and span.parent:
            note_failure(span.parent, run, error)
        if run.root_id == span_id:
            run.error, run.root_has_ended = error, True
            self._finish(run)

    def _find(self, span_id: str) -> tuple[Span | None, Run | None]:
        span = self._spans.get(span_id)
        if span is None or span.run is None:
            self._spans.pop(span_id, None)  # nothing is recorded of it
            return None, None
        return span, span.run

    def expect_end(self, span_id: str) -> None:
        """The end of this call of a model will be told, also where it is a stream."""
        span = self._spans.get(span_id)
        if span:
            span.tells_its_end = True

    def end_stream(self, span_id: str, response: Any, error: BaseException | None) -> None:
        """A stream was read to its end, or no further."""
        span = self._spans.get(span_id)
        run = span.run if span else None
        if span is None or run is None or span_id not in run.streams:
            return
        end_stream(span, run, response, error)
        run.streams.discard(span_id)
        run.reader = None
        if run.root_has_ended:
            run.error = run.error or error
            self._finish(run)

    def note_cancelled(self, span_id: str) -> None:
        """Somebody cancelled a workflow, or one of its steps; the span will end as if all were well."""
        span = self._spans.get(span_id)
        if span is None or span.run is None:
            return
        span.end(CancelledError())
        if span.run.is_own and span.run.root_id == span_id:
            span.run.ticket.status = "CANCELLED"

    def _finish(self, run: Run) -> None:
        """The root has ended: the run is over, unless somebody still reads what a model says."""
        with self._lock:
            if run.has_ended or ((run.streams or run.reader is not None) and run.error is None):
                return
            run.has_ended = True
            self._unread[:] = [each for each in self._unread if each is not run]
        for span_id in run.span_ids:
            self._spans.pop(span_id, None)
            self._forget(span_id)
        run.complete()
        if run.is_own:
            steps.close_ticket(run.ticket, run.error)

    def _forget(self, span_id: str) -> None:
        self._gone[span_id] = None
        if len(self._gone) > _MAX_GONE:
            self._gone.popitem(last=False)


def _place_in(span: Span, around: Run | None, ticket: Ticket | None, span_id: str) -> Run | None:
    """The run that a span is part of: the one around it, unless the block of another ticket lies between."""
    if ticket is None or (around and around.ticket is ticket):
        return around
    span.node = None
    return Run(ticket, is_own=False, root_id=span_id)


def _is_inside_itself(span: Span) -> bool:
    """Whether one method of an object calls another one: a model's chat that is made of its completion."""
    around = span.find_around(span.kind) if span.kind in (MODEL, TOOL, ENGINE, RETRIEVER) else None
    return around is not None and around.instance is span.instance


def _read_fields(arguments: Mapping[str, Any], tags: Mapping[str, Any]) -> dict[str, Any]:
    """What the tags and the first event of a run say of its ticket."""
    event = arguments.get("start_event")
    begun = objects.read_event(event) if event is not None else {}
    of_workflow = (arguments.get("tags") or {}).get("instrument_tags") if event is not None else None
    told = [each for each in (begun, tags, of_workflow) if isinstance(each, Mapping)]
    return {name: each[name] for each in told for name in _FROM_RUN if each.get(name) is not None}
