"""The listener on CrewAI's event bus, and the hooks that tell it in the workflow's own thread of begins and ends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import crewai.events.event_types  # noqa: F401 - the classes of all events
from crewai.events import BaseEventListener
from crewai.events.base_events import BaseEvent
from crewai.events.event_context import SCOPE_STARTING_EVENTS
from crewai.hooks.dispatch import InterceptionPoint, register

from caselog.guard import never_raises

from .notes import EVENTS
from .runs import Runs

if TYPE_CHECKING:
    _Base = object
else:
    _Base = BaseEventListener


class CaselogListener(_Base):
    """Records each crew, flow and agent that runs; made by `record_runs`, once in a process."""

    def __init__(self, **fields: Any) -> None:
        self.runs = Runs(fields)
        super().__init__()
        register(InterceptionPoint.EXECUTION_START, self.begin)
        register(InterceptionPoint.EXECUTION_END, self.end)

    def setup_listeners(self, bus: Any) -> None:
        """Ask the bus for the events that tell something."""
        wanted = EVENTS.keys() | SCOPE_STARTING_EVENTS
        for kind in _subclasses(BaseEvent):
            field = kind.model_fields.get("type")
            if field is not None and field.default in wanted:
                bus.on(kind)(self.take)

    # A hook's answer would replace what the run is given or answers.

    def begin(self, context: Any) -> None:
        """A crew or a flow begins, here and now."""
        frame = sys._getframe(1)  # noqa: SLF001 - it tells whose ticket is open
        never_raises(lambda: None)(self.runs.begin)(context, frame)

    def end(self, context: Any) -> None:
        """It has ended, and its caller does not know yet."""
        never_raises(lambda: None)(self.runs.end)(context)

    def take(self, source: Any, event: Any) -> None:
        """Something happened; told in a thread of the bus, in whatever order."""
        never_raises(self.runs.count_missed)(self.runs.take)(source, event, sys._getframe(1))  # noqa: SLF001


def _subclasses(kind: Any) -> list[Any]:
    below = kind.__subclasses__()
    return list(dict.fromkeys([*below, *(each for sub in below for each in _subclasses(sub))]))


_installed: dict[str, CaselogListener] = {}


@never_raises(lambda: None)
def record_runs(**fields: Any) -> None:
    """Record every run of CrewAI's in this process; ``fields`` go into every log, as in `build_workflow_log`.

    Called again, it changes the fields only: a run is recorded once.
    """
    listener = _installed.get("listener")
    if listener is None:
        listener = _installed["listener"] = CaselogListener()
    listener.runs.fields = fields
