"""From an error of a ticket to its kind, and to the last ticket that failed alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import ACME, NOW_MS, PROVIDER, log
from tests.voila_dashboards.part_lake import LATE, LOGS, TIMEOUT, call, source_of, trace_of
from tests.voila_dashboards.widget_harness import Harness, showing
from voila_dashboards.kernel.sources import LakeSource
from voila_dashboards.pages.ticket.payload import TicketData
from voila_dashboards.pages.ticket.query import ticket_data

NODE_FAILED = {
    "nodes": [{"name": "plan", "status": "error", "error": {"type": "Late", "message": "too late"}}]
}
MORE = [
    *LOGS,
    log("N-1", age=timedelta(hours=2), trace=NODE_FAILED),
    log("N-2", age=timedelta(hours=3), trace=NODE_FAILED),
    log("BOTH", trace=trace_of(call("find"), call("pay", 5, LATE), errors=[TIMEOUT])),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeSource]:
    with source_of(tmp_path_factory.mktemp("lake"), MORE) as opened:
        yield opened


@pytest.fixture(scope="module")
def harness(source: LakeSource) -> Iterator[Harness]:
    with showing(source) as running:
        yield running


@pytest.fixture
def page(harness: Harness, chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}, timezone_id="UTC") as context:
        yield context.new_page()


def ticket(source: LakeSource, log_id: str, viewer: Viewer = PROVIDER, client: str = "acme") -> TicketData:
    _, data = ticket_data(source, viewer, {"client_id": client, "log_id": log_id}, NOW_MS)
    return data


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")


def test_a_ticket_names_the_kinds_of_all_its_errors(source: LakeSource) -> None:
    kinds = ticket(source, "log-of-BOTH")["error_kinds"]

    assert [(kind["type"], kind["node"], kind["tool"], kind["other_tickets"]) for kind in kinds] == [
        ("Timeout", "resolve", None, 3),
        (None, "resolve", "pay", 1),
    ]
    assert [kind["newest"]["ticket_id"] for kind in kinds if kind["newest"]] == ["A-3", "A-2"]


def test_of_a_ticket_in_which_nothing_failed_no_errors_are_asked_for(source: LakeSource) -> None:
    asked: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(source, name)

        def need(self, *parts: str) -> frozenset[str]:
            asked.extend(parts)
            return source.need(*parts)

    assert ticket(Counting(), "log-of-A-6")["error_kinds"] == []  # type: ignore[arg-type]
    assert asked == []


@pytest.mark.claim("who-reads")
def test_the_last_failure_of_a_kind_is_one_of_the_same_client(source: LakeSource) -> None:
    for viewer in (PROVIDER, ACME):
        for kind in ticket(source, "log-of-A-2", viewer)["error_kinds"]:
            assert kind["newest"]
            assert kind["newest"]["client_id"] == "acme"


@pytest.mark.browser
def test_from_an_error_to_its_kind_and_to_the_last_ticket_that_failed_alike(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/ticket/acme/log-of-BOTH")
    entry = page.locator(".cl-errors > li", has_text="no answer")
    expect(entry).to_contain_text("in 3 other tickets")

    entry.get_by_role("link", name="A-3").click()
    expect(page.locator("h1")).to_have_text("A-3")
    page.locator(".cl-errors").get_by_role("link", name="This kind of error").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Errors")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Timeout")
    expect(page.get_by_label("Narrowed to")).to_contain_text("resolve")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("log_id", "step", "last"), [("log-of-A-2", "pay", "BOTH"), ("log-of-N-2", "plan", "N-1")]
)
def test_a_step_that_failed_leads_to_others_like_it(
    page: Page, harness: Harness, log_id: str, step: str, last: str
) -> None:
    visit(page, harness, f"/ticket/acme/{log_id}")

    failed = page.locator(".cl-side .cl-ways li", has_text=step)
    expect(failed.get_by_role("link", name=last)).to_be_visible()
    failed.get_by_role("link", name="This kind of error").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(step)
