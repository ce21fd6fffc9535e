"""What the three pages show and do, in a real Chromium under the strict CSP, over real queries."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from access.viewer import Viewer
from lake.scope import EVERYONE, Scope
from tests.servers.browser import wait_for
from tests.voila_dashboards.page_lake import ACME, DAY, MANAGER, NOW_MS, PROVIDER, log, reader_of
from tests.voila_dashboards.widget_harness import Harness, keep_said, showing

pytestmark = pytest.mark.browser

TRACE = {
    "nodes": [
        {
            "name": "classify",
            "started_at": "2026-11-23T12:00:00Z",
            "duration_ms": 1000,
            "output": {"category": "refund"},
        },
        {"name": "agent", "parent": "resolve", "started_at": "2026-11-23T12:00:01Z", "duration_ms": 4000},
    ],
    "react_iterations": [
        {
            "iteration": 1,
            "node": "agent",
            "started_at": "2026-11-23T12:00:01Z",
            "duration_ms": 2000,
            "input": [{"role": "system", "content": "You are patient."}],
            "thought": "I need the order.",
            "action": "look it up",
            "observation": "It was paid twice.",
            "model": "model-x",
            "input_tokens": 1200,
            "output_tokens": 34,
            "cost_usd": 0.25,
            "tool_calls": [
                {
                    "id": "call-1",
                    "name": "crm.lookup",
                    "arguments": {"order": "A-77"},
                    "result": '{"paid": 2}',
                    "started_at": "2026-11-23T12:00:02Z",
                    "duration_ms": 500,
                },
                {"name": "mail.send", "status": "error", "error": "HTTP 503", "duration_ms": 100},
            ],
        }
    ],
    "errors": [{"node": "agent", "type": "HttpError", "message": "HTTP 503", "stacktrace": "line 1\nline 2"}],
    "messages": [{"role": "user", "content": "Where is my money?"}],
    "final_response": "You get it back.",
}
MASKED = {
    "email": {"count": 1, "paths": ["trace.messages[0].content"]},
    "secret": {
        "count": 2,
        "paths": ["trace.nodes[0].output", "trace.react_iterations[0].tool_calls[0].arguments.order"],
        "rules": {"token": 1, "field": 1},
        "at": {"token": [0], "field": [1]},
    },
}
LOGS = [
    log(
        "OPEN-ME",
        age=timedelta(minutes=1),
        trace=TRACE,
        category="billing",
        metrics={"overall_confidence": 0.87},
        sdk={"masked": MASKED},
    ),
    log("NO-TRACE", age=timedelta(minutes=2)),
    log("ELSEWHERE", client="globex", status="FAILED"),
    *(
        log(f"T-{i:03}", age=DAY + timedelta(minutes=i), status="NEEDS_INFO" if i % 2 else "FAILED")
        for i in range(70)
    ),
]

TICKET = "/ticket/acme/log-of-OPEN-ME"


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def context(chromium_browser: Browser) -> Iterator[BrowserContext]:
    opened = chromium_browser.new_context(
        viewport={"width": 1360, "height": 900}, timezone_id="Europe/Berlin", reduced_motion="reduce"
    )
    opened.add_cookies([{"name": "caselog_zone", "value": "Europe/Berlin", "url": "http://127.0.0.1"}])
    opened.grant_permissions(["clipboard-read", "clipboard-write"])
    with opened:
        yield opened


@pytest.fixture
def page(harness: Harness, context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test for anything on the console and any request to elsewhere."""
    harness.viewer = PROVIDER
    harness.asked.clear()
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((harness.url, "blob:", "data:"))
            else complaints.append(request.url)
        ),
    )
    yield opened
    assert complaints == []


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")


def at(path: str) -> str:
    """A pattern of the address: the zone of whoever looks stands behind the days."""
    path, _, query = path.partition("?")
    given = [each for each in query.split("&") if each]
    days = [each for each in given if each.split("=")[0] in {"range", "from", "to"}]
    rest = [each for each in given if each not in days]
    return f"**{path}?{'&'.join([*days, 'zone=Europe%2FBerlin', *rest])}"


def sent(page: Page) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = page.evaluate("window.sent")
    return messages


# ---------------------------------------------------------------- overview


def test_the_overview_paints_its_figures_without_a_question(page: Page, harness: Harness) -> None:
    visit(page, harness, "/")

    expect(page.locator(".cl-kpi", has_text="Tickets").first.locator(".cl-value")).to_have_text("73")
    expect(page.locator(".cl-bars a")).to_have_count(30)
    assert sent(page) == []
    assert page.title() == "Overview · Caselog"


def test_a_range_asks_the_same_kernel_and_becomes_the_address(page: Page, harness: Harness) -> None:
    visit(page, harness, "/")

    page.get_by_role("link", name="7 days").click()
    page.wait_for_url(at("/?range=7d"))

    expect(page.locator(".cl-bars a")).to_have_count(7)
    assert sent(page)[0] | {"id": 0} == {
        "kind": "query",
        "id": 0,
        "page": "overview",
        "params": {"range": "7d", "zone": "Europe/Berlin"},
    }


def test_days_of_ones_own_are_asked_for(page: Page, harness: Harness) -> None:
    visit(page, harness, "/")

    page.get_by_text("Custom").click()
    page.get_by_label("From").fill("2026-11-20")
    page.get_by_label("To", exact=True).fill("2026-11-22")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(at("/?from=2026-11-20&to=2026-11-22"))

    expect(page.locator(".cl-bars a")).to_have_count(3 * 24)


def test_a_column_says_what_it_holds_to_keyboard_and_pointer_and_leads_to_its_tickets(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/")
    columns = page.locator(".cl-bars a")

    columns.last.focus()
    page.keyboard.press("ArrowLeft")

    expect(columns.nth(28)).to_be_focused()
    expect(page.locator(".cl-tip")).to_contain_text("Sun, Nov 22, 2026")
    expect(page.locator(".cl-tip")).to_contain_text("NEEDS_INFO")
    page.keyboard.press("Enter")
    page.wait_for_url(at("/tickets?from=2026-11-22&to=2026-11-22"))


def test_who_has_no_logs_is_told_how_to_send_the_first(page: Page, harness: Harness) -> None:
    harness.viewer = Viewer("new", "New Client", Scope.of("newcomer"))

    visit(page, harness, "/")

    expect(page.get_by_role("heading", name="No tickets yet")).to_be_visible()
    expect(page.locator("pre")).to_contain_text("export CLIENT_ID=newcomer")


# ---------------------------------------------------------------- tickets


def test_the_list_says_the_zone_and_shows_utc_on_hover(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")

    expect(page.locator("th", has_text="Executed at (GMT+1)")).to_be_visible()
    expect(page.locator("tbody time").first).to_have_text("2026-11-23 14:59")
    expect(page.locator("tbody time").first).to_have_attribute("title", "2026-11-23 13:59:00 UTC")


def test_a_click_on_a_heading_sorts_and_another_turns_it_round(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")
    heading = page.locator("th", has_text="Ticket").first

    heading.get_by_role("link").click()
    page.wait_for_url(at("/tickets?sort=ticket_id"))
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody tr").first).to_contain_text("ELSEWHERE")
    heading.get_by_role("link").click()
    page.wait_for_url(at("/tickets?sort=ticket_id&dir=desc"))

    expect(page.locator("tbody tr").first).to_contain_text("T-069")
    assert [message["params"]["sort"] for message in sent(page)] == ["ticket_id", "ticket_id"]


def test_on_a_narrow_screen_the_order_is_a_choice(page: Page, harness: Harness) -> None:
    page.set_viewport_size({"width": 420, "height": 900})
    visit(page, harness, "/tickets")

    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Order").select_option("Ticket ↓")
    page.wait_for_url(at("/tickets?sort=ticket_id&dir=desc"))

    expect(page.locator("tbody tr").first).to_contain_text("T-069")


#: As keys are pressed by somebody who makes no pause, however busy the machine is.
TYPE = """(box, typed) => {
    for (const text of typed) {
        box.value = text;
        box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
}"""


def test_the_search_waits_for_a_pause_keeps_its_focus_and_can_be_cleared(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/tickets")
    box = page.get_by_label("Search tickets")

    box.focus()
    box.evaluate(TYPE, ["t", "t-", "t-0", "t-01"])
    page.wait_for_url(at("/tickets?q=t-01"))

    expect(box).to_be_focused()
    expect(box).to_have_value("t-01")
    expect(page.locator("tbody tr")).to_have_count(10)
    assert len(sent(page)) == 1
    page.get_by_role("link", name="Clear filters").click()
    page.wait_for_url(at("/tickets"))
    expect(page.get_by_label("Search tickets")).to_have_value("")


def test_chips_show_counts_and_filter_together(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")

    page.locator(".cl-chip", has_text="FAILED").click()
    page.wait_for_url(at("/tickets?status=FAILED"))
    page.get_by_role("button", name="SUCCESS").click()
    page.wait_for_url(at("/tickets?status=FAILED%2CSUCCESS"))

    expect(page.locator(".cl-chip", has_text="FAILED")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".cl-chip", has_text="FAILED")).to_contain_text("36")
    expect(page.get_by_role("status").first).to_have_text("38 found")


def test_filters_that_match_nothing_can_be_cleared(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets?q=nothing-like-this")

    page.get_by_role("link", name="Clear all filters").click()

    expect(page.locator("tbody tr")).to_have_count(50)


def test_pages_turn_and_back_returns(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")

    page.get_by_role("link", name="Next").click()
    page.wait_for_url(re.compile(r"/tickets\?zone=Europe%2FBerlin&after=\w+"))
    expect(page.locator("tbody tr")).to_have_count(23)
    page.go_back()

    expect(page.locator("tbody tr")).to_have_count(50)
    assert ["after" in message["params"] for message in sent(page)] == [True, False]


def test_a_row_opens_its_ticket_and_the_link_is_real(
    page: Page, harness: Harness, context: BrowserContext
) -> None:
    visit(page, harness, "/tickets")
    row = page.locator("tbody tr").first

    expect(row.get_by_role("link")).to_have_attribute("href", "/ticket/acme/log-of-OPEN-ME")
    with context.expect_page() as opened:
        row.get_by_role("link").click(modifiers=["ControlOrMeta"])
    opened.value.close()
    row.locator("td").nth(2).click()
    page.wait_for_url("**/ticket/acme/log-of-OPEN-ME")

    expect(page.get_by_role("heading", name="OPEN-ME")).to_be_visible()


def test_who_sees_some_clients_chooses_among_them(page: Page, harness: Harness) -> None:
    harness.viewer = MANAGER
    visit(page, harness, "/tickets")

    expect(page.locator("th", has_text="Client")).to_have_count(1)
    expect(page.locator(".cl-user")).to_contain_text("2 clients")
    expect(page.get_by_role("combobox", name="Client", exact=True).locator("option")).to_have_text(
        ["All clients", "acme", "globex"]
    )
    page.get_by_role("combobox", name="Client", exact=True).select_option("globex")
    page.wait_for_url(at("/tickets?client=globex"))
    expect(page.locator("tbody tr")).to_have_count(1)


def test_clients_are_called_by_their_names_and_told_apart_by_their_ids(page: Page, harness: Harness) -> None:
    harness.viewer = Viewer("olivia", "Olivia Ops", EVERYONE, {"acme": "Acme Retail"})
    visit(page, harness, "/tickets")

    expect(page.locator("tbody .cl-client").first).to_have_text("Acme Retail")
    options = page.get_by_role("combobox", name="Client", exact=True).locator("option")
    expect(options).to_have_text(["All clients", "Acme Retail (acme)", "globex"])
    page.locator("tbody a").first.click()
    expect(page.locator(".cl-facts")).to_contain_text("Acme Retail (acme)")
    page.locator(".cl-header").get_by_role("link", name="Overview").click()
    expect(page.locator(".cl-breakdown a", has_text="Acme Retail")).to_be_visible()
    page.get_by_role("combobox", name="Client", exact=True).select_option("acme")
    expect(page.locator(".cl-page-head > .cl-muted").first).to_have_text("Acme Retail")


def test_while_the_store_is_silent_pages_go_on_and_say_as_of_when(page: Page, harness: Harness) -> None:
    usual, silent = harness.answer, {"as_of_ms": NOW_MS - 3_600_000, "is_current": False}
    harness.answer = lambda viewer, name, params: {**usual(viewer, name, params), **silent}
    try:
        visit(page, harness, "/")
        expect(page.locator(".cl-as-of")).to_contain_text("As of 14:00: the log store does not answer")
        expect(page.locator(".cl-kpi").first).to_be_visible()
    finally:
        harness.answer = usual

    page.get_by_role("link", name="7 days").click()

    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    expect(page.locator(".cl-as-of")).to_have_count(0)


def test_a_client_has_no_column_and_no_choice_of_clients(page: Page, harness: Harness) -> None:
    harness.viewer = ACME

    visit(page, harness, "/tickets")

    expect(page.locator("th", has_text="Client")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Client", exact=True)).to_have_count(0)


# ---------------------------------------------------------------- ticket


def steps(page: Page) -> Locator:
    """The rows of the list of steps, which is opened first."""
    page.get_by_role("tab", name="Steps").click()
    return page.get_by_role("treeitem")


def test_a_ticket_shows_everything_the_ai_did(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    expect(page.locator(".cl-messages")).to_contain_text("Where is my money?")
    expect(page.locator(".cl-final")).to_have_text("You get it back.")
    expect(page.locator(".cl-errors")).to_contain_text("HttpError")
    page.get_by_text("Stack trace").click()
    expect(page.locator(".cl-stacktrace pre")).to_have_text("line 1\nline 2")

    steps(page).filter(has_text="Iteration 1").click()

    details = page.locator(".cl-details")
    for text in (
        *("I need the order.", "It was paid twice.", "crm.lookup", '"A-77"', "paid", "HTTP 503", "model-x"),
        *("$0.25", "1,200 in · 34 out", "40 %"),
    ):
        expect(details).to_contain_text(text)
    expect(details).not_to_contain_text("You are patient.")
    details.get_by_text("Given to the model").click()
    expect(details).to_contain_text("You are patient.")
    steps(page).filter(has_text="agent").click()
    expect(details).to_contain_text("inside resolve")


def test_a_run_opens_at_the_step_that_failed(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)

    expect(page.locator(".cl-trouble")).to_contain_text("mail.send in Iteration 1 failed: HTTP 503")
    page.locator(".cl-trouble").get_by_role("button", name="Show step").click()

    expect(page.locator("[role=treeitem][aria-selected=true]")).to_contain_text("mail.send")
    expect(page.locator(".cl-details .cl-error")).to_contain_text("HTTP 503")


def test_the_list_of_steps_is_the_timeline(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    expect(steps(page)).to_have_count(5)

    places = page.locator(".cl-gantt .cl-g-bar").evaluate_all(
        "bars => bars.map(bar => [parseFloat(bar.style.left), parseFloat(bar.style.width)])"
    )

    assert places == [[0, 20], [20, 80], [20, 40], [40, 10], [50, 2]]
    expect(page.locator(".cl-gantt .cl-g-bar.cl-g-failed")).to_have_count(1)
    page.locator(".cl-gantt .cl-g-bar.cl-g-call").hover()
    expect(page.locator(".cl-tip")).to_contain_text("start +2 s, took 500 ms")


def test_the_timeline_zooms_to_a_step_and_fits_again(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    steps(page).filter(has_text="Iteration 1").click()
    bars = page.locator(".cl-gantt .cl-g-bar")

    page.get_by_role("button", name="Zoom to step").click()
    expect(bars).to_have_count(4)  # what ended before is out of sight
    width = bars.nth(1).evaluate("bar => parseFloat(bar.style.width)")
    page.get_by_role("button", name="Fit all").click()

    assert width == 100
    expect(bars).to_have_count(5)
    expect(page.get_by_role("button", name="Fit all")).to_have_count(0)


def test_arrows_lead_through_the_steps_and_open_and_close_them(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    rows = steps(page)
    selected = page.locator("[role=treeitem][aria-selected=true]")
    tree = page.get_by_role("tree")
    tree.focus()

    for key, name in (("ArrowUp", "crm.lookup"), ("ArrowLeft", "Iteration 1"), ("ArrowUp", "agent")):
        page.keyboard.press(key)
        expect(selected).to_contain_text(name)
    page.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(2)
    expect(selected).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")

    expect(selected).to_contain_text("mail.send")
    expect(page.locator(".cl-details h3")).to_have_text("mail.send")
    expect(tree).to_be_focused()
    assert tree.get_attribute("aria-activedescendant") == selected.get_attribute("id")


def test_a_link_to_a_step_leads_to_it_and_one_that_is_gone_says_so(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    steps(page).filter(has_text="crm.lookup").click()
    expect(page).to_have_url(re.compile("step=i1.c1"))
    keep_said(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")

    page.goto(copied)
    expect(page.locator(".cl-details h3")).to_have_text("crm.lookup")
    page.reload()
    expect(page.locator(".cl-details h3")).to_have_text("crm.lookup")
    visit(page, harness, TICKET + "?step=i77")

    expect(page.get_by_text("This ticket has no step")).to_contain_text("i77")
    expect(page.locator(".cl-details h3")).to_have_text("mail.send")


def test_a_search_opens_what_is_folded_counts_and_closes_it_again(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    page.get_by_label("Search in this ticket").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("patient")
    said = page.get_by_role("search").get_by_role("status")

    expect(said).to_have_text("1 of 1")
    given = page.locator(".cl-details .cl-given")
    expect(given).to_have_attribute("open", "")
    expect(given.locator(".cl-text", has_text="You are patient.")).to_be_visible()
    expect(page).to_have_url(re.compile("find=patient"))
    page.reload()
    expect(given.locator(".cl-text", has_text="You are patient.")).to_be_visible()
    wait_for(page, "CSS.highlights.get('cl-found')?.size > 0")
    page.get_by_label("Search in this ticket").press("Escape")

    expect(given).not_to_have_attribute("open", "")
    wait_for(page, "!CSS.highlights.has('cl-found')")


def test_hits_are_gone_through_across_what_was_said_and_done(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    box = page.get_by_label("Search in this ticket")
    said = page.get_by_role("search").get_by_role("status")
    box.fill("money")
    expect(said).to_have_text("1 of 1")
    expect(page.locator(".cl-message[aria-current]")).to_contain_text("Where is my money?")

    box.fill("503")
    expect(said).to_have_text("1 of 2")
    expect(page.locator(".cl-details h3")).to_have_text("mail.send")
    box.press("Enter")
    expect(said).to_have_text("2 of 2")
    expect(page.locator("[data-section=errors]")).to_be_in_viewport()
    box.fill("agent")
    expect(said).to_have_text("1 of 3")
    box.press("Enter")
    expect(said).to_have_text("2 of 3")
    expect(page.locator(".cl-details h3")).to_have_text("Iteration 1")
    box.fill("nowhere at all")

    expect(said).to_have_text("not found")


def test_keys_lead_to_failures_and_to_the_tickets_beside(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets?status=FAILED")
    page.locator("tbody a", has_text="T-000").click()
    expect(page.locator("h1")).to_have_text("T-000")
    page.get_by_label("Search in this ticket").wait_for()

    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text("T-002")
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text("T-000")
    expect(page.get_by_role("link", name="← Tickets")).to_have_attribute(
        "href", "/tickets?zone=Europe%2FBerlin&status=FAILED"
    )
    visit(page, harness, TICKET)
    page.get_by_label("Search in this ticket").wait_for()
    page.keyboard.press("n")
    expect(page.locator(".cl-details h3")).to_have_text("mail.send")
    page.keyboard.press("j")
    expect(page.get_by_role("search").get_by_role("status")).to_contain_text("No list is open")
    page.keyboard.press("y")
    expect(page.get_by_role("search").get_by_role("status")).to_have_text("Link copied")
    assert "step=i1.c2" in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("?")

    expect(page.locator(".cl-keys")).to_contain_text("Next ticket of the list")


def test_a_key_that_is_pressed_before_a_ticket_is_painted_acts_on_that_ticket(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/tickets?status=FAILED")
    page.locator("tbody a", has_text="T-000").click()
    page.get_by_label("Search in this ticket").wait_for()

    page.evaluate("""async () => {
        const press = (key) => document.dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        const next = new Promise((drawn) => {
            new MutationObserver((_, observer) => {
                if (document.querySelector("h1")?.textContent !== "T-002") return;
                observer.disconnect();
                drawn();
            }).observe(document, { childList: true, subtree: true, characterData: true });
        });
        press("j");
        await next;
        press("k");
    }""")

    expect(page.locator("h1")).to_have_text("T-000")


def test_a_run_is_copied_as_a_test_case_that_runs(page: Page, harness: Harness, tmp_path: Path) -> None:
    visit(page, harness, TICKET)

    keep_said(page)
    page.get_by_role("button", name="Copy as test case").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    case = page.evaluate("navigator.clipboard.readText()")

    assert '"Where is my money?"' in case
    use = """
def test_tools_answer_as_they_did(recorded, call_tool):
    assert call_tool("crm.lookup", {"order": "A-77"}) == '{"paid": 2}'
    with pytest.raises(RuntimeError, match="HTTP 503"):
        call_tool("mail.send", None)
    with pytest.raises(AssertionError, match="did not call"):
        call_tool("crm.lookup", {"order": "A-77"})
    assert recorded["final_response"] == "You get it back."
    assert recorded["turns"][0]["inputs"] == [{"role": "user", "content": "Where is my money?"}]
"""
    (tmp_path / "test_ticket.py").write_text(case + use, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "test_ticket.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_a_report_is_kept_and_printed(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)

    with page.expect_download() as download:
        page.get_by_role("button", name="Report").click()
    report = download.value.path().read_text(encoding="utf-8")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    assert download.value.suggested_filename == "OPEN-ME-log-of-OPEN-ME.md"
    assert "- `mail.send` in `Iteration 1` failed: `HTTP 503`" in report
    paper = page.locator(".cl-paper")
    expect(paper.get_by_role("heading", name="What went wrong")).to_be_visible()
    expect(paper).to_contain_text("crm.lookup")
    expect(page.locator(".cl-ticket-head")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(paper).to_have_count(0)


def test_what_was_masked_is_told_by_rule_and_leads_to_its_step(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    masked = page.locator(".cl-card", has_text="Masked before it was sent (3 values)")

    masked.get_by_text("field").click()
    masked.get_by_role("button", name="Show step").click()

    expect(page.locator(".cl-details h3")).to_have_text("crm.lookup")
    expect(page.get_by_role("heading", name="Fields of your own")).to_have_count(0)


def test_a_node_folds_its_iterations_away(page: Page, harness: Harness) -> None:
    visit(page, harness, TICKET)
    steps(page)
    toggle = page.get_by_role("button", name="Show what is inside agent")

    toggle.click()

    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".cl-gantt").get_by_text("Iteration 1")).to_be_hidden()


def test_the_whole_log_can_be_copied_and_downloaded(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-OPEN-ME")
    page.get_by_text("Raw JSON").click()

    keep_said(page)
    page.locator(".cl-raw-tools").get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText().then(JSON.parse)")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()

    assert copied["trace"] == TRACE
    assert copied["ticket_id"] == "OPEN-ME"
    assert copied["executed_at"] == "2026-11-23T13:59:00.000Z"
    assert download.value.suggested_filename == "OPEN-ME-log-of-OPEN-ME.json"


def test_a_trace_that_is_too_big_can_be_downloaded(page: Page, harness: Harness) -> None:
    usual = harness.answer
    big = {"trace": None, "trace_state": "too_big", "trace_size": 40 << 20, "trace_limit": 32 << 20}

    def answer(viewer: Viewer, name: str, params: dict[str, str]) -> dict[str, Any]:
        payload = usual(viewer, name, params)
        payload["data"] |= big
        return payload

    harness.answer = answer
    try:
        visit(page, harness, "/ticket/acme/log-of-OPEN-ME")
    finally:
        harness.answer = usual

    expect(page.get_by_text("It takes 40.0 MB; a page shows up to 32.0 MB.")).to_be_visible()
    way = page.get_by_role("link", name="Download the trace")
    expect(way).to_have_attribute("href", "/trace/acme/2026-11/log-of-OPEN-ME")
    expect(way).to_have_attribute("download", "OPEN-ME-log-of-OPEN-ME-trace.json")


def test_a_log_of_metrics_only_says_so(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-NO-TRACE")

    expect(page.get_by_text("METRICS_ONLY")).to_be_visible()
    expect(page.locator(".cl-gantt")).to_have_count(0)


# ---------------------------------------------------------------- the session


def test_a_foreign_ticket_is_not_found_in_words(page: Page, harness: Harness) -> None:
    harness.viewer = ACME
    visit(page, harness, "/tickets")

    page.evaluate("""() => {
        const link = document.querySelector(".cl-ticket-id");
        link.setAttribute("href", "/ticket/globex/log-of-ELSEWHERE");
        link.click();
    }""")

    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_the_header_asks_the_same_kernel(page: Page, harness: Harness) -> None:
    visit(page, harness, "/")

    page.locator(".cl-header").get_by_role("link", name="Tickets").click()
    page.wait_for_url(at("/tickets?range=30d"))

    expect(page.locator(".cl-nav a[aria-current]")).to_have_text("Tickets")
    assert [message["page"] for message in sent(page)] == ["tickets"]


def test_a_lost_connection_loads_the_address_anew(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")
    page.evaluate("window.broken = true")

    page.get_by_role("link", name="Next").click()
    page.wait_for_url(re.compile(r"/tickets\?zone=Europe%2FBerlin&after=\w+"))

    expect(page.locator("tbody tr")).to_have_count(23)
    assert sent(page) == []


def test_a_kernel_that_does_not_answer_is_given_up_after_ten_seconds(page: Page, harness: Harness) -> None:
    page.clock.install()
    visit(page, harness, "/tickets")
    page.evaluate("window.silent = true")

    page.get_by_role("link", name="Next").click()
    page.clock.run_for(9_900)
    still = page.url
    page.clock.run_for(200)
    page.wait_for_url(re.compile(r"/tickets\?zone=Europe%2FBerlin&after=\w+"))

    assert still.endswith("/tickets?zone=Europe%2FBerlin")


def test_in_a_notebook_addresses_are_left_alone(page: Page, harness: Harness) -> None:
    visit(page, harness, "/notebook")

    page.get_by_role("link", name="Tickets").first.click()
    page.locator("tbody .cl-ticket-id").first.click()
    expect(page.get_by_role("heading", name="OPEN-ME")).to_be_visible()

    assert page.url.endswith("/notebook")


def test_the_page_of_errors_says_how_many_failed_tickets_tell_of_no_error(
    page: Page, harness: Harness
) -> None:
    failed = sum(each["status"] == "FAILED" for each in LOGS)
    visit(page, harness, "/errors?range=all")

    hint = page.get_by_text("tell of no error")
    expect(hint).to_contain_text(f"Of the tickets that FAILED, {failed} tell of no error")
    hint.get_by_role("link", name="tickets that FAILED").click()

    expect(page).to_have_url(re.compile(r"/tickets\?.*status=FAILED"))
