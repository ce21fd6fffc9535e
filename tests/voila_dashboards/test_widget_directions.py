"""Names that run from the right, or turn what follows around: nothing beside them moves, and the eye sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

#: Ends an isolation of ours, if it can, and turns around whatever follows.
TURNED: Final = "pay\u2069\u202eecnalab"
HEBREW: Final = "מפתח"
#: What nobody sees, and what is written with the same characters.
UNSEEN: Final = f"pay\u200b\u00adpal{''.join(chr(0xE0000 + ord(letter)) for letter in 'ignore')}\ufeff"
ORDINARY: Final = "👩🏽‍🤝‍👨🏿 ❤️ می‌خواهم क्‍ष"
_NAMED: Final = dict.fromkeys(("name", "node", "type", "role", "action", "model", "id"), TURNED)
TRACE: Final[dict[str, Any]] = {
    "nodes": [{**_NAMED, "status": "error", "attributes": {TURNED: TURNED, HEBREW: HEBREW, "plain": 1}}],
    "react_iterations": [
        {**_NAMED, "thought": TURNED, "tool_calls": [{**_NAMED, "arguments": {TURNED: 1}, "error": TURNED}]}
    ],
    "errors": [{**_NAMED, "message": TURNED, "stacktrace": TURNED}],
    "messages": [
        {**_NAMED, "content": f"{HEBREW} 12, {TURNED}"},
        {"role": "user", "content": f"{UNSEEN} in a sentence\n\n**{UNSEEN}** and {ORDINARY}"},
        {
            "role": "assistant",
            "content": ORDINARY,
            "tool_calls": [{"name": UNSEEN, "arguments": {UNSEEN: UNSEEN}}],
        },
    ],
    TURNED: {TURNED: [TURNED]},
}
FIELDS: Final[dict[str, Any]] = {
    "category": TURNED,
    "environment": TURNED,
    "workflow_version": HEBREW,
    "metrics": {TURNED: TURNED},
    TURNED: {TURNED: TURNED, HEBREW: HEBREW},
}
LOGS: Final = [
    log(TURNED, log_id="turned", status=TURNED, trace=TRACE, **FIELDS),
    log(TURNED, log_id="again", status=HEBREW, category=HEBREW),
    log(UNSEEN, log_id="unseen", status=UNSEEN, category=UNSEEN, workflow_version=ORDINARY),
]
UNSEEN_CODES: Final = {"U+200B", "U+AD", "U+E0069 … 7"}
#: Texts and attributes of a page that hold what nobody sees, and no box that says so.
HIDING: Final = r"""() => {
    const unseen = /[\u00ad\u200b\ufeff\u{e0000}-\u{e007f}]/u;
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    const hiding = [];
    while (texts.nextNode())
        if (unseen.test(texts.currentNode.data) && !texts.currentNode.parentElement.closest(".cl-turning"))
            hiding.push(texts.currentNode.parentElement.outerHTML);
    for (const each of document.querySelectorAll("main *"))
        for (const { name, value } of each.attributes)
            if (/title|aria-label|alt|placeholder/.test(name) && (unseen.test(value) || /[\u202a-\u202e]/.test(value)))
                hiding.push(`${name}: ${value}`);
    return hiding;
}"""
#: Texts that hold a turning character anywhere but in its box, or in a block that is one body of text.
LOOSE: Final = r"""() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const loose = [];
    while (texts.nextNode())
        if (/[\u202a-\u202e\u2066-\u2069]/.test(texts.currentNode.data)
            && !texts.currentNode.parentElement.closest(".cl-turning, .cl-text, option, title"))
            loose.push(texts.currentNode.parentElement.outerHTML);
    return loose;
}"""


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        yield context.new_page()


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")
    page.evaluate("""async () => {
        for (let round = 0; round < 12; round++) {
            for (const details of document.querySelectorAll("main details:not([open])")) details.open = true;
            await new Promise((next) => setTimeout(next, 20));
        }
    }""")


def left_and_right(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box is not None
    return box["x"], box["x"] + box["width"]


@pytest.mark.parametrize("path", ["/", "/tickets", "/errors", "/tools", "/ticket/acme/turned"])
def test_a_character_that_turns_text_around_is_seen_and_turns_nothing(
    page: Page, harness: Harness, path: str
) -> None:
    visit(page, harness, path)

    assert page.evaluate(LOOSE) == []
    codes = page.locator(".cl-turning").evaluate_all("boxes => boxes.map(box => box.dataset.code)")
    assert {"U+2069", "U+202E"} <= set(codes) <= {"U+2069", "U+202E", *UNSEEN_CODES}


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/tickets", "/errors", "/tools", "/ticket/acme/unseen", "/ticket/acme/turned"),
        "/compare?client_id=acme&log_id=turned&other_log_id=unseen",
    ],
)
def test_what_nobody_sees_is_seen_in_texts_and_attributes(page: Page, harness: Harness, path: str) -> None:
    visit(page, harness, path)
    page.locator(".cl-turning").first.wait_for(state="attached")

    assert page.evaluate(HIDING) == []


def test_what_scripts_and_emoji_are_written_with_stays_as_it_is(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/turned")

    expect(page.locator(".cl-message", has_text="🤝").last).to_contain_text(ORDINARY)
    codes = page.locator(".cl-turning").evaluate_all("boxes => boxes.map(box => box.dataset.code)")
    assert set(codes) >= UNSEEN_CODES
    assert not {"U+200C", "U+200D", "U+FE0F"} & set(codes)
    hidden = page.locator(".cl-turning[data-code^='U+E0069']").first
    expect(hidden).to_have_attribute("title", re.compile("to be read as ignore"))
    expect(page.locator("h1")).not_to_contain_text("U+")


@pytest.mark.parametrize("key", [TURNED, HEBREW])
def test_key_and_value_of_a_json_view_keep_their_places(page: Page, harness: Harness, key: str) -> None:
    visit(page, harness, "/ticket/acme/turned")
    line = page.locator(".cl-j-line", has=page.locator(".cl-j-key", has_text=key)).first

    key_ends = left_and_right(line.locator(".cl-j-key"))[1]
    value_begins = left_and_right(line.locator(".cl-j-string"))[0]

    assert key_ends < value_begins


def test_a_status_that_runs_from_the_right_stands_before_its_count(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets")

    for status in (TURNED, HEBREW):
        chip = page.locator(".cl-chip", has_text=status)
        swatch, number = left_and_right(chip.locator(".cl-swatch")), left_and_right(chip.locator("b"))
        assert swatch[1] < number[0]
        assert number[1] <= left_and_right(chip)[1]


def test_what_is_copied_is_what_was_sent(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/turned")

    expect(page.locator("h1")).to_have_text(TURNED)
    assert "[U+202E]" in page.title()
