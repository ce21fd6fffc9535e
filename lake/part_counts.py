"""How many parts of each kind a trace holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec


class _Iteration(msgspec.Struct):
    tool_calls: list[msgspec.Raw] | None = None


class _Countable(msgspec.Struct):
    errors: list[msgspec.Raw] | None = None
    tool_calls: list[msgspec.Raw] | None = None
    react_iterations: list[_Iteration] | None = None


_as_countable = msgspec.json.Decoder(_Countable).decode


@dataclass(frozen=True)
class PartCounts:
    """How many parts of each kind a trace holds; tool calls inside iterations count too."""

    react_iterations: int = 0
    tool_call_count: int = 0
    error_count: int = 0


def count_parts(trace: bytes) -> PartCounts:
    """How many iterations, tool calls and errors there are; parts of an unexpected shape count as none.

    >>> count_parts(b'{"errors": [{}], "react_iterations": [{"tool_calls": [1, 2]}]}')
    PartCounts(react_iterations=1, tool_call_count=2, error_count=1)
    """
    try:
        parts = _as_countable(trace)
    except msgspec.DecodeError:
        return _count_odd_parts(trace)
    iterations = parts.react_iterations or []
    nested = sum(len(iteration.tool_calls or ()) for iteration in iterations)
    return PartCounts(len(iterations), nested + len(parts.tool_calls or ()), len(parts.errors or ()))


def _count_odd_parts(trace: bytes) -> PartCounts:
    try:
        parts = msgspec.json.decode(trace)
    except (msgspec.DecodeError, RecursionError):
        return PartCounts()
    if not isinstance(parts, dict):
        return PartCounts()
    iterations = _list_of(parts, "react_iterations")
    nested = sum(len(_list_of(i, "tool_calls")) for i in iterations if isinstance(i, dict))
    return PartCounts(
        len(iterations), nested + len(_list_of(parts, "tool_calls")), len(_list_of(parts, "errors"))
    )


def _list_of(parts: Mapping[str, Any], name: str) -> list[Any]:
    value = parts.get(name)
    return value if isinstance(value, list) else []
