"""The collector as a running server: uvicorn over the application."""

from __future__ import annotations

import gc

import uvicorn

from collector.answers import refuse
from collector.app import create_app
from collector.settings import CollectorSettings
from lake.store import Store
from serving.door import RequestLimits
from serving.server import make_server


def build_server(
    settings: CollectorSettings, store: Store, limits: RequestLimits | None = None
) -> uvicorn.Server:
    """A server that is not started yet; `serving.server.stop` ends it, and it then finishes what it was sent."""
    return make_server(
        create_app(settings, store),
        refuse=refuse,
        limits=limits or RequestLimits(drain_bytes=settings.max_body_bytes),
        max_connections=settings.max_connections,
        websockets=False,
        host=settings.host,
        port=settings.port,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_timeout_s,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )


def serve(settings: CollectorSettings, store: Store) -> None:
    """Run the collector until SIGINT or SIGTERM, then finish what it was sent; wants a process of its own."""
    server = build_server(settings, store)
    gc.collect()
    gc.freeze()  # what is there now stays: the garbage collector need not look through it for every few logs
    server.run()
