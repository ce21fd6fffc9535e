"""Figures for Prometheus: a registry for each server, what it says, and who may read it.

Figures name clients and tell how much they send, so they are the operator's: with a token where one is set, and
otherwise only for whoever asks from the server's own machine, through no proxy.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import psutil
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.values import MutexValue, ValueClass
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

#: A proxy of the same machine asks from this machine too, for whoever asks it.
_FORWARDED: Final = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


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
    """Whether the request is the operator's; ``token`` is what he has set."""
    if token is not None:
        given = request.headers.getlist("authorization")
        wanted = f"Bearer {token.get_secret_value()}".encode()
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), wanted)
    return _is_of_this_machine(request.scope)


def _is_of_this_machine(scope: Scope) -> bool:
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    client = scope.get("client")
    if client is None or any(name in _FORWARDED for name, _ in headers):
        return False
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return False
    return bool((getattr(address, "ipv4_mapped", None) or address).is_loopback)
