"""The collector's HTTP application: which address leads to which room, and how errors become answers."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request, Response
from lake import layout
from lake.errors import StoreUnavailable
from lake.store import Store
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector import openapi, reference
from collector.budget import Budget
from collector.endpoint import LogsEndpoint
from collector.errors import STATUS, CollectorError, NoSuchMethod, NoSuchPage, NotConfirmed, Unexpected, error_body
from collector.groups import Groups
from collector.pace import Pace
from collector.senders import Senders
from collector.settings import CollectorSettings

logger = logging.getLogger(__name__)

_JSON: Final = "application/json"
_encode = msgspec.json.Encoder().encode


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_object_id(now: datetime) -> str:
    """A fresh name for an object, sorting by time."""
    return layout.uuid7(now, os.urandom(10))


def create_app(
    settings: CollectorSettings,
    store: Store,
    *,
    now: Callable[[], datetime] = utc_now,
    new_id: Callable[[datetime], str] = new_object_id,
    clock: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """The collector over ``store``. ``now`` dates what is received, ``clock`` measures spans of time."""
    budget = Budget(settings.max_in_flight_bytes, settings.retry_after_s)
    groups = Groups(store, settings, budget, new_id)
    endpoint = LogsEndpoint(
        settings, Senders(store, settings, clock), Pace(settings.rate_limit_per_s, clock), budget, groups, now
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await groups.drain()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, **openapi.ABOUT)
    app.state.budget = budget
    app.add_api_route("/v1/logs", endpoint.post_logs, methods=["POST"], **openapi.POST_LOGS)
    _add_health(app, settings, store)
    reference.add_pages(app, settings)
    _add_error_answers(app, settings)
    return app


def _add_health(app: FastAPI, settings: CollectorSettings, store: Store) -> None:
    async def healthz() -> Response:
        return Response(_encode({"status": "ok"}), media_type=_JSON)

    async def readyz() -> Response:
        try:
            await store.check_async()
        except StoreUnavailable as error:
            raise NotConfirmed("a listing", settings.retry_after_s) from error
        return Response(_encode({"status": "ready"}), media_type=_JSON)

    app.add_api_route("/healthz", healthz, methods=["GET"], **openapi.HEALTHZ)
    app.add_api_route("/readyz", readyz, methods=["GET"], **openapi.READYZ)


def _add_error_answers(app: FastAPI, settings: CollectorSettings) -> None:
    async def answer(_: Request, error: Exception) -> Response:
        return error_response(_known_error(error, settings))

    for kind in (CollectorError, HTTPException, StoreUnavailable):
        app.add_exception_handler(kind, answer)
    app.add_middleware(AnswerDefects)


def _known_error(error: Exception, settings: CollectorSettings) -> CollectorError:
    if isinstance(error, CollectorError):
        return error
    if isinstance(error, HTTPException) and error.status_code == 405:
        return NoSuchMethod((error.headers or {}).get("Allow", ""))
    if isinstance(error, HTTPException):
        return NoSuchPage()
    logger.warning("Looking up a key: %s", error)
    return NotConfirmed("who you are", settings.retry_after_s)


def error_response(error: CollectorError) -> Response:
    """The answer to a request that ended in ``error``."""
    return Response(_encode(error_body(error)), STATUS[type(error)], dict(error.headers), _JSON)


class AnswerDefects:
    """Outermost: a defect becomes a plain 500, and a log line that names the place and quotes nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            logger.error("Defect: %s at %s", type(error).__name__, _place(error))
            if not started:
                await error_response(Unexpected())(scope, receive, send)


def _place(error: BaseException) -> str:
    """File and line where ``error`` was raised."""
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
