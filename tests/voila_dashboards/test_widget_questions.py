"""The questions that providers ask, each answered by a walk of few clicks through the pages, on the demo's own runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.demo_logs import demo_logs
from tests.voila_dashboards.page_lake import reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

Logs = list[dict[str, Any]]


@pytest.fixture(scope="module")
def logs() -> Logs:
    return demo_logs(120)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory, logs: Logs) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), logs) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(harness: Harness, chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}, timezone_id="UTC") as context:
        opened = context.new_page()
        complaints: list[str] = []
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(harness.url)
        opened.wait_for_selector("html[data-ready]")
        yield opened
        assert complaints == []


def go(page: Page, name: str) -> None:
    """One click in the navigation."""
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def calls_of(log: dict[str, Any]) -> list[dict[str, Any]]:
    return [call for step in log["trace"].get("react_iterations", ()) for call in step.get("tool_calls", ())]


def refused(logs: Logs) -> Logs:
    """The tickets in which the payment service refused a refund."""
    return [
        log
        for log in logs
        if any(call.get("status") == "error" and "refused" in str(call) for call in calls_of(log))
    ]


def test_the_demo_has_a_version_that_made_refunds_fail_within_successes(logs: Logs) -> None:
    failing = refused(logs)

    assert len(failing) >= 3
    assert {(log["client_id"], log["workflow_version"]) for log in failing} == {("globex", "2.3.0")}
    assert {log["status"] for log in failing} == {"SUCCESS"}
    assert {log["workflow_version"] for log in logs} == {"2.2.0", "2.3.0"}


def test_globex_says_that_refunds_fail_since_the_new_version(page: Page, logs: Logs) -> None:
    page.locator(".cl-breakdown").get_by_role("link", name="globex").click()
    expect(page.get_by_label("Client", exact=True)).to_have_value("globex")
    go(page, "Errors")
    kind = page.locator("tbody tr", has_text="PaymentRefused").filter(has_text="issue_refund").first

    expect(kind).to_contain_text("2.3.0")
    expect(kind).not_to_contain_text("2.2.0")
    expect(kind).to_contain_text("the field 'currency' is missing")
    expect(kind).to_contain_text("SUCCESS")
    kind.get_by_role("link").first.click()

    expect(page.get_by_role("status").first).to_have_text(f"{len(refused(logs))} found")
    expect(page.locator("tbody tr").first).to_contain_text("2.3.0")
    expect(page.get_by_label("Narrowed to")).to_contain_text("issue_refund")


def test_which_tool_fails_and_which_one_is_slow(page: Page, logs: Logs) -> None:
    go(page, "Tools")
    failing = [log for log in logs if any(call.get("status") == "error" for call in calls_of(log))]
    rates = page.locator("tbody tr td:nth-child(5) span:first-child")

    page.get_by_label("Order").select_option("Highest failure rate")
    page.wait_for_url("**sort=failure_rate*")
    shown = [float(text.split(" ")[0]) for text in rates.all_inner_texts()]
    page.get_by_label("Order").select_option("Slowest")
    page.wait_for_url("**sort=p95*")
    slowest = page.locator("tbody tr").first.inner_text()

    assert failing
    assert shown == sorted(shown, reverse=True)
    assert slowest.split()[0] in {call["name"] for log in logs for call in calls_of(log)}


def test_which_clients_got_worse_lately(page: Page) -> None:
    card = page.locator(".cl-groups-card", has_text="By client")

    card.get_by_role("combobox").select_option("Failed calls rose most")

    expect(card.locator("tbody tr").first).to_contain_text("globex")
    expect(card.locator("tbody tr").first.locator(".cl-moved.cl-bad").first).to_be_visible()


def test_tickets_whose_answers_may_be_made_up(page: Page, logs: Logs) -> None:
    wanted = [log for log in logs if log["metrics"].get("hallucination_risk", 0) > 0.3]
    go(page, "Tickets")
    page.get_by_role("link", name="All", exact=True).click()
    page.wait_for_url("**/tickets")

    page.get_by_text("Number …").click()
    page.get_by_label("Figure").select_option("hallucination risk")
    page.get_by_label("Comparison").select_option(">")
    page.get_by_label("Number", exact=True).fill("0.3")
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**where=hallucination_risk%3E0.3*")
    expect(page.get_by_label("Conditions")).to_contain_text("hallucination risk > 0.3")
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("checkbox", name="Hallucination risk").check()
    page.wait_for_url("**columns=*")

    assert wanted
    expect(page.get_by_role("status").first).to_have_text(f"{len(wanted)} found")
    expect(page.locator("thead")).to_contain_text("Risk")


def test_the_last_failure_of_a_kind(page: Page, logs: Logs) -> None:
    newest = max(refused(logs), key=lambda log: str(log["executed_at"]))
    go(page, "Errors")

    page.locator("tbody tr", has_text="PaymentRefused").first.locator("td").last.get_by_role("link").click()

    page.wait_for_url(f"**/ticket/globex/{newest['log_id']}")


def test_words_of_a_conversation_find_its_ticket(page: Page, logs: Logs) -> None:
    go(page, "Tickets")

    page.get_by_label("Search tickets").fill("issue_refund refused")
    page.get_by_label("Search tickets").press("Enter")
    page.wait_for_url("**q=issue_refund+refused*")

    expect(page.get_by_role("status").first).to_have_text(f"{len(refused(logs))} found")


def test_what_narrows_goes_along_and_a_page_is_come_back_to_as_it_was(page: Page) -> None:
    page.get_by_role("link", name="7 days").click()
    page.wait_for_url("**/?range=7d*")
    go(page, "Tickets")
    page.get_by_role("button", name="SUCCESS").click()
    page.wait_for_url("**status=SUCCESS*")
    go(page, "Tools")
    page.wait_for_url("**/tools?range=7d*")
    go(page, "Tickets")

    page.wait_for_url("**/tickets?range=7d*status=SUCCESS*")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.get_by_role("button", name="SUCCESS")).to_have_attribute("aria-pressed", "true")


def test_the_filtered_list_is_offered_as_files(page: Page) -> None:
    go(page, "Tickets")
    page.get_by_role("button", name="Has failed calls").click()
    page.wait_for_url("**failed_calls=1*")

    page.get_by_text("Download", exact=True).click()

    for name, kind in (("CSV", "csv"), ("Parquet", "parquet"), ("NDJSON", "ndjson")):
        href = page.get_by_role("link", name=name, exact=True).get_attribute("href") or ""
        assert href.startswith(f"/download/tickets.{kind}?")
        assert "failed_calls=1" in href
