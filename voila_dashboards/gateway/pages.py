"""The pages of the list, and the beacon that says a page was left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from voila_dashboards.gateway.compression import accepts
from voila_dashboards.gateway.document import Document
from voila_dashboards.gateway.errors import DashboardsUnavailable, NoSuchPage
from voila_dashboards.gateway.filters import read_params
from voila_dashboards.gateway.guard import find_session, require_same_origin, require_session
from voila_dashboards.gateway.html import Html
from voila_dashboards.gateway.lifetimes import Lifetimes
from voila_dashboards.gateway.renders import Renders
from voila_dashboards.gateway.sessions import Session, Sessions
from voila_dashboards.gateway.visits import Visits
from voila_dashboards.pages import PAGES, Page
from voila_dashboards.settings import DashboardSettings
from voila_dashboards.voila.client import Voila

_LONGEST_ZONE: Final = 64


class Pages:
    """Handlers of what a signed-in viewer opens."""

    def __init__(
        self,
        settings: DashboardSettings,
        sessions: Sessions,
        visits: Visits,
        lifetimes: Lifetimes,
        renders: Renders,
        voila: Voila,
        html: Html,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._visits = visits
        self._lifetimes = lifetimes
        self._renders = renders
        self._voila = voila
        self._html = html

    def routes(self) -> list[Route]:
        """`GET` of every page, at the address that the list of pages gives it."""
        return [Route(page.path, self._handler(page)) for page in PAGES.values()]

    def _handler(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def show(request: Request) -> Response:
            return await self._page(request, page)

        return show

    async def bye(self, request: Request) -> Response:
        """`POST /bye/<kernel id>`: the page was left; its kernel may go. The answer is the same for any id."""
        require_same_origin(request, self._settings.public_url)
        session = await find_session(request, self._sessions)
        visit = None if session is None else self._visits.of_kernel(request.path_params["kernel_id"], session)
        if visit is not None:
            self._lifetimes.leave(visit)
        return Response(status_code=204)

    async def _page(self, request: Request, page: Page) -> Response:
        session = await require_session(request, self._sessions)
        params = {**read_params(request), **_named_in_path(request, page, session)}
        if zone := _zone_of(request, page):
            params.setdefault("zone", zone)
        if not self._voila.is_ready or "prefetch" in request.headers.get("sec-purpose", ""):
            raise DashboardsUnavailable  # a browser that only prefetches is not worth a kernel
        if request.method == "HEAD":
            return Response(media_type="text/html")
        return await self._stream(request, session, page, params)

    async def _stream(
        self, request: Request, session: Session, page: Page, params: Mapping[str, str]
    ) -> Response:
        visit = await self._lifetimes.open(page.name, params, session)
        gzip = accepts("gzip", request.headers.getlist("accept-encoding"))
        shell = self._html.shell(page, session)
        return Document(self._renders.begin(visit), shell, self._lifetimes.end, gzip=gzip)


def _zone_of(request: Request, page: Page) -> str:
    """Whose days the browser last said that pages count, where this one counts days; not to be trusted either."""
    zone = request.cookies.get("caselog_zone", "")
    return zone if "zone" in page.params and len(zone) <= _LONGEST_ZONE else ""


def _named_in_path(request: Request, page: Page, session: Session) -> dict[str, str]:
    """The parameters in the address; raises `NoSuchPage` for an empty one, and for a client that is not the viewer's.

    So a foreign client is not even looked for.
    """
    params = {name: str(request.path_params[name]) for name in page.path_params}
    client_id = params.get("client_id")
    if not all(params.values()) or (client_id is not None and not session.viewer.may_see(client_id)):
        raise NoSuchPage
    return params
