"""How errors become answers: one place, outermost, for every request."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from access.errors import AccessError
from collector.errors import (
    STATUS,
    CollectorError,
    DamagedRecord,
    FieldError,
    HeadTooLarge,
    InvalidLog,
    InvalidRequest,
    NotConfirmed,
    Unexpected,
    error_body,
)
from lake.errors import StoreUnavailable
from serving.door import HeadFault, Refusal, RequestLimits
from serving.exchange import note
from serving.service_log import describe_defect

logger = logging.getLogger(__name__)

JSON: Final = "application/json"
encode = msgspec.json.Encoder().encode


def json_response(content: object, status: int = 200) -> Response:
    """A small JSON answer."""
    return Response(encode(content), status, media_type=JSON)


def error_response(error: CollectorError) -> Response:
    """The answer to a request that ended in ``error``."""
    note(code=error.code)
    return Response(encode(error_body(error)), STATUS[type(error)], dict(error.headers), JSON)


def partial_body(
    log_ids: Sequence[str], refused_lines: Sequence[int], fields: Sequence[FieldError]
) -> dict[str, Any]:
    """The JSON that tells a sender which lines of a body were stored, and which cannot be."""
    message = (
        f"{len(refused_lines)} of the lines cannot be stored, as `refused_lines` and `fields` say; all others are. "
        "Sending them again is safe, and helps once those lines are mended."
    )
    error = {"code": InvalidLog.code, "message": message, "fields": [field.as_json() for field in fields]}
    return {
        "status": "partly_stored",
        "logs": len(log_ids),
        "log_ids": log_ids,
        "refused_lines": refused_lines,
        "error": error,
    }


def answer_to(error: Exception, retry_after_s: int) -> Response:
    """The answer to whatever was raised. A defect is a plain 500, and a log line with its place and no content."""
    if isinstance(error, CollectorError):
        return error_response(error)
    if isinstance(error, StoreUnavailable):
        note(store_error="lookup", reason=str(error))  # said with the answer, and not for each of thousands
        return error_response(NotConfirmed("who the API key belongs to", retry_after_s))
    if isinstance(error, AccessError):
        logger.error("Who an API key belongs to cannot be read: %s", error)
        return error_response(DamagedRecord(retry_after_s))
    logger.error("A request: %s", describe_defect(error))
    return error_response(Unexpected())


def refuse(fault: HeadFault, limits: RequestLimits) -> Refusal:
    """The answer to what never becomes a request."""
    error = HeadTooLarge(limits.head_bytes) if fault is HeadFault.TOO_LARGE else InvalidRequest()
    return Refusal(STATUS[type(error)], JSON, encode(error_body(error)))


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
