"""The overview's figures, computed once more in plain Python from the logs that were sent: ranges, zones, roles."""

from __future__ import annotations

import json
import random
import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import ACME, MANAGER, NOW, NOW_MS, PROVIDER, log, reader_of
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.overview.payload import REST, OverviewData
from voila_dashboards.pages.overview.query import overview_data

CHANCE = random.Random(5)
#: Clocks that go forward and back, by half an hour too; that are ahead by parts of an hour; that are a day ahead.
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
]
RANGES: list[dict[str, str]] = [
    {"range": "1d"},
    {"range": "7d"},
    {"range": "30d"},
    {"range": "90d"},
    {"range": "all"},
    {"from": "2026-10-24", "to": "2026-10-26"},
    {"from": "2026-10-31", "to": "2026-11-02"},
    {"from": "2026-01-01", "to": "2026-12-31"},
    {"from": "2023-01-01", "to": "2026-12-31"},
    {"from": "2001-01-01", "to": "2026-12-31"},
    {"from": "2026-11-20"},
    {"to": "2026-03-29"},
]


def a_log(number: int) -> dict[str, Any]:
    age = timedelta(minutes=CHANCE.randrange(45 * 1440 if number % 3 else 400 * 1440))
    return log(
        f"T-{number}",
        client=CHANCE.choice(["acme", "globex", "initech"]),
        age=age,
        status=CHANCE.choice(["SUCCESS", "SUCCESS", "FAILED", "ESCALATED", "NEEDS_INFO"]),
        category=CHANCE.choice(["refund", "billing", "", None]),
        workflow_version=CHANCE.choice(["2.2", "2.3", None]),
        environment=CHANCE.choice(["live", "staging"]),
        execution_time_seconds=CHANCE.randrange(1, 400) / 8,
        metrics={"cost_usd": CHANCE.randrange(8) / 4, "error_count": CHANCE.randrange(3)}
        if number % 2
        else {},
    )


LOGS = [a_log(number) for number in range(400)]
#: On both sides of every hour around the nights in which clocks are put back.
LOGS += [
    {
        **a_log(1000 + n),
        "executed_at": (start + timedelta(minutes=20 * n)).isoformat(),
        "log_id": f"night-{start}-{n}",
    }
    for start in (datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC))
    for n in range(30)
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as opened:
        yield opened


def ask(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> OverviewData:
    shown, data = overview_data(source, viewer, params, NOW_MS)
    json.dumps([shown, data], allow_nan=False)
    return data


# ---------------------------------------------------------------- the same in plain Python


def day_of(each: dict[str, Any], zone: str) -> date:
    return datetime.fromisoformat(each["executed_at"]).astimezone(ZoneInfo(zone)).date()


def days_of(params: dict[str, str], zone: str) -> tuple[date, date]:
    today = NOW.astimezone(ZoneInfo(zone)).date()
    if "range" in params:
        days = {"1d": 1, "7d": 7, "30d": 30, "90d": 90}.get(params["range"])
        return (date.min, date.max) if days is None else (today - timedelta(days=days - 1), today)
    first = date.fromisoformat(params["from"]) if "from" in params else date.min
    return first, date.fromisoformat(params["to"]) if "to" in params else today


def chosen(viewer: Viewer, params: dict[str, str], zone: str) -> list[dict[str, Any]]:
    first, last = days_of(params, zone)
    return [
        each for each in LOGS if viewer.may_see(each["client_id"]) and first <= day_of(each, zone) <= last
    ]


def chosen_before(viewer: Viewer, params: dict[str, str], zone: str) -> list[dict[str, Any]] | None:
    """Those of as many days before, up to the time of day that it is now."""
    first, last = days_of(params, zone)
    if first == date.min or last == date.max:
        return None
    length = timedelta(days=(last - first).days + 1)
    here = NOW.astimezone(ZoneInfo(zone))
    is_cut = first <= here.date() <= last
    midnight = datetime.combine(here.date(), datetime.min.time(), ZoneInfo(zone))
    end = datetime.combine(here.date() - length, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    end += here.astimezone(UTC) - midnight.astimezone(UTC)
    return [
        each
        for each in LOGS
        if viewer.may_see(each["client_id"])
        and first - length <= day_of(each, zone) < first
        and (not is_cut or datetime.fromisoformat(each["executed_at"]) < end)
    ]


def quantile(values: list[float], share: float) -> float | None:
    """Between the two nearest, as far as the share lies between them."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def figures(logs: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = [each["execution_time_seconds"] for each in logs]
    return {
        "tickets": len(logs),
        "successes": sum(each["status"] == "SUCCESS" for each in logs),
        "failures": sum(each["status"] == "FAILED" for each in logs),
        "errors": sum(each["metrics"].get("error_count", 0) for each in logs),
        "tickets_with_errors": sum(each["metrics"].get("error_count", 0) > 0 for each in logs),
        "avg_seconds": statistics.fmean(seconds) if seconds else None,
        "median_seconds": quantile(seconds, 0.5),
        "p95_seconds": quantile(seconds, 0.95),
        "cost_usd": sum(e["metrics"]["cost_usd"] for e in logs if e["metrics"])
        if any(e["metrics"] for e in logs)
        else None,
    }


def groups(logs: list[dict[str, Any]], field: str) -> dict[str | None, int]:
    return dict(Counter(each[field] or None for each in logs))


def same(found: Any, expected: dict[str, Any] | None) -> bool:
    if expected is None or found is None:
        return found is expected
    return {name: found[name] for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize("viewer", [PROVIDER, MANAGER, ACME], ids=lambda viewer: viewer.name)
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("params", RANGES, ids=str)
def test_every_figure_is_what_the_logs_say(
    source: LakeSource, viewer: Viewer, zone: str, params: dict[str, str]
) -> None:
    data = ask(source, viewer, **params, zone=zone)
    logs = chosen(viewer, params, zone)

    assert same(data["current"], figures(logs))
    before = chosen_before(viewer, params, zone)
    assert same(data["previous"], None if before is None else figures(before))
    for name, field in (
        ("by_category", "category"),
        ("by_version", "workflow_version"),
        ("by_client", "client_id"),
    ):
        breakdown = data[name]  # type: ignore[literal-required]
        if breakdown is None:
            assert not viewer.sees_many
            continue
        now = {
            row["name"]: row["current"]["tickets"] for row in breakdown["rows"] if row["current"]["tickets"]
        }
        assert now == groups(logs, field)
        if before is not None:
            then = {
                row["name"]: row["previous"]["tickets"]
                for row in breakdown["rows"]
                if row["previous"]["tickets"]
            }
            assert then == groups(before, field)


def start_of(each: dict[str, Any], unit: str, zone: str) -> int:
    """When the column of a log begins."""
    moment = datetime.fromisoformat(each["executed_at"])
    here = moment.astimezone(ZoneInfo(zone))
    if unit == "hour":
        past = timedelta(minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
        return int((moment - past).timestamp() * 1000)
    day = here.date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit != "day":
        day = day.replace(day=1, month=day.month if unit == "month" else 1)
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    return int(midnight.astimezone(UTC).timestamp() * 1000)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("params", RANGES, ids=str)
def test_every_column_is_what_the_logs_say(source: LakeSource, zone: str, params: dict[str, str]) -> None:
    data = ask(source, **params, zone=zone)
    logs = chosen(PROVIDER, params, zone)
    expected = Counter((start_of(each, data["unit"], zone), each["status"]) for each in logs)

    found = {
        (column["start_ms"], status): count
        for column in data["columns"]
        for status, count in zip(data["statuses"], column["counts"], strict=True)
        if count
    }

    assert found == expected
    for column in data["columns"]:
        seconds = [
            e["execution_time_seconds"] for e in logs if start_of(e, data["unit"], zone) == column["start_ms"]
        ]
        assert column["median_seconds"] == pytest.approx(quantile(seconds, 0.5))
        assert column["p95_seconds"] == pytest.approx(quantile(seconds, 0.95))


def test_the_day_on_which_clocks_are_put_back_has_an_hour_more(source: LakeSource) -> None:
    data = ask(source, **{"from": "2026-10-25", "to": "2026-10-25", "zone": "Europe/Berlin"})

    assert (data["unit"], len(data["columns"])) == ("hour", 25)


@pytest.mark.parametrize(
    ("params", "unit", "columns"),
    [
        ({"range": "1d"}, "hour", 24),
        ({"range": "7d"}, "day", 7),
        ({"range": "30d"}, "day", 30),
        ({"range": "90d"}, "day", 90),
    ],
)
def test_times_at_which_nothing_ran_have_their_column(
    source: LakeSource, params: dict[str, str], unit: str, columns: int
) -> None:
    data = ask(source, **params)

    assert (data["unit"], len(data["columns"])) == (unit, columns)


def test_the_few_that_lie_far_from_the_rest_are_told_and_not_drawn(tmp_path: Path) -> None:
    bulk = [log(f"T-{n}", age=timedelta(days=n)) for n in range(20)]
    odd = [
        log("old", executed_at="1999-03-01T00:00:00Z"),
        log("first", executed_at="0001-01-01T00:00:00Z"),
        log("last", executed_at="9999-12-31T23:59:59Z"),
    ]
    with reader_of(tmp_path / "some", [*bulk, odd[0]]) as source:
        data = ask(source, range="all")
    with reader_of(tmp_path / "every", [*bulk, *odd]) as source:
        for zone in ZONES:
            every = ask(source, range="all", zone=zone)
            assert every["current"]["tickets"] == sum(
                map(sum, (c["counts"] for c in every["columns"]))
            ) + sum(
                every["outliers"].values()  # type: ignore[arg-type]
            )

    assert (data["unit"], len(data["columns"])) == ("day", 20)
    assert data["outliers"] == {"before": 1, "after": 0}
    assert (data["current"]["tickets"], data["outcomes"]) == (21, [21])


def test_many_own_statuses_are_drawn_as_one(tmp_path: Path) -> None:
    with reader_of(tmp_path, [log(f"T-{n}", status=f"S{n:03}") for n in range(200)]) as source:
        data = ask(source)

    assert data["statuses"] == ["S000", "S001", "S002", "S003", "S004", REST]
    assert data["outcomes"] == [1, 1, 1, 1, 1, 195]


@pytest.mark.parametrize(
    "params", [{"range": "30d", "version": "2.3", "category": "(none)"}, {"environment": "live"}]
)
def test_the_overview_is_narrowed_as_the_list_is(source: LakeSource, params: dict[str, str]) -> None:
    data = ask(source, **params)

    logs = [
        each
        for each in chosen(PROVIDER, {"range": "30d"}, "UTC")
        if ("version" not in params or (each["workflow_version"] == "2.3" and not each["category"]))
        and each["environment"] == params.get("environment", each["environment"])
    ]
    assert data["current"]["tickets"] == len(logs)


def test_an_empty_lake_has_empty_figures(tmp_path: Path) -> None:
    with reader_of(tmp_path, []) as source:
        for params in RANGES:
            data = ask(source, **params)
            assert (data["current"]["tickets"], data["columns"], data["has_any"]) == (0, [], False)
