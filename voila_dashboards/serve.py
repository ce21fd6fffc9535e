"""Start the dashboards: bind the port, then run the gateway with Voila behind it until a signal comes."""

from __future__ import annotations

import html
import logging
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from access.snapshots import SnapshotSource
from lake.cache import prepare_folder
from lake.scope_files import ScopeFiles
from lake.store import Store
from serving.address import bind
from serving.connections import connections_within, open_files_limit
from serving.door import HeadFault, Refusal, RequestLimits
from serving.requests import Exchanges
from serving.server import make_server
from voila_dashboards.gateway.app import create_gateway
from voila_dashboards.gateway.headers import SecurityHeaders, headers_of_refusals
from voila_dashboards.gateway.open_pages import MOST
from voila_dashboards.sandbox import describe_platform, hide_memory
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import open_voila
from voila_dashboards.voila.process import VoilaProcess

logger = logging.getLogger(__name__)

_LARGEST_QUESTION: Final = 64 * 1024
_SHUTDOWN_TIMEOUT_S: Final = 3
#: A form is a few hundred bytes.
_LIMITS: Final = RequestLimits(body_timeout_s=20.0)


def serve(settings: DashboardSettings, store: Store) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises `OSError` where the port is taken and `lake.errors.StoreUnavailable` where the store is silent.
    """
    hide_memory()  # the store's keys and the session secret are in it, whoever started it
    for sentence in describe_platform():
        logger.warning("%s", sentence)
    listener = bind(settings.host, settings.port)
    build_server(settings, store).run(sockets=[listener])


def build_server(settings: DashboardSettings, store: Store) -> uvicorn.Server:
    """A server that runs the gateway and Voila behind it; raises `lake.errors.CacheUnusable`."""
    if settings.cache_dir is not None:
        prepare_folder(settings.cache_dir)  # before anything is made in it, or left behind beside it
    # The cache first: where it cannot be used, nothing was begun.
    files = ScopeFiles(store, settings.cache_dir, settings.cache_bytes) if settings.cache_dir else None
    process = VoilaProcess(settings, settings.cache_dir / "kernels" if settings.cache_dir else None)
    files = files or ScopeFiles(store, process.kernel_folders.parent, settings.cache_bytes)
    snapshots = SnapshotSource(files)
    voila = open_voila(
        lambda: process.address, process.token, lambda: process.is_ready, settings.page_timeout_s
    )
    app = create_gateway(
        settings, store, voila, snapshots, kernel_folders=process.kernel_folders, process=process
    )
    app.state.open_pages.most = most_open_pages(settings.max_connections, open_files_limit())
    return server_around(app, settings)


def server_around(app: Starlette, settings: DashboardSettings) -> uvicorn.Server:
    """A server for the gateway ``app``, whose answers all carry the gateway's headers, whoever makes them."""
    headers = headers_of_refusals(settings)
    return make_server(
        Exchanges(app, app.state.metrics.note_exchange, lambda: SecurityHeaders(_stopping(), headers)),
        refuse=refuse,
        headers=headers,
        limits=_LIMITS,
        max_connections=settings.max_connections,
        websockets=True,
        proxy_headers=False,  # the gateway believes them itself, and remembers who was connected
        ws_max_size=_LARGEST_QUESTION,
        ws_per_message_deflate=True,
        stop_timeout_s=_SHUTDOWN_TIMEOUT_S,
    )


def most_open_pages(max_connections: int, open_files: int) -> int:
    """How many connections may be those of pages that only wait: half, so that they never cost another an answer.

    >>> most_open_pages(0, 1_048_576), most_open_pages(0, 1024), most_open_pages(50, 1024)
    (2000, 320, 25)
    """
    most, _ = connections_within(open_files)
    return min(MOST, min(most, max_connections or most) // 2)


def refuse(fault: HeadFault, limits: RequestLimits) -> Refusal:
    """The answer to what never becomes a request: a small page, since a browser may show it."""
    words = "What arrived is not a request that a browser makes."
    if fault is HeadFault.TOO_LARGE:
        words = f"This request's address and headers are over {limits.head_bytes} bytes: delete this site's cookies."
    return Refusal(fault.value, "text/html; charset=utf-8", _page_of(words).encode())


def _stopping() -> ASGIApp:
    """The answer to a request that outlasts the stop of the dashboards."""
    return HTMLResponse(_page_of("The dashboards are being restarted: load this page again."), 503)


def _page_of(words: str) -> str:
    return f"<!doctype html><html lang=en><title>Caselog</title><p>{html.escape(words)}</p></html>"
