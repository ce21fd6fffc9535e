"""Recording without a state to build from: a ticket is a ``with`` block, and so is each node and tool call in it.

    with caselog.ticket(ticket_id="T-1", category="refund") as ticket:
        with ticket.node("classify") as node:
            node.output = classify(text)
        with ticket.iteration(input=messages, thought="Look the order up.", cost_usd=0.004) as step:
            with ticket.tool_call("find_order", {"id": 7}) as call:
                call.result = find_order(7)
            step.observation = "It is paid."
        ticket.final_response = "Refunded."

The block's end builds one log and ships it. What raises inside is recorded and goes on unchanged. A call belongs to
the ticket whose block makes it (see `scopes`): across ``await``, in generators however they are read, and in `asyncio`
tasks; other threads are given the ticket itself. What is recorded is read when the ticket ends; then it takes nothing.
"""

# ruff: noqa: SLF001 - steps and tickets are one house, and a block belongs to the frame that `sys._getframe` names

from __future__ import annotations

import sys
import time
from types import FrameType, TracebackType
from typing import Any, Callable, TypeVar

from . import scopes
from .api import settle_frameworks, ship_log_async
from .build import build_workflow_log
from .clock import now_text
from .endings import ends_quietly, status_after
from .guard import let_pass, never_raises, swallow
from .shapes import describe_error, shape_error

#: How long the end of a ticket waits for what a framework has still to tell of it.
_SETTLE_S = 1.0
_P = TypeVar("_P")
_S = TypeVar("_S", bound="Step")


class Step:
    """Something that takes time: used as a ``with`` block it is measured, and an exception in it is recorded."""

    # What is no part of the record stands outside of `vars`.
    __slots__ = ("__dict__", "_began", "_run", "_scope", "_ticket")

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._run = ticket._run
        self._scope: scopes.Scope | None = None
        self._began = 0.0
        self.started_at: str | None = None
        self.duration_ms: float | None = None
        self.status: str | None = None
        self.error: Any = None
        #: How it ended where that is no error.
        self.ended_by: str | None = None

    def __enter__(self: _S) -> _S:  # noqa: PYI019 - Self is of Python 3.11
        begin_step(self, sys._getframe(1))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_step(self, error)

    def as_record(self) -> dict[str, Any]:
        """What is known of the step, under the names of `caselog.model.TRACE_PARTS`."""
        return {name: value for name, value in vars(self).items() if value is not None}


# No methods: a part of an iteration may have any name, and would hide them.
def begin_step(step: Step, frame: FrameType) -> None:
    """Measure the step from now on, as a block of this frame."""
    try:
        step.started_at, step._began = now_text(), time.perf_counter()
        if step._scope is not None:
            _leave(step)
        if isinstance(step, Node):
            step.parent = step.parent or step._ticket.name_node_of(frame)
        step._scope = scopes.enter(step, frame)
    except BaseException as mistake:  # noqa: BLE001 - of our own
        let_pass(mistake)
        swallow("begin_step", mistake)


def end_step(step: Step, error: BaseException | None = None) -> None:
    """The step is over, by this exception if any."""
    try:
        step.duration_ms = round((time.perf_counter() - step._began) * 1000, 3)
        _leave(step)
        _note_end(step, error)
    except BaseException as mistake:  # noqa: BLE001 - of our own
        let_pass(mistake)
        swallow("end_step", mistake)


def _note_end(step: Step, error: BaseException | None) -> None:
    if error is None:
        step.status = "ok"
    elif ends_quietly(error):
        step.ended_by = type(error).__name__
    else:
        step.status, step.error = "error", describe_error(error)
        step._ticket.add_error(error, step)


def _leave(block: Step | Ticket) -> None:
    if block._scope is not None:
        scopes.leave(block._scope)
        block._scope = None


class Node(Step):
    """One node of the workflow; set ``input``, ``output`` and ``attributes`` as you like.

    A node that begins inside of another one has that one as its ``parent``.
    """

    def __init__(self, ticket: Ticket, name: str, input: Any = None) -> None:  # noqa: A002 - the model's name
        super().__init__(ticket)
        self.name = name
        self.parent: str | None = None
        self.input = input
        self.output: Any = None
        self.attributes: dict[str, Any] | None = None


class ToolCall(Step):
    """One call of a tool; set ``result`` inside the block."""

    def __init__(self, ticket: Ticket, name: str, arguments: Any, result: Any) -> None:
        super().__init__(ticket)
        self.name = name
        self.arguments = arguments
        self.result = result


class Iteration(Step):
    """One round of thought, action and observation; tool calls made inside its block belong to it."""

    def __init__(self, ticket: Ticket, number: int, /, **parts: Any) -> None:
        super().__init__(ticket)
        self.iteration = number
        self.node = ticket.name_current_node()
        self.input: Any = None
        self.thought: Any = None
        self.action: Any = None
        self.observation: Any = None
        #: Tool calls made in the block, after those that were given: mappings, as in the model.
        self.tool_calls: list[Any] = []
        self.model: str | None = None
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.cost_usd: float | None = None
        vars(self).update(parts)
        if isinstance(self.tool_calls, (list, tuple)):
            self.tool_calls = list(self.tool_calls)

    def as_record(self) -> dict[str, Any]:
        record = super().as_record()
        if self.status == "ok":
            del record["status"]
        if isinstance(self.tool_calls, list):
            calls = [call.as_record() if isinstance(call, Step) else call for call in self.tool_calls]
            record["tool_calls"] = calls
            if not calls:
                del record["tool_calls"]
        return record


class Ticket:
    """The run of a workflow on one ticket; made by `ticket`."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.status: str | None = None
        self.final_response: Any = None
        #: Which use of the ticket is open; None before and after.
        self._run: object = None
        self._began = 0.0
        self._started_at: str | None = None
        self._scope: scopes.Scope | None = None
        self._forget()

    def _forget(self) -> None:
        #: What the SDK has to say of its own work: unclear calls, events of a framework that it could not record.
        self._own: dict[str, int] = {}
        #: The final response, where an adapter has noted it.
        self._noted: Any = None
        #: What adapters have still to record when it ends.
        self._left: list[Callable[[], None]] = []
        self._nodes: list[Node] = []
        self._iterations: list[Iteration] = []
        self._tool_calls: list[ToolCall] = []
        self._errors: list[Any] = []
        self._seen: list[BaseException] = []
        self._messages: list[Any] = []

    def set(self, /, **fields: Any) -> None:
        """Fields of the log, metrics among them: ``ticket.set(category="refund", overall_confidence=0.9)``."""
        self.fields.update(fields)

    def node(self, name: str, input: Any = None) -> Node:  # noqa: A002 - the model's name
        """A node, to be entered with ``with``."""
        return self._kept(self._nodes, Node(self, name, input))

    def iteration(self, /, **parts: Any) -> Iteration:
        """An iteration of ``input``, ``thought``, ``action``, ``model``, ...: as it is, or measured as a block."""
        return self._kept(self._iterations, Iteration(self, len(self._iterations) + 1, **parts))

    def tool_call(self, name: str, arguments: Any = None, result: Any = None) -> ToolCall:
        """A tool call: complete as it is, or measured as a ``with`` block; part of the current iteration, if any."""
        iteration = self._find(Iteration, sys._getframe(1))
        given = iteration.tool_calls if iteration is not None else None
        calls: list[Any] = given if isinstance(given, list) else self._tool_calls
        return self._kept(calls, ToolCall(self, name, arguments, result))

    def message(self, role: str, content: Any) -> None:
        """A message of the conversation."""
        self._kept(self._messages, {"role": role, "content": content})

    @never_raises(lambda: None)
    def add_error(self, error: Any, step: Step | None = None) -> None:
        """An exception or a text; an exception that passes through several blocks counts once."""
        if self._run is None or any(error is seen for seen in self._seen):
            return
        if isinstance(error, BaseException):
            self._seen.append(error)
        record = shape_error(error)
        node = step.name if isinstance(step, Node) else self.name_current_node()
        self._errors.append({"node": node, **record} if node and isinstance(record, dict) else record)

    def name_current_node(self) -> str | None:
        """The node of this ticket that the code runs in; that of another ticket around it is none."""
        return self.name_node_of(sys._getframe(1))

    def name_node_of(self, frame: FrameType) -> str | None:
        """The node of this ticket that the code in this frame runs in."""
        node = self._find(Node, frame)
        return node.name if node is not None else None

    def count(self, name: str) -> None:
        """One more of what the log says under ``sdk``: calls and events that were not taken."""
        self._own[name] = self._own.get(name, 0) + 1

    def _find(self, kind: type[_S], frame: FrameType) -> _S | None:
        """The innermost step of this kind, of this ticket, that the code in this frame runs in."""
        if self._run is None:
            return None

        def select(block: Any) -> Any:
            if block is self or (
                isinstance(block, kind) and block._ticket is self and block._run is self._run
            ):
                return block
            return None

        found = scopes.find(select, frame)
        return found if isinstance(found, kind) else None

    def _kept(self, parts: list[Any], part: _P) -> _P:
        if self._run is not None:
            parts.append(part)
        return part

    def __enter__(self) -> Ticket:  # noqa: PYI034 - Self is of Python 3.11
        self._begin(sys._getframe(1))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(error)

    @never_raises(lambda: None)
    def _begin(self, frame: FrameType) -> None:
        self._forget()  # a ticket that is used twice is two tickets
        _leave(self)
        self._started_at, self._began = now_text(), time.perf_counter()
        self._run, self._scope = object(), scopes.enter(self, frame)

    @never_raises(lambda: None)
    def _end(self, error: BaseException | None) -> None:
        if self._run is None:
            return
        settle_frameworks(_SETTLE_S)
        for record in self._left:
            record()
        if error is not None and not ends_quietly(error):
            self.add_error(error)
        _leave(self)
        self._run = None
        log = build_workflow_log(self._as_state(status_after(error)), **self.fields)
        if self._own:
            log["sdk"] = dict(self._own)
        ship_log_async(log)
        self._forget()  # no cycle is left for the garbage collector, which would stop the workflow for it

    def _as_state(self, otherwise: str) -> dict[str, Any]:
        return {
            "executed_at": self._started_at,
            "execution_time_seconds": round(time.perf_counter() - self._began, 6),
            "status": self.status or otherwise,
            "nodes": [_record_of(node) for node in self._nodes],
            "react_iterations": [_record_of(iteration) for iteration in self._iterations],
            "tool_calls": [_record_of(call) for call in self._tool_calls],
            "errors": self._errors,
            "messages": self._messages or None,
            "final_response": self.final_response,
        }


def ticket(**fields: Any) -> Ticket:
    """A ticket to be entered with ``with``; ``fields`` are those of `build_workflow_log`, ``ticket_id`` above all."""
    return Ticket(fields)


@never_raises(lambda: None)
def current_ticket() -> Ticket | None:
    """The ticket whose block this code runs in."""
    return find_ticket(sys._getframe(1))


def find_ticket(frame: FrameType) -> Ticket | None:
    """The open ticket whose block, or the block of one of whose steps, the code in this frame runs in."""
    found: Ticket | None = scopes.find(_open_ticket_of, frame)
    return found


def count_unclear_call() -> None:
    """Tell the tickets that this call may be theirs, where nobody can say."""
    for block in scopes.list_unclear():
        ticket = _open_ticket_of(block)
        if ticket:
            ticket.count("unclear_calls")


def _open_ticket_of(block: Any) -> Ticket | None:
    """The ticket that a block is of; None once that has ended."""
    ticket = block._ticket if isinstance(block, Step) else block
    if not isinstance(ticket, Ticket) or ticket._run is None or block._run is not ticket._run:
        return None
    return ticket


@never_raises(lambda: {"error": "[this step could not be read]"})
def _record_of(step: Step) -> dict[str, Any]:
    return step.as_record()
