"""What the queries ask, and the pieces they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from access.viewer import Viewer
from voila_dashboards.client_facts import ClientFacts


class Source(Protocol):
    """As much of a kernel's reader as the pages use: the view ``logs``, and single traces."""

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``."""

    def need(self, *parts: str) -> frozenset[str]:
        """Have the views ``scope_errors`` or ``scope_tool_calls``, named by their tables `ERRORS` and `TOOL_CALLS`.

        Which of them lack rows of logs that are shown already: the ETL has not made them yet.
        """

    def trace(self, client_id: str, month: str, log_id: str, executed_at_ms: int) -> bytes | None:
        """The trace of one log as the JSON that was sent; None where none is stored."""

    def client_facts(self, client_id: str) -> ClientFacts | None:
        """What was set for a client, and its receipts; None where it is not the viewer's to see."""


class PageNotFound(Exception):
    """There is no such page or ticket for this viewer; a foreign ticket and an unknown one look alike."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no {what} here for you to see.")


@dataclass
class Filter:
    """A WHERE clause and its bound values, built together so that they cannot drift apart."""

    clauses: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, clause: str, *values: object) -> Filter:
        """The filter itself, with one more condition."""
        self.clauses.append(clause)
        self.values.extend(values)
        return self

    @property
    def where(self) -> str:
        """``WHERE ...``, or nothing."""
        return "WHERE " + " AND ".join(f"({clause})" for clause in self.clauses) if self.clauses else ""


def chosen_client(viewer: Viewer, client_id: str | None) -> str | None:
    """The client that ``viewer`` narrows a page to; None where they have no choice, or may not see that one."""
    return client_id if client_id is not None and viewer.sees_many and viewer.may_see(client_id) else None


def visible_to(viewer: Viewer, client_id: str | None) -> Filter:
    """Logs ``viewer`` may see, narrowed to ``client_id`` where they may see that.

    The files hold nothing else already; this is the second lock on the same door.
    """
    clients = viewer.scope.clients
    if chosen_client(viewer, client_id) is not None:
        return Filter().add("client_id = ?", client_id)
    if clients is None:
        return Filter()
    return Filter().add(f"client_id IN ({', '.join('?' * len(clients)) or 'NULL'})", *sorted(clients))


def list_clients(reader: Source, viewer: Viewer) -> list[str]:
    """The clients ``viewer`` can choose from, by name: those named in the scope, or all that have a log."""
    if viewer.scope.clients is not None:
        return sorted(viewer.scope.clients)
    rows = reader.sql("SELECT DISTINCT client_id FROM logs WHERE client_id IS NOT NULL ORDER BY 1")
    return [client_id for (client_id,) in rows]


def has_any(reader: Source, viewer: Viewer) -> bool:
    """Whether ``viewer`` has a log at all: an empty page says something else then."""
    chosen = visible_to(viewer, None)
    return bool(reader.sql(f"SELECT 1 FROM logs {chosen.where} LIMIT 1", chosen.values))  # noqa: S608 - bound


def number(value: Any) -> float | int | None:
    """A number that JSON can carry, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None
