"""Signing in and out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from lake.errors import StoreUnavailable
from voila_dashboards.gateway.attempts import network_of
from voila_dashboards.gateway.errors import FormExpired, SignOutUntold, TooManyAttempts
from voila_dashboards.gateway.gate import Admitted, Attempt, Gate
from voila_dashboards.gateway.guard import find_session, require_same_origin
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.origin import local_path
from voila_dashboards.gateway.sessions import Claims, Sessions
from voila_dashboards.gateway.signouts import SignOuts
from voila_dashboards.settings import DashboardSettings

logger = logging.getLogger(__name__)

_WRONG: Final = "The user name or the password is not right."
_LONGEST_FORM: Final = 16 * 1024
_LONGEST_NAME: Final = 100

EndSession = Callable[[str], Awaitable[None]]


class Login:
    """The handlers of `/login` and `/logout`; ``end_session`` is told which session signed out."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        sign_outs: SignOuts,
        gate: Gate,
        html: Html,
        end_session: EndSession,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._sign_outs = sign_outs
        self._gate = gate
        self._html = html
        self._end_session = end_session

    async def show(self, request: Request) -> Response:
        """`GET /login`: the form, or straight on for whoever is signed in."""
        then = local_path(request.query_params.get("next"))
        if await find_session(request, self._sessions) is not None:
            return RedirectResponse(then, 303)
        return self._form(request, then)

    async def sign_in(self, request: Request) -> Response:
        """`POST /login`; raises `WrongOrigin`, `FormExpired`, `StoreUnavailable`."""
        require_same_origin(request, self._settings.public_url)
        form = await _read_form(request)
        browser = request.cookies.get(self._form_cookie, "")
        if not browser or not self._sessions.form_token_fits(form.get("csrf_token", ""), browser):
            raise FormExpired
        then = local_path(form.get("next"))
        attempt = Attempt(
            form.get("username", "").strip().lower(),
            form.get("password", ""),
            network_of(request.client.host if request.client else ""),
            request.cookies.get(self._gate.cookie_name),
        )
        try:
            admitted = await self._gate.verify(attempt)
        except TooManyAttempts as error:
            answer = self._form(request, then, 429, str(error), attempt.name)
            answer.headers["Retry-After"] = str(error.retry_after_s)
            return answer
        if admitted is None:
            return self._form(request, then, 401, _WRONG, attempt.name)
        return self._welcome(admitted, then)

    async def sign_out(self, request: Request) -> Response:
        """`POST /logout`; raises `WrongOrigin`, `FormExpired`. The store is told, and need not answer."""
        require_same_origin(request, self._settings.public_url)
        session = self._sessions.read(request.cookies.get(self._sessions.cookie_name))
        answer: Response = RedirectResponse("/login", 303)
        if session is not None and not await self._end(session, await _read_form(request)):
            untold = SignOutUntold()
            words = {
                "title": untold.title,
                "action_href": untold.action_href,
                "action_label": untold.action_label,
            }
            answer = HTMLResponse(self._html.message(None, text=str(untold), **words), 503)
        answer.delete_cookie(
            self._sessions.cookie_name, path="/", secure=self._settings.is_https, httponly=True
        )
        return answer

    async def _end(self, session: Claims, form: dict[str, str]) -> bool:
        """Sign the session out and end its pages; whether the lake knows it. Raises `FormExpired`."""
        if not self._sessions.form_token_fits(form.get("csrf_token", ""), session.session_id):
            raise FormExpired
        try:
            await self._sign_outs.sign_out(session.session_id, session.expires_at)
        except StoreUnavailable as error:
            logger.warning("A session was signed out in this process only, for now: %s", error)
            return False
        finally:
            await self._end_session(session.session_id)
        return True

    def _welcome(self, admitted: Admitted, then: str) -> Response:
        user = admitted.user
        self._sessions.forget_user(user.name)
        answer = RedirectResponse(then, 303)
        answer.set_cookie(
            self._sessions.cookie_name,
            self._sessions.issue(user),
            max_age=int(self._settings.session_ttl_s),
            path="/",
            secure=self._settings.is_https,
            httponly=True,
            samesite="lax",  # a link to a ticket in a mail opens the ticket, not the sign-in
        )
        answer.set_cookie(
            self._gate.cookie_name,
            admitted.device_cookie,
            max_age=int(self._settings.login_device_ttl_s),
            path="/login",
            secure=self._settings.is_https,
            httponly=True,
            samesite="strict",
        )
        answer.delete_cookie(self._form_cookie, path="/login", secure=self._settings.is_https, httponly=True)
        return answer

    def _form(
        self, request: Request, then: str, status: int = 200, error: str | None = None, name: str = ""
    ) -> Response:
        browser = request.cookies.get(self._form_cookie) or secrets.token_urlsafe(24)
        page = self._html.login(self._sessions.form_token(browser), then, error, name[:_LONGEST_NAME])
        answer = HTMLResponse(page, status)
        answer.set_cookie(
            self._form_cookie,
            browser,
            max_age=3600,
            path="/login",
            secure=self._settings.is_https,
            httponly=True,
            samesite="strict",
        )
        return answer

    @property
    def _form_cookie(self) -> str:
        return "__Secure-caselog-form" if self._settings.is_https else "caselog-form"


async def _read_form(request: Request) -> dict[str, str]:
    """The form's texts; raises `FormExpired` where it is no form of ours."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            raise FormExpired
    try:
        return dict(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=False, max_num_fields=20)
        )
    except ValueError:
        raise FormExpired from None
