from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import ACME, NOW_MS, PROVIDER
from tests.voila_dashboards.part_lake import source_of
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.tools.params import SORTS
from voila_dashboards.pages.tools.payload import CallFigures, ToolsData
from voila_dashboards.pages.tools.query import tools_data


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with source_of(tmp_path_factory.mktemp("lake")) as opened:
        yield opened


def ask(source: LakeSource, viewer: Viewer = PROVIDER, /, **params: str) -> ToolsData:
    shown, data = tools_data(source, viewer, params, NOW_MS)
    json.dumps([shown, data], allow_nan=False)
    return data


def figures(calls: int, failures: int, median: float | None, p95: float | None) -> CallFigures:
    return {"calls": calls, "failures": failures, "median_ms": median, "p95_ms": p95}


def rounded(found: CallFigures | None) -> CallFigures:
    """The figures, with the last place of what floats make left away."""
    assert found is not None
    median, p95 = (None if ms is None else round(ms, 6) for ms in (found["median_ms"], found["p95_ms"]))
    return figures(found["calls"], found["failures"], median, p95)


def test_each_tool_has_its_calls_failures_and_times(source: LakeSource) -> None:
    data = ask(source)

    assert [tool["name"] for tool in data["tools"]] == ["find", "pay", "mail", "old"]
    assert [rounded(tool["current"]) for tool in data["tools"]] == [
        figures(3, 0, 20, 29),
        figures(3, 2, 300, 480),
        figures(1, 1, None, None),
        figures(0, 0, None, None),
    ]
    assert [rounded(tool["previous"]) for tool in data["tools"]] == [
        figures(2, 0, 30, 39),
        figures(0, 0, None, None),
        figures(0, 0, None, None),
        figures(1, 1, 7, 7),
    ]
    assert [tool["share"] for tool in data["tools"]] == [3 / 7, 3 / 7, 1 / 7, 0]
    assert data["current"] == {"calls": 7, "failures": 3}
    assert data["previous"] == {"calls": 3, "failures": 1}


def test_a_tool_leads_to_its_newest_failure(source: LakeSource) -> None:
    newest = {tool["name"]: tool["newest_failure"] for tool in ask(source)["tools"]}

    assert newest["pay"] == {
        "client_id": "acme",
        "log_id": "log-of-A-2",
        "executed_at_ms": NOW_MS - 3_600_000,
    }
    assert (newest["find"], newest["old"]) == (None, None)


def test_calls_are_told_apart_by_client_and_by_version(source: LakeSource) -> None:
    data = ask(source, tool="pay")

    def rows(groups: Any) -> list[tuple[Any, ...]]:
        return [(group["name"], group["calls"], group["failures"], group["calls_before"]) for group in groups]

    assert rows(data["by_client"]) == [("acme", 2, 1, 0), ("globex", 1, 1, 0)]
    assert rows(data["by_version"]) == [("2.3", 2, 2, 0), ("2.2", 1, 0, 0)]


@pytest.mark.claim("who-reads")
def test_a_client_sees_its_own_calls_only(source: LakeSource) -> None:
    own = ask(source, ACME, client="globex")

    assert own["current"]["calls"] == 6
    assert own["by_client"] is None


@pytest.mark.parametrize("sort", [*SORTS, "no such"])
def test_every_order_shows_every_tool(source: LakeSource, sort: str) -> None:
    assert len(ask(source, sort=sort)["tools"]) == 4


def test_all_time_has_nothing_to_compare_with(source: LakeSource) -> None:
    data = ask(source, range="all")

    assert data["previous"] is None
    assert data["current"]["calls"] == 10
    assert [group["calls_before"] for group in data["by_version"]] == [None] * 4


def test_where_nothing_was_called_the_page_is_empty(source: LakeSource) -> None:
    data = ask(source, tool="no such")

    assert (data["tools"], data["current"]["calls"], data["by_version"]) == ([], 0, [])
