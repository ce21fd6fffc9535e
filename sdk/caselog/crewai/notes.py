"""What CrewAI's events say, read at once: its objects go on changing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, Optional

from caselog.blocks import read_json
from caselog.iterations import copy_whole, describe_calls
from caselog.shapes import shape_tool_call

BEGINS, ENDS, LOG = "begins", "ends", "log"
NODE, MODEL, CALL, OTHER = "node", "model", "call", "other"
_TOKENS = {
    "input_tokens": ("prompt_tokens", "input_tokens", "prompt_token_count"),
    "output_tokens": ("completion_tokens", "output_tokens", "candidates_token_count"),
}


@dataclass
class Note:
    """One event: when and where it was, what it tells of, and whether it is a beginning, an end or neither."""

    event_id: str
    parent_id: Optional[str]
    started_id: Optional[str]
    at: datetime
    order: int
    when: str
    of: str
    #: The step's parts, under their names in a log.
    parts: dict[str, Any]
    error: Any = None
    #: What the run answers, where this is its end.
    answer: Any = None
    status: Optional[str] = None

    #: Whether it is of what can be called from outside.
    is_of_run: bool = False


def take_note(source: Any, event: Any) -> Note:
    """What an event says."""
    when, of, read = EVENTS.get(event.type, (BEGINS, OTHER, _say_nothing))
    if event.type.startswith("flow_") and type(source).__name__ == "AgentExecutor":
        of, read = OTHER, _fail if event.type == "flow_failed" else _say_nothing  # how an agent works inside
    return _note(event, when, of, read(event))


def _note(event: Any, when: str, of: str, told: dict[str, Any]) -> Note:
    beside = {name: told.pop(name) for name in ("error", "answer", "status") if name in told}
    parts = {name: copy_whole(value) for name, value in told.items() if value is not None}
    place = (event.event_id, event.parent_event_id, event.started_event_id)
    note = Note(*place, event.timestamp, event.emission_sequence or 0, when, of, parts, **beside)
    note.is_of_run = of == NODE and event.type.startswith(("crew_kickoff_", "flow_", "lite_agent_"))
    return note


def _describe_task(event: Any) -> dict[str, Any]:
    task = event.task
    given = {name: getattr(task, name, None) for name in ("description", "expected_output")}
    given["context"] = event.context
    return {"name": event.task_name or "task", "input": {k: v for k, v in given.items() if v}}


def read_output(output: Any) -> Any:
    """What a task or a crew answered: its data, where it was asked for data, or its words."""
    for name in ("json_dict", "pydantic", "raw"):
        told = getattr(output, name, None)
        if told is not None:
            return copy_whole(told)
    return copy_whole(output)


def _end_task(event: Any) -> dict[str, Any]:
    return {"output": read_output(event.output)}


def _fail_task(event: Any) -> dict[str, Any]:
    kind = event.error_type
    return {"error": {"type": kind.__name__, "message": event.error} if kind else {"message": event.error}}


def _begin_crew(event: Any) -> dict[str, Any]:
    return {"name": event.crew_name or "crew", "input": event.inputs}


def _end_crew(event: Any) -> dict[str, Any]:
    answer = read_output(event.output)
    return {"output": answer, "answer": answer}


def _end_guardrail(event: Any) -> dict[str, Any]:
    return {"output": {"success": event.success, "result": event.result, "error": event.error}}


def _begin_agent(event: Any) -> dict[str, Any]:
    return {"name": event.agent.role, "input": event.task_prompt}


def _begin_lite_agent(event: Any) -> dict[str, Any]:
    return {"name": event.agent_info.get("role") or "agent", "input": event.messages}


def _begin_model(event: Any) -> dict[str, Any]:
    return {"model": event.model, "input": event.messages}


def _end_model(event: Any) -> dict[str, Any]:
    response = copy_whole(event.response)
    calls = _read_calls(response)
    said = {"asked": calls, "action": describe_calls(calls)} if calls else {"thought": _as_words(response)}
    return {**said, "model": event.model, **_read_tokens(getattr(event, "usage", None))}


def _read_calls(response: Any) -> list[dict[str, Any]]:
    """The tool calls that a model asked for: CrewAI hands them over as its provider wrote them."""
    items = response if isinstance(response, list) else []
    shaped = [shape_tool_call(item) for item in items if isinstance(item, dict)]
    named = [call for call in shaped if isinstance(call, dict) and call.get("name")]
    return [{"id": None, **call, "arguments": read_json(call.get("arguments"))} for call in named]


def _as_words(response: Any) -> Any:
    if not isinstance(response, Mapping):
        return response
    return response.get("content") or response


def _read_tokens(usage: Any) -> dict[str, int]:
    fields = usage if isinstance(usage, Mapping) else {}
    counts = {name: next((fields[a] for a in given if a in fields), None) for name, given in _TOKENS.items()}
    return {name: count for name, count in counts.items() if type(count) is int}


def _read_step(event: Any) -> dict[str, Any]:
    """What an agent made of its model's answer: a thought and an action, or its last answer."""
    answer = event.formatted_answer
    tool = getattr(answer, "tool", None)
    thought = str(getattr(answer, "thought", None) or "").strip()
    thought = thought.partition("Thought:")[2].strip() if thought.startswith("Thought:") else thought
    if tool is None:
        output = getattr(answer, "output", None)
        return {"thought": thought or (output if isinstance(output, str) else copy_whole(output))}
    call = {"name": tool, "arguments": read_json(getattr(answer, "tool_input", None))}
    return {"thought": thought, "action": describe_calls([call]), "result": getattr(answer, "result", None)}


def _begin_call(event: Any) -> dict[str, Any]:
    return {"name": event.tool_name, "arguments": read_json(event.tool_args)}


def _end_call(event: Any) -> dict[str, Any]:
    failure = getattr(event, "failure", None)
    told: dict[str, Any] = {"result": event.output, "arguments": read_json(event.tool_args)}
    if getattr(event, "from_cache", False):
        told["cached"] = True
    if failure is not None:
        told["error"] = {"type": failure.code or failure.reason.value, "message": failure.message}
    return told


def _fail_call(event: Any) -> dict[str, Any]:
    return {"arguments": read_json(event.tool_args), "error": event.error}


def _refuse_call(event: Any) -> dict[str, Any]:
    return {**_begin_call(event), "error": event.error}


def _begin(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda _: {"name": name}


def _parts(**given: str) -> Callable[[Any], dict[str, Any]]:
    """From the names of a log to the names of the event."""
    return lambda event: {part: getattr(event, of, None) for part, of in given.items()}


def _fail(event: Any) -> dict[str, Any]:
    return {"error": event.error}


def _say_nothing(_: Any) -> dict[str, Any]:
    return {}


def _pause(_: Any) -> dict[str, Any]:
    return {"status": "INTERRUPTED"}


def _end_search(event: Any) -> dict[str, Any]:
    return {"arguments": {"query": event.query}, "result": event.retrieved_knowledge}


def _search(name: str, query: str) -> Callable[[Any], dict[str, Any]]:
    return lambda event: {"name": name, "arguments": {"query": getattr(event, query, None)}}


#: CrewAI's events by their type: a beginning, an end or neither, of what, and what they say.
EVENTS: dict[str, tuple[str, str, Callable[[Any], dict[str, Any]]]] = {
    "crew_kickoff_started": (BEGINS, NODE, _begin_crew),
    "crew_kickoff_completed": (ENDS, NODE, _end_crew),
    "crew_kickoff_failed": (ENDS, NODE, _fail),
    "flow_started": (BEGINS, NODE, _parts(name="flow_name", input="inputs")),
    "flow_finished": (ENDS, NODE, _parts(output="result", answer="result")),
    "flow_failed": (ENDS, NODE, _fail),
    "flow_paused": (ENDS, NODE, _pause),
    "method_execution_started": (BEGINS, NODE, _parts(name="method_name", input="params")),
    "method_execution_finished": (ENDS, NODE, _parts(output="result")),
    "method_execution_failed": (ENDS, NODE, _fail),
    "method_execution_paused": (ENDS, NODE, _pause),
    "task_started": (BEGINS, NODE, _describe_task),
    "task_completed": (ENDS, NODE, _end_task),
    "task_failed": (ENDS, NODE, _fail_task),
    "agent_execution_started": (BEGINS, NODE, _begin_agent),
    "agent_execution_completed": (ENDS, NODE, _parts(output="output")),
    "agent_execution_error": (ENDS, NODE, _fail),
    "lite_agent_execution_started": (BEGINS, NODE, _begin_lite_agent),
    "lite_agent_execution_completed": (ENDS, NODE, _parts(output="output", answer="output")),
    "lite_agent_execution_error": (ENDS, NODE, _fail),
    "agent_reasoning_started": (BEGINS, NODE, _begin("reasoning")),
    "agent_reasoning_completed": (ENDS, NODE, _parts(output="plan")),
    "agent_reasoning_failed": (ENDS, NODE, _fail),
    "llm_guardrail_started": (BEGINS, NODE, _begin("guardrail")),
    "llm_guardrail_completed": (ENDS, NODE, _end_guardrail),
    "llm_call_started": (BEGINS, MODEL, _begin_model),
    "llm_call_completed": (ENDS, MODEL, _end_model),
    "llm_call_failed": (ENDS, MODEL, _fail),
    "agent_logs_execution": (LOG, MODEL, _read_step),
    "tool_usage_started": (BEGINS, CALL, _begin_call),
    "tool_usage_finished": (ENDS, CALL, _end_call),
    "tool_usage_error": (ENDS, CALL, _fail_call),
    "tool_selection_error": (LOG, CALL, _refuse_call),
    "tool_validate_input_error": (LOG, CALL, _refuse_call),
    "knowledge_search_query_started": (BEGINS, CALL, _begin("knowledge")),
    "knowledge_search_query_completed": (ENDS, CALL, _end_search),
    "knowledge_search_query_failed": (ENDS, CALL, _fail),
    "memory_query_started": (BEGINS, CALL, _search("memory", "query")),
    "memory_query_completed": (ENDS, CALL, _parts(result="results")),
    "memory_query_failed": (ENDS, CALL, _fail),
}  # fmt: skip
