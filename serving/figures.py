"""Figures for Prometheus at a port of their own, beside what a process does: a bounded server in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from serving.address import bind
from serving.door import HeadFault, Refusal, RequestLimits
from serving.metrics import Figures, answer_with
from serving.server import make_server, stop

#: Scrapers are few; a connection that asks for nothing gives way to the next.
_MOST_CONNECTIONS: Final = 32
_LIMITS: Final = RequestLimits(body_timeout_s=10.0, linger_s=5.0, write_timeout_s=30.0)
_KEEP_ALIVE_S: Final = 75
_SHUTDOWN_S: Final = 2
_TEXT: Final = "text/plain; charset=utf-8"


def listen(figures: Figures, host: str, port: int) -> Callable[[], None]:
    """Serve the figures at ``/metrics`` to whoever asks; what ends it. Raises `OSError` where the port is taken."""
    listener = bind(host, port)
    server = make_server(
        figures_app(figures),
        refuse=_refuse,
        limits=_LIMITS,
        max_connections=_MOST_CONNECTIONS,
        websockets=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        stop_timeout_s=_SHUTDOWN_S,
    )

    def run() -> None:
        with closing(listener):
            server.run([listener])

    thread = threading.Thread(target=run, name="caselog-figures", daemon=True)
    thread.start()

    def end() -> None:
        stop(server)
        thread.join()

    return end


def figures_app(figures: Figures) -> Starlette:
    """``/metrics``, and nothing else."""

    async def read_metrics(request: Request) -> Response:
        return await answer_with(figures, request)

    async def answer_nothing(_request: Request, _error: Exception) -> Response:
        return PlainTextResponse("There is nothing at this address: the figures are at /metrics.\n", 404)

    app = Starlette(routes=[Route("/metrics", read_metrics)], exception_handlers={404: answer_nothing})
    app.router.redirect_slashes = False
    return app


def _refuse(fault: HeadFault, _limits: RequestLimits) -> Refusal:
    said = "The request is too large.\n" if fault is HeadFault.TOO_LARGE else "This is no request.\n"
    return Refusal(fault.value, _TEXT, said.encode())
