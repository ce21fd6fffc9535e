"""A run, and the spans that LlamaIndex tells of in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

from caselog import steps
from caselog.iterations import Given
from caselog.recorder import Iteration, Node, Step, Ticket


@dataclass
class Run:
    """One run, in the ticket whose block it was started in or in one of its own."""

    ticket: Ticket
    is_own: bool
    root_id: str
    #: Spans of the run, and those of models that are still being read.
    span_ids: list[str] = field(default_factory=list)
    streams: set[str] = field(default_factory=set)
    given: Given = field(default_factory=Given)
    #: Iterations with the tool calls they asked for, and by the id of such a call.
    asked: list[tuple[Iteration, list[dict[str, Any]]]] = field(default_factory=list)
    asked_by: dict[str, tuple[Iteration, Optional[Node]]] = field(default_factory=dict)
    #: What a model said last: the answer of a run that was streamed.
    last_said: Any = None
    #: What a streamed answer is read from, until it has been read.
    reader: Any = None
    was_read: bool = False
    answer: Any = None
    error: Optional[BaseException] = None
    root_has_ended: bool = False
    has_ended: bool = False

    def expect_calls(self, iteration: Iteration, node: Node | None, calls: list[dict[str, Any]]) -> None:
        """A model asked for these tool calls, and no others."""
        self.asked[:] = [pair for pair in self.asked if pair[0] is not iteration]
        self.asked.append((iteration, calls))
        self.asked_by.update({call["id"]: (iteration, node) for call in calls if call["id"]})

    def complete(self) -> None:
        """Say of its steps what was not known before its end."""
        for iteration, calls in self.asked:
            steps.settle_calls(iteration, calls)
        answer = self.last_said if self.answer is None else self.answer
        if answer is not None and self.error is None:
            steps.note_answer(self.ticket, answer)


@dataclass
class Span:
    """Something that runs; ``step`` is None where nothing is recorded of it."""

    kind: str
    parent: Optional[Span]
    instance: Any
    run: Optional[Run] = None
    step: Optional[Step] = None
    #: The node that it is or lies in.
    node: Optional[Node] = None
    #: In a step of an agent: the call of its model.
    iteration: Optional[Iteration] = None
    tells_its_end: bool = False

    def find_around(self, kind: str) -> Span | None:
        """The innermost span of this kind around it."""
        span = self.parent
        while span is not None and span.kind != kind:
            span = span.parent
        return span

    def end(self, error: BaseException | None = None) -> None:
        """Its step is over."""
        if self.step is not None:
            steps.end(self.step, error, self.node)
