"""Who is asking: signed cookies, and the user behind one as the lake knows it now.

A session is its cookie: replicas that share the secret share the sign-ins. What revokes it before its time
is the user: each is read again every few seconds, and a removed or disabled user, changed rights, a new password or a
sign-out everywhere ends the session. One that was signed out by itself is known to `gateway.signouts`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import itsdangerous
from starlette.responses import Response

from access.account_look import AccountLook
from access.errors import AccessError
from access.users import User, find_user, viewer_of
from access.viewer import Viewer
from lake.store import Store
from voila_dashboards.gateway.known_users import KnownUsers
from voila_dashboards.gateway.proxy_header import ProxyHeader
from voila_dashboards.gateway.session_end import SessionEnd
from voila_dashboards.gateway.signouts import SignOuts
from voila_dashboards.settings import DashboardSettings

logger = logging.getLogger(__name__)

#: What replicas' clocks may be apart.
_CLOCKS_DIFFER_S: Final = 30.0


@dataclass(frozen=True)
class Session:
    """One browser that somebody is signed in with; times in seconds since the epoch."""

    session_id: str
    viewer: Viewer
    expires_at: float
    csrf_token: str
    mark: str = field(repr=False)
    #: Names the session in the address of a page's websocket, and is worth nothing by itself.
    tag: str = ""
    issued_at: float = 0.0
    #: Whether the company's proxy said who it is; then each request has to bear that header.
    is_by_proxy: bool = False


@dataclass(frozen=True)
class Claims:
    """What a cookie of ours says by itself, whatever has become of it; times in seconds since the epoch.

    ``client_id`` is the only client that the user sees.
    """

    session_id: str
    user_name: str
    client_id: str | None
    mark: str
    issued_at: float
    expires_at: float
    is_by_proxy: bool


class Sessions:
    """Issues and reads session cookies; ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        settings: DashboardSettings,
        secret: str,
        store: Store,
        sign_outs: SignOuts,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._store = store
        self._sign_outs = sign_outs
        self._clock = clock
        self._secret = secret
        self._serializer = itsdangerous.URLSafeSerializer(
            secret, salt="caselog-session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._users = KnownUsers(store, clock, settings.user_cache_s)
        self.proxy_header = ProxyHeader(settings)
        #: What clients are called, by id, as far as it is known.
        self.client_names: Callable[[], Mapping[str, str]] = dict

    @property
    def cookie_name(self) -> str:
        """`__Host-` binds the cookie to this host and to TLS, where there is TLS."""
        return "__Host-caselog" if self._settings.is_https else "caselog"

    def issue(self, user: User, *, is_by_proxy: bool = False) -> str:
        """The cookie value of a new session of ``user``."""
        now = self._clock()
        claims = {
            "sid": secrets.token_hex(16),
            "user": user.name,
            "mark": _mark(user),
            "iat": now,
            "exp": now + self._settings.session_ttl_s,
            "client": user.scope.only_client,
            "via": "proxy" if is_by_proxy else "password",
        }
        return str(self._serializer.dumps(claims))

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    def begin(self, answer: Response, user: User, *, is_by_proxy: bool) -> None:
        """Have the browser that gets ``answer`` signed in as ``user``."""
        self.forget_user(user.name)
        answer.set_cookie(
            self.cookie_name,
            self.issue(user, is_by_proxy=is_by_proxy),
            max_age=int(self._settings.session_ttl_s),
            path="/",
            secure=self._settings.is_https,
            httponly=True,
            samesite="lax",  # a link to a ticket in a mail opens the ticket, not the sign-in
        )

    def end(self, answer: Response) -> None:
        """Have the browser that gets ``answer`` forget its session."""
        answer.delete_cookie(self.cookie_name, path="/", secure=self._settings.is_https, httponly=True)

    async def read_user(self, name: str) -> User | None:
        """The user as the lake knows them now; raises `lake.errors.StoreUnavailable`."""
        return await find_user(self._store, name)

    async def find(self, cookie: str | None, proxy_user: str | None = None) -> Session | None:
        """Who presents ``cookie``; None where it is forged, expired, signed out or the user has changed.

        ``proxy_user`` is whom the company's proxy names with this request: then only a session that it began for the
        same user counts, and none that it began without.

        Raises `lake.errors.StoreUnavailable`, `access.errors.BrokenControlObject`.
        """
        claims = self.read(cookie)
        if claims is None or (claims.user_name if claims.is_by_proxy else None) != proxy_user:
            return None
        self._forget_older(claims)
        user, is_over = await self._find(claims.session_id, claims.expires_at, claims.user_name)
        if is_over or user is None or user.disabled_at or not hmac.compare_digest(_mark(user), claims.mark):
            return None
        sid = claims.session_id
        token = self.form_token(sid)
        return Session(
            sid,
            viewer_of(user, self.client_names()),
            claims.expires_at,
            token,
            claims.mark,
            self._tag(sid),
            claims.issued_at,
            is_by_proxy=claims.is_by_proxy,
        )

    async def end_of(self, session: Session) -> SessionEnd | None:
        """Why ``session`` would not be let in again now, None where it would; raises `StoreUnavailable`."""
        if end := self.known_end(session):
            return end
        try:
            user, is_signed_out = await self._find(
                session.session_id, session.expires_at, session.viewer.name
            )
        except AccessError as error:
            logger.error("A session's pages end, its user cannot be read: %s", error)  # noqa: TRY400 - as it says
            return SessionEnd.UNCHECKED
        if is_signed_out:
            return SessionEnd.SIGNED_OUT
        holds = user is not None and user.disabled_at is None and _mark(user) == session.mark
        return None if holds else SessionEnd.CHANGED

    def known_end(self, session: Session) -> SessionEnd | None:
        """Why it is over, as far as that is known without asking anybody."""
        if session.expires_at <= self._clock():
            return SessionEnd.EXPIRED
        return SessionEnd.SIGNED_OUT if self._sign_outs.knows(session.session_id) else None

    def confirm(self, look: AccountLook, at: float, sessions: Iterable[Session]) -> None:
        """Believe what ``look``, begun at ``at``, found unchanged of users and of these sessions."""
        self._users.confirm(look, at)
        self._sign_outs.confirm(look, at, {each.session_id: each.expires_at for each in sessions})

    def read(self, cookie: str | None) -> Claims | None:
        """What ``cookie`` claims; None where we did not make it or its time is over. Nothing is asked."""
        claims = self._claims(cookie)
        if claims is None or claims["exp"] <= self._clock():
            return None
        return Claims(
            session_id=claims["sid"],
            user_name=claims["user"],
            client_id=claims.get("client"),
            mark=claims["mark"],
            issued_at=claims.get("iat", 0.0),
            expires_at=claims["exp"],
            is_by_proxy=claims.get("via") == "proxy",
        )

    def form_token(self, bound_to: str) -> str:
        """The token that a form carries, bound to a session id or to the sign-in page's own cookie."""
        return hmac.new(self._secret.encode(), b"form:" + bound_to.encode(), hashlib.sha256).hexdigest()

    def form_token_fits(self, token: str, bound_to: str) -> bool:
        """Whether ``token`` was made for ``bound_to``."""
        return hmac.compare_digest(token.encode(), self.form_token(bound_to).encode())

    def forget_user(self, name: str) -> None:
        """Read this user from the lake the next time, whatever is remembered."""
        self._users.forget(name)

    def _tag(self, session_id: str) -> str:
        digest = hmac.new(self._secret.encode(), b"page:" + session_id.encode(), hashlib.sha256)
        return digest.hexdigest()[:32]

    def _forget_older(self, claims: Claims) -> None:
        """Read the user anew where another replica issued the cookie after what is remembered was read here."""
        read_at, user = self._users.peek(claims.user_name)
        if claims.issued_at + _CLOCKS_DIFFER_S >= read_at and (user is None or _mark(user) != claims.mark):
            self.forget_user(claims.user_name)

    def _claims(self, cookie: str | None) -> dict[str, Any] | None:
        if not cookie:
            return None
        try:
            claims = self._serializer.loads(cookie)
        except itsdangerous.BadData:
            return None
        return (
            claims if isinstance(claims, dict) and claims.keys() >= {"sid", "user", "mark", "exp"} else None
        )

    async def _find(self, session_id: str, expires_at: float, user_name: str) -> tuple[User | None, bool]:
        """The session's user, and whether it was signed out."""
        return await asyncio.gather(
            self._users.find(user_name), self._sign_outs.holds(session_id, expires_at)
        )


def _mark(user: User) -> str:
    """Changes with whatever a session rests on: the user's role, clients, password, and sign-outs everywhere."""
    rights = "\n".join(
        [
            user.name,
            user.role,
            ",".join(user.clients or ()),
            str(user.password_hash),
            user.created_at.isoformat(),
            *([user.signed_out_at.isoformat()] if user.signed_out_at else ()),
        ]
    )
    return hashlib.sha256(rights.encode()).hexdigest()[:24]
