"""A run that only its messages tell of leads its reader to what failed, as one with steps does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser


def called(name: str, call_id: str, back: str, **more: Any) -> list[dict[str, Any]]:
    """A turn that calls a tool, and what came back."""
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}
    return [
        {"role": "assistant", "content": f"I ask {name}.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": back, **more},
    ]


def asked(count: int) -> list[dict[str, Any]]:
    return [{"role": ("user", "assistant")[n % 2], "content": f"Sentence {n}."} for n in range(count)]


FAILED = {"status": "error"}
LONG = [
    *asked(100),
    *called("charge", "c1", "card declined", **FAILED),
    *asked(60),
    *called("refund", "c2", '{"error": {"message": "no such payment"}}', **FAILED),
    *asked(40),
]
STEP = {"react_iterations": [{"iteration": 1, "tool_calls": [{"id": "c1", "name": "charge"}]}]}
LOGS = [
    log("LONG", trace={"messages": LONG}),
    log("FAILED", status="FAILED", trace={"messages": LONG}),
    log("BOTH", trace={"messages": LONG[:110], **STEP}),
    log("FINE", trace={"messages": asked(4)}),
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(harness: Harness, chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        yield context.new_page()


def visit(page: Page, harness: Harness, ticket: str) -> None:
    page.goto(f"{harness.url}/ticket/acme/log-of-{ticket}")
    page.wait_for_selector("html[data-ready]")


def turn(page: Page, words: str) -> Locator:
    return page.locator(".cl-message", has_text=words)


def test_a_run_of_messages_opens_at_the_turn_that_failed_and_says_why(page: Page, harness: Harness) -> None:
    visit(page, harness, "LONG")

    expect(page.locator(".cl-trouble")).to_contain_text("charge in turn 101 failed: card declined and 1 more")
    expect(turn(page, "I ask charge.")).to_be_in_viewport()
    expect(turn(page, "I ask charge.")).to_have_attribute("aria-current", "true")


def test_of_a_run_that_failed_the_last_failure_is_shown(page: Page, harness: Harness) -> None:
    visit(page, harness, "FAILED")

    expect(page.locator(".cl-trouble")).to_contain_text("refund in turn 162 failed: no such payment")
    expect(turn(page, "I ask refund.")).to_be_in_viewport()


def test_keys_and_buttons_lead_to_each_failure_of_a_turn(page: Page, harness: Harness) -> None:
    visit(page, harness, "LONG")
    expect(page.get_by_role("button", name="Next failure")).to_be_visible()

    for key, words in (("n", "I ask charge."), ("n", "I ask refund."), ("p", "I ask charge.")):
        page.evaluate("scrollTo(0, 0)")
        page.keyboard.press(key)
        expect(turn(page, words)).to_be_in_viewport()

    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("button", name="Show turn").click()
    expect(turn(page, "I ask charge.")).to_be_in_viewport()


def test_the_card_of_errors_lists_calls_that_failed(page: Page, harness: Harness) -> None:
    visit(page, harness, "LONG")
    card = page.locator("[data-section=errors]")

    expect(card).to_contain_text("The run recorded none, but calls of it failed.")
    expect(card).to_contain_text("Failed calls (2)")
    expect(card.locator(".cl-ways li")).to_contain_text(["chargein turn 101", "refundin turn 162"])
    card.get_by_role("button", name="refund").click()
    expect(turn(page, "I ask refund.")).to_be_in_viewport()


def test_a_failure_that_a_step_and_a_turn_tell_of_is_the_steps(page: Page, harness: Harness) -> None:
    visit(page, harness, "BOTH")

    expect(page.locator(".cl-trouble")).to_contain_text("charge in Iteration 1 failed: card declined")
    expect(page.locator("[data-section=errors]")).to_contain_text("Failed steps (1)")
    expect(page.locator("[data-section=errors]")).not_to_contain_text("Failed calls")
    page.get_by_role("button", name="Show step").first.click()
    expect(page.locator(".cl-details")).to_contain_text("card declined")


def test_a_run_in_which_nothing_failed_opens_at_its_beginning(page: Page, harness: Harness) -> None:
    visit(page, harness, "FINE")
    expect(page.get_by_role("search")).to_be_visible()

    assert page.evaluate("scrollY") == 0
    expect(page.locator(".cl-trouble")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator(".cl-find-said")).to_have_text("Nothing failed")
