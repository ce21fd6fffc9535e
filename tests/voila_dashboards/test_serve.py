"""The real thing: gateway, Voila, kernels and DuckDB behind a real browser."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from access.users import Role, create_user
from tests.logs import a_log, put_raw
from tests.voila_dashboards.gateway_fakes import PASSWORD, form_token, question
from tests.voila_dashboards.gateway_server import (
    PLANTED,
    Server,
    command_of,
    dashboards,
    environment_of,
    is_ready,
    is_running,
    open_page,
    wait_until,
)

ANSWER_TIMEOUT_MS = 30_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with dashboards(tmp_path_factory.mktemp("lake")) as running:
        yield running


@pytest.fixture
def page(chromium_browser: Browser) -> Iterator[Page]:
    """A page of its own that tolerates no script error, no refused load and no other host."""
    context = chromium_browser.new_context()
    context.set_default_timeout(ANSWER_TIMEOUT_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if _is_elsewhere(request.url) else None)
    yield page
    context.close()
    assert complaints == []


def _is_elsewhere(url: str) -> bool:
    return urlsplit(url).hostname not in {"127.0.0.1", None}


# ---------------------------------------------------------------- pages in a browser


def test_the_provider_sees_every_client_on_every_page(server: Server, page: Page) -> None:
    server.sign_in(page, "pat")
    expect(page.locator(".cl-kpis").first).to_contain_text("5")

    page.goto(server.url + "/tickets")
    expect(page.locator(".cl-view")).to_contain_text("T-acme-0")
    expect(page.locator(".cl-view")).to_contain_text("T-globex-1")

    page.goto(server.url + "/ticket/globex/globex-1")
    expect(page.locator(".cl-view h1")).to_contain_text("T-globex-1")
    assert page.title() != "taken over"


@pytest.mark.parametrize(("name", "own", "other"), [("ann", "acme", "globex"), ("gus", "globex", "acme")])
def test_a_client_sees_its_own_rows_only(server: Server, page: Page, name: str, own: str, other: str) -> None:
    server.sign_in(page, name, "/tickets")

    expect(page.locator(".cl-view")).to_contain_text(f"T-{own}-0")
    assert f"T-{other}" not in page.content()


#: Whether there was something to see when a websocket was begun, for each.
NOTE_PAINTED = """
const Native = WebSocket;
window.wasPainted = [];
window.WebSocket = class extends Native {
    constructor(...given) {
        super(...given);
        window.wasPainted.push(document.querySelector(".cl-view h1") !== null);
    }
};
"""


def test_data_is_painted_before_any_websocket_and_a_click_asks_the_same_kernel(
    server: Server, page: Page
) -> None:
    server.sign_in(page, "ann")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.add_init_script(NOTE_PAINTED)
    page.goto(server.url + "/")
    page.wait_for_selector(".cl-view h1")
    page.evaluate("window.sameDocument = true")

    page.locator(".cl-header .cl-nav").get_by_role("link", name="Tickets").click()
    expect(page.locator(".cl-view")).to_contain_text("T-acme-0")
    page.click(".cl-view a[href='/ticket/acme/acme-0']")
    expect(page.locator(".cl-view h1")).to_contain_text("T-acme-0")
    page.go_back()
    expect(page.locator(".cl-view h1")).to_contain_text("Tickets")

    assert set(page.evaluate("window.wasPainted")) == {True}
    assert page.evaluate("window.sameDocument") is True
    assert urlsplit(page.url).path == "/tickets"
    assert len([each for each in sockets if each.endswith("/channels")]) == 1


def test_an_unknown_ticket_and_a_wrong_address_say_what_to_do(server: Server, page: Page) -> None:
    server.sign_in(page, "ann")
    page.goto(server.url + "/ticket/acme/nowhere")
    expect(page.locator(".cl-view h1")).to_contain_text("Not found")
    expect(page.locator(".cl-view a[href='/tickets']").first).to_be_visible()


def test_when_its_kernel_is_gone_a_click_loads_the_page_anew(server: Server, page: Page) -> None:
    server.sign_in(page, "ann")
    page.evaluate("window.sameDocument = true")
    kernel = page.locator("#caselog-state").get_attribute("data-kernel")
    page.evaluate("kernel => fetch(`/bye/${kernel}`, {method: 'POST'})", kernel)

    with page.expect_navigation(url="**/tickets?*"):
        page.locator(".cl-header .cl-nav").get_by_role("link", name="Tickets").click()
    expect(page.locator(".cl-view")).to_contain_text("T-acme-0")

    assert page.evaluate("window.sameDocument ?? false") is False


def test_a_kernel_that_dies_in_the_middle_of_a_question_has_its_page_loaded_anew(
    tmp_path: Path, page: Page
) -> None:
    with dashboards(tmp_path, pool_size=0) as server:
        server.sign_in(page, "ann")
        page.evaluate("window.sameDocument = true")
        (kernel,) = server.kernels()
        os.kill(kernel, signal.SIGSTOP)

        page.locator(".cl-header .cl-nav").get_by_role("link", name="Tickets").click()
        page.wait_for_timeout(300)
        os.kill(kernel, signal.SIGKILL)

        expect(page.locator(".cl-view")).to_contain_text("T-acme-0")
        assert page.evaluate("window.sameDocument ?? false") is False
        assert urlsplit(page.url).path == "/tickets"
        page.goto("about:blank")


def test_signing_out_leads_to_the_sign_in_and_nothing_comes_back(server: Server, page: Page) -> None:
    server.sign_in(page, "ann")

    page.click("form[action='/logout'] button")
    page.wait_for_url("**/login")
    page.go_back()

    page.wait_for_url("**/login*")


def test_a_page_that_is_left_frees_its_kernel(server: Server, page: Page) -> None:
    server.sign_in(page, "gus")
    held = set(server.kernels())

    page.goto(server.url + "/healthz")

    wait_until("the kernel ended", lambda: not held <= set(server.kernels()))


# ---------------------------------------------------------------- without a screen


def channel(server: Server, browser: httpx.Client, kernel: str, *protocols: str) -> ClientConnection:
    url = server.url.replace("http", "ws", 1) + f"/api/kernels/{kernel}/channels"
    headers = {"Cookie": f"caselog={browser.cookies['caselog']}", "Origin": server.url}
    subprotocols = [Subprotocol(protocol) for protocol in protocols] or None
    return connect(url, additional_headers=headers, proxy=None, subprotocols=subprotocols, open_timeout=60)


def is_cut_off(socket: ClientConnection, message: str | bytes) -> bool:
    """Whether the connection is closed over ``message``, with nothing said."""
    try:
        with socket:
            socket.send(message)
            socket.recv(timeout=60)
    except ConnectionClosed as error:
        return error.rcvd is not None and error.rcvd.code == 1008
    return False


def test_a_log_that_arrives_is_in_the_next_answer(server: Server) -> None:
    browser = server.browser("gus")
    kernel, comm, _ = open_page(browser, "/tickets")
    with channel(server, browser, kernel) as socket:
        put_raw(server.store, a_log("late", client_id="globex", executed_at=datetime.now(UTC).isoformat()))

        def is_there() -> bool:
            socket.send(json.dumps(question(comm)))
            return "T-late" in str(socket.recv(timeout=60))

        wait_until("the new log shows", is_there)


def test_a_kernel_answers_its_own_session_alone_and_runs_nothing_it_is_sent(
    server: Server, tmp_path: Path
) -> None:
    ann, gus = server.browser("ann"), server.browser("gus")
    kernel, comm, _ = open_page(ann)
    proof = tmp_path / "executed"
    content = {"code": f"open({str(proof)!r}, 'w')", "silent": False, "store_history": False}
    header = {"msg_id": "1", "msg_type": "execute_request", "session": "x", "username": "x", "version": "5.3"}
    parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content}

    assert is_cut_off(channel(server, gus, kernel), json.dumps(question(comm)))
    for where in ("shell", "control"):
        assert is_cut_off(channel(server, ann, kernel), json.dumps({**parts, "channel": where}))
    binary = v1(b"shell", *(json.dumps(part).encode() for part in parts.values()))
    assert is_cut_off(channel(server, ann, kernel, "v1.kernel.websocket.jupyter.org"), binary)

    with channel(server, ann, kernel) as socket:
        socket.send(json.dumps(question(comm)))
        assert "T-acme-0" in str(socket.recv(timeout=60))
    assert not proof.exists()


def v1(*parts: bytes) -> bytes:
    """A message of Jupyter's binary websocket protocol."""
    offsets = [8 * (2 + len(parts))]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return b"".join(number.to_bytes(8, "little") for number in (len(offsets), *offsets)) + b"".join(parts)


def test_no_secret_reaches_voila_or_a_kernel_and_no_token_is_on_a_command_line(server: Server) -> None:
    children = server.descendants()

    assert len(children) >= 4
    for pid in children:
        assert PLANTED not in environment_of(pid)
        assert "AWS_" not in environment_of(pid)
        assert "token" not in command_of(pid)


def test_an_expired_form_token_is_refused_by_the_real_server_too(server: Server) -> None:
    browser = server.browser("ann")
    token = form_token(browser.get("/nowhere").text)

    answers = [browser.post("/logout", data={"csrf_token": text}).status_code for text in ("x", token)]

    assert answers == [403, 303]


# ---------------------------------------------------------------- its own processes


def test_voila_is_started_again_when_it_dies_and_pages_say_so_meanwhile(tmp_path: Path) -> None:
    with dashboards(tmp_path, pool_size=0) as server:
        browser = server.browser("ann")
        _, _, cold = open_page(browser)
        (voila,) = [pid for pid in server.descendants() if "voila_dashboards.voila" in command_of(pid)]

        os.kill(voila, signal.SIGKILL)
        wait_until("the gateway notices", lambda: not is_ready(server))
        meanwhile = browser.get("/")
        wait_until("Voila is back", lambda: is_ready(server))
        _, _, again = open_page(browser)

    assert meanwhile.status_code == 503
    assert "The dashboards are starting" in meanwhile.text
    assert (cold["page"], again["page"]) == ("overview", "overview")


@contextmanager
def an_open_folder() -> Iterator[str]:
    """A folder with a short path that Voila's own user may pass through."""
    with tempfile.TemporaryDirectory(prefix="caselog-") as folder:
        Path(folder).chmod(0o755)
        yield folder


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_with_the_gateway_end_voila_and_every_kernel(tmp_path: Path, end: signal.Signals) -> None:
    with (
        an_open_folder() as runtime,
        dashboards(tmp_path, pool_size=0, runtime_dir=runtime) as server,
    ):
        open_page(server.browser("ann"))
        children = server.descendants()
        assert list(Path(runtime).iterdir())
        os.kill(server.process.pid, end)

        wait_until("everything ended", lambda: not any(is_running(pid) for pid in children))
        wait_until("nothing was left behind", lambda: not list(Path(runtime).iterdir()))

    assert len(children) == 3  # the fork server, Voila, and the page's kernel


def test_a_user_changes_the_password_and_logs_out_everywhere_by_keyboard(server: Server, page: Page) -> None:
    create_user(server.store, "kim", Role.CLIENT, PASSWORD, datetime.now(UTC), clients=["acme"])
    server.sign_in(page, "kim")

    page.focus("a.cl-account")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    page.focus("[name=current]")
    for text in (PASSWORD, "another horse battery", "another horse battery"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    page.get_by_role("button", name="Log out everywhere").press("Enter")
    page.wait_for_url("**/login")
    page.fill("[name=username]", "kim")
    page.fill("[name=password]", "another horse battery")
    page.keyboard.press("Enter")

    page.wait_for_selector(".cl-view h1")
