"""An answer of the kernel changes what it changes: whatever a person opened, chose or pointed at stays as it is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from access.viewer import Viewer
from tests.servers.browser import wait_for
from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, keep_said, showing

pytestmark = pytest.mark.browser

#: Above 2^53, where JavaScript's numbers have gaps.
ID: Final = "107505301260286111"
TRACE: Final = (
    b'{"nodes": [{"name": "look", "started_at": "2026-11-23T12:00:00", "duration_ms": 5, "input": {"order": %s,'
    b' "more": {"deep": {"a": [1, 2, {"b": %s}]}}}}], "react_iterations": [{"node": "look", "thought": "Hm.",'
    b' "tool_calls": [{"name": "crm", "arguments": {"id": %s}, "result": "{\\"id\\": %s}"}]}]}'
) % ((ID.encode(),) * 4)
LOGS: Final = [
    log("KEEP", trace=TRACE, metrics={"account": int(ID)}),
    *(log(f"T-{i:03}", age=timedelta(hours=i), status="FAILED" if i % 2 else "SUCCESS") for i in range(60)),
]
TICKET: Final = "/ticket/acme/log-of-KEEP"


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(
        viewport={"width": 1360, "height": 700}, timezone_id="Asia/Tokyo", reduced_motion="reduce"
    ) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context.new_page()


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")


def ask_again(page: Page, path: str) -> None:
    """Follow a link to ``path`` that is on no page, and wait until its answer is drawn."""
    page.evaluate(
        """async (path) => {
            const asked = window.sent.length;
            const link = document.querySelector(".cl-brand").cloneNode();
            link.href = path;
            document.querySelector(".cl-header-inner").append(link);
            link.click();
            link.remove();
            while (window.sent.length === asked) await new Promise((next) => setTimeout(next, 5));
            await new Promise((next) => setTimeout(next, 300));
        }""",
        path,
    )


def remember(page: Page, selector: str) -> None:
    page.evaluate("selector => { window.kept = [...document.querySelectorAll(selector)]; }", selector)


def still_there(page: Page) -> list[bool]:
    kept: list[bool] = page.evaluate("window.kept.map((element) => element.isConnected)")
    return kept


# ---------------------------------------------------------------- what stays


def test_a_range_changes_figures_and_rebuilds_nothing(page: Page, harness: Harness) -> None:
    visit(page, harness, "/")
    remember(page, ".cl-kpi, .cl-value, .cl-chart-card, .cl-bars, .cl-donut, .cl-ranges a")
    page.get_by_role("link", name="7 days").focus()

    page.keyboard.press("Enter")
    page.wait_for_url("**/?range=7d&zone=Asia%2FTokyo")
    expect(page.locator(".cl-bars a")).to_have_count(7)

    assert len(still_there(page)) > 15
    assert all(still_there(page))
    expect(page.get_by_role("link", name="7 days")).to_be_focused()


def test_a_filter_keeps_the_rows_that_stay_what_is_selected_and_where_one_was(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/tickets")
    remember(page, "tbody tr")
    page.evaluate(
        """() => {
            scrollTo(0, 40);
            const row = [...document.querySelectorAll("tbody tr")].find((each) => each.textContent.includes("T-005"));
            getSelection().selectAllChildren(row.querySelector("a"));
        }"""
    )

    page.locator(".cl-chip", has_text="FAILED").press("Enter")
    page.wait_for_url("**/tickets?zone=Asia%2FTokyo&status=FAILED")
    expect(page.get_by_role("status").first).to_have_text("30 found")

    kept = page.evaluate(
        "window.kept.filter((row) => row.isConnected).map((row) => row.textContent.slice(0, 5))"
    )
    assert len(kept) == 24
    assert page.evaluate("String(getSelection())") == "T-005"
    assert page.evaluate("scrollY") == 40
    expect(page.locator(".cl-chip", has_text="FAILED")).to_be_focused()


def test_the_last_page_of_a_list_keeps_the_focus_on_the_way_to_it(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")
    page.get_by_role("link", name="Next").focus()

    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tickets\?zone=Asia%2FTokyo&after=\w+"))
    expect(page.locator("tbody tr")).to_have_count(11)

    wait_for(page, "document.activeElement.textContent === 'Next'")


def test_a_ticket_that_is_asked_for_again_stays_open_where_it_was(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    page.get_by_text("Raw JSON").click()
    page.get_by_role("treeitem", name="look").click()
    page.locator(".cl-details .cl-j-branch:not([open]) > summary").first.click()
    page.get_by_role("button", name="Show what is inside look").click()
    page.evaluate("scrollTo(0, 300)")
    remember(page, "details[open], .cl-body")
    opened = page.locator("details[open]").count()

    ask_again(page, TICKET)

    assert all(still_there(page))
    expect(page.locator("details[open]")).to_have_count(opened)
    expect(page.get_by_role("button", name="Show what is inside look")).to_have_attribute(
        "aria-expanded", "false"
    )
    assert page.evaluate("scrollY") == 300


def test_another_ticket_begins_as_if_nothing_had_been_opened(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    page.get_by_text("Raw JSON").click()

    ask_again(page, "/ticket/acme/log-of-T-001")

    expect(page.get_by_role("heading", name="T-001")).to_be_focused()
    expect(page.locator(".cl-card-details[open]")).to_have_count(0)


def test_what_is_typed_while_an_answer_is_on_its_way_is_not_taken_away(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")
    box = page.get_by_label("Search tickets")
    box.press_sequentially("T-00")
    page.evaluate(
        "async () => { while (!window.sent.length) await new Promise((next) => setTimeout(next, 5)); }"
    )

    box.press_sequentially("3")
    page.wait_for_url("**/tickets?zone=Asia%2FTokyo&q=T-003")

    expect(box).to_have_value("T-003")
    expect(box).to_be_focused()
    expect(page.locator("tbody tr")).to_have_count(1)


# ---------------------------------------------------------------- what ends


def listeners(session: CDPSession) -> int:
    """How many listeners of ours the document and the window have; our scripts have few lines, Playwright's many."""
    found = 0
    for target in ("document", "window"):
        reached = session.send("Runtime.evaluate", {"expression": target})["result"]["objectId"]
        heard = session.send("DOMDebugger.getEventListeners", {"objectId": reached})["listeners"]
        found += sum(each["lineNumber"] < 100 for each in heard)
    return found


def settle(session: CDPSession, awaited: int) -> int:
    """The number of listeners, once it is the awaited one: Preact ends effects after the next frame."""
    deadline = time.monotonic() + 30
    while (found := listeners(session)) != awaited and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_no_listener_outlives_what_it_listened_for(page: Page, harness: Harness) -> None:
    visit(page, harness, "/")
    session = page.context.new_cdp_session(page)
    page.get_by_role("button", name="no losses reported").hover()
    expect(page.locator(".cl-tip")).to_be_visible()
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)

    for path in ("/tickets", TICKET, "/?range=7d", "/tickets?before=end", "/"):
        ask_again(page, path)

    assert settle(session, 4) == 4  # clicks, the way back, and what closes the range's days
    page.evaluate("window.end()")
    assert settle(session, 0) == 0
    expect(page.locator(".cl-app")).to_have_count(0)


# ---------------------------------------------------------------- what is loaded late


def test_a_page_whose_view_cannot_be_loaded_says_so(page: Page, harness: Harness) -> None:
    page.route(re.compile("/chunks/view-"), lambda route: route.abort())

    visit(page, harness, "/")

    expect(page.get_by_role("heading", name="This page could not be built")).to_be_visible()
    expect(page.get_by_text("Load it again in a few seconds.")).to_be_visible()


def test_a_view_that_a_new_server_no_longer_has_is_loaded_with_its_address(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/")
    page.route(re.compile("/chunks/view-"), lambda route: route.abort(), times=1)

    page.locator(".cl-header").get_by_role("link", name="Tickets").click()
    page.wait_for_url("**/tickets?*zone=Asia%2FTokyo")

    expect(page.locator("tbody tr")).to_have_count(50)
    assert page.evaluate("window.sent") == []


@pytest.mark.parametrize(("path", "broken"), [("/", {"columns": None}), (TICKET, {"same_ticket": None})])
def test_a_payload_that_cannot_be_drawn_says_so_and_the_next_one_is_drawn(
    page: Page, harness: Harness, path: str, broken: dict[str, Any]
) -> None:
    usual = harness.answer

    def answer(viewer: Viewer, name: str, params: dict[str, str]) -> dict[str, Any]:
        payload = usual(viewer, name, params)
        payload["data"] |= broken
        return payload

    harness.answer = answer
    try:
        visit(page, harness, path)
        expect(page.get_by_role("heading", name="This page could not be drawn")).to_be_visible()
        expect(page.get_by_text("Raw JSON")).to_have_count(int(path == TICKET))
    finally:
        harness.answer = usual

    ask_again(page, path)

    expect(page.get_by_role("heading", name="This page could not be drawn")).to_have_count(0)
    expect(page.locator(".cl-card").nth(2)).to_be_visible()


def test_the_next_page_brings_its_own_looks(page: Page, harness: Harness) -> None:
    visit(page, harness, "/")
    assert page.locator("link[href$='pages/tickets.css']").count() == 0

    page.locator(".cl-header").get_by_role("link", name="Tickets").click()

    expect(page.locator(".cl-table")).to_have_css("border-collapse", "collapse")
    expect(page.locator("link[href$='pages/tickets.css']")).to_have_count(1)


# ---------------------------------------------------------------- exact


def test_an_id_is_shown_copied_and_downloaded_with_every_digit(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    page.get_by_text("Raw JSON").click()

    assert ID[:-3] + "110" not in page.locator("main").inner_text()
    page.get_by_role("treeitem", name="crm").last.click()
    expect(page.locator(".cl-details .cl-j-number", has_text=ID)).to_have_count(2)
    expect(page.locator(".cl-facts-list", has_text="account")).to_contain_text(ID)
    arguments = page.locator(".cl-details .cl-field", has_text="Arguments")
    arguments.hover()
    keep_said(page)
    arguments.get_by_role("button", name="Copy").click()
    expect(arguments.get_by_role("button", name="Copied")).to_be_visible()
    assert f'"id": {ID}' in page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.path().read_text().count(ID) == 5
