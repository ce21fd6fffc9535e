"""The list of tickets: filters with their counts, an order, one page of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from caselog.model import KNOWN_STATUSES
from voila_dashboards.params import NO_CATEGORY, PAGE_SIZE, SORTS, TicketsParams, read_tickets
from voila_dashboards.queries.source import (
    Filter,
    Source,
    has_any,
    named_category,
    number,
    visible_to,
    within,
)
from voila_dashboards.viewer import Viewer

#: More statuses or categories than this do not help as a choice; the search does.
_CHOICES: Final = 100

_FACETS: Final = "SELECT status, category, count(*) FROM logs {where} GROUP BY ALL"
_ROWS: Final = """
    SELECT client_id, log_id, ticket_id, epoch_ms(executed_at), status, category, overall_confidence,
           execution_time_seconds, react_iterations, tool_call_count, error_count
    FROM logs {where}
    ORDER BY {sort} {direction} NULLS LAST, executed_at DESC, client_id, log_id
    LIMIT ? OFFSET ?
"""
_COLUMNS: Final = (
    "client_id",
    "log_id",
    "ticket_id",
    "executed_at_ms",
    "status",
    "category",
    "overall_confidence",
    "execution_time_seconds",
    "react_iterations",
    "tool_call_count",
    "error_count",
)


def tickets_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], dict[str, Any]]:
    """The list's parameters as understood, and its data."""
    asked = read_tickets(params, now_ms)
    facets = _facets(reader, viewer, asked)
    pages = max(1, -(-facets["found"] // PAGE_SIZE))
    page = min(asked.page, pages)
    rows = _rows(reader, viewer, asked, page) if facets["found"] else []
    data = {
        **facets,
        "has_any": bool(facets["found"]) or has_any(reader, viewer),
        "page": page,
        "pages": pages,
        "page_size": PAGE_SIZE,
        "rows": rows,
    }
    return {**asked.as_params(), "page": str(page)}, data


def _base(viewer: Viewer, asked: TicketsParams) -> Filter:
    """Everything but status and category: those are counted, so that the page can offer them."""
    chosen = within(asked.window, visible_to(viewer, asked.client_id))
    if asked.search:
        chosen.add("ticket_id ILIKE ? ESCAPE '\\'", f"%{_like(asked.search)}%")
    return chosen


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _facets(reader: Source, viewer: Viewer, asked: TicketsParams) -> dict[str, Any]:
    """How many logs each status and each category would show, and how many are found, in one scan."""
    base = _base(viewer, asked)
    by_status: Counter[str] = Counter(dict.fromkeys(asked.statuses, 0))
    by_category: Counter[str] = Counter()
    found = 0
    for status, category, count in reader.sql(_FACETS.format(where=base.where), base.values):
        fits_status = not asked.statuses or status in asked.statuses
        fits_category = not asked.category or named_category(category) == asked.category
        by_status[status or ""] += count if fits_category else 0
        by_category[named_category(category)] += count if fits_status else 0
        found += count if fits_status and fits_category else 0
    return {
        "found": found,
        "statuses": [{"name": name, "count": by_status[name]} for name in _in_order(by_status)],
        "categories": [{"name": name, "count": by_category[name]} for name in sorted(by_category)[:_CHOICES]],
    }


def _in_order(by_status: Counter[str]) -> list[str]:
    known = [status for status in KNOWN_STATUSES if status in by_status]
    own = sorted(status for status in by_status if status and status not in KNOWN_STATUSES)
    return [*known, *own][:_CHOICES]


def _rows(reader: Source, viewer: Viewer, asked: TicketsParams, page: int) -> list[dict[str, Any]]:
    chosen = _base(viewer, asked)
    if asked.statuses:
        chosen.add("list_contains(?, status)", list(asked.statuses))
    if asked.category == NO_CATEGORY:
        chosen.add("category IS NULL OR category IN ('', ?)", NO_CATEGORY)
    elif asked.category:
        chosen.add("category = ?", asked.category)
    sort = SORTS[SORTS.index(asked.sort)]  # from our own list, never from the URL
    query = _ROWS.format(where=chosen.where, sort=sort, direction=asked.direction)
    rows = reader.sql(query, [*chosen.values, PAGE_SIZE, (page - 1) * PAGE_SIZE])
    return [
        {
            column: number(value) if isinstance(value, float) else value
            for column, value in zip(_COLUMNS, row, strict=True)
        }
        for row in rows
    ]
