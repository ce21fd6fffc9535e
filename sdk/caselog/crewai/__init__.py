"""CrewAI: a listener on its event bus that records crews, flows and agents, and ships one log for each ticket.

    from caselog.crewai import record_runs

    record_runs()
    crew.kickoff(inputs={"ticket_id": "T-1"})

Needs ``caselog[crewai]``. A run is what was called from outside: a crew, a flow, or an agent of its own, with all
that it starts. In a ticket's block it belongs to that ticket; without one it is a ticket of its own.
"""

from __future__ import annotations

from .listener import CaselogListener, record_runs

__all__ = ["CaselogListener", "record_runs"]
