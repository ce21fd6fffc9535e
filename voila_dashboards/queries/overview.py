"""The overview: how many tickets ran, how they ended, how long they took, what they cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from caselog.model import KNOWN_STATUSES
from voila_dashboards.params import DAY_MS, OverviewParams, Window, read_overview
from voila_dashboards.queries.source import Source, has_any, named_category, number, visible_to, within
from voila_dashboards.viewer import Viewer

#: So many statuses of a client's own get a colour of their own; the rest are drawn together.
_OWN_STATUSES: Final = 5
REST: Final = "OTHER STATUSES"
#: Rows of "by category" and "by client"; the page says how many more there are.
_GROUPS: Final = 10
#: A chart of more columns than this cannot be read.
_COLUMNS: Final = 400

_TOTALS: Final = """
    SELECT in_window,
           count(*), count(*) FILTER (status = 'SUCCESS'),
           avg(seconds), quantile_cont(seconds, [0.5, 0.95]),
           sum(error_count), count(*) FILTER (error_count > 0),
           sum(try_cast(spent[1] AS DOUBLE)), sum(try_cast(spent[2] AS DOUBLE)), sum(try_cast(spent[3] AS DOUBLE))
    FROM (
        SELECT {in_window} AS in_window, status, error_count,
               CASE WHEN isfinite(execution_time_seconds) THEN execution_time_seconds END AS seconds,
               TRY(json_extract_string(metrics, ['$.input_tokens', '$.output_tokens', '$.cost_usd'])) AS spent
        FROM logs {where}
    )
    GROUP BY in_window
"""
_GROUPED: Final = """
    SELECT grouping(bucket, category, client_id), epoch_ms(bucket), category, client_id, status, count(*)
    FROM (
        SELECT date_trunc('{unit}', executed_at AT TIME ZONE 'UTC') AS bucket, category, client_id, status
        FROM logs {where}
    )
    GROUP BY GROUPING SETS ((bucket, status), (category, status), (client_id, status))
"""
_SPAN: Final = "SELECT epoch_ms(min(executed_at)), epoch_ms(max(executed_at)) FROM logs {where}"
#: Which of the grouping sets a row belongs to: a bit is set for each column that is not grouped by.
_BY_BUCKET, _BY_CATEGORY, _BY_CLIENT = 0b011, 0b101, 0b110

_Counts = dict[Any, Counter[str]]


def overview_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], dict[str, Any]]:
    """The overview's parameters as understood, and its data."""
    asked = read_overview(params, now_ms)
    span = _span(reader, viewer, asked)
    unit = _unit(asked.window, span)
    by_bucket, by_category, by_client = _count_groups(reader, viewer, asked, unit)
    statuses = _series(by_bucket)
    data = {
        **_totals(reader, viewer, asked, now_ms),
        "has_any": span is not None or has_any(reader, viewer),
        "statuses": statuses,
        "outcomes": _fold(sum(by_bucket.values(), Counter()), statuses),
        "unit": unit,
        "columns": _columns(by_bucket, statuses, unit, asked.window, span),
        "categories": _top(by_category, named_category),
        "by_client": _top(by_client, str) if viewer.role == "provider" else None,
    }
    return asked.as_params(), data


def _totals(reader: Source, viewer: Viewer, asked: OverviewParams, now_ms: int) -> dict[str, Any]:
    """``current`` and ``previous`` in one scan; ``previous`` is None where there is nothing to compare with."""
    before = asked.window.previous(now_ms)
    start_ms = asked.window.start_ms
    scanned = visible_to(viewer, asked.client_id)
    if before is None or start_ms is None:
        query = _TOTALS.format(in_window="true", where=within(asked.window, scanned).where)
        rows = reader.sql(query, scanned.values)
    else:
        within(Window("both", before.start_ms, asked.window.end_ms), scanned)
        scanned.add("epoch_ms(executed_at) < ? OR epoch_ms(executed_at) >= ?", before.end_ms, start_ms)
        query = _TOTALS.format(in_window="epoch_ms(executed_at) >= ?", where=scanned.where)
        rows = reader.sql(query, [start_ms, *scanned.values])
    found = {in_window: _total(values) for in_window, *values in rows}
    return {"current": found.get(True, _total([0] * 9)), "previous": found.get(False)}


def _total(values: list[Any]) -> dict[str, Any]:
    count, successes, average, quantiles, errors, with_errors, tokens_in, tokens_out, cost = values
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
    }


def _span(reader: Source, viewer: Viewer, asked: OverviewParams) -> tuple[int, int] | None:
    """From the first to the last log that is shown; answered from the files' statistics, as a rule."""
    chosen = within(asked.window, visible_to(viewer, asked.client_id))
    ((first, last),) = reader.sql(_SPAN.format(where=chosen.where), chosen.values)
    return None if first is None else (first, last)


def _unit(window: Window, span: tuple[int, int] | None) -> str:
    """How much time one column stands for, so that a chart has at most about a hundred."""
    first, last = span or (0, 0)
    if window.start_ms is not None and window.end_ms is not None:
        first, last = window.start_ms, window.end_ms
    days = (last - first) / DAY_MS
    return "day" if days <= 100 else "week" if days <= 700 else "month" if days <= 3650 else "year"


def _count_groups(
    reader: Source, viewer: Viewer, asked: OverviewParams, unit: str
) -> tuple[_Counts, _Counts, _Counts]:
    chosen = within(asked.window, visible_to(viewer, asked.client_id))
    counted: dict[int, _Counts] = {
        which: defaultdict(Counter) for which in (_BY_BUCKET, _BY_CATEGORY, _BY_CLIENT)
    }
    for which, bucket, category, client_id, status, count in reader.sql(
        _GROUPED.format(unit=unit, where=chosen.where), chosen.values
    ):
        key = {_BY_BUCKET: bucket, _BY_CATEGORY: category or None, _BY_CLIENT: client_id}[which]
        counted[which][key][status or "UNKNOWN"] += count
    return counted[_BY_BUCKET], counted[_BY_CATEGORY], counted[_BY_CLIENT]


def _series(by_bucket: _Counts) -> list[str]:
    """Statuses in drawing order: the known ones, then the most frequent others, then the rest as one."""
    totals: Counter[str] = sum(by_bucket.values(), Counter())
    own = [status for status, _ in totals.most_common() if status not in KNOWN_STATUSES]
    known = [status for status in KNOWN_STATUSES if totals[status]]
    return [*known, *own[:_OWN_STATUSES], *([REST] if own[_OWN_STATUSES:] else [])]


def _fold(counts: Mapping[str, int], statuses: list[str]) -> list[int]:
    """One count for each series."""
    folded: Counter[str] = Counter()
    for status, count in counts.items():
        folded[status if status in statuses else REST] += count
    return [folded[status] for status in statuses]


def _columns(
    by_bucket: _Counts, statuses: list[str], unit: str, window: Window, span: tuple[int, int] | None
) -> list[dict[str, Any]]:
    """Columns of the chart, oldest first; days nothing ran are there, with zeros."""
    if span is None:
        return []
    first = window.start_ms if window.start_ms is not None else span[0]
    last = window.end_ms - 1 if window.end_ms is not None else span[1]
    starts = sorted({*_bucket_starts(unit, first, last), *by_bucket})[-_COLUMNS:]
    return [{"start_ms": s, "counts": _fold(by_bucket.get(s, {}), statuses)} for s in starts]


def _bucket_starts(unit: str, first_ms: int, last_ms: int) -> Iterable[int]:
    if unit == "year":
        return
    day = datetime.fromtimestamp(first_ms // 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = int(day.timestamp()) * 1000
    if unit == "month":
        year, month = day.year, day.month
        while (start := int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000) <= last_ms:
            yield start
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return
    step = DAY_MS if unit == "day" else 7 * DAY_MS
    start -= day.weekday() * DAY_MS if unit == "week" else 0
    yield from range(start, last_ms + 1, step)


def _top(counted: _Counts, name: Any) -> dict[str, Any]:
    """The biggest groups: their tickets, successes and failures; and how many groups were left out."""
    biggest = sorted(counted.items(), key=lambda group: (-group[1].total(), str(group[0])))
    rows = [
        {
            "name": name(key),
            "tickets": counts.total(),
            "successes": counts["SUCCESS"],
            "failures": counts["FAILED"],
        }
        for key, counts in biggest[:_GROUPS]
    ]
    return {"rows": rows, "more": max(0, len(biggest) - _GROUPS)}
