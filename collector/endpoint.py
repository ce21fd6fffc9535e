"""``POST /v1/logs``: the steps from a request to its acknowledgement, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collector import body
from collector.answers import answer_to
from collector.body import BodyKind
from collector.budget import Budget, Hold
from collector.groups import Groups
from collector.intake import ReceivedLog, Sender, read_lines, read_log
from collector.pace import Pace
from collector.senders import Senders
from collector.settings import CollectorSettings

#: Reading or unpacking less than this takes a few milliseconds at most; more of it goes to a thread.
_READ_INLINE_BYTES: Final = 256 * 1024
_UNPACK_INLINE_BYTES: Final = 64 * 1024

#: A decoded body can take twenty times its size for as long as it is read: that many large ones at once, no more.
_LARGE_AT_ONCE: Final = 2

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class LogHeaders:
    """The headers that matter, each with every value it was sent with: twice is not the same as once."""

    api_keys: list[str]
    content_types: list[str]
    encodings: list[str]
    lengths: list[str]

    @classmethod
    def of(cls, headers: Iterable[tuple[bytes, bytes]]) -> Self:
        """From the headers of an ASGI scope, whose names are lower-case."""
        found = cls([], [], [], [])
        lists = {
            b"x-api-key": found.api_keys,
            b"content-type": found.content_types,
            b"content-encoding": found.encodings,
            b"content-length": found.lengths,
        }
        for name, value in headers:
            if name in lists:
                lists[name].append(value.decode("latin-1"))
        return found


class LogsEndpoint:
    """Receives logs over its parts."""

    def __init__(
        self,
        settings: CollectorSettings,
        senders: Senders,
        pace: Pace,
        budget: Budget,
        groups: Groups,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._senders = senders
        self._pace = pace
        self._budget = budget
        self._groups = groups
        self._now = now
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The endpoint as an ASGI application of its own."""
        try:
            response = await self._store(LogHeaders.of(scope["headers"]), receive)
        except Exception as error:  # noqa: BLE001  # whatever it is, the sender is answered and the log says where
            response = answer_to(error, self._settings.retry_after_s)
        await response(scope, receive, send)

    async def post_logs(self, request: Request) -> Response:
        """Store one log, or all logs of an NDJSON body, and answer once the object store has confirmed them."""
        return await self._store(LogHeaders.of(request.scope["headers"]), request.receive)

    async def _store(self, headers: LogHeaders, receive: Receive) -> Response:
        sender = await self._senders.identify(headers.api_keys)
        self._pace.check(sender.client_id)
        kind = body.read_kind(headers.content_types, headers.encodings)
        body.check_announced_size(headers.lengths, self._settings.max_body_bytes)
        received_at = self._now()
        with self._budget.hold() as hold:
            logs = await self._receive(receive, kind, sender, received_at, hold)
        self._pace.take(sender.client_id, len(logs))
        await self._groups.commit(sender.client_id, received_at, [log.line for log in logs])
        return _stored(logs, kind)

    async def _receive(
        self, receive: Receive, kind: BodyKind, sender: Sender, received_at: datetime, hold: Hold
    ) -> list[ReceivedLog]:
        limit, timeout_s = self._settings.max_body_bytes, self._settings.upload_timeout_s
        sent = await body.receive(receive, hold.grow, limit=limit, timeout_s=timeout_s)
        text = await self._unpack(sent, kind, hold)
        if len(text) <= _READ_INLINE_BYTES:
            return self._read(text, kind, sender, received_at)
        async with self._large:
            return await asyncio.to_thread(self._read, text, kind, sender, received_at)

    async def _unpack(self, sent: bytes, kind: BodyKind, hold: Hold) -> bytes:
        limit = self._settings.max_body_bytes
        if len(sent) <= _UNPACK_INLINE_BYTES:
            return body.unpack(sent, kind.encoding, hold.grow, limit=limit)
        return await asyncio.to_thread(body.unpack, sent, kind.encoding, hold.grow, limit=limit)

    def _read(self, text: bytes, kind: BodyKind, sender: Sender, received_at: datetime) -> list[ReceivedLog]:
        limits = self._settings
        if not kind.many:
            body.check_log_size(text, limits.max_log_bytes)
            return [read_log(text, sender, received_at)]
        lines = body.split_lines(
            text, max_lines=limits.max_logs_per_request, max_log_bytes=limits.max_log_bytes
        )
        return read_lines(lines, sender, received_at)


def _stored(logs: list[ReceivedLog], kind: BodyKind) -> Response:
    ids = [log.log_id for log in logs]
    one = {"log_id": ids[0], "status": "stored"}
    answer = {"status": "stored", "logs": len(ids), "log_ids": ids} if kind.many else one
    return Response(_encode(answer), media_type="application/json")
