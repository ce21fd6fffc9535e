"""Each request has an id: its answer bears it, and every line of the service log that is said on its way."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.exchange import Exchange, begin_exchange, end_exchange, new_request_id

logger = logging.getLogger(__name__)

HEADER: Final = b"x-request-id"
#: What a proxy or a sender may call a request, so that its own log and ours can be laid side by side.
_GIVEN: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
#: Failures of this side that are said each on its own within a second; beyond them it is said how many there were.
_SAID_PER_S: Final = 10

Watch = Callable[[Exchange], None]
#: Makes the answer to a request that the server cannot wait for any longer: it is being stopped.
MakeAnswer = Callable[[], ASGIApp]


class Exchanges:
    """Gives each request of ``app`` an id, and tells ``watch`` of each once its answer has begun, or there is none."""

    def __init__(self, app: ASGIApp, watch: Watch, stopping: MakeAnswer) -> None:
        self.app = app
        self._stopping = stopping
        self._watch = watch
        self._said = _Sparing()
        #: Requests that wait for their answer.
        self.open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(_id_of(scope))
        token = begin_exchange(exchange)
        self.open += 1
        answer = self._answering(scope, send, exchange)
        try:
            await self.app(scope, _counting(receive, exchange), answer)
        except asyncio.CancelledError:  # nobody but `serving.stopping` cancels a request
            if not exchange.status:
                await self._stopping()(scope, receive, answer)
        finally:
            self.open -= 1
            if not exchange.status:  # the other side is gone
                self._watch(exchange)
            end_exchange(token)

    def _answering(self, scope: Scope, send: Send, exchange: Exchange) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                exchange.route = getattr(scope.get("route"), "path", "")
                name = (HEADER, exchange.request_id.encode())
                message = {**message, "headers": [*message.get("headers", ()), name]}
                self._watch(exchange)
                if exchange.status >= 500 and not exchange.is_question:
                    self._said.failure(exchange)
            await send(message)

        return answer


def _counting(receive: Receive, exchange: Exchange) -> Receive:
    async def count() -> Message:
        message = await receive()
        exchange.received_bytes += len(message.get("body", b""))
        return message

    return count


def _id_of(scope: Scope) -> str:
    """The id that the request came with, where it can be one; else a new one."""
    for name, value in scope["headers"]:
        if name == HEADER and _GIVEN.fullmatch(value):
            return str(value, "ascii")
    return new_request_id()


class _Sparing:
    """Says what failed on this side, request by request, but never more lines than somebody can read."""

    def __init__(self) -> None:
        self._second = 0
        self._count = 0

    def failure(self, exchange: Exchange) -> None:
        second = int(exchange.begun)
        if second != self._second:
            if (unsaid := self._count - _SAID_PER_S) > 0:
                logger.warning("%d more requests were answered with 5xx within a second.", unsaid)
            self._second, self._count = second, 0
        self._count += 1
        if self._count <= _SAID_PER_S:
            whose = f" of client {exchange.client_id}" if exchange.client_id else ""
            code = f" {exchange.code}" if exchange.code else ""
            why = f": {exchange.reason}" if exchange.reason else "."
            logger.warning("A request%s was answered %d%s%s", whose, exchange.status, code, why)
