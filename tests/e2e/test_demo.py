"""`caselog demo` as a user meets it: the command, the addresses it prints, the pages in a real Chromium."""

from __future__ import annotations

import json
import os
import re
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
    yield {
        **json.loads((folder / ".caselog" / "demo.json").read_text()),
        "said": "".join(said),
        "folder": folder,
    }
    process.terminate()
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest


def test_a_second_demo_takes_nothing_from_the_first(demo: dict[str, Any]) -> None:
    folder = demo["folder"]
    before = set((folder / ".caselog" / "demo-lake" / "control").rglob("*.json"))
    collector, dashboards = (str(port) for port in free_ports(2))

    for ports in ([], ["--collector-port", collector, "--dashboards-port", dashboards]):
        second = subprocess.run(
            [sys.executable, "-m", "cli.main", "demo", *ports],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (second.returncode, "Another demo runs" in second.stderr) == (1, True), second.stderr

    assert before
    assert before <= set((folder / ".caselog" / "demo-lake" / "control").rglob("*.json"))


def count_of(clients: set[str]) -> int:
    """How many tickets there are to see: one of acme was deleted."""
    return EACH * len(clients) - ("acme" in clients)


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
    page.get_by_role("link", name="All", exact=True).click()  # the overview's 30 days went along
    page.get_by_role("status").filter(has_text=f"{count_of(clients)} found").wait_for()
    tickets_fit = not visitor.is_wider_than_the_window()
    links = [link.get_attribute("href") or "" for link in page.query_selector_all('td a[href^="/ticket/"]')]
    page.click('a[href^="/ticket/"]')
    page.get_by_role("tab", name="Conversation").wait_for()
    ticket_fits = not visitor.is_wider_than_the_window()
    visitor.close()

    assert len(links) == count_of(clients)
    assert {link.split("/")[2] for link in links} == clients
    assert (overview_fits, tickets_fit, ticket_fits) == (True, True, True)
    assert visitor.complaints == []
    assert visitor.strangers == []


def test_a_client_learns_what_is_kept_of_it_and_takes_it_along(
    demo: dict[str, Any], chromium_browser: Browser
) -> None:
    [login] = [login for login in demo["logins"] if login["name"] == "acme"]
    visitor = Visitor(chromium_browser, demo["dashboards_url"], 1360)
    page = visitor.page
    visitor.sign_in(login)

    page.get_by_role("navigation").get_by_role("link", name="My data").click()
    page.get_by_role("heading", name="My data", level=1).wait_for()
    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_text(f"{EACH - 1} of {EACH - 1} tickets came with a trace").wait_for()
    page.get_by_role("row", name=re.compile("e-mail address")).wait_for()
    page.get_by_text("Logs are kept for 400 days").wait_for()
    page.get_by_text("Set by your provider").wait_for()
    page.get_by_text("its digest fits").wait_for()
    page.get_by_text("In your workflow").wait_for()
    with page.expect_download() as receipt:
        page.get_by_role("link", name="Receipt as a file").click()
    with page.expect_download() as tickets:
        page.get_by_role("link", name="NDJSON").click()
    foreign = page.goto(f"{demo['dashboards_url']}/receipts/globex.ndjson")
    taken = [json.loads(line) for line in tickets.value.path().read_text().splitlines()]
    told = json.loads(receipt.value.path().read_text())
    fits = not visitor.is_wider_than_the_window()
    visitor.close()

    assert {ticket["client_id"] for ticket in taken} == {"acme"}
    assert len(taken) == EACH - 1
    assert (told["client_id"], told["kind"], told["removed"]["logs"]) == ("acme", "ticket", 1)
    assert foreign is not None
    assert foreign.status == 404
    assert fits
    assert visitor.strangers == []
