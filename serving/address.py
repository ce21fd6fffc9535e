"""Where a server listens, and how its own machine reaches it."""

from __future__ import annotations

import socket
from typing import Final

_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to the address, ready to listen; raises `OSError` where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
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
