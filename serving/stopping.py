"""A server that stops waits for every request that it accepted, for so long; then it answers each in its own words.

uvicorn would cancel them: their senders read a plain 500, and the service log a traceback, of what is no defect.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

import uvicorn

from serving.door import DoorConfig

#: How long an answer that was given at the end has to reach its reader.
LAST_WORDS_S: Final = 2
#: What uvicorn waits beyond that: it has nothing left to cancel then.
_BEYOND_S: Final = 1


class StoppingServer(uvicorn.Server):
    """uvicorn's server, but requests that outlast ``stop_timeout_s`` are cancelled for `serving.requests` to answer."""

    def __init__(self, config: DoorConfig, stop_timeout_s: int) -> None:
        config.timeout_graceful_shutdown = stop_timeout_s + LAST_WORDS_S + _BEYOND_S
        super().__init__(config)
        self._stop_timeout_s = stop_timeout_s
        self._last_step: asyncio.TimerHandle | None = None

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._in(self._stop_timeout_s, self._end_requests)
        try:
            await super().shutdown(sockets)
        finally:
            if self._last_step is not None:
                self._last_step.cancel()

    def _in(self, seconds: float, step: Any) -> None:
        self._last_step = asyncio.get_running_loop().call_later(seconds, step)

    def _end_requests(self) -> None:
        for task in list(self.server_state.tasks):
            task.cancel()
        self._in(LAST_WORDS_S, self._close_connections)

    def _close_connections(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.close()
