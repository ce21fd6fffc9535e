"""Conversations in a browser: calls that carry their results, results without a call, and fields that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser


def _call(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "arguments": {"n": 7}, **more}


CALLS: Final = [
    {"role": "user", "content": "Refund?", "channel": "mail"},
    {
        "role": "assistant",
        "name": "Billing",
        "content": None,
        "tool_calls": [
            _call("find", result="paid in full", status="ok"),
            _call("refund", error="card declined", status="error"),
            _call("notify", status="timeout"),
        ],
    },
    {"role": "user", "content": "Well?"},
    {"role": "tool", "content": "nobody asked for this"},
    {"role": "assistant", "content": "Done.", "decision": "approved"},
]
CONVERSE: Final = [
    {"role": "user", "content": [{"text": "Where is **7**?"}]},
    {"role": "assistant", "content": [{"toolUse": {"toolUseId": "b", "name": "find", "input": {"id": 7}}}]},
    {
        "role": "user",
        "content": [{"toolResult": {"toolUseId": "b", "status": "error", "content": [{"text": "gone"}]}}],
    },
]
LOGS: Final = [log("CALLS", trace={"messages": CALLS}), log("CONVERSE", trace={"messages": CONVERSE})]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1000, "height": 1100}) as context:
        yield context.new_page()


def visit(page: Page, harness: Harness, ticket: str) -> None:
    page.goto(f"{harness.url}/ticket/acme/log-of-{ticket}")
    page.wait_for_selector("html[data-ready]")


def test_a_call_shows_the_result_it_carries_and_looks_failed_where_it_failed(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "CALLS")
    calls = page.locator(".cl-messages .cl-call")

    expect(calls).to_have_count(4)
    expect(calls.nth(0)).to_contain_text("paid in full")
    expect(calls.nth(0)).not_to_contain_text("No result")
    expect(calls.nth(1)).to_contain_text("card declined")
    expect(calls.nth(2)).to_contain_text("No result is in the log.")
    expect(calls.nth(3)).to_contain_text("a result whose call is not known")
    expect(page.locator(".cl-call-failed")).to_have_count(2)
    expect(calls.nth(1).locator(".cl-badge")).to_have_text("failed")
    expect(calls.nth(2).locator(".cl-badge")).to_have_text("failed")


def test_what_nobody_knows_of_a_message_is_folded_with_it_and_opens(page: Page, harness: Harness) -> None:
    visit(page, harness, "CALLS")
    turns = page.locator(".cl-message")
    folds = turns.locator("summary", has_text="Other fields")

    expect(turns.nth(1).locator(".cl-message-name")).to_have_text("assistant · Billing")
    expect(folds).to_have_count(3)
    expect(folds.last).to_contain_text("decision")
    folds.last.click()
    expect(turns.last).to_contain_text("approved")


def test_a_conversation_of_bedrock_is_one_and_no_tree(page: Page, harness: Harness) -> None:
    visit(page, harness, "CONVERSE")
    turns = page.locator(".cl-message")

    expect(turns.first.locator("strong")).to_have_text("7")
    expect(page.locator(".cl-call-failed")).to_contain_text("gone")
    expect(turns).to_have_count(2)
    expect(page.get_by_text("toolUseId")).to_have_count(0)
