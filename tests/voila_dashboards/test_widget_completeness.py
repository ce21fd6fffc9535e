"""What the overview says of logs that never arrived, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import ACME, log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

LOGS = [
    *(log(f"A-{i}") for i in range(72)),
    log("G-1", client="globex", sdk={"lost": {"queue_full": 3, "network": 1, "odd": 2}}),
]
NOT_YET = "A loss that no later log has reported yet is not counted."


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    with reader_of(tmp_path, LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 390, "height": 900}, has_touch=True) as context:
        yield context.new_page()


def visit(page: Page, harness: Harness) -> None:
    page.goto(harness.url)
    page.wait_for_selector("html[data-ready]")


def test_the_overview_says_how_much_of_what_ran_is_here(page: Page, harness: Harness) -> None:
    visit(page, harness)

    figure = page.locator(".cl-kpi", has_text="Completeness")
    expect(figure.locator(".cl-value")).to_have_text("92.4 %")
    expect(figure.locator(".cl-detail")).to_have_text("6 logs reported lost")


def test_each_client_has_its_own_share_and_a_low_one_stands_out(page: Page, harness: Harness) -> None:
    visit(page, harness)

    whole = page.locator(".cl-breakdown tr", has_text="acme")
    lossy = page.locator(".cl-breakdown tr", has_text="globex")
    expect(whole.locator(".cl-complete")).to_have_text("100 %")
    expect(lossy.locator(".cl-complete")).to_have_text("14.3 %")
    expect(lossy.locator(".cl-complete")).to_have_class(re.compile("cl-bad"))
    expect(lossy.locator(".cl-complete")).to_have_attribute("title", re.compile("6 logs reported lost"))


@pytest.mark.parametrize("way", ["key", "touch", "pointer"])
def test_why_logs_were_lost_is_told_to_keyboard_touch_and_pointer(
    page: Page, harness: Harness, way: str
) -> None:
    visit(page, harness)
    why = page.get_by_role("button", name="6 logs reported lost")

    {"key": why.focus, "touch": why.tap, "pointer": why.hover}[way]()

    expect(page.locator(".cl-tip")).to_be_visible()
    expect(page.locator(".cl-tip .cl-tip-row")).to_have_text(["queue full3", "other2", "network1"])
    expect(page.locator(".cl-tip")).to_contain_text(NOT_YET)
    page.keyboard.press("Escape")
    expect(page.locator(".cl-tip")).to_be_hidden()


def test_a_second_touch_tells_it_again(page: Page, harness: Harness) -> None:
    visit(page, harness)
    why = page.get_by_role("button", name="6 logs reported lost")
    why.tap()
    page.keyboard.press("Escape")

    why.tap()

    expect(page.locator(".cl-tip")).to_be_visible()


def test_a_client_that_lost_nothing_is_told_what_that_is_worth(page: Page, harness: Harness) -> None:
    harness.viewer = ACME
    visit(page, harness)

    figure = page.locator(".cl-kpi", has_text="Completeness")
    expect(figure.locator(".cl-value")).to_have_text("100 %")
    expect(figure.locator(".cl-detail")).to_have_text("no losses reported")
    figure.get_by_role("button").focus()
    expect(page.locator(".cl-tip")).to_contain_text(NOT_YET)


@pytest.mark.parametrize(
    ("tickets", "lost", "shown"),
    [
        (1_000_000, 1, "> 99.9 %"),
        (1999, 1, "> 99.9 %"),
        (995, 5, "99.5 %"),
        (1, 10**9, "< 0.1 %"),
        (7, 0, "100 %"),
    ],
)
def test_a_share_is_never_rounded_to_everything_nor_to_nothing(
    page: Page, harness: Harness, tickets: int, lost: int, shown: str
) -> None:
    asked = harness.answer

    def answer(viewer: Viewer, name: str, params: dict[str, str]) -> dict[str, Any]:
        payload = asked(viewer, name, params)
        payload["data"]["by_client"]["rows"][0]["current"] |= {"tickets": tickets, "lost": lost}
        payload["data"]["current"] |= {"tickets": tickets, "lost": lost}
        return payload

    harness.answer = answer
    visit(page, harness)

    share = page.locator(".cl-breakdown .cl-complete").first
    expect(share).to_have_text(shown)
    expect(page.locator(".cl-kpi", has_text="Completeness").locator(".cl-value")).to_have_text(shown)
    assert ("cl-bad" in (share.get_attribute("class") or "")) is (shown == "< 0.1 %")
