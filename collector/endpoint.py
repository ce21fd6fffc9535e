"""``POST /v1/logs``: the steps from a request to its acknowledgement, in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collector import body
from collector.allowances import Allowances
from collector.answers import JSON, answer_to
from collector.body import BodyKind
from collector.budget import Budget, Hold
from collector.errors import InvalidLog, NotConfirmed, Overloaded, TooLarge, partial_body
from collector.groups import Groups
from collector.intake import ReceivedLines, Sender, read_lines, read_log
from collector.senders import Senders
from collector.settings import CollectorSettings
from collector.strict_json import without_bom
from serving.exchange import note

#: Unpacking and reading less than this takes a few milliseconds at most; more of it goes to a thread.
_INLINE_BYTES: Final = 256 * 1024
_INLINE_LINES: Final = 50

#: What is read takes several times its size for as long as it is: that many large bodies at once, no more.
_LARGE_AT_ONCE: Final = 2

#: Less than this is what every request takes.
_NOTICEABLE_S: Final = 0.1

_encode = msgspec.json.Encoder().encode
#: The answer to a client whose level is OFF: taken, and not stored.
_OFF: Final = _encode({"status": "off"})


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
        allowances: Allowances,
        budget: Budget,
        groups: Groups,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._senders = senders
        self._allowances = allowances
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
        asked_at = asyncio.get_running_loop().time()
        sender = await self._senders.identify(headers.api_keys)
        spent_s = asyncio.get_running_loop().time() - asked_at
        note(client_id=sender.client_id)
        with self._allowances.telling(sender):
            if sender.is_off:
                return await self._pass_over(headers, receive)
            return await self._store_from(sender, headers, receive, spent_s)

    async def _pass_over(self, headers: LogHeaders, receive: Receive) -> Response:
        """Receive what is sent, so that the connection goes on, and look at nothing of it."""
        limit, timeout_s = self._settings.max_body_bytes, self._settings.upload_timeout_s
        body.check_announced_size(headers.lengths, limit)
        with self._budget.hold() as hold:
            await body.receive(receive, hold.grow, limit=limit, timeout_s=timeout_s)
        return Response(_OFF, media_type=JSON)

    async def _store_from(
        self, sender: Sender, headers: LogHeaders, receive: Receive, spent_s: float
    ) -> Response:
        self._allowances.check(sender)
        kind = body.read_kind(headers.content_types, headers.encodings)
        body.check_announced_size(headers.lengths, self._settings.max_body_bytes)
        received_at = self._now()
        with self._budget.hold() as hold:
            found = await self._receive(receive, kind, sender, received_at, hold)
        lines = [log.line for log in found.logs]
        with self._allowances.taking(sender, lines):
            async with self._patience(spent_s):
                await self._groups.commit(sender.client_id, received_at, lines)
        note(logs=len(found.logs), code=InvalidLog.code if found.refused_lines else "")
        return _stored(found, kind)

    @asynccontextmanager
    async def _patience(self, spent_s: float) -> AsyncIterator[None]:
        """Wait for the store as long as may be, less what it took to say who sends; raises `NotConfirmed`."""
        left_s = max(0.0, self._settings.ack_timeout_s - spent_s) if spent_s > _NOTICEABLE_S else None
        try:
            async with asyncio.timeout(left_s):
                yield
        except TimeoutError:
            raise NotConfirmed("the log", self._settings.retry_after_s) from None

    async def _receive(
        self, receive: Receive, kind: BodyKind, sender: Sender, received_at: datetime, hold: Hold
    ) -> ReceivedLines:
        limit, timeout_s = self._settings.max_body_bytes, self._settings.upload_timeout_s
        sent = await body.receive(receive, hold.grow, limit=limit, timeout_s=timeout_s)
        if (text := _unpack_small(sent, kind)) is not None:
            return self._read(text, kind, sender, received_at, hold)

        def work() -> ReceivedLines:
            text = body.unpack(sent, kind.encoding, hold.grow, limit=limit)
            return self._read(text, kind, sender, received_at, hold)

        return await self._work_in_thread(work, receive, hold)

    async def _work_in_thread(
        self, work: Callable[[], ReceivedLines], receive: Receive, hold: Hold
    ) -> ReceivedLines:
        """What ``work`` returns; it waits no longer for its turn than for the store, and ends with its sender."""
        gone = asyncio.create_task(_await_end(receive, hold))
        try:
            async with asyncio.timeout(self._settings.ack_timeout_s):
                await self._large.acquire()
        except TimeoutError:
            raise Overloaded(self._settings.retry_after_s) from None
        else:
            try:
                hold.grow(0)
                return await asyncio.to_thread(work)
            finally:
                self._large.release()
        finally:
            gone.cancel()

    def _read(
        self, text: bytes, kind: BodyKind, sender: Sender, received_at: datetime, hold: Hold
    ) -> ReceivedLines:
        limits, text = self._settings, without_bom(text)
        max_log_bytes = sender.limits.largest_log(limits.max_log_bytes)
        if not kind.many:
            body.check_log_size(text, max_log_bytes)
            return ReceivedLines([read_log(text, sender, received_at)])
        lines = body.split_lines(text, max_lines=limits.max_logs_per_request)
        return read_lines(hold.while_wanted(lines), sender, received_at, max_log_bytes)


async def _await_end(receive: Receive, hold: Hold) -> None:
    """Abandon the request once its sender has closed the connection; the body has been received before."""
    await receive()
    hold.abandon()


def _unpack_small(sent: bytes, kind: BodyKind) -> bytes | None:
    """The body without its content coding, where that is quickly done; ``None`` where it is large."""
    if len(sent) > _INLINE_BYTES:
        return None
    try:
        text = body.unpack(sent, kind.encoding, _count_nothing, limit=_INLINE_BYTES)
    except TooLarge:
        return None
    return None if kind.many and text.count(b"\n") > _INLINE_LINES else text


def _count_nothing(_size: int) -> None:
    """So little, and only for a moment, is not counted."""


def _stored(found: ReceivedLines, kind: BodyKind) -> Response:
    ids = [log.log_id for log in found.logs]
    if found.refused_lines:
        return Response(_encode(partial_body(ids, found.refused_lines, found.fields)), 207, media_type=JSON)
    one = {"log_id": ids[0], "status": "stored"}
    answer = {"status": "stored", "logs": len(ids), "log_ids": ids} if kind.many else one
    return Response(_encode(answer), media_type=JSON)
