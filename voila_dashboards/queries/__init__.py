"""What each page shows, asked of the views ``logs`` and ``traces``: one scan for each question, values bound.

Everything in a payload is JSON-ready; times are epoch milliseconds in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from access.viewer import Viewer
from voila_dashboards.queries.overview import overview_data
from voila_dashboards.queries.source import PageNotFound, Source, list_clients
from voila_dashboards.queries.ticket import ticket_data
from voila_dashboards.queries.tickets import tickets_data

__all__ = ["PageNotFound", "Source", "page_payload"]

_PAGES = {"overview": overview_data, "tickets": tickets_data, "ticket": ticket_data}


def page_payload(
    reader: Source,
    viewer: Viewer,
    page: str,
    params: Mapping[str, str],
    now_ms: int,
    *,
    as_of_ms: int | None = None,
    is_current: bool = True,
) -> dict[str, Any]:
    """Everything the page draws; raises `PageNotFound` for a page or ticket that is not there for ``viewer``.

    ``params`` is untrusted: what cannot be understood is as if it were not given. ``as_of_ms`` is when the lake was
    last seen as it is shown here, now where it is left out; not ``is_current``: since then the store does not answer.
    """
    build = _PAGES.get(page)
    if build is None:
        raise PageNotFound(page)
    shown, data = build(reader, viewer, params, now_ms)
    return {
        "page": page,
        "viewer": viewer.as_claims(),
        "params": shown,
        "clients": list_clients(reader, viewer) if viewer.sees_many and page != "ticket" else [],
        "now_ms": now_ms,
        "as_of_ms": now_ms if as_of_ms is None else as_of_ms,
        "is_current": is_current,
        "data": data,
    }
