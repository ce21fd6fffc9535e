"""The capability: what pydantic-ai tells of a run, told to the record of it."""

from __future__ import annotations

import copy
import sys
from collections.abc import Sequence
from typing import Any, Optional

from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering

from .record import RunRecord, end_step_of_run


class CaselogCapability(AbstractCapability[Any]):
    """Records each run of the agents that have it; ``fields`` go into every log, as in `build_workflow_log`.

    The ticket's id is taken from ``fields``, the run's metadata, its conversation's id or its own, whichever comes
    first. One that is given to a run takes the place of the agent's own.
    """

    #: In the class: by that the framework knows that an agent has one of them.
    id: Optional[str] = "caselog"

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self.fields = fields
        self.record: Optional[RunRecord] = None

    @classmethod
    def combine(cls, capabilities: Sequence[AbstractCapability[Any]]) -> AbstractCapability[Any]:
        """The last of them: one recorder for a run, for two would make two logs."""
        return capabilities[-1]

    def get_ordering(self) -> CapabilityOrdering:
        """Around the others: what they change or try again is part of what happened."""
        return CapabilityOrdering(position="outermost")

    async def for_run(self, ctx: Any) -> AbstractCapability[Any]:  # noqa: ARG002 - the signature is theirs
        """A recorder of this run alone."""
        own = copy.copy(self)
        own.record = RunRecord(self.fields)
        return own

    async def wrap_run(self, ctx: Any, *, handler: Any) -> Any:
        """A run of an agent: a node, and a ticket where it lies in none."""
        run = self.record
        if run is None or getattr(ctx, "realtime", False):
            return await handler()
        run.begin(ctx, sys._getframe())  # noqa: SLF001 - the frame whose block the run is
        try:
            result = await handler()
        except BaseException as error:
            run.end(error)
            raise
        run.note_result(result)
        run.end(None)
        return result

    async def wrap_model_request(self, ctx: Any, *, request_context: Any, handler: Any) -> Any:  # noqa: ARG002 - theirs
        """One request to a model, and what else it takes until there is an answer: an iteration."""
        run = self.record
        if run is None or run.ticket is None:
            return await handler(request_context)
        iteration = run.begin_request(request_context, sys._getframe())  # noqa: SLF001 - as in wrap_run
        try:
            response = await handler(request_context)
        except BaseException as error:
            end_step_of_run(iteration, error)
            raise
        end_step_of_run(iteration, None)
        run.note_response(iteration, response)
        return response

    async def wrap_tool_execute(self, ctx: Any, *, call: Any, tool_def: Any, args: Any, handler: Any) -> Any:  # noqa: ARG002 - the signature is theirs
        """One tool call."""
        run = self.record
        if run is None or run.ticket is None:
            return await handler(args)
        record = run.begin_call(call, args, sys._getframe())  # noqa: SLF001 - as in wrap_run
        try:
            result = await handler(args)
        except BaseException as error:
            end_step_of_run(record, error)
            raise
        end_step_of_run(record, None, result)
        return result

    async def on_tool_validate_error(
        self,
        ctx: Any,  # noqa: ARG002 - the signature is theirs
        *,
        call: Any,
        tool_def: Any,  # noqa: ARG002
        args: Any,
        error: Any,
    ) -> Any:
        """A tool call whose arguments are wrong: no tool runs, and the model is told."""
        if self.record is not None and self.record.ticket is not None:
            self.record.note_refusal(call, args, error)
        raise error
