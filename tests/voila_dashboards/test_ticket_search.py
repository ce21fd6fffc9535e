"""The search in a ticket, in a real Chromium: it finds what the page shows, and begins with the words of the list's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.servers.browser import wait_for
from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

TRACE: Final[dict[str, Any]] = {
    "messages": [
        {"role": "user", "content": "Grüße aus MÜNCHEN, naïve ＡＢＣ"},
        {"role": "assistant", "content": "Hm."},
    ],
    "nodes": [{"name": "agent", "duration_ms": 5}],
    "final_response": {"text": "Fly to San Francisco"},
    "of_our_own": {"city": "Oslo"},
}
LOGS: Final = [
    log("T-1", category="list", trace=TRACE),
    log("T-2", category="list", trace={"messages": [{"role": "user", "content": "Grüße"}]}),
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        yield context.new_page()


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")


def expect_marked(page: Page, *words: str) -> None:
    """These are marked on the page, and no others; they are a moment after they were found."""
    wait_for(
        page,
        "words => [...(CSS.highlights.get('cl-found') ?? [])].map(String).sort().join('|') === words",
        "|".join(sorted(words)),
    )


def test_the_final_response_and_other_parts_are_found_and_marked(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-T-1")
    box = page.get_by_label("Search in this ticket")
    said = page.get_by_role("search").get_by_role("status")

    box.fill("san francisco")
    expect(said).to_have_text("1 of 1")
    expect(page.locator("[data-section=final]")).to_be_in_viewport()
    expect_marked(page, "San", "Francisco")
    box.fill("oslo")
    expect(said).to_have_text("1 of 1")
    expect(page.locator("[data-section=others]")).to_be_in_viewport()


def test_words_are_found_and_marked_without_accents_and_forms_of_letters(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/ticket/acme/log-of-T-1?find=naive%20abc%20munchen")

    expect(page.get_by_role("search").get_by_role("status")).to_have_text("1 of 1")
    expect_marked(page, "MÜNCHEN", "naïve", "ＡＢＣ")


def test_the_words_of_the_list_come_along_and_are_cleared_with_one_press(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/tickets?q=grusse")
    page.get_by_role("link", name="T-1").click()

    box = page.get_by_label("Search in this ticket")
    expect(box).to_have_value("grusse")
    expect(page.get_by_role("search").get_by_role("status")).to_have_text("1 of 1")
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text("T-2")
    expect(box).to_have_value("grusse")
    page.get_by_role("button", name="Clear the search").click()
    expect(box).to_have_value("")
    expect(page).to_have_url(re.compile("^(?!.*find=)"))
