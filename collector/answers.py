"""How errors become answers: one place, outermost, for every request."""

from __future__ import annotations

import logging
import traceback
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from collector.errors import STATUS, CollectorError, NotConfirmed, Unexpected, error_body
from lake.errors import StoreUnavailable

logger = logging.getLogger(__name__)

JSON: Final = "application/json"
encode = msgspec.json.Encoder().encode


def json_response(content: object) -> Response:
    """A small JSON answer with status 200."""
    return Response(encode(content), media_type=JSON)


def error_response(error: CollectorError) -> Response:
    """The answer to a request that ended in ``error``."""
    return Response(encode(error_body(error)), STATUS[type(error)], dict(error.headers), JSON)


def answer_to(error: Exception, retry_after_s: int) -> Response:
    """The answer to whatever was raised. A defect is a plain 500, and a log line with its place and no content."""
    if isinstance(error, CollectorError):
        return error_response(error)
    if isinstance(error, StoreUnavailable):
        logger.warning("Before a log was read: %s", error)
        return error_response(NotConfirmed("who the API key belongs to", retry_after_s))
    logger.error("A request: %s", describe_defect(error))
    return error_response(Unexpected())


class AnswerErrors:
    """Answers what ``app`` raises, by `answer_to`."""

    def __init__(self, app: ASGIApp, retry_after_s: int) -> None:
        self._app = app
        self._retry_after_s = retry_after_s

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
        except Exception as error:  # noqa: BLE001  # whatever it is, the sender is answered and the log says where
            answer = answer_to(error, self._retry_after_s)
            if not started:
                await answer(scope, receive, send)


def describe_defect(error: BaseException) -> str:
    """The error's class and where it was raised: a whole traceback could quote what a log holds."""
    frames = traceback.extract_tb(error.__traceback__)
    return (
        f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
        if frames
        else type(error).__name__
    )
