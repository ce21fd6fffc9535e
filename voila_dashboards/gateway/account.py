"""The account page: who is signed in, whose logs they see, and the change of their password."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from access.audit import Event
from access.errors import InvalidPassword, PasswordChanged, UnknownUser
from access.passwords import RULES
from access.users import User, set_password
from lake.store import Store
from voila_dashboards.gateway.attempts import network_of
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.errors import FormExpired, NoSuchPage, TooManyAttempts
from voila_dashboards.gateway.forms import read_form
from voila_dashboards.gateway.gate import Attempt, Gate, Refused
from voila_dashboards.gateway.guard import SignInNeeded, require_same_origin, require_session
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.lifetimes import SWEEP_EVERY_S
from voila_dashboards.gateway.session_end import SessionEnd
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.settings import DashboardSettings

_WRONG: Final = "The current password is not right."
_TWO: Final = "The new password was typed in two ways."
_OVERTAKEN: Final = (
    "Your password was changed elsewhere in this moment, and not by this form. If that was you, log in with the new "
    "one and try again; if not, tell your provider."
)
_SAID_FOR_S: Final = 60.0
_SAME: Final = "The new password is the current one."

EndUser = Callable[[str, SessionEnd], Awaitable[None]]


class Account:
    """The handlers of `/account`; ``end_user`` is told whose sessions are over."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        store: Store,
        gate: Gate,
        html: Html,
        audit: Audit,
        end_user: EndUser,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._store = store
        self._gate = gate
        self._html = html
        self._audit = audit
        self._end_user = end_user

    async def show(self, request: Request) -> Response:
        """`GET /account`; raises `SignInNeeded`, `StoreUnavailable`."""
        session = await require_session(request, self._sessions)
        # Whoever changed the password has the session that this began; a link alone says nothing.
        is_new = self._sessions.now() - session.issued_at < _SAID_FOR_S
        return self._page(session, is_changed=is_new and request.query_params.get("changed") == "password")

    async def change_password(self, request: Request) -> Response:
        """`POST /account/password`: another password, which ends every other session of the user.

        Raises `SignInNeeded`, `WrongOrigin`, `FormExpired`, `StoreUnavailable`, and `NoSuchPage` for whoever came by
        the company's proxy: who is signed in there has not shown that they know a password.
        """
        require_same_origin(request, self._settings.public_url)
        session = await require_session(request, self._sessions)
        form = await read_form(request)
        if not self._sessions.form_token_fits(form.get("csrf_token", ""), session.session_id):
            raise FormExpired
        if session.is_by_proxy:
            raise NoSuchPage
        if form.get("new", "") != form.get("again", ""):
            return self._page(session, 422, _TWO)
        try:
            return await self._change(request, session, form.get("current", ""), form.get("new", ""))
        except TooManyAttempts as error:
            answer = self._page(session, 429, str(error))
            answer.headers["Retry-After"] = str(error.retry_after_s)
            return answer
        except InvalidPassword as error:
            return self._page(session, 422, str(error))
        except UnknownUser:  # removed in this moment
            raise SignInNeeded("/account") from None
        except PasswordChanged:
            return self._page(session, 409, _OVERTAKEN)

    async def _change(self, request: Request, session: Session, current: str, new: str) -> Response:
        viewer = session.viewer
        network = network_of(request.client.host if request.client else "")
        # Whoever holds a session guesses at the password as slowly as anybody at the sign-in.
        admitted = await self._gate.verify(Attempt(viewer.name, current, network, None))
        client_id = viewer.scope.only_client
        if isinstance(admitted, Refused):
            self._audit.note_failure(
                Event.PASSWORD_NOT_CHANGED, request, user=viewer.name, client_id=client_id
            )
            return self._page(session, 401, _WRONG)
        if new == current:
            return self._page(session, 422, _SAME)
        now = datetime.fromtimestamp(self._sessions.now(), UTC)
        known = admitted.user.password_hash
        user = await asyncio.to_thread(set_password, self._store, viewer.name, new, now, in_place_of=known)
        self._audit.note(
            Event.PASSWORD_CHANGED, request, user=viewer.name, client_id=client_id, by="password"
        )
        await self._end_user(viewer.name, SessionEnd.CHANGED)
        return self._go_on(admitted.user, user)

    def _go_on(self, before: User, changed: User) -> Response:
        """A new session, the only one that holds from now on."""
        user = before.model_copy(update={"password_hash": changed.password_hash})
        answer = RedirectResponse("/account?changed=password", 303)
        self._sessions.begin(answer, user, is_by_proxy=False)
        return answer

    def _page(
        self, session: Session, status: int = 200, error: str | None = None, *, is_changed: bool = False
    ) -> Response:
        page = self._html.account(
            session,
            rules=RULES,
            error=error,
            is_changed=is_changed,
            seconds=round(self._settings.user_cache_s + SWEEP_EVERY_S),
            has_proxy_sign_out=self._settings.trusted_sign_out_url is not None,
        )
        return HTMLResponse(page, status)
