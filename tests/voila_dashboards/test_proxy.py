"""The websocket between a page and its kernel: questions pass, answers pass, nothing else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.clock import FakeClock
from tests.voila_dashboards.gateway_fakes import COMM, ORIGIN, Site, form_token, question
from voila_dashboards.gateway.messages import MAX_QUESTION_BYTES, answer_to_page, read_question

POLICY_VIOLATION = 1008


@pytest.fixture
def site(tmp_path: Path, clock: FakeClock) -> Site:
    return Site(tmp_path, clock)


def connect(browser: TestClient, kernel: str, **headers: str) -> Any:
    return browser.websocket_connect(f"/api/kernels/{kernel}/channels", headers=headers)


def test_a_question_reaches_the_kernel_as_a_message_of_our_own_and_only_its_answer_comes_back(
    site: Site,
) -> None:
    browser = site.browser("ann")
    message = question(metadata={"smuggled": 1}, parent_header={"smuggled": 1}, buffers=[], smuggled=1)
    message["content"]["data"]["smuggled"] = 1
    message["content"]["data"]["content"]["smuggled"] = 1

    with connect(browser, site.open(browser)) as socket:
        socket.send_text(json.dumps(message))
        answer = json.loads(socket.receive_text())

    (received,) = site.voila.channels[0].received
    assert "smuggled" not in json.dumps(received)
    assert received["content"]["data"]["content"] == {
        "kind": "query",
        "id": 1,
        "page": "tickets",
        "params": {"q": "T"},
    }
    assert answer["content"]["data"]["content"] == {"kind": "result", "id": 1, "payload": {"page": "tickets"}}
    assert answer["content"]["comm_id"] == COMM
    assert "secret" not in json.dumps(answer)


def _with(path: str, value: object) -> str:
    """The widget host's message with one part replaced (or removed, where the value is None)."""
    message = question()
    target: Any = message
    *parents, last = path.split(".")
    for name in parents:
        target = target[name]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return json.dumps(message)


ATTACKS = {
    "execute on shell": json.dumps(
        {
            "channel": "shell",
            "header": {"msg_type": "execute_request"},
            "content": {"code": "1", "silent": False},
        }
    ),
    "execute on control": json.dumps(
        {
            "channel": "control",
            "header": {"msg_type": "execute_request"},
            "content": {"code": "1", "silent": False},
        }
    ),
    "execute dressed as a question": _with("header.msg_type", "execute_request"),
    "a question on the control channel": _with("channel", "control"),
    "no channel": _with("channel", None),
    "shutdown": json.dumps({"channel": "control", "header": {"msg_type": "shutdown_request"}, "content": {}}),
    "input reply": json.dumps(
        {"channel": "stdin", "header": {"msg_type": "input_reply"}, "content": {"value": "x"}}
    ),
    "open a comm": _with("header.msg_type", "comm_open"),
    "close the comm": _with("header.msg_type", "comm_close"),
    "list comms": json.dumps(
        {"channel": "shell", "header": {"msg_type": "comm_info_request"}, "content": {}}
    ),
    "another comm": _with("content.comm_id", "d1" * 16),
    "change a trait": _with("content.data", {"method": "update", "state": {"page": {}}}),
    "ask for all state": _with("content.data.method", "request_states"),
    "no question": _with("content.data.content", {"kind": "eval", "id": 1, "page": "tickets", "params": {}}),
    "a page that is none": _with("content.data.content.page", "../settings"),
    "params that are no texts": _with("content.data.content.params", {"q": {"$ne": 1}}),
    "an id that is no number": _with("content.data.content.id", "1"),
    "a negative id": _with("content.data.content.id", -1),
    "a huge question": _with("content.data.content.params", {"q": "x" * MAX_QUESTION_BYTES}),
    "too many params": _with("content.data.content.params", {str(i): "x" for i in range(33)}),
    "not JSON": "{",
    "not an object": "[]",
    "nothing": "",
    "deep nesting": "[" * 5000,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_anything_but_a_question_closes_the_connection_and_reaches_nobody(site: Site, attack: str) -> None:
    browser = site.browser("ann")

    with connect(browser, site.open(browser)) as socket:
        socket.send_text(attack)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()

    assert closed.value.code == POLICY_VIOLATION
    assert site.voila.channels[0].received == []


def test_the_binary_protocol_is_not_spoken(site: Site) -> None:
    browser = site.browser("ann")
    kernel = site.open(browser)
    path = f"/api/kernels/{kernel}/channels"

    with browser.websocket_connect(path, subprotocols=["v1.kernel.websocket.jupyter.org"]) as socket:
        socket.send_bytes(json.dumps(question()).encode())
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()

    assert socket.accepted_subprotocol is None
    assert closed.value.code == POLICY_VIOLATION
    assert site.voila.channels[0].received == []


def test_a_flood_of_questions_is_cut_off(site: Site) -> None:
    browser = site.browser("ann")

    with connect(browser, site.open(browser)) as socket:
        for _ in range(151):
            socket.send_text(json.dumps(question()))
        with pytest.raises(WebSocketDisconnect):
            _receive_all(socket)

    assert len(site.voila.channels[0].received) <= 150


def _receive_all(socket: Any) -> None:
    while True:
        socket.receive_text()


def refused(browser: TestClient, kernel: str, **headers: str) -> bool:
    """Whether the websocket is refused, or closed before a question is heard."""
    try:
        with connect(browser, kernel, **headers) as socket:
            socket.send_text(json.dumps(question()))
            socket.receive_text()
    except WebSocketDisconnect as error:
        return error.code == POLICY_VIOLATION
    return False


def test_only_the_session_that_opened_a_page_reaches_its_kernel(site: Site) -> None:
    ann, twin, gus, pat = (site.browser(name) for name in ("ann", "ann", "gus", "pat"))
    kernel = site.open(ann)

    others = [refused(browser, kernel) for browser in (twin, gus, pat, site.browser())]

    assert others == [True, True, True, True]
    assert site.voila.opened == []
    assert not refused(ann, kernel)


@pytest.mark.parametrize("kernel", ["00000000-0000-0000-0000-000000000000", "x", "..x"])
def test_a_kernel_that_serves_no_visit_is_not_reached(site: Site, kernel: str) -> None:
    browser = site.browser("pat")
    site.open(browser)

    assert refused(browser, kernel)
    assert site.voila.opened == []


def test_a_websocket_from_another_site_is_refused(site: Site) -> None:
    browser = site.browser("ann")
    kernel = site.open(browser)

    near = ("https://testserver", "x://testserver", "//testserver", "http://testserver.evil")
    for origin in ("https://evil.example", "http://[::1", "null", ":", *near):
        assert refused(browser, kernel, origin=origin)
    assert site.voila.opened == []
    del browser.headers["origin"]
    assert refused(browser, kernel)


def test_a_page_that_goes_away_while_its_kernel_is_ended_is_no_defect(site: Site) -> None:
    browser = site.browser("ann")
    kernel = site.open(browser)
    said: list[str] = []

    async def hear() -> dict[str, str]:
        if said:
            await asyncio.Event().wait()
        return {"type": "websocket.connect"}

    async def tell(message: Any) -> None:
        said.append(message["type"])
        if message["type"] == "websocket.close":
            raise BrokenPipeError  # as uvicorn, where the connection was reset
        for visit in site.app.state.visits.all():
            await site.app.state.lifetimes.end(visit)

    headers = {"host": "testserver", "origin": ORIGIN, "cookie": f"caselog={browser.cookies.get('caselog')}"}
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": f"/api/kernels/{kernel}/channels",
        "raw_path": b"",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("10.0.0.1", 1),
        "subprotocols": [],
    }
    asyncio.run(site.app(scope, hear, tell))

    assert said == ["websocket.accept", "websocket.close"]


def test_signing_out_closes_the_websocket(site: Site) -> None:
    with site.browser("ann") as browser:
        kernel = site.open(browser)
        token = form_token(browser.get("/").text)

        with connect(browser, kernel) as socket:
            browser.post("/logout", data={"csrf_token": token})
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_text()

    assert (closed.value.code, closed.value.reason) == (4401, "signed_out")


@pytest.mark.parametrize(
    ("kind", "comm_id", "data"),
    [
        ("comm_msg", "d1" * 16, {"method": "custom", "content": {}}),
        ("comm_msg", COMM, {"method": "update", "state": {"page": {}}}),
        ("comm_open", COMM, {"method": "custom", "content": {}}),
        ("comm_msg", COMM, {}),
        ("comm_msg", COMM, {"method": "custom", "content": {"kind": "result", "id": 2}}),
        ("comm_msg", COMM, {"method": "custom", "content": [{"id": 1}]}),
        ("stream", COMM, {"method": "custom", "content": {}}),
    ],
)
def test_of_what_a_kernel_says_only_answers_on_the_pages_own_comm_come_back(
    kind: str, comm_id: str, data: dict[str, Any]
) -> None:
    message = {"header": {"msg_type": kind}, "content": {"comm_id": comm_id, "data": data}}

    assert answer_to_page(json.dumps(message), COMM, 1) is None


def test_a_message_with_binary_buffers_does_not_come_back() -> None:
    assert answer_to_page(b"\x00", COMM, 1) is None


def test_a_question_is_read_whatever_else_the_message_holds() -> None:
    read = read_question(json.dumps(question()), COMM)

    assert read is not None
    assert (read.id, read.page, read.params) == (1, "tickets", {"q": "T"})


def test_of_many_websockets_of_one_page_the_oldest_give_way(site: Site) -> None:
    with site.browser("ann") as browser, ExitStack() as stack:
        kernel = site.open(browser)
        first, *others = [stack.enter_context(connect(browser, kernel)) for _ in range(4)]

        with pytest.raises(WebSocketDisconnect):
            first.receive_text()
        for socket in others:
            socket.send_text(json.dumps(question()))
            assert socket.receive_text()


def test_what_breaks_between_page_and_kernel_is_said_without_its_words(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    browser = site.browser("ann")
    kernel = site.open(browser)
    site.voila.says_first = 12  # type: ignore[assignment]  # what no kernel sends

    with connect(browser, kernel) as socket:
        socket.send_text(json.dumps(question()))
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()

    assert "A page's messages were not passed on: " in caplog.text


# ---------------------------------------------------------------- pages that do not read


class Page:
    """A page's end of a websocket; an answer is taken when the test says so."""

    def __init__(self, site: Site, kernel: str, cookie: str) -> None:
        headers = [
            (name.encode(), value.encode())
            for name, value in {
                "host": "testserver",
                "origin": ORIGIN,
                "cookie": f"caselog={cookie}",
            }.items()
        ]
        self._scope = {
            "type": "websocket",
            "path": f"/api/kernels/{kernel}/channels",
            "headers": headers,
            "query_string": b"",
            "scheme": "ws",
            "server": ("testserver", 80),
            "client": ("10.0.0.1", 50000),
            "subprotocols": [],
        }
        self.app = site.app
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.said.put_nowait({"type": "websocket.connect"})
        self.reads = asyncio.Event()
        self.answers: list[str] = []
        self.pending = 0

    def ask(self, number: int) -> None:
        message = question()
        message["content"]["data"]["content"]["id"] = number
        self.said.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    async def run(self) -> None:
        await self.app(self._scope, self.said.get, self._send)

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] != "websocket.send":
            return
        self.pending += 1
        await self.reads.wait()
        self.pending -= 1
        self.answers.append(message["text"])


async def settle() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


def test_a_page_that_does_not_read_is_made_one_answer_and_no_more(site: Site) -> None:
    async def attack() -> None:
        page = Page(site, kernel, cookie)
        for number in range(100):
            page.ask(number)
        running = asyncio.create_task(page.run())
        await settle()

        [channel] = site.voila.channels
        assert len(channel.received) == page.pending == 1
        assert page.said.qsize() > 50  # the others are still with the browser
        assert channel.outgoing.empty()  # what Voila says is read, whoever takes it

        page.reads.set()
        await settle()
        await settle()
        assert [json.loads(each)["content"]["data"]["content"]["id"] for each in page.answers] == [
            *range(100)
        ]
        running.cancel()
        await asyncio.wait({running})

    browser = site.browser("ann")
    kernel, cookie = site.open(browser), str(browser.cookies["caselog"])
    asyncio.run(attack())


def test_an_answer_is_held_by_none_but_the_websocket_that_asked(site: Site) -> None:
    async def attack() -> None:
        asks, listens = Page(site, kernel, cookie), Page(site, kernel, cookie)
        asks.reads.set()
        asks.ask(7)
        running = [asyncio.create_task(each.run()) for each in (listens, asks)]
        await settle()
        for channel in site.voila.channels:  # Voila says it on both
            await channel.send(json.dumps(question()))
        await settle()

        assert len(asks.answers) == 1
        assert listens.pending == 0
        assert all(channel.outgoing.empty() for channel in site.voila.channels)
        for each in running:
            each.cancel()
        await asyncio.wait(running)

    browser = site.browser("ann")
    kernel, cookie = site.open(browser), str(browser.cookies["caselog"])
    asyncio.run(attack())


def test_however_many_pages_a_user_has_few_answers_are_under_way_and_others_get_theirs(site: Site) -> None:
    async def attack() -> None:
        pages = [Page(site, *each) for each in opened]
        others = Page(site, *of_gus)
        others.reads.set()
        for page in (*pages, others):
            page.ask(1)
        running = [asyncio.create_task(each.run()) for each in (*pages, others)]
        await settle()

        assert sum(page.pending for page in pages) == 4
        assert len(others.answers) == 1

        for page in pages:
            page.reads.set()
        await settle()
        assert all(len(page.answers) == 1 for page in pages)
        for each in running:
            each.cancel()
        await asyncio.wait(running)

    def open_one(browser: TestClient) -> tuple[str, str]:
        return site.open(browser), str(browser.cookies["caselog"])

    opened = [open_one(browser) for browser in (site.browser("ann"), site.browser("ann")) for _ in range(5)]
    of_gus = open_one(site.browser("gus"))
    asyncio.run(attack())
