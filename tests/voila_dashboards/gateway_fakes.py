"""A gateway without Voila: a function answers in its place, and plays the kernel that redeems the grant."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from access.clients import create_client
from access.users import Role, create_user, get_user
from lake.store import Store, memory_store, open_store
from tests.clock import FakeClock
from voila_dashboards.gateway.app import create_gateway
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila

PASSWORD: Final = "correct horse battery"
ORIGIN: Final = "http://testserver"
COMM: Final = "c0" * 16


def a_store(folder: Path, clock: FakeClock) -> Store:
    """A folder lake with two clients, and a user of each kind: pat, ann of acme, gus of globex."""
    store = open_store(folder.as_uri(), {})
    add_users(store, clock())
    return store


def add_users(store: Store, now: datetime) -> None:
    """The same clients and users, in any store."""
    for key, record in _control(now).items():
        store.put(key, record)


@functools.cache
def _control(now: datetime) -> Mapping[str, bytes]:
    """What lies below `control/`; made once, because hashing passwords is slow on purpose."""
    store = memory_store()
    for client_id in ("acme", "globex"):
        create_client(store, client_id, now)
    create_user(store, "pat", Role.PROVIDER, PASSWORD, now, display_name="Pat <b>Provider</b>")
    create_user(store, "ann", Role.CLIENT, PASSWORD, now, client_id="acme", display_name="Ann")
    create_user(store, "gus", Role.CLIENT, PASSWORD, now, client_id="globex", display_name="Gus")
    return {stored.key: store.get(stored.key) for stored in store.list("control")}


class FakeChannel:
    """A kernel's websocket that answers each question, on whatever comm it names."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.outgoing: asyncio.Queue[str | bytes] = asyncio.Queue()

    async def send(self, message: str) -> None:
        parsed = json.loads(message)
        self.received.append(parsed)
        content = parsed["content"]
        question = content["data"]["content"]
        for method, comm_id in (
            ("update", content["comm_id"]),
            ("custom", "d1" * 16),
            ("custom", content["comm_id"]),
        ):
            answer = {"kind": "result", "id": question["id"], "payload": {"page": question["page"]}}
            data = {"method": method, "content": answer, "state": {"page": "secret"}}
            self._say("comm_msg", {"comm_id": comm_id, "data": data})
        self._say("stream", {"name": "stdout", "text": "secret"})

    async def recv(self) -> str | bytes:
        return await self.outgoing.get()

    def _say(self, kind: str, content: dict[str, Any]) -> None:
        self.outgoing.put_nowait(
            json.dumps({"header": {"msg_type": kind}, "channel": "iopub", "content": content})
        )


@dataclass
class FakeVoila:
    """Stands in for Voila and its kernels; ``status`` and ``redeems`` make it misbehave."""

    status: int = 200
    redeems: bool = True
    names_kernel: bool = True
    is_ready: bool = True
    app: Starlette | None = None
    requests: list[httpx.Request] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)
    admissions: list[dict[str, Any]] = field(default_factory=list)
    kernels: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    channels: list[FakeChannel] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def client(self) -> Voila:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        return Voila(http, lambda: "http://voila", self.open_channel, lambda: self.is_ready)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.method == "DELETE":
            self.ended.append(request.url.path.rsplit("/", 1)[1])
            return httpx.Response(204)
        if self.status != 200:
            return httpx.Response(self.status, text="Traceback: secret")
        kernel_id = str(uuid.uuid4())
        self.kernels.append(kernel_id)
        mark = f"<!--caselog-kernel:{kernel_id}-->" if self.names_kernel else "<p>no mark</p>"
        return httpx.Response(
            200, text=mark + await self._state(request.headers["x-caselog-grant"], kernel_id)
        )

    async def _state(self, grant: str, kernel_id: str) -> str:
        self.grants.append(grant)
        if not self.redeems:
            return ""
        assert self.app is not None
        admission = await self.app.state.broker.answer({"ask": "redeem", "grant": grant, "comm_id": COMM})
        self.admissions.append(admission)
        state = json.dumps({"comm_id": COMM, "page": {"page": admission.get("page")}})
        return (
            f'<script type="application/json" id="caselog-state" data-kernel="{kernel_id}">{state}</script>'
        )

    @asynccontextmanager
    async def open_channel(self, url: str) -> AsyncIterator[FakeChannel]:
        self.opened.append(url)
        self.channels.append(FakeChannel())
        yield self.channels[-1]


class Site:
    """A gateway, and browsers that visit it."""

    def __init__(self, folder: Path, clock: FakeClock, **settings: Any) -> None:
        self.clock = clock
        self.store = a_store(folder, clock)
        self.voila = FakeVoila()
        self.settings = DashboardSettings(session_secret=SecretStr("s" * 40), **settings)
        self.app = create_gateway(
            self.settings, self.store, self.voila.client(), local_url=ORIGIN, clock=clock.monotonic
        )
        self.voila.app = self.app

    def browser(
        self, name: str | None = None, *, base_url: str = ORIGIN, address: str = "10.0.0.1"
    ) -> TestClient:
        """A browser of its own, signed in as ``name`` where one is given."""
        browser = TestClient(self.app, base_url=base_url, follow_redirects=False, client=(address, 50000))
        browser.headers["origin"] = base_url
        if name is not None:
            user = get_user(self.store, name)
            assert user is not None
            browser.cookies.set("caselog", self.app.state.sessions.issue(user))
        return browser

    def sign_in(self, browser: TestClient, name: str, password: str = PASSWORD, **fields: str) -> Any:
        """Open the form and send it; ``fields`` replace what it holds."""
        token = form_token(browser.get("/login").text)
        form = {"username": name, "password": password, "csrf_token": token, "next": "/", **fields}
        return browser.post("/login", data=form)

    def open(self, browser: TestClient, path: str = "/") -> str:
        """Open a page; the id of the kernel that serves it."""
        assert browser.get(path).status_code == 200
        return self.voila.kernels[-1]


def form_token(page: str) -> str:
    """The token of the page's form."""
    match = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert match is not None, page
    return match[1]


def question(comm_id: str = COMM, **changes: Any) -> dict[str, Any]:
    """A browser's message as the widget host writes it."""
    message = {
        "channel": "shell",
        "header": {
            "msg_id": "1",
            "msg_type": "comm_msg",
            "session": "x",
            "username": "page",
            "version": "5.3",
        },
        "parent_header": {},
        "metadata": {},
        "content": {
            "comm_id": comm_id,
            "data": {
                "method": "custom",
                "content": {"kind": "query", "id": 1, "page": "tickets", "params": {"q": "T"}},
            },
        },
    }
    return {**message, **changes}
