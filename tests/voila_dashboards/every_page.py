"""Every page in every state that looks different, over a lake that has something of everything.

Pages come from the list of pages: one that is new is looked at without a line here. `STATES` holds what a page shows
only when somebody does something.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Page

from access.viewer import Viewer
from lake.scope import Scope
from tests.voila_dashboards.demo_logs import demo_logs
from tests.voila_dashboards.page_lake import DAY, PROVIDER, log, reader_of
from tests.voila_dashboards.widget_harness import Harness, showing
from voila_dashboards.pages import PAGES

#: A width for each kind of screen, in CSS pixels.
DESK, TABLET, PHONE = 1360, 768, 390

#: A ticket that shows all there is to a ticket, beside the demo's own.
WHOLE: Final = "WHOLE-1"
_TRACE: Final[dict[str, Any]] = {
    "nodes": [
        {"name": "classify", "started_at": "2026-11-23T12:59:00Z", "duration_ms": 900, "output": {"refund": True}},
        {"name": "agent", "started_at": "2026-11-23T12:59:01Z", "duration_ms": 9000, "status": "error"},
    ],
    "react_iterations": [
        {
            "iteration": n,
            "node": "agent",
            "started_at": f"2026-11-23T12:59:0{n}Z",
            "duration_ms": 900,
            "input": [{"role": "system", "content": "You are patient."}],
            "thought": "I need the order.",
            "observation": "It was paid twice.",
            "model": "model-x",
            "input_tokens": 1200,
            "output_tokens": 34,
            "tool_calls": [
                {"id": f"c{n}", "name": "crm.lookup", "arguments": {"order": n}, "result": '{"paid": 2}'},
                {"name": "mail.send", "status": "error", "error": "HTTP 503", "duration_ms": 100},
            ],
        }
        for n in range(1, 8)
    ],
    "errors": [{"node": "agent", "type": "HttpError", "message": "HTTP 503", "stacktrace": "line 1\nline 2"}],
    "messages": [
        {"role": "system", "content": "You are patient. " * 20},
        {"role": "user", "content": "Where is *my* money?\n\n- paid on **Monday**\n- `A-77`\n\n> soon"},
        {"role": "assistant", "content": "| when | what |\n|---|---|\n| Monday | paid |\n\n```\nx = 1\n```\n[a](https://x.y)"},
        {"role": "assistant", "content": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new"},
        {"role": "user", "content": "\u05e9\u05dc\u05d5\u05dd \u202e gnp.exe", "name": "Olga"},
    ],
    "final_response": "You get it back.",
    "of_our_own": {"deep": [1, True, None, "text", {"more": 1.5}]},
}  # fmt: skip
_MASKED: Final = {
    "email": {"count": 1, "paths": ["trace.messages[0].content"]},
    "secret": {"count": 2, "paths": ["trace.react_iterations[0].tool_calls[0].arguments.order"], "rules": {"token": 2}},
}  # fmt: skip
_OWN_STATUSES: Final = (
    *("NEEDS_INFO", "DUPLICATE", "SPAM", "HANDED_OVER", "LATE", "ASLEEP", "UNSURE", "BROKEN_OFF"),
    "A_STATUS_WITH_A_LONG_NAME_THAT_SOMEBODY_MADE_UP_ONE_DAY",
)


def _logs() -> list[dict[str, Any]]:
    """The demo's, and what it has none of: own statuses, losses, a ticket that ran before, one without a trace."""
    run: dict[str, Any] = {
        "category": "billing",
        "status": "FAILED",
        "metrics": {"overall_confidence": 0.31, "cost_usd": 0.2},
    }
    return [
        *demo_logs(40),
        *(
            log(f"OWN-{i}", status=status, client="globex", age=(i % 20) * DAY, workflow_version=f"2.{i % 3}")
            for i, status in enumerate(_OWN_STATUSES * 3)
        ),
        *(log(f"BEFORE-{i}", age=(31 + i) * DAY) for i in range(20)),
        log(WHOLE, trace=_TRACE, sdk={"masked": _MASKED, "lost": {"queue_full": 3}}, tier="gold", **run),
        log(WHOLE, log_id="an-older-run", age=2 * DAY, trace=_TRACE),
        log("NO-TRACE", age=timedelta(minutes=5)),
    ]


@contextmanager
def every_page(folder: Path) -> Iterator[Harness]:
    """A harness over such a lake."""
    with reader_of(folder, _logs()) as reader, showing(reader) as running:
        yield running


# ---------------------------------------------------------------- states


class State(NamedTuple):
    """A page as somebody sees it: its address, and what was done there."""

    path: str
    act: Callable[[Page], object] = lambda _page: None
    viewer: Viewer = PROVIDER


#: What stands for the parameters in a page's path.
_KNOWN: Final[Mapping[str, str]] = {"client_id": "acme", "log_id": f"log-of-{WHOLE}"}
_TICKET: Final = f"/ticket/acme/log-of-{WHOLE}"
_STEPS: Final = f"{_TICKET}?part=steps"
_COMPARED: Final = f"/compare?client_id=acme&log_id=log-of-{WHOLE}"
_NOBODY: Final = replace(PROVIDER, scope=Scope.of("newcomer"))


def path_of(page: str) -> str:
    """The address of a page, with known values for what it is about."""
    path = re.sub(r"{(\w+)(:path)?}", lambda found: _KNOWN[found[1]], PAGES[page].path)
    beside = {name for name in _KNOWN if name in PAGES[page].params} - {*PAGES[page].path_params}
    return f"{path}?{urlencode({name: _KNOWN[name] for name in sorted(beside)})}" if beside else path


def unfold(page: Page) -> None:
    """Opens the filters of the list, which a phone has behind a button."""
    if (button := page.locator(".cl-unfold[aria-expanded=false]")).is_visible():
        button.click()


def _press_filter(name: str) -> Callable[[Page], object]:
    def press(page: Page) -> None:
        unfold(page)
        page.get_by_text(name, exact=True).first.click()

    return press


def _press(name: str) -> Callable[[Page], object]:
    return lambda page: page.get_by_text(name, exact=True).first.click()


def _key(key: str) -> Callable[[Page], object]:
    def press(page: Page) -> None:
        page.get_by_label("Search in this ticket").wait_for()
        page.keyboard.press(key)

    return press


def _follow_to(path: str) -> Callable[[Page], object]:
    """A click on a link whose ticket is gone by then."""

    def click(page: Page) -> None:
        page.locator(".cl-ticket-id").first.evaluate("(link, to) => link.setAttribute('href', to)", path)
        page.locator(".cl-ticket-id").first.click()
        page.get_by_role("heading", name="Not found").wait_for()

    return click


def _search(page: Page) -> None:
    page.get_by_label("Search in this ticket").fill("lookup")
    page.locator(".cl-find-said", has_text="of").wait_for()


def _choose(page: Page) -> None:
    for number in (0, 1):
        page.locator(".cl-choose").nth(number).check()
    page.get_by_role("region", name="Compare").get_by_role("link", name="Compare").wait_for()


def _open_folded(page: Page) -> None:
    page.get_by_role("listbox").wait_for()
    page.evaluate("document.querySelectorAll('details:not([open])').forEach((each) => (each.open = true))")


def open_everything(page: Page) -> None:
    """Opens all that is folded, also what is folded within."""
    page.get_by_label("Search in this ticket").wait_for()
    for _ in range(3):
        page.evaluate(
            "document.querySelectorAll('details:not([open])').forEach((each) => (each.open = true))"
        )
        page.wait_for_timeout(100)


#: By what they are called in a test.
STATES: Final[Mapping[str, State]] = {
    **{page: State(path_of(page)) for page in PAGES},
    "overview before the first log": State("/", viewer=_NOBODY),
    "overview of days of one's own": State("/", _press("Custom")),
    "overview of a client": State("/?client=acme&category=refund"),
    "overview with a column explained": State("/", lambda page: page.locator(".cl-bars a").last.focus()),
    "tickets with all filters": State(
        "/tickets?range=30d&status=FAILED&category=refund&version=2.3.0&failed_calls=1&client=globex"
        "&where=confidence.lt.0.9,nonsense&q=refund&tool=issue_refund"
    ),
    "tickets by a number": State("/tickets", _press_filter("Number …")),
    "tickets and their columns": State("/tickets", _press_filter("Columns")),
    "tickets as files": State("/tickets", _press_filter("Download")),
    "tickets of more statuses": State("/tickets", lambda page: page.locator(".cl-more-chips > summary").click()),
    "tickets that are not there": State("/tickets?q=nothing-like-it"),
    "tickets that are chosen": State("/tickets", _choose),
    "a ticket beside the last good one": State(_COMPARED, _open_folded),
    "a ticket beside another execution": State(f"{_COMPARED}&other_log_id=an-older-run", _open_folded),
    "a ticket beside one of another client": State(
        f"{_COMPARED}&other_client_id=globex&other_log_id=log-of-OWN-1"
    ),
    "tickets unfolded": State("/tickets", unfold),
    "errors of a node": State("/errors?node=react_agent"),
    "tools narrowed": State("/tools?tool=issue_refund"),
    "steps of a ticket": State(_STEPS),
    "a step of a ticket": State(f"{_TICKET}?step=i2.c1"),
    "all of a step": State(f"{_TICKET}?step=i1", open_everything),
    "all of a ticket": State(_TICKET, open_everything),
    "keys of a ticket": State(_TICKET, _key("?")),
    "a ticket that is searched": State(_TICKET, _search),
    "a ticket without a trace": State("/ticket/acme/log-of-NO-TRACE"),
    "a ticket that is not there": State("/tickets", _follow_to("/ticket/acme/nothing")),
    "sign-in": State("/login"),
    "account": State("/account"),
    "message": State("/message"),
}  # fmt: skip


def look_at(page: Page, harness: Harness, state: State) -> None:
    """Opens the page and does what there is to do, until it is painted."""
    harness.viewer = state.viewer
    page.goto(harness.url + state.path)
    page.wait_for_selector("html[data-ready], .cl-page:not(:has(.cl-skeleton-page))")
    page.evaluate("document.fonts.ready")
    state.act(page)
    page.wait_for_timeout(150)  # what is fetched late


@contextmanager
def window(browser: Browser, width: int, **options: Any) -> Iterator[BrowserContext]:
    """A window of such a width, high enough for one to look around; nothing moves in it."""
    wanted = {
        "viewport": {"width": width, "height": 844 if width < TABLET else 900},
        "reduced_motion": "reduce",
    }
    with browser.new_context(**{**wanted, "timezone_id": "Europe/Berlin", **options}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context
