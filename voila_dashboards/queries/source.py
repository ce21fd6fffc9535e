"""What the queries ask, and the pieces they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from voila_dashboards.params import NO_CATEGORY, Window
from voila_dashboards.viewer import Viewer

_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


class Source(Protocol):
    """As much of `lake.reader.Reader` as the pages use."""

    def sql(self, query: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of ``query``."""


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


def visible_to(viewer: Viewer, client_id: str | None) -> Filter:
    """Logs ``viewer`` may see, narrowed to ``client_id`` for the provider.

    The snapshot holds nothing else already; this is the second lock on the same door.
    """
    if viewer.role != "provider":
        return Filter().add("client_id = ?", viewer.client_id or "")
    return Filter() if client_id is None else Filter().add("client_id = ?", client_id)


def within(window: Window, chosen: Filter) -> Filter:
    """``chosen``, and executed within the window. The months let DuckDB leave whole files unread."""
    if window.start_ms is not None:
        start = _moment(window.start_ms)
        chosen.add("month >= ? AND executed_at >= ?", start.strftime("%Y-%m"), start)
    if window.end_ms is not None:
        end, last = _moment(window.end_ms), _moment(window.end_ms - 1)
        chosen.add("month <= ? AND executed_at < ?", last.strftime("%Y-%m"), end)
    return chosen


def list_clients(reader: Source) -> list[str]:
    """Every client that has a log, by name."""
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


def named_category(value: str | None) -> str:
    """A category's name, or what stands for none."""
    return value or NO_CATEGORY


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(min(max(ms // 1000, 0), _LAST_SECOND), UTC)
