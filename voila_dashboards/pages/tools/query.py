"""How often each was called, how often it failed, how long it took; by client and by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from access.viewer import Viewer
from lake.columns import TOOL_CALLS
from voila_dashboards.pages.tools.params import CHOICES, SORTS
from voila_dashboards.pages.tools.payload import CallFigures, CallGroup, FailedCall, ToolRow, ToolsData
from voila_dashboards.periods import read_period
from voila_dashboards.queries.choices import narrow, of_client, read_choices
from voila_dashboards.queries.compared import Compared, compared
from voila_dashboards.queries.source import Filter, Source, number

#: Tools, clients and versions of a page; it says how many more there are.
MOST_ROWS: Final = 200

#: A text of no letters says as little as none: neither is a row of its own.
_COLUMNS: Final = (
    "nullif(name, '') AS name, client_id, nullif(workflow_version, '') AS workflow_version, "
    "status = 'error' AS has_failed, "
    "CASE WHEN isfinite(duration_ms) THEN duration_ms END AS duration_ms"
)
_FAILED_COLUMNS: Final = "nullif(name, '') AS name, client_id, log_id, executed_at"
_NOW: Final = "CASE WHEN is_now THEN 1 END"
_BEFORE: Final = "CASE WHEN NOT is_now THEN 1 END"
_COUNTS: Final = f"""
    count({_NOW}) AS calls, count(CASE WHEN is_now AND has_failed THEN 1 END) AS failures,
    count({_BEFORE}) AS calls_before, count(CASE WHEN NOT is_now AND has_failed THEN 1 END) AS failures_before
"""
_TIMES: Final = """
    quantile_cont(CASE WHEN is_now THEN duration_ms END, [0.5, 0.95]) AS times,
    quantile_cont(CASE WHEN NOT is_now THEN duration_ms END, [0.5, 0.95]) AS times_before
"""
_SUMS: Final = ", ".join(
    f"(sum({name}) OVER ())::BIGINT" for name in ("calls", "failures", "calls_before", "failures_before")
)
_TOOLS: Final = f"""
    SELECT name, {_COUNTS}, {_TIMES}, count(*) OVER (), {_SUMS} FROM {{rows}}
    GROUP BY name ORDER BY {{order}}, name NULLS LAST LIMIT ?
"""  # noqa: S608 - SQL of our own
_GROUPS: Final = f"""
    SELECT grouping(client_id) AS is_version, client_id, workflow_version, {_COUNTS} FROM {{rows}}
    GROUP BY GROUPING SETS ((client_id), (workflow_version))
    QUALIFY row_number() OVER (
        PARTITION BY grouping(client_id) ORDER BY calls DESC, calls_before DESC, client_id, workflow_version) <= ?
    ORDER BY calls DESC, calls_before DESC, client_id, workflow_version
"""  # noqa: S608 - as above
_NEWEST: Final = """
    SELECT name, arg_max({{'client_id': client_id, 'log_id': log_id}}, executed_at), epoch_us(max(executed_at)) // 1000
    FROM {rows} WHERE is_now GROUP BY name
"""
_ORDERS: Final = {
    "calls": "calls DESC",
    "failures": "failures DESC",
    "failure_rate": "failures / nullif(calls, 0) DESC NULLS LAST",
    "p95": "times[2] DESC NULLS LAST",
    "change": "calls - calls_before DESC",
    "name": "lower(name)",
}


def tools_data(
    reader: Source, viewer: Viewer, params: Mapping[str, str], now_ms: int
) -> tuple[dict[str, str], ToolsData]:
    """The page's parameters as understood, and its data."""
    is_behind = bool(reader.need(TOOL_CALLS))
    period = read_period(params, now_ms, "30d")
    choices = read_choices(params, CHOICES)
    sort = params.get("sort", "")
    sort = sort if sort in SORTS else SORTS[0]
    calls = compared("scope_tool_calls", _COLUMNS, period, now_ms, _chosen(viewer, params, choices))
    failed = _chosen(viewer, params, choices).add("status = 'error'")
    failures = compared("scope_tool_calls", _FAILED_COLUMNS, period, now_ms, failed)
    data = _data(reader, calls, failures, sort)
    client_id, _ = of_client(viewer, params)
    shown = {**period.as_params(), "client": client_id, **choices, "sort": sort}
    return shown, {
        **data,
        "by_client": data["by_client"] if viewer.sees_many else None,
        "is_behind": is_behind,
    }


def _chosen(viewer: Viewer, params: Mapping[str, str], choices: Mapping[str, str]) -> Filter:
    _, chosen = of_client(viewer, params)
    narrow(chosen, "workflow_version", choices["version"])
    narrow(chosen, "environment", choices["environment"])
    return narrow(chosen, "name", choices["tool"])


def _data(reader: Source, calls: Compared, failed: Compared, sort: str) -> ToolsData:
    has_before = calls.has_before
    tools = reader.sql(_TOOLS.format(rows=calls.rows, order=_ORDERS[sort]), [*calls.values, MOST_ROWS])
    newest = {name: each for name, *each in reader.sql(_NEWEST.format(rows=failed.rows), failed.values)}
    groups = reader.sql(_GROUPS.format(rows=calls.rows), [*calls.values, MOST_ROWS])
    count, all_calls, failures, all_before, failures_before = tools[0][-5:] if tools else (0,) * 5
    return {
        "current": {"calls": all_calls, "failures": failures},
        "previous": {"calls": all_before, "failures": failures_before} if has_before else None,
        "tools": [_tool(row, all_calls, newest.get(row[0]), has_before=has_before) for row in tools],
        "more_tools": count - len(tools),
        "by_client": [_group(row[1], row[3:], has_before=has_before) for row in groups if not row[0]],
        "by_version": [_group(row[2], row[3:], has_before=has_before) for row in groups if row[0]],
        "is_behind": False,
    }


def _figures(row: Sequence[Any], *, has_before: bool) -> tuple[CallFigures, CallFigures | None]:
    """Of a name, four counts, and two pairs of times."""
    _, calls, failures, calls_before, failures_before, times, times_before, *_ = row
    before = _call_figures(calls_before, failures_before, times_before) if has_before else None
    return _call_figures(calls, failures, times), before


def _call_figures(calls: int, failures: int, times: Sequence[float] | None) -> CallFigures:
    median, p95 = times or (None, None)
    return {"calls": calls, "failures": failures, "median_ms": number(median), "p95_ms": number(p95)}


def _tool(row: Sequence[Any], all_calls: int, newest: Sequence[Any] | None, *, has_before: bool) -> ToolRow:
    current, previous = _figures(row, has_before=has_before)
    return {
        "name": row[0],
        "current": current,
        "previous": previous,
        "share": current["calls"] / all_calls if all_calls else None,
        "newest_failure": _failed_call(*newest) if newest else None,
    }


def _failed_call(log: Mapping[str, str], executed_at_ms: int) -> FailedCall:
    return {"client_id": log["client_id"], "log_id": log["log_id"], "executed_at_ms": executed_at_ms}


def _group(name: str | None, counts: Sequence[int], *, has_before: bool) -> CallGroup:
    calls, failures, calls_before, failures_before = counts
    return {
        "name": name,
        "calls": calls,
        "failures": failures,
        "calls_before": calls_before if has_before else None,
        "failures_before": failures_before if has_before else None,
    }
