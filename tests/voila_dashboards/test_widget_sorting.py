"""What a sort of the list costs the browser, in things that can be counted; how long it takes is benchmarked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

COUNTING = """() => {
  window.counted = { formats: 0, replaced: 0 };
  const { DateTimeFormat } = Intl;
  Intl.DateTimeFormat = function (...given) {
    window.counted.formats += 1;
    return new DateTimeFormat(...given);
  };
  const replace = history.replaceState;
  history.replaceState = (...given) => {
    window.counted.replaced += 1;
    replace.apply(history, given);
  };
}"""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    logs = [log(f"T-{n:03}", age=timedelta(minutes=n)) for n in range(120)]
    with reader_of(tmp_path_factory.mktemp("lake"), logs) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser, harness: Harness) -> Iterator[Page]:
    with chromium_browser.new_context(timezone_id="UTC", reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(harness.url + "/tickets")
        page.wait_for_selector("html[data-ready]")
        page.evaluate(COUNTING)
        yield page


def sort(page: Page) -> None:
    page.locator("[data-key=sort-ticket_id]").evaluate("link => link.click()")  # without scrolling to it
    page.wait_for_url("**/tickets?*sort=ticket_id")
    expect(page.locator("tbody tr").first).to_contain_text("T-000")


def test_the_zone_of_a_table_is_asked_for_once_and_not_for_each_of_its_rows(page: Page) -> None:
    sort(page)

    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.locator("tbody td").last).to_have_attribute("data-label", "Executed at (UTC)")
    assert page.evaluate("counted.formats") <= 4


def test_the_history_is_changed_no_more_than_there_is_to_remember(page: Page) -> None:
    sort(page)
    assert page.evaluate("counted.replaced") == 0

    page.evaluate("scrollTo(0, 700)")
    page.locator("tbody a").nth(20).evaluate("link => link.click()")
    page.wait_for_url("**/ticket/**")
    assert page.evaluate("counted.replaced") == 1
    page.go_back()

    expect(page.locator("tbody tr")).to_have_count(50)
    page.wait_for_function("scrollY === 700")
