"""``POST /v1/logs``: the steps from a request to its acknowledgement, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from collector import body
from collector.body import BodyKind
from collector.budget import Budget, Hold
from collector.errors import UploadAborted
from collector.groups import Groups
from collector.intake import ReceivedLog, Sender, read_lines, read_log
from collector.pace import Pace
from collector.senders import Senders
from collector.settings import CollectorSettings

#: Reading less than this takes a few milliseconds at most; more of it goes to a thread.
_READ_INLINE_BYTES: Final = 256 * 1024
_UNPACK_INLINE_BYTES: Final = 64 * 1024

_encode = msgspec.json.Encoder().encode


class LogsEndpoint:
    """Receives logs over its parts; holds no state of its own."""

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

    async def post_logs(self, request: Request) -> Response:
        """Store one log, or all logs of an NDJSON body, and answer once the object store has confirmed them."""
        headers = request.headers
        sender = await self._senders.identify(headers.getlist("x-api-key"))
        self._pace.check(sender.client_id)
        kind = body.read_kind(headers.getlist("content-type"), headers.getlist("content-encoding"))
        body.check_announced_size(headers.getlist("content-length"), self._settings.max_body_bytes)
        received_at = self._now()
        with self._budget.hold() as hold:
            logs = await self._receive(request, kind, sender, received_at, hold)
        self._pace.take(sender.client_id, len(logs))
        await self._groups.commit(sender.client_id, received_at, [log.line for log in logs])
        return _stored(logs, kind)

    async def _receive(
        self, request: Request, kind: BodyKind, sender: Sender, received_at: datetime, hold: Hold
    ) -> list[ReceivedLog]:
        limit, timeout_s = self._settings.max_body_bytes, self._settings.upload_timeout_s
        try:
            sent = await body.receive(request.stream(), hold.grow, limit=limit, timeout_s=timeout_s)
        except ClientDisconnect:
            raise UploadAborted from None
        text = await self._unpack(sent, kind, hold)
        if len(text) <= _READ_INLINE_BYTES:
            return self._read(text, kind, sender, received_at)
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
        lines = body.split_lines(text, max_lines=limits.max_logs_per_request, max_log_bytes=limits.max_log_bytes)
        return read_lines(lines, sender, received_at)


def _stored(logs: list[ReceivedLog], kind: BodyKind) -> Response:
    ids = [log.log_id for log in logs]
    answer = {"status": "stored", "logs": len(ids), "log_ids": ids} if kind.many else {"log_id": ids[0], "status": "stored"}
    return Response(_encode(answer), media_type="application/json")
