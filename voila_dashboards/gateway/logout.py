"""Signing out: of this browser, or of every one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from access.audit import Event
from access.errors import UnknownUser
from access.users import sign_out_everywhere
from lake.errors import LakeError, StoreUnavailable
from lake.store import Store
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.errors import FormExpired, GatewayError, SignedOutHereOnly, SignOutUntold
from voila_dashboards.gateway.forms import read_form
from voila_dashboards.gateway.guard import require_same_origin, require_session
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.session_end import SessionEnd
from voila_dashboards.gateway.sessions import Claims, Sessions
from voila_dashboards.gateway.signouts import SignOuts
from voila_dashboards.settings import DashboardSettings

logger = logging.getLogger(__name__)

End = Callable[[str, SessionEnd], Awaitable[None]]


class Logout:
    """The handlers of `/logout`; ``end_session`` is told which session signed out, ``end_user`` which user."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        sign_outs: SignOuts,
        store: Store,
        html: Html,
        audit: Audit,
        end_session: End,
        end_user: End,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._sign_outs = sign_outs
        self._store = store
        self._html = html
        self._audit = audit
        self._end_session = end_session
        self._end_user = end_user

    async def sign_out(self, request: Request) -> Response:
        """`POST /logout`; raises `WrongOrigin`, `FormExpired`, `HeaderNotTrusted`.

        The store is told, and need not answer. A session that the proxy began is not ended without its header.
        """
        require_same_origin(request, self._settings.public_url)
        proxy_user = self._sessions.proxy_header.user_of(request)
        session = self._sessions.read(request.cookies.get(self._sessions.cookie_name))
        if session is not None and session.is_by_proxy and session.user_name != proxy_user:
            session = None
        answer = self._goodbye(is_by_proxy=session is not None and session.is_by_proxy)
        if session is not None and not await self._end(request, session, await read_form(request)):
            answer = self._message(SignOutUntold(), 503)
        self._sessions.end(answer)
        return answer

    async def everywhere(self, request: Request) -> Response:
        """`POST /logout/everywhere`: end every session of the user.

        Raises `SignInNeeded`, `WrongOrigin`, `FormExpired`, and `StoreUnavailable` where nothing was ended.
        """
        require_same_origin(request, self._settings.public_url)
        session = await require_session(request, self._sessions)
        form = await read_form(request)
        if not self._sessions.form_token_fits(form.get("csrf_token", ""), session.session_id):
            raise FormExpired
        viewer, now = session.viewer, datetime.fromtimestamp(self._sessions.now(), UTC)
        try:
            await asyncio.to_thread(sign_out_everywhere, self._store, viewer.name, now)
        except UnknownUser:  # removed in this moment, which ends all of them too
            logger.warning("A user who signed out everywhere is no longer there.")
        self._sessions.forget_user(viewer.name)
        self._audit.note(
            Event.SIGNED_OUT_EVERYWHERE, request, user=viewer.name, client_id=viewer.scope.only_client
        )
        await self._end_user(viewer.name, SessionEnd.CHANGED)
        answer = self._goodbye(is_by_proxy=session.is_by_proxy)
        self._sessions.end(answer)
        return answer

    async def _end(self, request: Request, session: Claims, form: dict[str, str]) -> bool:
        """As `end`; raises `FormExpired` where the form is of another session."""
        if not self._sessions.form_token_fits(form.get("csrf_token", ""), session.session_id):
            raise FormExpired
        return await self.end(request, session)

    async def end(self, request: Request, session: Claims) -> bool:
        """Sign the session out and end its pages; whether the lake knows it."""
        if not await self._is_over(session):
            self._audit.note(Event.SIGNED_OUT, request, user=session.user_name, client_id=session.client_id)
        try:
            await self._sign_outs.sign_out(session.session_id, session.expires_at)
        except StoreUnavailable as error:
            logger.warning("A session was signed out in this process only, for now: %s", error)
            return False
        finally:
            await self._end_session(session.session_id, SessionEnd.SIGNED_OUT)
        return True

    async def _is_over(self, session: Claims) -> bool:
        """Whether it was signed out before: a cookie can be sent again and again."""
        try:
            return await self._sign_outs.holds(session.session_id, session.expires_at)
        except LakeError:
            return False

    def _goodbye(self, *, is_by_proxy: bool) -> Response:
        """Where it goes on: to the proxy's own sign-out, which still knows who it is, where there is one."""
        if is_by_proxy and self._settings.trusted_sign_out_url is None:
            return self._message(SignedOutHereOnly(), 200)
        return RedirectResponse((is_by_proxy and self._settings.trusted_sign_out_url) or "/login", 303)

    def _message(self, error: GatewayError, status: int) -> Response:
        words = {"title": error.title, "action_href": error.action_href, "action_label": error.action_label}
        return HTMLResponse(self._html.message(None, text=str(error), **words), status)
