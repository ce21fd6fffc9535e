"""Two tickets side by side in a real Chromium: the ways in, what differs, keys, hostile and very long runs."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from access.viewer import Viewer
from tests.voila_dashboards.demo_logs import demo_logs
from tests.voila_dashboards.page_lake import ACME, DAY, MARKUP, NOW_MS, PROVIDER, log, reader_of
from tests.voila_dashboards.test_widget_hostile import HOSTILE_FIELDS, HOSTILE_TRACE
from tests.voila_dashboards.widget_harness import Harness, serving
from voila_dashboards.kernel.answers import failed_page
from voila_dashboards.kernel.errors import NotFound
from voila_dashboards.payload import page_payload
from voila_dashboards.queries import PageNotFound

pytestmark = pytest.mark.browser

TURNING = "\u202egnp.exe"


def run(answer: str, *, failed: bool, extra_step: bool) -> dict[str, Any]:
    calls = [{"name": "lookup", "arguments": {"order": answer}, "result": {"paid": 2, "state": answer}}]
    if extra_step:
        calls.append({"name": "escalate", "result": "to a person"})
    calls.append({"name": "refund", "status": "error" if failed else "ok", "result": "done"})
    return {
        "nodes": [{"name": "classify", "duration_ms": 1000}, {"name": "agent", "duration_ms": 4000}],
        "react_iterations": [
            {"iteration": i + 1, "node": "agent", "tool_calls": [call]} for i, call in enumerate(calls)
        ],
        "messages": [{"role": "user", "content": "Where is my money?"}],
        "final_response": f"You get {answer} back.",
    }


def long_run(count: int, *, without: int | None = None) -> dict[str, Any]:
    steps = [{"name": f"step {i % 40}", "duration_ms": 5, "output": {"n": i}} for i in range(count)]
    return {"nodes": [step for i, step in enumerate(steps) if i != without]}


def mixed_run(name: str) -> dict[str, Any]:
    return {"nodes": [{"name": f"{name} {i * i % 97}", "output": "x" * 200} for i in range(5000)]}


PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACgAAAAeCAIAAADRv8uKAAAAK0lEQVR4nO3NMQ0AAAgDsCmZfynIQgYcTfo3056IWCwWi8VisVgsFov/xgvk2cL9h1Oh3gAAAABJRU5ErkJggg=="  # noqa: E501 - bytes
OTHER_PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAADwAAAAUCAIAAABeYcl+AAAAMUlEQVR4nO3OAQkAAAgDMJPYP4qxjOGFwQKsuuedOh9IB5OWlg4gLS0dQFpaOsDL9ALbjcL9YQW9OwAAAABJRU5ErkJggg=="  # noqa: E501 - bytes


def said_run(picture: str, name: str, **outcome: str) -> dict[str, Any]:
    shown = {"type": "image_url", "image_url": {"url": picture}}
    call = {"id": "a", "name": "refund", "arguments": {"id": 7}, **outcome}
    return {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "look"}, shown]},
            {"role": "assistant", "name": name, "content": "Decision made", "tool_calls": [call]},
            {"role": "assistant", "content": "done"},
        ]
    }


LOGS = [
    log(
        "SAID",
        log_id="said-1",
        age=2 * DAY,
        category="said",
        trace=said_run(PICTURE, "Billing", result="paid"),
    ),
    log(
        "SAID",
        log_id="said-2",
        age=DAY,
        category="said",
        trace=said_run(OTHER_PICTURE, "Fraud", status="error", error="card declined"),
    ),
    log("T-1", age=3 * DAY, trace=run("$20", failed=False, extra_step=False), metrics={"own_score": 4}),
    log("T-2", age=DAY, status="FAILED", trace=run("$35", failed=True, extra_step=True)),
    log("T-2", log_id="again", age=2 * DAY, status="FAILED", trace=run("$35", failed=True, extra_step=False)),
    log("LONG", log_id="long-1", age=2 * DAY, category="long", trace=long_run(5000)),
    log(
        "LONG", log_id="long-2", age=DAY, category="long", status="FAILED", trace=long_run(5000, without=3333)
    ),
    log("MIXED", log_id="mixed-1", age=2 * DAY, category="mixed", trace=mixed_run("a")),
    log("MIXED", log_id="mixed-2", age=DAY, category="mixed", trace=mixed_run("b")),
    log("HUGE", log_id="huge-1", age=2 * DAY, category="huge", trace={"final_response": "a b " * 1_500_000}),
    log("HUGE", log_id="huge-2", age=DAY, category="huge", trace={"final_response": "a c " * 1_500_000}),
    log(MARKUP, log_id="h-1", age=DAY, trace=HOSTILE_TRACE, **HOSTILE_FIELDS),
    log(
        f"{MARKUP}{TURNING}",
        log_id="h-2",
        trace={**HOSTILE_TRACE, "final_response": f"{MARKUP}{TURNING} שלום", "nodes": [{"name": TURNING}]},
        subject={MARKUP: MARKUP},
    ),
    log("BARE", age=timedelta(hours=1), category="bare"),
    log("FOREIGN", client="globex"),
]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    one_at_a_time = threading.Lock()
    with reader_of(tmp_path_factory.mktemp("lake"), [*LOGS, *demo_logs(40)]) as reader:

        def answer(viewer: Viewer, page: str, params: dict[str, str]) -> dict[str, Any]:
            with one_at_a_time:
                try:
                    return page_payload(reader, viewer, page, params, NOW_MS)
                except PageNotFound:
                    return failed_page(page, params, NotFound())

        with serving(answer, PROVIDER) as running:
            yield running


@pytest.fixture
def page(harness: Harness, chromium_browser: Browser) -> Iterator[Page]:
    harness.viewer = PROVIDER
    complaints: list[str] = []
    with chromium_browser.new_context(
        viewport={"width": 1360, "height": 900}, timezone_id="Europe/Berlin", reduced_motion="reduce"
    ) as context:
        opened = context.new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
    assert complaints == []


def visit(page: Page, harness: Harness, path: str) -> None:
    page.goto(harness.url + path)
    page.wait_for_selector("html[data-ready]")


def compared(log_id: str, other: str = "") -> str:
    return f"/compare?client_id=acme&log_id={log_id}" + (f"&other_log_id={other}" if other else "")


def test_a_failing_ticket_stands_beside_the_last_good_one_of_its_category_in_two_clicks(
    page: Page, harness: Harness
) -> None:
    """Question 7, on the demo's data: refunds of a client that fail since a version."""
    visit(page, harness, "/tickets?client=globex&category=refund&failed_calls=1&zone=Europe/Berlin")
    page.locator("td .cl-ticket-id").first.click()

    page.get_by_role("link", name="Compare with the last good one").click()

    other = page.get_by_role("region", name="Other ticket")
    expect(other).to_contain_text("The last good one of category refund")
    expect(other).to_contain_text("SUCCESS")
    failed = page.get_by_role("row", name=re.compile(r"^Failed tool calls"))
    expect(failed.get_by_role("cell")).to_have_text(["0", re.compile("[1-9]"), re.compile(r"\+")])
    expect(page.locator(".cl-c-parting p")).to_contain_text("issue_refund")


def test_two_are_chosen_in_the_list_by_keys_alone_and_kept_on_the_way(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets?client=acme&category=refund&zone=Europe/Berlin")
    page.get_by_role("checkbox", name="Choose T-2 to compare").last.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.get_by_role("link", name="T-1", exact=True).click()
    page.get_by_role("link", name="← Tickets").click()
    page.get_by_role("checkbox", name="Choose T-1 to compare").focus()
    page.keyboard.press("Space")
    page.get_by_role("region", name="Compare").get_by_role("link", name="Compare").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("region", name="This ticket")).to_contain_text("T-2")
    expect(page.get_by_role("region", name="Other ticket")).to_contain_text("T-1")
    expect(page).to_have_url(f"{harness.url}{compared('again', 'log-of-T-1')}")


def test_a_box_in_the_list_opens_no_ticket(page: Page, harness: Harness) -> None:
    visit(page, harness, "/tickets?zone=Europe/Berlin")
    for box in page.locator(".cl-choose").all()[:3]:
        box.click()

    expect(page.get_by_text("3 chosen: two can be compared")).to_be_visible()
    expect(page.get_by_role("region", name="Compare").get_by_role("link")).to_have_count(0)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_role("region", name="Compare")).to_be_hidden()
    expect(page).to_have_url(re.compile("/tickets"))


def test_the_same_ticket_run_again_is_compared_from_its_page(page: Page, harness: Harness) -> None:
    visit(page, harness, "/ticket/acme/log-of-T-2")
    page.get_by_role("link", name="Compare", exact=True).click()

    expect(page.get_by_text("The same ticket, run at another time.")).to_be_visible()
    expect(page.locator(".cl-c-parting p")).to_have_text(
        "First difference: Iteration 2: escalate was done in this ticket only"
    )
    page.get_by_role("link", name="Last good one of category refund").click()
    expect(page.get_by_role("region", name="Other ticket")).to_contain_text("T-1")
    page.get_by_role("link", name="Swap sides").click()
    expect(page.get_by_role("region", name="This ticket")).to_contain_text("T-1")


def test_steps_are_walked_by_keys_and_the_place_survives_a_reload(page: Page, harness: Harness) -> None:
    visit(page, harness, compared("log-of-T-2"))
    steps = page.get_by_role("listbox")
    chosen = steps.locator("[aria-selected=true]")
    expect(chosen).to_contain_text("first difference")
    steps.focus()
    page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("escalate")
    page.keyboard.press("n")
    expect(chosen).to_contain_text("another end")
    page.wait_for_url(re.compile("step="))
    page.reload()
    page.wait_for_selector("html[data-ready]")

    expect(chosen).to_contain_text("refund")
    page.get_by_role("button", name="Only steps apart").click()
    expect(steps.get_by_role("option")).to_have_count(3)


def test_texts_and_values_stand_as_differences_told_by_signs(page: Page, harness: Harness) -> None:
    visit(page, harness, compared("log-of-T-2", "log-of-T-1"))
    final = page.locator("section", has=page.get_by_role("heading", name="Final response"))
    expect(final.locator("del")).to_have_text("only in the other ticket: You get $20 back.")
    expect(final.locator("ins b")).to_have_text("35")
    expect(final.locator(".cl-c-l-added .cl-c-sign")).to_have_text("+")
    page.get_by_role("option", name=re.compile("another content.*lookup")).last.click()

    details = page.get_by_role("region", name="Step lookup")
    expect(details.locator(".cl-c-key-path")).to_have_text(["order", "state"])
    expect(details).to_contain_text("1 other value the same")
    expect(page.get_by_role("row", name=re.compile("own_score"))).to_be_visible()


def test_what_is_gone_or_foreign_is_told_as_the_ticket_page_tells_it(page: Page, harness: Harness) -> None:
    harness.viewer = ACME
    visit(page, harness, "/ticket/acme/no-such-log")
    of_ticket = page.locator(".cl-view").inner_text()

    told = []
    for other in ("no-such-log", "log-of-FOREIGN&other_client_id=globex"):
        visit(page, harness, compared("log-of-T-2", other))
        told.append(page.locator(".cl-view").inner_text())

    assert "There is no such ticket, or it is not yours to see." in of_ticket
    assert told == [of_ticket, of_ticket]


def test_where_there_is_no_good_one_it_says_so_and_what_to_do(page: Page, harness: Harness) -> None:
    visit(page, harness, compared("log-of-BARE"))

    expect(page.get_by_role("heading", name="There is no earlier good one of category bare")).to_be_visible()


def test_what_a_log_holds_stays_text_and_stays_in_its_place(page: Page, harness: Harness) -> None:
    for path in (compared("h-2", "h-1"), compared("h-1", "h-2"), "/tickets?zone=Europe/Berlin"):
        visit(page, harness, path)
        if "compare" in path:
            expect(page.get_by_role("heading", name="Steps", exact=True)).to_be_visible()
            page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")
            for option in page.get_by_role("option").all()[:12]:
                option.click()
        else:
            page.get_by_role("checkbox", name=re.compile("<img")).first.check()

        assert page.evaluate("window.pwned") is None
        assert page.locator(".cl-view :is(img, script)").count() == 0

    visit(page, harness, compared("h-2", "h-1"))
    expect(page.locator(".cl-turning").first).to_be_attached()
    turned = page.locator(".cl-c-line-text", has_text="שלום")
    assert turned.first.evaluate("each => getComputedStyle(each).unicodeBidi") == "plaintext"


@pytest.mark.parametrize("width", [390, 768, 1360])
def test_the_page_fits_its_window(page: Page, harness: Harness, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in (compared("log-of-T-2"), compared("h-2", "h-1")):
        visit(page, harness, path)
        expect(page.get_by_role("heading", name="Steps", exact=True)).to_be_visible()

        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_five_thousand_steps_open_at_the_first_difference_and_few_of_them_exist(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, compared("long-2", "long-1"))

    expect(page.locator("[aria-selected=true]")).to_contain_text("first difference")
    expect(page.get_by_text("5,000 steps: 1 apart, 0 with another content")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < 2500
    page.get_by_role("listbox").focus()
    page.keyboard.press("End")
    expect(page.locator("[aria-selected=true]")).to_contain_text("step 39")


def test_runs_that_have_nothing_in_common_are_shown_and_it_is_said(page: Page, harness: Harness) -> None:
    visit(page, harness, compared("mixed-2", "mixed-1"))

    expect(page.get_by_text("10,000 steps: 10,000 apart")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("The runs differ very much")).to_be_visible()


def test_texts_of_megabytes_are_cut_to_what_differs(page: Page, harness: Harness) -> None:
    visit(page, harness, compared("huge-2", "huge-1"))

    final = page.locator("section", has=page.get_by_role("heading", name="Final response"))
    expect(final.locator("ins")).to_contain_text("letters", timeout=30_000)
    assert len(final.inner_text()) < 20_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signs_and_words_are_told_apart_from_what_is_behind_them(
    page: Page, harness: Harness, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    visit(page, harness, compared("log-of-T-2", "log-of-T-1"))
    expect(page.locator(".cl-c-l-removed").first).to_be_visible()

    told = page.evaluate(CONTRASTS)

    assert len(told) > 20
    assert [each for each in told if each[0] < 4.5] == []


#: Contrast of text with what is behind it, of signs, changed words and lines.
CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const painted = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return [...document.querySelectorAll(".cl-c-line *, .cl-c-step-row *, .cl-c-parting *")]
    .filter((each) => each.childNodes.length && each.innerText?.trim() && !each.closest(".cl-sr"))
    .map((each) => {
      const behind = [];
      for (let at = each; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
      const [front, back] = [light(painted([...behind, getComputedStyle(each).color])), light(painted(behind))];
      return [(Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05), each.outerHTML.slice(0, 200)];
    });
}"""


def test_conversations_of_the_same_words_differ_in_what_calls_gave_back_in_pictures_and_in_speakers(
    page: Page, harness: Harness
) -> None:
    visit(page, harness, compared("said-2", "said-1"))

    said = page.locator(".cl-c-said")
    expect(said).to_contain_text("card declined")
    expect(said).to_contain_text("Billing")
    expect(said.locator(".cl-c-pictures img")).to_have_count(2)
    expect(said.get_by_text("1 turn the same")).to_be_visible()
    expect(said.get_by_text("turns the same")).to_have_count(0)
    expect(page.locator(".cl-c-parting")).to_contain_text("differ from turn 1 on")


def test_a_final_response_that_only_one_run_gave_is_shown(page: Page, harness: Harness) -> None:
    for log_id, other, mark in (("said-1", "again", "removed"), ("again", "said-1", "added")):
        visit(page, harness, compared(log_id, other))

        final = page.locator("section", has=page.get_by_role("heading", name="Final response"))
        expect(final.locator(f".cl-c-l-{mark}")).to_contain_text("You get ")
