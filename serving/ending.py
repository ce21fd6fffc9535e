"""How a connection ends whose sender still sends: what comes is read and dropped, so that the answer is seen.

To close a socket in which bytes wait resets the connection, and takes from the sender the answer that he has not read
yet: stock `urllib` and `requests` then see a broken pipe where a 413 or 401 was said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from serving.door import Door

#: Who has sent nothing for so long has read the answer, or will not.
_SILENCE_S: Final = 2.0
#: All endings of a server together read no more than this: what is dropped must not take the place of what is wanted.
_BYTES_PER_S: Final = 64 * 1024 * 1024
_GO_AHEAD: Final = b"HTTP/1.1 100 "


class Ending:
    """The end of one connection: nothing more that comes is wanted. From `begin` on the answer is written."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, door: Door) -> None:
        self._transport = transport
        self._loop = loop
        self._door = door
        self._dropped_bytes = 0
        self._is_silent = True
        self._ends_at: float | None = None
        self._look: asyncio.TimerHandle | None = None
        self._pause: asyncio.TimerHandle | None = None
        transport.pause_reading()

    @property
    def has_begun(self) -> bool:
        """Whether the last answer is written."""
        return self._ends_at is not None

    def begin(self) -> None:
        """Say that no other answer follows, and wait until the sender has done, or was given enough."""
        if self.has_begun or self._transport.is_closing():
            return
        self._ends_at = self._loop.time() + self._door.limits.linger_s
        self._door.ending += 1
        try:
            self._transport.write_eof()
        except OSError:  # reset by the other side, which nobody has been told yet
            self._transport.abort()
            return
        self._transport.resume_reading()
        self._look = self._loop.call_later(_SILENCE_S, self._look_again)

    def drop(self, size: int) -> None:
        """Count what came; beyond the limits the connection is closed."""
        self._dropped_bytes += size
        self._is_silent = False
        if self._dropped_bytes > self._door.limits.linger_bytes and self.has_begun:
            self._transport.close()
            return
        self._transport.pause_reading()
        if self.has_begun:
            pause_s = size * self._door.ending / _BYTES_PER_S
            self._pause = self._loop.call_later(pause_s, self._transport.resume_reading)

    def stop(self) -> None:
        """The connection is over."""
        for timer in (self._look, self._pause):
            if timer is not None:
                timer.cancel()
        if self.has_begun:
            self._door.ending -= 1

    def _look_again(self) -> None:
        if self._is_silent or self._ends_at is None or self._loop.time() >= self._ends_at:
            self._transport.close()
            return
        self._is_silent = True
        self._look = self._loop.call_later(_SILENCE_S, self._look_again)


class AnswerTransport:
    """The transport as an answer sees it: to close it is to end the connection in order.

    What is said after that has nobody who hears it; uvloop raises where it is written. With ``has_body`` the head is
    held until the first of the body is there: two writes wake the other side twice.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        end: Callable[[], None],
        is_over: Callable[[], bool],
        *,
        has_body: bool,
    ) -> None:
        self.is_closing = is_over
        self._transport = transport
        self._end = end
        self._is_next_head = has_body
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send ``data``, unless the last answer has been sent; nobody sends a body who waits for the go-ahead."""
        if self._is_next_head and not data.startswith(_GO_AHEAD):
            self._is_next_head, self._held = False, data
            return
        whole, self._held = self._held + data if self._held else data, b""
        if whole and not self.is_closing():
            self._transport.write(whole)

    def close(self) -> None:
        """End the connection in order."""
        self.write(b"")
        self._end()
