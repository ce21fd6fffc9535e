"""A real Chromium for tests, driven by Playwright; Playwright's own download is not used."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

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


def find_chromium() -> str | None:
    """CASELOG_CHROMIUM, or the first Chromium or Chrome on the PATH."""
    named = os.environ.get("CASELOG_CHROMIUM")
    return named or next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@contextmanager
def chromium(program: str) -> Iterator[Browser]:
    """A browser while the block runs. No `asyncio.run` in there: Playwright's loop runs in this thread."""
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *sandbox])
        try:
            yield browser
        finally:
            browser.close()
