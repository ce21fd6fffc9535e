"""A search for values of a parameter, where a page offers only the most frequent of them.

A page that has such a search names it in its `Page`; what is found is bounded, and what is not told is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypedDict

from access.viewer import Viewer
from voila_dashboards.queries.source import Source

#: What is looked for may be a whole value, and that as long as a log's words are.
LONGEST_WORDS: Final = 1_000


class ValueCount(TypedDict):
    """A value that a filter offers, None for logs without one, and how many tickets it would show."""

    name: str | None
    count: int


class Found(TypedDict):
    """What a search among the values of a parameter found, the best first; ``more`` are found beside these."""

    values: list[ValueCount]
    more: int


#: Finds values of a parameter by words; takes the page's untrusted parameters and the time now (UTC epoch ms).
Finder = Callable[[Source, Viewer, Mapping[str, str], int, str, str], Found]


@dataclass(frozen=True)
class Finding:
    """The parameters whose values can be looked for, and what does."""

    params: tuple[str, ...]
    find: Finder
