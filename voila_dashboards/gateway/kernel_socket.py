"""One kernel's connection as the event loop sees it: messages in, messages and descriptors out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from voila_dashboards.framing import HEAD, MOST_DESCRIPTORS, BadFrame, decode, encode, read_length

#: A kernel that does not read what it asked for is not waited for.
_SEND_TIMEOUT_S: Final = 30.0
_PAUSE_S: Final = 0.005


class KernelSocket:
    """A connected unix socket; one task reads, and sends do not overlap."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(0)
        self._socket = connected
        self._sending = asyncio.Lock()

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None where the kernel is gone. Raises `BadFrame`."""
        head = await self._receive_exactly(HEAD.size)
        if head is None:
            return None
        body = await self._receive_exactly(read_length(head))
        return None if body is None else decode(body)

    async def send(
        self, message: Mapping[str, Any], descriptors: Sequence[int] = (), payload: bytes = b""
    ) -> None:
        """Send a message, the descriptors that belong to it and the bytes it announces; raises `OSError`.

        Raises `TimeoutError` where the kernel does not read.
        """
        async with self._sending, asyncio.timeout(_SEND_TIMEOUT_S):
            *earlier, last = _in_portions(descriptors)
            for portion in earlier:
                await self._send_one({"more_descriptors": len(portion)}, portion)
            await self._send_one(message, last)
            if payload:
                await asyncio.get_running_loop().sock_sendall(self._socket, payload)

    def close(self) -> None:
        """Let go of the kernel: it reads the end of its connection."""
        self._socket.close()

    async def _send_one(self, message: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        body = encode(message)
        head = HEAD.pack(len(body))
        while True:
            try:
                # Four bytes into an empty buffer go whole or not at all.
                socket.send_fds(self._socket, [head], list(descriptors))
            except BlockingIOError:
                await asyncio.sleep(_PAUSE_S)
            else:
                break
        await asyncio.get_running_loop().sock_sendall(self._socket, body)

    async def _receive_exactly(self, length: int) -> bytes | None:
        pieces, missing = [], length
        while missing:
            piece = await asyncio.get_running_loop().sock_recv(self._socket, missing)
            if not piece:
                return None
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)


def _in_portions(descriptors: Sequence[int]) -> Iterator[Sequence[int]]:
    """At most so many at once as one message may carry; an empty portion where there are none."""
    for start in range(0, max(1, len(descriptors)), MOST_DESCRIPTORS):
        yield descriptors[start : start + MOST_DESCRIPTORS]


__all__ = ["BadFrame", "KernelSocket"]
