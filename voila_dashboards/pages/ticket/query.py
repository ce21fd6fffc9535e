"""One ticket: a row, its trace, and one count of the other executions of the same ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from access.viewer import Viewer
from voila_dashboards.pages.ticket.payload import TicketData
from voila_dashboards.params import read_client, read_text
from voila_dashboards.queries.error_kinds import TicketErrorKind, error_kinds_of_ticket
from voila_dashboards.queries.one_ticket import Log, find_log, no_such_ticket, same_ticket, trace_text
from voila_dashboards.queries.source import Source

#: What of the ticket is looked at: a step by its key, a part of the page, words to find. Only the browser acts on them.
_SHOWN: Final = ("step", "part", "find")
#: The parts of the page that an address may open it at.
PARTS: Final = ("", "conversation", "steps")
#: What stands in every trace in which something failed: a field or a type of errors, a call's flag or status.
_OF_FAILURE: Final = re.compile(
    r'"(?:(?:is_?)?errors?|errored|exception|fail|failed|failure|timeout|timed[ _]out|incomplete)"|[_-]error"',
    re.IGNORECASE,
)


def ticket_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], _now_ms: int
) -> tuple[dict[str, str], TicketData]:
    """The ticket's address as understood, and its data; raises `PageNotFound`."""
    client_id, log_id = read_client(params.get("client_id")), params.get("log_id")
    if client_id is None or not isinstance(log_id, str):
        raise no_such_ticket()
    log = find_log(reader, viewer, client_id, log_id)
    trace = trace_text(reader, log)
    data: TicketData = {
        "log": log,
        **trace,
        "same_ticket": same_ticket(reader, log),
        "error_kinds": _error_kinds(reader, viewer, log, trace["trace"]),
    }
    shown = {name: read_text(params.get(name)) for name in _SHOWN}
    part = shown["part"] if shown["part"] in PARTS else ""
    return {"client_id": client_id, "log_id": log["log_id"], **shown, "part": part}, data


def _error_kinds(reader: Source, viewer: Viewer, log: Log, trace: str | None) -> list[TicketErrorKind]:
    """The kinds of what went wrong; of a trace in which nothing did, nothing is asked."""
    may_have = log["error_count"] != 0 if trace is None else _OF_FAILURE.search(trace)
    if not may_have:
        return []
    return error_kinds_of_ticket(reader, viewer, log["client_id"], log["log_id"], log["executed_at_ms"])
