"""uvicorn's websocket, counted among the connections of its server."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from serving.connections import State
from serving.door import DoorConfig

#: How long a websocket that was closed waits for the other side's word.
_CLOSE_TIMEOUT_S: Final = 2.0


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's websocket, counted among the connections of its door."""

    def __init__(self, config: DoorConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._door = config.door
        self.close_timeout = _CLOSE_TIMEOUT_S

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._door.connections.join(self, State.SOCKET)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.connections.leave(self)
        super().connection_lost(exc)

    def abort(self) -> None:
        """Close at once: somebody else needs the place."""
        self.transport.abort()
