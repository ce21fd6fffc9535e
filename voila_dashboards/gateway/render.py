"""A page as it is sent: the shell at once, then what the visit's kernel makes of it.

The shell is the gateway's own. A preheated kernel's part was begun before the visitor came, so nothing about
a visitor can stand in it; and the skeleton is on the screen before Voila is even asked.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from voila_dashboards.gateway.html import Shell
from voila_dashboards.gateway.visits import Visit
from voila_dashboards.voila.client import Voila, VoilaSilent

logger = logging.getLogger(__name__)

_KERNEL_MARK: Final = re.compile(rb"<!--caselog-kernel:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-->")
#: The mark is the first thing our template writes.
_MARK_WITHIN: Final = 2048
_FAILED: Final = {
    "page": {
        "error": {
            "code": "unavailable",
            "message": "The page could not be built just now. Load it again in a few seconds.",
        }
    }
}

EndVisit = Callable[[Visit], Awaitable[None]]
Bind = Callable[[Visit, str], bool]


async def stream_page(
    voila: Voila, visit: Visit, grant: str, shell: Shell, bind: Bind, end_visit: EndVisit
) -> AsyncIterator[bytes]:
    """The whole document in pieces; a visit whose page could not be built, or was left early, is ended."""
    is_complete = False
    try:
        yield shell.head
        async for piece in _kernel_part(voila, visit, grant, bind):
            yield piece
        is_complete = visit.is_redeemed and visit.kernel_id is not None
        if not is_complete:
            yield _failure()
        yield shell.tail
    finally:
        if not is_complete:
            await asyncio.shield(end_visit(visit))


async def _kernel_part(voila: Voila, visit: Visit, grant: str, bind: Bind) -> AsyncIterator[bytes]:
    head = b""
    try:
        async for piece in voila.render(visit.page, grant):
            if visit.kernel_id is None:
                head += piece
                if not _find_kernel(head, visit, bind):
                    continue
                piece = head  # noqa: PLW2901 - what was held back until the kernel was known
            yield piece
    except VoilaSilent as error:
        logger.warning("A page was not built: %s", error)


def _find_kernel(head: bytes, visit: Visit, bind: Bind) -> bool:
    """Whether Voila has said which kernel serves this visit; raises `VoilaSilent` where it cannot be bound."""
    match = _KERNEL_MARK.search(head)
    if match is None:
        if len(head) > _MARK_WITHIN:
            raise VoilaSilent("Voila named no kernel")
        return False
    if not bind(visit, match[1].decode()):
        raise VoilaSilent("Voila named a kernel that serves another visit")
    return True


def _failure() -> bytes:
    state = json.dumps(_FAILED).replace("<", "\\u003c")
    return f'<script type="application/json" id="caselog-failed">{state}</script>'.encode()
