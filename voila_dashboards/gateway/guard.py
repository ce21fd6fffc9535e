"""Who a request comes from: the one place where a cookie becomes a session."""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request

from voila_dashboards.gateway.errors import WrongOrigin
from voila_dashboards.gateway.origin import is_same_origin
from voila_dashboards.gateway.sessions import Session, Sessions


class SignInNeeded(Exception):
    """Nobody is signed in; ``then`` is where whoever asks wanted to go."""

    def __init__(self, then: str) -> None:
        super().__init__("Sign in to see this page.")
        self.then = then


async def find_session(connection: HTTPConnection, sessions: Sessions) -> Session | None:
    """The session, or None; raises `HeaderNotTrusted`, `StoreUnavailable`."""
    proxy_user = sessions.proxy_header.user_of(connection)
    return await sessions.find(connection.cookies.get(sessions.cookie_name), proxy_user)


async def require_session(request: Request, sessions: Sessions) -> Session:
    """The session; raises `SignInNeeded`, `HeaderNotTrusted`, `StoreUnavailable`."""
    session = await find_session(request, sessions)
    if session is None:
        # Not by its `url`, which is made of the Host header, whatever that holds.
        query = request.scope["query_string"].decode("latin-1")
        raise SignInNeeded(request.scope["path"] + (f"?{query}" if query else ""))
    return session


def require_same_origin(connection: HTTPConnection, public_url: str | None) -> None:
    """Raise `WrongOrigin` unless one of our own pages sent this."""
    if not is_same_origin(connection, public_url):
        raise WrongOrigin
