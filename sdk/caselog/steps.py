"""A ticket and its steps where a framework tells of beginnings and ends: no block of code could hold them.

The counterpart of the ``with`` blocks of `recorder`, for adapters. What begins by an event is in no block: which ticket
it belongs to, and which node it lies in, the adapter says itself.
"""

# ruff: noqa: SLF001 - the other half of `recorder`

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Callable, TypeVar, cast

from .clock import now_text
from .endings import ends_quietly
from .guard import never_raises
from .iterations import copy_whole, read_observation
from .recorder import Iteration, Node, Step, Ticket, ToolCall, end_step


def open_ticket(fields: Mapping[str, Any]) -> Ticket:
    """A ticket that takes steps from now on."""
    ticket = Ticket(dict(fields))
    ticket._started_at, ticket._began = now_text(), time.perf_counter()
    ticket._run = object()
    return ticket


def leave_out_time(ticket: Ticket, seconds: float) -> None:
    """The ticket was not worked on for so long."""
    ticket._began += seconds


def close_ticket(ticket: Ticket, error: BaseException | None = None) -> None:
    """Ship the ticket's one log; ``error`` is what ended it."""
    ticket._end(error)


def before_end(ticket: Ticket, record: Callable[[], None]) -> None:
    """Let ``record`` add what is still to be recorded when the ticket's block ends; it must not raise."""
    ticket._left.append(record)


def keep(ticket: Ticket, call: ToolCall) -> None:
    """A tool call of the ticket's that no iteration asked for."""
    ticket._kept(ticket._tool_calls, call)


def is_open(ticket: Ticket) -> bool:
    """Whether the ticket takes steps."""
    return ticket._run is not None


def is_in_call(ticket: Ticket, frame: FrameType) -> bool:
    """Whether the code in this frame runs in a tool call of the ticket."""
    return ticket._find(ToolCall, frame) is not None


def is_empty(ticket: Ticket) -> bool:
    """Whether nothing was recorded in it."""
    return not (ticket._nodes or ticket._iterations or ticket._tool_calls or ticket._errors)


_F = TypeVar("_F", bound=Callable[..., Any])
_MISSED = object()


def counts_misses(method: _F) -> _F:
    """Decorate a method of what has a ``ticket``: a mistake of our own in it takes nothing with it, and is counted."""
    safe = never_raises(lambda: _MISSED)(method)

    @functools.wraps(method)
    def counted(self: Any, *args: Any) -> Any:
        result = safe(self, *args)
        if result is not _MISSED:
            return result
        if self.ticket is not None:
            self.ticket.count("missed_events")
        return None

    return cast(_F, counted)


def note_answer(ticket: Ticket, answer: Any) -> None:
    """What a run in the ticket answered: its final response, unless the workflow says another."""
    if ticket.final_response is None or ticket.final_response is ticket._noted:
        ticket.final_response = ticket._noted = copy_whole(answer)


def begin_node(ticket: Ticket, name: str, parent: str | None = None) -> Node:
    """A node that begins now."""
    node = ticket.node(name)
    node.parent = parent
    _begin(node)
    return node


def begin_iteration(ticket: Ticket, node: str | None) -> Iteration:
    """A call of a model that begins now."""
    iteration = ticket.iteration()
    iteration.node = node
    _begin(iteration)
    return iteration


def begin_call(ticket: Ticket, iteration: Iteration | None, name: str, arguments: Any = None) -> ToolCall:
    """A tool call that begins now, of the iteration that asked for it, if any."""
    call = new_call(ticket, iteration, name, arguments)
    _begin(call)
    return call


def new_call(ticket: Ticket, iteration: Iteration | None, name: str, arguments: Any = None) -> ToolCall:
    """The same, for whoever begins it as a block."""
    call = ToolCall(ticket, name, arguments, None)
    return ticket._kept(ticket._tool_calls if iteration is None else iteration.tool_calls, call)


def end(step: Step, error: BaseException | None = None, node: Node | None = None) -> None:
    """The step is over, by this exception if any, in this node; only its first end counts."""
    if has_ended(step):
        return
    if error is not None and not ends_quietly(error):
        step._ticket.add_error(error, node)
    end_step(step, error)


def has_ended(step: Step) -> bool:
    """Whether the step is over."""
    return step.duration_ms is not None


def _begin(step: Step) -> None:
    step.started_at, step._began = now_text(), time.perf_counter()


def settle_calls(iteration: Iteration, asked: Sequence[Mapping[str, Any]]) -> None:
    """Put an iteration's tool calls in the order they were asked for, with those that nothing ran for.

    A model may ask for a tool that does not exist, or for another agent.
    """
    made = [call.as_record() if isinstance(call, Step) else call for call in iteration.tool_calls]
    known = {call.get("id") for call in made}
    left = [dict(call) for call in asked if call.get("id") not in known]
    order = {call.get("id"): place for place, call in enumerate(asked)}
    pairs = [*zip(made, iteration.tool_calls), *((call, call) for call in left)]
    pairs.sort(key=lambda pair: order.get(pair[0].get("id"), len(order)))
    iteration.tool_calls = [call for _, call in pairs]
    iteration.observation = read_observation(record for record, _ in pairs)


def move_call(call: ToolCall, before: ToolCall, iteration: Iteration) -> None:
    """A call that was left undone is carried out now: it takes the place of its beginning in its iteration."""
    loose = call._ticket._tool_calls
    loose[:] = [other for other in loose if other is not call]
    iteration.tool_calls = [call if other is before else other for other in iteration.tool_calls]
    settle_calls(iteration, ())
