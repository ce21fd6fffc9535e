"""Who a request comes from: the one place where a cookie becomes a visitor."""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request

from voila_dashboards.gateway.errors import WrongOrigin
from voila_dashboards.gateway.origin import is_same_origin
from voila_dashboards.gateway.sessions import Sessions, Visitor


class SignInNeeded(Exception):
    """Nobody is signed in; ``then`` is where the visitor wanted to go."""

    def __init__(self, then: str) -> None:
        super().__init__("Sign in to see this page.")
        self.then = then


async def find_visitor(connection: HTTPConnection, sessions: Sessions) -> Visitor | None:
    """The visitor, or None; raises `StoreUnavailable`."""
    return await sessions.visitor(connection.cookies.get(sessions.cookie_name))


async def require_visitor(request: Request, sessions: Sessions) -> Visitor:
    """The visitor; raises `SignInNeeded`, `StoreUnavailable`."""
    visitor = await find_visitor(request, sessions)
    if visitor is None:
        query = f"?{request.url.query}" if request.url.query else ""
        raise SignInNeeded(request.url.path + query)
    return visitor


def require_same_origin(connection: HTTPConnection, public_url: str | None) -> None:
    """Raise `WrongOrigin` unless one of our own pages sent this."""
    if not is_same_origin(connection, public_url):
        raise WrongOrigin
