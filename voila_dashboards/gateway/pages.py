"""The three pages, a trace as a file, and the beacon that says a page was left."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from access.snapshots import SnapshotSource
from voila_dashboards.gateway.compression import accepts_gzip
from voila_dashboards.gateway.document import Document
from voila_dashboards.gateway.errors import DashboardsUnavailable, NoSuchPage
from voila_dashboards.gateway.guard import find_session, require_same_origin, require_session
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.lifetimes import Lifetimes
from voila_dashboards.gateway.renders import Renders
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.gateway.visits import Visits
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila

_MOST_PARAMS: Final = 32
_LONGEST_NAME: Final = 64
_LONGEST_VALUE: Final = 4000


class Pages:
    """Handlers of what a signed-in viewer opens."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        visits: Visits,
        lifetimes: Lifetimes,
        renders: Renders,
        snapshots: SnapshotSource,
        voila: Voila,
        html: Html,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._visits = visits
        self._lifetimes = lifetimes
        self._renders = renders
        self._snapshots = snapshots
        self._voila = voila
        self._html = html

    async def overview(self, request: Request) -> Response:
        """`GET /`."""
        return await self._page(request, "overview", read_params(request))

    async def tickets(self, request: Request) -> Response:
        """`GET /tickets`."""
        return await self._page(request, "tickets", read_params(request))

    async def ticket(self, request: Request) -> Response:
        """`GET /ticket/<client>/<log>`; a client outside the viewer's scope is not even looked for."""
        session = await require_session(request, self._sessions)
        client_id, log_id = request.path_params["client_id"], request.path_params["log_id"]
        if not log_id or not session.viewer.may_see(client_id):
            raise NoSuchPage
        params = {**read_params(request), "client_id": client_id, "log_id": log_id}
        return await self._page(request, "ticket", params)

    async def trace(self, request: Request) -> Response:
        """`GET /trace/<client>/<month>/<log>`: a log's trace as a file, also one that is too big for a page."""
        session = await require_session(request, self._sessions)
        wanted = [request.path_params[name] for name in ("client_id", "month", "log_id")]
        found = None
        if session.viewer.may_see(wanted[0]):
            found = await asyncio.to_thread(self._snapshots.trace, session.viewer.scope, *wanted)
        if found is None:
            raise NoSuchPage
        return Response(found, media_type="application/json", headers={"Content-Disposition": "attachment"})

    async def bye(self, request: Request) -> Response:
        """`POST /bye/<kernel id>`: the page was left; its kernel may go. The answer is the same for any id."""
        require_same_origin(request, self._settings.public_url)
        session = await find_session(request, self._sessions)
        visit = None if session is None else self._visits.of_kernel(request.path_params["kernel_id"], session)
        if visit is not None:
            self._lifetimes.leave(visit)
        return Response(status_code=204)

    async def _page(self, request: Request, page: str, params: Mapping[str, str]) -> Response:
        session = await require_session(request, self._sessions)
        if not self._voila.is_ready or "prefetch" in request.headers.get("sec-purpose", ""):
            raise DashboardsUnavailable  # a browser that only prefetches is not worth a kernel
        if request.method == "HEAD":
            return Response(media_type="text/html")
        return await self._stream(request, session, page, params)

    async def _stream(
        self, request: Request, session: Session, page: str, params: Mapping[str, str]
    ) -> Response:
        visit = await self._lifetimes.open(page, params, session)
        gzip = accepts_gzip(request.headers.getlist("accept-encoding"))
        shell = self._html.shell(page, session)
        return Document(self._renders.begin(visit), shell, self._lifetimes.end, gzip=gzip)


def read_params(request: Request) -> dict[str, str]:
    """The page's filters from its URL: texts, bounded in number and length; the last of a repeated one counts."""
    params = {
        name: value
        for name, value in request.query_params.items()
        if len(name) <= _LONGEST_NAME and len(value) <= _LONGEST_VALUE
    }
    return dict(list(params.items())[:_MOST_PARAMS])
