"""The overview: how many tickets ran, how they ended, how long they took, what they cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from access.viewer import Viewer
from caselog.losses import REASONS
from caselog.model import KNOWN_STATUSES
from lake.losses import read_losses
from voila_dashboards.params import DAY_MS, OverviewParams, Window, read_overview
from voila_dashboards.queries.source import (
    Source,
    chosen_client,
    has_any,
    moment,
    named_category,
    number,
    visible_to,
    within,
)

#: So many statuses of a client's own get a colour of their own; the rest are drawn together.
_OWN_STATUSES: Final = 5
REST: Final = "OTHER STATUSES"
#: Rows of "by category" and "by client"; the page says how many more there are.
_GROUPS: Final = 10
#: A chart of more columns than this cannot be read.
_COLUMNS: Final = 400

#: ``in_window`` is true, false for the time before, and NULL for what lies between the two. A number that is
#: not finite counts as none: one would make a sum of a million nothing. CASE costs nothing here, where FILTER
#: costs a third of the scan.
_TOTALS: Final = """
    SELECT in_window,
           count(*), count(*) FILTER (status = 'SUCCESS'),
           avg(seconds), quantile_cont(seconds, [0.5, 0.95]),
           sum(error_count), count(*) FILTER (error_count > 0),
           sum(tokens_in), sum(tokens_out), sum(cost), count(coalesce(tokens_in, tokens_out)), count(cost),
           sum(lost_logs)
    FROM (
        SELECT {in_window} AS in_window, status, error_count, lost_logs,
               CASE WHEN isfinite(execution_time_seconds) THEN execution_time_seconds END AS seconds,
               CASE WHEN isfinite(input_tokens) THEN input_tokens END AS tokens_in,
               CASE WHEN isfinite(output_tokens) THEN output_tokens END AS tokens_out,
               CASE WHEN isfinite(cost_usd) THEN cost_usd END AS cost
        FROM logs {where}
    )
    GROUP BY in_window
"""
#: Days as numbers since 1970: twenty times faster than dates with a time zone.
_GROUPED: Final = """
    SELECT grouping(day, category, client_id), day, category, client_id, status, count(*)
    FROM (SELECT epoch_us(executed_at) // 86400000000 AS day, category, client_id, status FROM logs {where})
    GROUP BY GROUPING SETS ((day, status), (category, status), (client_id, status))
"""
#: Which of the grouping sets a row belongs to: a bit is set for each column that is not grouped by.
_BY_DAY, _BY_CATEGORY, _BY_CLIENT = 0b011, 0b101, 0b110

#: What the few logs that tell of losses say, as JSON: most say the same. DuckDB's parser need not take what ours took.
_LOST: Final = """
    SELECT client_id, lost_logs, told, count(*)
    FROM (SELECT client_id, lost_logs, TRY(extra->'$.sdk.lost') AS told FROM logs {where})
    GROUP BY ALL
"""

_Counts = dict[Any, Counter[str]]


def overview_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], dict[str, Any]]:
    """The overview's parameters as understood, and its data."""
    asked = read_overview(params, now_ms)
    asked = replace(asked, client_id=chosen_client(viewer, asked.client_id))
    by_day, by_category, by_client = _count_groups(reader, viewer, asked)
    first_ms, last_ms = _span(asked.window, by_day)
    unit = _unit(first_ms, last_ms)
    by_bucket = _in_buckets(by_day, unit)
    statuses = _series(by_bucket)
    totals = _totals(reader, viewer, asked, now_ms)
    lost_by_client, lost_by_reason = (
        _count_losses(reader, viewer, asked) if totals["current"]["lost"] else ({}, [])
    )
    data = {
        **totals,
        "lost_by_reason": lost_by_reason,
        "has_any": bool(by_day) or has_any(reader, viewer),
        "statuses": statuses,
        "outcomes": _fold(sum(by_bucket.values(), Counter()), statuses),
        "unit": unit,
        "columns": _columns(by_bucket, statuses, _bucket_starts(unit, first_ms, last_ms)),
        "categories": _top(by_category, named_category),
        "by_client": _top(by_client, str, lost_by_client) if viewer.sees_many else None,
    }
    return asked.as_params(), data


def _totals(reader: Source, viewer: Viewer, asked: OverviewParams, now_ms: int) -> dict[str, Any]:
    """``current`` and ``previous`` in one scan; ``previous`` is None where there is nothing to compare with."""
    before = asked.window.previous(now_ms)
    start_ms = asked.window.start_ms
    scanned = visible_to(viewer, asked.client_id)
    in_window, moments = "true", list[object]()
    if before is None or start_ms is None or before.end_ms is None:
        within(asked.window, scanned)
    else:
        within(Window("both", before.start_ms, asked.window.end_ms), scanned)
        in_window = "CASE WHEN executed_at >= ? THEN true WHEN executed_at < ? THEN false END"
        moments = [moment(start_ms), moment(before.end_ms)]
    query = _TOTALS.format(in_window=in_window, where=scanned.where)
    rows = reader.sql(query, [*moments, *scanned.values])
    found = {in_window: _total(values) for in_window, *values in rows}
    return {"current": found.get(True, _total([0] * 12)), "previous": found.get(False)}


def _total(values: list[Any]) -> dict[str, Any]:
    count, successes, average, quantiles, errors, with_errors, *spent = values
    tokens_in, tokens_out, cost, with_tokens, with_cost, lost = spent
    median, p95 = quantiles or (None, None)
    return {
        "tickets": count,
        "successes": successes,
        "success_rate": successes / count if count else None,
        "avg_seconds": number(average) if count else None,
        "median_seconds": number(median),
        "p95_seconds": number(p95),
        "errors": int(errors or 0),
        "tickets_with_errors": with_errors,
        "input_tokens": number(tokens_in) if count else None,
        "output_tokens": number(tokens_out) if count else None,
        "cost_usd": number(cost) if count else None,
        "tickets_with_tokens": with_tokens,
        "tickets_with_cost": with_cost,
        "lost": int(lost or 0),
        "completeness": count / (count + int(lost or 0)) if count else None,
    }


def _count_groups(reader: Source, viewer: Viewer, asked: OverviewParams) -> tuple[_Counts, _Counts, _Counts]:
    chosen = within(asked.window, visible_to(viewer, asked.client_id))
    counted: dict[int, _Counts] = {
        which: defaultdict(Counter) for which in (_BY_DAY, _BY_CATEGORY, _BY_CLIENT)
    }
    rows = reader.sql(_GROUPED.format(where=chosen.where), chosen.values)
    for which, day, category, client_id, status, count in rows:
        key = {_BY_DAY: day, _BY_CATEGORY: category or None, _BY_CLIENT: client_id}[which]
        counted[which][key][status or "UNKNOWN"] += count
    return counted[_BY_DAY], counted[_BY_CATEGORY], counted[_BY_CLIENT]


def _count_losses(
    reader: Source, viewer: Viewer, asked: OverviewParams
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Lost logs by client, and by reason, the most frequent first; what no known reason is given for is ``other``."""
    telling = within(asked.window, visible_to(viewer, asked.client_id)).add("lost_logs > 0")
    by_client: Counter[str] = Counter()
    by_reason: Counter[str] = Counter()
    for client_id, lost, told, logs in reader.sql(_LOST.format(where=telling.where), telling.values):
        by_client[client_id] += lost * logs
        for reason, count in _reasons(lost, told).items():
            by_reason[reason] += count * logs
    return by_client, [{"reason": reason, "logs": count} for reason, count in _by_count(by_reason)]


def _by_count(counted: Counter[str]) -> list[tuple[str, int]]:
    """What was counted at all, the most frequent first; equal counts by name, so that no load differs from the last."""
    return sorted((+counted).items(), key=lambda each: (-each[1], each[0]))


def _reasons(lost: int, told: str | None) -> dict[str, int]:
    """``lost`` by reason; ``other`` is what no known reason is given for."""
    known = {
        reason: count for reason, count in read_losses((told or "").encode()).items() if reason in REASONS
    }
    other = lost - sum(known.values())
    return {"other": lost} if other < 0 else {**known, "other": other}


def _span(window: Window, by_day: _Counts) -> tuple[int, int]:
    """The first and the last moment of the chart: the window's, or where it is open the first or last log's day."""
    first_ms = min(by_day, default=0) * DAY_MS if window.start_ms is None else window.start_ms
    last_ms = max(by_day, default=0) * DAY_MS if window.end_ms is None else window.end_ms - 1
    return first_ms, last_ms


def _unit(first_ms: int, last_ms: int) -> str:
    """How much time one column stands for, so that a chart has at most about a hundred."""
    days = (last_ms - first_ms) / DAY_MS
    return "day" if days <= 100 else "week" if days <= 700 else "month" if days <= 3650 else "year"


def _in_buckets(by_day: _Counts, unit: str) -> _Counts:
    counted: _Counts = defaultdict(Counter)
    for day, counts in by_day.items():
        counted[_bucket_of(day * DAY_MS, unit)].update(counts)
    return counted


def _bucket_of(ms: int, unit: str) -> int:
    """Where the day, week (from Monday), month or year of ``ms`` begins; UTC epoch ms."""
    day = datetime.fromtimestamp(ms // 1000, UTC).date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit != "day":
        day = day.replace(day=1, month=day.month if unit == "month" else 1)
    return (day - date(1970, 1, 1)).days * DAY_MS


def _series(by_bucket: _Counts) -> list[str]:
    """Statuses in drawing order: the known ones, then the most frequent others, then the rest as one."""
    totals: Counter[str] = sum(by_bucket.values(), Counter())
    own = [status for status, _ in _by_count(totals) if status not in KNOWN_STATUSES]
    known = [status for status in KNOWN_STATUSES if totals[status]]
    return [*known, *own[:_OWN_STATUSES], *([REST] if own[_OWN_STATUSES:] else [])]


def _fold(counts: Mapping[str, int], statuses: list[str]) -> list[int]:
    """One count for each series."""
    folded: Counter[str] = Counter()
    for status, count in counts.items():
        folded[status if status in statuses else REST] += count
    return [folded[status] for status in statuses]


def _columns(by_bucket: _Counts, statuses: list[str], empty: Iterable[int]) -> list[dict[str, Any]]:
    """Columns of the chart, oldest first; days nothing ran are there, with zeros."""
    starts = sorted({*(empty if by_bucket else ()), *by_bucket})[-_COLUMNS:]
    return [{"start_ms": s, "counts": _fold(by_bucket.get(s, {}), statuses)} for s in starts]


def _bucket_starts(unit: str, first_ms: int, last_ms: int) -> Iterable[int]:
    """Every bucket of the chart but those of years: there may be thousands of empty ones."""
    step = {"day": 1, "week": 7, "month": 28}.get(unit)
    if step is None:
        return ()
    days = range(first_ms // DAY_MS, last_ms // DAY_MS + 1, step)
    return {_bucket_of(day * DAY_MS, unit) for day in days}


def _top(counted: _Counts, name: Any, lost: Mapping[Any, int] | None = None) -> dict[str, Any]:
    """The biggest groups: their tickets, successes, failures and lost logs; and how many groups were left out."""
    biggest = sorted(counted.items(), key=lambda group: (-group[1].total(), str(group[0])))
    rows = [
        {
            "name": name(key),
            "tickets": counts.total(),
            "successes": counts["SUCCESS"],
            "failures": counts["FAILED"],
            "lost": (lost or {}).get(key, 0),
        }
        for key, counts in biggest[:_GROUPS]
    ]
    return {"rows": rows, "more": max(0, len(biggest) - _GROUPS)}
