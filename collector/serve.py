"""The collector as a running server: uvicorn over the application."""

from __future__ import annotations

import gc
import sys
from typing import Final

import uvicorn

from collector.answers import refuse
from collector.app import create_app
from collector.settings import CollectorSettings
from lake.store import Store
from serving.address import bind
from serving.allocation import give_back_large_blocks
from serving.door import RequestLimits
from serving.server import make_server

#: A thread that reads a large body gives way to those who wait after so long; Python's own 5 ms would be seen.
_SWITCH_S: Final = 0.0002
#: A sender of a body so many times too large still reads that it is.
_LINGERING_BODIES: Final = 4


def build_server(
    settings: CollectorSettings, store: Store, limits: RequestLimits | None = None
) -> uvicorn.Server:
    """A server that is not started yet; `serving.server.stop` ends it, and it then finishes what it was sent."""
    return make_server(
        create_app(settings, store),
        refuse=refuse,
        limits=limits or limits_of(settings),
        max_connections=settings.max_connections,
        websockets=False,
        host=settings.host,
        port=settings.port,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_timeout_s,
        stop_timeout_s=settings.shutdown_timeout_s,
    )


def limits_of(settings: CollectorSettings) -> RequestLimits:
    """How much of a message is read: where it is refused, enough for a sender that has to send before it reads."""
    return RequestLimits(
        drain_bytes=settings.max_body_bytes, linger_bytes=_LINGERING_BODIES * settings.max_body_bytes
    )


def serve(settings: CollectorSettings, store: Store, *, shares_port: bool = False) -> None:
    """Run the collector until SIGINT or SIGTERM, then finish what it was sent; wants a process of its own.

    With ``shares_port`` others may listen on the same port: see `serving.address.bind`.
    """
    server = build_server(settings, store)
    sys.setswitchinterval(_SWITCH_S)
    give_back_large_blocks()
    gc.collect()
    gc.freeze()  # what is there now stays: the garbage collector need not look through it for every few logs
    server.run([bind(settings.host, settings.port, shares_port=True)] if shares_port else None)
