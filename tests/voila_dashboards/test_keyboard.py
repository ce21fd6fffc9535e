"""The keyboard alone suffices: a walk from page to page in a real Chromium, without a pointer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.every_page import DESK, STATES, every_page, look_at, window
from tests.voila_dashboards.widget_harness import Harness

pytestmark = pytest.mark.browser

#: More than any page has before what is looked for.
FAR = 120


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with every_page(tmp_path_factory.mktemp("lake")) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    with window(chromium_browser, DESK) as context:
        yield context.new_page()


def focused(page: Page) -> str:
    """What a screen reader would say first of what has the focus."""
    said: str = page.evaluate(
        """() => {
            const at = document.activeElement;
            const label = at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
            return label.trim().replace(/\\s+/g, " ");
        }"""
    )
    return said


def walk_to(page: Page, name: str, key: str = "Tab") -> None:
    """Goes on by Tab until something that begins with ``name`` has the focus; on the way all of it is seen."""
    for _ in range(FAR):
        page.keyboard.press(key)
        assert page.evaluate(
            """() => {
                const box = document.activeElement.getBoundingClientRect();
                return document.activeElement !== document.body && box.width > 0
                    && box.right > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth;
            }"""
        ), f"after {focused(page)!r} the focus is out of sight"
        if focused(page).startswith(name):
            return
    pytest.fail(f"no way to {name!r} by {key}")


def test_who_signs_in_types_and_presses_enter(page: Page, harness: Harness) -> None:
    look_at(page, harness, STATES["sign-in"])
    posted: list[str] = []
    page.on(
        "request",
        lambda request: posted.append(request.post_data or "") if request.method == "POST" else None,
    )

    page.keyboard.type("olivia")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse")
    with page.expect_request("**/login"):
        page.keyboard.press("Enter")

    assert "username=olivia&password=correct+horse" in posted[0]


def test_the_first_stop_leads_past_the_header(page: Page, harness: Harness) -> None:
    look_at(page, harness, STATES["overview"])

    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_walk_from_the_overview_into_a_step_and_back(page: Page, harness: Harness) -> None:
    look_at(page, harness, STATES["overview"])

    walk_to(page, "Tickets")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Tickets", level=1)).to_be_focused()
    walk_to(page, "Category")
    page.keyboard.type("billing")
    page.wait_for_url("**category=billing**")
    expect(page.get_by_role("status").filter(has_text="found")).not_to_have_text("0 found")
    walk_to(page, "FAILED")
    page.keyboard.press("Enter")
    page.wait_for_url("**status=FAILED**")
    walk_to(page, "WHOLE-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="WHOLE-1", level=1)).to_be_focused()
    page.get_by_label("Search in this ticket").wait_for()

    walk_to(page, "Conversation")
    page.keyboard.press("ArrowRight")
    walk_to(page, "")
    page.get_by_role("tree").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("crm.lookup")
    page.keyboard.press("Enter")
    expect(page.locator(".cl-details h3").first).to_have_text("crm.lookup")
    page.keyboard.press("Escape")
    walk_to(page, "← Tickets", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets?**status=FAILED**")

    expect(page.get_by_label("Category").first).to_have_value("billing")


@pytest.mark.parametrize("name", ["Columns", "Number …", "Download"])
def test_what_opens_is_gone_through_in_order_and_gives_the_focus_back(
    page: Page, harness: Harness, name: str
) -> None:
    look_at(page, harness, STATES["tickets"])
    box = page.locator("details", has=page.locator("summary", has_text=name)).last

    walk_to(page, name)
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert box.evaluate("(box) => box.open && box.contains(document.activeElement)")
    page.keyboard.press("Escape")

    assert focused(page) == name
    assert not box.evaluate("(box) => box.open")
