"""What stands in the log of what begins and ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caselog import steps
from caselog.iterations import copy_whole, describe_calls
from caselog.recorder import Iteration, Node, ToolCall
from caselog.shapes import describe_error

from . import objects
from .objects import AGENT, CALL, ENGINE, MODEL, RETRIEVER, STEP, TOOL, WORKFLOW
from .spans import Run, Span

_NODES = frozenset((WORKFLOW, STEP, AGENT, ENGINE))


def begin(span: Span, run: Run, span_id: str, arguments: Mapping[str, Any]) -> None:
    """Record that something begins."""
    if span.kind in _NODES:
        parent = span.node.name if span.node else None
        span.step = span.node = steps.begin_node(run.ticket, _name_node(span, span_id, arguments), parent)
        span.node.input = copy_whole(_read_input(span.kind, arguments))
    elif span.kind == MODEL:
        span.step = _begin_iteration(span, run, arguments)
    elif span.kind == CALL:
        _begin_call(span, run, objects.find_event(arguments))
    elif span.kind == TOOL and not (span.parent and span.parent.kind == CALL):
        given = copy_whole(objects.read_arguments(arguments))
        span.step = steps.begin_call(run.ticket, None, span.instance.metadata.get_name(), given)
    elif span.kind == RETRIEVER:
        given = {"query": copy_whole(objects.read_given(arguments))}
        span.step = steps.begin_call(run.ticket, None, type(span.instance).__name__, given)


def _name_node(span: Span, span_id: str, arguments: Mapping[str, Any]) -> str:
    if span.kind == AGENT:
        return str(getattr(objects.find_event(arguments), "current_agent_name", "agent"))
    return objects.read_name(span_id)[1] if span.kind == STEP else type(span.instance).__name__


def _read_input(kind: str, arguments: Mapping[str, Any]) -> Any:
    if kind == AGENT:
        return None  # what its model is given stands in the iteration
    if kind == ENGINE:
        return objects.read_given(arguments)
    return objects.read_event(arguments.get("start_event") or objects.find_event(arguments))


def _begin_iteration(span: Span, run: Run, arguments: Mapping[str, Any]) -> Iteration:
    iteration = steps.begin_iteration(run.ticket, span.node.name if span.node else None)
    given = objects.read_given(arguments)
    iteration.input = (
        run.given.take(iteration.node, given) if isinstance(given, (list, tuple)) else copy_whole(given)
    )
    iteration.model = objects.read_model(span.instance)
    agent = span.find_around(AGENT)
    if agent:
        agent.iteration = iteration
    return iteration


def _begin_call(span: Span, run: Run, event: Any) -> None:
    iteration, span.node = run.asked_by.get(event.tool_id, (None, span.node))
    call = steps.begin_call(run.ticket, iteration, event.tool_name, copy_whole(event.tool_kwargs))
    vars(call)["id"] = event.tool_id
    span.step = call


def end_well(span: Span, run: Run, span_id: str, result: Any) -> None:
    """Record that something ended, and what it gave."""
    step = span.step
    if isinstance(step, Iteration):
        _end_iteration(span, run, step, span_id, result)
        return
    if isinstance(step, Node):
        if span.kind == AGENT:
            _take_output(span, run, result)
        step.output = copy_whole(objects.read_output(result))
    elif isinstance(step, ToolCall):
        _end_call(span, step, result)
    span.end()


def _end_iteration(span: Span, run: Run, iteration: Iteration, span_id: str, result: Any) -> None:
    if objects.is_answer(result):
        _take_answer(run, iteration, span.node, result)
    elif span.tells_its_end:
        run.streams.add(span_id)
        return
    elif span.find_around(AGENT):
        return  # the agent reads the stream, and tells what was said
    span.end()


def end_stream(span: Span, run: Run, response: Any, error: BaseException | None) -> None:
    """Record that a model's stream has ended, and what it said."""
    if response is not None and isinstance(span.step, Iteration):
        _take_answer(run, span.step, span.node, response)
    span.end(error)


def _take_answer(run: Run, iteration: Iteration, node: Node | None, response: Any) -> None:
    answer = objects.read_answer(response)
    calls = answer.pop("calls")
    if calls:
        run.expect_calls(iteration, node, calls)
    vars(iteration).update(answer)
    run.last_said = objects.read_output(response)


def _take_output(agent: Span, run: Run, output: Any) -> None:
    """What an agent made of its model's answer: the whole of a stream, and the tool calls that it read from it."""
    iteration = agent.iteration
    if iteration is None or output is None:
        return
    if not steps.has_ended(iteration):
        _take_answer(run, iteration, agent.node, objects.as_response(output))
        steps.end(iteration)
    calls = objects.read_selections(getattr(output, "tool_calls", None))
    if calls:
        run.expect_calls(iteration, agent.node, calls)
        iteration.action = describe_calls(calls)


def _end_call(span: Span, call: ToolCall, result: Any) -> None:
    output = getattr(result, "tool_output", result)
    call.result = objects.read_passages(output) if span.kind == RETRIEVER else objects.read_result(output)
    span.end()
    if getattr(output, "is_error", False):
        call.status, call.error = "error", call.error or {"message": call.result}
        call.result = None


def note_failure(span: Span, run: Run, error: BaseException) -> None:
    """A tool failed; its agent will tell its model so."""
    if span.step is not None:
        span.step.error = describe_error(error)
        run.ticket.add_error(error, span.node)
