"""The tool calls of a trace: which call a model asked for a span is, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from agents.tracing import Span

from caselog.blocks import read_json
from caselog.endings import ends_quietly
from caselog.iterations import copy_whole
from caselog.recorder import Iteration, ToolCall
from caselog.shapes import describe_error
from caselog.steps import end, move_call, settle_calls

from .places import Place, Trace


def note_handoff(holder: Place, data: Any) -> None:
    """The call that handed over is answered by the agent it went to."""
    if holder.agent and data.to_agent:
        holder.agent.output = {"handoff": data.to_agent}
    for call in _list_open(holder, lambda call: "result" not in call)[:1]:
        call.update(result={"assistant": data.to_agent}, status="ok")


def _list_open(holder: Place, fits: Callable[[Mapping[str, Any]], bool]) -> list[dict[str, Any]]:
    """Calls that the model asked for and that no tool has been run for."""
    made = {getattr(call, "id", None) for call in holder.iteration.tool_calls} if holder.iteration else set()
    return [call for call in holder.calls_of(holder.iteration) if call["id"] not in made and fits(call)]


def end_call(place: Place, call: ToolCall, span: Span[Any]) -> None:
    """The call is over, or waits for somebody's approval."""
    data, output = span.span_data, span.span_data.output
    if type(output).__name__ == "FunctionToolResult":  # earlier versions hand over what they keep themselves
        output = output.output
    if call.arguments is None and data.input is not None:
        call.arguments = read_json(data.input)
    call.result = copy_whole(output)
    if getattr(call, "id", None) is None:  # a span does not say which of the calls it is
        named = _list_open(place.holder, lambda asked: bool(asked["name"] == call.name))
        alike = [asked for asked in named if asked["arguments"] == call.arguments]
        for asked in (alike or named)[:1]:
            vars(call)["id"] = asked["id"]
    iteration = _take_pending(place.trace, call) or place.holder.iteration
    # Where no tool is called and nothing is answered, the call was put before somebody.
    if place.trace.is_hooked and not place.is_called and output is None and span.error is None:
        end(call)
        call.status, call.ended_by = None, "ApprovalRequired"
        place.trace.pending.append((iteration, call))
        place.trace.asks = True


def _take_pending(trace: Trace, call: ToolCall) -> Optional[Iteration]:
    """The iteration that asked for a call that has waited; the call stands there now in its own place."""
    for pair in trace.pending:
        iteration, before = pair
        known = getattr(before, "id", None)
        is_same = getattr(call, "id", None) in (None, known)
        if is_same and (before.name, before.arguments) == (call.name, call.arguments):
            vars(call)["id"] = known
            trace.pending.remove(pair)
            if iteration is not None:
                move_call(call, before, iteration)
            return iteration
    return None


def note_answers(trace: Trace, items: list[Any]) -> None:
    """Calls that were not approved: no span tells of them, but the model is told."""
    said = {item.get("call_id"): item for item in items if isinstance(item, Mapping) and "output" in item}
    for pair in list(trace.pending):
        iteration, call = pair
        item = said.get(getattr(call, "id", None))
        if item is not None:
            call.result, call.status, call.ended_by = copy_whole(item["output"]), "error", None
            trace.pending.remove(pair)
            if iteration is not None:
                settle_calls(iteration, ())


def unwrap_error(call: ToolCall, error: BaseException | None) -> BaseException | None:
    """The error, of which the call itself shows what its tool raised: the framework wraps it."""
    cause = getattr(error, "__cause__", None)
    if error is not None and isinstance(cause, Exception) and not ends_quietly(error):
        end(call)
        call.status, call.error = "error", describe_error(cause)
    return error
