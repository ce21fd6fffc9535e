"""A page as it is sent: the shell at once, then what the visit's kernel makes of it.

The shell is the gateway's own, so that the skeleton is on the screen before Voila is even asked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from voila_dashboards.gateway.compression import gzip_pieces
from voila_dashboards.gateway.html import Shell
from voila_dashboards.gateway.renders import Render
from voila_dashboards.gateway.visits import Visit

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
        """Send it; also where nobody waits for it any more, the visit has an end."""
        try:
            await super().__call__(scope, receive, send)
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
