"""Calls that a trace has in two places: in an iteration, and among its own. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from lake.failures import is_null


class Call(Protocol):
    """A struct of a call."""

    @property
    def __struct_fields__(self) -> tuple[str, ...]: ...

    id: str | None
    name: str | None


T = TypeVar("T", bound=Call)


def without_told(inside: Sequence[T], outside: Sequence[T]) -> list[T]:
    """Those calls of ``outside`` that no iteration has.

    The same id and name is the same call, but as often only as the iterations have it: some models use an id again
    and again. What a call in an iteration does not say is taken from its other place.
    """
    twins = _by_identity(inside)
    seen: Counter[tuple[str, str | None]] = Counter()
    left = []
    for call in outside:
        key = (call.id or "", call.name)
        told = twins.get(key, ())
        if call.id and seen[key] < len(told):
            _complete(told[seen[key]], call)
            seen[key] += 1
        else:
            left.append(call)
    return left


def _by_identity(calls: Sequence[T]) -> dict[tuple[str, str | None], list[T]]:
    found: dict[tuple[str, str | None], list[T]] = {}
    for call in calls:
        if call.id:
            found.setdefault((call.id, call.name), []).append(call)
    return found


def _complete(call: Call, other: Call) -> None:
    for name in call.__struct_fields__:
        if _is_blank(getattr(call, name)):
            setattr(call, name, getattr(other, name))


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, msgspec.Raw) and is_null(value))
