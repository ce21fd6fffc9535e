"""`caselog demo` as a user meets it: the command, the addresses it prints, the pages in a real Chromium."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.servers.process import free_ports

REPOSITORY: Final = Path(__file__).parents[2]
EACH: Final = 12
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a running demo wrote to `.caselog/demo.json`, and all it ``said``."""
    folder = tmp_path_factory.mktemp("demo")
    collector, dashboards = (str(port) for port in free_ports(2))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CASELOG_", "AWS_"))}
    ports = ["--collector-port", collector, "--dashboards-port", dashboards]
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--tickets", str(2 * EACH), *ports],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C stops everything" in line:
            break
    assert process.poll() is None, "".join(said)
    yield {**json.loads((folder / ".caselog" / "demo.json").read_text()), "said": "".join(said)}
    process.terminate()
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest


class Visitor:
    """A browser of its own, which takes note of what a user must never see."""

    def __init__(self, browser: Browser, base: str, width: int) -> None:
        self._context = browser.new_context(viewport={"width": width, "height": 900})
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self._base = base
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._watch)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self._base, "data:")):
            self.strangers.append(request.url)

    def sign_in(self, login: dict[str, Any]) -> None:
        self.page.goto(self._base)
        self.page.get_by_label("User name").fill(login["name"])
        self.page.get_by_label("Password").fill(login["password"])
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(".caselog svg")

    def is_wider_than_the_window(self) -> bool:
        wider: bool = self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        return wider

    def close(self) -> None:
        self._context.close()


def test_every_ticket_got_through(demo: dict[str, Any]) -> None:
    assert demo["said"].count(f"{EACH} logs sent, 0 lost") == 2
    assert demo["dashboards_url"] in demo["said"]
    assert all(login["password"] in demo["said"] for login in demo["logins"])


@pytest.mark.parametrize("width", [1360, 420])
@pytest.mark.parametrize(
    ("name", "clients"), [("provider", {"acme", "globex"}), ("acme", {"acme"}), ("globex", {"globex"})]
)
def test_the_three_pages_work_and_show_a_client_its_own_rows_only(
    demo: dict[str, Any], chromium_browser: Browser, name: str, clients: set[str], width: int
) -> None:
    [login] = [login for login in demo["logins"] if login["name"] == name]
    visitor = Visitor(chromium_browser, demo["dashboards_url"], width)
    page = visitor.page

    visitor.sign_in(login)
    overview_fits = not visitor.is_wider_than_the_window()
    page.get_by_role("navigation").get_by_role("link", name="Tickets").click()
    page.wait_for_selector('a[href^="/ticket/"]')
    tickets_fit = not visitor.is_wider_than_the_window()
    links = [link.get_attribute("href") or "" for link in page.query_selector_all('td a[href^="/ticket/"]')]
    page.click('a[href^="/ticket/"]')
    page.get_by_role("heading", name="Timeline").wait_for()
    ticket_fits = not visitor.is_wider_than_the_window()
    visitor.close()

    assert len(links) == EACH * len(clients)
    assert {link.split("/")[2] for link in links} == clients
    assert (overview_fits, tickets_fit, ticket_fits) == (True, True, True)
    assert visitor.complaints == []
    assert visitor.strangers == []
