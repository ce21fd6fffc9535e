"""One log's trace as a file, also one that is too big for a page.

A trace is in memory while it is sent. So only so many are sent at once, of one user fewer, and to nobody who does not
read; who asks for more waits a moment, and then is told when to come back.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from access.audit import Event, name_log
from access.snapshots import SnapshotSource
from voila_dashboards.gateway.audit import Audit
from voila_dashboards.gateway.errors import NoSuchPage, TooManyTraces
from voila_dashboards.gateway.guard import require_session
from voila_dashboards.gateway.places import NoPlace, Places
from voila_dashboards.gateway.sending import SentFile, pieces_of
from voila_dashboards.gateway.sessions import Session, Sessions

#: Traces that are read or sent at once, of everybody and of one user: each may be as large as a log.
_MOST: Final = 12
_MOST_OF_USER: Final = 3
_MOST_WAITING: Final = 9
_WAIT_S: Final = 10.0
_MEDIA_TYPE: Final = "application/json"


class TraceFiles:
    """Handlers of traces; what is not the viewer's is not there."""

    def __init__(
        self, sessions: Sessions, snapshots: SnapshotSource, audit: Audit, on_their_way: set[SentFile]
    ) -> None:
        self._sessions = sessions
        self._snapshots = snapshots
        self._audit = audit
        self._on_their_way = on_their_way
        self._places = Places(_MOST, _MOST_OF_USER, _MOST_WAITING)

    async def one(self, request: Request) -> Response:
        """`GET /trace/<client>/<month>/<log>`; raises `TooManyTraces`, `NoSuchPage`, `StoreUnavailable`."""
        session = await require_session(request, self._sessions)
        user = session.viewer.name
        try:
            await self._places.take(user, _WAIT_S)
        except NoPlace:
            raise TooManyTraces from None
        try:
            found = await self._find(request, session)
        except BaseException:
            self._places.give_back(user)
            raise
        return self._file(request, session, found)

    async def _find(self, request: Request, session: Session) -> bytes:
        wanted = [request.path_params[name] for name in ("client_id", "month", "log_id")]
        found = None
        if session.viewer.may_see(wanted[0]):
            found = await asyncio.to_thread(self._snapshots.trace, session.viewer.scope, *wanted)
        if found is None:
            raise NoSuchPage
        return found

    def _file(self, request: Request, session: Session, found: bytes) -> Response:
        user = session.viewer.name
        headers = {"Content-Disposition": "attachment", "Content-Length": str(len(found))}
        if request.method == "HEAD":  # nothing was taken
            self._places.give_back(user)
            return Response(media_type=_MEDIA_TYPE, headers=headers)
        client_id, what = request.path_params["client_id"], name_log(request.path_params["log_id"])
        self._audit.note(Event.DOWNLOADED, request, user=user, client_id=client_id, what=f"trace {what}")

        async def end() -> None:
            self._places.give_back(user)

        return SentFile(
            pieces_of(found), _MEDIA_TYPE, headers, session=session, on_their_way=self._on_their_way, end=end
        )
