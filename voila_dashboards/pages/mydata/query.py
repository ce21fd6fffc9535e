"""One client's data: what arrived of it, what stands in it, what was masked, and what was set for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from access.viewer import Viewer
from voila_dashboards.client_facts import ClientFacts, told_to
from voila_dashboards.pages.mydata.logged import count_fields, find_own, logged
from voila_dashboards.pages.mydata.masked import count_masked
from voila_dashboards.pages.mydata.payload import Arrived, ClientData, ClientRow, MyData
from voila_dashboards.params import read_client
from voila_dashboards.periods import Period, read_period
from voila_dashboards.queries.compared import within
from voila_dashboards.queries.losses import count_losses
from voila_dashboards.queries.source import Filter, Source, chosen_client, visible_to

#: Clients that are listed to choose from; the choice above has them all.
MOST_CLIENTS: Final = 500
_CLIENTS: Final = """
    SELECT client_id, count(*) AS tickets, count(CASE WHEN trace_bytes > 0 THEN 1 END), sum(lost_logs), count(*) OVER ()
    FROM logs {where} GROUP BY client_id ORDER BY tickets DESC, client_id LIMIT ?
"""
_OLDEST: Final = "SELECT epoch_ms(min(executed_at)) FROM logs {where}"


def my_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], MyData]:
    """The page's parameters as understood, and its data; of a client that is not the viewer's there is none."""
    period = read_period(params, now_ms, "30d")
    chosen = chosen_client(viewer, read_client(params.get("client")))
    client_id = viewer.scope.only_client or chosen
    shown = {**period.as_params(), "client": chosen or ""}
    if client_id is None:
        rows, more = _to_choose(reader, within(period.span, visible_to(viewer, None)))
        return shown, {"of_client": None, "to_choose": rows, "more_to_choose": more}
    found = _of_client(reader, viewer, client_id, period)
    return shown, {"of_client": found, "to_choose": [], "more_to_choose": 0}


def _to_choose(reader: Source, chosen: Filter) -> tuple[list[ClientRow], int]:
    found = reader.sql(_CLIENTS.format(where=chosen.where), [*chosen.values, MOST_CLIENTS])
    rows: list[ClientRow] = [
        {"client_id": client_id, "tickets": tickets, "with_trace": with_trace, "lost": int(lost or 0)}
        for client_id, tickets, with_trace, lost, _ in found
    ]
    return rows, found[0][-1] - len(rows) if found else 0


def _of_client(reader: Source, viewer: Viewer, client_id: str, period: Period) -> ClientData:
    own = visible_to(viewer, None).add("client_id = ?", client_id)
    chosen = within(period.span, Filter([*own.clauses], [*own.values]))
    counts = count_fields(reader, chosen)
    return {
        "client_id": client_id,
        "arrived": _arrived(reader, own, chosen, counts),
        "logged": logged(counts, *find_own(reader, chosen)),
        "masked": count_masked(reader, chosen, counts["tickets"]),
        "facts": _facts(reader, viewer, client_id),
    }


def _arrived(reader: Source, own: Filter, chosen: Filter, counts: Mapping[str, int]) -> Arrived:
    [(oldest_ms,)] = reader.sql(_OLDEST.format(where=own.where), own.values)
    return {
        "tickets": counts["tickets"],
        "with_trace": counts["trace"],
        "lost": counts["lost"],
        "lost_by_reason": count_losses(reader, chosen) if counts["lost"] else [],
        "oldest_ms": oldest_ms,
    }


def _facts(reader: Source, viewer: Viewer, client_id: str) -> ClientFacts | None:
    """What the gateway tells, narrowed to the viewer's scope here as there."""
    facts = reader.client_facts(client_id)
    return None if facts is None else told_to(viewer.scope, facts)
