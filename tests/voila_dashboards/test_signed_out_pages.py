"""What a real browser shows once its session is over: a sentence and the way back, and nothing of a log any more."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from access.users import disable_user, enable_user
from tests.servers.browser import wait_for
from tests.voila_dashboards.gateway_fakes import PASSWORD
from tests.voila_dashboards.gateway_server import Server, dashboards

#: `user_cache_s`, the sweep, and what a busy machine adds.
SECONDS = 7 + 23
#: Of what is told at once: by what it says it is not what is seen later.
SOON = 30
LIST = "/tickets?q=acme"
WATCH = "**/session/*/end"
#: Whether the server has accepted the websocket by which it says that the session is over.
NOTE_ACCEPTED = """
const Native = WebSocket;
window.WebSocket = class extends Native {
    constructor(...given) {
        super(...given);
        if (this.url.endsWith("/end")) this.addEventListener("open", () => { window.isWatched = true; });
    }
};
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with dashboards(tmp_path_factory.mktemp("lake")) as running:
        yield running


@pytest.fixture
def context(chromium_browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own that tolerates no script error and no refused load."""
    context = chromium_browser.new_context()
    context.set_default_timeout(30_000)
    complaints: list[str] = []
    context.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []


def until_watched(page: Page) -> None:
    wait_for(page, "window.isWatched === true")


def signed_in(server: Server, context: BrowserContext, path: str = LIST) -> Page:
    page = context.new_page()
    page.add_init_script(NOTE_ACCEPTED)
    server.sign_in(page, "ann", path)
    until_watched(page)
    return page


def opened(server: Server, context: BrowserContext, path: str = LIST) -> Page:
    """Another window of the same browser, once it would hear that its session is over."""
    page = context.new_page()
    page.add_init_script(NOTE_ACCEPTED)
    page.goto(server.url + path)
    until_watched(page)
    return page


def until_asked(page: Page, asked: list[str], count: int) -> None:
    """Wait until a page with a websocket of the test's own has asked so often."""
    deadline = time.monotonic() + 60
    while len(asked) < count:
        assert time.monotonic() < deadline, asked
        page.wait_for_timeout(100)


def sign_out(page: Page) -> None:
    page.locator("form[action='/logout'] button").click()
    expect(page.locator("[name=username]")).to_be_visible()


def expect_hidden(page: Page, seconds: float, text: str) -> None:
    """A sentence and a link that keeps the address; nothing of a log, a client or a user."""
    expect(page.get_by_role("heading", name="You are logged out")).to_be_focused(timeout=seconds * 1000)
    expect(page.locator("main")).to_contain_text(text)
    content = re.sub(r'href="/login[^"]*"', "", page.content())
    assert [word for word in ("T-acme", "acme-0", "Ann", "Tickets") if word in content] == []
    assert page.title() == "You are logged out · Caselog"
    # Dressed as the server's own messages are: its styles are not those of the page that it hides.
    expect(page.locator("main")).to_have_css("display", "grid")
    link = page.get_by_role("link", name="Log in again")
    expect(link).to_have_css("color", "rgb(255, 255, 255)")


def test_signing_out_in_one_window_hides_the_others_at_once_and_keeps_their_addresses(
    server: Server, context: BrowserContext
) -> None:
    one = signed_in(server, context)
    others = [opened(server, context, path) for path in (LIST, "/ticket/acme/acme-0", "/account")]

    sign_out(one)

    for other in others:
        expect_hidden(other, SOON, "in another window of this browser")
    address = others[1].url
    others[1].get_by_role("link", name="Log in again").click()
    others[1].fill("[name=username]", "ann")
    others[1].fill("[name=password]", PASSWORD)
    others[1].click("form[action='/login'] button")
    expect(others[1].locator("h1")).to_contain_text("T-acme-0")
    assert others[1].url == address


def test_a_window_whose_server_is_another_replica_asks_as_soon_as_one_signs_out(
    server: Server, context: BrowserContext
) -> None:
    """The replica that the window is connected to knows of nothing yet: its connection stays silent."""
    one = signed_in(server, context)
    asked: list[str] = []

    def route(socket: WebSocketRoute) -> None:
        asked.append(socket.url)
        if len(asked) > 1:
            socket.connect_to_server()

    other = context.new_page()
    other.route_web_socket(WATCH, route)
    other.goto(server.url + LIST)
    until_asked(other, asked, 1)
    before = len(asked)

    sign_out(one)

    expect_hidden(other, SOON, "You are not logged in any more in this browser")
    assert before == 1
    assert len(asked) > 1


def test_a_sign_out_everywhere_hides_pages_of_other_browsers_within_seconds(
    server: Server, context: BrowserContext, chromium_browser: Browser
) -> None:
    elsewhere = chromium_browser.new_context()
    page = signed_in(server, elsewhere)
    mine = signed_in(server, context, "/account")

    mine.locator("form[action='/logout/everywhere'] button").click()

    expect_hidden(page, SECONDS, "or you logged out everywhere")
    elsewhere.close()


def test_a_user_who_is_disabled_sees_nothing_more_while_nobody_touches_the_page(
    server: Server, context: BrowserContext
) -> None:
    page = signed_in(server, context)

    disable_user(server.store, "ann", datetime.now(UTC))
    expect_hidden(page, SECONDS, "what you may see was changed")
    enable_user(server.store, "ann")

    page.get_by_role("link", name="Log in again").click()
    expect(page.locator("[name=username]")).to_be_visible()
    assert urlsplit(page.url).query == "next=%2Ftickets%3Fq%3Dacme"


def test_a_question_that_is_under_way_changes_nothing_of_it(server: Server, context: BrowserContext) -> None:
    one = signed_in(server, context)
    page = context.new_page()
    page.clock.install()
    page.route_web_socket("**/channels", lambda _socket: None)  # its kernel never answers
    page.add_init_script(NOTE_ACCEPTED)
    page.goto(server.url + LIST)
    until_watched(page)
    page.click(".cl-view a[href^='/ticket/acme/acme-0']")
    page.wait_for_timeout(300)

    sign_out(one)
    expect_hidden(page, SOON, "in another window of this browser")
    page.clock.fast_forward(60_000)  # whatever waited for the answer has given up
    page.wait_for_timeout(300)

    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
    assert page.url == server.url + LIST


def test_what_was_looked_for_is_not_there_for_whoever_signs_in_next(
    server: Server, context: BrowserContext
) -> None:
    page = signed_in(server, context)
    other = opened(server, context)
    kept = other.evaluate("sessionStorage.length")

    sign_out(page)
    expect_hidden(other, SOON, "in another window")

    assert kept > 0
    assert other.evaluate("sessionStorage.length") == 0


def test_a_server_that_is_away_hides_nothing_and_is_asked_again(
    server: Server, context: BrowserContext
) -> None:
    one = signed_in(server, context)
    asked: list[str] = []

    def route(socket: WebSocketRoute) -> None:
        asked.append(socket.url)
        if len(asked) < 3:
            socket.close(code=1012, reason="restarting")
        else:
            socket.connect_to_server()

    page = context.new_page()
    page.route_web_socket(WATCH, route)
    page.goto(server.url + LIST)
    expect(page.locator(".cl-view")).to_contain_text("T-acme-0")
    page.wait_for_timeout(500)
    expect(page.locator(".cl-view")).to_contain_text("T-acme-0")
    until_asked(page, asked, 3)

    sign_out(one)

    expect_hidden(page, SOON, "You are")
