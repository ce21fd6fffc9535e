"""What a LangChain run leaves behind, and the log it becomes. Knows LangChain's objects by what they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .build import build_workflow_log
from .shapes import shape_error

#: What a run's metadata may say of its ticket.
_FROM_METADATA = ("ticket_id", "category", "environment", "workflow_version")
_FROM_INPUTS = ("ticket_id", "category")


@dataclass
class Recording:
    """What is known of one ticket, over one or more root runs."""

    started_at: str
    thread_id: Any
    metadata: Mapping[str, Any]
    inputs: Any
    nodes: list[dict[str, Any]] = field(default_factory=list)
    iterations: list[dict[str, Any]] = field(default_factory=list)
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    #: Exceptions among the errors: one that passes through several runs counts once.
    seen: list[BaseException] = field(default_factory=list)
    #: Iterations by the ids of the tool calls they asked for.
    asked_by: dict[str, dict[str, Any]] = field(default_factory=dict)
    active_s: float = 0.0
    is_interrupted: bool = False

    def add_error(self, error: BaseException, node: str | None) -> None:
        """An exception that ended a run."""
        if any(error is seen for seen in self.seen):
            return
        self.seen.append(error)
        record = shape_error(error)
        self.errors.append({"node": node, **record} if node else record)

    def give_to_iteration(self, record: dict[str, Any], call_id: str | None) -> None:
        """Move a tool call into the iteration that asked for it, whose observation its result is."""
        call_id = call_id or record.get("id")
        iteration = self.asked_by.get(call_id) if call_id else None
        if iteration is None:
            return
        record["id"] = call_id
        self.tool_calls[:] = [call for call in self.tool_calls if call is not record]
        iteration.setdefault("tool_calls", []).append(record)
        results = [call["result"] for call in iteration["tool_calls"] if "result" in call]
        if results:
            iteration["observation"] = results[0] if len(results) == 1 else results


def build_log(recording: Recording, outputs: Any, status: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The log of a run that ended with ``outputs``.

    Of the ticket's fields the handler's own ``fields`` count most, then the run's metadata, its state, its inputs.
    """
    state = outputs if isinstance(outputs, Mapping) or hasattr(outputs, "__dict__") else {}
    ended = build_workflow_log(state)
    begun = build_workflow_log(recording.inputs)
    said = {
        "ticket_id": None if recording.thread_id is None else str(recording.thread_id),
        **{name: begun[name] for name in _FROM_INPUTS if name in begun},
        **{name: ended[name] for name in _FROM_METADATA if name in ended},
        **{name: value for name, value in recording.metadata.items() if name in _FROM_METADATA},
    }
    return build_workflow_log(state, **{**_describe(recording, ended, status), **said, **fields})


def read_answer(message: Any, text: str) -> dict[str, Any]:
    """Thought, action, model and tokens of a model's answer, and the tool ``calls`` it asked for."""
    if message is None:
        return {"thought": text, "calls": []}
    usage: Mapping[str, Any] = getattr(message, "usage_metadata", None) or {}
    asked = getattr(message, "tool_calls", None) or []
    calls = [{"id": call.get("id"), "name": call["name"], "arguments": call["args"]} for call in asked]
    return {
        "thought": message.content or None,
        "action": [{"name": call["name"], "arguments": call["arguments"]} for call in calls] or None,
        "model": (getattr(message, "response_metadata", None) or {}).get("model_name"),
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
        "calls": calls,
    }


def is_control_flow(error: BaseException) -> bool:
    """Whether LangGraph raised it to interrupt or to jump."""
    return any(kind.__name__ == "GraphBubbleUp" for kind in type(error).__mro__)


def _describe(recording: Recording, ended: Mapping[str, Any], status: str) -> dict[str, Any]:
    trace = ended.get("trace", {})
    return {
        "executed_at": recording.started_at,
        "execution_time_seconds": round(recording.active_s, 6),
        "status": ended.get("status", status),
        "nodes": recording.nodes,
        "react_iterations": recording.iterations,
        "tool_calls": recording.tool_calls,
        "errors": [*recording.errors, *trace.get("errors", [])],
        "final_response": trace.get("final_response") or _last_answer(trace.get("messages")),
    }


def _last_answer(messages: Any) -> Any:
    found = [
        message
        for message in messages or ()
        if isinstance(message, dict) and message.get("role") == "assistant"
    ]
    return found[-1].get("content") if found else None
