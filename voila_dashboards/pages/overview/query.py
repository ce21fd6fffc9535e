"""The figures of the overview, each with that of the time before; over time; and by category, version and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from access.viewer import Viewer
from voila_dashboards.pages.overview.chart import Chart
from voila_dashboards.pages.overview.params import CHOICES
from voila_dashboards.pages.overview.payload import Breakdown, Figures, GroupFigures, GroupRow, OverviewData
from voila_dashboards.periods import read_period
from voila_dashboards.queries.choices import narrow, of_client, read_choices
from voila_dashboards.queries.compared import Compared, compared, within
from voila_dashboards.queries.losses import count_losses
from voila_dashboards.queries.source import Filter, Source, has_any, number

#: Rows of a breakdown; the page says how many more there are.
MOST_ROWS: Final = 1_000
_BREAKDOWNS: Final = {**CHOICES, "client": "client_id"}

#: A number that is not finite counts as none: one would make a sum of a million nothing. CASE costs nothing here, where
#: FILTER costs a third of the scan.
_COLUMNS: Final = """
    executed_at, client_id, category, workflow_version, environment, status, error_count, failed_tool_calls, lost_logs,
    CASE WHEN isfinite(execution_time_seconds) THEN execution_time_seconds END AS seconds,
    CASE WHEN isfinite(input_tokens) THEN input_tokens END AS tokens_in,
    CASE WHEN isfinite(output_tokens) THEN output_tokens END AS tokens_out,
    CASE WHEN isfinite(cost_usd) THEN cost_usd END AS cost
"""
_TOTALS: Final = """
    SELECT is_now, count(*), count(CASE WHEN status = 'SUCCESS' THEN 1 END),
           count(CASE WHEN status = 'FAILED' THEN 1 END),
           avg(seconds), quantile_cont(seconds, [0.5, 0.95]), sum(error_count),
           count(CASE WHEN error_count > 0 THEN 1 END), sum(failed_tool_calls),
           count(CASE WHEN failed_tool_calls > 0 THEN 1 END), sum(tokens_in), sum(tokens_out), sum(cost),
           count(coalesce(tokens_in, tokens_out)), count(cost), sum(lost_logs)
    FROM {rows} GROUP BY is_now
"""
_SETS: Final = ", ".join(f"({column})" for column in _BREAKDOWNS.values())
_GROUPING: Final = f"grouping({', '.join(_BREAKDOWNS.values())})"
_GROUPS: Final = f"""
    SELECT {_GROUPING}, {", ".join(_BREAKDOWNS.values())},
           count(CASE WHEN is_now THEN 1 END) AS tickets, count(CASE WHEN is_now AND status = 'SUCCESS' THEN 1 END),
           count(CASE WHEN is_now AND status = 'FAILED' THEN 1 END),
           count(CASE WHEN is_now AND status = 'ESCALATED' THEN 1 END), sum(CASE WHEN is_now THEN error_count END),
           avg(CASE WHEN is_now THEN seconds END), sum(CASE WHEN is_now THEN cost END),
           sum(CASE WHEN is_now THEN lost_logs END), sum(CASE WHEN is_now THEN failed_tool_calls END),
           count(CASE WHEN NOT is_now THEN 1 END), count(CASE WHEN NOT is_now AND status = 'SUCCESS' THEN 1 END),
           count(CASE WHEN NOT is_now AND status = 'FAILED' THEN 1 END),
           count(CASE WHEN NOT is_now AND status = 'ESCALATED' THEN 1 END),
           sum(CASE WHEN NOT is_now THEN error_count END),
           avg(CASE WHEN NOT is_now THEN seconds END), sum(CASE WHEN NOT is_now THEN cost END),
           sum(CASE WHEN NOT is_now THEN lost_logs END), sum(CASE WHEN NOT is_now THEN failed_tool_calls END),
           count(*) OVER (PARTITION BY {_GROUPING})
    FROM (SELECT * REPLACE (nullif(category, '') AS category, nullif(workflow_version, '') AS workflow_version,
                            nullif(environment, '') AS environment) FROM {{rows}})
    GROUP BY GROUPING SETS ({_SETS})
    QUALIFY row_number() OVER (PARTITION BY {_GROUPING} ORDER BY tickets DESC, {", ".join(_BREAKDOWNS.values())}) <= ?
    ORDER BY tickets DESC, {", ".join(_BREAKDOWNS.values())}
"""  # noqa: S608 - columns of our own


def overview_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], OverviewData]:
    """The overview's parameters as understood, and its data."""
    period, choices = read_period(params, now_ms, "30d"), read_choices(params, CHOICES)
    client_id, _ = of_client(viewer, params)
    rows = compared("logs", _COLUMNS, period, now_ms, _chosen(viewer, params, choices))
    current, previous = _totals(reader, rows)
    chart = Chart(reader, within(period.span, _chosen(viewer, params, choices)), period, now_ms)
    groups = _groups(reader, rows)
    chosen = within(period.span, _chosen(viewer, params, choices))
    data: OverviewData = {
        "current": current,
        "previous": previous,
        "lost_by_reason": count_losses(reader, chosen) if current["lost"] else [],
        "has_any": bool(current["tickets"]) or has_any(reader, viewer),
        **chart.draw(),
        "by_category": groups["category"],
        "by_version": groups["version"],
        "by_environment": groups["environment"],
        "by_client": groups["client"] if viewer.sees_many else None,
    }
    return {**period.as_params(), "client": client_id, **choices}, data


def _chosen(viewer: Viewer, params: Mapping[str, str], choices: Mapping[str, str]) -> Filter:
    _, chosen = of_client(viewer, params)
    for name, column in CHOICES.items():
        narrow(chosen, column, choices[name])
    return chosen


# ------------------------------------------------------------ totals and groups


def _totals(reader: Source, rows: Compared) -> tuple[Figures, Figures | None]:
    found = {is_now: values for is_now, *values in reader.sql(_TOTALS.format(rows=rows.rows), rows.values)}
    nothing = [0, 0, 0, None, None, *[0] * 10]
    before = _figures(found.get(False, nothing)) if rows.has_before else None
    return _figures(found.get(True, nothing)), before


def _figures(values: Sequence[Any]) -> Figures:
    tickets, successes, failures, average, quantiles, errors, with_errors, failed, with_failed, *spent = (
        values
    )
    tokens_in, tokens_out, cost, with_tokens, with_cost, lost = spent
    median, p95 = quantiles or (None, None)
    return {
        "tickets": tickets,
        "successes": successes,
        "failures": failures,
        "success_rate": successes / tickets if tickets else None,
        "avg_seconds": number(average),
        "median_seconds": number(median),
        "p95_seconds": number(p95),
        "errors": int(errors or 0),
        "tickets_with_errors": with_errors,
        "failed_calls": int(failed or 0),
        "tickets_with_failed_calls": with_failed,
        "input_tokens": number(tokens_in) if with_tokens else None,
        "output_tokens": number(tokens_out) if with_tokens else None,
        "cost_usd": number(cost) if with_cost else None,
        "tickets_with_tokens": with_tokens,
        "tickets_with_cost": with_cost,
        "lost": int(lost or 0),
        "completeness": tickets / (tickets + int(lost or 0)) if tickets else None,
    }


def _groups(reader: Source, rows: Compared) -> dict[str, Breakdown]:
    """Every breakdown, in one scan."""
    names, count = list(_BREAKDOWNS), len(_BREAKDOWNS)
    found: dict[str, Breakdown] = {name: {"rows": [], "more": 0} for name in names}
    for which, *row in reader.sql(_GROUPS.format(rows=rows.rows), [*rows.values, MOST_ROWS]):
        # A bit is set for each column that is not grouped by, the first column's first.
        place = next(place for place in range(count) if not which & 1 << (count - 1 - place))
        breakdown = found[names[place]]
        breakdown["rows"].append(_group(row[place], row[count:-1], has_before=rows.has_before))
        breakdown["more"] = max(0, row[-1] - MOST_ROWS)
    return found


def _group(name: str | None, values: Sequence[Any], *, has_before: bool) -> GroupRow:
    half = len(values) // 2
    return {
        "name": name,
        "current": _group_figures(values[:half]),
        "previous": _group_figures(values[half:]) if has_before else None,
    }


def _group_figures(values: Sequence[Any]) -> GroupFigures:
    tickets, successes, failures, escalations, errors, seconds, cost, lost, failed = values
    return {
        "tickets": tickets,
        "successes": successes,
        "failures": failures,
        "escalations": escalations,
        "errors": int(errors or 0),
        "avg_seconds": number(seconds),
        "cost_usd": number(cost),
        "lost": int(lost or 0),
        "failed_calls": int(failed or 0),
    }
