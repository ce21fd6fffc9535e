"""What a log may hold without harm: markup, any shape, very much of it, and on a narrow screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from access.viewer import Viewer
from tests.voila_dashboards.page_lake import MARKUP, NOW_MS, PROVIDER, UGLY, log, reader_of, trace_of_run
from tests.voila_dashboards.widget_harness import Harness, serving, showing
from voila_dashboards.payload import page_payload
from voila_dashboards.queries.ticket_order import SORTS

pytestmark = pytest.mark.browser

LONG = "an_identifier_without_any_place_to_break_" * 6
_CALL = dict.fromkeys(("id", "name", "result", "started_at", "duration_ms", "status", "error"), MARKUP)
_PART = dict.fromkeys(
    ("name", "node", "type", "role", "iteration", "thought", "action", "observation"), MARKUP
)
_MORE = dict.fromkeys(
    ("input", "output", "error", "model", "message", "stacktrace", "content", "status"), MARKUP
)
HOSTILE_TRACE: dict[str, Any] = {
    "nodes": [{**_PART, **_MORE, MARKUP: MARKUP, "attributes": {MARKUP: [MARKUP]}}],
    "react_iterations": [{**_PART, **_MORE, "tool_calls": [{**_CALL, "arguments": {MARKUP: MARKUP}}]}],
    "tool_calls": [{**_CALL, "arguments": MARKUP}],
    "errors": [{**_PART, **_MORE}],
    "messages": [{**_PART, **_MORE}],
    "final_response": MARKUP,
    MARKUP: {MARKUP: MARKUP},
}
BIG_TRACE = {
    "nodes": [{"name": "agent", "duration_ms": 500_000}],
    "react_iterations": [
        {
            "iteration": i + 1,
            "node": "agent",
            "duration_ms": 1000,
            "thought": "thinking " * 80,
            "tool_calls": [{"name": "kb.search", "arguments": {"n": i}, "result": {"text": "lorem " * 120}}],
            "observation": "seen " * 60,
        }
        for i in range(500)
    ],
}
#: A red dot.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SAID = """**bold** and <img src=x onerror=window.pwned=1> and [here](https://elsewhere.test/a) and
[run](javascript:window.pwned=1) and ![cat](https://elsewhere.test/cat.png)

| a | b |
|---|---|
| 1 | 2 |

```
if a < b:
    pass
```
"""
SAID_TRACE = {
    "messages": [
        {"role": "assistant", "content": SAID},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
                {"type": "image_url", "image_url": {"url": "https://elsewhere.test/dog.png"}},
            ],
        },
    ]
}
HUGE_TRACE = {
    "nodes": [
        {
            "name": f"step {i}",
            "parent": f"step {i - 1}" if i % 9 else None,
            "duration_ms": 5,
            "status": "error" if i == 15_000 else "ok",
        }
        for i in range(20_000)
    ]
}
HOSTILE_FIELDS: dict[str, Any] = {
    "status": MARKUP,
    "category": MARKUP,
    "environment": MARKUP,
    "workflow_version": MARKUP,
    "metrics": {MARKUP: MARKUP, "cost_usd": MARKUP},
    MARKUP: MARKUP,
}
LOGS = [
    log(MARKUP, log_id=MARKUP.replace("/", ""), trace=HOSTILE_TRACE, **HOSTILE_FIELDS),
    log(
        LONG,
        log_id="long",
        status=LONG[:100],
        category=LONG,
        environment=LONG,
        trace={"final_response": LONG, LONG: LONG},
    ),
    log("BIG", trace=BIG_TRACE),
    log("SAID", trace=SAID_TRACE),
    log("HUGE", trace=HUGE_TRACE, status="FAILED"),
    log("DEEP", trace=b'{"deep": ' + b"[" * 900 + b"]" * 900 + b"}"),
    log("NOT-JSON", trace={}),
    *(log(f"UGLY-{i}", trace=trace) for i, trace in enumerate(UGLY.values())),
]
#: Its table is moved sideways in a box of its own.
ALL_COLUMNS: Final = f"/tickets?columns={','.join(SORTS)}"
ADDRESSES: Final = [
    *("/", "/?range=all", "/?range=1d", "/errors", "/tools", ALL_COLUMNS),
    *("/tickets", "/tickets?q=zzz", "/ticket/acme/long", "/ticket/acme/log-of-BIG"),
    *("/login", "/message"),
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    def change(params: dict[str, str], payload: dict[str, Any]) -> None:
        if params.get("log_id") == "log-of-NOT-JSON":
            payload["data"] |= {"trace": MARKUP + ' {"nodes": [NaN', "trace_state": "present"}

    with (
        reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader,
        showing(reader, change=change) as running,
    ):
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    complaints: list[str] = []
    with chromium_browser.new_context(viewport={"width": 420, "height": 900}) as context:
        opened = context.new_page()
        opened.on(
            "console", lambda message: complaints.append(message.text) if message.type != "log" else None
        )
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
    assert complaints == []


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    if path not in {"/login", "/message"}:
        page.wait_for_selector("html[data-ready]")


def open_everything(page: Page) -> None:
    """Opens all that is folded on a ticket, once what is fetched late is there."""
    expect(page.get_by_text("Raw JSON", exact=True)).to_be_visible()
    page.evaluate("""async () => {
        for (let round = 0; round < 12; round++) {
            const closed = [...document.querySelectorAll("main details:not([open])")];
            if (!closed.length) return;
            for (const details of closed) details.open = true;
            await new Promise((next) => setTimeout(next, 20));
        }
    }""")


def overflow(page: Page) -> int:
    pixels: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return pixels


@pytest.mark.parametrize("path", ["/", "/tickets", "/errors", "/tools", "/ticket/acme/" + "X"])
def test_markup_in_every_field_stays_text(page: Page, harness: Harness, path: str) -> None:
    if path.startswith("/ticket/"):
        visit(page, harness, "/tickets")
        page.locator(".cl-ticket-id", has_text="<img").click()
        expect(page.locator(".cl-ticket-title h1")).to_have_text(MARKUP)
        open_everything(page)
    else:
        visit(page, harness, path)

    expect(page.locator("main").get_by_text(MARKUP[:24]).first).to_be_attached()
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script").count() == 0
    assert overflow(page) <= 0


@pytest.mark.parametrize("width", [420, 1360])
@pytest.mark.parametrize("path", ADDRESSES)
def test_no_page_is_wider_than_its_window(page: Page, harness: Harness, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})

    visit(page, harness, path)

    assert overflow(page) <= 0
    moved = ".cl-sr, pre, .cl-table-box" if path == ALL_COLUMNS else ".cl-sr, pre"
    clipped = page.evaluate(
        """moved => [...document.querySelectorAll("main :is(h1, h2, td, dd, dt, p, button)")]
        .filter((each) => each.getClientRects().length && each.getBoundingClientRect().right > innerWidth + 1
            && !each.closest(moved))
        .map((each) => each.className + ": " + each.textContent.slice(0, 40))""",
        moved,
    )
    assert clipped == []


@pytest.mark.parametrize("index", range(len(UGLY)), ids=list(UGLY))
def test_a_trace_of_any_shape_opens_and_shows_its_raw_json(page: Page, harness: Harness, index: int) -> None:
    visit(page, harness, f"/ticket/acme/log-of-UGLY-{index}")
    open_everything(page)

    expect(page.get_by_role("heading", name=f"UGLY-{index}")).to_be_visible()
    expect(page.get_by_text("could not be drawn")).to_have_count(0)
    expect(page.get_by_text("Raw JSON")).to_be_visible()
    expect(page.locator(".cl-j-key", has_text="ticket_id").first).to_be_visible()
    assert overflow(page) <= 0


def test_a_trace_that_is_not_json_is_shown_as_it_came(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-NOT-JSON")

    expect(page.get_by_role("heading", name="The trace is not JSON")).to_be_visible()
    expect(page.locator(".cl-text").first).to_contain_text('{"nodes": [NaN')
    assert page.evaluate("window.pwned") is None


def test_a_trace_nested_nine_hundred_deep_opens(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-DEEP")

    expect(page.get_by_text("Other parts of the trace")).to_be_visible()


def test_a_trace_of_a_megabyte_and_five_hundred_iterations_is_drawn_at_once(
    page: Page, harness: Harness
) -> None:
    drawn_ms = []
    for _ in range(3):  # once of them the machine had nothing else to do
        visit(page, harness, "/ticket/acme/log-of-BIG")
        drawn_ms.append(page.evaluate("window.drawn"))
    elements = page.evaluate("document.querySelectorAll('*').length")

    assert min(drawn_ms) < 3000
    assert elements < 1000


def test_of_twenty_thousand_steps_only_those_in_sight_exist(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-HUGE")
    selected = page.locator("[role=treeitem][aria-selected=true]")
    expect(selected).to_contain_text("step 15000")
    page.get_by_role("tree").evaluate(
        "tree => tree.scrollIntoView()"
    )  # on a phone it stands below the ticket's head
    expect(selected).to_be_in_viewport()

    page.get_by_role("tree").press("End")
    expect(selected).to_contain_text("step 19998")
    expect(selected).to_be_in_viewport()

    assert page.evaluate("document.querySelectorAll('*').length") < 1500
    assert overflow(page) <= 0


def test_what_is_said_is_read_and_nothing_of_it_runs_or_is_fetched(page: Page, harness: Harness) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    visit(page, harness, "/ticket/acme/log-of-SAID")
    said = page.locator(".cl-messages .cl-md")

    expect(said.locator("strong")).to_have_text("bold")
    expect(said.locator("pre")).to_have_text("if a < b:\n    pass")
    expect(said.locator("td")).to_have_text(["1", "2"])
    assert said.locator("a").evaluate_all("links => links.map(link => link.href)") == [
        "https://elsewhere.test/a"
    ]
    expect(said).to_contain_text("here (elsewhere.test)")
    expect(said).to_contain_text("run](javascript:window.pwned=1)")
    expect(said).to_contain_text("[picture: cat]")
    expect(said).to_contain_text("<img src=x onerror=window.pwned=1>")
    expect(page.locator("main img")).to_have_count(1)
    assert page.locator("main img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    expect(page.get_by_text("picture, not shown")).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert [url for url in asked if not url.startswith((harness.url, "data:"))] == []


def test_a_step_that_is_not_drawn_yet_can_be_linked_to(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-BIG?step=i444.c1")

    expect(page.locator("[role=treeitem][aria-selected=true]")).to_contain_text("kb.search")
    expect(page.locator(".cl-way")).to_contain_text("Iteration 444")


def test_every_real_run_opens(
    chromium_browser: Browser, airline_runs: list[dict[str, Any]], tmp_path: Any
) -> None:
    logs = [
        log(run["ticket_id"], log_id=f"run-{i}", trace=trace_of_run(run))
        for i, run in enumerate(airline_runs)
    ]
    with reader_of(tmp_path, logs) as reader:
        one_at_a_time = threading.Lock()

        def answer(viewer: Viewer, page: str, params: dict[str, str]) -> dict[str, Any]:
            with one_at_a_time:
                return page_payload(reader, viewer, page, params, NOW_MS)

        with serving(answer, PROVIDER) as harness, chromium_browser.new_context() as context:
            page = context.new_page()
            visit(page, harness, "/ticket/acme/run-0")
            for i, run in enumerate(airline_runs):
                back = page.locator(".cl-back")
                back.evaluate("(a, href) => { a.href = href; a.click(); }", f"/ticket/acme/run-{i}")
                page.wait_for_url(f"**/ticket/acme/run-{i}")
                turns = sum(message["role"] == "assistant" for message in run["messages"])
                expect(page.locator(".cl-ticket-title h1")).to_have_text(run["ticket_id"])
                if turns:
                    expect(page.locator(".cl-m-assistant, .cl-m-tool").first).to_be_visible()
                    expect(page.get_by_role("tab", name="Steps")).to_be_visible()


def test_times_are_laid_out_within_the_axis_however_odd_they_are(page: Page, harness: Harness) -> None:
    index = list(UGLY).index("a wrong clock")
    visit(page, harness, f"/ticket/acme/log-of-UGLY-{index}")
    expect(page.get_by_role("treeitem")).to_have_count(3)

    places = page.locator(".cl-g-bar").evaluate_all(
        "bars => bars.map(bar => [bar.style.left, bar.style.width])"
    )

    assert len(places) == 3
    assert all(0 <= float(left[:-1]) <= 100 and 0 < float(width[:-1]) <= 100 for left, width in places)
    expect(page.locator(".cl-hint")).to_contain_text("without a usable start time")
