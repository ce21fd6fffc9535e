"""Where a request comes from, and where a visitor may be sent."""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection

from voila_dashboards.pages import PAGES

#: The one page of the gateway's own that somebody may sign in to see.
ACCOUNT: Final = "/account"


def is_same_origin(connection: HTTPConnection, public_url: str | None) -> bool:
    """Whether the browser says that one of our own pages sent this; no word is a no.

    Browsers send `Origin` with every POST and every websocket, https://fetch.spec.whatwg.org/#origin-header .
    """
    origin = connection.headers.get("origin")
    return origin is not None and origin == (public_url or _own_origin(connection))


def _own_origin(connection: HTTPConnection) -> str | None:
    """What the user typed, where no public URL says it: Host and, where a trusted proxy tells it, the scheme."""
    host = connection.headers.get("host")
    scheme = {"ws": "http", "wss": "https"}.get(connection.scope["scheme"], connection.scope["scheme"])
    return f"{scheme}://{host}" if host else None


def local_path(wanted: str | None) -> str:
    r"""``wanted`` if it is the address of one of our pages, else the overview: never another site.

    >>> local_path("/tickets?status=FAILED"), local_path("/ticket/acme/1"), local_path(None)
    ('/tickets?status=FAILED', '/ticket/acme/1', '/')
    >>> [local_path(x) for x in ("https://evil.example/", "//evil.example", "/\\\\evil.example", "/logout", "/ ")]
    ['/', '/', '/', '/', '/']
    """
    if not wanted or len(wanted) > 2000 or not wanted.isprintable() or not wanted.startswith("/"):
        return "/"
    path, question, query = wanted.partition("?")
    if path != ACCOUNT and not any(page.matches(path) for page in PAGES.values()):
        return "/"
    return f"{path}{question}{query}"
