"""A page says in one sentence what of its address was not understood, until a click makes an address that is."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.voila_dashboards.every_page import path_of
from tests.voila_dashboards.page_lake import MARKUP, log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing
from voila_dashboards.pages import PAGES

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    logs = [log("WHOLE-1"), log("B", status="FAILED"), log("C", client="globex")]
    with reader_of(tmp_path_factory.mktemp("lake"), logs) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(timezone_id="Asia/Tokyo", reduced_motion="reduce") as context:
        yield context.new_page()


def visit(page: Page, harness: Harness, path: str) -> Locator:
    """The sentence of the page at ``path``."""
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")
    return page.locator(".cl-left-out")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_it(page: Page, harness: Harness, name: str) -> None:
    path = path_of(name)

    said = visit(page, harness, path + ("&" if "?" in path else "?") + "min_cost=abc")

    expect(said).to_have_text("Not understood, and left out: min_cost=abc")
    expect(page.locator("h1")).to_be_visible()


def test_it_is_said_once_the_page_is_counted_in_the_days_of_whoever_looks(
    page: Page, harness: Harness
) -> None:
    said = visit(page, harness, "/tickets?sort=nonsense&from=2026-13-45&status=FAILED")

    page.wait_for_url("**zone=Asia%2FTokyo**")
    expect(said).to_have_text("Not understood, and left out: sort=nonsense, from=2026-13-45")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_click_that_says_the_parameter_anew_ends_it_and_back_says_it_again(
    page: Page, harness: Harness
) -> None:
    said = visit(page, harness, "/tickets?sort=nonsense&zone=UTC")
    expect(said).to_be_visible()

    page.locator("[data-key=sort-ticket_id]").click()
    page.wait_for_url("**/tickets?*sort=ticket_id")
    expect(said).to_have_count(0)
    page.go_back()

    expect(said).to_have_text("Not understood, and left out: sort=nonsense")


def test_what_is_quoted_is_text_and_little_of_it(page: Page, harness: Harness) -> None:
    turned = quote("\u202e" + "x" * 3000)
    many = "&".join(f"p{n}={quote(MARKUP)}" for n in range(9))

    said = visit(page, harness, f"/tickets?zone=UTC&sort={turned}&{many}")

    expect(said).to_contain_text("p0=<img src=x onerror=")
    expect(said.locator(".cl-turning")).to_have_attribute("data-code", "U+202E")
    expect(said).to_contain_text(" and 6 more")
    assert len(said.inner_text()) < 300
    assert page.evaluate("window.pwned") is None


def test_of_an_address_that_is_understood_nothing_is_said(page: Page, harness: Harness) -> None:
    said = visit(page, harness, "/tickets?status=MADE_UP&zone=UTC&range=7d")

    expect(page.get_by_text("Nothing matches")).to_be_visible()
    expect(said).to_have_count(0)
