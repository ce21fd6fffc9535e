"""Pages that are open in a browser: each holds a websocket by which it learns that its session is over, and why.

A page that nobody touches has no kernel any more, or asks it nothing; what it shows is hidden all the same.
Nothing else passes here, and nothing is asked of the store for one page: `gateway.session_checks` asks for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from access.errors import AccessError
from lake.errors import LakeError
from voila_dashboards.gateway.errors import HeaderNotTrusted
from voila_dashboards.gateway.guard import find_session
from voila_dashboards.gateway.origin import is_same_origin
from voila_dashboards.gateway.session_end import SESSION_OVER, SessionEnd
from voila_dashboards.gateway.sessions import Session, Sessions

_POLICY_VIOLATION: Final = 1008
_TRY_AGAIN: Final = 1013
#: Of one session; a page beyond learns of the end with its next click, and asks again from time to time.
_MOST_OF_SESSION: Final = 50
MOST: Final = 2000


@dataclass(eq=False)
class _OpenPage:
    session: Session
    end: SessionEnd | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class OpenPages:
    """Every page that waits for the end of its session."""

    def __init__(self, sessions: Sessions, public_url: str | None) -> None:
        self._sessions = sessions
        self._public_url = public_url
        #: So many pages at once, of all sessions.
        self.most = MOST
        self._open: dict[str, list[_OpenPage]] = {}

    def sessions(self) -> list[Session]:
        """The sessions that have a page open, each once."""
        return [pages[0].session for pages in self._open.values()]

    def end_session(self, session_id: str, end: SessionEnd) -> None:
        """Tell every page of the session."""
        for page in self._open.get(session_id, ()):
            page.end = page.end or end
            page.ended.set()

    async def serve(self, page: WebSocket) -> None:
        """Answer `/session/<tag>/end`: nothing, until the session is over; then a close that says why.

        ``tag`` names the session that the page was opened in. Other sites get 403. Where the store is silent, or there
        are too many pages, the page is asked to try again.
        """
        if not is_same_origin(page, self._public_url):
            await page.close(_POLICY_VIOLATION)
            return
        try:
            session = await find_session(page, self._sessions)
        except (LakeError, AccessError, HeaderNotTrusted):
            await _close(page, _TRY_AGAIN)
            return
        if session is None or session.tag != page.path_params["tag"]:
            await _close(page, SESSION_OVER, SessionEnd.OVER if session is None else SessionEnd.OTHER)
        elif self._is_full(session):
            await _close(page, _TRY_AGAIN)
        else:
            await self._wait(page, session)

    def _is_full(self, session: Session) -> bool:
        own = len(self._open.get(session.session_id, ()))
        return own >= _MOST_OF_SESSION or sum(map(len, self._open.values())) >= self.most

    async def _wait(self, page: WebSocket, session: Session) -> None:
        with self._entered(session) as entry:
            await page.accept()
            tasks = [asyncio.create_task(_hear(page)), asyncio.create_task(entry.ended.wait())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
            await asyncio.wait(tasks)
        if entry.end is not None:
            await _close(page, SESSION_OVER, entry.end)
        else:  # it left, or said what nobody asked it
            await _close(page, _POLICY_VIOLATION)

    @contextmanager
    def _entered(self, session: Session) -> Iterator[_OpenPage]:
        entry = _OpenPage(session)
        pages = self._open.setdefault(session.session_id, [])
        pages.append(entry)
        try:
            yield entry
        finally:
            pages.remove(entry)
            if not pages:
                self._open.pop(session.session_id, None)


async def _hear(page: WebSocket) -> bool:
    """Return once the page is gone, or says something."""
    return bool(await page.receive())


async def _close(page: WebSocket, code: int, reason: str = "") -> None:
    """Accepted first: browsers complain on their console about a handshake that fails, and hear no reason."""
    if page.application_state is WebSocketState.CONNECTING:
        await page.accept()
    if WebSocketState.DISCONNECTED not in {page.application_state, page.client_state}:
        with suppress(WebSocketDisconnect):  # it left in this moment
            await page.close(code, reason)
