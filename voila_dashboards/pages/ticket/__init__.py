"""One ticket: the log's small fields, its trace, and the other executions of the same ticket."""

from __future__ import annotations

from typing import Final

from caselog.endings import (
    DONE_STATUSES,
    FAILED_FLAGS,
    FAILED_LEVELS,
    FAILED_STATUS,
    STATUS_CODES,
    STATUS_FIELDS,
)
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
        "FAILED_STATUS": FAILED_STATUS,
        "FAILED_FLAGS": FAILED_FLAGS,
        "FAILED_LEVELS": FAILED_LEVELS,
        "STATUS_FIELDS": STATUS_FIELDS,
        "STATUS_CODES": STATUS_CODES,
        "DONE_STATUSES": DONE_STATUSES,
        "TRACE_FIELDS": {part: [field.name for field in fields] for part, fields in TRACE_PARTS.items()},
    },
)
