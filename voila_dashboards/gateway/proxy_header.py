"""Who a company's proxy says is signed in: by a header that only it may send.

Off unless it is set. Then the header counts where three things fit: the connection itself comes from an address of the
proxy, whatever `X-Forwarded-For` says; the proxy's secret stands beside it; and each of the two is there once, spelled
with dashes (what a proxy passes on with underscores is its visitor's). A request that names a user in any other way is
refused, and not taken for one without: nobody but a forger or a proxy that is set up wrongly sends it, and both are
better seen. Without the header, a request is like any other, and signs in by password.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from voila_dashboards.gateway.errors import HeaderNotTrusted
from voila_dashboards.settings import DashboardSettings

logger = logging.getLogger(__name__)

#: Where the address stands that the connection came from, before a proxy's word for it takes its place.
_PEER: Final = "caselog.peer"
_SAY_EVERY_S: Final = 10.0


class Peer:
    """Remembers whom the connection came from; to be put before whatever believes `X-Forwarded-For`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        scope[_PEER] = scope.get("client")
        await self._app(scope, receive, send)


class ProxyHeader:
    """Reads the header; ``on_refused`` is told of each request that may not bear it."""

    def __init__(self, settings: DashboardSettings) -> None:
        self._header = (settings.trusted_user_header or "").lower().encode()
        self._secret_header = settings.trusted_user_secret_header.lower().encode()
        secret = settings.trusted_user_secret
        self._secret = b"" if secret is None else secret.get_secret_value().encode()
        self._networks = (
            [ipaddress.ip_network(each) for each in settings.trusted_proxies] if self._header else []
        )
        self._said_at = float("-inf")
        self.on_refused: Callable[[HTTPConnection], None] = lambda _connection: None

    def user_of(self, connection: HTTPConnection) -> str | None:
        """The user whom the proxy names, in lower case; None where it names nobody. Raises `HeaderNotTrusted`."""
        named = _values(connection, self._header) if self._header else []
        if not named:
            return None
        if reason := self._doubt(connection, named):
            self._say(connection, reason)
            raise HeaderNotTrusted
        # As it is told: other spaces than HTTP's own, and capitals beyond ASCII, make it another name.
        return named[0][1].strip(b" \t").lower().decode("latin-1") or None

    def _doubt(self, connection: HTTPConnection, named: list[tuple[bytes, bytes]]) -> str:
        """Why the header is not believed, in words; nothing where it is."""
        if not self._is_proxy(connection.scope.get(_PEER)):
            return "it did not come from an address of CASELOG_DASHBOARDS_TRUSTED_PROXIES"
        told = _values(connection, self._secret_header)
        if len(told) != 1 or told[0][0] != self._secret_header or not self._secret:
            return "the secret does not stand beside it, once"
        if not hmac.compare_digest(told[0][1].strip(b" \t"), self._secret):
            return "the secret beside it is another"
        if len(named) != 1 or named[0][0] != self._header:
            return "it is there more than once, or is spelled with underscores"
        return ""

    def _is_proxy(self, peer: Any) -> bool:
        """Whether the connection came from the proxy; a Unix socket has no address, and is nobody's."""
        try:
            address = ipaddress.ip_address(peer[0])
        except (TypeError, ValueError, IndexError):
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)

    def _say(self, connection: HTTPConnection, reason: str) -> None:
        """Say it in the service log, but not as often as somebody likes; and tell the audit."""
        self.on_refused(connection)
        now = time.monotonic()
        if now - self._said_at >= _SAY_EVERY_S:
            self._said_at = now
            peer = connection.scope.get(_PEER)
            logger.warning(
                "A request from %s that names a user by header was refused: %s.",
                peer[0] if peer else "a socket without an address",
                reason,
            )


def _values(connection: HTTPConnection, header: bytes) -> list[tuple[bytes, bytes]]:
    """Each header that a careless reader would take for this one, as it is spelled, and its value."""
    return [
        (name, value)
        for name, value in connection.scope["headers"]
        if name.lower().replace(b"_", b"-") == header
    ]
