"""A gateway without Voila: a function answers in its place, and plays the kernel that redeems the grant."""

from __future__ import annotations

import asyncio
import functools
import json
import re
import socket
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import argon2
import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from access.clients import create_client
from access.records import write_record
from access.snapshots import SnapshotSource
from access.users import Role, create_user, get_user
from lake.scope import Scope
from lake.snapshot import ScopeFile, Snapshot
from lake.store import Store, memory_store, open_store
from tests.clock import FakeClock
from voila_dashboards.gateway.app import create_gateway
from voila_dashboards.gateway.kernels import Kernels
from voila_dashboards.kernel.connection import Admission, GatewayConnection
from voila_dashboards.kernel.errors import NoAdmission
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila

PASSWORD: Final = "correct horse battery"
ORIGIN: Final = "http://testserver"
COMM: Final = "c0" * 16


def a_store(folder: Path, clock: FakeClock) -> Store:
    """A folder lake with clients, and a user of each kind: pat (all), mia (two), ann of acme, gus of globex."""
    store = open_store(folder.as_uri(), {})
    add_users(store, clock())
    return store


def add_users(store: Store, now: datetime) -> None:
    """The same clients and users, in any store."""
    for key, record in _control(now).items():
        store.put(key, record)


@functools.cache
def _control(now: datetime) -> Mapping[str, bytes]:
    """What lies below `control/`; made once, and with a hash that is quick to check: a real one is slow on purpose."""
    store = memory_store()
    for client_id in ("acme", "globex", "initech"):
        create_client(store, client_id, now)
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    for user in (
        create_user(store, "pat", Role.PROVIDER, PASSWORD, now, display_name="Pat <b>Provider</b>"),
        create_user(store, "mia", Role.PROVIDER, PASSWORD, now, clients=["acme", "globex"]),
        create_user(store, "ann", Role.CLIENT, PASSWORD, now, clients=["acme"], display_name="Ann"),
        create_user(store, "gus", Role.CLIENT, PASSWORD, now, clients=["globex"], display_name="Gus"),
    ):
        write_record(store, "users", user.name, user.model_copy(update={"password_hash": quick}))
    return {stored.key: store.get(stored.key) for stored in store.list("control")}


class FakeChannel:
    """A kernel's websocket that answers each question, on whatever comm it names."""

    def __init__(self, says_first: str | None = None) -> None:
        self.received: list[dict[str, Any]] = []
        self.says_first = says_first
        self.outgoing: asyncio.Queue[str | bytes] = asyncio.Queue()

    async def send(self, message: str) -> None:
        parsed = json.loads(message)
        self.received.append(parsed)
        if self.says_first is not None:
            self.outgoing.put_nowait(self.says_first)
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


class FixedSnapshots(SnapshotSource):
    """What each scope's files are, said by the test; traces too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.traces: dict[tuple[str, str], bytes] = {}
        self.asked: list[tuple[Scope, str]] = []
        self.taken: list[Scope] = []
        self.parts: list[str] = []
        self.files: dict[str, list[str]] = {}
        self.error: Exception | None = None

    def put(self, scope: Scope, *contents: str) -> None:
        """From now on these are the scope's files; equal contents are one file."""
        for content in contents:
            (self.folder / content).unlink(missing_ok=True)
            (self.folder / content).write_text(content)
            (self.folder / content).chmod(0o444)
        self.files[scope.key] = list(contents)

    def take(self, scope: Scope, parts: Iterable[str] = ()) -> Snapshot:
        self.taken.append(scope)
        self.parts = [*parts]
        if self.error is not None:
            raise self.error
        files = tuple(ScopeFile(name, self.folder / name) for name in self.files.get(scope.key, ()))
        return Snapshot(scope, files, datetime(2026, 11, 23, tzinfo=UTC))

    def trace(
        self, scope: Scope, client_id: str, month: str, log_id: str, executed_at: datetime | None = None
    ) -> bytes | None:
        log_id.encode()  # half an emoji is refused by whatever looks for it
        self.asked.append((scope, client_id))
        return self.traces.get((client_id, log_id))

    def refresh(self) -> None:
        """There is nothing newer."""


class FakeKernel:
    """The kernel's end of a connection, asked from a thread as a real kernel asks."""

    def __init__(self, kernels: Kernels, folders: Path, kernel_id: str) -> None:
        ours, theirs = socket.socketpair()
        name = uuid.uuid4().hex
        self.folder = folders / name
        self.folder.mkdir(parents=True)
        kernels.serve(theirs)
        self.connection = GatewayConnection(ours, kernel_id, name)
        self.socket = ours

    async def wait(self, page: str) -> Admission:
        return await asyncio.to_thread(self.connection.wait_for_admission, page, COMM)


@dataclass
class FakeVoila:
    """Stands in for Voila and its kernels; ``status``, ``waits`` and the like make it misbehave."""

    status: int = 200
    waits: bool = True
    #: So many kernels, the first ones, never say that they wait.
    silent_kernels: int = 0
    names_kernel: bool = True
    is_ready: bool = True
    draws: bool = True
    breaks_off: bool = False
    app: Starlette | None = None
    folders: Path = Path()
    requests: list[httpx.Request] = field(default_factory=list)
    admissions: list[Admission] = field(default_factory=list)
    kernels: list[str] = field(default_factory=list)
    made: list[FakeKernel] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    channels: list[FakeChannel] = field(default_factory=list)
    #: What each channel says before its answers.
    says_first: str | None = None
    opened: list[str] = field(default_factory=list)
    #: Set where a test wants to decide when Voila names the kernel.
    gate: asyncio.Event | None = None

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
        return httpx.Response(200, content=self._page(request.url.path.split("/")[-2]))

    async def _page(self, page: str) -> AsyncIterator[bytes]:
        kernel_id = str(uuid.uuid4())
        self.kernels.append(kernel_id)
        if self.gate is not None:
            await self.gate.wait()
        assert self.app is not None
        if not self.names_kernel:
            yield b"<p>no mark</p>" * 500
            return
        waiting = None
        if self.waits and len(self.kernels) > self.silent_kernels:
            kernel = FakeKernel(self.app.state.kernels, self.folders, kernel_id)
            self.made.append(kernel)
            waiting = asyncio.create_task(kernel.wait(page))
        yield f"<!--caselog-kernel:{kernel_id}-->".encode()
        if waiting is None:
            return
        try:
            admission = await waiting
        except NoAdmission:
            return
        self.admissions.append(admission)
        if self.breaks_off:
            raise httpx.ReadError("the connection is gone")
        if not self.draws:
            await asyncio.Event().wait()
        state = json.dumps({"comm_id": COMM, "page": {"page": admission.page}})
        script = '<script type="application/json" id="caselog-state" data-kernel="{}">{}</script>'
        yield script.format(kernel_id, state).encode()

    @asynccontextmanager
    async def open_channel(self, url: str) -> AsyncIterator[FakeChannel]:
        self.opened.append(url)
        self.channels.append(FakeChannel(self.says_first))
        yield self.channels[-1]


_sites: list[Site] = []


def close_sites() -> None:
    """End the kernels of every site that was opened."""
    while _sites:
        for kernel in _sites.pop().voila.made:
            kernel.socket.close()


class Site:
    """A gateway, and browsers that visit it."""

    def __init__(
        self, folder: Path, clock: FakeClock, *, store: Store | None = None, **settings: Any
    ) -> None:
        self.clock = clock
        self.store = a_store(folder, clock) if store is None else store
        self.slept: list[float] = []
        self.voila = FakeVoila()
        self.settings = DashboardSettings(session_secret=SecretStr("s" * 40), **settings)
        self.snapshots = FixedSnapshots(folder / "scope-files")
        self.voila.folders = folder / "kernels"
        self.app = create_gateway(
            self.settings,
            self.store,
            self.voila.client(),
            self.snapshots,
            kernel_folders=self.voila.folders,
            clock=clock.monotonic,
            sleep=self.sleep,
        )
        self.voila.app = self.app
        _sites.append(self)

    async def sleep(self, seconds: float) -> None:
        """What the sign-in waits by: the time is over at once."""
        self.slept.append(seconds)
        self.clock.advance(seconds)

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
