"""The pages' figures against plain SQL on the Parquet files of the tables, with DuckDB's own tables of time zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import duckdb
import pytest
from deltalake import DeltaTable

from access.viewer import Viewer
from etl.run import run_once
from etl.settings import EtlSettings
from lake.message_pattern import pattern_of
from lake.reader import read_lake
from lake.snapshot import Lake
from lake.store import open_store
from tests.logs import put_raw
from tests.voila_dashboards import recomputed as plain
from tests.voila_dashboards.odd_runs import make_runs
from tests.voila_dashboards.page_lake import MANAGER, NOW, NOW_MS, PROVIDER
from tests.voila_dashboards.recomputed import RANGES, ZONES
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.errors.query import errors_data
from voila_dashboards.pages.overview.query import overview_data
from voila_dashboards.pages.tickets.query import tickets_data
from voila_dashboards.pages.tools.query import tools_data

_TABLES: Final = ("logs", "errors", "tool_calls")
CASES: Final = [
    pytest.param(viewer, zone, params, id=f"{viewer.name}-{zone}-{'-'.join(params.values())}")
    for viewer in (PROVIDER, MANAGER)
    for zone in (ZONES if viewer is PROVIDER else ("Europe/Berlin",))
    for params in RANGES
]
every_case = pytest.mark.parametrize(("viewer", "zone", "params"), CASES)


class Both:
    """The same lake as the pages read it, and as files."""

    def __init__(self, folder: Any) -> None:
        store = open_store(folder.as_uri(), {}, create=True)
        lake = Lake(store)
        lake.create_tables()
        runs = make_runs(seed=77, count=300)
        for part in (runs[::2], runs[1::2]):
            for run in part:
                put_raw(store, run.log, received_at=NOW)
            # Sent again with a time in another month: in the files once, and on the pages.
            put_raw(
                store, {**part[0].log, "executed_at": "2026-07-01T00:00:00Z"}, received_at=NOW + timedelta(1)
            )
            run_once(lake, EtlSettings())
        self._reader = read_lake(store)
        self.pages = LakeSource(self._reader)
        self.files = duckdb.connect()
        for name in _TABLES:
            uris = DeltaTable(str(folder / name)).file_uris()
            kinds = "hive_partitioning=true, hive_types={'client_id': VARCHAR, 'month': VARCHAR}"
            self.files.execute(f"CREATE VIEW {name} AS FROM read_parquet({uris!r}, {kinds})")

    def close(self) -> None:
        self._reader.close()
        self.files.close()

    def sql(self, query: str, viewer: Viewer, zone: str, params: Mapping[str, str]) -> list[tuple[Any, ...]]:
        """Rows of a query; in it ``{seen}`` are the viewer's rows of the days that are asked for, on that clock."""
        where = ["true"]
        if viewer.scope.clients is not None:
            where.append(f"client_id IN ({', '.join(repr(each) for each in sorted(viewer.scope.clients))})")
        days = plain.days_of(params, zone)
        if days is not None:
            where.append(
                f"(executed_at AT TIME ZONE '{zone}')::DATE BETWEEN DATE '{days[0]}' AND DATE '{days[1]}'"
            )
        return self.files.execute(query.format(seen=f"WHERE {' AND '.join(where)}")).fetchall()


#: What kinds without a telling type are told apart by; its own tests say whether it is right.
PATTERN: Final = pattern_of("message", "type").replace("{", "{{").replace("}", "}}")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    both = Both(tmp_path_factory.mktemp("lake"))
    yield both
    both.close()


@every_case
def test_the_overview(lake: Both, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    _, data = overview_data(lake.pages, viewer, {**params, "zone": zone}, NOW_MS)

    [told] = lake.sql(
        """SELECT count(*), count(*) FILTER (status = 'SUCCESS'), count(*) FILTER (status = 'FAILED'),
                  avg(execution_time_seconds), quantile_cont(execution_time_seconds, 0.5),
                  quantile_cont(execution_time_seconds, 0.95), coalesce(sum(error_count), 0),
                  coalesce(sum(failed_tool_calls), 0), sum((metrics->>'input_tokens')::BIGINT),
                  sum((metrics->>'output_tokens')::BIGINT), sum((metrics->>'cost_usd')::DOUBLE),
                  count(metrics->>'cost_usd'), coalesce(sum(lost_logs), 0)
           FROM logs {seen}""",
        viewer,
        zone,
        params,
    )
    names = (
        *("tickets", "successes", "failures", "avg_seconds", "median_seconds", "p95_seconds", "errors"),
        *("failed_calls", "input_tokens", "output_tokens", "cost_usd", "tickets_with_cost", "lost"),
    )
    current: Mapping[str, Any] = {**data["current"]}
    assert {name: current[name] for name in names} == pytest.approx(dict(zip(names, told, strict=True)))


@every_case
def test_the_days_of_the_chart(lake: Both, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    _, data = overview_data(lake.pages, viewer, {**params, "zone": zone}, NOW_MS)
    unit = data["unit"]
    # Truncated on the clock of the zone; the hour that comes twice is told apart by its offset.
    offset = f"epoch(executed_at AT TIME ZONE '{zone}') - epoch(executed_at AT TIME ZONE 'UTC')"
    rows = lake.sql(
        f"""SELECT date_trunc('{unit}', executed_at AT TIME ZONE '{zone}') AS place,
                   CASE WHEN '{unit}' = 'hour' THEN {offset} END AS of_hour, count(*)
            FROM logs {{seen}} GROUP BY ALL ORDER BY 1, 2 DESC""",
        viewer,
        zone,
        params,
    )
    left_out = data["outliers"]["before"] + data["outliers"]["after"]

    drawn = [total for column in data["columns"] if (total := sum(column["counts"]))]
    assert sum(drawn) + left_out == sum(count for *_, count in rows)
    first = next(
        (
            place
            for place in range(len(rows) + 1)
            if sum(r[-1] for r in rows[:place]) >= data["outliers"]["before"]
        ),
        0,
    )
    assert drawn == [count for *_, count in rows[first : first + len(drawn)]]


@every_case
def test_groups_and_choices(lake: Both, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    asked = {**params, "zone": zone}
    _, data = overview_data(lake.pages, viewer, asked, NOW_MS)
    _, listed = tickets_data(lake.pages, viewer, asked, NOW_MS)

    for column, breakdown, choices in (
        ("category", data["by_category"], listed["categories"]),
        ("workflow_version", data["by_version"], listed["versions"]),
        ("environment", data["by_environment"], listed["environments"]),
        ("client_id", data["by_client"], None),
        ("status", None, listed["statuses"]),
    ):
        query = f"SELECT nullif({column}, ''), count(*) FROM logs {{seen}} GROUP BY 1"
        told = dict(lake.sql(query, viewer, zone, params))
        if breakdown is not None:
            rows = {row["name"]: row["current"]["tickets"] for row in breakdown["rows"]}
            assert {name: count for name, count in rows.items() if count} == told
        if choices is not None:
            assert {each["name"]: each["count"] for each in choices if each["count"]} == told
    assert listed["found"] == data["current"]["tickets"]


@every_case
def test_errors_and_tools(lake: Both, viewer: Viewer, zone: str, params: dict[str, str]) -> None:
    asked = {**params, "zone": zone}
    _, errors = errors_data(lake.pages, viewer, asked, NOW_MS)
    _, tools = tools_data(lake.pages, viewer, asked, NOW_MS)

    kinds = lake.sql(
        f"""SELECT nullif(type, ''), nullif(node, ''),
                  nullif(CASE WHEN source IN ('tool_calls', 'errors') THEN name END, ''),
                  {PATTERN},
                  count(*), count(DISTINCT client_id || '/' || log_id)
           FROM errors {{seen}} GROUP BY 1, 2, 3, 4""",
        viewer,
        zone,
        params,
    )
    found = [
        tuple(kind[name] for name in ("type", "node", "tool", "message_pattern", "errors", "tickets"))
        for kind in errors["kinds"]
        if kind["errors"]
    ]
    assert sorted(found, key=str) == sorted(kinds, key=str)
    calls = lake.sql(
        """SELECT nullif(name, ''), count(*),
                  count(*) FILTER (error IS NOT NULL OR lower(coalesce(status, '')) = 'error'),
                  quantile_cont(duration_ms, 0.5), quantile_cont(duration_ms, 0.95)
           FROM tool_calls {seen} GROUP BY 1""",
        viewer,
        zone,
        params,
    )
    shown = {row["name"]: list(row["current"].values()) for row in tools["tools"] if row["current"]["calls"]}
    assert shown.keys() == {name for name, *_ in calls}
    for name, *told in calls:
        assert shown[name] == pytest.approx(told)
