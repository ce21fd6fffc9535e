"""Figures for Prometheus: a registry for each server, what it says, and who may read it.

Figures name clients and tell how much they send, so they are the operator's, who has a token. Where none is set they
are nobody's: whoever asks from the server's own machine may be a proxy or a tunnel, that asks for anybody.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from pathlib import Path

import psutil
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.values import MutexValue, ValueClass
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response


class Figures:
    """The figures of one server. ``refresh`` brings those up to date that are not counted as things happen."""

    def __init__(self) -> None:
        # When a series began is nobody's question, and doubles what is scraped.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=True)
        self.refresh: Callable[[], None] = lambda: None
        ProcessCollector(registry=self.registry)

    def expose(self, accept: str) -> tuple[bytes, str]:
        """What Prometheus reads, in the format that ``accept`` asks for, and that format's media type."""
        encode, media_type = choose_encoder(accept)
        return encode(_of_all_processes() or self.registry), media_type


async def answer_with(figures: Figures, request: Request) -> Response:
    """The figures as they are now; a thousand clients are some thousand lines, which a thread writes."""
    figures.refresh()
    content, media_type = await asyncio.to_thread(figures.expose, request.headers.get("accept", ""))
    return Response(content, headers={"Content-Type": media_type})


def _of_all_processes() -> CollectorRegistry | None:
    """Figures of all processes that share a port; ``None`` where this one is alone.

    The library decides by PROMETHEUS_MULTIPROC_DIR, which whoever starts several processes sets for them:
    https://prometheus.github.io/client_python/multiprocess/
    """
    if ValueClass is MutexValue:
        return None
    registry = CollectorRegistry()
    folder = Path(MultiProcessCollector(registry)._path)  # type: ignore[no-untyped-call]  # noqa: SLF001
    for gauges in folder.glob("gauge_live*.db"):
        pid = int(gauges.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):  # what a process held that was killed, nobody holds
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
    return registry


def may_read(request: Request, token: SecretStr | None) -> bool:
    """Whether the request is the operator's; ``token`` is what he has set, without which nobody's is."""
    given = request.headers.getlist("authorization")
    if token is None or len(given) != 1:
        return False
    return hmac.compare_digest(given[0].encode(), f"Bearer {token.get_secret_value()}".encode())
