"""What is known of one ticket, over one or more root runs, and the log it becomes.

What nodes are given and give back is copied at that moment: a node that changes its state in place must not change what
an earlier one saw. What stood in the ticket before is not copied again: a conversation that every node is given
would otherwise make the log grow with its square.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from caselog.build import build_workflow_log
from caselog.iterations import Given, copy_whole, read_observation
from caselog.serialize import dump, is_message, load, read_message
from caselog.shapes import read_answer_text, shape_error

from .objects import read_text, read_update, shape_output

#: What a run's metadata may say of its ticket.
_FROM_METADATA = ("ticket_id", "category", "environment", "workflow_version")
_FROM_INPUTS = ("ticket_id", "category")
#: Metrics that are counted from what was recorded, whatever the state says.
_COUNTED = ("react_iterations", "error_count", "tool_call_count", "failed_tool_calls")
#: Shorter values are repeated: a marker would say less and be as long.
_WORTH_A_MARKER = 200


@dataclass
class Recording:
    """One ticket. ``key`` says which graph in which thread may go on with it, ``fields`` come from the handler."""

    key: Any
    run_id: UUID
    started_at: str
    metadata: Mapping[str, Any]
    inputs: Any
    fields: Mapping[str, Any]
    nodes: list[dict[str, Any]] = field(default_factory=list)
    iterations: list[dict[str, Any]] = field(default_factory=list)
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    #: Exceptions among the errors: one that passes through several runs counts once.
    seen_errors: list[BaseException] = field(default_factory=list)
    active_s: float = 0.0
    #: Runs of the ticket that are under way or have ended, since its root began.
    run_ids: list[UUID] = field(default_factory=list)
    #: What the nodes have made of the state so far, for a run that does not end with one.
    state: dict[str, Any] = field(default_factory=dict)
    #: Iterations with the tool calls they asked for.
    asked: list[tuple[dict[str, Any], list[dict[str, Any]]]] = field(default_factory=list)
    #: Iterations by the id of such a call.
    _asked_by: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _seen_items: dict[int, tuple[Any, str | None]] = field(default_factory=dict)
    #: What the model of each node was given last.
    _given: Given = field(default_factory=Given)
    _last_texts: dict[str, str] = field(default_factory=dict)

    def begin_node(self, record: dict[str, Any], inputs: Any) -> None:
        """A node begins."""
        self.nodes.append(record)
        self.note_input(record, inputs)

    def note_input(self, record: dict[str, Any], inputs: Any) -> None:
        """What the node is given."""
        messages = (
            inputs.get("messages") if isinstance(inputs, Mapping) else getattr(inputs, "messages", None)
        )
        if isinstance(messages, list):
            self.state["messages"] = list(messages)
        record["input"] = self.copy(inputs)

    def end_node(self, record: dict[str, Any], outputs: Any) -> None:
        """A node ends well."""
        update = read_update(outputs)
        new, old = update.get("messages"), self.state.get("messages", [])
        self.state.update(update)
        if isinstance(new, list):
            known = {id(message) for message in old}
            self.state["messages"] = [*old, *(message for message in new if id(message) not in known)]
        record.update(status="ok", output=self.copy(shape_output(outputs)))

    def note_given(self, iteration: dict[str, Any], batches: Sequence[Sequence[Any]]) -> None:
        """What a model is given: the messages that are new since it was asked last in the same node."""
        [given] = batches if len(batches) == 1 else [batches]
        if isinstance(given, str):
            iteration["input"] = given
            return
        iteration["input"] = self._given.take(iteration.get("node"), given)

    def copy(self, value: Any) -> Any:
        """The value as it is now, as plain data, without what the ticket's record holds already."""
        if isinstance(value, Mapping):
            return {str(name): self._copy_part(str(name), part) for name, part in value.items()}
        return self._copy_part("", value)

    def _copy_part(self, name: str, part: Any) -> Any:
        if isinstance(part, list):
            return self._copy_items(part)
        if part is None or isinstance(part, (bool, int, float)):
            return part
        text = dump(part)
        if len(text) > _WORTH_A_MARKER and self._last_texts.get(name) == text:
            return "[as before]"
        self._last_texts[name] = text
        return load(text)

    def _copy_items(self, items: list[Any]) -> list[Any]:
        copied: list[Any] = []
        skipped = 0
        for item in items:
            text = None if isinstance(item, (bool, int, float, type(None))) else self._text_unless_seen(item)
            if text == "":
                skipped += 1
                continue
            if skipped:
                copied.append(f"[{skipped} as before]")
                skipped = 0
            copied.append(item if text is None else load(text))
        return [*copied, f"[{skipped} as before]"] if skipped else copied

    def _text_unless_seen(self, item: Any) -> str:
        """The item as JSON; empty where the same item, unchanged, stands in the record already."""
        seen, seen_text = self._seen_items.get(id(item), (None, ""))
        if seen is item and seen_text is None:
            return ""
        text = dump(item)
        if seen is item and seen_text == text and len(text) > _WORTH_A_MARKER:
            return ""
        # A message is an object that is replaced, not changed: its identity tells it, without writing it again.
        self._seen_items[id(item)] = (item, None if read_message(item) else text)
        return text

    def add_error(self, error: BaseException, node: str | None) -> None:
        """An exception that ended a run."""
        if any(error is seen for seen in self.seen_errors):
            return
        self.seen_errors.append(error)
        record = shape_error(error)
        self.errors.append({"node": node, **record} if node else record)

    def expect_calls(
        self, iteration: dict[str, Any], calls: list[dict[str, Any]], made: list[dict[str, Any]]
    ) -> None:
        """A model asked for tool calls; others its provider has made already."""
        self.asked.append((iteration, calls))
        if made:
            iteration["tool_calls"] = [copy_whole(call) for call in made]
        for call in calls:
            if call["id"]:
                self._asked_by.setdefault(call["id"], []).append(iteration)

    def give_to_iteration(self, record: dict[str, Any], call_id: str | None) -> None:
        """Move a tool call into the iteration that asked for it."""
        call_id = call_id or record.get("id")
        iteration = self._iteration_of(call_id, record) if call_id else None
        if iteration is None:
            return
        record["id"] = call_id
        self.tool_calls[:] = [call for call in self.tool_calls if call is not record]
        calls = iteration.setdefault("tool_calls", [])
        # What an interrupt stopped is done again from its beginning when the run goes on.
        calls[:] = [call for call in calls if not (call["id"] == call_id and "ended_by" in call)]
        calls.append(record)

    def _iteration_of(self, call_id: str, record: Mapping[str, Any]) -> dict[str, Any] | None:
        """The iteration that asked for the call: some models use the same ids again and again."""
        asked = self._asked_by.get(call_id, [])
        waiting = [step for step in asked if not _has_made(step, call_id)]
        likely = [step for step in waiting if self._asks_for(step, record)]
        found = likely or waiting or asked
        return found[-1] if found else None

    def _asks_for(self, iteration: dict[str, Any], record: Mapping[str, Any]) -> bool:
        calls = next((calls for step, calls in self.asked if step is iteration), [])
        return any(
            (call["name"], call["arguments"]) == (record["name"], record["arguments"]) for call in calls
        )


def _has_made(iteration: Mapping[str, Any], call_id: str) -> bool:
    calls = iteration.get("tool_calls", ())
    return any(call["id"] == call_id and "ended_by" not in call for call in calls)


def build_log(recording: Recording, outputs: Any, status: str) -> dict[str, Any]:
    """The log of a ticket that ended with ``outputs``.

    Of the ticket's fields the handler's own count most, then the run's metadata, its state, its inputs, and for the
    id the thread's and the run's own. What the outputs do not show, because the run failed or shows less than its
    whole state, is taken from what the nodes gave back.
    """
    state = {**recording.state, **_fields_of(outputs)}
    ended, begun = build_workflow_log(state), build_workflow_log(recording.inputs)
    thread_id = recording.metadata.get("thread_id")
    said = {
        "ticket_id": str(recording.run_id if thread_id is None else thread_id),
        **{name: begun[name] for name in _FROM_INPUTS if name in begun},
        **{name: ended[name] for name in _FROM_METADATA if name in ended},
        **{name: value for name, value in recording.metadata.items() if name in _FROM_METADATA},
    }
    trace = ended.pop("trace", {})
    for name in _COUNTED:
        ended.get("metrics", {}).pop(name, None)
    happened = {**_describe(recording, trace), "final_response": _read_final_response(outputs, state, trace)}
    if status != "SUCCESS" or "status" not in ended:
        said["status"] = status
    return build_workflow_log({"trace": trace}, **{**ended, **happened, **said, **recording.fields})


def _fields_of(outputs: Any) -> Mapping[str, Any]:
    if isinstance(outputs, Mapping):
        return outputs
    return {} if read_message(outputs) else getattr(outputs, "__dict__", {})


def _describe(recording: Recording, trace: Mapping[str, Any]) -> dict[str, Any]:
    for iteration, calls in recording.asked:
        _complete_calls(iteration, calls, trace.get("messages") or [])
    recorded = [error.get("message") for error in recording.errors if isinstance(error, dict)]
    told = [e for e in trace.get("errors", []) if not (isinstance(e, dict) and e.get("message") in recorded)]
    return {
        "executed_at": recording.started_at,
        "execution_time_seconds": round(recording.active_s, 6),
        "nodes": recording.nodes,
        "react_iterations": recording.iterations,
        "tool_calls": recording.tool_calls,
        "errors": [*recording.errors, *told],
    }


def _complete_calls(iteration: dict[str, Any], asked: list[dict[str, Any]], messages: list[Any]) -> None:
    """Put the iteration's tool calls in the order they were asked for, with those that something else answered.

    A model may ask for a tool that does not exist: no tool runs, but the model gets an answer.
    """
    # A list: a call that is tried again is several records of one id.
    made = list(iteration.get("tool_calls", ()))
    known = {call["id"] for call in made}
    for message in messages:
        answers = message.get("tool_call_id") if isinstance(message, dict) else None
        for call in asked:
            if answers and answers == call["id"] and answers not in known:
                status = "error" if message.get("status") == "error" else "ok"
                known.add(answers)
                made.append({**call, "result": message.get("content"), "status": status})
    order = {call["id"]: place for place, call in enumerate(asked)}
    calls = sorted(made, key=lambda call: order.get(call["id"], len(order)))
    if calls:
        iteration["tool_calls"] = calls
    observation = read_observation(calls)
    if observation is not None:
        iteration["observation"] = observation


def _read_final_response(outputs: Any, state: Mapping[str, Any], trace: Mapping[str, Any]) -> Any:
    """What the run answered: in its state, as its output, or as its last message; nothing where it broke off."""
    if trace.get("final_response") or outputs is None or isinstance(outputs, str):
        return trace.get("final_response") or outputs
    if is_message(outputs):
        return read_text(outputs)
    if isinstance(outputs, list) and all(isinstance(block, Mapping) and "type" in block for block in outputs):
        return outputs or None  # a model that answered with a picture, say
    return _last_answer(trace.get("messages") or [], state.get("structured_response")) or state.get("output")


def _last_answer(messages: list[Any], structured: Any) -> Any:
    """What the last message says, if it is an answer; where a tool ended the run, its data or its result."""
    last = messages[-1] if messages and isinstance(messages[-1], dict) else {}
    refusal = (last.get("additional_kwargs") or {}).get("refusal") or last.get("refusal")
    words = read_answer_text(last.get("content")) or refusal
    if last.get("role") == "assistant":
        return words or structured
    return structured or (words if last.get("role") == "tool" else None)
