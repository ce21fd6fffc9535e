"""What the gateway asks of Voila: a page, a kernel's messages, a kernel's end. Nothing else is ever asked."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

logger = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S: Final = 5.0
#: The largest trace that a page draws, as text within JSON, with room to spare; what is longer, a kernel made up.
_LARGEST_MESSAGE: Final = 128 * 1024 * 1024


class VoilaSilent(Exception):
    """Voila did not answer, or not with a page."""


class Channel(Protocol):
    """A websocket to one kernel; `recv` raises when it is closed."""

    async def send(self, message: str) -> None:
        """Send text."""

    async def recv(self) -> str | bytes:
        """Wait for the next message."""


OpenChannel = Callable[[str], AbstractAsyncContextManager[Channel]]


class Voila:
    """A running Voila at ``address()``, which changes when it is started again."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        address: Callable[[], str],
        open_channel: OpenChannel,
        is_ready: Callable[[], bool],
    ) -> None:
        self._http = http
        self._address = address
        self._open_channel = open_channel
        self._is_ready = is_ready

    @property
    def is_ready(self) -> bool:
        """Whether Voila has answered since it was started."""
        return self._is_ready()

    async def render(self, page: str) -> AsyncGenerator[bytes]:
        """The pieces of a page as Voila makes them; raises `VoilaSilent`."""
        url = f"{self._address()}/voila/render/{page}/notebook.ipynb"
        try:
            async with self._http.stream("GET", url) as answer:
                if answer.status_code != 200:
                    raise VoilaSilent(f"Voila answered {answer.status_code}")
                async for piece in answer.aiter_bytes():
                    yield piece
        except httpx.HTTPError as error:
            raise VoilaSilent(type(error).__name__) from error

    def channel(self, kernel_id: str, session_id: str) -> AbstractAsyncContextManager[Channel]:
        """The kernel's websocket, open within the context; raises `VoilaSilent`."""
        address = self._address().replace("http://", "ws://", 1)
        return self._open_channel(f"{address}/api/kernels/{kernel_id}/channels?session_id={session_id}")

    async def end_kernel(self, kernel_id: str) -> None:
        """Shut a kernel down; one that is gone already is no error."""
        try:
            await self._http.delete(f"{self._address()}/api/kernels/{kernel_id}", timeout=10)
        except httpx.HTTPError as error:
            # Voila is gone or busy: the fork server has killed the kernel, and Voila's own memory of it is culled.
            logger.debug("Voila was not told of a kernel's end: %s", type(error).__name__)

    async def close(self) -> None:
        """Close the connections to Voila."""
        await self._http.aclose()


def open_voila(
    address: Callable[[], str], token: str, is_ready: Callable[[], bool], page_timeout_s: float
) -> Voila:
    """A client of the Voila that listens at ``address()`` and knows ``token``."""
    authorization = {"Authorization": f"token {token}"}
    http = httpx.AsyncClient(
        headers=authorization,
        timeout=httpx.Timeout(page_timeout_s, connect=_CONNECT_TIMEOUT_S),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        trust_env=False,
    )

    @asynccontextmanager
    async def open_channel(url: str) -> AsyncIterator[Channel]:
        try:
            channel = await connect(
                url,
                additional_headers=authorization,
                max_size=_LARGEST_MESSAGE,
                compression=None,
                proxy=None,
                open_timeout=20,
            )
        except (OSError, TimeoutError, WebSocketException) as error:
            raise VoilaSilent(type(error).__name__) from error
        async with channel:
            yield channel

    return Voila(http, address, open_channel, is_ready)
