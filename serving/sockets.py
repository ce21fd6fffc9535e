"""uvicorn's websocket, counted among the connections of its server, and ended where the other side does not read.

uvicorn says of a message that it is sent when it lies in the connection's buffer, however large; and a connection that
it closes stays until that is empty, which it never is where nobody reads.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import SecurityError
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from serving.connections import State
from serving.door import DoorConfig, HeadFault

#: How long a websocket that was closed waits for the other side's word.
_CLOSE_TIMEOUT_S: Final = 2.0
#: What is taken at least of a message that is on its way: below it nobody reads.
_LEAST_BYTES_PER_S: Final = 2048


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's websocket, counted among the connections of its door; what is sent is sent when it was taken."""

    def __init__(self, config: DoorConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._door = config.door
        self._is_understood = False
        self.close_timeout = _CLOSE_TIMEOUT_S
        # Whatever the reason is, and whoever refuses: uvicorn has `websockets` write the answer.
        self.conn.reject = self._reject  # type: ignore[method-assign]
        self._untaken = 0
        self._reader_timer: asyncio.TimerHandle | None = None

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
            self.transport.write(refusal.as_answer(self._door.headers))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        self._is_understood = True
        super().handle_connect(event)

    async def send(self, message: ASGISendEvent) -> None:
        """Send ``message``; one of the application's own is sent once the other side has taken it.

        Raises `ClientDisconnected` where it does not.
        """
        await super().send(message)
        if message["type"] == "websocket.send":
            await self.writable.wait()
            if self.disconnected:
                raise ClientDisconnected

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_watching()

    def keepalive_timeout(self) -> None:
        """No answer to a ping; while a message is on its way it waits behind it, and the reader is watched."""
        if self._reader_timer is not None and self.ping_timeout is not None:
            self.pong_timer = self.loop.call_later(self.ping_timeout, self.keepalive_timeout)
            return
        super().keepalive_timeout()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watching()
        self._door.connections.leave(self)
        super().connection_lost(exc)

    def _reject(self, status: StatusLike, text: str) -> Response:
        response = ServerProtocol.reject(self.conn, status, text)
        response.headers.update(self._door.headers)
        return response

    def abort(self) -> None:
        """Close at once: somebody else needs the place."""
        self.transport.abort()

    def _watch_reader(self) -> None:
        self._untaken = self.transport.get_write_buffer_size()
        self._reader_timer = self.loop.call_later(self._door.limits.write_timeout_s, self._look_at_reader)

    def _look_at_reader(self) -> None:
        taken = self._untaken - self.transport.get_write_buffer_size()
        if taken < _LEAST_BYTES_PER_S * self._door.limits.write_timeout_s:
            self.transport.abort()
        else:
            self._watch_reader()

    def _stop_watching(self) -> None:
        if self._reader_timer is not None:
            self._reader_timer.cancel()
            self._reader_timer = None
