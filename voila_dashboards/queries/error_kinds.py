"""Which kinds a ticket's errors are of, and where each was seen last.

An error's kind is its type, node and tool, and where the type says nothing, its message without what varies in it.
"""

from __future__ import annotations

from typing import Final, TypedDict, cast

from access.viewer import Viewer
from lake.columns import ERRORS, MESSAGE_PATTERN
from voila_dashboards.queries.choices import TOOL
from voila_dashboards.queries.compared import moment_of
from voila_dashboards.queries.source import Source, visible_to

#: Kinds of one ticket that are looked for in others.
MOST_OF_TICKET: Final = 10
#: Messages of a kind of one ticket by which the page knows its errors, and letters of each.
_MOST_MESSAGES: Final = 20
_LETTERS: Final = 120
#: Columns that make a kind.
_OF_KIND: Final = f"type, {MESSAGE_PATTERN}, node, tool"
#: SQL of the ticket that an error is of, shaped as `NewestTicket`.
NEWEST: Final = "{'client_id': client_id, 'log_id': log_id, 'ticket_id': ticket_id, 'message': message}"
#: A text of no letters says as little as none.
_KINDS: Final = (
    f"(SELECT * REPLACE (nullif(type, '') AS type, nullif(node, '') AS node), nullif({TOOL}, '') AS tool "  # noqa: S608
    "FROM scope_errors {where})"
)
_OF_TICKET: Final = f"""
    SELECT {_OF_KIND}, count(*) AS errors, min(message) AS message,
           coalesce(list(DISTINCT left(message, {_LETTERS})) FILTER (message <> ''), [])[:{_MOST_MESSAGES}] AS messages
    FROM {_KINDS}
    GROUP BY {_OF_KIND} ORDER BY errors DESC, type NULLS LAST, node NULLS LAST, tool NULLS LAST,
             message_pattern NULLS LAST LIMIT ?
"""  # noqa: S608 - columns of our own
#: All kinds in one pass over the client's errors.
_KINDS_OF_TICKET: Final = f"""
    WITH own AS ({_OF_TICKET}), others AS (
        SELECT {_OF_KIND}, count(DISTINCT hash(client_id, log_id)) AS tickets,
               arg_max({NEWEST.replace("{", "{{").replace("}", "}}")}, executed_at) AS newest,
               epoch_us(max(executed_at)) // 1000 AS newest_ms
        FROM {_KINDS.replace("{where}", "{others}")}
        WHERE hash({_OF_KIND}) IN (SELECT hash({_OF_KIND}) FROM own)
        GROUP BY {_OF_KIND}
    )
    SELECT own.*, coalesce(tickets, 0), newest, newest_ms
    FROM own LEFT JOIN others ON own.type IS NOT DISTINCT FROM others.type
        AND own.node IS NOT DISTINCT FROM others.node AND own.tool IS NOT DISTINCT FROM others.tool
        AND own.message_pattern IS NOT DISTINCT FROM others.message_pattern
    ORDER BY errors DESC, own.type NULLS LAST, own.node NULLS LAST, own.tool NULLS LAST,
             own.message_pattern NULLS LAST
"""  # noqa: S608 - columns of our own


class NewestTicket(TypedDict):
    """The last ticket with an error of a kind, and what that error said, cut."""

    client_id: str
    log_id: str
    ticket_id: str | None
    message: str | None


class TicketErrorKind(TypedDict):
    """A kind that errors of a ticket are of, and other tickets with it, of all times; ``newest`` is of them.

    ``messages`` are beginnings of what the ticket's own errors say, by which the page finds the kind of each.
    """

    type: str | None
    message_pattern: str | None
    node: str | None
    tool: str | None
    errors: int
    message: str | None
    messages: list[str]
    other_tickets: int
    newest: NewestTicket | None
    newest_ms: int | None


def error_kinds_of_ticket(
    reader: Source, viewer: Viewer, client_id: str, log_id: str, executed_at_ms: int
) -> list[TicketErrorKind]:
    """The kinds of a ticket's errors, the most frequent first; the caller has seen that it is the viewer's to see.

    Others are looked for in the same client's tickets. ``executed_at_ms`` is the log's, to the millisecond. None where
    the ETL has not read the log yet.
    """
    reader.need(ERRORS)
    own = visible_to(viewer, None).add("client_id = ?", client_id).add("log_id = ?", log_id)
    own.add("executed_at >= ? AND executed_at < ?", moment_of(executed_at_ms), moment_of(executed_at_ms + 1))
    others = visible_to(viewer, None).add("client_id = ?", client_id).add("log_id <> ?", log_id)
    query = _KINDS_OF_TICKET.format(where=own.where, others=others.where)
    rows = reader.sql(query, [*own.values, MOST_OF_TICKET, *others.values])
    return [
        cast("TicketErrorKind", dict(zip(TicketErrorKind.__annotations__, row, strict=True))) for row in rows
    ]
