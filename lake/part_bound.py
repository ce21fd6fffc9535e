"""Which parts of a trace become rows where it has very many: the first ones, and behind them some that failed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

T = TypeVar("T")

#: Of each kind, so many parts of one trace become rows whatever they say; what has no row is counted.
MAX_PARTS: Final = 10_000
#: And of those behind them so many that failed, so that a failure is found wherever it stands.
MAX_FAILED: Final = 1000


def kept_places(parts: Sequence[T], has_failed: Callable[[T], bool]) -> list[int]:
    """The places of the parts that become rows, in their order.

    >>> places = kept_places(range(MAX_PARTS + 500), lambda part: part % 400 == 0)
    >>> len(places), places[-2:]
    (10002, [10000, 10400])
    """
    later = (place for place in range(MAX_PARTS, len(parts)) if has_failed(parts[place]))
    return [*range(min(MAX_PARTS, len(parts))), *islice(later, MAX_FAILED)]


def kept_kinds(rows: Sequence[T], kind_of: Callable[[T], Hashable]) -> list[T]:
    """The rows that are kept of too many: the first ones, and behind them the first of each kind that is new."""
    seen = {kind_of(row) for row in rows[:MAX_PARTS]}
    return [*rows[:MAX_PARTS], *islice(_new(rows[MAX_PARTS:], kind_of, seen), MAX_FAILED)]


def _new(rows: Sequence[T], kind_of: Callable[[T], Hashable], seen: set[Hashable]) -> Iterator[T]:
    for row in rows:
        kind = kind_of(row)
        if kind not in seen:
            seen.add(kind)
            yield row
