"""What a ticket's page is drawn from. Times are UTC epoch ms, sizes are in bytes; what a log did not tell is None."""

from __future__ import annotations

from voila_dashboards.queries.error_kinds import TicketErrorKind
from voila_dashboards.queries.one_ticket import Executions, Log, TraceText


class TicketData(TraceText):
    """Everything a ticket's page draws; ``error_kinds`` are none too where the ETL has not read the log yet."""

    log: Log
    same_ticket: Executions
    error_kinds: list[TicketErrorKind]
