"""A tab of Chromium whose pages tell when they were painted; see painting.js."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from benchmarks.lakes import PASSWORD

#: What is in the view once its data are drawn, by the first word of the address.
DATA: Final = {"": ".cl-kpi .cl-value", "tickets": "tbody tr", "ticket": "[role=treeitem], .cl-message"}
TIMEOUT_MS: Final = 90_000


class SignInRefused(Exception):
    def __init__(self, user: str, status: int) -> None:
        super().__init__(f"The dashboards answered the sign-in of {user} with {status}.")


def signed_in(browser: Browser, url: str, user: str) -> BrowserContext:
    """A browser of its own for ``user``, signed in, with no page open."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    page.goto("/login")
    token = page.locator("[name=csrf_token]").get_attribute("value") or ""
    page.close()
    form: dict[str, str | float | bool] = {"username": user, "password": PASSWORD, "csrf_token": token}
    # Not by the form: it leads to a page, and with it to a kernel.
    answer = context.request.post("/login", form=form, headers={"Origin": url}, max_redirects=0)
    if answer.status != 303:
        raise SignInRefused(user, answer.status)
    script = Path(__file__).with_name("painting.js").read_text(encoding="utf-8")
    context.add_init_script(script.replace("__DATA__", json.dumps(DATA)))
    return context


class TabsNotOpened(PlaywrightTimeout):
    def __init__(self, opened: int, wanted: int, timeout_s: float) -> None:
        super().__init__(f"Chromium opened {opened} of {wanted} tabs within {timeout_s:g} s.")


class Tab:
    """One tab. Every method returns milliseconds until the thing was painted."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, path: str) -> float:
        """Load an address, from the beginning of the navigation."""
        self.page.goto(path, wait_until="commit")
        return self.painted()

    def first_visit(self, path: str) -> tuple[float, float]:
        """Load an address with nothing in the cache; also how many KB (of 1,000 bytes) were on the wire for it."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.clearBrowserCache")
        received: list[float] = []
        session.on("Network.loadingFinished", lambda done: received.append(done["encodedDataLength"]))
        painted_ms = self.open(path)
        self.page.wait_for_load_state("networkidle")
        session.detach()
        return painted_ms, sum(received) / 1000

    def painted(self) -> float:
        """Of the address that is being loaded."""
        return float(self.page.evaluate("caselogBench.painted"))

    def drawn_at(self) -> float:
        """When the data were in the document, in epoch milliseconds: for a tab that nobody sees."""
        return float(self.page.evaluate("caselogBench.drawn.then(ms => performance.timeOrigin + ms)"))

    def skeleton(self) -> float:
        """The skeleton of the address that was loaded last."""
        return float(self.page.evaluate("caselogBench.skeleton"))

    def click(self, selector: str, changing: str) -> float:
        """What ``changing`` selects, after a click on ``selector``."""
        return self._ask("caselogBench.click(...given)", selector, changing)

    def back(self, changing: str) -> float:
        """The page before, as the browser's own button asks for it."""
        return self._ask("caselogBench.back(...given)", changing)

    def appearance(self, words: str, selector: str, pause_ms: int) -> float:
        """When ``words`` were painted, in epoch milliseconds; ``selector`` is clicked until then."""
        return self._ask("caselogBench.appearance(...given)", words, selector, pause_ms)

    def disappearance(self, words: str, selector: str, pause_ms: int) -> float:
        """When ``words`` were gone, in epoch milliseconds; ``selector`` is clicked until then."""
        return self._ask("caselogBench.appearance(...given, false)", words, selector, pause_ms)

    def search(self, words: str) -> float:
        """How often ``words`` are in the ticket that is open; the search is ended again."""
        return self._ask("caselogBench.search(...given)", words)

    def scroll(self, selector: str, for_ms: int) -> list[float]:
        """The gaps between frames while what ``selector`` finds is scrolled by a screen every few frames."""
        gaps: list[float] = self.page.evaluate("given => caselogBench.scroll(...given)", [selector, for_ms])
        return gaps

    def count(self, selector: str) -> int:
        """How many elements ``selector`` finds."""
        return self.page.locator(selector).count()

    def addresses(self, selector: str) -> list[str]:
        """Addresses of the links that ``selector`` finds."""
        found: list[str] = self.page.eval_on_selector_all(
            selector, "all => all.map(a => a.getAttribute('href'))"
        )
        return found

    def leave(self) -> None:
        """Go away, as a user does who is done: the page's kernel may go."""
        self.page.goto("about:blank")

    def _ask(self, script: str, *given: str | int) -> float:
        return float(self.page.evaluate(f"given => {script}", list(given)))


def open_at_once(
    context: BrowserContext, opener: Page, paths: Sequence[str], timeout_s: float = TIMEOUT_MS / 1000
) -> tuple[float, list[Tab]]:
    """Tabs of these addresses, opened at one moment (in epoch ms), as one opens the lines of a list in tabs.

    Raises `TabsNotOpened`. Playwright names a tab once its address has begun to answer, which is before it shows it
    (https://playwright.dev/python/docs/api/class-browsercontext#browser-context-event-page).
    """
    before = context.pages
    begun = opener.evaluate(
        "paths => { const begun = Date.now(); paths.forEach(path => open(path, '_blank', 'noopener')); return begun; }",
        list(paths),
    )
    deadline = time.monotonic() + timeout_s
    while len(context.pages) < len(before) + len(paths):
        if time.monotonic() > deadline:
            raise TabsNotOpened(len(context.pages) - len(before), len(paths), timeout_s)
        opener.wait_for_timeout(10)
    opened = [page for page in context.pages if page not in before]
    for page in opened:
        page.wait_for_url(lambda url: url != "about:blank", wait_until="commit")
    return float(begun), [Tab(page) for page in opened]
