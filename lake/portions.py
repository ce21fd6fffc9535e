"""Many things in portions that are worked on at a time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def portions(
    things: Iterable[T], most: int, size_of: Callable[[T], int], most_bytes: int
) -> Iterator[list[T]]:
    """At most ``most`` things of ``most_bytes`` together, in their order; a bigger one is a portion of its own.

    >>> list(portions([1, 2, 3, 9, 1], 2, int, 5))
    [[1, 2], [3], [9], [1]]
    """
    portion: list[T] = []
    total = 0
    for thing in things:
        size = size_of(thing)
        if portion and (total + size > most_bytes or len(portion) == most):
            yield portion
            portion, total = [], 0
        portion.append(thing)
        total += size
    if portion:
        yield portion
