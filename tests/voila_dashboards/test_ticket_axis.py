"""The names of a ticket's timeline: beside each other on every width, however long the run was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.voila_dashboards.page_lake import NOW, log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

#: One column and two, each where it is narrow.
WIDTHS: Final = (390, 1010, 1360)


def _steps(seconds: float, count: int = 7) -> list[dict[str, Any]]:
    each = seconds / count
    return [
        {
            "name": f"step {i}",
            "started_at": (NOW + timedelta(seconds=i * each)).isoformat(),
            "duration_ms": each * 900,
        }
        for i in range(count)
    ]


_LATER: Final = {"name": "late", "started_at": (NOW + timedelta(hours=1)).isoformat(), "duration_ms": 60_000}
RUNS: Final[dict[str, list[dict[str, Any]]]] = {
    "short": _steps(0.35),
    "minutes": _steps(540),
    "days": _steps(5.5 * 86_400),
    "idle": [*_steps(20, 3), _LATER],
    "untimed": [{"name": f"step {i}"} for i in range(137)],
}
#: Of each name its text and its edges; of a time its edges; then those of what they have to be in.
_EDGES: Final = """() => {
    const edges = (each) => { const { left, right } = each.getBoundingClientRect(); return [left, right]; };
    const of = (selector) => [...document.querySelectorAll(selector)].map(edges);
    return [of(".cl-axis .cl-g-track > span"), of(".cl-axis .cl-g-track")[0], of(".cl-g-time"), of(".cl-rows")[0]];
}"""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    logs = [log(name, log_id=name, trace={"nodes": nodes}) for name, nodes in RUNS.items()]
    with reader_of(tmp_path_factory.mktemp("lake"), logs) as reader, showing(reader) as running:
        yield running


@pytest.fixture(params=WIDTHS)
def page(chromium_browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": request.param, "height": 900}) as context:
        yield context.new_page()


@pytest.mark.parametrize("run", RUNS)
def test_names_of_a_timeline_stand_beside_each_other_and_within_it(
    page: Page, harness: Harness, run: str
) -> None:
    page.goto(f"{harness.url}/ticket/acme/{run}?part=steps")
    page.locator(".cl-axis .cl-g-track > span").first.wait_for()
    if run == "idle":
        page.get_by_role("button", name="Fold idle").click()
        page.locator("[aria-pressed=true]").wait_for()

    names, (left, right), times, (start, end) = page.evaluate(_EDGES)

    assert len(names) > 1
    assert all(before[1] + 4 <= after[0] for before, after in pairwise(names))
    assert all(left - 1 <= name[0] and name[1] <= right + 1 for name in names)
    assert all(start <= time[0] and time[1] <= end for time in times)
