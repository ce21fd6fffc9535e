"""How much is read of a connection at once: little, as long as nobody has asked for it.

uvloop and asyncio read 256 KB at a time. A thousand senders, of whom nobody knows yet who they are, would leave 256 MB
with a server that has asked for none of it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from serving.door import DoorConfig
from serving.heads import BoundedHead

#: Of a sender whose body nobody reads yet.
_UNASKED_BYTES: Final = 16 * 1024


class BoundedReads(asyncio.BufferedProtocol):
    """`BoundedHead`, fed from the one buffer that all connections of a door read into."""

    def __init__(self, config: DoorConfig, *args: Any, **kwargs: Any) -> None:
        self._head = BoundedHead(config, *args, **kwargs)
        self._buffer = config.door.buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._head.connection_made(cast("asyncio.Transport", transport))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # asyncio's signature
        """Where the next bytes are to be written: as many as may be held."""
        return self._buffer if self._head.is_asked_for else self._buffer[:_UNASKED_BYTES]

    def buffer_updated(self, nbytes: int) -> None:
        self._head.data_received(self._buffer[:nbytes])

    def eof_received(self) -> bool | None:
        return self._head.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head.connection_lost(exc)

    def pause_writing(self) -> None:
        self._head.pause_writing()

    def resume_writing(self) -> None:
        self._head.resume_writing()
