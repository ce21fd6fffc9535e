"""One ticket: the log's small fields, its trace, and the other executions of the same ticket."""

from __future__ import annotations

from typing import Final

from caselog.endings import FAILED_FLAGS, FAILED_STATUSES
from caselog.model import TRACE_PARTS
from voila_dashboards.page import Page
from voila_dashboards.pages.ticket.payload import TicketData
from voila_dashboards.pages.ticket.query import PARTS, ticket_data
from voila_dashboards.params import Param

TICKET: Final = Page(
    name="ticket",
    path="/ticket/{client_id}/{log_id:path}",
    title="Ticket",
    under="tickets",
    query=ticket_data,
    params={
        "client_id": Param(),
        "log_id": Param(),
        "step": Param(),
        "part": Param(choices=PARTS),
        "find": Param(),
    },
    data=TicketData,
    is_kept_ready=True,
    constants={
        "FAILED_STATUSES": FAILED_STATUSES,
        "FAILED_FLAGS": FAILED_FLAGS,
        "TRACE_FIELDS": {part: [field.name for field in fields] for part, fields in TRACE_PARTS.items()},
    },
)
