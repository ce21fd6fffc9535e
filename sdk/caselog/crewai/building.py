"""The steps of a ticket from the notes of its events, which CrewAI hands over in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, TypeVar

from caselog import steps
from caselog.iterations import Given, read_observation
from caselog.recorder import Iteration, Node, Step, Ticket, ToolCall
from caselog.shapes import describe_error

from .notes import BEGINS, CALL, LOG, MODEL, NODE, Note


@dataclass
class Place:
    """What has begun; ``step`` is None where nothing is recorded of it."""

    begun: Optional[Note]
    #: The place around it that is a node: whose models and tools are counted together.
    holder: Optional[Place]
    step: Optional[Step] = None
    #: Of a node: its model's last answer, whether its agent has read it, and the tool calls that wait for one.
    iteration: Optional[Iteration] = None
    is_read: bool = False
    waiting: list[ToolCall] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def node(self) -> Node | None:
        """The node that it is or lies in."""
        if isinstance(self.step, Node):
            return self.step
        return self.holder.node if self.holder else None


class Builder:
    """Puts notes into a ticket, in the order in which things happened."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._outside = Place(None, None)
        self._places: dict[str, Place] = {}
        self._given = Given()
        self._asked: list[tuple[Iteration, list[dict[str, Any]]]] = []
        #: Errors by their message: CrewAI tells of one several times, as a text and as an exception.
        self._errors: dict[str, tuple[Any, Node | None]] = {}

    def build(self, notes: Iterable[Note]) -> None:
        """Record them all."""
        for note in sorted(notes, key=lambda each: (each.at, each.order)):
            self._take(note)
        for iteration, asked in self._asked:
            steps.settle_calls(iteration, asked)
        for place in (self._outside, *self._places.values()):
            self._ticket_takes(place.waiting)
        for error, node in self._errors.values():
            self._ticket.add_error(error, node)

    def _ticket_takes(self, calls: list[ToolCall]) -> None:
        for call in calls:
            steps.keep(self._ticket, call)

    def _take(self, note: Note) -> None:
        around = self._places.get(note.parent_id or "", self._outside)
        if note.when == BEGINS:
            around = self._places[note.event_id] = self._begin(note, around)
        elif note.when == LOG:
            self._read(note, around)
        else:
            around = self._places.get(note.started_id or "", around)
            self._end(note, around)
        if note.error is not None:
            self._note_error(note.error, around.node)

    def _begin(self, note: Note, around: Place) -> Place:
        holder = around if isinstance(around.step, Node) or around is self._outside else around.holder
        place = Place(note, holder)
        if note.of == NODE:
            place.step = self._begin_node(note, place)
        elif note.of == MODEL:
            place.step = self._begin_iteration(note, holder or self._outside)
        elif note.of == CALL:
            place.step = self._begin_call(note, holder or self._outside)
        return place

    def _begin_node(self, note: Note, place: Place) -> Node:
        parent = place.holder.node if place.holder else None
        node = steps.begin_node(
            self._ticket, _first_line(note.parts["name"]), parent.name if parent else None
        )
        node.input = note.parts.get("input")
        return _begun(node, note)

    def _begin_iteration(self, note: Note, holder: Place) -> Iteration:
        name = holder.node.name if holder.node else None
        iteration = _begun(steps.begin_iteration(self._ticket, name), note)
        given = note.parts.get("input")
        iteration.input = self._given.take(name, given) if isinstance(given, list) else given
        iteration.model = note.parts.get("model")
        holder.iteration, holder.is_read, holder.asked = iteration, False, []
        return iteration

    def _begin_call(self, note: Note, holder: Place) -> ToolCall:
        call = _begun(ToolCall(self._ticket, note.parts["name"], note.parts.get("arguments"), None), note)
        iteration = None if holder.is_read else holder.iteration
        (holder.waiting if iteration is None else iteration.tool_calls).append(call)
        asked = next((each for each in holder.asked if each["name"] == call.name), None)
        if asked:
            holder.asked.remove(asked)
            vars(call)["id"] = asked["id"]
        return call

    def _read(self, note: Note, around: Place) -> None:
        """What an agent read from its model's answer, or a tool that it asked for and that could not be called."""
        holder = around if isinstance(around.step, Node) or around.holder is None else around.holder
        if note.of == CALL:
            call = self._begin_call(note, holder)
            self._close(call, note, note)
            return
        if note.of != MODEL:
            return
        if holder.iteration is None or holder.is_read:  # a model that tells nothing of itself
            holder.iteration = self._infer_iteration(note, holder)
        iteration = holder.iteration
        vars(iteration).update(
            {name: note.parts[name] for name in ("thought", "action") if note.parts.get(name)}
        )
        observed = read_observation(_record(call) for call in iteration.tool_calls)
        iteration.observation = note.parts.get("result") if observed is None else observed
        holder.is_read = True

    def _infer_iteration(self, note: Note, holder: Place) -> Iteration:
        iteration = steps.begin_iteration(self._ticket, holder.node.name if holder.node else None)
        iteration.tool_calls, holder.waiting = list(holder.waiting), []
        first = iteration.tool_calls[0].started_at if iteration.tool_calls else note.at.isoformat()
        iteration.started_at = first
        return iteration

    def _end(self, note: Note, place: Place) -> None:
        if place.begun is None or place.begun.event_id != note.started_id or place.step is None:
            return
        self._close(place.step, place.begun, note)
        if isinstance(place.step, Iteration) and place.holder and note.parts.get("asked"):
            place.holder.asked = list(note.parts["asked"])
            self._asked.append((place.step, note.parts["asked"]))

    def _close(self, step: Step, begun: Note, note: Note) -> None:
        """The step's end, as the note tells it."""
        step.duration_ms = round((note.at - begun.at).total_seconds() * 1000, 3)
        vars(step).update(
            {name: value for name, value in note.parts.items() if name not in ("asked", "name")}
        )
        if note.error is not None:
            step.status, step.error = "error", _describe(note.error)
        elif note.status:
            step.ended_by = note.status.lower()
        else:
            step.status = "ok"

    def _note_error(self, error: Any, node: Node | None) -> None:
        """One error for each message: the exception itself, where CrewAI tells it, in the innermost node."""
        described = _describe(error)
        message = str(described.get("message"))
        told, first = self._errors.get(message, (None, node))
        if not isinstance(told, BaseException):
            better = isinstance(error, BaseException) or "type" in described or told is None
            self._errors[message] = (
                (error if isinstance(error, BaseException) else described) if better else told,
                first or node,
            )


_S = TypeVar("_S", bound=Step)


def _begun(step: _S, note: Note) -> _S:
    step.started_at = note.at.isoformat()
    return step


def _record(call: Any) -> Mapping[str, Any]:
    record: Mapping[str, Any] = call.as_record() if isinstance(call, Step) else call
    return record


def _first_line(name: Any) -> str:
    """The name of a node: a task without a name is told by its description."""
    line = str(name).strip().partition("\n")[0]
    return line if len(line) <= _MAX_NAME_CHARS else f"{line[:_MAX_NAME_CHARS]}…"


_MAX_NAME_CHARS = 80


def _describe(error: Any) -> dict[str, Any]:
    if isinstance(error, BaseException):
        return dict(describe_error(error))
    return dict(error) if isinstance(error, Mapping) else {"message": str(error)}
