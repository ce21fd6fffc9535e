"""What every page must say of some runs: computed in plain Python, without a line of the product's queries."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from access.viewer import Viewer
from tests.voila_dashboards.odd_runs import Call, Failure, Run
from tests.voila_dashboards.page_lake import NOW

#: The zones of half hours, of a day behind, and of clocks that are put back, by half an hour too.
ZONES: Final = ("UTC", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/Berlin")
RANGES: Final[tuple[dict[str, str], ...]] = (
    {"range": "1d"},
    {"range": "7d"},
    {"range": "30d"},
    {"range": "all"},
    {"from": "2026-03-28", "to": "2026-03-30"},
    {"from": "2026-10-25", "to": "2026-10-25"},
    {"from": "2026-10-24", "to": "2026-11-02"},
    {"from": "1999-01-01", "to": "2027-12-31"},
)


# ---------------------------------------------------------------- periods


def day_of(run: Run, zone: str) -> date:
    """The day of a run on the clock of a zone."""
    return run.moment.astimezone(ZoneInfo(zone)).date()


def days_of(params: Mapping[str, str], zone: str) -> tuple[date, date] | None:
    """First and last day that is asked for; None for all."""
    today = NOW.astimezone(ZoneInfo(zone)).date()
    if params.get("range") == "all":
        return None
    if "range" in params:
        return today - timedelta(days=int(params["range"][:-1]) - 1), today
    return date.fromisoformat(params["from"]), date.fromisoformat(params["to"])


def of_period(runs: Iterable[Run], params: Mapping[str, str], zone: str) -> list[Run]:
    """Those of the days that are asked for."""
    days = days_of(params, zone)
    return [run for run in runs if days is None or days[0] <= day_of(run, zone) <= days[1]]


def of_time_before(runs: Iterable[Run], params: Mapping[str, str], zone: str) -> list[Run] | None:
    """Those of as many days before; where today is among the days, only up to this time of day."""
    days = days_of(params, zone)
    if days is None:
        return None
    first, last = days
    count = timedelta(days=(last - first).days + 1)
    if first - count < date(1970, 1, 1):
        return None
    found = [run for run in runs if first - count <= day_of(run, zone) < first]
    here = NOW.astimezone(ZoneInfo(zone))
    if not first <= here.date() <= last:
        return found
    passed = NOW - _midnight(here.date(), zone)
    end = _midnight(here.date() - count, zone) + passed
    return [run for run in found if run.moment < end]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)


def seen_by(viewer: Viewer, runs: Iterable[Run]) -> list[Run]:
    """Those that a viewer may see."""
    return [run for run in runs if viewer.may_see(run.log["client_id"])]


# ---------------------------------------------------------------- figures


def quantile(values: Iterable[float | None], share: float) -> float | None:
    """Between the two nearest values, as far as the share lies between them; of those that are told."""
    ordered = sorted(value for value in values if value is not None)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def figures_of(runs: Sequence[Run]) -> dict[str, Any]:
    """The figures of the overview."""
    seconds = [run.log["execution_time_seconds"] for run in runs]
    lost, tickets = sum(run.lost for run in runs), len(runs)
    successes = sum(run.log["status"] == "SUCCESS" for run in runs)
    return {
        "tickets": tickets,
        "successes": successes,
        "failures": sum(run.log["status"] == "FAILED" for run in runs),
        "success_rate": successes / tickets if tickets else None,
        "avg_seconds": statistics.fmean(seconds) if seconds else None,
        "median_seconds": quantile(seconds, 0.5),
        "p95_seconds": quantile(seconds, 0.95),
        "errors": sum(run.errors for run in runs),
        "tickets_with_errors": sum(run.errors > 0 for run in runs),
        "failed_calls": sum(run.failed_calls for run in runs),
        "tickets_with_failed_calls": sum(run.failed_calls > 0 for run in runs),
        **{name: _sum_of(runs, name) for name in ("input_tokens", "output_tokens", "cost_usd")},
        "tickets_with_tokens": sum(not run.log["metrics"].keys().isdisjoint(_TOKENS) for run in runs),
        "tickets_with_cost": sum("cost_usd" in run.log["metrics"] for run in runs),
        "lost": lost,
        "completeness": tickets / (tickets + lost) if tickets else None,
    }


_TOKENS: Final = ("input_tokens", "output_tokens")


def _sum_of(runs: Sequence[Run], metric: str) -> float | None:
    told = [run.log["metrics"][metric] for run in runs if metric in run.log["metrics"]]
    return sum(told) if told else None


def group_figures_of(runs: Sequence[Run]) -> dict[str, Any]:
    """The figures of one group of the overview."""
    every = figures_of(runs)
    names = ("tickets", "successes", "failures", "errors", "avg_seconds", "cost_usd", "lost", "failed_calls")
    return {
        **{name: every[name] for name in names},
        "escalations": sum(run.log["status"] == "ESCALATED" for run in runs),
    }


def by(runs: Iterable[Run], key: Callable[[Run], Any]) -> dict[Any, list[Run]]:
    """Runs in groups; what is empty is none."""
    groups: dict[Any, list[Run]] = defaultdict(list)
    for run in runs:
        groups[key(run) or None].append(run)
    return dict(groups)


def field(name: str) -> Callable[[Run], Any]:
    """What a run's log says."""
    return lambda run: run.log[name]


def column_of(run: Run, unit: str, zone: str) -> int:
    """When the chart's column of a run begins, UTC epoch ms."""
    here = run.moment.astimezone(ZoneInfo(zone))
    if unit == "hour":
        past = timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
        return round((run.moment - past).timestamp() * 1000)
    day = here.date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit != "day":
        day = day.replace(day=1, month=day.month if unit == "month" else 1)
    return round(_midnight(day, zone).timestamp() * 1000)


def error_totals_of(runs: Sequence[Run]) -> dict[str, int]:
    """The figures of the page of errors."""
    with_failed = [run for run in runs if run.failed_calls]
    return {
        "errors": sum(len(run.failures) for run in runs),
        "tickets": len(runs),
        "tickets_with_errors": sum(bool(run.failures) for run in runs),
        "failed_calls": sum(run.failed_calls for run in runs),
        "tickets_with_failed_calls": len(with_failed),
        "successes_with_failed_calls": sum(run.log["status"] == "SUCCESS" for run in with_failed),
    }


def failed_untold_of(runs: Sequence[Run]) -> int:
    """Runs that failed and of which nothing tells why."""
    return sum(run.log["status"] == "FAILED" and not run.failures for run in runs)


def kinds_of(runs: Sequence[Run]) -> dict[Failure, dict[str, Any]]:
    """What the page of errors says of each kind."""
    found: dict[Failure, list[Run]] = defaultdict(list)
    for run in runs:
        for failure in run.failures:
            kind = Failure(failure.type or None, failure.node or None, failure.tool or None, failure.said)
            found[kind].append(run)
    return {kind: _kind_of(each) for kind, each in found.items()}


def _kind_of(runs: Sequence[Run]) -> dict[str, Any]:
    ids = {(run.log["client_id"], run.log["log_id"]): run for run in runs}
    moments = [run.moment_ms for run in runs]
    return {
        "errors": len(runs),
        "tickets": len(ids),
        "in_successes": sum(run.log["status"] == "SUCCESS" for run in ids.values()),
        "first_seen_ms": min(moments),
        "last_seen_ms": max(moments),
        "clients": len({run.log["client_id"] for run in runs}),
        "versions": dict(Counter(run.log["workflow_version"] or None for run in runs)),
    }


def tools_of(runs: Sequence[Run]) -> dict[str | None, dict[str, Any]]:
    """What the page of tools says of each."""
    found: dict[str | None, list[Call]] = defaultdict(list)
    for run in runs:
        for call in run.calls:
            found[call.name or None].append(call)
    return {name: _tool_of(calls) for name, calls in found.items()}


def _tool_of(calls: Sequence[Call]) -> dict[str, Any]:
    times = [call.duration_ms for call in calls]
    return {
        "calls": len(calls),
        "failures": sum(call.failed for call in calls),
        "median_ms": quantile(times, 0.5),
        "p95_ms": quantile(times, 0.95),
    }


def call_counts_of(runs: Sequence[Run]) -> tuple[int, int]:
    """Calls, and those that failed."""
    return sum(len(run.calls) for run in runs), sum(run.failed_calls for run in runs)
