"""A file as it is sent: piece by piece, no faster than its reader takes it, and only for as long as somebody takes it.

What is sent is somebody's until the last piece: whether the session still holds is asked again on the way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from lake.errors import LakeError

logger = logging.getLogger(__name__)

#: How long a reader may take nothing; who takes fewer bytes than these for longer is none either.
PATIENCE_S: Final = 30.0
_LEAST_BYTES_PER_S: Final = 16 * 1024
PIECE_BYTES: Final = 1 << 16
#: How soon after a session is over nothing more is sent to it.
_ASK_EVERY_S: Final = 5.0

Holds = Callable[[], Awaitable[bool]]
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


class Pace:
    """How long a reader may be waited for: what is taken is credit, up to ``patience_s`` seconds of it."""

    def __init__(self, patience_s: float | None = None) -> None:
        self._patience_s = PATIENCE_S if patience_s is None else patience_s
        self._credit_s = self._patience_s

    async def taken(self, sending: Awaitable[None], size: int) -> None:
        """Wait until ``size`` bytes are taken; raises `NotTaken`."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(self._credit_s):
                await sending
        except TimeoutError as error:
            raise NotTaken from error
        credit_s = self._credit_s - (loop.time() - begun) + size / _LEAST_BYTES_PER_S
        self._credit_s = min(self._patience_s, credit_s)


class SentFile(StreamingResponse):
    """``pieces`` as an answer, at its reader's pace; ``end`` is awaited once, however it ends."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        media_type: str,
        headers: Mapping[str, str],
        *,
        holds: Holds,
        end: End,
    ) -> None:
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._holds = holds
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces; what is returned from early is no whole answer, and the server breaks it off."""
        try:
            await super().__call__(scope, receive, send)
        except (NotTaken, NotTheirs) as error:
            logger.warning("%s", error)
        finally:
            await asyncio.shield(self._end())

    async def stream_response(self, send: Send) -> None:
        """As Starlette's, but nobody is waited for who does not read, and nothing goes to whom it is no longer for."""
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        pace, loop = Pace(), asyncio.get_running_loop()
        asked_at = loop.time()
        async for piece in self.body_iterator:
            if loop.time() - asked_at >= _ASK_EVERY_S:
                await self._require_session()
                asked_at = loop.time()
            body: dict[str, Any] = {"type": "http.response.body", "body": piece, "more_body": True}
            await pace.taken(send(body), len(piece))
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _require_session(self) -> None:
        """Raises `NotTheirs`. A store that is silent ends nothing that has begun."""
        try:
            holds = await self._holds()
        except LakeError as error:
            logger.warning("Whether a download's session holds could not be asked: %s", error)
            return
        if not holds:
            raise NotTheirs


async def pieces_of(whole: bytes) -> AsyncIterator[bytes]:
    """``whole`` in pieces, of which none is a copy before its turn."""
    for start in range(0, len(whole), PIECE_BYTES):
        yield whole[start : start + PIECE_BYTES]
