"""The list of tickets: what is found, what can be chosen, and one page of it in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypedDict

from access.viewer import Viewer
from caselog.model import KNOWN_STATUSES
from lake.columns import SCOPE_LOGS
from voila_dashboards.conditions import COLUMNS, Conditions, read_conditions
from voila_dashboards.pages.tickets.params import read_columns
from voila_dashboards.pages.tickets.payload import TicketChoice, TicketRow, TicketsData
from voila_dashboards.params import read_client
from voila_dashboards.periods import read_period
from voila_dashboards.queries.keyset import END, Order, Place, beyond, encode_place, read_place, up_to
from voila_dashboards.queries.narrowing import chosen_only, fits, narrowed, visible
from voila_dashboards.queries.source import Filter, Source, chosen_client, has_any, number
from voila_dashboards.queries.ticket_order import read_order

PAGE_SIZE: Final = 50
#: Values of a choice that are offered, the most frequent first; the words find the others.
_MOST_CHOICES: Final = 100

_CHOSEN: Final = {"status": "status", **COLUMNS}
#: Each choice counts what it would show: all that the others leave. Rows are read once, and counted by all four; what
#: each choice shows is then a sum of few counts.
_FACETS: Final = """
    WITH {hits} counted AS (
        SELECT status, category, workflow_version, environment, count(*) AS tickets FROM {rows} GROUP BY ALL
    ), fitting AS (
        SELECT *, {fits} FROM counted
    )
    SELECT grouping(status, category, workflow_version, environment), status, category, workflow_version, environment,
           {counts}, {newest}
    FROM fitting
    GROUP BY GROUPING SETS ((status), (category), (workflow_version), (environment), ())
"""
_ALL_ROWS: Final = "(FROM logs {where})"
#: The newest that fit, found on the way where it is dear to look for them once more: texts are read once then.
_HITS: Final = """hits AS MATERIALIZED (
        SELECT status, category, workflow_version, environment, executed_at FROM logs {where}
    ),"""
_NEWEST: Final = f"(SELECT max(executed_at, {PAGE_SIZE + 1}) FROM hits {{where}})"  # noqa: S608 - of our own
#: Which grouping set a row is of: a bit is set for each column that is not grouped by.
_SETS: Final = {"status": 0b0111, "category": 0b1011, "version": 0b1101, "environment": 0b1110}
_ALL: Final = 0b1111

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
    facets, newest = _facets(reader, base, conditions, with_newest=with_newest)
    listed = _List(reader, chosen_only(base, conditions), order, facets["found"], newest)
    rows, page = _page(listed, params) if facets["found"] else ([], _NO_PAGE)
    data: TicketsData = {
        **facets,
        "has_any": bool(facets["found"]) or has_any(reader, viewer),
        "ignored": list(conditions.ignored),
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
        **{name: params.get(name, "") for name in ("after", "before")},
    }
    return shown, data


# ------------------------------------------------------------ what can be chosen


class _Facets(TypedDict):
    found: int
    statuses: list[TicketChoice]
    categories: list[TicketChoice]
    versions: list[TicketChoice]
    environments: list[TicketChoice]


def _facets(
    reader: Source, base: Filter, conditions: Conditions, *, with_newest: bool
) -> tuple[_Facets, list[datetime]]:
    """How many tickets each value of each choice would show, and how many are found, in one scan.

    ``with_newest``: and when the newest of these were executed.
    """
    rules = fits(conditions)
    columns = ", ".join(
        f"{rule.clauses[0] if rule.clauses else 'true'} AS fits_{name}" for name, rule in rules.items()
    )
    values = [value for rule in rules.values() for value in rule.values]
    query = _FACETS.format(
        hits=_HITS.format(where=base.where) if with_newest else "",
        rows="hits" if with_newest else _ALL_ROWS.format(where=base.where),
        counts=", ".join(_count_of([other for other in rules if other != name]) for name in (*rules, "")),
        fits=columns,
        newest=_NEWEST.format(where=chosen_only(Filter(), conditions).where) if with_newest else "NULL",
    )
    asked = [*base.values, *values, *(values if with_newest else ())]
    found, times = 0, list[datetime]()
    told: dict[str, list[TicketChoice]] = {name: [] for name in rules}
    for which, *row, newest_of_set in reader.sql(query, asked):
        names, counted = row[: len(rules)], row[len(rules) :]
        if which == _ALL:
            found, times = counted[-1], newest_of_set or []
        for place, name in enumerate(rules):
            if which == _SETS[name]:
                told[name].append({"name": names[place] or None, "count": counted[place]})
    facets: _Facets = {
        "found": found,
        "statuses": _in_order(told["status"], conditions.statuses),
        "categories": _most(told["category"]),
        "versions": _most(told["version"]),
        "environments": _most(told["environment"]),
    }
    return facets, times


def _count_of(names: Iterable[str]) -> str:
    fit = " AND ".join(f"fits_{name}" for name in names)
    return f"coalesce(sum(CASE WHEN {fit} THEN tickets END), 0)::BIGINT"


def _most(choices: Sequence[TicketChoice]) -> list[TicketChoice]:
    """The most frequent values, each once; what stands for none may be told in two ways."""
    counts: dict[str | None, int] = {}
    for choice in choices:
        counts[choice["name"]] = counts.get(choice["name"], 0) + choice["count"]
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0] is None, each[0] or ""))
    return [{"name": name, "count": count} for name, count in ordered[:_MOST_CHOICES]]


def _in_order(choices: Sequence[TicketChoice], asked: Sequence[str]) -> list[TicketChoice]:
    """Statuses that are known in their order, then others by number; one that was asked for is always there."""
    wanted: list[TicketChoice] = [{"name": name, "count": 0} for name in asked]
    most = _most([*choices, *wanted])
    known = [choice for name in KNOWN_STATUSES for choice in most if choice["name"] == name]
    return [*known, *(choice for choice in most if choice not in known)]


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
