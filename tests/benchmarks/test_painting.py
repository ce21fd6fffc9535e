"""Tabs that the pages' benchmark opens at once: all of them, and each at its address, or an error that says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from benchmarks.painting import TabsNotOpened, open_at_once


@pytest.fixture
def context(chromium_browser: Browser) -> Iterator[BrowserContext]:
    """A browser for which every address of one site is an empty page."""
    context = chromium_browser.new_context(base_url="http://site.test")
    context.route("**/*", lambda route: route.fulfill(body="", content_type="text/html"))
    yield context
    context.close()


def test_tabs_are_handed_out_that_show_their_addresses(context: BrowserContext) -> None:
    opener = context.new_page()
    opener.goto("/list")

    begun_ms, tabs = open_at_once(context, opener, ["/a", "/b"])

    assert sorted(tab.page.url[-2:] for tab in tabs) == ["/a", "/b"]
    assert all(begun_ms <= tab.page.evaluate("Date.now()") for tab in tabs)


def test_tabs_that_do_not_open_are_an_error(context: BrowserContext) -> None:
    opener = context.new_page()
    opener.goto("/list")
    opener.evaluate("window.open = () => null")

    with pytest.raises(TabsNotOpened, match=r"0 of 2 tabs within 0\.1 s"):
        open_at_once(context, opener, ["/a", "/b"], timeout_s=0.1)
