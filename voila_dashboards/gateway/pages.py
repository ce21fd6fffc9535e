"""The three pages, the beacon that says a page was left, and whether the service is well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from lake.errors import LakeError
from lake.store import Store
from voila_dashboards.gateway.compression import accepts_gzip, gzip_pieces
from voila_dashboards.gateway.errors import DashboardsUnavailable, NoSuchPage
from voila_dashboards.gateway.guard import find_visitor, require_same_origin, require_visitor
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.keeper import Keeper
from voila_dashboards.gateway.render import stream_page
from voila_dashboards.gateway.sessions import Sessions, Visitor
from voila_dashboards.gateway.visits import Visits
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila

_MOST_PARAMS: Final = 32
_LONGEST_NAME: Final = 64
_LONGEST_VALUE: Final = 4000


class Pages:
    """Handlers of what a signed-in visitor opens."""

    def __init__(
        self,
        settings: DashboardSettings,
        store: Store,
        sessions: Sessions,
        visits: Visits,
        keeper: Keeper,
        voila: Voila,
        html: Html,
    ) -> None:
        self._settings = settings
        self._store = store
        self._sessions = sessions
        self._visits = visits
        self._keeper = keeper
        self._voila = voila
        self._html = html

    async def overview(self, request: Request) -> Response:
        """`GET /`."""
        return await self._page(request, "overview", read_params(request))

    async def tickets(self, request: Request) -> Response:
        """`GET /tickets`."""
        return await self._page(request, "tickets", read_params(request))

    async def ticket(self, request: Request) -> Response:
        """`GET /ticket/<client>/<log>`; a client's own scope decides, so a foreign client is not even looked for."""
        visitor = await require_visitor(request, self._sessions)
        client_id, log_id = request.path_params["client_id"], request.path_params["log_id"]
        if not log_id or not visitor.user.scope.allows(client_id):
            raise NoSuchPage
        params = {**read_params(request), "client_id": client_id, "log_id": log_id}
        return await self._page(request, "ticket", params)

    async def bye(self, request: Request) -> Response:
        """`POST /bye/<kernel id>`: the page was left; its kernel may go. The answer is the same for any id."""
        require_same_origin(request, self._settings.public_url)
        visitor = await find_visitor(request, self._sessions)
        visit = None if visitor is None else self._visits.of_kernel(request.path_params["kernel_id"], visitor)
        if visit is not None:
            self._keeper.leave(visit)
        return Response(status_code=204)

    async def healthz(self, _request: Request) -> Response:
        """`GET /healthz`: this process runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """`GET /readyz`: the store answers and Voila is up; 503 and what is awaited where not."""
        awaited = [] if self._voila.is_ready else ["voila"]
        try:
            await self._store.check_async()
        except LakeError:
            awaited.append("store")
        if awaited:
            return JSONResponse(
                {"status": "not ready", "waiting_for": awaited}, 503, headers={"Retry-After": "2"}
            )
        return JSONResponse({"status": "ready"})

    async def _page(self, request: Request, page: str, params: Mapping[str, str]) -> Response:
        visitor = await require_visitor(request, self._sessions)
        if not self._voila.is_ready or "prefetch" in request.headers.get("sec-purpose", ""):
            raise DashboardsUnavailable  # a browser that only prefetches is not worth a kernel
        if request.method == "HEAD":
            return Response(media_type="text/html")
        return await self._stream(request, visitor, page, params)

    async def _stream(
        self, request: Request, visitor: Visitor, page: str, params: Mapping[str, str]
    ) -> Response:
        visit, grant = await self._keeper.open(page, params, visitor)
        shell = self._html.shell(page, visitor)
        pieces = stream_page(self._voila, visit, grant, shell, self._visits.bind, self._keeper.end)
        headers = {"Vary": "Accept-Encoding, Cookie"}
        if accepts_gzip(request.headers.getlist("accept-encoding")):
            headers["Content-Encoding"] = "gzip"
            pieces = gzip_pieces(pieces)
        return StreamingResponse(pieces, media_type="text/html", headers=headers)


def read_params(request: Request) -> dict[str, str]:
    """The page's filters from its URL: texts, bounded in number and length; the last of a repeated one counts."""
    params = {
        name: value
        for name, value in request.query_params.items()
        if len(name) <= _LONGEST_NAME and len(value) <= _LONGEST_VALUE
    }
    return dict(list(params.items())[:_MOST_PARAMS])
