"""The collector's HTTP application: which address leads to which room."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from caselog.ids import uuid7_at
from collector import openapi, reference
from collector.allowances import Allowances
from collector.answers import AnswerErrors, error_response, json_response
from collector.budget import Budget
from collector.day_bytes import DayBytes
from collector.endpoint import LogsEndpoint
from collector.errors import MetricsWithheld, NoSuchMethod, NoSuchPage, NotReady, Stopping
from collector.groups import Groups
from collector.key_listing import KeyListing
from collector.key_uses import KeyUses
from collector.metrics import CollectorMetrics
from collector.pace import Pace
from collector.readiness import Readiness
from collector.reading_process import ReadingProcess
from collector.senders import Senders
from collector.settings import CollectorSettings
from lake import layout
from lake.store import Store
from serving.exchange import note
from serving.metrics import answer_with, may_read
from serving.requests import Exchanges
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


def without_prefix(scope: Scope, prefix: str, own: Collection[str]) -> Scope:
    """The request as it is where no proxy has put ``prefix`` before its path; many take it away themselves.

    ``own`` are the collector's own paths, each of which may begin as the prefix does (`/v1`).
    """
    if scope["type"] != "http" or scope["path"] in own or not scope["path"].startswith(prefix + "/"):
        return scope
    path = scope["path"].removeprefix(prefix)
    return {**scope, "path": path, "raw_path": path.encode()}


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
        day_bytes: DayBytes,
        large_bodies: ReadingProcess,
        endpoint: LogsEndpoint,
        metrics: CollectorMetrics,
    ) -> None:
        super().__init__(lifespan=_finish_groups, **_NO_PAGES, **openapi.ABOUT)
        self.senders = senders
        self.budget = budget
        self.groups = groups
        self.day_bytes = day_bytes
        self.large_bodies = large_bodies
        self.metrics = metrics

        def stopping() -> Response:
            return error_response(Stopping(settings.retry_after_s))

        self._logs = Exchanges(endpoint, metrics.note_exchange, stopping)
        metrics.refresh = lambda: metrics.set_in_flight(self._logs.open, budget.in_flight_bytes)
        self._prefix = settings.root_path
        self.add_middleware(AnswerErrors, retry_after_s=settings.retry_after_s)
        self.add_middleware(Exchanges, watch=metrics.note_exchange, stopping=stopping)

    @cached_property
    def _own_paths(self) -> frozenset[str]:
        return frozenset(route.path for route in self.routes if isinstance(route, Route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._prefix:
            scope = without_prefix(scope, self._prefix, self._own_paths)
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
    tasks, metrics = Tasks(), CollectorMetrics()
    groups = Groups(store, settings, budget, new_id, tasks, metrics)
    uses = KeyUses(store, settings.ack_timeout_s, tasks, now, clock)
    listing = KeyListing(store, settings.ack_timeout_s, tasks)
    senders = Senders(store, settings, uses, listing, now, clock)
    day_bytes = DayBytes(store, os.urandom(8).hex(), tasks, now, clock)
    allowances = Allowances(Pace(settings.rate_limit_per_s, clock), day_bytes, clock)
    large_bodies = ReadingProcess(settings.retry_after_s)
    endpoint = LogsEndpoint(settings, senders, allowances, budget, groups, large_bodies, now, clock)
    app = CollectorApp(settings, senders, budget, groups, day_bytes, large_bodies, endpoint, metrics)
    app.add_api_route(LOGS_PATH, endpoint.post_logs, methods=["POST"], **openapi.POST_LOGS)
    readiness = Readiness(
        store,
        tasks,
        layout.probe_key(new_id(now())),
        settings.ack_timeout_s,
        clock,
        lambda: metrics.note_store_error("probe"),
    )
    _add_health(app, readiness)
    _add_metrics(app, settings, metrics)
    reference.add_pages(app, settings)
    app.add_exception_handler(HTTPException, _answer_routing)
    return app


@asynccontextmanager
async def _finish_groups(app: CollectorApp) -> AsyncIterator[None]:
    """Ends once what is being written has been written, and what was counted has been told."""
    yield
    await app.groups.drain()
    await app.day_bytes.close()
    app.large_bodies.close()


def _add_health(app: FastAPI, readiness: Readiness) -> None:
    async def healthz() -> Response:
        return json_response({"status": "ok"})

    async def readyz() -> Response:
        note(is_question=True)  # it is asked again and again while a store is away
        if reasons := await readiness.reasons():
            raise NotReady(reasons)
        return json_response({"status": "ready"})

    app.add_api_route("/healthz", healthz, methods=["GET"], **openapi.HEALTHZ)
    app.add_api_route("/readyz", readyz, methods=["GET"], **openapi.READYZ)
    for path, answer in (
        ("/healthz", healthz),
        ("/readyz", readyz),
    ):  # FastAPI gives HEAD to nobody by itself
        app.add_api_route(path, answer, methods=["HEAD"], include_in_schema=False)


def _add_metrics(app: FastAPI, settings: CollectorSettings, metrics: CollectorMetrics) -> None:
    async def read_metrics(request: Request) -> Response:
        if not may_read(request, settings.metrics_token):
            raise MetricsWithheld
        return await answer_with(metrics, request)

    app.add_api_route("/metrics", read_metrics, methods=["GET"], include_in_schema=False)


async def _answer_routing(_: Request, error: Exception) -> Response:
    """What FastAPI's router says, in the collector's own words."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        return error_response(NoSuchMethod((error.headers or {}).get("Allow", "")))
    return error_response(NoSuchPage())
