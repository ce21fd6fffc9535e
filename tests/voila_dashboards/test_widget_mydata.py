"""What is logged about my customers, what was masked, how long is it kept, how do I opt out, how do I take it with me?

A client asks it, and a provider for a client: a walk through the page in a real browser, on the demo's own runs.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from access.viewer import Viewer
from tests.voila_dashboards.data_lake import DELETED, data_source
from tests.voila_dashboards.demo_logs import demo_logs
from tests.voila_dashboards.page_lake import ACME, PROVIDER
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

EACH = 30
NAMES = {"acme": "Acme Retail", "globex": "Globex Software"}
CLIENT, OPERATOR = replace(ACME, client_names=NAMES), replace(PROVIDER, client_names=NAMES)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with (
        data_source(tmp_path_factory.mktemp("lake"), demo_logs(EACH)) as source,
        showing(source, CLIENT) as running,
    ):
        yield running


@pytest.fixture
def page(harness: Harness, chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}, timezone_id="UTC") as context:
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield opened
        assert complaints == []


def visit(page: Page, harness: Harness, viewer: Viewer, path: str = "/") -> None:
    harness.viewer = viewer
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")


def card(page: Page, title: str) -> Any:
    return page.locator("section.cl-card").filter(has=page.get_by_role("heading", name=title, exact=True))


def test_a_client_learns_all_of_it_by_one_click(page: Page, harness: Harness) -> None:
    visit(page, harness, CLIENT)

    page.get_by_role("navigation").get_by_role("link", name="My data").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My data")
    page.get_by_role("link", name="All", exact=True).click()

    logged = card(page, "What is logged")
    expect(logged.get_by_role("row", name=re.compile("ticket_id"))).to_contain_text(str(EACH - 1))
    expect(logged.get_by_text("Fields of your own")).to_be_visible()
    masked = card(page, "What was masked")
    expect(masked.get_by_role("row", name=re.compile("e-mail address"))).to_contain_text("keyed hash")
    expect(masked.get_by_role("row", name=re.compile("card number"))).to_be_visible()
    expect(card(page, "How much is kept")).to_contain_text("FULL_TRACE")
    kept = card(page, "How long it is kept")
    expect(kept).to_contain_text("Logs are kept for 400 days")
    expect(kept).to_contain_text("traces are kept for 90 days")
    expect(kept).to_contain_text("Set by your provider on 2026-10-24")
    expect(card(page, "How complete it is")).to_contain_text("no sender reported a loss")
    opt_out = card(page, "How to opt out")
    opt_out.get_by_text("In your workflow").click()
    expect(opt_out.get_by_text("CASELOG_LEVEL=OFF")).to_be_visible()
    receipts = card(page, "Deletions, with their receipts")
    expect(receipts).to_contain_text("Removed: 1 log")
    expect(receipts).to_contain_text("its digest fits")
    receipts.get_by_text("What it proves").click()
    expect(receipts).to_contain_text("Everything that can hold it was listed and read again")
    taken = [link.get_attribute("href") for link in card(page, "Take it with you").get_by_role("link").all()]
    assert taken == [
        *(f"/download/tickets.{kind}?client=acme" for kind in ("csv", "parquet", "ndjson")),
        "/receipts/acme.ndjson",
    ]
    words = page.locator("body").inner_text()
    assert "globex" not in words.lower()
    assert not any(named in words for named in DELETED.values())


def test_a_client_that_types_anothers_address_sees_its_own(page: Page, harness: Harness) -> None:
    visit(page, harness, CLIENT, "/data?client=globex&range=all")

    expect(page.get_by_role("heading", level=1)).to_have_text("My data")
    assert "globex" not in page.content().replace("client=globex", "").lower()


def test_a_provider_chooses_a_client_and_prints_its_report(page: Page, harness: Harness) -> None:
    visit(page, harness, OPERATOR, "/data?range=all")

    page.get_by_role("link", name="Globex Software").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Data of Globex Software")
    expect(card(page, "How long it is kept")).to_contain_text("kept until somebody says for how long")
    page.locator(".cl-opt-out .cl-md").first.wait_for()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    folded = page.locator(".cl-folds:not([open])").count()

    expect(page.get_by_text("Globex Software (globex), all time")).to_be_visible()
    expect(page.get_by_role("navigation")).not_to_be_visible()
    expect(page.get_by_role("button", name="Print")).not_to_be_visible()
    expect(card(page, "Take it with you")).not_to_be_visible()
    expect(page.get_by_text("caselog clients set acme --level OFF")).to_be_visible()
    assert folded == 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".cl-folds[open]").count() == 0


@pytest.mark.parametrize("width", [1360, 768, 390])
def test_the_page_is_no_wider_than_its_window_and_its_tables_are_named(
    page: Page, harness: Harness, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, harness, CLIENT, "/data")
    page.locator(".cl-opt-out .cl-md").first.wait_for()
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tables = page.locator(".cl-fields")
    assert tables.count() == page.locator(".cl-fields > caption").count() > 6
    levels = [int(each.evaluate("e => e.tagName[1]")) for each in page.locator("h1, h2, h3").all()]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_a_keyboard_opens_what_is_folded(page: Page, harness: Harness) -> None:
    visit(page, harness, CLIENT, "/data")
    folded = page.locator(".cl-folds").first
    folded.locator("summary").focus()

    page.keyboard.press("Enter")

    expect(folded.get_by_role("row", name=re.compile("cost_usd"))).to_be_visible()
