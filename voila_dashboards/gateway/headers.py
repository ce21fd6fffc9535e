"""The headers that every answer of the gateway carries, whoever makes it: the application, or the server before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voila_dashboards.settings import DashboardSettings

#: Nothing but our own files runs or is loaded; no inline script, no frame, no other host.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: Browsers complain on their console about these where there is no TLS.
_OVER_TLS: Final = {
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Opener-Policy": "same-origin",
}


#: Of answers that say nothing about it themselves.
_NOT_STORED: Final = "no-store"


def headers_of(settings: DashboardSettings) -> dict[str, str]:
    """What an answer carries whatever it says: names and values."""
    always = {**_ALWAYS, **(_OVER_TLS if settings.is_https else {})}
    sign_out = urlsplit(settings.trusted_sign_out_url or "")
    if sign_out.netloc:  # browsers hold `form-action` against where a form's answer leads, too
        own = "form-action 'self'"
        leads_on = f"{own} {sign_out.scheme}://{sign_out.netloc}"
        always["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(own, leads_on)
    return always


def headers_of_refusals(settings: DashboardSettings) -> dict[str, str]:
    """What an answer carries that is made before anybody is asked; none of them is to be stored."""
    return {**headers_of(settings), "Cache-Control": _NOT_STORED}


class SecurityHeaders:
    """Adds ``headers`` to every answer of ``app``; what says nothing about caching is not to be stored.

    It is put around the whole application: its answer to a defect is made outside of its middleware.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with its headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", _NOT_STORED)
            await send(message)

        await self._app(scope, receive, send_with_headers)
