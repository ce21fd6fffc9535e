"""The collector as a running server: uvicorn over the application."""

from __future__ import annotations

import gc

import uvicorn

from collector.app import create_app
from collector.protocol import BoundedHead
from collector.settings import CollectorSettings
from lake.store import Store


def build_server(settings: CollectorSettings, store: Store) -> uvicorn.Server:
    """A server that is not started yet.

    ``await server.serve()`` runs it in a loop beside others; `stop` ends it, and it then finishes what it was
    sent. In the main thread uvicorn also listens to SIGINT and SIGTERM while it runs.
    """
    config = uvicorn.Config(
        create_app(settings, store),
        host=settings.host,
        port=settings.port,
        http=BoundedHead,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_timeout_s,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )
    return uvicorn.Server(config)


def stop(server: uvicorn.Server) -> None:
    """Ask ``server`` to accept nothing more, finish what it was sent, and end."""
    server.should_exit = True


def serve(settings: CollectorSettings, store: Store) -> None:
    """Run the collector until SIGINT or SIGTERM, then finish what it was sent; wants a process of its own."""
    server = build_server(settings, store)
    gc.collect()
    gc.freeze()  # what is there now stays: the garbage collector need not look through it for every few logs
    server.run()
