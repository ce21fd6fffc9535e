"""Whether the service runs, and whether it can do its work."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lake.errors import LakeError
from lake.store import Store
from serving.tasks import Tasks
from voila_dashboards.voila.client import Voila


class Health:
    """Handlers for whoever watches the service; nobody has to be signed in."""

    def __init__(self, store: Store, voila: Voila, tasks: Tasks) -> None:
        self._store = store
        self._voila = voila
        self._tasks = tasks

    async def healthz(self, _request: Request) -> Response:
        """`GET /healthz`: this process runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """`GET /readyz`: the store answers, Voila is up, every background task runs; else 503 and why not."""
        awaited = [] if self._voila.is_ready else ["voila"]
        try:
            await self._store.check_async()
        except LakeError:
            awaited.append("store")
        broken = self._tasks.broken
        if awaited or broken:
            why = {"status": "not ready", "waiting_for": awaited, **({"broken": broken} if broken else {})}
            return JSONResponse(why, 503, headers={"Retry-After": "2"})
        return JSONResponse({"status": "ready"})
