"""Rows of a period and of the time before it in one scan, so that every figure has one to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from voila_dashboards.periods import Period, Span
from voila_dashboards.queries.source import Filter

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Compared:
    """SQL of a scan: ``rows`` has the columns of a view, and ``is_now``: true, false for the time before.

    ``values`` are bound in it; not ``has_before``: there is nothing to compare with.
    """

    rows: str
    values: list[object]
    has_before: bool


def compared(view: str, columns: str, period: Period, now_ms: int, chosen: Filter) -> Compared:
    """The rows of ``view`` that ``chosen`` leaves, of the period and of the time before it.

    ``columns`` are SQL of our own; so is ``view``.
    """
    span, before = period.span, period.before(now_ms)
    if before is None or before.start_ms is None or span.start_ms is None or before.end_ms is None:
        where = within(span, chosen)
        return Compared(_select("true", columns, view, where), where.values, has_before=False)
    where = within(Span(before.start_ms, span.end_ms), chosen)
    # Moments between the two, which today has not reached yet, are in neither.
    where.add("executed_at >= ? OR executed_at < ?", moment_of(span.start_ms), moment_of(before.end_ms))
    rows = _select("executed_at >= ?", columns, view, where)
    return Compared(rows, [moment_of(span.start_ms), *where.values], has_before=True)


def within(span: Span, chosen: Filter) -> Filter:
    """``chosen``, and executed within ``span``."""
    if span.start_ms is not None:
        chosen.add("executed_at >= ?", moment_of(span.start_ms))
    if span.end_ms is not None:
        chosen.add("executed_at < ?", moment_of(span.end_ms))
    return chosen


def moment_of(ms: int) -> datetime:
    """A bound time, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=ms)


def _select(is_now: str, columns: str, view: str, where: Filter) -> str:
    return f"(SELECT {is_now} AS is_now, {columns} FROM {view} {where.where})"  # noqa: S608 - bound, names of our own
