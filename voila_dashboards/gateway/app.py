"""The gateway's wiring: every address it answers, and nothing else. What is not listed here is 404."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from access.errors import AccessError
from access.snapshots import FileUrls, SnapshotSource
from lake.errors import LakeError
from lake.store import Store
from voila_dashboards.gateway.assets import Assets
from voila_dashboards.gateway.broker import Broker
from voila_dashboards.gateway.channels import Channels
from voila_dashboards.gateway.errors import STATUS, GatewayError, NoSuchPage, StoreSilent
from voila_dashboards.gateway.guard import SignInNeeded, find_visitor
from voila_dashboards.gateway.headers import SecurityHeaders
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.keeper import Keeper
from voila_dashboards.gateway.lake_files import LakeFiles
from voila_dashboards.gateway.login import Login
from voila_dashboards.gateway.pages import Pages
from voila_dashboards.gateway.secret import load_secret
from voila_dashboards.gateway.sessions import Sessions, Visitor
from voila_dashboards.gateway.visits import Visits
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila
from voila_dashboards.voila.process import VoilaProcess

_PACKAGE: Final = Path(__file__).parent.parent
_STATIC: Final = (_PACKAGE / "static", _PACKAGE / "voila" / "static")
_TEMPLATES: Final = (_PACKAGE / "gateway" / "templates", _PACKAGE / "templates")


def create_gateway(
    settings: DashboardSettings,
    store: Store,
    voila: Voila,
    *,
    local_url: str,
    process: VoilaProcess | None = None,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The application; raises `StoreUnavailable` where the session secret cannot be read.

    ``local_url`` is how this machine's kernels reach the gateway for a folder's files. ``process`` is started
    and ended with the application.
    """
    secret = load_secret(settings, store)
    file_urls = FileUrls(local_url, _derived(secret, b"lake-files")) if store.folder is not None else None
    snapshots = SnapshotSource(store, file_urls, timedelta(seconds=settings.snapshot_url_ttl_s))
    sessions = Sessions(settings, secret, store, clock)
    visits = Visits(settings.grant_ttl_s)
    keeper = Keeper(settings, sessions, visits, voila, clock)
    assets = Assets(_STATIC)
    html = Html(_TEMPLATES, assets)
    broker = Broker(visits, snapshots, clock, settings.snapshot_max_age_s)
    pages = Pages(settings, store, sessions, visits, keeper, voila, html)
    login = Login(settings, store, sessions, html, clock, keeper.end_session)
    channels = Channels(sessions, visits, voila, clock, settings.public_url)

    routes: list[Route | WebSocketRoute] = [
        Route("/", pages.overview),
        Route("/tickets", pages.tickets),
        Route("/ticket/{client_id}/{log_id:path}", pages.ticket),
        Route("/login", login.show),
        Route("/login", login.sign_in, methods=["POST"]),
        Route("/logout", login.sign_out, methods=["POST"]),
        Route("/bye/{kernel_id}", pages.bye, methods=["POST"]),
        WebSocketRoute("/api/kernels/{kernel_id}/channels", channels.serve),
        Route("/static/{name:path}", assets.serve),
        Route("/favicon.ico", assets.serve),
        Route("/healthz", pages.healthz),
        Route("/readyz", pages.readyz),
    ]
    if file_urls is not None and store.folder is not None:
        routes.append(Route("/lake/{key:path}", LakeFiles(store.folder, file_urls, clock).serve))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with _running(broker, keeper, process):
            yield
        await voila.close()

    app = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, is_https=settings.is_https)],
        exception_handlers=Refusals(html, sessions).handlers,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # one address for each page
    app.state.broker, app.state.visits, app.state.keeper, app.state.sessions = (
        broker,
        visits,
        keeper,
        sessions,
    )
    return app


class Refusals:
    """Turns every error into a page that says what to do."""

    def __init__(self, html: Html, sessions: Sessions) -> None:
        self._html = html
        self._sessions = sessions
        self.handlers = {
            SignInNeeded: self._to_login,
            GatewayError: self._explain,
            LakeError: self._store_silent,
            AccessError: self._broken,
            HTTPException: self._http,
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

    async def _store_silent(self, request: Request, _error: Exception) -> Response:
        return await self._page(request, StoreSilent(), 503)

    async def _http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        return await self._page(request, NoSuchPage(), error.status_code)

    async def _broken(self, request: Request, _error: Exception) -> Response:
        return await self._page(
            request, GatewayError("This is a mistake on our side; it has been recorded."), 500
        )

    async def _page(self, request: Request, error: GatewayError, status: int) -> Response:
        words = {"title": error.title, "action_href": error.action_href, "action_label": error.action_label}
        body = self._html.message(await self._visitor(request), text=str(error), **words)
        return HTMLResponse(body, status)

    async def _visitor(self, request: Request) -> Visitor | None:
        try:
            return await find_visitor(request, self._sessions)
        except (LakeError, AccessError):
            return None


@contextlib.asynccontextmanager
async def _running(broker: Broker, keeper: Keeper, process: VoilaProcess | None) -> AsyncIterator[None]:
    """The socket, the sweeper and Voila, from the application's start to its end."""
    server = await broker.listen(process.socket) if process is not None else None
    sweeper = asyncio.create_task(keeper.run())
    try:
        if process is not None:
            process.start()
        yield
    finally:
        sweeper.cancel()
        if server is not None:
            server.close()
        if process is not None:
            await process.stop()


def _derived(secret: str, purpose: bytes) -> bytes:
    """A key of its own for each purpose, so that one kind of signature can never pass for another."""
    return hmac.new(secret.encode(), purpose, hashlib.sha256).digest()
