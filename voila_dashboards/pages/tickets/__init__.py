"""The list of tickets: filters with their counts, an order, one page of rows."""

from __future__ import annotations

from typing import Final

from voila_dashboards.conditions import NUMBERS, OPERATORS
from voila_dashboards.page import Page
from voila_dashboards.pages.tickets.find import FINDING
from voila_dashboards.pages.tickets.params import PARAMS
from voila_dashboards.pages.tickets.payload import TicketsData
from voila_dashboards.pages.tickets.query import tickets_data
from voila_dashboards.queries.keyset import END
from voila_dashboards.queries.ticket_order import SORTS

TICKETS: Final = Page(
    name="tickets",
    path="/tickets",
    title="Tickets",
    navigation="Tickets",
    query=tickets_data,
    params=PARAMS,
    data=TicketsData,
    is_kept_ready=True,
    constants={
        "FIRST_DIRECTIONS": dict(SORTS),
        "NUMBERS": NUMBERS,
        "OPERATORS": list(OPERATORS),
        "LAST_PAGE": END,
    },
    has_client_choice=True,
    finding=FINDING,
)
