"""What each page shows, asked of the views ``logs`` and ``traces``: one scan for each question, values bound.

Everything in a payload is JSON-ready; times are epoch milliseconds in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voila_dashboards.queries.overview import overview_data
from voila_dashboards.queries.source import PageNotFound, Source, list_clients
from voila_dashboards.queries.ticket import ticket_data
from voila_dashboards.queries.tickets import tickets_data
from voila_dashboards.viewer import Viewer

__all__ = ["PageNotFound", "Source", "page_payload"]

_PAGES = {"overview": overview_data, "tickets": tickets_data, "ticket": ticket_data}


def page_payload(
    reader: Source, viewer: Viewer, page: str, params: Mapping[str, str], now_ms: int
) -> dict[str, Any]:
    """Everything the page draws; raises `PageNotFound` for a page or ticket that is not there for ``viewer``.

    ``params`` is untrusted: what cannot be understood is as if it were not given.
    """
    build = _PAGES.get(page)
    if build is None:
        raise PageNotFound(page)
    shown, data = build(reader, viewer, params, now_ms)
    return {
        "page": page,
        "viewer": {
            "role": viewer.role,
            "client_id": viewer.client_id,
            "display_name": viewer.display_name,
        },
        "params": shown,
        "clients": list_clients(reader) if viewer.role == "provider" and page != "ticket" else [],
        "now_ms": now_ms,
        "data": data,
    }
