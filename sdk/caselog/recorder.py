"""Recording without a state to build from: a ticket is a ``with`` block, and so is each node and tool call in it.

    with caselog.ticket(ticket_id="T-1", category="refund") as ticket:
        with ticket.node("classify") as node:
            node.output = classify(text)
        with ticket.iteration(input=messages, thought="Look the order up.", cost_usd=0.004) as step:
            with ticket.tool_call("find_order", {"id": 7}) as call:
                call.result = find_order(7)
            step.observation = "It is paid."
        ticket.final_response = "Refunded."

The block's end builds one log and ships it. What raises inside is recorded and goes on unchanged. The current ticket
follows the code across ``await`` and into `asyncio` tasks; other threads are given the ticket itself. What is
recorded is read when the ticket ends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Optional, TypeVar

from .api import ship_log_async
from .build import build_workflow_log
from .clock import now_text
from .endings import ends_quietly
from .guard import never_raises
from .shapes import describe_error, shape_error

_S = TypeVar("_S", bound="Step")

_current_ticket: ContextVar[Optional[Ticket]]
_current_node: ContextVar[Optional[Node]] = ContextVar("caselog_node", default=None)
_current_iteration: ContextVar[Optional[Iteration]] = ContextVar("caselog_iteration", default=None)


class Step:
    """Something that takes time: used as a ``with`` block it is measured, and an exception in it is recorded."""

    _current: ContextVar[Any] | None = None
    # What is no part of the record stands outside of `vars`.
    __slots__ = ("__dict__", "_began", "_ticket", "_token")

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._token: Token[Any] | None = None
        self._began = 0.0
        self.started_at: str | None = None
        self.duration_ms: float | None = None
        self.status: str | None = None
        self.error: Any = None

    def __enter__(self: _S) -> _S:  # noqa: PYI019 - Self is of Python 3.11
        self._begin()
        return self

    @never_raises(lambda: None)
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.duration_ms = round((time.perf_counter() - self._began) * 1000, 3)
        _leave(self._current, self, self._token)
        if error is None:
            self.status = "ok"
        elif ends_quietly(error):
            self.ended_by: str | None = type(error).__name__
        else:
            self.status, self.error = "error", describe_error(error)
            self._ticket.add_error(error, self)

    def belongs_to(self, ticket: Ticket) -> bool:
        """Whether the step is one of this ticket's."""
        return self._ticket is ticket

    def as_record(self) -> dict[str, Any]:
        """What is known of the step, under the names of `caselog.model.TRACE_PARTS`."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @never_raises(lambda: None)
    def _begin(self) -> None:
        self.started_at, self._began = now_text(), time.perf_counter()
        if self._current is not None:
            self._token = self._current.set(self)


class Node(Step):
    """One node of the workflow; set ``input``, ``output`` and ``attributes`` as you like.

    A node that begins inside of another one has that one as its ``parent``.
    """

    _current = _current_node

    def __init__(self, ticket: Ticket, name: str, input: Any = None) -> None:  # noqa: A002 - the model's name
        super().__init__(ticket)
        self.name = name
        self.parent: str | None = None
        self.input = input
        self.output: Any = None
        self.attributes: dict[str, Any] | None = None

    @never_raises(lambda: None)
    def _begin(self) -> None:
        self.parent = self.parent or self._ticket.name_current_node()
        super()._begin()


class ToolCall(Step):
    """One call of a tool; set ``result`` inside the block."""

    def __init__(self, ticket: Ticket, name: str, arguments: Any, result: Any) -> None:
        super().__init__(ticket)
        self.name = name
        self.arguments = arguments
        self.result = result


class Iteration(Step):
    """One round of thought, action and observation; tool calls made inside its block belong to it."""

    _current = _current_iteration

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
            record["tool_calls"] = calls or None
        return record


class Ticket:
    """The run of a workflow on one ticket; made by `ticket`."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.status: str | None = None
        self.final_response: Any = None
        self._began = 0.0
        self._started_at: str | None = None
        self._token: Token[Any] | None = None
        self._forget()

    def _forget(self) -> None:
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
        return _kept(self._nodes, Node(self, name, input))

    def iteration(self, /, **parts: Any) -> Iteration:
        """An iteration of ``input``, ``thought``, ``action``, ``model``, ...: as it is, or measured as a block."""
        return _kept(self._iterations, Iteration(self, len(self._iterations) + 1, **parts))

    def tool_call(self, name: str, arguments: Any = None, result: Any = None) -> ToolCall:
        """A tool call: complete as it is, or measured as a ``with`` block; part of the current iteration, if any."""
        iteration = _current_iteration.get()
        mine = iteration is not None and iteration in self._iterations
        given = iteration.tool_calls if iteration is not None and mine else None
        calls: list[Any] = given if isinstance(given, list) else self._tool_calls
        call = ToolCall(self, name, arguments, result)
        calls.append(call)
        return call

    def message(self, role: str, content: Any) -> None:
        """A message of the conversation."""
        self._messages.append({"role": role, "content": content})

    @never_raises(lambda: None)
    def add_error(self, error: Any, step: Step | None = None) -> None:
        """An exception or a text; an exception that passes through several blocks counts once."""
        if any(error is seen for seen in self._seen):
            return
        if isinstance(error, BaseException):
            self._seen.append(error)
        record = shape_error(error)
        node = step.name if isinstance(step, Node) else self.name_current_node()
        self._errors.append({"node": node, **record} if node and isinstance(record, dict) else record)

    def name_current_node(self) -> str | None:
        """The node of this ticket that the code runs in; that of another ticket around it is none."""
        node = _current_node.get()
        return node.name if node is not None and node.belongs_to(self) else None

    def __enter__(self) -> Ticket:  # noqa: PYI034 - Self is of Python 3.11
        self._forget()  # a ticket that is used twice is two tickets
        self._started_at, self._began = now_text(), time.perf_counter()
        self._token = _current_ticket.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(error)

    @never_raises(lambda: None)
    def _end(self, error: BaseException | None) -> None:
        _leave(_current_ticket, self, self._token)
        if error is not None and not ends_quietly(error):
            self.add_error(error)
        ship_log_async(build_workflow_log(self._as_state(_status_after(error)), **self.fields))
        self._forget()  # no cycle is left for the garbage collector, which would stop the workflow for it

    def _as_state(self, otherwise: str) -> dict[str, Any]:
        return {
            "executed_at": self._started_at,
            "execution_time_seconds": round(time.perf_counter() - self._began, 6),
            "status": self.status or otherwise,
            "nodes": _records_of(self._nodes),
            "react_iterations": _records_of(self._iterations),
            "tool_calls": _records_of(self._tool_calls),
            "errors": self._errors,
            "messages": self._messages or None,
            "final_response": self.final_response,
        }


_current_ticket = ContextVar("caselog_ticket", default=None)


def ticket(**fields: Any) -> Ticket:
    """A ticket to be entered with ``with``; ``fields`` are those of `build_workflow_log`, ``ticket_id`` above all."""
    return Ticket(fields)


def current_ticket() -> Ticket | None:
    """The ticket whose block this code runs in."""
    return _current_ticket.get()


def _records_of(steps: Sequence[Step]) -> list[Any]:
    return [_record_of(step) for step in steps]


@never_raises(lambda: {"error": "[this step could not be read]"})
def _record_of(step: Step) -> dict[str, Any]:
    return step.as_record()


def _kept(steps: list[_S], step: _S) -> _S:
    steps.append(step)
    return step


def _status_after(error: BaseException | None) -> str:
    if error is None or isinstance(error, SystemExit):
        return "SUCCESS" if error is None or ends_quietly(error) else "FAILED"
    return "CANCELLED" if ends_quietly(error) else "FAILED"


def _leave(variable: ContextVar[Any] | None, step: object, token: Token[Any] | None) -> None:
    if variable is None or token is None:
        return
    try:
        variable.reset(token)
    except ValueError:  # ended in another context than it began in: a framework's generator, say
        if variable.get() is step:
            variable.set(None)
