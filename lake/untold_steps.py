"""Iterations and nodes of which nothing but their status says that they failed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lake.error_row import ErrorRow
from lake.failures import has_failed, read_error
from lake.trace_parts import Node, Part, TraceParts


def untold_steps(parts: TraceParts, told: Sequence[ErrorRow]) -> list[ErrorRow]:
    """An error, without type and message, for each of them in which nothing that is ``told`` went wrong.

    A failure makes all fail that it happened in: so what went wrong in a node tells of the nodes around it too, and
    what went wrong nobody knows where may have been in any.
    """
    if any(row.node is None for row in told):
        return []
    parents = {node.name: node.parent or node.node for node in parts.nodes if node.name}
    names: set[str] = set()
    for row in told:
        _add_around(names, row.node, parents)
    rows = list(_iterations(parts, names, is_anything_told=bool(told)))
    if any(row.node is None for row in rows):
        return rows
    for row in rows:
        _add_around(names, row.node, parents)
    return [*rows, *_nodes(parts, names, parents)]


def _add_around(names: set[str], node: str | None, parents: Mapping[str, str | None]) -> None:
    """Add a node and those around it."""
    while node is not None and node not in names:
        names.add(node)
        node = parents.get(node)


def _says_no_more(part: Part) -> bool:
    return has_failed(part) and read_error(part.error) == (None, None)


def _iterations(parts: TraceParts, names: set[str], *, is_anything_told: bool) -> Iterator[ErrorRow]:
    with_failed_calls = {
        place for place, call in zip(parts.places, parts.calls, strict=True) if has_failed(call)
    }
    for place, step in enumerate(parts.iterations):
        is_told = is_anything_told if step.node is None else step.node in names
        if _says_no_more(step) and not is_told and place not in with_failed_calls:
            yield ErrorRow("react_iterations", place, None, None, step.node, step.name, step.started_at)


def _nodes(parts: TraceParts, names: set[str], parents: Mapping[str, str | None]) -> Iterator[ErrorRow]:
    """Those of the innermost nodes first, which tell of those around them; as many of a name as there are."""
    failed: dict[str, list[tuple[int, Node]]] = defaultdict(list)
    for place, node in enumerate(parts.nodes):
        if _says_no_more(node):
            failed[node.name or ""].append((place, node))
    depths = _depths(failed, parents)
    for name in sorted(failed, key=lambda name: -depths[name]):
        if name not in names:
            for place, node in failed[name]:
                yield ErrorRow("nodes", place, None, None, node.name, node.name, node.started_at)
        _add_around(names, name, parents)


def _depths(names: Iterable[str], parents: Mapping[str, str | None]) -> dict[str, int]:
    """How many nodes each is in, itself counted; of those that are in each other in a circle, any number."""
    depths: dict[str, int] = {}
    for name in names:
        inwards: list[str] = []
        outer: str | None = name
        while outer is not None and outer not in depths:
            depths[outer] = 0
            inwards.append(outer)
            outer = parents.get(outer)
        depth = 0 if outer is None else depths[outer]
        for each in reversed(inwards):
            depth = depths[each] = depth + 1
    return depths
