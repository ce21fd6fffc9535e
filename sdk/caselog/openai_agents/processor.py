"""The tracing processor: what the Agents SDK tells of traces and spans, put where it belongs."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, Callable, Optional

from agents.tracing import Span, Trace, TracingProcessor, get_current_trace

from caselog.guard import never_raises
from caselog.iterations import copy_whole
from caselog.recorder import Iteration, Node, ToolCall
from caselog.steps import (
    begin_call,
    begin_iteration,
    begin_node,
    end,
    has_ended,
    note_answer,
    settle_calls,
)
from caselog.waiting import Waiting

from . import places
from .answers import Answer, read_figures, read_model
from .calls import end_call, note_handoff, unwrap_error
from .places import FROM_METADATA, Place, Places

#: Spans that say where others lie, and are no steps themselves.
_FRAMES = frozenset(("task", "turn", "handoff"))
_ANSWERS = frozenset(("generation", "response"))


class CaselogTracingProcessor(TracingProcessor):
    """Records each trace that it is told of; ``fields`` go into every log, as in `build_workflow_log`.

    The ticket's id is taken from ``fields``, the trace's metadata, its group id or its own id, whichever comes first.
    It sees what the spans say; `record_runs` adds what they do not.
    """

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        self.places = Places()
        self.waiting: Waiting[places.Trace] = Waiting()
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=self.start_anew)

    def start_anew(self) -> None:
        """Forget what is under way: in a forked child it is the parent's."""
        self.places.start_anew()
        self.waiting.start_anew()

    # ------------------------------------------------------------ traces

    @never_raises(lambda: None)
    def on_trace_start(self, trace: Trace) -> None:
        """A ticket begins, if the runs to come lie in no other; told twice, it began once."""
        if self.places.find_trace(trace.trace_id) is None:
            self._open_trace(trace.trace_id, trace)

    def _open_trace(self, trace_id: str, trace: Any) -> places.Trace:
        opened = self.waiting.take(trace_id)
        if opened is None:
            opened = places.Trace(trace_id, self._fields_of(trace_id, trace))
        opened.go_on()
        opened.handled = sys.exc_info()[1]
        left = self.places.open_trace(opened)
        if left:
            _close(left, None, "INTERRUPTED")
        return opened

    def _resume_trace(self, span: Span[Any]) -> places.Trace | None:
        """A run that is resumed goes on in a trace that has ended, of which no start and no end is told again.

        What is part of a span that is gone comes too late, and belongs to nothing.
        """
        if span.parent_id is not None:
            return None
        trace = self._open_trace(span.trace_id, get_current_trace())
        trace.ends_with = span.span_id
        return trace

    def _fields_of(self, trace_id: str, trace: Any) -> dict[str, Any]:
        metadata = getattr(trace, "metadata", None)
        metadata = metadata if isinstance(metadata, Mapping) else {}
        said = {name: metadata[name] for name in FROM_METADATA if metadata.get(name) is not None}
        return {"ticket_id": getattr(trace, "group_id", None) or trace_id, **said, **self.fields}

    @never_raises(lambda: None)
    def on_trace_end(self, trace: Trace) -> None:
        """The trace's ticket is over."""
        ended = self.places.end_trace(trace.trace_id)
        if ended:
            self._end_trace(ended, ended.find_error())

    def _end_trace(self, trace: places.Trace, error: BaseException | None) -> None:
        """The trace is over, unless it waits for somebody's approval."""
        if trace.asks and error is None and trace.own:
            _close_places(trace, error)
            trace.wait()
            self.waiting.put(trace)
        else:
            _close(trace, error)
        for other in self.waiting.take_overdue():
            _close(other, None, "INTERRUPTED")

    @never_raises(lambda: None)
    def shutdown(self, timeout: Optional[float] = None) -> None:  # noqa: ARG002 - the signature is theirs
        """The process ends: what is open is shipped as it is. Waiting for delivery is the client's part."""
        for trace in (*self.places.end_all(), *self.waiting.take_all()):
            _close(trace, None, "INTERRUPTED")

    def force_flush(self) -> None:
        """Nothing: whoever flushes traces waits for their exporter; for logs there is `caselog.flush`."""

    # ------------------------------------------------------------ spans

    @never_raises(lambda: None)
    def on_span_start(self, span: Span[Any]) -> None:
        """A step begins; told twice, it began once."""
        if self.places.find(span.span_id):
            return
        place = self._place_of(span, self.places.find(span.parent_id))
        if place:
            self.places.put(span.span_id, place)
            _guarded(place, lambda: _begin(place, span.span_data))

    def _place_of(self, span: Span[Any], parent: Place | None) -> Place | None:
        if parent is None:
            trace = self.places.find_trace(span.trace_id) or self._resume_trace(span)
            if trace is None:
                return None
            return Place(trace, None, trace.ticket_of(sys._getframe(1)), None)  # noqa: SLF001 - whose block this is
        if isinstance(parent.step, ToolCall) and span.span_data.type in ("task", "agent"):
            for above in parent.up():
                above.has_runs = True
        return Place(parent.trace, parent, parent.ticket, parent.agent)

    @never_raises(lambda: None)
    def on_span_end(self, span: Span[Any]) -> None:
        """A step is over."""
        place = self.places.find(span.span_id)
        if place is None or place.has_ended:
            return
        place.has_ended = True
        error = place.trace.find_error()
        _guarded(place, lambda: _end(place, span, error))
        _guarded(place, lambda: close_place(place, error))
        if place.trace.ends_with == span.span_id and self.places.end_trace(span.trace_id):
            self._end_trace(place.trace, error)


def _guarded(place: Place, record: Callable[[], None]) -> None:
    """What cannot be recorded of a span is missing, is said, and takes nothing else with it."""

    @never_raises(lambda: place.ticket.count("missed_events"))
    def record_span() -> None:
        record()

    record_span()


def close_place(place: Place, error: BaseException | None) -> None:
    """What began under it is over, and its calls are in order."""
    for step in (place.step, place.iteration):
        if step is not None:
            end(step, error, place.agent)
    for iteration, asked in place.asked:
        settle_calls(iteration, asked)
    place.asked.clear()


def _begin(place: Place, data: Any) -> None:
    if data.type == "agent":
        place.step = place.agent = begin_node(place.ticket, data.name, place.name)
    elif data.type in _ANSWERS:
        begin_answer(place.holder)
    elif data.type == "function":
        place.step = begin_call(place.ticket, place.holder.iteration, data.name)
    elif data.type not in _FRAMES:
        place.step = begin_node(place.ticket, getattr(data, "name", None) or data.type, place.name)


def begin_answer(holder: Place) -> Iteration:
    """The iteration under this span that waits for an answer, or one that begins."""
    if holder.iteration is None or has_ended(holder.iteration):
        holder.iteration = begin_iteration(holder.ticket, holder.name)
    return holder.iteration


def _end(place: Place, span: Span[Any], error: BaseException | None) -> None:
    data, step = span.span_data, place.step
    if data.type == "agent":
        _end_agent(place, span)
    elif data.type == "turn":
        _end_turn(place, data)
    elif data.type == "handoff":
        note_handoff(place.holder, data)
    elif data.type in _ANSWERS:
        step = begin_answer(place.holder)
        _end_answer(place.holder, step, data)
    elif isinstance(step, ToolCall):
        end_call(place, step, span)
        error = unwrap_error(step, error)
    elif isinstance(step, Node):
        _end_node(step, data)
    if step:
        end(step, error, place.agent)
        if step.status == "ok" and span.error is not place.answered:
            step.status, step.error = "error", _read_error(span)


def _end_agent(place: Place, span: Span[Any]) -> None:
    if place.is_of_root:
        error = None if span.error is place.answered else _read_error(span)
        place.trace.failed = None if error is None else {"node": place.name, **error}


def _end_answer(holder: Place, iteration: Iteration, data: Any) -> None:
    is_chat = data.type == "generation"
    output = data.output if is_chat else data.response
    fill_answer(holder, iteration, output, data.usage, read_model(data if is_chat else output))
    note_given(holder, iteration, data.input)


def fill_answer(holder: Place, iteration: Iteration, output: Any, usage: Any, model: str | None) -> None:
    """What the model answered; what was known before and is not told again stays."""
    answer = Answer(output)
    said = {"thought": answer.thought, "action": answer.action, "model": model, **read_figures(usage)}
    vars(iteration).update({name: value for name, value in said.items() if value is not None})
    if answer.calls and not holder.calls_of(iteration):
        holder.asked.append((iteration, answer.calls))
    if answer.served and not iteration.tool_calls:
        iteration.tool_calls.extend(answer.served)
    if answer.text and not answer.calls:
        note_output(holder, answer.text)


def note_output(place: Place, output: Any) -> None:
    """What the agent gave; where it is of the outermost run, the ticket's answer."""
    if place.agent:
        place.agent.output = copy_whole(output)
    if place.is_of_root:
        note_answer(place.ticket, output)


def note_given(holder: Place, iteration: Iteration, items: Any) -> None:
    """What the model was given, unless that is known."""
    if iteration.input is None and items:
        given = holder.trace.given_in(holder.ticket)
        iteration.input = items if isinstance(items, str) else given.take(holder.agent, list(items))


def _end_turn(turn: Place, data: Any) -> None:
    """Of a model without spans and hooks only the figures are known, and only where no other model's are among them."""
    figures = {} if turn.has_runs else read_figures(data.usage)
    if figures and (turn.iteration is None or turn.iteration.input_tokens is None):
        vars(turn.iteration or begin_answer(turn)).update(figures)


def _end_node(node: Node, data: Any) -> None:
    told = copy_whole(data.export())
    said = {name: part for name, part in told.items() if name not in ("type", "name") and part is not None}
    node.output = said.pop("output", None)
    node.input = said.pop("input", None)
    node.attributes = {"kind": data.type, **said}


def _read_error(span: Span[Any]) -> dict[str, Any] | None:
    """``type`` and ``message`` of a span's error, as far as it says them."""
    if span.error is None:
        return None
    data = span.error.get("data") or {}
    message, why = span.error.get("message"), data.get("error") or data.get("message")
    kind = _TYPES.get(message) or data.get("name")
    text = f"{message}: {why}" if message and why else why or message
    return {**({"type": kind} if kind else {}), "message": text}


#: Errors that a streamed run does not raise, but puts down.
_TYPES = {
    "Max turns exceeded": "MaxTurnsExceeded",
    "Guardrail tripwire triggered": "GuardrailTripwireTriggered",
}


def _close(trace: places.Trace, error: BaseException | None, status: str | None = None) -> None:
    _close_places(trace, error)
    trace.go_on()
    trace.close(error, status)


def _close_places(trace: places.Trace, error: BaseException | None) -> None:
    for place in reversed(list(trace.places.values())):
        _guarded(place, partial(close_place, place, error))
