"""Who is asking: signed cookies, and the user behind one as the lake knows it now.

A session is its cookie: replicas that share the secret share the sign-ins. What revokes it before its time
is the user: each is read again every few seconds, and a removed user, a changed role, client or password
ends the session. Signing out also ends it at once in this process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import itsdangerous

from access.users import User, get_user
from lake.store import Store
from voila_dashboards.settings import DashboardSettings

_MOST_USERS_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class Visitor:
    """A signed-in person in one browser; ``expires_at`` in seconds since the epoch."""

    session_id: str
    user: User
    expires_at: float
    csrf_token: str


class Sessions:
    """Issues and reads session cookies; ``clock`` gives seconds since the epoch."""

    def __init__(
        self, settings: DashboardSettings, secret: str, store: Store, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._secret = secret
        self._serializer = itsdangerous.URLSafeSerializer(
            secret, salt="caselog-session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._users: dict[str, tuple[float, User | None]] = {}
        self._revoked: dict[str, float] = {}

    @property
    def cookie_name(self) -> str:
        """`__Host-` binds the cookie to this host and to TLS, where there is TLS."""
        return "__Host-caselog" if self._settings.is_https else "caselog"

    def issue(self, user: User) -> str:
        """The cookie value of a new session of ``user``."""
        expires_at = self._clock() + self._settings.session_ttl_s
        claims = {"sid": secrets.token_hex(16), "user": user.name, "mark": _mark(user), "exp": expires_at}
        return str(self._serializer.dumps(claims))

    async def visitor(self, cookie: str | None) -> Visitor | None:
        """Who presents ``cookie``; None where it is forged, expired or revoked. Raises `StoreUnavailable`."""
        claims = self._read(cookie)
        if claims is None or claims["exp"] <= self._clock() or claims["sid"] in self._revoked:
            return None
        user = await self._find_user(claims["user"])
        if user is None or not hmac.compare_digest(_mark(user), claims["mark"]):
            return None
        return Visitor(claims["sid"], user, claims["exp"], self.form_token(claims["sid"]))

    async def still_holds(self, visitor: Visitor) -> bool:
        """Whether ``visitor`` would be let in again now; raises `StoreUnavailable`."""
        if visitor.expires_at <= self._clock() or visitor.session_id in self._revoked:
            return False
        user = await self._find_user(visitor.user.name)
        return user is not None and _mark(user) == _mark(visitor.user)

    def revoke(self, visitor: Visitor) -> None:
        """End this session in this process; its cookie is worthless here from now on."""
        now = self._clock()
        self._revoked = {sid: until for sid, until in self._revoked.items() if until > now}
        self._revoked[visitor.session_id] = visitor.expires_at

    def form_token(self, bound_to: str) -> str:
        """The token that a form carries, bound to a session id or to the sign-in page's own cookie."""
        return hmac.new(self._secret.encode(), b"form:" + bound_to.encode(), hashlib.sha256).hexdigest()

    def form_token_fits(self, token: str, bound_to: str) -> bool:
        """Whether ``token`` was made for ``bound_to``."""
        return hmac.compare_digest(token.encode(), self.form_token(bound_to).encode())

    def forget_user(self, name: str) -> None:
        """Read this user from the lake the next time, whatever is remembered."""
        self._users.pop(name, None)

    def _read(self, cookie: str | None) -> dict[str, Any] | None:
        if not cookie:
            return None
        try:
            claims = self._serializer.loads(cookie)
        except itsdangerous.BadData:
            return None
        return (
            claims if isinstance(claims, dict) and claims.keys() >= {"sid", "user", "mark", "exp"} else None
        )

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
    """Changes with whatever the session's rights rest on: the user's role, client and password."""
    rights = "\n".join(
        [user.name, user.role, user.client_id or "", str(user.password_hash), user.created_at.isoformat()]
    )
    return hashlib.sha256(rights.encode()).hexdigest()[:24]
