"""Nothing that a log holds does anything: on the ticket page, in its report, on paper, in its test case."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.voila_dashboards.page_lake import MARKUP, log, reader_of
from tests.voila_dashboards.widget_harness import Harness, keep_said, showing

pytestmark = pytest.mark.browser

_SVG: Final = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='window.pwned=1'></svg>"
#: Each of them would do something to whoever takes it for anything but a text.
HOSTILE: Final = [
    MARKUP,
    "</script><script>window.pwned=1</script>",
    "[run](javascript:window.pwned=1) [b](JaVaScRiPt:window.pwned=1) <javascript:window.pwned=1>",
    "![a](https://elsewhere.test/a.png) <img src='//elsewhere.test/b.png'> https://elsewhere.test/c",
    f"![x]({_SVG}) <style>@import '//elsewhere.test/d.css'</style>",
    "\u202egnp.exe\u202c \u2066isolated\u2069 zero\u200bwidth \ufeff",
    "\x1b[31mred\x1b[0m \x1b]8;;https://elsewhere.test/e\x07link\x1b]8;;\x07 \x00 bell\x07",
    "````\n# not a head\n````\n```` `` ` end",
    '"""\nimport os\nos.abort()\n"""\\',
    "\\N{BULLET} \\u0041 \\x41 {0} %s $HOME `id` ' \" \\",
    "line\u2028separator\u2029paragraph\x85next\rreturn",
    "👩‍👩‍👧‍👦 é e\u0301 نص עברית",
    "=HYPERLINK('https://elsewhere.test/f')",
    "__proto__",
]
ALL: Final = "\n\n".join(HOSTILE)
_LONE: Final = (
    "\\ud800 lone \\udc00"  # as JSON writes it; the collector takes no such text, an older lake may hold it
)
_FIELDS: Final = dict.fromkeys(
    ("name", "node", "type", "role", "iteration", "thought", "action", "observation", "input", "output"), ALL
) | dict.fromkeys(("error", "model", "message", "stacktrace", "content", "status", "id", "result"), ALL)
_BLOCKS: Final = [
    {"type": "image_url", "image_url": {"url": _SVG}},
    {"type": "image_url", "image_url": {"url": "https://elsewhere.test/dog.png"}},
    {"type": "image", "source": {"type": "base64", "media_type": "image/svg+xml", "data": "PHN2Zy8+"}},
    *({"type": "text", "text": text} for text in HOSTILE),
    *({"type": "thinking", "thinking": text} for text in HOSTILE),
]
TRACE: Final[dict[str, Any]] = {
    "nodes": [{**_FIELDS, "attributes": {text: text for text in HOSTILE}}],
    "react_iterations": [
        {**_FIELDS, "tool_calls": [{**_FIELDS, "arguments": {text: text for text in HOSTILE}}]}
    ],
    "tool_calls": [{"name": text, "arguments": [text], "result": {text: text}} for text in HOSTILE],
    "errors": [_FIELDS],
    "messages": [
        {"role": "user", "content": ALL},
        {
            "role": "assistant",
            "content": _BLOCKS,
            "tool_calls": [{"function": {"name": ALL, "arguments": ALL}}],
        },
        {"role": ALL, "content": ALL},
    ],
    "final_response": ALL,
    ALL: ALL,
}
_TEXT: Final = json.dumps({**TRACE, "of_our_own": "LONE"}).replace('"LONE"', f'"{_LONE}"')
LOGS: Final = [
    log(
        ALL[:180].replace("\x00", ""),
        log_id="hostile",
        status="FAILED",
        category=MARKUP,
        environment=MARKUP,
        workflow_version="\u202e1.2",
        trace=_TEXT.encode(),
        metrics={MARKUP: MARKUP},
    )
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with reader_of(tmp_path_factory.mktemp("lake"), LOGS) as reader, showing(reader) as running:
        yield running


@pytest.fixture
def page(harness: Harness, chromium_browser: Browser) -> Iterator[Page]:
    complaints: list[str] = []
    with chromium_browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened = context.new_page()
        asked: list[str] = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("dialog", lambda dialog: complaints.append(dialog.message))
        opened.goto(f"{harness.url}/ticket/acme/hostile")
        opened.wait_for_selector("html[data-ready]")
        opened.get_by_label("Search in this ticket").wait_for()
        yield opened
        assert opened.evaluate("window.pwned") is None
        assert [url for url in asked if not url.startswith((harness.url, "data:image/png", "blob:"))] == []
    assert complaints == []


_OPEN: Final = """async () => {
    for (let round = 0; round < 8; round++) {
        const closed = [...document.querySelectorAll("main details:not([open])")];
        if (!closed.length) return;
        for (const details of closed) details.open = true;
        await new Promise((next) => setTimeout(next, 30));
    }
}"""
#: Elements of a kind that no page of ours has, and links that lead anywhere but to a page or to another site, by name.
_ACTIVE: Final = """() => [...document.querySelectorAll(
    "main :is(script, img, iframe, object, embed, style, link, form, base, meta, svg script), main a")]
    .filter((each) => each.tagName !== "A" || !/^https?:\\/\\//.test(each.href))
    .map((each) => each.outerHTML.slice(0, 120))"""


def test_nothing_of_a_log_is_taken_for_markup_and_nobody_is_asked_for_anything(page: Page) -> None:
    page.evaluate(_OPEN)
    said = page.evaluate(_ACTIVE)
    page.get_by_role("tab", name="Steps").click()
    for key in ("n1", "i1", "i1.c1", "c3"):
        page.get_by_role("tree").press("End" if key == "c3" else "ArrowDown")
        page.evaluate(_OPEN)
        said += page.evaluate(_ACTIVE)

    assert said == []
    expect(page.locator("main a[href*='elsewhere']").first).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_letters_that_turn_text_around_are_shown_in_what_was_said(page: Page) -> None:
    page.evaluate(_OPEN)
    expect(page.locator(".cl-turning").nth(10)).to_be_attached()

    unseen = page.evaluate(
        """() => {
            const found = [];
            const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
            while (texts.nextNode())
                if (/[\\u202d\\u202e]/.test(texts.currentNode.data)
                    && !texts.currentNode.parentElement.closest(".cl-turning"))
                    found.push(texts.currentNode.parentElement.outerHTML.slice(0, 160));
            return found;
        }"""
    )

    assert unseen == []
    assert "\x1b[31m" not in page.locator(".cl-final").inner_text()


def test_the_report_holds_hostile_text_as_text(page: Page) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Report").click()
    report = Path(download.value.path()).read_text(encoding="utf-8")

    assert download.value.suggested_filename.endswith(".md")
    assert "/" not in download.value.suggested_filename
    outside = _outside_of_code(report)
    assert not any(
        word in outside for word in ("<img", "<script", "javascript:", "elsewhere", "# not a head")
    )
    assert "\x1b" not in report
    assert "\u202e" not in report
    assert "[U+202E]gnp.exe" in report


def _outside_of_code(report: str) -> str:
    """What of a Markdown text stands neither in a fence nor between ticks."""
    kept, fence = [], ""
    for line in report.split("\n"):
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if fence:
            fence = "" if line.strip() == fence else fence
        elif len(ticks) >= 3:
            fence = ticks
        else:
            kept.append(_without_spans(line))
    assert fence == "", "a fence that does not end"
    return "\n".join(kept)


def _without_spans(line: str) -> str:
    left = ""
    while "`" in line:
        before, _, rest = line.partition("`")
        ticks = 1 + len(rest) - len(rest.lstrip("`"))
        inside, closed, line = rest[ticks - 1 :].partition("`" * ticks)
        assert closed, f"a span that does not end: {inside}"
        left += before
    return left + line


def test_on_paper_nothing_of_a_log_does_anything(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    expect(page.locator(".cl-paper pre").first).to_be_attached()
    assert page.locator(".cl-paper :is(img, script, a)").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".cl-paper")).to_have_count(0)


def test_a_test_case_of_hostile_texts_is_python_and_holds_the_same_values(page: Page) -> None:
    keep_said(page)
    page.get_by_role("button", name="Copy as test case").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    case = page.evaluate("navigator.clipboard.readText()")

    module = ast.parse(case)
    [recorded] = [each for each in module.body if isinstance(each, ast.Assign)]
    values = ast.literal_eval(recorded.value)
    sent = json.loads(_TEXT)

    assert [type(each).__name__ for each in module.body[:3]] == ["Expr", "Import", "Import"]
    assert values["final_response"] == ALL
    assert [each for turn in values["turns"] for each in (*turn["inputs"], *turn["answers"])] == sent[
        "messages"
    ]
    own = [{**call, "error": call["error"]} for call in sent["react_iterations"][0]["tool_calls"]]
    assert [call["arguments"] for call in values["tool_calls"]] == [
        *(call["arguments"] for call in own),
        *(call["arguments"] for call in sent["tool_calls"]),
        ALL,
    ]
    assert not any(letter in case for letter in "\u202e\u2028\u200b\x1b\x00\x85")
