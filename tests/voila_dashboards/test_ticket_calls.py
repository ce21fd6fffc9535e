"""How many tool calls a ticket says it made, where its log and its conversation do not say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.sdk.test_said_calls import OPENAI
from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

SAID: dict[str, Any] = {"messages": OPENAI}
LISTED: dict[str, Any] = {**SAID, "tool_calls": [{"name": "find"}] * 3}
LOGS = [
    log("COUNTED", trace=SAID),
    log("SAYS-NONE", trace=SAID, metrics={"tool_call_count": 0}),
    log("LISTED", trace=LISTED),
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.mark.parametrize(
    ("ticket", "said"),
    [("COUNTED", "2"), ("SAYS-NONE", "0 · 2 in the conversation"), ("LISTED", "4")],
)
def test_a_ticket_does_not_contradict_its_conversation(
    chromium_browser: Browser, harness: Harness, ticket: str, said: str
) -> None:
    with chromium_browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{harness.url}/ticket/acme/log-of-{ticket}")

        fact = page.locator(".cl-ticket-head .cl-facts > div", has_text="Tool calls")
        expect(fact.locator("dd")).to_have_text(said)


def test_the_list_and_the_page_of_tools_count_what_the_conversation_shows(
    chromium_browser: Browser, harness: Harness
) -> None:
    with chromium_browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{harness.url}/tickets?columns=ticket_id,tool_call_count,failed_tool_calls")
        row = page.locator("tbody tr", has_text="COUNTED")
        expect(row.locator("td")).to_contain_text(["COUNTED", "2", "1"])

        page.goto(f"{harness.url}/tools?range=all")
        expect(page.locator("main")).to_contain_text("pay")
