"""The collector's HTTP application: which address leads to which room."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from caselog.ids import uuid7_at
from collector import openapi, reference
from collector.answers import AnswerErrors, error_response, json_response
from collector.budget import Budget
from collector.endpoint import LogsEndpoint
from collector.errors import NoSuchMethod, NoSuchPage, NotConfirmed, NotReady
from collector.groups import Groups
from collector.pace import Pace
from collector.senders import Senders
from collector.settings import CollectorSettings
from lake.errors import StoreUnavailable
from lake.store import Store
from serving.tasks import Tasks

LOGS_PATH: Final = "/v1/logs"
#: FastAPI's own pages load scripts from elsewhere; a sender who is redirected may lose his body.
_NO_PAGES: Final[dict[str, Any]] = {
    "docs_url": None,
    "redoc_url": None,
    "openapi_url": None,
    "redirect_slashes": False,
}


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_object_id(now: datetime) -> str:
    """A fresh name for an object, sorting by time."""
    return uuid7_at(now, os.urandom(10))


class CollectorApp(FastAPI):
    """A FastAPI application whose one busy address is answered first.

    FastAPI's own way to a route costs as much as reading the log: for ``POST /v1/logs`` it is used for the
    reference only (`benchmarks/README.md` has the figures).
    """

    def __init__(
        self,
        settings: CollectorSettings,
        senders: Senders,
        budget: Budget,
        groups: Groups,
        endpoint: LogsEndpoint,
    ) -> None:
        super().__init__(lifespan=_finish_groups, **_NO_PAGES, **openapi.ABOUT)
        self.senders = senders
        self.budget = budget
        self.groups = groups
        self._logs = endpoint
        self.add_middleware(AnswerErrors, retry_after_s=settings.retry_after_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == LOGS_PATH and scope["method"] == "POST":
            await self._logs(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    settings: CollectorSettings,
    store: Store,
    *,
    now: Callable[[], datetime] = utc_now,
    new_id: Callable[[datetime], str] = new_object_id,
    clock: Callable[[], float] = time.monotonic,
) -> CollectorApp:
    """The collector over ``store``. ``now`` dates what is received, ``clock`` measures spans of time."""
    budget = Budget(settings.max_in_flight_bytes, settings.retry_after_s)
    tasks = Tasks()
    groups = Groups(store, settings, budget, new_id, tasks)
    pace = Pace(settings.rate_limit_per_s, clock)
    senders = Senders(store, settings, clock)
    endpoint = LogsEndpoint(settings, senders, pace, budget, groups, now)
    app = CollectorApp(settings, senders, budget, groups, endpoint)
    app.add_api_route(LOGS_PATH, endpoint.post_logs, methods=["POST"], **openapi.POST_LOGS)
    _add_health(app, settings, store, tasks)
    reference.add_pages(app, settings)
    app.add_exception_handler(HTTPException, _answer_routing)
    return app


@asynccontextmanager
async def _finish_groups(app: CollectorApp) -> AsyncIterator[None]:
    """Ends once what is being written has been written."""
    yield
    await app.groups.drain()


def _add_health(app: FastAPI, settings: CollectorSettings, store: Store, tasks: Tasks) -> None:
    async def healthz() -> Response:
        return json_response({"status": "ok"})

    async def readyz() -> Response:
        try:
            async with asyncio.timeout(settings.ack_timeout_s):
                await store.check_async()
        except (StoreUnavailable, TimeoutError) as error:
            raise NotConfirmed("a listing", settings.retry_after_s) from error
        if tasks.broken:
            raise NotReady(tasks.broken)
        return json_response({"status": "ready"})

    app.add_api_route("/healthz", healthz, methods=["GET"], **openapi.HEALTHZ)
    app.add_api_route("/readyz", readyz, methods=["GET"], **openapi.READYZ)
    for path, answer in (
        ("/healthz", healthz),
        ("/readyz", readyz),
    ):  # FastAPI gives HEAD to nobody by itself
        app.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False)


async def _answer_routing(_: Request, error: Exception) -> Response:
    """What FastAPI's router says, in the collector's own words."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        return error_response(NoSuchMethod((error.headers or {}).get("Allow", "")))
    return error_response(NoSuchPage())
