"""What uvicorn leaves unbounded: how long, and how large, the head of a request may get before anyone is known."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collector.answers import JSON, encode
from collector.errors import STATUS, CollectorError, HeadTooLarge, InvalidRequest, error_body

#: Request line and headers together; a sender's take less than one KiB.
MAX_HEAD_BYTES: Final = 32 * 1024


class BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol, but a head is small, it and the first of its body arrive in time, and errors are JSON."""

    head_timeout_s: float = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn itself
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(HeadTooLarge(MAX_HEAD_BYTES))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        self._await_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._forget_head()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._forget_head()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # the parser's words help nobody
        self._refuse(InvalidRequest())

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_s, self.transport.close)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self, error: CollectorError) -> None:
        if not self.transport.is_closing():
            self.transport.write(_whole_answer(error))
            self.transport.close()


def _whole_answer(error: CollectorError) -> bytes:
    """An answer as bytes, for requests that never become one."""
    body = encode(error_body(error))
    status = HTTPStatus(STATUS[type(error)])
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {JSON}\r\ncontent-length: {len(body)}\r\n"
    )
    return f"{head}connection: close\r\n\r\n".encode() + body
