"""Traces of sizes and shapes that break pages: opened in a browser, looked through, and left and come back to."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.page_lake import log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing

pytestmark = pytest.mark.browser

_WORDS: Final = [
    "",
    " ",
    "a",
    "b",
    "c",
    "\u202e",
    "__proto__",
    "2026-11-23T12:00:00Z",
    "soon",
    "error",
    "ok",
    "x\ny",
]
_NUMBERS: Final = [0, -1, 1e308, 2**63, 0.1, 1.7e9, 1.7e12, 1748112721985679000, True, None]
_FIELDS: Final = (
    *(
        "name",
        "parent",
        "id",
        "parent_id",
        "node",
        "started_at",
        "duration_ms",
        "status",
        "error",
        "type",
        "role",
    ),
    *("content", "tool_calls", "arguments", "result", "thought", "input", "output", "iteration", "text"),
)
_PARTS: Final = ("nodes", "react_iterations", "tool_calls", "errors", "messages", "final_response", "own")


def anything(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8 if depth else 4)
    if kind < 2:
        return rng.choice(_WORDS)
    if kind < 4:
        return rng.choice(_NUMBERS)
    size = rng.randrange(5)
    if kind == 4:
        return [anything(rng, depth - 1) for _ in range(size)]
    return {rng.choice(_FIELDS): anything(rng, depth - 1) for _ in range(size + 2)}


def generated(seed: int) -> Any:
    rng = random.Random(seed)
    return {part: [anything(rng, 3) for _ in range(rng.randrange(6))] for part in _PARTS}


SEEDS: Final = range(40)
LONG: Final = "x" * 1_000_000
#: As a page gets it; the collector takes nothing as deep.
_NESTED: Final = '[{"type":"message","content":' * 3000 + '"end"' + "}]" * 3000
DEEP: Final = f'{{"messages":[{{"role":"user","content":{_NESTED}}}],"final_response":{_NESTED}}}'
STEPS: Final = {
    "nodes": [
        {"name": f"step {i}", "parent": f"step {i // 10 * 10}" if i % 10 else None, "duration_ms": i % 7}
        for i in range(300)
    ]
}
LOGS: Final = [
    *(log(f"SEED-{seed}", log_id=f"seed-{seed}", trace=generated(seed)) for seed in SEEDS),
    log(
        "LINE",
        trace={"messages": [{"role": "user", "content": LONG}], "nodes": [{"name": LONG, "output": LONG}]},
    ),
    log("DEEP", trace={}),
    log("STEPS", trace=STEPS),
    *(log(f"L-{i}", category="list", age=timedelta(hours=2 + i)) for i in range(3)),
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    def change(params: dict[str, str], payload: dict[str, Any]) -> None:
        if params.get("log_id") == "log-of-DEEP":
            payload["data"] |= {"trace": DEEP, "trace_state": "present"}

    with (
        reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader,
        showing(reader, change=change) as running,
    ):
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    complaints: list[str] = []
    with chromium_browser.new_context(viewport={"width": 1000, "height": 800}, timezone_id="UTC") as context:
        opened = context.new_page()
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
    assert complaints == []


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Search in this ticket").wait_for()


def test_a_trace_of_any_shape_opens_with_all_its_steps(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/seed-0?part=steps")
    for seed in SEEDS:
        href = f"/ticket/acme/seed-{seed}?part=steps"
        page.locator(".cl-back").evaluate("(a, href) => { a.href = href; a.click(); }", href)
        expect(page.locator("h1")).to_have_text(f"SEED-{seed}")
        if page.get_by_role("tree").count():
            page.get_by_role("button", name="Expand all").click()
            page.get_by_role("tree").press("End")
            expect(page.locator("[role=treeitem][aria-selected=true]")).to_have_count(1)
        assert "could not be drawn" not in page.locator("main").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, seed


def test_a_line_of_a_million_letters_is_cut_and_opened_on_demand(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-LINE")

    assert len(page.locator("main").inner_text()) < 30_000
    page.get_by_role("button", name="Show all (976.6 KB)").first.click()

    expect(page.get_by_role("button", name="Show less")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    heights = page.locator(".cl-piece").evaluate_all("all => all.map(each => Math.round(each.offsetHeight))")
    assert len(heights) > 50
    assert len([each for each in heights if each != 3600]) < 5  # as high as a piece is taken to be, unseen


def test_blocks_within_blocks_beyond_all_depth_are_shown(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-DEEP")

    expect(page.locator(".cl-message")).to_have_count(1)
    expect(page.get_by_role("heading", name="Final response")).to_be_visible()
    assert "could not be drawn" not in page.locator("main").inner_text()


def test_a_reload_leaves_everything_where_it_was(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-STEPS")
    page.get_by_role("button", name="Collapse all").click()
    page.get_by_role("button", name="Show what is inside step 20", exact=True).click()
    page.get_by_role("treeitem", name="step 25").click()
    page.get_by_label("Search in this ticket").fill("step 25")
    page.wait_for_url("**find=step+25*")
    page.get_by_label("Search in this ticket").press("Escape")
    page.wait_for_url(re.compile(r"step=n26&part=steps$"))
    page.evaluate("scrollTo(0, 120)")
    rows = page.get_by_role("treeitem").count()
    opened = page.locator("[role=treeitem][aria-expanded=true]").all_inner_texts()

    page.reload()
    page.wait_for_selector("html[data-ready]")

    expect(page.locator("[role=treeitem][aria-selected=true]")).to_contain_text("step 25")
    expect(page.get_by_role("treeitem")).to_have_count(rows)
    assert page.locator("[role=treeitem][aria-expanded=true]").all_inner_texts() == opened
    expect(page.locator("html")).to_have_js_property("scrollTop", 120)


def test_another_ticket_after_a_reload_begins_as_if_nothing_had_been_opened(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/ticket/acme/log-of-STEPS")
    page.get_by_role("button", name="Expand all").click()
    page.reload()
    visit(page, harness, "/ticket/acme/seed-1?part=steps")
    visit(page, harness, "/ticket/acme/log-of-STEPS")

    expect(page.get_by_role("treeitem").nth(1)).to_contain_text("step 10")


def test_the_next_ticket_of_the_list_is_known_after_a_reload(page: Page, harness: Harness) -> None:
    page.goto(f"{harness.url}/tickets?category=list&range=all")
    page.locator("tbody a", has_text="L-1").first.click()
    page.get_by_label("Search in this ticket").wait_for()

    page.reload()
    page.get_by_label("Search in this ticket").wait_for()
    page.keyboard.press("j")
    expect(page.locator("h1")).to_have_text("L-2")
    page.reload()
    page.get_by_label("Search in this ticket").wait_for()
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text("L-1")
    assert "category=list" in (page.get_by_role("link", name="← Tickets").get_attribute("href") or "")


def test_whoever_searches_as_in_any_page_is_told_of_the_search_that_sees_all(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, "/ticket/acme/log-of-STEPS")
    page.evaluate("addEventListener('keydown', (event) => { window.stolen = event.defaultPrevented; })")

    page.keyboard.press("Control+f")

    expect(page.get_by_role("search").get_by_role("status")).to_contain_text("/ searches all of the ticket")
    assert page.evaluate("window.stolen") is False


def test_shapes_are_the_same_each_time() -> None:
    assert json.dumps(generated(3)) == json.dumps(generated(3))


def test_a_search_goes_on_where_it_was_after_a_reload(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-STEPS")
    said = page.get_by_role("search").get_by_role("status")
    page.get_by_label("Search in this ticket").fill("step 2")
    expect(said).to_have_text("1 of 161")
    page.get_by_role("button", name="Next hit").click()
    page.get_by_role("button", name="Next hit").click()
    expect(said).to_have_text("3 of 161")
    selected = page.locator(".cl-details h3").inner_text()
    page.wait_for_url(re.compile(rf"step=n{int(selected.removeprefix('step ')) + 1}\b.*find=step\+2$"))

    page.reload()

    expect(said).to_have_text("3 of 161")
    expect(page.locator(".cl-details h3")).to_have_text(selected)
    expect(page.get_by_label("Search in this ticket")).to_have_value("step 2")
