"""What goes wrong, where, since when and for whom.

An error is a row of the table ``errors``: an entry of the trace's list, or what a tool call, an iteration or a node
says of its own failure. Its kind is its type, its node and its tool, where it was a tool that failed; where the type
says nothing, also its message without what varies in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from access.viewer import Viewer
from lake.columns import MESSAGE_PATTERN
from voila_dashboards.pages.errors.params import CHOICES, SORTS
from voila_dashboards.pages.errors.payload import ErrorKind, ErrorsData, ErrorTotals
from voila_dashboards.periods import Period, read_period
from voila_dashboards.queries.choices import OF_ERROR_COLUMNS, TOOL, narrow, of_client, read_choices
from voila_dashboards.queries.compared import Compared, compared
from voila_dashboards.queries.error_kinds import NEWEST
from voila_dashboards.queries.source import Filter, Source

#: Kinds of a page, and of them clients and versions that are named; a page says how many more there are.
MOST_KINDS: Final = 200
MOST_NAMED: Final = 5

#: A text of no letters says as little as none: neither is a kind of its own.
_COLUMNS: Final = (
    "client_id, log_id, ticket_id, executed_at, workflow_version, log_status, "
    f"nullif(type, '') AS type, nullif(node, '') AS node, nullif({TOOL}, '') AS tool, message, {MESSAGE_PATTERN}"
)
#: The narrow columns of all errors make the order; the texts are read of the kinds that are shown.
_KINDS: Final = """
    SELECT type, node, tool, message_pattern,
           count(CASE WHEN is_now THEN 1 END) AS errors,
           count(CASE WHEN NOT is_now THEN 1 END) AS before,
           count(DISTINCT CASE WHEN is_now THEN hash(client_id, log_id) END) AS tickets,
           count(DISTINCT CASE WHEN is_now AND log_status = 'SUCCESS' THEN hash(client_id, log_id) END) AS in_successes,
           epoch_us(min(CASE WHEN is_now THEN executed_at END)) // 1000 AS first_seen,
           epoch_us(max(CASE WHEN is_now THEN executed_at END)) // 1000 AS last_seen,
           count(DISTINCT CASE WHEN is_now THEN client_id END) AS clients,
           list_sort(list(DISTINCT client_id) FILTER (is_now)) AS client_ids,
           histogram(coalesce(workflow_version, '')) FILTER (is_now) AS versions,
           arg_max({newest}, executed_at) FILTER (is_now) AS newest,
           count(*) OVER () AS kinds
    FROM {rows}
    GROUP BY type, node, tool, message_pattern
    ORDER BY {order}, errors DESC, type NULLS LAST, node NULLS LAST, tool NULLS LAST, message_pattern NULLS LAST
    LIMIT ?
"""
_ORDERS: Final = {
    "errors": "errors DESC",
    "change": "errors - before DESC",
    "last_seen": "last_seen DESC NULLS LAST",
    "first_seen": "first_seen DESC NULLS LAST",
    "tickets": "tickets DESC",
}
#: How a run ended is not told by rows that an earlier version made: they may be of one that failed.
_TOTALS: Final = """
    SELECT is_now, count(*), count(DISTINCT hash(client_id, log_id)),
           count(DISTINCT CASE WHEN coalesce(log_status, 'FAILED') = 'FAILED' THEN hash(client_id, log_id) END)
    FROM {rows} GROUP BY is_now
"""
_TICKETS: Final = """
    SELECT is_now, count(*), count(CASE WHEN failed_tool_calls > 0 THEN 1 END), sum(failed_tool_calls),
           count(CASE WHEN failed_tool_calls > 0 AND status = 'SUCCESS' THEN 1 END),
           count(CASE WHEN status = 'FAILED' THEN 1 END)
    FROM {rows} GROUP BY is_now
"""


def errors_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], ErrorsData]:
    """The page's parameters as understood, and its data."""
    is_behind = bool(reader.need("errors"))
    period = read_period(params, now_ms, "30d")
    client_id, _ = of_client(viewer, params)
    choices = read_choices(params, CHOICES)
    sort = params.get("sort", "")
    sort = sort if sort in SORTS else SORTS[0]
    rows = _rows(viewer, params, choices, period, now_ms)
    found = reader.sql(
        _KINDS.format(rows=rows.rows, order=_ORDERS[sort], newest=NEWEST), [*rows.values, MOST_KINDS]
    )
    of_errors = _counts(reader, _TOTALS, rows)
    of_tickets = _counts(reader, _TICKETS, _tickets(viewer, params, choices, period, now_ms))
    is_of_kinds = any(choices[name] for name in OF_ERROR_COLUMNS)
    data: ErrorsData = {
        "current": _total(of_errors[True], of_tickets[True]),
        "previous": _total(of_errors[False], of_tickets[False]) if rows.has_before else None,
        "failed_untold": None if is_of_kinds else max(0, of_tickets[True][-1] - of_errors[True][-1]),
        "kinds": [_kind(row, has_before=rows.has_before) for row in found],
        "more_kinds": max(0, found[0][-1] - len(found)) if found else 0,
        "is_behind": is_behind,
    }
    return {**period.as_params(), "client": client_id, **choices, "sort": sort}, data


def _rows(
    viewer: Viewer, params: Mapping[str, str], choices: Mapping[str, str], period: Period, now_ms: int
) -> Compared:
    chosen = _of_tickets(viewer, params, choices)
    for name, column in OF_ERROR_COLUMNS.items():
        narrow(chosen, column, choices[name])
    return compared("scope_errors", _COLUMNS, period, now_ms, chosen)


def _tickets(
    viewer: Viewer, params: Mapping[str, str], choices: Mapping[str, str], period: Period, now_ms: int
) -> Compared:
    chosen = _of_tickets(viewer, params, choices)
    return compared("logs", "status, failed_tool_calls", period, now_ms, chosen)


def _of_tickets(viewer: Viewer, params: Mapping[str, str], choices: Mapping[str, str]) -> Filter:
    """What narrows tickets and errors alike."""
    _, chosen = of_client(viewer, params)
    narrow(chosen, "workflow_version", choices["version"])
    narrow(chosen, "environment", choices["environment"])
    return narrow(chosen, "category", choices["category"])


def _counts(reader: Source, query: str, asked: Compared) -> dict[bool, Sequence[Any]]:
    """What `_TOTALS` or `_TICKETS` counts, of now (True) and of the time before."""
    found = reader.sql(query.format(rows=asked.rows), asked.values)
    return {True: (0,) * 5, False: (0,) * 5, **{is_now: values for is_now, *values in found}}


def _total(errors: Sequence[Any], tickets: Sequence[Any]) -> ErrorTotals:
    return {
        "errors": errors[0],
        "tickets": tickets[0],
        "tickets_with_errors": errors[1],
        "failed_calls": int(tickets[2] or 0),
        "tickets_with_failed_calls": tickets[1],
        "successes_with_failed_calls": tickets[3],
    }


def _kind(row: Sequence[Any], *, has_before: bool) -> ErrorKind:
    kind, node, tool, pattern, *figures = row
    errors, before, tickets, in_successes, first, last, clients, ids, told, newest, _ = figures
    versions = sorted((told or {}).items(), key=lambda each: (-each[1], each[0]))
    return {
        "type": kind,
        "message_pattern": pattern,
        "node": node,
        "tool": tool,
        "errors": errors,
        "before": before if has_before else None,
        "tickets": tickets,
        "in_successes": in_successes,
        "first_seen_ms": first,
        "last_seen_ms": last,
        "clients": clients,
        "client_ids": (ids or [])[:MOST_NAMED],
        "versions": [{"version": name or None, "errors": count} for name, count in versions[:MOST_NAMED]],
        "more_versions": max(0, len(versions) - MOST_NAMED),
        "newest": newest,
    }
