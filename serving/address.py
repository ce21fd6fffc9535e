"""Where a server listens, and how its own machine reaches it."""

from __future__ import annotations

import socket
from typing import Final

_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound


def bind(host: str, port: int, *, shares_port: bool = False) -> socket.socket:
    """A socket bound to the address, ready to listen; raises `OSError` where the port is taken.

    With ``shares_port`` other processes of this user may listen on it too, where each of them asks for the same: the
    system gives each new connection to one of them (SO_REUSEPORT).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def url_of(host: str, port: int) -> str:
    """The URL at which this machine itself reaches a server that listens on ``host``.

    >>> url_of("0.0.0.0", 8000), url_of("::", 8080), url_of("logs.internal", 80)
    ('http://127.0.0.1:8000', 'http://[::1]:8080', 'http://logs.internal:80')
    """
    host = _ANY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def address_of(listener: socket.socket) -> str:
    """The URL at which this machine reaches ``listener``."""
    host, port = listener.getsockname()[:2]
    return url_of(host, port)
