"""Many tickets of one client, run one after the other: real runs on simulated time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from examples.support_workflow.clock import SimulatedClock
from examples.support_workflow.graph import run_ticket
from examples.support_workflow.model import ScriptedChatModel
from examples.support_workflow.recording import VERSION, VERSION_BEFORE, State
from examples.support_workflow.records import Scenario
from examples.support_workflow.scenarios import make_scenarios
from examples.support_workflow.services import Network, Outage, Services

#: Two bad days in the simulated time, so that there is something to find: what failed, share of requests.
BAD_DAYS: Final = {"acme": ("carrier", 0.7), "globex": ("knowledge", 0.75)}
BAD_DAYS_FROM_END: Final = 0.2
BAD_DAYS_LENGTH: Final = timedelta(hours=40)
#: When the workflow's present version came, so that there is one before it to compare with.
RELEASED_FROM_END: Final = 0.3


def simulate(client_id: str, *, count: int, days: int, now: datetime, seed: int) -> Iterator[State]:
    """The final state of each run, oldest ticket first; its log has been shipped by the workflow itself.

    ``count`` tickets are spread over the ``days`` before ``now``. The same arguments give the same runs.
    """
    outage = _outage(client_id, days, now)
    released = now - timedelta(days=days * RELEASED_FROM_END)
    for scenario in make_scenarios(client_id, count, days, now, seed):
        version = VERSION if scenario.ticket.created_at >= released else VERSION_BEFORE
        yield run_scenario(scenario, seed, (outage,), version)


def run_scenario(
    scenario: Scenario, seed: int, outages: tuple[Outage, ...] = (), version: str = VERSION
) -> State:
    """One ticket's run, in a world of its own."""
    ticket = scenario.ticket
    chance = f"{seed}/{ticket.client_id}/{ticket.ticket_id}"
    clock = SimulatedClock(ticket.created_at)
    services = Services(scenario, Network(clock, random.Random(chance), outages))
    model = ScriptedChatModel(clock=clock, seed=chance)
    return run_ticket(ticket, services=services, model=model, clock=clock, version=version)


def _outage(client_id: str, days: int, now: datetime) -> Outage:
    service, share = BAD_DAYS[client_id]
    begins = now - timedelta(days=days * BAD_DAYS_FROM_END)
    begins += timedelta(days=2 if begins.weekday() >= 5 else 0)  # nobody notices an outage on a quiet weekend
    return Outage(service, begins, begins + BAD_DAYS_LENGTH, share)
