"""What the list of tickets may be asked for: filters, an order, columns, a page of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voila_dashboards.conditions import Conditions, unread_conditions, unread_statuses
from voila_dashboards.params import Param
from voila_dashboards.periods import period_params
from voila_dashboards.queries.ticket_order import SORTS
from voila_dashboards.words import Words

PARAMS: Final = {
    **period_params("all"),
    "client": Param(),
    **{name: Param() for name in Conditions().as_params()},
    "status": Param(unread=unread_statuses),
    "where": Param(unread=unread_conditions),
    "failed_calls": Param(choices=("", "1")),
    "sort": Param("executed_at", Words("SortKey", tuple(SORTS))),
    "dir": Param("desc", ("asc", "desc"), default_by=("sort", SORTS)),
    "columns": Param(unread=lambda names: [name for name in names.split(",") if name and name not in SORTS]),
    "after": Param(),
    "before": Param(),
}


def read_columns(params: Mapping[str, str]) -> tuple[str, ...]:
    """The columns to be shown, in the order of the list; none means those that the page shows of itself.

    >>> read_columns({"columns": "cost_usd,made_up,status"})
    ('status', 'cost_usd')
    """
    wanted = set(params.get("columns", "").split(","))
    return tuple(name for name in SORTS if name in wanted)
