"""OpenAI Agents SDK: every run becomes one log, whatever agents, handoffs, tools and streams there are in it.

    caselog.openai_agents.record_runs()  # once, when the program starts

Needs ``caselog[openai-agents]``. A trace is a ticket: one run, or the runs in a ``with trace(...)`` block; in
``with caselog.ticket(...)`` the runs belong to that ticket. Nodes are agents, guardrails and spans of the user's own,
an iteration is one call of a model, a tool call belongs to the iteration that asked for it.
"""

from __future__ import annotations

from .processor import CaselogTracingProcessor
from .runner import record_runs

__all__ = ["CaselogTracingProcessor", "record_runs"]
