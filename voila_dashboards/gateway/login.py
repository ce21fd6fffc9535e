"""Signing in, by password or by the word of a company's proxy."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from access.audit import Event
from access.users import User
from voila_dashboards.gateway.attempts import network_of
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.errors import CookieNotKept, FormExpired, NoSuchUserHere, TooManyAttempts
from voila_dashboards.gateway.forms import read_form
from voila_dashboards.gateway.gate import Admitted, Attempt, Gate, Refused
from voila_dashboards.gateway.guard import find_session, require_same_origin
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.origin import local_path
from voila_dashboards.gateway.sessions import Claims, Sessions
from voila_dashboards.settings import DashboardSettings

_WRONG: Final = "The user name or the password is not right."
_LONGEST_NAME: Final = 100
#: Says that the cookie was given with the answer before.
_ENTERED: Final = "entered"

EndSession = Callable[[Request, Claims], Awaitable[bool]]


class Login:
    """The handlers of `/login`; ``end_session`` is told which session a new one takes the place of."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        gate: Gate,
        html: Html,
        audit: Audit,
        end_session: EndSession,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._gate = gate
        self._html = html
        self._audit = audit
        self._end_session = end_session

    async def show(self, request: Request) -> Response:
        """`GET /login`: the form, or straight on for whoever is signed in, here or by the company's proxy.

        Raises `HeaderNotTrusted`, `NoSuchUserHere`, `CookieNotKept`, `StoreUnavailable`.
        """
        then = local_path(request.query_params.get("next"))
        if await find_session(request, self._sessions) is not None:
            return RedirectResponse(then, 303)
        proxy_user = self._sessions.proxy_header.user_of(request)
        if proxy_user is not None:
            return await self._enter_by_proxy(request, proxy_user, then)
        return self._form(request, then)

    async def sign_in(self, request: Request) -> Response:
        """`POST /login`; raises `WrongOrigin`, `FormExpired`, `HeaderNotTrusted`, `StoreUnavailable`."""
        require_same_origin(request, self._settings.public_url)
        form = await read_form(request)
        if self._sessions.proxy_header.user_of(request) is not None:  # the proxy has said who it is
            return RedirectResponse("/login", 303)
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
        if isinstance(admitted, Refused):
            self._note_failure(request, admitted.user)
            return self._form(request, then, 401, _WRONG, attempt.name)
        answer = await self._welcome(request, admitted.user, then, is_by_proxy=False)
        self._remember_browser(answer, admitted)
        return answer

    def _remember_browser(self, answer: Response, admitted: Admitted) -> None:
        """Have the browser known from now on; its form is done with."""
        is_https = self._settings.is_https
        answer.set_cookie(
            self._gate.cookie_name,
            admitted.device_cookie,
            max_age=int(self._settings.login_device_ttl_s),
            path="/login",
            secure=is_https,
            httponly=True,
            samesite="strict",
        )
        answer.delete_cookie(self._form_cookie, path="/login", secure=is_https, httponly=True)

    async def _enter_by_proxy(self, request: Request, name: str, then: str) -> Response:
        if _ENTERED in request.query_params:
            raise CookieNotKept
        user = await self._sessions.read_user(name)
        if user is None or user.disabled_at:
            self._note_failure(request, user)
            raise NoSuchUserHere(name)
        # Once more here, and only then on: a browser that keeps no cookies would go round for ever.
        back = f"/login?{urlencode({'next': then, _ENTERED: '1'})}"
        return await self._welcome(request, user, back, is_by_proxy=True)

    def _note_failure(self, request: Request, user: User | None) -> None:
        """For the audit; a name that there is not may be a password that was typed in the wrong place."""
        name, client_id = (None, None) if user is None else (user.name, user.scope.only_client)
        self._audit.note_failure(Event.SIGN_IN_FAILED, request, user=name, client_id=client_id)

    async def _welcome(self, request: Request, user: User, then: str, *, is_by_proxy: bool) -> Response:
        former = self._sessions.read(request.cookies.get(self._sessions.cookie_name))
        if former is not None:  # without its cookie, nobody could end it in this browser any more
            await self._end_session(request, former)
        by = "proxy" if is_by_proxy else "password"
        self._audit.note(Event.SIGNED_IN, request, user=user.name, client_id=user.scope.only_client, by=by)
        answer = RedirectResponse(then, 303)
        self._sessions.begin(answer, user, is_by_proxy=is_by_proxy)
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
