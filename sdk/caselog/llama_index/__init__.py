"""LlamaIndex: handlers of its instrumentation that record what runs and ship one log for each ticket.

    from caselog.llama_index import record_runs

    record_runs()
    await FunctionAgent(tools=[find_order], llm=llm).run("Where is order 7?")

Needs ``caselog[llama-index]``. A run is an agent, a workflow, a query or chat engine, or a call of a model, that
nothing of LlamaIndex's called. In a ticket's block it belongs to that ticket; without one it is a ticket of its own.
"""

from __future__ import annotations

from .handlers import CaselogEventHandler, CaselogSpanHandler, record_runs

__all__ = ["CaselogEventHandler", "CaselogSpanHandler", "record_runs"]
