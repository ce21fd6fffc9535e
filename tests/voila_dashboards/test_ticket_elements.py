"""However big a ticket is and whatever a reader does with it, its page has a bounded number of elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from tests.voila_dashboards.big_runs import SOUGHT, WALK, big_runs
from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

MOST_ELEMENTS: Final = 5000
RUNS: Final = big_runs(13)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    logs = [log(name, trace=trace, status="FAILED") for name, trace in RUNS.items()]
    with reader_of(tmp_path_factory.mktemp("lake"), logs) as reader, showing(reader) as running:
        yield running


@pytest.mark.parametrize("name", RUNS)
def test_a_walk_through_a_big_ticket_leaves_few_elements(
    chromium_browser: Browser, harness: Harness, name: str
) -> None:
    is_narrow = len(name) % 2 == 0
    size: ViewportSize = {"width": 420 if is_narrow else 1360, "height": 900}
    with chromium_browser.new_context(viewport=size) as context:
        page = context.new_page()
        page.goto(f"{harness.url}/ticket/acme/log-of-{name}")
        expect(page.get_by_role("searchbox")).to_be_visible()

        seen: list[dict[str, Any]] = page.evaluate(WALK, {"seed": 1367, "acts": 24, "words": list(SOUGHT)})

    assert [each for each in seen if each["elements"] > MOST_ELEMENTS] == []
    assert [each for each in seen if each["empty"]] == []


#: Not by Playwright's own waiting: it has the page evaluate a text, which its policy refuses at times.
_UNTIL_MARKED: Final = """() => new Promise((done) => {
    const look = () => (CSS.highlights.get("cl-found")?.size ? done() : setTimeout(look, 20));
    look();
})"""


def test_what_was_found_far_down_is_in_sight_and_marked(chromium_browser: Browser, harness: Harness) -> None:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{harness.url}/ticket/acme/log-of-talk")

        page.get_by_role("searchbox").fill("needle")

        sought = page.locator(".cl-message[aria-current]")
        expect(sought).to_contain_text("a needle, far down")
        expect(sought).to_be_in_viewport()
        page.evaluate(_UNTIL_MARKED)
        earlier = page.get_by_role("button", name="Show 40 earlier of 630")
        expect(earlier).to_be_attached()
        before = page.locator(".cl-message").count()
        earlier.click()
        expect(page.locator(".cl-message")).to_have_count(before + 40)


def test_what_was_unfolded_is_as_it_was_left_after_it_gave_way(
    chromium_browser: Browser, harness: Harness
) -> None:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{harness.url}/ticket/acme/log-of-blocks")
        first = page.locator(".cl-messages details.cl-folded").first
        first.locator("summary").click()
        expect(first).to_have_attribute("open", "")

        page.get_by_role("tab", name="Steps").click()
        page.get_by_role("tab", name="Conversation").click()

        expect(first).to_have_attribute("open", "")
