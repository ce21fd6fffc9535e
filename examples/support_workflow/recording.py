"""What a run leaves behind for its log: written into the state by the nodes themselves, as they go.

This is all the instrumentation there is. Copy it, and put whatever your workflow knows into the same lists.
"""

from __future__ import annotations

import operator
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, Protocol, TypedDict

from langchain_core.messages import AIMessage, BaseMessage
from langgraph.runtime import get_runtime

from examples.support_workflow.clock import Clock
from examples.support_workflow.records import Ticket
from examples.support_workflow.services import Services

Json = dict[str, Any]

#: The workflow's version, and the one before it.
VERSION: Final = "2.3.0"
VERSION_BEFORE: Final = "2.2.0"


class State(TypedDict, total=False):
    """The state of a run. Everything that `caselog.model` names is picked up by `build_workflow_log`."""

    # what the nodes work with
    ticket: Ticket
    context: list[Json]
    ungrounded_facts: list[str]
    log: Json
    is_shipped: bool
    # what becomes the log
    ticket_id: str
    executed_at: datetime
    execution_time_seconds: float
    status: str
    category: str
    overall_confidence: float
    hallucination_risk: float
    input_tokens: Annotated[int, operator.add]
    output_tokens: Annotated[int, operator.add]
    cost_usd: float
    extra: Json
    nodes: Annotated[list[Json], operator.add]
    react_iterations: Annotated[list[Json], operator.add]
    errors: Annotated[list[Json], operator.add]
    messages: Annotated[list[BaseMessage], operator.add]
    final_response: str


@dataclass
class Recording:
    """What one node's run adds to the state, whether it ends well or not."""

    node: str
    clock: Clock
    react_iterations: list[Json] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)
    messages: list[BaseMessage] = field(default_factory=list)
    attributes: Json = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0

    def add_error(self, error: Exception) -> None:
        """Keep an error with its stack trace."""
        self.errors.append(
            {
                "node": self.node,
                "type": type(error).__name__,
                "message": str(error),
                "stacktrace": "".join(traceback.format_exception(error)),
            }
        )

    def add_reply(self, reply: AIMessage) -> None:
        """Keep what the model said, and what it cost."""
        self.messages.append(reply)
        if reply.usage_metadata:
            self.input_tokens += reply.usage_metadata["input_tokens"]
            self.output_tokens += reply.usage_metadata["output_tokens"]

    @contextmanager
    def time(self, part: Json) -> Iterator[Json]:
        """Give a part of the trace its ``started_at`` and ``duration_ms``, and the error that ends it."""
        started_at = part["started_at"] = self.clock.now()
        try:
            yield part
        except Exception as error:
            part |= {"status": "error", "error": f"{type(error).__name__}: {error}"}
            raise
        finally:
            part["duration_ms"] = round((self.clock.now() - started_at).total_seconds() * 1000, 1)

    def as_update(self) -> Json:
        names = ("react_iterations", "errors", "messages", "input_tokens", "output_tokens")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Context:
    """What a run is given: services, model, clock; of these only the workflow's version is logged."""

    services: Services
    model: Any
    clock: Clock
    version: str = VERSION


Node = Callable[[State, Context, Recording], Json]


class RecordedNode(Protocol):
    """A node as LangGraph wants it: its argument has to be called ``state``."""

    def __call__(self, state: State) -> Json: ...


def recorded(node: Node, *reads: str) -> RecordedNode:
    """The node as LangGraph calls it, recorded: its input (the keys it ``reads``), output, time and error.

    An exception ends the run, not the log: the state becomes FAILED, and the graph goes on to `audit_log`.
    """
    name = node.__name__

    def run(state: State) -> Json:
        context = get_runtime(Context).context
        recording = Recording(name, context.clock)
        part: Json = {"name": name, "status": "ok", "input": {key: state.get(key) for key in reads}}
        try:
            with recording.time(part):
                update = part["output"] = node(state, context, recording)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the log
            recording.add_error(error)
            update = {"status": "FAILED"}
        if recording.attributes:
            part["attributes"] = recording.attributes
        return {**update, **recording.as_update(), "nodes": [part]}

    return run
