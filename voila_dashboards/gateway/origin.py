"""Where a request comes from, and where a visitor may be sent."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from voila_dashboards.pages import PAGES

#: The one page of the gateway's own that somebody may sign in to see.
ACCOUNT: Final = "/account"


def is_same_origin(connection: HTTPConnection, public_url: str | None) -> bool:
    """Whether the browser says that one of our own pages sent this; no word is a no.

    Browsers send `Origin` with every POST and every websocket, https://fetch.spec.whatwg.org/#origin-header .
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return False
    if public_url is not None and origin == public_url:
        return True
    # Without a public URL (or on the loopback address beside it) the Host header is what the user typed.
    return public_url is None and urlsplit(origin).netloc == connection.headers.get("host", "")


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
