"""Nothing jumps, nothing is wider than its window, nothing is too small for a finger: by the browser's own measures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.voila_dashboards.every_page import (
    DESK,
    PHONE,
    STATES,
    TABLET,
    every_page,
    look_at,
    path_of,
    unfold,
    window,
)
from tests.voila_dashboards.page_lake import PROVIDER
from tests.voila_dashboards.widget_harness import Harness
from voila_dashboards.pages import PAGES

pytestmark = pytest.mark.browser

#: Of cumulative layout shift (https://web.dev/articles/cls); a fifth of what is called good.
STEADY: Final = 0.02
#: The narrowest phone: also a page of 1280 pixels at 400 %, which WCAG 2.2, 1.4.10 asks for.
NARROWEST: Final = 320
FINGER: Final = 24
#: A table is one of cards up to here.
NARROW: Final = 1060
#: Chromium does not count what moves within half a second of a press; answers come later here.
_ANSWERED_AFTER_S: Final = 0.7

_COUNT: Final = """
const element = ({ node }) => (node instanceof Element ? node : node?.parentElement);
const told = (sources) => sources.map((each) => element(each)?.className ?? "gone").join(", ");
const isOfTable = (source) => !element(source)?.isConnected || element(source).closest("table");
const impact = ({ previousRect: from, currentRect: to }) =>
    ((from.width * from.height + to.width * to.height) / (innerWidth * innerHeight)) *
    (Math.hypot(from.x - to.x, from.y - to.y) / Math.max(innerWidth, innerHeight));
const impacts = (sources) => sources.filter((each) => !isOfTable(each)).map(impact);
const around = (sources) => impacts(sources).reduce((sum, each) => sum + each, 0);
window.shifts = [];
new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
        if (!hadRecentInput)
            window.shifts.push({ value, of: told(sources), around: around(sources) });
}).observe({ type: "layout-shift", buffered: true });
"""


#: What follows from a window's new width is laid out by then.
_TWO_FRAMES: Final = """() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))"""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with every_page(tmp_path_factory.mktemp("lake")) as running:
        yield running


@pytest.fixture(scope="module", params=[DESK, PHONE])
def watched(request: pytest.FixtureRequest, chromium_browser: Browser) -> Iterator[BrowserContext]:
    """A window that counts what moves, and whose answers take their time."""
    with window(chromium_browser, request.param) as context:
        context.add_init_script(_COUNT)
        context.route("**/ask", _late)
        yield context


def _late(route: Route) -> None:
    time.sleep(_ANSWERED_AFTER_S)
    route.continue_()


def shifted(page: Page) -> tuple[float, list[dict[str, Any]]]:
    """How much has moved since the page was loaded or asked last, and what."""
    page.wait_for_timeout(200)
    moved: list[dict[str, Any]] = page.evaluate("window.shifts.splice(0)")
    return sum(each["value"] for each in moved), moved


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_painted_without_a_jump(watched: BrowserContext, harness: Harness, name: str) -> None:
    page = watched.new_page()
    look_at(page, harness, STATES[name])
    page.wait_for_load_state("networkidle")

    total, moved = shifted(page)
    page.close()

    assert total < STEADY, moved


def _order(page: Page) -> None:
    unfold(page)
    page.get_by_label("Order").last.select_option(index=1)


def _sort(page: Page) -> None:
    heading = page.get_by_role("link", name="Time", exact=True)
    heading.click() if page.evaluate("innerWidth") > NARROW else _order(page)


def _follow(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("link", name=name, exact=True).first.click()


@pytest.mark.parametrize(
    ("start", "ask"),
    [
        ("overview", _follow("90 days")),
        ("tickets", _sort),
        ("tickets", lambda page: page.locator(".cl-chip").nth(1).click()),
        ("tickets", lambda page: page.get_by_role("link", name="Next").click()),
        ("errors", _order),
        ("tools", _order),
        ("overview", _follow("Tickets")),
        ("tickets", lambda page: page.locator(".cl-ticket-id").first.click()),
    ],
    ids=["range", "sort", "status", "next", "errors", "tools", "page", "ticket"],
)
def test_an_answer_moves_nothing_but_rows(
    watched: BrowserContext, harness: Harness, start: str, ask: Callable[[Page], None]
) -> None:
    """Rows that stay take their new places, and columns the width of what they hold; what is around keeps its place."""
    page = watched.new_page()
    look_at(page, harness, STATES[start])
    shifted(page)
    asked = len(harness.asked)

    ask(page)
    while len(harness.asked) == asked:
        page.wait_for_timeout(20)
    page.locator(".cl-busy").wait_for(state="hidden")
    _, moved = shifted(page)
    page.close()

    assert sum(each["around"] for each in moved) < STEADY, moved


@pytest.mark.parametrize(
    "name", [*PAGES, "all of a ticket", "all of a step", "tickets with all filters", "account"]
)
def test_no_page_is_wider_than_its_window(chromium_browser: Browser, harness: Harness, name: str) -> None:
    with window(chromium_browser, DESK) as context:
        page = context.new_page()
        look_at(page, harness, STATES[name])
        wider = {}

        for width in (DESK, 1100, TABLET, PHONE, NARROWEST):
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(_TWO_FRAMES)
            wider[width] = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )

    assert {width: by for width, by in wider.items() if by > 0} == {}


@pytest.mark.parametrize("name", STATES)
def test_what_is_pressed_is_large_enough_for_a_finger(
    chromium_browser: Browser, harness: Harness, name: str
) -> None:
    """Buttons and fields; links within a text may be as high as the text (WCAG 2.2, 2.5.8)."""
    with window(chromium_browser, PHONE, has_touch=True) as context:
        page = context.new_page()
        look_at(page, harness, STATES[name])

        small = page.evaluate(
            """(least) => [...document.querySelectorAll("button, summary, select, input, nav a, .cl-button")]
                .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest("label, .cl-sr"))
                .map((each) => [each.className || each.textContent, each.getBoundingClientRect()])
                .filter(([, box]) => box.width && (box.width < least || box.height < least))
                .map(([name, box]) => `${name} ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`)""",
            FINGER,
        )

    assert small == []


def test_nothing_moves_for_who_wants_no_motion(chromium_browser: Browser, harness: Harness) -> None:
    moving: Final = """() => document.getAnimations().map((each) => each.effect.getComputedTiming())
        .filter(({ duration, iterations }) => duration > 1 || iterations > 1).length"""
    told = {}

    for wish in ("no-preference", "reduce"):
        with window(chromium_browser, DESK, reduced_motion=wish) as context:
            page = context.new_page()
            context.route("**/ask", lambda _route: None)
            page.goto(harness.url + path_of("overview"))
            page.locator(".cl-skeleton-page, .cl-skeleton").first.wait_for()
            told[wish] = page.evaluate(moving)

    assert told["no-preference"] > 0
    assert told["reduce"] == 0


def test_colours_of_the_readers_own_leave_every_mark_to_be_seen(
    chromium_browser: Browser, harness: Harness
) -> None:
    """Forced colours take backgrounds away: what is a bar, a dot or a swatch must keep its own."""
    harness.viewer = PROVIDER
    with window(chromium_browser, DESK, forced_colors="active") as context:
        page = context.new_page()
        for name in ("overview", "tickets", "steps of a ticket"):
            look_at(page, harness, STATES[name])
            gone = page.evaluate(
                """() => [...document.querySelectorAll(".cl-swatch, .cl-meter > span, .cl-g-bar, .cl-dot")]
                    .filter((each) => getComputedStyle(each).forcedColorAdjust !== "none")
                    .map((each) => each.className)"""
            )
            assert gone == [], name
