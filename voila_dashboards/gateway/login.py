"""Signing in and out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from access.users import MAX_PASSWORD, User, get_user, verify_password
from lake.store import Store
from voila_dashboards.gateway.attempts import AttemptLimit, network_of
from voila_dashboards.gateway.errors import FormExpired, TooManyAttempts
from voila_dashboards.gateway.guard import find_visitor, require_same_origin
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.origin import local_path
from voila_dashboards.gateway.sessions import Sessions, Visitor
from voila_dashboards.settings import DashboardSettings

#: argon2id takes 64 MiB and a core each time: more at once would only make all of them slower.
_VERIFIED_AT_ONCE: Final = 2
_WRONG: Final = "The user name or the password is not right."
_LONGEST_FORM: Final = 16 * 1024
_LONGEST_NAME: Final = 100

EndSession = Callable[[str], Awaitable[None]]


class Login:
    """The handlers of `/login` and `/logout`; ``end_session`` is told which session signed out."""

    def __init__(
        self,
        settings: DashboardSettings,
        store: Store,
        sessions: Sessions,
        html: Html,
        clock: Callable[[], float],
        end_session: EndSession,
    ) -> None:
        self._settings = settings
        self._store = store
        self._sessions = sessions
        self._html = html
        self._clock = clock
        self._end_session = end_session
        self._by_user = AttemptLimit(settings.login_attempts_per_user, settings.login_window_s)
        self._by_address = AttemptLimit(settings.login_attempts_per_address, settings.login_window_s)
        self._verifying = asyncio.Semaphore(_VERIFIED_AT_ONCE)

    async def show(self, request: Request) -> Response:
        """`GET /login`: the form, or straight on for whoever is signed in."""
        then = local_path(request.query_params.get("next"))
        if await find_visitor(request, self._sessions) is not None:
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
        name = form.get("username", "").strip().lower()
        address = network_of(request.client.host if request.client else "")
        try:
            user = await self._verify(name, form.get("password", ""), address)
        except TooManyAttempts as error:
            answer = self._form(request, then, 429, str(error), name)
            answer.headers["Retry-After"] = str(error.retry_after_s)
            return answer
        return self._form(request, then, 401, _WRONG, name) if user is None else self._welcome(user, then)

    async def sign_out(self, request: Request) -> Response:
        """`POST /logout`; raises `WrongOrigin`, `FormExpired`."""
        require_same_origin(request, self._settings.public_url)
        visitor = await find_visitor(request, self._sessions)
        if visitor is not None:
            await self._end(visitor, await _read_form(request))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(
            self._sessions.cookie_name, path="/", secure=self._settings.is_https, httponly=True
        )
        return answer

    async def _end(self, visitor: Visitor, form: dict[str, str]) -> None:
        if not self._sessions.form_token_fits(form.get("csrf_token", ""), visitor.session_id):
            raise FormExpired
        self._sessions.revoke(visitor)
        await self._end_session(visitor.session_id)

    async def _verify(self, name: str, password: str, address: str) -> User | None:
        """The user, or None; as slow for a name that does not exist. Raises `TooManyAttempts`."""
        async with self._verifying:
            now = self._clock()
            wait_s = max(self._by_user.wait_s(name, now), self._by_address.wait_s(address, now))
            if wait_s:
                raise TooManyAttempts(wait_s)
            user = await asyncio.to_thread(get_user, self._store, name)
            if await asyncio.to_thread(verify_password, user, password[:MAX_PASSWORD]):
                self._by_user.forget(name)
                return user
            self._by_user.record_failure(name, now)
            self._by_address.record_failure(address, now)
            return None

    def _welcome(self, user: User, then: str) -> Response:
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
