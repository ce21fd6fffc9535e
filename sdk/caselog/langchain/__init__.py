"""LangChain and LangGraph: a callback handler that records a run and ships one log at its end.

    app.invoke(state, {"callbacks": [CaselogCallbackHandler()], "metadata": {"ticket_id": "T-1"}})

Needs ``caselog[langchain]``. One handler serves any number of runs at once. Nodes are LangGraph's nodes and tasks (in a
plain chain: the steps right under it), an iteration is one call of a model, a tool call belongs to the iteration that
asked for it. A run that stops at an interrupt waits for its resumption in the same thread id and process: one
ticket, one log.
"""

from __future__ import annotations

from .handler import CaselogCallbackHandler

__all__ = ["CaselogCallbackHandler"]
