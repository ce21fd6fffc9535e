"""A real Chromium for tests, driven by Playwright; Playwright's own download is not used."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")

#: Nothing that a browser does of its own accord: no update, no field trial, no look-up of its makers' hosts.
_QUIET: Final = (
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
)


#: How long `expect` waits for what is to come: as long as Playwright waits for an element, not its own five seconds.
_EXPECTED_WITHIN_MS: Final = 30_000


def wait_for(page: Page, expression: str, arg: object = None) -> None:
    """Wait until ``expression`` holds in the page. Playwright's own way needs `eval`, which our pages forbid."""
    deadline = time.monotonic() + _EXPECTED_WITHIN_MS / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, f"it never was so: {expression}"
        page.wait_for_timeout(20)


def find_chromium() -> str | None:
    """CASELOG_CHROMIUM, or the first Chromium or Chrome on the PATH."""
    named = os.environ.get("CASELOG_CHROMIUM")
    return named or next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """A browser while the block runs. No `asyncio.run` in there: Playwright's loop runs in this thread."""
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    expect.set_options(timeout=_EXPECTED_WITHIN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *sandbox])
        try:
            yield browser
        finally:
            browser.close()
