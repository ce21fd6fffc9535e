"""Every figure of overview, tickets, errors and tools, computed once more from the logs: ranges, zones and roles.

A part of the logs is in the tables, a part is raw, and some were sent again, also with a time in another month.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.viewer import Viewer
from etl.run import run_once
from etl.settings import EtlSettings
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import put_raw
from tests.voila_dashboards import recomputed as plain
from tests.voila_dashboards.odd_runs import Failure, Run, make_runs
from tests.voila_dashboards.page_lake import ACME, MANAGER, NOW, NOW_MS, PROVIDER
from tests.voila_dashboards.recomputed import RANGES, ZONES, field
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.errors.payload import ErrorKind
from voila_dashboards.pages.errors.query import errors_data
from voila_dashboards.pages.overview.payload import REST, OverviewData
from voila_dashboards.pages.overview.query import overview_data
from voila_dashboards.pages.tickets.query import tickets_data
from voila_dashboards.pages.tools.query import tools_data
from voila_dashboards.params import NONE
from voila_dashboards.queries.error_kinds import TicketErrorKind, error_kinds_of_ticket

RUNS = make_runs()
VIEWERS = [PROVIDER, MANAGER, ACME]
#: Everything for who sees everything; for the others two zones, on both sides of UTC.
CASES = [
    pytest.param(viewer, zone, params, id=f"{viewer.name}-{zone}-{'-'.join(params.values())}")
    for viewer in VIEWERS
    for zone in (ZONES if viewer is PROVIDER else ("America/Los_Angeles", "Europe/Berlin"))
    for params in RANGES
]

every_viewer = pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.name)
every_case = pytest.mark.parametrize(("viewer", "zone", "params"), CASES)
Sources = Mapping[str, LakeSource]
#: Overviews that were asked for: several tests look at each.
KNOWN: dict[tuple[Any, ...], OverviewData] = {}


def again(run: Run, **changed: Any) -> dict[str, Any]:
    """A log that is sent once more."""
    return {**run.log, **changed}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    """A lake of the runs, as each viewer's own scope sees it."""
    store = open_store(tmp_path_factory.mktemp("lake").as_uri(), {}, create=True)
    lake = Lake(store)
    lake.create_tables()
    third = len(RUNS) // 3
    for part in (RUNS[:third], RUNS[third : 2 * third]):
        for run in part:
            put_raw(store, run.log, received_at=NOW - timedelta(days=1))
        run_once(lake, EtlSettings())
    for run in RUNS[2 * third :]:
        put_raw(store, run.log, received_at=NOW)
    for run in RUNS[:20]:
        # Sent again, a part of it with a time in another month: it counts once, as it came first.
        put_raw(store, again(run), received_at=NOW)
        put_raw(store, again(run, executed_at="2026-08-15T12:00:00Z"), received_at=NOW)
    for run in RUNS[-20:]:
        put_raw(store, again(run, status="SENT_AGAIN"), received_at=NOW + timedelta(seconds=1))
    readers = {viewer.name: read_lake(store, viewer.scope) for viewer in VIEWERS}
    yield {name: LakeSource(reader) for name, reader in readers.items()}
    for reader in readers.values():
        reader.close()


def same(found: Any, expected: Mapping[str, Any]) -> None:
    """Whole numbers to the last one; others as far as sums in another order may differ."""
    for name, value in expected.items():
        assert found[name] == (pytest.approx(value) if isinstance(value, float) else value), name


def ask_overview(sources: Sources, viewer: Viewer, params: Mapping[str, str], zone: str) -> OverviewData:
    asked = (viewer.name, zone, *params.items())
    if asked not in KNOWN:
        shown, KNOWN[asked] = overview_data(sources[viewer.name], viewer, {**params, "zone": zone}, NOW_MS)
        json.dumps([shown, KNOWN[asked]], allow_nan=False)
    return KNOWN[asked]


def both(viewer: Viewer, params: Mapping[str, str], zone: str) -> tuple[list[Run], list[Run] | None]:
    """The runs of the period, and of the time before it."""
    seen = plain.seen_by(viewer, RUNS)
    return plain.of_period(seen, params, zone), plain.of_time_before(seen, params, zone)


# ---------------------------------------------------------------- overview


@every_case
def test_the_overviews_figures(sources: Sources, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    data = ask_overview(sources, viewer, params, zone)
    runs, before = both(viewer, params, zone)

    same(data["current"], plain.figures_of(runs))
    assert (data["previous"] is None) == (before is None)
    if before is not None:
        same(data["previous"], plain.figures_of(before))
    assert sum(each["logs"] for each in data["lost_by_reason"]) == sum(run.lost for run in runs)


@every_case
def test_the_overviews_groups(sources: Sources, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    data = ask_overview(sources, viewer, params, zone)
    runs, before = both(viewer, params, zone)

    for breakdown, key in (
        (data["by_category"], "category"),
        (data["by_version"], "workflow_version"),
        (data["by_environment"], "environment"),
        (data["by_client"], "client_id"),
    ):
        if breakdown is None:
            assert key == "client_id"
            assert not viewer.sees_many
            continue
        now, then = plain.by(runs, field(key)), plain.by(before or [], field(key))
        assert {row["name"] for row in breakdown["rows"]} == {*now, *then}
        assert breakdown["more"] == 0
        for row in breakdown["rows"]:
            same(row["current"], plain.group_figures_of(now.get(row["name"], [])))
            assert (row["previous"] is None) == (before is None)
            if before is not None:
                same(row["previous"], plain.group_figures_of(then.get(row["name"], [])))


@every_case
def test_the_overviews_columns(sources: Sources, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    data = ask_overview(sources, viewer, params, zone)
    runs, _ = both(viewer, params, zone)
    drawn, names = runs_drawn(data, runs, zone), [name for name in data["statuses"] if name != REST]

    found = {
        (column["start_ms"], status): count
        for column in data["columns"]
        for status, count in zip(data["statuses"], column["counts"], strict=True)
        if count
    }
    status = [(each, s if (s := each.log["status"]) in names else REST) for each in drawn]
    assert found == Counter((plain.column_of(run, data["unit"], zone), name) for run, name in status)
    assert len(drawn) + sum(data["outliers"].values()) == len(runs)  # type: ignore[arg-type]
    for column in data["columns"]:
        of_column = [run for run in drawn if plain.column_of(run, data["unit"], zone) == column["start_ms"]]
        seconds = [run.log["execution_time_seconds"] for run in of_column]
        assert column["median_seconds"] == pytest.approx(plain.quantile(seconds, 0.5))
        assert column["p95_seconds"] == pytest.approx(plain.quantile(seconds, 0.95))


def runs_drawn(data: OverviewData, runs: Sequence[Run], zone: str) -> list[Run]:
    """Without the earliest and latest that the page says it leaves out."""
    ordered = sorted(runs, key=lambda run: run.moment)
    before, after = data["outliers"]["before"], data["outliers"]["after"]
    return ordered[before : len(ordered) - after]


def test_the_few_of_1999_and_of_another_season_are_told_and_leave_the_rest_readable(sources: Sources) -> None:
    data = ask_overview(sources, PROVIDER, {"range": "all"}, "UTC")

    assert data["outliers"]["before"] >= 1
    assert data["columns"][0]["start_ms"] > datetime(2026, 7, 1, tzinfo=UTC).timestamp() * 1000
    assert data["unit"] in {"day", "week"}


def test_which_statuses_are_drawn_does_not_change_from_load_to_load(sources: Sources) -> None:
    params = {"range": "all", "zone": "UTC"}
    drawn = {
        tuple(overview_data(sources["olivia"], PROVIDER, params, NOW_MS)[1]["statuses"]) for _ in range(5)
    }

    assert len(drawn) == 1
    assert drawn.pop()[:3] == ("SUCCESS", "FAILED", "ESCALATED")


# ---------------------------------------------------------------- the list


@every_viewer
@pytest.mark.parametrize("params", RANGES, ids=str)
def test_what_a_group_of_the_overview_counts_is_what_the_list_finds(
    sources: Sources, viewer: Viewer, params: dict[str, str]
) -> None:
    data = ask_overview(sources, viewer, params, "Asia/Kolkata")

    for name, breakdown in (
        ("category", data["by_category"]),
        ("version", data["by_version"]),
        ("environment", data["by_environment"]),
        ("client", data["by_client"]),
    ):
        for row in (breakdown or {"rows": []})["rows"]:
            asked = {**params, "zone": "Asia/Kolkata", name: row["name"] or NONE}
            _, found = tickets_data(sources[viewer.name], viewer, asked, NOW_MS)
            assert found["found"] == row["current"]["tickets"]
            assert len(found["rows"]) == min(found["found"], found["page_size"])


@every_viewer
def test_the_lists_choices_count_what_they_find(sources: Sources, viewer: Viewer) -> None:
    source, seen = sources[viewer.name], plain.seen_by(viewer, RUNS)
    _, data = tickets_data(source, viewer, {}, NOW_MS)

    assert data["found"] == len(seen)
    for parameter, choices, key in (
        ("status", data["statuses"], "status"),
        ("category", data["categories"], "category"),
        ("version", data["versions"], "workflow_version"),
        ("environment", data["environments"], "environment"),
    ):
        counted = {each["name"]: each["count"] for each in choices}
        assert counted == {name: len(runs) for name, runs in plain.by(seen, field(key)).items()}
        for name, count in counted.items():
            _, found = tickets_data(source, viewer, {parameter: name or NONE}, NOW_MS)
            assert found["found"] == count


@every_viewer
def test_all_pages_of_the_list_hold_every_ticket_once_and_to_the_letter(
    sources: Sources, viewer: Viewer
) -> None:
    seen, rows, params = plain.seen_by(viewer, RUNS), list[Any](), {"sort": "cost_usd"}
    while True:
        _, data = tickets_data(sources[viewer.name], viewer, params, NOW_MS)
        rows += data["rows"]
        if data["after"] is None:
            break
        params["after"] = data["after"]

    assert Counter((row["client_id"], row["log_id"]) for row in rows) == Counter(
        (run.log["client_id"], run.log["log_id"]) for run in seen
    )
    by_id = {(run.log["client_id"], run.log["log_id"]): run for run in seen}
    for row in rows:
        run = by_id[row["client_id"], row["log_id"]]
        for name in ("ticket_id", "status", "category", "workflow_version", "environment"):
            assert row[name] == run.log[name]
        assert (row["error_count"] or 0, row["failed_tool_calls"] or 0) == (run.errors, run.failed_calls)
        assert row["executed_at_ms"] == run.moment_ms
        assert row["cost_usd"] == run.log["metrics"].get("cost_usd")


# ---------------------------------------------------------------- errors and tools


def failure_of(kind: ErrorKind | TicketErrorKind) -> Failure:
    return Failure(kind["type"], kind["node"], kind["tool"], kind["message_pattern"])


@every_case
def test_the_errors(sources: Sources, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    shown, data = errors_data(sources[viewer.name], viewer, {**params, "zone": zone}, NOW_MS)
    runs, before = both(viewer, params, zone)
    kinds, kinds_before = plain.kinds_of(runs), plain.kinds_of(before or [])

    json.dumps([shown, data], allow_nan=False)
    same(data["current"], plain.error_totals_of(runs))
    assert data["failed_untold"] == plain.failed_untold_of(runs)
    assert (data["previous"] is None) == (before is None)
    if before is not None:
        same(data["previous"], plain.error_totals_of(before))
    found = {failure_of(each): each for each in data["kinds"]}
    assert len(found) == len(data["kinds"])
    assert found.keys() == {*kinds, *kinds_before}
    for kind, row in found.items():
        assert row["before"] == (None if before is None else kinds_before.get(kind, {"errors": 0})["errors"])
        if kind in kinds:
            expected = kinds[kind]
            same(row, {name: value for name, value in expected.items() if name != "versions"})
            named = {each["version"]: each["errors"] for each in row["versions"]}
            assert named.items() <= expected["versions"].items()
            assert len(named) + row["more_versions"] == len(expected["versions"])
        else:
            assert (row["errors"], row["newest"]) == (0, None)


@every_viewer
def test_a_tickets_kinds_are_found_in_others_of_its_client(sources: Sources, viewer: Viewer) -> None:
    seen = plain.seen_by(viewer, RUNS)
    for run in [run for run in seen if run.failures][:12]:
        client_id, log_id = run.log["client_id"], run.log["log_id"]
        others = [
            each for each in seen if each.log["client_id"] == client_id and each.log["log_id"] != log_id
        ]
        moment_ms = run.moment_ms
        found = error_kinds_of_ticket(sources[viewer.name], viewer, client_id, log_id, moment_ms)

        expected = plain.kinds_of(others)
        own = plain.kinds_of([run])
        assert {failure_of(each): each["errors"] for each in found} == {
            kind: told["errors"] for kind, told in own.items()
        }
        for each in found:
            kind = expected.get(failure_of(each))
            assert each["other_tickets"] == (kind["tickets"] if kind else 0)
            assert each["newest_ms"] == (kind["last_seen_ms"] if kind else None)


@every_case
def test_the_tools(sources: Sources, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    shown, data = tools_data(sources[viewer.name], viewer, {**params, "zone": zone}, NOW_MS)
    runs, before = both(viewer, params, zone)
    tools, tools_before = plain.tools_of(runs), plain.tools_of(before or [])

    json.dumps([shown, data], allow_nan=False)
    calls, failures = plain.call_counts_of(runs)
    assert data["current"] == {"calls": calls, "failures": failures}
    assert {each["name"] for each in data["tools"]} == {*tools, *tools_before}
    nothing = {"calls": 0, "failures": 0, "median_ms": None, "p95_ms": None}
    for row in data["tools"]:
        same(row["current"], tools.get(row["name"], nothing))
        assert (row["previous"] is None) == (before is None)
        if before is not None:
            same(row["previous"], tools_before.get(row["name"], nothing))
        assert row["share"] == pytest.approx(row["current"]["calls"] / calls if calls else None)
        assert (row["newest_failure"] is None) == (row["current"]["failures"] == 0)
    for rows, key in ((data["by_version"], "workflow_version"), (data["by_client"], "client_id")):
        if rows is not None:
            check_calls(
                rows, plain.by(runs, field(key)), None if before is None else plain.by(before, field(key))
            )


def check_calls(
    rows: Sequence[Any], now: Mapping[Any, Sequence[Run]], then: Mapping[Any, Sequence[Run]] | None
) -> None:
    """Calls and failures of each group, now and before."""
    for row in rows:
        assert (row["calls"], row["failures"]) == plain.call_counts_of(now.get(row["name"], ()))
        expected = (None, None) if then is None else plain.call_counts_of(then.get(row["name"], ()))
        assert (row["calls_before"], row["failures_before"]) == expected
    named = Counter(row["name"] for row in rows)
    assert max(named.values(), default=1) == 1
    assert {name for name, runs in now.items() if plain.call_counts_of(runs)[0]} <= named.keys()
