"""Who is asking: signed cookies, and the user behind one as the lake knows it now.

A session is its cookie: replicas that share the secret share the sign-ins. What revokes it before its time
is the user: each is read again every few seconds, and a removed user, changed rights or a new password
ends the session. One that was signed out is known to `gateway.signouts`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import itsdangerous

from access.errors import AccessError
from access.users import User, get_user, viewer_of
from access.viewer import Viewer
from lake.store import Store
from voila_dashboards.gateway.signouts import SignOuts
from voila_dashboards.settings import DashboardSettings

logger = logging.getLogger(__name__)

_MOST_USERS_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class Session:
    """One browser that somebody is signed in with; ``expires_at`` in seconds since the epoch."""

    session_id: str
    viewer: Viewer
    expires_at: float
    csrf_token: str
    mark: str = field(repr=False)


@dataclass(frozen=True)
class Claims:
    """What a cookie of ours says by itself, whatever has become of it; ``expires_at`` in seconds since the epoch."""

    session_id: str
    user_name: str
    mark: str
    expires_at: float


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
        self._users: dict[str, tuple[float, User | None]] = {}

    @property
    def cookie_name(self) -> str:
        """`__Host-` binds the cookie to this host and to TLS, where there is TLS."""
        return "__Host-caselog" if self._settings.is_https else "caselog"

    def issue(self, user: User) -> str:
        """The cookie value of a new session of ``user``."""
        expires_at = self._clock() + self._settings.session_ttl_s
        claims = {"sid": secrets.token_hex(16), "user": user.name, "mark": _mark(user), "exp": expires_at}
        return str(self._serializer.dumps(claims))

    async def find(self, cookie: str | None) -> Session | None:
        """Who presents ``cookie``; None where it is forged, expired, signed out or the user has changed.

        Raises `lake.errors.StoreUnavailable`, `access.errors.BrokenControlObject`.
        """
        claims = self.read(cookie)
        if claims is None:
            return None
        user = await self._find(claims.session_id, claims.expires_at, claims.user_name)
        if user is None or not hmac.compare_digest(_mark(user), claims.mark):
            return None
        sid = claims.session_id
        return Session(sid, viewer_of(user), claims.expires_at, self.form_token(sid), claims.mark)

    async def still_holds(self, session: Session) -> bool:
        """Whether ``session`` would be let in again now; raises `StoreUnavailable`."""
        if session.expires_at <= self._clock():
            return False
        try:
            user = await self._find(session.session_id, session.expires_at, session.viewer.name)
        except AccessError as error:
            logger.error("A session ends, its user cannot be read: %s", error)  # noqa: TRY400 - the sentence says it
            return False
        return user is not None and _mark(user) == session.mark

    def read(self, cookie: str | None) -> Claims | None:
        """What ``cookie`` claims; None where we did not make it or its time is over. Nothing is asked."""
        claims = self._claims(cookie)
        if claims is None or claims["exp"] <= self._clock():
            return None
        return Claims(claims["sid"], claims["user"], claims["mark"], claims["exp"])

    def form_token(self, bound_to: str) -> str:
        """The token that a form carries, bound to a session id or to the sign-in page's own cookie."""
        return hmac.new(self._secret.encode(), b"form:" + bound_to.encode(), hashlib.sha256).hexdigest()

    def form_token_fits(self, token: str, bound_to: str) -> bool:
        """Whether ``token`` was made for ``bound_to``."""
        return hmac.compare_digest(token.encode(), self.form_token(bound_to).encode())

    def forget_user(self, name: str) -> None:
        """Read this user from the lake the next time, whatever is remembered."""
        self._users.pop(name, None)

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

    async def _find(self, session_id: str, expires_at: float, user_name: str) -> User | None:
        """The session's user; None where there is none or it was signed out."""
        user, is_over = await asyncio.gather(
            self._find_user(user_name), self._sign_outs.holds(session_id, expires_at)
        )
        return None if is_over else user

    async def _find_user(self, name: str) -> User | None:
        read_at, user = self._users.get(name, (float("-inf"), None))
        if self._clock() - read_at < self._settings.user_cache_s:
            return user
        user = await asyncio.to_thread(get_user, self._store, name)
        if len(self._users) >= _MOST_USERS_REMEMBERED:
            self._users.clear()
        self._users[name] = (self._clock(), user)
        return user


def _mark(user: User) -> str:
    """Changes with whatever the session's rights rest on: the user's role, clients and password."""
    rights = "\n".join(
        [
            user.name,
            user.role,
            ",".join(user.clients or ()),
            str(user.password_hash),
            user.created_at.isoformat(),
        ]
    )
    return hashlib.sha256(rights.encode()).hexdigest()[:24]
