"""Draws the pictures of README.md anew, from a demo that it starts and stops: `make pictures`, with Chromium.

The demo is made of the same seeds each time, so that only what changed in the pages changes in the pictures; days and
hours are those of the day it runs on.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.servers.browser import chromium, find_chromium
from tests.servers.process import free_ports

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "pictures"
DESK: Final = {"width": 1280, "height": 860}
PHONE: Final = {"width": 390, "height": 860}
#: Of one picture: whoever opens the README fetches all of them.
MOST_BYTES: Final = 150_000


class Picture(NamedTuple):
    """What is looked at: its address, a click or two, the window and the scheme of colours."""

    path: str
    act: Callable[[Page], object] = lambda _page: None
    size: dict[str, int] = DESK
    scheme: Literal["light", "dark"] = "light"


def _open_failed(page: Page) -> None:
    """The newest ticket in which a tool failed, at the step that did."""
    page.locator(".cl-ticket-id").first.click()
    page.get_by_role("tab", name="Steps").click()
    page.get_by_role("treeitem", selected=True).wait_for()
    page.evaluate("scrollTo(0, 0)")


PICTURES: Final = {
    "overview": Picture("/"),
    "ticket": Picture("/tickets?failed_calls=1&category=refund&version=2.3.0", _open_failed),
    "tickets": Picture("/tickets?range=30d", size={"width": 1280, "height": 620}, scheme="dark"),
    "phone": Picture("/", size=PHONE),
}


@contextmanager
def demo() -> Iterator[dict[str, Any]]:
    """What a running demo wrote to `.caselog/demo.json`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CASELOG_", "AWS_"))}
    collector, dashboards = (str(port) for port in free_ports(2))
    ports = ["--collector-port", collector, "--dashboards-port", dashboards]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "demo", *ports],
            cwd=folder,
            env={**kept, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            if not any("Ctrl-C stops everything" in line for line in process.stdout):
                sys.exit("the demo did not start")
            yield json.loads((Path(folder) / ".caselog" / "demo.json").read_text(encoding="utf-8"))
        finally:
            process.terminate()
            process.communicate(timeout=60)


def draw(browser: Browser, at: dict[str, Any], picture: Picture) -> bytes:
    """The window as PNG, pressed as small as it gets without a loss: fewer colours would take red for grey."""
    login = at["logins"][0]
    with browser.new_context(
        viewport=picture.size,  # type: ignore[arg-type]  # a mapping of these two keys
        color_scheme=picture.scheme,
        reduced_motion="reduce",
        timezone_id="Europe/Berlin",
    ) as context:
        page = context.new_page()
        page.goto(at["dashboards_url"] + "/login")
        page.get_by_label("User name").fill(login["name"])
        page.get_by_label("Password").fill(login["password"])
        page.keyboard.press("Enter")
        page.locator("h1").wait_for()
        page.goto(at["dashboards_url"] + picture.path)
        page.locator(".cl-view h1").wait_for()
        picture.act(page)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        shown = Image.open(io.BytesIO(page.screenshot()))
    small = io.BytesIO()
    shown.convert("RGB").save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """Write every picture; fail where one is too large."""
    program = find_chromium() or sys.exit("no Chromium: apt-get install chromium")
    with demo() as at, chromium(program) as browser:
        for name, picture in PICTURES.items():
            body = draw(browser, at, picture)
            (FOLDER / f"{name}.png").write_bytes(body)
            print(f"docs/pictures/{name}.png: {len(body):,} bytes")
            if len(body) > MOST_BYTES:
                sys.exit(f"that is more than {MOST_BYTES:,}")


if __name__ == "__main__":
    main()
