"""The list of tickets: what is found, what can be chosen, and one page of it in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypedDict

from access.viewer import Viewer
from lake.columns import SCOPE_LOGS
from voila_dashboards.conditions import read_conditions
from voila_dashboards.pages.tickets.facets import count_facets
from voila_dashboards.pages.tickets.params import read_columns
from voila_dashboards.pages.tickets.payload import TicketRow, TicketsData
from voila_dashboards.params import read_client
from voila_dashboards.periods import read_period
from voila_dashboards.queries.keyset import END, Order, Place, beyond, encode_place, read_place, up_to
from voila_dashboards.queries.narrowing import chosen_only, narrowed, visible
from voila_dashboards.queries.source import Filter, Source, chosen_client, has_any, number
from voila_dashboards.queries.ticket_order import read_order

PAGE_SIZE: Final = 50
#: Where the page's last row lies in the order, by two narrow columns; only rows up to it are read whole.
_LAST: Final = "SELECT {column}, executed_at FROM logs {where} ORDER BY {order} LIMIT ?"
_FIELDS: Final = (
    *("client_id", "log_id", "ticket_id", "status", "category", "workflow_version", "environment"),
    *("overall_confidence", "hallucination_risk", "execution_time_seconds", "react_iterations"),
    *("tool_call_count", "failed_tool_calls", "error_count", "input_tokens", "output_tokens", "cost_usd"),
    "trace_bytes",
)
_ROWS: Final = f"""
    SELECT {{column}}, executed_at, epoch_us(executed_at) // 1000, {", ".join(_FIELDS)}
    FROM logs {{where}} ORDER BY {{order}} LIMIT ?
"""  # noqa: S608 - columns of our own
#: A limit over 50 keeps DuckDB from looking for the rows first and reading them a second time.
_ONE_MORE: Final = PAGE_SIZE + 1


def tickets_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], TicketsData]:
    """The list's parameters as understood, and its data."""
    period, conditions = read_period(params, now_ms, "all"), read_conditions(params)
    client_id = chosen_client(viewer, read_client(params.get("client")))
    base = narrowed(reader, visible(viewer, client_id, period), conditions, viewer, period)
    order = read_order(params)
    with_newest = bool(conditions.words) and order.is_by_time and not order.is_ascending
    facets, newest = count_facets(reader, base, conditions, _ONE_MORE if with_newest else 0)
    listed = _List(reader, chosen_only(base, conditions), order, facets["found"], newest)
    rows, page = _page(listed, params) if facets["found"] else ([], _NO_PAGE)
    data: TicketsData = {
        **facets,
        "has_any": bool(facets["found"]) or has_any(reader, viewer),
        "page_size": PAGE_SIZE,
        "rows": rows,
        **page,
    }
    shown = {
        **period.as_params(),
        "client": client_id or "",
        **conditions.as_params(),
        "sort": order.column,
        "dir": "asc" if order.is_ascending else "desc",
        "columns": ",".join(read_columns(params)),
        **_places(params, order),
    }
    return shown, data


# ------------------------------------------------------------ one page


class _Page(TypedDict):
    first: int
    before: str | None
    after: str | None


_NO_PAGE: Final[_Page] = {"first": 0, "before": None, "after": None}


@dataclass(frozen=True)
class _List:
    """What is found, in its order; ``newest`` are the times of its first rows, where they are known."""

    reader: Source
    chosen: Filter
    order: Order
    found: int
    newest: Sequence[datetime]


def _places(params: Mapping[str, str], order: Order) -> dict[str, str]:
    """Where the page begins or ends, as the address says it; nothing where that is no place in this order."""
    kind, given = SCOPE_LOGS[order.column], {name: params.get(name, "") for name in ("after", "before")}
    return {
        name: value if read_place(value, order, kind) or (name, value) == ("before", END) else ""
        for name, value in given.items()
    }


def _page(listed: _List, params: Mapping[str, str]) -> tuple[list[TicketRow], _Page]:
    """The rows that ``after`` or ``before`` ask for, and how to go on from them."""
    kind = SCOPE_LOGS[listed.order.column]
    after = read_place(params.get("after"), listed.order, kind)
    before = None if after else read_place(params.get("before"), listed.order, kind)
    if after is None and (before is not None or params.get("before") == END):
        return _page_before(listed, before)
    return _page_after(listed, after)


def _page_after(listed: _List, place: Place | None) -> tuple[list[TicketRow], _Page]:
    rows = _rows(listed, place, PAGE_SIZE + 1)
    first = 0 if place is None else place.rank + 1
    page = _around(rows[:PAGE_SIZE], first, has_after=len(rows) > PAGE_SIZE)
    return [_row(row) for row in rows[:PAGE_SIZE]], page


def _page_before(listed: _List, place: Place | None) -> tuple[list[TicketRow], _Page]:
    """The page that ends before ``place``, or the last of all."""
    # The last page holds what is left over, so that the others are those that one sees going forward.
    wanted = PAGE_SIZE if place else (listed.found - 1) % PAGE_SIZE + 1
    back = replace(listed, order=replace(listed.order, is_back=True), newest=())
    rows = _rows(back, place, wanted + 1)
    if place and len(rows) < wanted:
        return _page_after(listed, None)  # the first page is a whole one
    shown = rows[:wanted][::-1]
    first = max(0, (place.rank if place else listed.found) - len(shown)) if len(rows) > wanted else 0
    return [_row(row) for row in shown], _around(shown, first, has_after=place is not None)


def _around(rows: Sequence[Sequence[Any]], first: int, *, has_after: bool) -> _Page:
    if not rows:
        return {**_NO_PAGE, "before": END if first else None}
    return {
        "first": first + 1,
        "before": encode_place(_place(rows[0], first)) if first > 0 else None,
        "after": encode_place(_place(rows[-1], first + len(rows) - 1)) if has_after else None,
    }


def _rows(listed: _List, place: Place | None, count: int) -> list[tuple[Any, ...]]:
    """So many rows from ``place`` on, in the order."""
    order, asked = listed.order, Filter([*listed.chosen.clauses], [*listed.chosen.values])
    if place is not None:
        beyond(asked, order, place)
    upto = (
        _upto(listed, asked, count) if place or not listed.newest else [(t, t) for t in listed.newest[:count]]
    )
    if not upto:
        return []
    value, executed_at = upto[-1]
    times = sorted({moment for _, moment in upto})
    asked.add(f"executed_at IN ({', '.join('?' * len(times))})", *times)
    up_to(asked, order, value, executed_at)
    query = _ROWS.format(column=order.column, where=asked.where, order=order.sql)
    return listed.reader.sql(query, [*asked.values, max(count, _ONE_MORE)])[:count]


def _upto(listed: _List, asked: Filter, count: int) -> list[tuple[Any, ...]]:
    """Value and time of so many rows, by narrow columns alone."""
    order = listed.order
    query = _LAST.format(column=order.column, where=asked.where, order=order.narrow_sql)
    return listed.reader.sql(query, [*asked.values, count])


def _place(row: Sequence[Any], rank: int) -> Place:
    value, executed_at, _, client_id, log_id, *_ = row
    return Place(value, executed_at, client_id, log_id, rank)


def _row(row: Sequence[Any]) -> TicketRow:
    _, _, executed_at_ms, *values = row
    fields = {
        name: number(value) if isinstance(value, float) else value
        for name, value in zip(_FIELDS, values, strict=True)
    }
    return {**fields, "executed_at_ms": executed_at_ms}  # type: ignore[typeddict-item]
