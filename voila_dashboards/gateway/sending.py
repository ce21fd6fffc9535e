"""A file as it is sent: piece by piece, no faster than its reader takes it, and only for as long as somebody takes it.

What is sent is somebody's until the last piece: with the session that asked for it every file ends that is on its way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from voila_dashboards.gateway.sessions import Session

logger = logging.getLogger(__name__)

#: How long a reader may take nothing; who takes fewer bytes than these for longer is none either.
PATIENCE_S: Final = 30.0
_LEAST_BYTES_PER_S: Final = 16 * 1024
#: What others who wait may expect of a reader; where nobody waits, it is asked of nobody.
FAIR_BYTES_PER_S: Final = 1 << 20
PIECE_BYTES: Final = 1 << 16

End = Callable[[], Awaitable[None]]


class CutOff(Exception):
    """A file that had begun ends early: the connection is broken off, which browsers show as a failure."""


class NotTaken(CutOff):
    """Nobody takes the file."""

    def __init__(self) -> None:
        super().__init__("A file was not taken by whoever asked for it.")


class NotTheirs(CutOff):
    """The session that asked for the file is over."""

    def __init__(self) -> None:
        super().__init__("A file's session is over: signed out, disabled or changed.")


class GaveWay(CutOff):
    """A file that is taken slowly takes a place that others wait for."""

    def __init__(self) -> None:
        super().__init__("A list that was taken slowly was broken off: others wait to download one.")


class Pace:
    """How long a reader may be waited for: what is taken is credit, up to ``patience_s`` seconds of it.

    ``late_s`` is how much longer he was waited for, in all, than somebody who takes `FAIR_BYTES_PER_S`.
    """

    def __init__(self, patience_s: float | None = None) -> None:
        self._patience_s = PATIENCE_S if patience_s is None else patience_s
        self._credit_s = self._patience_s
        self.late_s = 0.0

    async def taken(self, sending: Awaitable[None], size: int) -> None:
        """Wait until ``size`` bytes are taken; raises `NotTaken`."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(self._credit_s):
                await sending
        except TimeoutError as error:
            raise NotTaken from error
        waited_s = loop.time() - begun
        self._credit_s = min(self._patience_s, self._credit_s - waited_s + size / _LEAST_BYTES_PER_S)
        self.late_s += waited_s - size / FAIR_BYTES_PER_S


class SentFile(StreamingResponse):
    """``pieces`` as an answer to ``session``, at its reader's pace; ``end`` is awaited once, however it ends.

    It is one of those ``on_their_way`` while its pieces are sent, which takes ``limit_s`` at most.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        media_type: str,
        headers: Mapping[str, str],
        *,
        session: Session,
        on_their_way: set[SentFile],
        end: End,
        limit_s: float | None = None,
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self.session = session
        self.pace = Pace()
        self._on_their_way = on_their_way
        self._end = end
        self._time = asyncio.timeout(limit_s)
        self._why: CutOff = NotTaken()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces; what is returned from early is no whole answer, and the server breaks it off."""
        try:
            await super().__call__(scope, receive, send)
        except (NotTaken, NotTheirs, GaveWay) as error:
            logger.warning("%s", error)
        finally:
            self._on_their_way.discard(self)
            await asyncio.shield(self._end())

    def break_off(self, why: CutOff) -> None:
        """Send nothing more of a file that is on its way, though somebody waits for it to be taken."""
        self._on_their_way.discard(self)
        self._why = why
        self._time.reschedule(asyncio.get_running_loop().time())

    async def stream_response(self, send: Send) -> None:
        """As Starlette's, but nobody is waited for who does not read, and nothing goes to whom it is no longer for."""
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        try:
            async with self._time:
                self._on_their_way.add(self)
                await self._send_pieces(send)
        except TimeoutError as error:
            raise self._why from error
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_pieces(self, send: Send) -> None:
        async for piece in self.body_iterator:
            body: dict[str, Any] = {"type": "http.response.body", "body": piece, "more_body": True}
            await self.pace.taken(send(body), len(piece))


async def pieces_of(whole: bytes) -> AsyncIterator[bytes]:
    """``whole`` in pieces, of which none is a copy before its turn."""
    for start in range(0, len(whole), PIECE_BYTES):
        yield whole[start : start + PIECE_BYTES]
