"""pydantic-ai: a capability that records each run of an agent; the end of the outermost run ships one log.

    agent = Agent(model, capabilities=[CaselogCapability()])
    await agent.run("Is order 7 paid?", metadata={"ticket_id": "T-1"})

Needs ``caselog[pydantic-ai]``. Nodes are agents, an iteration is one request to a model, a tool call belongs to the
iteration that asked for it. A run inside of ``with caselog.ticket(...)``, or inside a tool of another recorded run,
belongs to that ticket.
"""

from __future__ import annotations

from .capability import CaselogCapability

__all__ = ["CaselogCapability"]
