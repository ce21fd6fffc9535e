"""Output of a terminal on a ticket's page: as it stands at the end, with all that was written within reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

BAR: Final = "".join(
    f"\r\x1b[32mload {share:3}%\x1b[0m |{'#' * (share // 10):10}|" for share in range(0, 101, 5)
)
OUTPUT: Final = f"get model\n{BAR}\n\x1b[1mdo\x1b[0mne\n"
MESSAGES: Final = [
    {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "function": {"name": "sh"}}]},
    {"role": "tool", "tool_call_id": "a", "content": OUTPUT},
    {"role": "user", "content": "First line\r\n**second** line\r\n"},
]
LOGS: Final = [
    log("output", log_id="output", trace={"messages": MESSAGES, "final_response": "10%\r50%\r100%"})
]


#: Whether anything is marked, in a moment.
_MARKED: Final = """async () => {
    for (let round = 0; round < 200 && !CSS.highlights.get("cl-found")?.size; round++)
        await new Promise((next) => setTimeout(next, 20));
    return CSS.highlights.get("cl-found")?.size > 0;
}"""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(harness: Harness, chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened = context.new_page()
        opened.goto(f"{harness.url}/ticket/acme/output")
        opened.wait_for_selector("html[data-ready]")
        yield opened


def test_progress_stands_as_it_is_at_the_end_and_the_rest_within_reach(page: Page) -> None:
    answer = page.locator(".cl-answer")

    expect(answer.locator(".cl-text")).to_have_text(
        "get model\nload 100% |##########|\ndone\n", use_inner_text=False
    )
    expect(answer.locator("small")).to_contain_text(" letters of this output were written over.")
    answer.get_by_role("button", name="Show all that was written").click()

    expect(answer.locator(".cl-text")).to_contain_text("load  55% |#####     |\nload  60%")
    expect(page.locator(".cl-final .cl-text")).to_have_text("100%")
    expect(page.locator(".cl-md strong")).to_have_text("second")


def test_a_copy_is_what_was_sent(page: Page) -> None:
    page.locator(".cl-answer").get_by_role("button", name="Copy").click()

    expect(page.locator(".cl-answer").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == OUTPUT


@pytest.mark.parametrize(("words", "shown"), [("100% done", "load 100%"), ('"load 55%"', "load  55% |#####")])
def test_a_search_shows_what_it_found(page: Page, words: str, shown: str) -> None:
    page.get_by_label("Search in this ticket").fill(words)

    expect(page.locator(".cl-find-said")).to_contain_text("1 of ")
    expect(page.locator(".cl-answer .cl-text")).to_contain_text(shown)
    assert page.evaluate(_MARKED)
