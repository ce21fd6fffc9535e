"""Pages of an ordered list by where the last one ended, not by a number of rows to pass over. Pure.

An order is one column, then the newest first, then client and id: no two logs are equal in it. A page costs the same
wherever it lies, and rows that arrive meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from voila_dashboards.queries.source import Filter

#: What asks for the last page.
END: Final = "end"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LONGEST: Final = 4_000
_MOST_MICROSECONDS: Final = 253_402_300_800_000_000


@dataclass(frozen=True)
class Order:
    """Rows by ``column``, a name of our own; unknown values are last in either direction.

    ``is_back``: from the end to the beginning.
    """

    column: str
    is_ascending: bool
    is_back: bool = False

    @property
    def sql(self) -> str:
        """What stands behind ORDER BY.

        >>> Order("cost_usd", is_ascending=False).sql
        'cost_usd DESC NULLS LAST, executed_at DESC, client_id ASC, log_id ASC'
        """
        return f"{self.narrow_sql}, client_id {self._up}, log_id {self._up}"

    @property
    def narrow_sql(self) -> str:
        """The same without the ids, which are dear to sort by."""
        nulls = "FIRST" if self.is_back else "LAST"
        first = f"{self.column} {self._up if self.is_ascending else self._down} NULLS {nulls}"
        return first if self.is_by_time else f"{first}, executed_at {self._down}"

    @property
    def is_by_time(self) -> bool:
        """Whether the column is the time itself."""
        return self.column == "executed_at"

    @property
    def _up(self) -> str:
        return "DESC" if self.is_back else "ASC"

    @property
    def _down(self) -> str:
        return "ASC" if self.is_back else "DESC"

    @property
    def is_rising(self) -> bool:
        """Whether values of the column rise from row to row."""
        return self.is_ascending != self.is_back


@dataclass(frozen=True)
class Place:
    """A row's place in an order: its value there, its time, client and id; ``rank`` rows came before it."""

    value: Any
    executed_at: datetime
    client_id: str
    log_id: str
    rank: int = 0


def encode_place(place: Place) -> str:
    """The place as text for an address."""
    value = _micros(place.value) if isinstance(place.value, datetime) else place.value
    told = [value, _micros(place.executed_at), place.client_id, place.log_id, place.rank]
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def read_place(value: object, order: Order, kind: str) -> Place | None:
    """The place that `encode_place` wrote for a column of this kind (`lake.columns`); None where it is none.

    >>> order = Order("cost_usd", is_ascending=False)
    >>> place = Place(0.1, datetime(2026, 1, 2, tzinfo=UTC), "acme", "1", 50)
    >>> read_place(encode_place(place), order, "number") == place, read_place("W10", order, "number")
    (True, None)
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    try:
        told = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        return None
    match told:
        case [first, int(micros), str(client_id), str(log_id), int(rank)] if _is_of(first, kind):
            if not 0 <= micros < _MOST_MICROSECONDS or _is_broken(client_id + log_id):
                return None
            executed_at = _EPOCH + micros * _MICROSECOND
            return Place(
                executed_at if order.is_by_time else first, executed_at, client_id, log_id, max(0, rank)
            )
        case _:
            return None


def beyond(chosen: Filter, order: Order, place: Place) -> Filter:
    """``chosen``, and only rows that come after ``place`` in the order."""
    newer = "executed_at > ?" if order.is_back else "executed_at < ?"
    ids = (
        "client_id < ? OR (client_id = ? AND log_id < ?)"
        if order.is_back
        else ("client_id > ? OR (client_id = ? AND log_id > ?)")
    )
    of_ids = (place.client_id, place.client_id, place.log_id)
    if order.is_by_time:
        sign = ">" if order.is_rising else "<"
        # Said alone, so that files and their pieces are left unread by what they span.
        chosen.add(f"executed_at {sign}= ?", place.executed_at)
        return chosen.add(f"executed_at {sign} ? OR {ids}", place.executed_at, *of_ids)
    tie = f"{newer} OR (executed_at = ? AND ({ids}))"
    of_tie = (place.executed_at, place.executed_at, *of_ids)
    return _beyond_value(chosen, order, place.value, tie, of_tie)


def _beyond_value(chosen: Filter, order: Order, value: Any, tie: str, of_tie: tuple[object, ...]) -> Filter:
    column = order.column
    if value is None:
        after = f"{column} IS NOT NULL OR " if order.is_back else ""
        return chosen.add(f"{after}({column} IS NULL AND ({tie}))", *of_tie)
    sign = ">" if order.is_rising else "<"
    nulls = "" if order.is_back else f" OR {column} IS NULL"
    return chosen.add(f"{column} {sign} ? OR ({column} = ? AND ({tie})){nulls}", value, value, *of_tie)


def up_to(chosen: Filter, order: Order, value: Any, executed_at: datetime) -> Filter:
    """``chosen``, and only rows that come no later in the order than one with these two values."""
    column, sign = order.column, ">=" if not order.is_rising else "<="
    newer = "executed_at <= ?" if order.is_back else "executed_at >= ?"
    if order.is_by_time:
        return chosen.add(f"executed_at {sign} ?", executed_at)
    if value is None:
        # Last of all, or first where the order goes back.
        return chosen.add(
            f"{column} IS NULL AND {newer}" if order.is_back else f"{column} IS NOT NULL OR {newer}",
            executed_at,
        )
    first = f"{column} IS NULL OR " if order.is_back else ""
    return chosen.add(f"{first}{column} {sign} ?", value).add(
        f"{first}{column} <> ? OR {newer}", value, executed_at
    )


def _is_of(value: Any, kind: str) -> bool:
    if value is None:
        return True
    if kind == "string":
        return isinstance(value, str) and not _is_broken(value)
    if isinstance(value, bool):
        return False
    return (
        isinstance(value, int) and abs(value) < 2**63 if kind != "number" else isinstance(value, int | float)
    )


def _is_broken(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in text)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
