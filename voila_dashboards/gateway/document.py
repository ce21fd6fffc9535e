"""A page as it is sent: the shell at once, then what the visit's kernel makes of it.

The shell is the gateway's own, so that the skeleton is on the screen before Voila is even asked.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from voila_dashboards.gateway.compression import gzip_pieces
from voila_dashboards.gateway.html import Shell
from voila_dashboards.gateway.renders import Render
from voila_dashboards.gateway.visits import Visit

logger = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 1.0
#: How long the rest of a page may take whose visit has ended.
_ENDED_WITHIN_S: Final = 5.0
#: The code of a page that broke off before its data came.
UNAVAILABLE: Final = "unavailable"
_FAILED: Final = {
    "page": {
        "error": {
            "code": UNAVAILABLE,
            "message": "The page could not be built just now. Load it again in a few seconds.",
        }
    }
}


class Document(StreamingResponse):
    """The whole document in pieces; a visit whose page could not be built, or was left early, is ended."""

    def __init__(
        self, render: Render, shell: Shell, end_visit: Callable[[Visit], Awaitable[None]], *, gzip: bool
    ) -> None:
        self._visit = render.visit
        self._end_visit = end_visit
        self._is_complete = False
        pieces = self._pieces(render, shell)
        headers: Mapping[str, str] = {"Vary": "Accept-Encoding, Cookie"}
        if gzip:
            headers = {**headers, "Content-Encoding": "gzip"}
            pieces = gzip_pieces(pieces)
        super().__init__(pieces, media_type="text/html", headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; also where nobody waits for it any more, the visit has an end, and with it what is not taken yet.

        A page holds its data: so no more of them are in memory than there are visits.
        """
        sending = asyncio.ensure_future(super().__call__(scope, receive, send))
        try:
            while not (sending.done() or self._visit.ended.is_set()):
                await asyncio.wait({sending}, timeout=_LOOK_EVERY_S)
            await asyncio.wait({sending}, timeout=_ENDED_WITHIN_S)
            if not sending.done():
                logger.warning("A page whose visit has ended was not taken: it is broken off.")
        finally:
            sending.cancel()
            await asyncio.wait({sending})
            await self._leave(sending)

    async def _leave(self, sending: asyncio.Future[None]) -> None:
        try:
            if not sending.cancelled():
                sending.result()
        finally:
            if not self._is_complete:
                await asyncio.shield(self._end_visit(self._visit))

    async def _pieces(self, render: Render, shell: Shell) -> AsyncIterator[bytes]:
        yield shell.head
        async for piece in render.pieces():
            yield piece
        is_built = self._visit.is_admitted and not self._visit.ended.is_set()
        if not is_built:
            yield _failure()
        yield shell.tail
        self._is_complete = is_built


def _failure() -> bytes:
    state = json.dumps(_FAILED).replace("<", "\\u003c")
    return f'<script type="application/json" id="caselog-failed">{state}</script>'.encode()
