"""The gateway's wiring: every address it answers, and nothing else. What is not listed here is 404."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ExceptionHandler
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from access.audit import Event
from access.errors import AccessError
from access.snapshots import SnapshotSource
from lake.errors import LakeError, TableNotUnderstood
from lake.store import Store
from serving.exchange import note
from serving.service_log import describe_defect
from serving.tasks import Tasks
from voila_dashboards.gateway.account import Account
from voila_dashboards.gateway.assets import Assets
from voila_dashboards.gateway.attempts import Sleep
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.channels import Channels
from voila_dashboards.gateway.client_facts import FactsOfClients
from voila_dashboards.gateway.downloads import Downloads
from voila_dashboards.gateway.errors import (
    STATUS,
    AccountDamaged,
    GatewayError,
    HeaderNotTrusted,
    LogsNotUnderstood,
    NoSuchPage,
    StoreSilent,
    Unexpected,
)
from voila_dashboards.gateway.gate import Gate
from voila_dashboards.gateway.guard import SignInNeeded, find_session
from voila_dashboards.gateway.headers import SecurityHeaders, headers_of
from voila_dashboards.gateway.health import Health
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.kernel_trial import KernelTrial
from voila_dashboards.gateway.kernels import Kernels
from voila_dashboards.gateway.lifetimes import SWEEP_EVERY_S, Lifetimes
from voila_dashboards.gateway.login import Login
from voila_dashboards.gateway.logout import Logout
from voila_dashboards.gateway.metrics import DashboardMetrics, MetricsPage
from voila_dashboards.gateway.names import Names
from voila_dashboards.gateway.open_pages import OpenPages
from voila_dashboards.gateway.pages import Pages
from voila_dashboards.gateway.proxy_header import Peer
from voila_dashboards.gateway.receipts import ReceiptFiles
from voila_dashboards.gateway.renders import Renders
from voila_dashboards.gateway.secret import load_secret
from voila_dashboards.gateway.session_checks import SessionChecks
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.gateway.signouts import SignOuts
from voila_dashboards.gateway.traces import TraceFiles
from voila_dashboards.gateway.visits import Visits
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila
from voila_dashboards.voila.process import VoilaProcess

logger = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]

_PACKAGE: Final = Path(__file__).parent.parent
_STATIC: Final = _PACKAGE / "static"
_TEMPLATES: Final = (_PACKAGE / "gateway" / "templates", _PACKAGE / "templates")
#: They wait for the store, most of the time.
_THREADS: Final = 32
_REFRESH_EVERY_S: Final = 1.0


def create_gateway(
    settings: DashboardSettings,
    store: Store,
    voila: Voila,
    snapshots: SnapshotSource,
    *,
    kernel_folders: Path,
    process: VoilaProcess | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Sleep = asyncio.sleep,
) -> Starlette:
    """The application; raises `StoreUnavailable` where the session secret cannot be read.

    ``kernel_folders`` is where each kernel has a folder, on the file system of what ``snapshots`` hands out.
    ``process`` is started and ended with the application.
    """
    secret = load_secret(settings, store)
    tasks = Tasks()
    sign_outs = SignOuts(store, clock, settings.user_cache_s)
    sessions = Sessions(settings, secret, store, sign_outs, clock)
    visits = Visits()
    names = Names(store, clock)
    sessions.client_names = lambda: names.current
    audit = Audit(store, clock)
    sessions.proxy_header.on_refused = lambda request: audit.note_failure(
        Event.HEADER_REFUSED, request, user=None
    )

    async def end_kernel(kernel_id: str) -> None:
        if process is not None:  # at once, whatever it is doing; Voila is told of it afterwards
            await process.kill_kernel(kernel_id)
        await voila.end_kernel(kernel_id)

    open_pages = OpenPages(sessions, settings.public_url)
    downloads = Downloads(sessions, snapshots, audit, kernel_folders, clock, settings.max_downloads)
    checks = SessionChecks(settings, sessions, store, clock, SWEEP_EVERY_S)
    lifetimes = Lifetimes(settings, checks, visits, open_pages, downloads, end_kernel, clock)
    facts = FactsOfClients(store, names)
    kernels = Kernels(
        visits, snapshots, facts, kernel_folders, settings.snapshot_max_age_s, settings.page_timeout_s
    )
    renders = Renders(voila, visits, kernels, end_kernel, settings.max_renders)
    lifetimes.is_making = renders.is_making
    assets = Assets(_STATIC)
    html = Html(_TEMPLATES, assets)
    pages = Pages(settings, sessions, visits, lifetimes, renders, voila, html)
    trial = None if process is None else KernelTrial(process.try_kernel, tasks, clock)
    health = Health(store, voila, tasks, trial)
    metrics = DashboardMetrics()
    metrics.refresh = lambda: metrics.set_open(
        len(visits.all()), renders.count, len(tasks.broken), audit.waiting, audit.lost
    )
    gate = Gate(settings, secret, store, clock, sleep)
    logout = Logout(
        settings, sessions, sign_outs, store, html, audit, lifetimes.end_session, lifetimes.end_user
    )
    login = Login(settings, sessions, gate, html, audit, logout.end)
    account = Account(settings, sessions, store, gate, html, audit, lifetimes.end_user)
    channels = Channels(sessions, visits, voila, clock, settings.public_url)

    kept: dict[str, Work] = {
        "pages that are over": lifetimes.run,
        "signed-out sessions": sign_outs.run,
        "new logs": lambda: _keep_fresh(snapshots),
        "audit": audit.run,
        "facts of clients": facts.run,
    }
    stops = (checks.stop, audit.stop, downloads.stop, renders.stop, voila.close)
    app = Starlette(
        routes=[
            *_account_routes(login, logout, account, open_pages),
            *_download_routes(
                downloads, TraceFiles(sessions, snapshots, audit), ReceiptFiles(sessions, facts, audit)
            ),
            *_routes(pages, channels, assets, health, MetricsPage(metrics, settings.metrics_token)),
        ],
        middleware=_middleware(settings),
        exception_handlers=Refusals(html, sessions).handlers,
        lifespan=_lifespan(tasks, kept, lambda: _running(kernels, process, tasks), stops),
    )
    app.router.redirect_slashes = False  # one address for each page
    app.middleware_stack = SecurityHeaders(app.build_middleware_stack(), headers_of(settings))
    app.state.kernels, app.state.renders, app.state.visits = kernels, renders, visits
    app.state.lifetimes, app.state.sessions, app.state.metrics = lifetimes, sessions, metrics
    app.state.sign_outs, app.state.tasks, app.state.process = sign_outs, tasks, process
    app.state.audit, app.state.names = audit, names
    app.state.open_pages, app.state.checks = open_pages, checks
    return app


def _lifespan(
    tasks: Tasks,
    kept: Mapping[str, Work],
    running: Callable[[], contextlib.AbstractAsyncContextManager[None]],
    stops: Iterable[Work],
) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    """What goes on while the application runs, and what is ended with it, in this order."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        for name, work in kept.items():
            tasks.keep(name, work())
        async with running():
            yield
        for stop in stops:
            await stop()

    return lifespan


def _middleware(settings: DashboardSettings) -> list[Middleware]:
    """From the outside in: who is connected comes before whom a proxy says it is connected for."""
    trusted = list(settings.trusted_proxies)
    return [
        Middleware(Peer),
        *([Middleware(ProxyHeadersMiddleware, trusted_hosts=trusted)] if trusted else ()),
    ]


def _account_routes(
    login: Login, logout: Logout, account: Account, open_pages: OpenPages
) -> list[Route | WebSocketRoute]:
    """Coming in, going out, one's own account, and hearing that the session is over."""
    return [
        Route("/login", login.show),
        Route("/login", login.sign_in, methods=["POST"]),
        Route("/logout", logout.sign_out, methods=["POST"]),
        Route("/logout/everywhere", logout.everywhere, methods=["POST"]),
        Route("/account", account.show),
        Route("/account/password", account.change_password, methods=["POST"]),
        WebSocketRoute("/session/{tag}/end", open_pages.serve),
    ]


def _download_routes(downloads: Downloads, traces: TraceFiles, receipts: ReceiptFiles) -> list[Route]:
    """What is taken away as a file."""
    return [
        Route("/trace/{client_id}/{month}/{log_id:path}", traces.one),
        Route("/download/tickets.{format}", downloads.tickets),
        Route("/receipts/{client_id}.ndjson", receipts.all),
        Route("/receipts/{client_id}/{deletion_id}.json", receipts.one),
    ]


def _routes(
    pages: Pages, channels: Channels, assets: Assets, health: Health, metrics: MetricsPage
) -> list[Route | WebSocketRoute]:
    """Everything else that users reach."""
    return [
        *pages.routes(),
        Route("/bye/{kernel_id}", pages.bye, methods=["POST"]),
        WebSocketRoute("/api/kernels/{kernel_id}/channels", channels.serve),
        Route("/static/{name:path}", assets.serve),
        Route("/favicon.ico", assets.serve),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", metrics.show),
    ]


class Refusals:
    """Turns every error into a page that says what to do."""

    def __init__(self, html: Html, sessions: Sessions) -> None:
        self._html = html
        self._sessions = sessions
        self.handlers: dict[Any, ExceptionHandler] = {
            SignInNeeded: self._to_login,
            GatewayError: self._explain,
            LakeError: self._store_silent,
            AccessError: self._damaged,
            HTTPException: self._http,
            WebSocketDisconnect: self._left,
            Exception: self._broken,
        }

    async def _to_login(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, SignInNeeded)  # noqa: S101 - for the type checker; Starlette chose by class
        return RedirectResponse(
            "/login" if error.then == "/" else f"/login?next={quote(error.then, safe='/')}", 303
        )

    async def _explain(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, GatewayError)  # noqa: S101
        return await self._page(request, error, STATUS[type(error)])

    async def _store_silent(self, request: Request, error: Exception) -> Response:
        logger.warning("%s: %s", _name_of(request), error)
        note(store_error="read")
        is_new = isinstance(error, TableNotUnderstood)
        return await self._page(request, LogsNotUnderstood() if is_new else StoreSilent(), 503)

    async def _http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        return await self._page(request, NoSuchPage(), error.status_code)

    async def _left(self, _page: WebSocket, _error: Exception) -> None:
        """Whoever held a websocket went away while it was being closed: nobody is left who could be told."""

    async def _damaged(self, request: Request, error: Exception) -> Response:
        logger.error("%s: %s", _name_of(request), error)
        return await self._page(request, AccountDamaged(), 503)

    async def _broken(self, request: Request, error: Exception) -> Response:
        logger.error("%s: %s", _name_of(request), describe_defect(error))
        return await self._page(request, Unexpected(), 500)

    async def _page(self, request: Request, error: GatewayError, status: int) -> Response:
        words = {"title": error.title, "action_href": error.action_href, "action_label": error.action_label}
        # Nobody is asked again who it is where that may be what went wrong.
        is_doubted = isinstance(error, HeaderNotTrusted | Unexpected)
        session = None if is_doubted else await self._session(request)
        body = self._html.message(session, text=str(error), **words)
        wait_s = error.retry_after_s
        return HTMLResponse(body, status, headers={} if wait_s is None else {"Retry-After": str(wait_s)})

    async def _session(self, request: Request) -> Session | None:
        try:
            return await find_session(request, self._sessions)
        except (LakeError, AccessError, HeaderNotTrusted):
            return None


@contextlib.asynccontextmanager
async def _running(kernels: Kernels, process: VoilaProcess | None, tasks: Tasks) -> AsyncIterator[None]:
    """The kernels' door and Voila, from the application's start to its end, and the end of every background task."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS, "gateway"))
    try:
        if process is not None:
            tasks.keep("the kernels' door", kernels.listen(process.socket))
            process.on_kernel_end = kernels.note_end
            process.start(tasks)
        yield
    finally:
        await tasks.stop()
        if process is not None:
            await process.stop()


async def _keep_fresh(snapshots: SnapshotSource) -> None:
    """Look for new logs of every scope that somebody looks at, so that no page has to wait for it."""
    said = ""
    while True:
        try:
            await asyncio.to_thread(snapshots.refresh)
        except LakeError as error:
            if str(error) != said:  # once, and not every second of an outage
                logger.warning("New logs cannot be looked for: %s", error)
            said = str(error)
        else:
            said = ""
        await asyncio.sleep(_REFRESH_EVERY_S)


def _name_of(request: Request) -> str:
    """The request's method and the pattern of its address; the address itself names tickets."""
    route = request.scope.get("route")
    return f"{request.method} {route.path}" if isinstance(route, Route) else request.method
