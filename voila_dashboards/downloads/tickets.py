"""The tickets of a filtered list, some thousands at a time, in the list's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from access.viewer import Viewer
from lake.columns import SCOPE_LOGS
from voila_dashboards.conditions import read_conditions
from voila_dashboards.params import read_client
from voila_dashboards.periods import read_period
from voila_dashboards.queries.keyset import Order, Place, beyond, up_to
from voila_dashboards.queries.narrowing import chosen_only, narrowed, visible
from voila_dashboards.queries.source import Filter, Source, chosen_client
from voila_dashboards.queries.ticket_order import read_order

#: What one file holds at most.
MOST_TICKETS: Final = 1_000_000
#: So many clients of a file are named to the audit, those with the most tickets; the others are counted.
MOST_NAMED: Final = 100
#: More are not sorted to tell whose the first are: their sort keys alone would fill this process's memory.
_MOST_SORTED: Final = 8 * MOST_TICKETS
#: Read at once: what is in memory at a time.
BATCH: Final = 20_000
#: Columns of a file to their kinds, `lake.columns`; the words to search by are no part of a log.
COLUMNS: Final[Mapping[str, str]] = {name: kind for name, kind in SCOPE_LOGS.items() if name != "search_text"}

#: Times as numbers: to make each an object with a zone would cost as much as all the rest.
_SELECTED: Final = ", ".join(
    f"epoch_us({name})" if kind == "timestamp" else name for name, kind in COLUMNS.items()
)
#: Where a batch ends, by two narrow columns: then only its own rows are sorted whole, and held in memory.
_LAST: Final = "SELECT {column}, executed_at FROM logs {where} ORDER BY {order} LIMIT ?"
_ROWS: Final = f"""
    SELECT {{column}}, executed_at, {_SELECTED} FROM logs {{where}} ORDER BY {{order}} LIMIT ?
"""  # noqa: S608 - columns of our own
_CLIENTS: Final = (
    "SELECT client_id, count(*) FROM {rows} GROUP BY client_id ORDER BY count(*) DESC, client_id"
)
_FIRST: Final = "(SELECT client_id FROM logs {where} ORDER BY {order} LIMIT ?)"
_PLACES: Final = {name: place for place, name in enumerate(COLUMNS)}


@dataclass(frozen=True)
class Tickets:
    """What somebody asked for, of which a file holds the first `MOST_TICKETS`.

    ``clients`` says how many of all that were found each client has, the one with the most first.
    """

    reader: Source
    chosen: Filter
    order: Order
    clients: Mapping[str, int]

    @property
    def found(self) -> int:
        """How many there are."""
        return sum(self.clients.values())

    @property
    def count(self) -> int:
        """How many the file holds."""
        return min(self.found, MOST_TICKETS)

    def to_json(self) -> dict[str, Any]:
        """What the gateway is told before the file: for its name, and for the audit."""
        clients = self._clients_in_file()
        return {
            "found": self.found,
            "count": self.count,
            "clients": clients[:MOST_NAMED],
            "client_count": len(clients),
        }

    def _clients_in_file(self) -> list[str]:
        """Whose tickets the file holds, the most first; where more than `_MOST_SORTED` were found, whose were found."""
        if not self.count < self.found <= _MOST_SORTED:
            return list(self.clients)
        asked = Filter([*self.chosen.clauses], [*self.chosen.values])
        last = _LAST.format(column=self.order.column, where=asked.where, order=self.order.narrow_sql)
        [end] = self.reader.sql(f"{last} OFFSET ?", [*asked.values, 1, self.count - 1])
        up_to(asked, self.order, *end)
        rows = _FIRST.format(where=asked.where, order=self.order.sql)
        return [each for each, _ in self.reader.sql(_CLIENTS.format(rows=rows), [*asked.values, self.count])]

    def batches(self) -> Iterator[list[tuple[Any, ...]]]:
        """Values of `COLUMNS`, times as UTC epoch us; each batch costs what its rows cost, wherever they lie."""
        left, place = self.count, None
        while left > 0:
            rows = self._batch(place, min(left, BATCH))
            if not rows:
                return
            left -= len(rows)
            yield [row[2:] for row in rows]
            place = _place(rows[-1])

    def _batch(self, place: Place | None, count: int) -> list[tuple[Any, ...]]:
        asked = Filter([*self.chosen.clauses], [*self.chosen.values])
        if place is not None:
            beyond(asked, self.order, place)
        last = _LAST.format(column=self.order.column, where=asked.where, order=self.order.narrow_sql)
        found = self.reader.sql(last, [*asked.values, count])
        if not found:
            return []
        up_to(asked, self.order, *found[-1])
        query = _ROWS.format(column=self.order.column, where=asked.where, order=self.order.sql)
        return self.reader.sql(query, [*asked.values, count])


def find_tickets(reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int) -> Tickets:
    """The tickets that the list shows for these parameters, from its first page on."""
    period, conditions = read_period(params, now_ms, "all"), read_conditions(params)
    client_id = chosen_client(viewer, read_client(params.get("client")))
    base = narrowed(reader, visible(viewer, client_id, period), conditions, viewer, period)
    chosen = chosen_only(base, conditions)
    clients = dict(reader.sql(_CLIENTS.format(rows=f"logs {chosen.where}"), chosen.values))
    return Tickets(reader, chosen, read_order(params), clients)


def _place(row: Sequence[Any]) -> Place:
    value, executed_at, *told = row
    return Place(value, executed_at, told[_PLACES["client_id"]], told[_PLACES["log_id"]])
