"""The list of tickets: filters with their counts, an order, one page of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from access.viewer import Viewer
from caselog.model import KNOWN_STATUSES
from voila_dashboards.params import NO_CATEGORY, PAGE_SIZE, SORTS, TicketsParams, read_tickets
from voila_dashboards.queries.source import (
    Filter,
    Source,
    chosen_client,
    has_any,
    named_category,
    number,
    visible_to,
    within,
)

#: More statuses or categories than this do not help as a choice; the search does.
_CHOICES: Final = 100

_FACETS: Final = "SELECT status, category, count(*) FROM logs {where} GROUP BY ALL"
#: Where the page's last row lies in the order: of two narrow columns, 20 ms of a million logs. Then only the rows up
#: to it are read whole; sorting all of them by their ids reads every id (70 to 110 ms).
_LAST: Final = """
    SELECT {sort}, executed_at FROM logs {where}
    ORDER BY {sort} {direction} NULLS LAST, executed_at DESC LIMIT ? OFFSET ?
"""
#: Of so many rows the times are told one by one, so that only the pieces of the files that hold them are unpacked.
_MOST_TIMES: Final = 2 * PAGE_SIZE
_ROWS: Final = """
    SELECT client_id, log_id, ticket_id, epoch_us(executed_at) // 1000, status, category, overall_confidence,
           execution_time_seconds, react_iterations, tool_call_count, error_count
    FROM logs {where}
    ORDER BY {sort} {direction} NULLS LAST, executed_at DESC, client_id, log_id
    LIMIT ? OFFSET ?
"""
#: A limit over 50 keeps DuckDB from looking for the rows first and reading them a second time.
_ONE_MORE: Final = PAGE_SIZE + 1
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
    asked = replace(asked, client_id=chosen_client(viewer, asked.client_id))
    facets = _facets(reader, viewer, asked)
    pages = max(1, -(-facets["found"] // PAGE_SIZE))
    page = min(asked.page, pages)
    rows = _rows(reader, viewer, asked, page, facets["found"]) if facets["found"] else []
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


def _filtered(viewer: Viewer, asked: TicketsParams) -> Filter:
    chosen = _base(viewer, asked)
    if asked.statuses:
        # Not a list in one value: a comparison is pushed down to the files' dictionaries, a function is not.
        chosen.add(f"status IN ({', '.join('?' * len(asked.statuses))})", *asked.statuses)
    if asked.category == NO_CATEGORY:
        chosen.add("category IS NULL OR category IN ('', ?)", NO_CATEGORY)
    elif asked.category:
        chosen.add("category = ?", asked.category)
    return chosen


def _rows(
    reader: Source, viewer: Viewer, asked: TicketsParams, page: int, found: int
) -> list[dict[str, Any]]:
    """The rows of a page of the ``found`` logs."""
    chosen = _filtered(viewer, asked)
    # From our own list, never from the URL.
    order = {"sort": SORTS[SORTS.index(asked.sort)], "direction": asked.direction}
    end = min(page * PAGE_SIZE, found)
    first = 0 if end <= _MOST_TIMES else end - 1
    upto = reader.sql(_LAST.format(where=chosen.where, **order), [*chosen.values, end - first, first])
    value, executed_at = upto[-1]
    if first == 0:
        times = sorted({moment for _, moment in upto})
        chosen.add(f"executed_at IN ({', '.join('?' * len(times))})", *times)
    _add_up_to(chosen, asked, value, executed_at)
    query = _ROWS.format(where=chosen.where, **order)
    rows = reader.sql(query, [*chosen.values, _ONE_MORE, (page - 1) * PAGE_SIZE])[:PAGE_SIZE]
    return [
        {
            column: number(value) if isinstance(value, float) else value
            for column, value in zip(_COLUMNS, row, strict=True)
        }
        for row in rows
    ]


def _add_up_to(chosen: Filter, asked: TicketsParams, value: object, executed_at: object) -> None:
    """Narrow ``chosen`` to what comes no later in the order than a row with these two values."""
    if asked.sort == "executed_at":
        chosen.add(f"executed_at {'<=' if asked.direction == 'asc' else '>='} ?", executed_at)
    elif value is None:  # unknown values are last
        chosen.add(f"{asked.sort} IS NOT NULL OR executed_at >= ?", executed_at)
    else:
        before = "<=" if asked.direction == "asc" else ">="
        chosen.add(f"{asked.sort} {before} ?", value)
        chosen.add(f"{asked.sort} <> ? OR executed_at >= ?", value, executed_at)
