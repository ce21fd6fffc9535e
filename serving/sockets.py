"""uvicorn's websocket, counted among the connections of its server."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import SecurityError
from websockets.http11 import Request

from serving.connections import State
from serving.door import DoorConfig, HeadFault

#: How long a websocket that was closed waits for the other side's word.
_CLOSE_TIMEOUT_S: Final = 2.0


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's websocket, counted among the connections of its door."""

    def __init__(self, config: DoorConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._door = config.door
        self._is_understood = False
        self.close_timeout = _CLOSE_TIMEOUT_S

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._door.connections.join(self, State.SOCKET)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that `websockets` cannot read is refused, to which uvicorn would say nothing, for ever."""
        if (
            self._is_understood and not self.handshake_complete
        ):  # frames before anybody knows whether they are wanted
            self.transport.abort()
            return
        super().data_received(data)
        wrong = self.conn.handshake_exc
        if wrong is not None and not self._is_understood and not self.transport.is_closing():
            is_large = isinstance(wrong.__cause__, SecurityError)
            refusal = self._door.refuse(
                HeadFault.TOO_LARGE if is_large else HeadFault.NOT_HTTP, self._door.limits
            )
            self.transport.write(refusal.as_answer())
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        self._is_understood = True
        super().handle_connect(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.connections.leave(self)
        super().connection_lost(exc)

    def abort(self) -> None:
        """Close at once: somebody else needs the place."""
        self.transport.abort()
