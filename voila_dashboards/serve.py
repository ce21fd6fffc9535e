"""Start the dashboards: bind the port, then run the gateway with Voila behind it until a signal comes."""

from __future__ import annotations

import socket
from typing import Final

import uvicorn

from lake.store import Store
from voila_dashboards.gateway.app import create_gateway
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import open_voila
from voila_dashboards.voila.process import VoilaProcess

_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - recognised, not bound
_LARGEST_QUESTION: Final = 64 * 1024
_SHUTDOWN_TIMEOUT_S: Final = 3


def serve(settings: DashboardSettings, store: Store) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises `OSError` where the port is taken and `lake.errors.StoreUnavailable` where the store is silent.
    """
    listener = bind(settings)
    build_server(settings, store, listener).run(sockets=[listener])


def bind(settings: DashboardSettings) -> socket.socket:
    """The listening socket; raises `OSError` where the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """The URL at which this machine reaches ``listener``."""
    host, port = listener.getsockname()[:2]
    host = _ANY_ADDRESS.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"


def build_server(settings: DashboardSettings, store: Store, listener: socket.socket) -> uvicorn.Server:
    """A server that runs the gateway on ``listener`` and Voila behind it."""
    process = VoilaProcess(settings)
    voila = open_voila(
        lambda: process.address, process.token, lambda: process.is_ready, settings.page_timeout_s
    )
    app = create_gateway(settings, store, voila, local_url=address_of(listener), process=process)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            server_header=False,
            access_log=False,
            log_level="warning",
            ws_max_size=_LARGEST_QUESTION,
            ws_per_message_deflate=True,
            timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT_S,
        )
    )
