"""A status, a category among thousands: looked for on the page, found by the server, chosen to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.voila_dashboards.page_lake import MARKUP, log, reader_of
from tests.voila_dashboards.test_axe import findings
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

OWN: Final = 1_000
ODD: Final = ("返金\u3000依頼", "Refund ", "A\u200dB", "x" * 250, "50 %, or more", MARKUP)


def _logs() -> list[dict[str, Any]]:
    """A thousand values of one ticket each, behind a hundred and ten of two; and odd ones, the rarest and oldest."""
    often = [f"OFTEN_{number:03}" for number in range(110)]
    names = [*often, *often, *(f"OWN_{number:04}" for number in range(OWN)), *ODD]
    return [
        log(f"T-{i}", age=timedelta(minutes=i), status=name, category=name, workflow_version=name)
        for i, name in enumerate(names)
    ]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), _logs()) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser, harness: Harness) -> Iterator[Page]:
    with chromium_browser.new_context(
        viewport={"width": 1360, "height": 900}, timezone_id="UTC", reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        page.goto(harness.url + "/tickets")
        page.wait_for_selector("html[data-ready]")
        yield page


def search(page: Page, what: str) -> Locator:
    """The box to look for values in, opened."""
    page.locator("summary").filter(has_text=f"more {what}").click()
    return page.locator("details[open]").get_by_role("searchbox")


def test_a_status_that_is_not_offered_is_found_and_chosen(page: Page) -> None:
    box = search(page, "statuses")
    found = page.locator(".cl-more-chips")

    expect(page.locator("summary").filter(has_text="more statuses")).to_have_text("1,108 more statuses")
    expect(found.locator(".cl-chip")).to_have_count(92)
    box.press_sequentially("own_0777")
    expect(found.locator(".cl-chip")).to_have_text(["OWN_07771"])
    found.locator(".cl-chip").click()

    page.wait_for_url("**/tickets?*status=OWN_0777")
    expect(page.get_by_role("status").first).to_have_text("1 found")
    expect(found.locator(".cl-chip")).to_have_attribute("aria-pressed", "true")
    expect(box).to_have_value("own_0777")
    box.fill("OWN_0778")
    found.locator(".cl-chip", has_text="OWN_0778").click()
    expect(page.get_by_role("status").first).to_have_text("2 found")
    expect(page.locator(".cl-chips[aria-label=Status] > .cl-chip[aria-pressed=true]")).to_have_count(2)


def test_what_is_found_is_bounded_and_says_so(page: Page) -> None:
    box, said = search(page, "statuses"), page.locator(".cl-more-chips [role=status]")

    box.fill("own")
    expect(said).to_have_text("50 of 1,000: type more")
    box.fill("nothing like it")
    expect(said).to_have_text("None like this")
    box.fill("")

    expect(said).to_have_text("")
    expect(page.locator(".cl-more-chips .cl-chip")).to_have_count(92)


@pytest.mark.parametrize("name", ODD)
def test_what_is_found_finds_what_it_counted_whatever_its_letters(page: Page, name: str) -> None:
    search(page, "categories").fill(name)
    links = page.locator(".cl-found a")
    expect(links).to_have_count(1)
    expect(links.locator("b")).to_have_text("1")
    links.click()
    expect(page.get_by_role("status").first).to_have_text("1 found")
    expect(page.get_by_role("combobox", name="Category", exact=True)).to_have_value(name)
    expect(page.locator("details[open]")).to_have_count(0)

    page.goto(page.url)  # the link is worth the same to somebody else
    expect(page.locator("tbody tr")).to_have_count(1)
    search(page, "statuses").fill(name)
    page.locator(".cl-more-chips .cl-chip").click()
    expect(page.locator(".cl-chips > .cl-chip[aria-pressed=true] b").first).to_have_text("1")
    assert page.evaluate("window.pwned") is None


def test_the_keyboard_finds_and_chooses(page: Page) -> None:
    summary = page.locator("summary").filter(has_text="more versions")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("own_0003")
    expect(page.locator(".cl-found a")).to_have_count(1)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/tickets?*version=OWN_0003")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_search_that_nobody_answers_says_so_and_leaves_the_page_as_it_is(page: Page) -> None:
    page.evaluate("window.broken = true")

    search(page, "statuses").fill("own")

    expect(page.locator(".cl-more-chips [role=status]")).to_have_text("Not answered: type again")
    expect(page.locator("tbody tr")).to_have_count(50)


@pytest.mark.parametrize("width", [1360, 390])
def test_axe_finds_nothing_in_the_search(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    search(page, "statuses").fill("own_00")
    expect(page.locator(".cl-more-chips .cl-chip")).to_have_count(50)
    if width < 640:
        page.get_by_role("button", name="Filters").click()
    page.locator("summary").filter(has_text="more categories").click()
    page.locator(".cl-find-value").get_by_role("searchbox").first.fill("own_00")
    expect(page.locator(".cl-found a").first).to_be_visible()

    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_few_values_need_no_search(
    chromium_browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    logs = [log(f"T-{n}", status=f"S{n}") for n in range(12)]
    with reader_of(tmp_path_factory.mktemp("few"), logs) as reader, showing(reader) as harness:
        page = chromium_browser.new_page()
        page.goto(harness.url + "/tickets")

        page.get_by_text("4 more statuses").click()

        expect(page.locator(".cl-more-chips .cl-chip")).to_have_count(4)
        expect(page.locator(".cl-more-chips input")).to_have_count(0)
        expect(page.get_by_text("more categories")).to_have_count(0)
        page.close()
