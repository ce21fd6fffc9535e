"""Every error as a page that says what to do."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ExceptionHandler
from starlette.websockets import WebSocket, WebSocketDisconnect

from access.errors import AccessError
from lake.errors import LakeError, TableNotUnderstood
from serving.exchange import note
from serving.service_log import describe_defect
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
from voila_dashboards.gateway.guard import SignInNeeded, find_session
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.sessions import Session, Sessions

logger = logging.getLogger(__name__)


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


def _name_of(request: Request) -> str:
    """The request's method and the pattern of its address; the address itself names tickets."""
    route = request.scope.get("route")
    return f"{request.method} {route.path}" if isinstance(route, Route) else request.method
