"""Where the spans of a trace lie: which ticket each belongs to, which agent's it is, which iteration it is part of."""

from __future__ import annotations

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Optional

from caselog.iterations import Given
from caselog.recorder import Iteration, Node, Step, Ticket, ToolCall, find_ticket
from caselog.steps import close_ticket, is_empty, is_open, leave_out_time, open_ticket

#: Traces that may be open at once; the oldest is shipped as it is.
_MAX_OPEN = 10_000
#: What a trace's metadata may say of its ticket.
FROM_METADATA = ("ticket_id", "category", "environment", "workflow_version")


@dataclass
class Place:
    """One span that has begun."""

    trace: Trace
    parent: Optional[Place]
    ticket: Ticket
    #: The agent that it runs in.
    agent: Optional[Node]
    step: Optional[Step] = None
    #: The call of a model that was made last right under this span.
    iteration: Optional[Iteration] = None
    #: Iterations right under it with the calls they asked for.
    asked: list[tuple[Iteration, list[dict[str, Any]]]] = field(default_factory=list)
    #: Whether another run was started under it: then its figures are not its own alone.
    has_runs: bool = False
    has_ended: bool = False
    #: Whether the framework has said that its tool is called.
    is_called: bool = False
    #: An error of its span that the program has answered for.
    answered: Any = None

    @property
    def is_of_root(self) -> bool:
        """Whether it is part of no run that a tool started."""
        return not any(isinstance(above.step, ToolCall) for above in self.up())

    @property
    def holder(self) -> Place:
        """What it lies right under: a turn, an agent."""
        return self.parent or self

    @property
    def name(self) -> str | None:
        """The name of the agent that it runs in."""
        return self.agent.name if self.agent else None

    def calls_of(self, iteration: Iteration | None) -> list[dict[str, Any]]:
        """The calls that an iteration right under it asked for."""
        return next((calls for step, calls in self.asked if step is iteration), [])

    def up(self) -> list[Place]:
        """The place itself and those around it, from the inside out."""
        places: list[Place] = []
        place: Optional[Place] = self
        while place is not None:
            places.append(place)
            place = place.parent
        return places


@dataclass
class Trace:
    """One trace that has begun, and the ticket that it is where its runs lie in no other."""

    trace_id: str
    fields: Mapping[str, Any]
    #: What was being handled when it began: no error of its own.
    handled: Optional[BaseException] = None
    own: Optional[Ticket] = None
    #: The span that it ends with, where its own end will not be told.
    ends_with: Optional[str] = None
    #: Whether the hooks tell what its spans do not.
    is_hooked: bool = False
    #: Tool calls that wait for an approval, with the iterations that asked for them.
    pending: list[tuple[Optional[Iteration], ToolCall]] = field(default_factory=list)
    #: Whether one has come to wait since the trace began or went on, and when the trace did so.
    asks: bool = False
    waits_since: float = 0.0
    #: What the models were given, by ticket.
    given: dict[int, Given] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    #: The error of the last span of an agent in the outermost run, if any.
    failed: Optional[dict[str, Any]] = None

    @property
    def key(self) -> str:
        """What a run that is resumed names."""
        return self.trace_id

    def wait(self) -> None:
        """Somebody is to answer before it goes on."""
        self.waits_since = time.perf_counter()
        self.places.clear()

    def go_on(self) -> None:
        """It waits no more."""
        if self.own and self.waits_since:
            leave_out_time(self.own, time.perf_counter() - self.waits_since)
        self.asks, self.waits_since = False, 0.0

    def ticket_of(self, frame: FrameType) -> Ticket:
        """The ticket of a run that begins: that whose block it lies in, or the trace's own."""
        return find_ticket(frame) or self.open_own()

    def open_own(self) -> Ticket:
        """The trace's own ticket."""
        if self.own is None or not is_open(self.own):
            self.own = open_ticket(self.fields)
        return self.own

    def given_in(self, ticket: Ticket) -> Given:
        """What the models of a ticket were given."""
        return self.given.setdefault(id(ticket), Given())

    def find_error(self) -> BaseException | None:
        """The exception that ends the trace: it is being handled now, and was not when the trace began."""
        error = sys.exc_info()[1]
        return None if error is self.handled else error

    def close(self, error: BaseException | None, status: str | None = None) -> None:
        """Ship the trace's own ticket, if it is one."""
        ticket = self.own
        if ticket is None or not is_open(ticket) or (error is None and is_empty(ticket)):
            return
        if error is None and self.failed is not None:
            ticket.add_error(self.failed)
            status = status or "FAILED"
        ticket.status = ticket.status or status
        close_ticket(ticket, error)


class Places:
    """The traces and spans that have begun; safe from any thread."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        """Forget all of them: in a forked child they are the parent's."""
        self._lock = threading.RLock()
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._spans: dict[str, Place] = {}

    def __len__(self) -> int:
        return len(self._spans) + len(self._traces)

    def open_trace(self, trace: Trace) -> Trace | None:
        """Know the trace from now on; the one that has to go for it, if they are too many."""
        with self._lock:
            self._traces[trace.trace_id] = trace
            oldest = next(iter(self._traces)) if len(self._traces) > _MAX_OPEN else None
        return self.end_trace(oldest) if oldest else None

    def find_trace(self, trace_id: str) -> Trace | None:
        """The trace, if it has not ended."""
        return self._traces.get(trace_id)

    def end_trace(self, trace_id: str) -> Trace | None:
        """The trace, which is over, and forget its spans."""
        with self._lock:
            trace = self._traces.pop(trace_id, None)
            for span_id in trace.places if trace else ():
                self._spans.pop(span_id, None)
        return trace

    def end_all(self) -> list[Trace]:
        """Every trace that is open, at the end of the process."""
        with self._lock:
            found = [self.end_trace(trace_id) for trace_id in list(self._traces)]
        return [trace for trace in found if trace]

    def put(self, span_id: str, place: Place) -> None:
        """A span has begun."""
        with self._lock:
            self._spans[span_id] = place
            place.trace.places[span_id] = place

    def find(self, span_id: str | None) -> Place | None:
        """The span, if its trace has not ended."""
        return self._spans.get(span_id) if span_id else None
