"""What is known of one run, over its first part and what goes on with it, and the ticket it belongs to."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any, Optional

from caselog.guard import never_raises
from caselog.iterations import Given, copy_whole
from caselog.recorder import Iteration, Node, Step, Ticket, ToolCall, begin_step, end_step, find_ticket
from caselog.shapes import describe_error
from caselog.steps import (
    close_ticket,
    counts_misses,
    end,
    has_ended,
    is_in_call,
    leave_out_time,
    move_call,
    new_call,
    note_answer,
    open_ticket,
    settle_calls,
)
from caselog.waiting import Waiting

from .messages import list_parts, read_answers, read_response, show_part

#: What a run's metadata may say of its ticket.
_FROM_METADATA = ("ticket_id", "category", "environment", "workflow_version")
#: Exceptions that end no run: the model is told of them and asked again.
_ASK_AGAIN = frozenset(("ToolRetryError", "ToolFailedError", "ModelRetry", "RetryModelRequest"))
#: Those that are no errors: somebody else has to answer, or has answered.
_WAIT = frozenset(("CallDeferred", "ApprovalRequired"))
_ARE_NONE = frozenset((*_WAIT, "SkipModelRequest", "SkipToolExecution"))


class RunRecord:
    """One run of an agent: the ticket it belongs to and what has been recorded of it."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.ticket: Optional[Ticket] = None
        self._fields = fields
        self._owns_ticket = False
        self._node: Optional[Node] = None
        self.given = Given()
        self._iteration: Optional[Iteration] = None
        self._asked: list[dict[str, Any]] = []
        #: Whether a tool of another run asked for it.
        self._is_nested = False
        #: The conversation, in which another run may go on with it; whether it has to wait for that, and since when.
        self.key: Any = None
        self._waits = False
        self.waits_since = 0.0
        #: Calls that somebody else is to answer, with the iterations that asked for them.
        self.pending: dict[str, tuple[Iteration, ToolCall]] = {}

    @counts_misses
    def begin(self, ctx: Any, frame: FrameType) -> None:
        """The run begins, as a block of this frame."""
        self.key = getattr(ctx, "conversation_id", None)
        around = find_ticket(frame)
        self._owns_ticket = around is None
        self._is_nested = around is not None and is_in_call(around, frame)
        self.ticket = around or self._resume(ctx) or open_ticket(self._fields_of(ctx))
        name = getattr(getattr(ctx, "agent", None), "name", None) or "agent"
        self._node = self.ticket.node(name, input=copy_whole(getattr(ctx, "prompt", None)))
        begin_step(self._node, frame)

    def _resume(self, ctx: Any) -> Ticket | None:
        """The ticket that this run goes on with: without a question of its own, in the same conversation."""
        before = waiting.take(self.key)
        if before is None or before.ticket is None:
            return None
        if getattr(ctx, "prompt", None) is not None:
            before.ship("INTERRUPTED")
            return None
        self.given, self.pending = before.given, before.pending
        leave_out_time(before.ticket, time.perf_counter() - before.waits_since)
        return before.ticket

    def ship(self, status: str) -> None:
        """Ship a ticket that nobody goes on with."""
        if self.ticket is not None:
            leave_out_time(self.ticket, time.perf_counter() - self.waits_since)
            self.ticket.status = self.ticket.status or status
            close_ticket(self.ticket)

    def _fields_of(self, ctx: Any) -> dict[str, Any]:
        metadata = getattr(ctx, "metadata", None)
        metadata = metadata if isinstance(metadata, Mapping) else {}
        said = {name: metadata[name] for name in _FROM_METADATA if metadata.get(name) is not None}
        run_id = getattr(ctx, "conversation_id", None) or getattr(ctx, "run_id", None)
        return {"ticket_id": run_id, **said, **self._fields}

    @counts_misses
    def note_result(self, result: Any) -> None:
        """What the run gave: the ticket's answer, unless a tool of another run asked for it."""
        output = getattr(result, "output", None)
        if self._node is not None:
            self._node.output = copy_whole(output)
        self._waits = type(output).__name__ == "DeferredToolRequests"
        if self.ticket and not self._is_nested and not self._waits:
            note_answer(self.ticket, output)

    @counts_misses
    def end(self, error: BaseException | None) -> None:
        """The run is over."""
        self._settle(error)
        if self._node is not None:
            end_step(self._node, error)
        if self.ticket and self._owns_ticket:
            if self._waits and error is None:
                self.waits_since = time.perf_counter()
                waiting.put(self)
            else:
                close_ticket(self.ticket, error)
        for other in waiting.take_overdue():
            other.ship("INTERRUPTED")

    @counts_misses
    def begin_request(self, request: Any, frame: FrameType) -> Iteration | None:
        """A model is asked."""
        if self.ticket is None:
            return None
        answers = read_answers(request.messages)
        for call in self._asked:
            call.update(answers.get(call["id"], {}))
        for call_id in [each for each in self.pending if each in answers]:
            asker, waited = self.pending.pop(call_id)
            vars(waited).update(answers[call_id], ended_by=None)
            settle_calls(asker, ())
        self._settle(None)
        iteration = self._iteration = self.ticket.iteration()
        iteration.node = self._node.name if self._node else None
        begin_step(iteration, frame)
        iteration.model = getattr(request.model, "model_name", None)
        iteration.input = [show_part(part) for part in self.given.take(None, list_parts(request.messages))]
        return iteration

    @counts_misses
    def note_response(self, iteration: Iteration | None, response: Any) -> None:
        """What the model answered."""
        if iteration is None:
            return
        said = read_response(response)
        self._asked = said.pop("calls")
        iteration.tool_calls.extend(said.pop("served"))
        vars(iteration).update(said)

    @counts_misses
    def begin_call(self, call: Any, arguments: Any, frame: FrameType) -> ToolCall | None:
        """A tool is called."""
        if self.ticket is None:
            return None
        record = new_call(self.ticket, self._iteration, call.tool_name, copy_whole(arguments))
        vars(record)["id"] = call.tool_call_id
        begin_step(record, frame)
        if call.tool_call_id in self.pending:
            self._iteration, waited = self.pending.pop(call.tool_call_id)
            move_call(record, waited, self._iteration)
        return record

    @counts_misses
    def note_refusal(self, call: Any, arguments: Any, error: BaseException) -> None:
        """A tool is not called, for its arguments are wrong."""
        record = self.begin_call(call, arguments, sys._getframe())  # noqa: SLF001 - a block that ends at once
        if record is not None:
            end_step(record)
            record.status, record.error = "error", describe_error(error)

    @counts_misses
    def _settle(self, error: BaseException | None) -> None:
        """The calls of the last iteration are over and in order, with those that no tool ran for."""
        if self._iteration is not None:
            for call in self._iteration.tool_calls:
                if isinstance(call, ToolCall):
                    end(call, error, self._node)
                if getattr(call, "ended_by", None) in _WAIT:
                    self.pending[call.id] = (self._iteration, call)
            settle_calls(self._iteration, self._asked)
        self._iteration, self._asked = None, []


@never_raises(lambda: None)
def end_step_of_run(step: Step | None, error: BaseException | None, result: Any = None) -> None:
    """A request or a tool call is over, by this exception if any."""
    if step is None or has_ended(step):
        return
    name = type(error).__name__
    if isinstance(step, ToolCall):
        step.result = copy_whole(getattr(error, "result", result))
    if error is not None and name in _ASK_AGAIN:
        end_step(step)
        cause = error.__cause__
        step.status, step.error = "error", describe_error(error if cause is None else cause)
    elif error is not None and name in _ARE_NONE:
        end_step(step)
        step.status, step.ended_by = None, name
    else:
        end_step(step, error)


#: Runs that wait for somebody's answer, by their conversation.
waiting: Waiting[RunRecord] = Waiting()


@never_raises(lambda: None)
def _ship_all_waiting() -> None:
    for record in waiting.take_all():
        record.ship("INTERRUPTED")


# Registered after the client's own, which therefore comes later.
atexit.register(_ship_all_waiting)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=waiting.start_anew)
