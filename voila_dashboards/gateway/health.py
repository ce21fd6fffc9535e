"""Whether the service runs, and whether it can do its work."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lake.errors import LakeError
from lake.store import Store
from serving.exchange import note
from serving.tasks import Tasks
from voila_dashboards.gateway.kernel_trial import KernelTrial
from voila_dashboards.voila.client import Voila

#: Whoever watches a service gives up after about as long.
_STORE_TIMEOUT_S: Final = 4.0


class Health:
    """Handlers for whoever watches the service; nobody has to be signed in."""

    def __init__(self, store: Store, voila: Voila, tasks: Tasks, trial: KernelTrial | None) -> None:
        """``trial`` is None where there are no kernels of this gateway's own."""
        self._store = store
        self._voila = voila
        self._tasks = tasks
        self._trial = trial

    async def healthz(self, _request: Request) -> Response:
        """`GET /healthz`: this process runs."""
        return JSONResponse({"status": "ok"})

    async def readyz(self, _request: Request) -> Response:
        """`GET /readyz`: store and Voila answer, a kernel starts, every background task runs; else 503 and why not."""
        note(is_question=True)  # it is asked again and again while the dashboards start
        awaited = [] if self._voila.is_ready else ["voila"]
        if not await self._store_answers():
            awaited.append("store")
        why_no_kernel = await self._trial.reason() if self._trial and self._voila.is_ready else ""
        if why_no_kernel:
            awaited.append("kernel")
        broken = self._tasks.broken
        if not awaited and not broken:
            return JSONResponse({"status": "ready"})
        why: dict[str, object] = {"status": "not ready", "waiting_for": awaited}
        why |= {"kernel": why_no_kernel} if why_no_kernel else {}
        why |= {"broken": broken} if broken else {}
        return JSONResponse(why, 503, headers={"Retry-After": "2"})

    async def _store_answers(self) -> bool:
        try:
            async with asyncio.timeout(_STORE_TIMEOUT_S):
                await self._store.check_async()
        except (LakeError, TimeoutError):
            return False
        return True
