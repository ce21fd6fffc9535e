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

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from access.snapshots import SnapshotSource
from lake.errors import LakeError
from lake.store import Store
from serving.tasks import Tasks
from voila_dashboards.gateway.account import Account
from voila_dashboards.gateway.assets import Assets
from voila_dashboards.gateway.attempts import Sleep
from voila_dashboards.gateway.channels import Channels
from voila_dashboards.gateway.downloads import Downloads
from voila_dashboards.gateway.gate import Gate
from voila_dashboards.gateway.headers import SecurityHeaders, headers_of
from voila_dashboards.gateway.health import Health
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.kernel_trial import KernelTrial
from voila_dashboards.gateway.kernels import Kernels
from voila_dashboards.gateway.login import Login
from voila_dashboards.gateway.logout import Logout
from voila_dashboards.gateway.metrics import DashboardMetrics, MetricsPage
from voila_dashboards.gateway.pages import Pages
from voila_dashboards.gateway.parts import Accounts, Underway, make_accounts, make_underway
from voila_dashboards.gateway.proxy_header import Peer
from voila_dashboards.gateway.receipts import ReceiptFiles
from voila_dashboards.gateway.refusals import Refusals
from voila_dashboards.gateway.secret import load_secret
from voila_dashboards.gateway.traces import TraceFiles
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
    accounts = make_accounts(settings, secret, store, clock)
    underway = make_underway(
        *(settings, store, accounts, voila, snapshots),
        kernel_folders=kernel_folders,
        process=process,
        clock=clock,
    )
    tasks, metrics = Tasks(), DashboardMetrics()
    metrics.refresh = lambda: _count(metrics, accounts, underway, tasks)
    trial = None if process is None else KernelTrial(process.try_kernel, tasks, clock)
    downloads = Downloads(
        settings, accounts.sessions, snapshots, accounts.audit, underway.files, kernel_folders, clock
    )
    assets = Assets(_STATIC)
    html = Html(_TEMPLATES, assets)
    app = Starlette(
        routes=[
            *_account_routes(
                settings, store, accounts, underway, Gate(settings, secret, store, clock, sleep), html
            ),
            *_download_routes(downloads, accounts, underway, snapshots),
            *_page_routes(settings, accounts, underway, voila, html, clock),
            *_other_routes(
                assets, Health(store, voila, tasks, trial), MetricsPage(metrics, settings.metrics_token)
            ),
        ],
        middleware=_middleware(settings),
        exception_handlers=Refusals(html, accounts.sessions).handlers,
        lifespan=_lifespan(
            tasks,
            _kept(accounts, underway, snapshots),
            lambda: _running(underway.kernels, process, tasks),
            (underway.checks.stop, accounts.audit.stop, downloads.stop, underway.renders.stop, voila.close),
        ),
    )
    app.router.redirect_slashes = False  # one address for each page
    app.middleware_stack = SecurityHeaders(app.build_middleware_stack(), headers_of(settings))
    others = {"metrics": metrics, "tasks": tasks, "process": process}
    app.state = State({**vars(accounts), **vars(underway), **others})
    return app


def _kept(accounts: Accounts, underway: Underway, snapshots: SnapshotSource) -> dict[str, Work]:
    """What goes on for as long as the application runs, by what it is called where it breaks."""
    return {
        "pages that are over": underway.lifetimes.run,
        "signed-out sessions": accounts.sign_outs.run,
        "new logs": lambda: _keep_fresh(snapshots),
        "audit": accounts.audit.run,
        "facts of clients": underway.facts.run,
    }


def _count(metrics: DashboardMetrics, accounts: Accounts, underway: Underway, tasks: Tasks) -> None:
    """Set the figures that are counted when somebody asks for them."""
    audit = accounts.audit
    visits, renders = len(underway.visits.all()), underway.renders.count
    metrics.set_open(visits, renders, len(tasks.broken), audit.waiting, audit.lost)


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
    settings: DashboardSettings, store: Store, accounts: Accounts, underway: Underway, gate: Gate, html: Html
) -> list[Route | WebSocketRoute]:
    """Coming in, going out, one's own account, and hearing that the session is over."""
    sessions, audit, lifetimes = accounts.sessions, accounts.audit, underway.lifetimes
    logout = Logout(
        settings, sessions, accounts.sign_outs, store, html, audit, lifetimes.end_session, lifetimes.end_user
    )
    login = Login(settings, sessions, gate, html, audit, logout.end)
    account = Account(settings, sessions, store, gate, html, audit, lifetimes.end_user)
    return [
        Route("/login", login.show),
        Route("/login", login.sign_in, methods=["POST"]),
        Route("/logout", logout.sign_out, methods=["POST"]),
        Route("/logout/everywhere", logout.everywhere, methods=["POST"]),
        Route("/account", account.show),
        Route("/account/password", account.change_password, methods=["POST"]),
        WebSocketRoute("/session/{tag}/end", underway.open_pages.serve),
    ]


def _download_routes(
    downloads: Downloads, accounts: Accounts, underway: Underway, snapshots: SnapshotSource
) -> list[Route]:
    """What is taken away as a file."""
    traces = TraceFiles(accounts.sessions, snapshots, accounts.audit, underway.files)
    receipts = ReceiptFiles(accounts.sessions, underway.facts, accounts.audit)
    return [
        Route("/trace/{client_id}/{month}/{log_id:path}", traces.one),
        Route("/download/tickets.{format}", downloads.tickets),
        Route("/receipts/{client_id}.ndjson", receipts.all),
        Route("/receipts/{client_id}/{deletion_id}.json", receipts.one),
    ]


def _page_routes(
    settings: DashboardSettings,
    accounts: Accounts,
    underway: Underway,
    voila: Voila,
    html: Html,
    clock: Callable[[], float],
) -> list[Route | WebSocketRoute]:
    """Pages, and the ways to their kernels."""
    sessions, visits = accounts.sessions, underway.visits
    pages = Pages(settings, sessions, visits, underway.lifetimes, underway.renders, voila, html)
    channels = Channels(sessions, visits, voila, clock, settings.public_url)
    return [
        *pages.routes(),
        Route("/bye/{kernel_id}", pages.bye, methods=["POST"]),
        WebSocketRoute("/api/kernels/{kernel_id}/channels", channels.serve),
    ]


def _other_routes(assets: Assets, health: Health, metrics: MetricsPage) -> list[Route]:
    """What tells nothing of anybody."""
    return [
        Route("/static/{name:path}", assets.serve),
        Route("/favicon.ico", assets.serve),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", metrics.show),
    ]


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
