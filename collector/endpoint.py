"""``POST /v1/logs``: the steps from a request to its acknowledgement, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collector import body, reading
from collector.allowances import Allowances
from collector.answers import JSON, answer_to
from collector.body import BodyKind, Sent
from collector.budget import Budget
from collector.errors import InvalidLog, NotConfirmed, Overloaded, TooLarge, UploadAborted, partial_body
from collector.groups import Groups
from collector.intake import ReceivedLines, Sender
from collector.reading import Reading
from collector.reading_process import ReadingProcess
from collector.senders import Senders
from collector.settings import CollectorSettings
from serving.exchange import note

#: Unpacking and reading less than this takes a few milliseconds at most; more of it goes to another process.
_INLINE_BYTES: Final = 64 * 1024
_INLINE_LINES: Final = 50
#: Commas and opening brackets: each costs as much as many letters. Fewer bytes cannot hold too many of them.
_INLINE_PARTS: Final = 4096
_FEW_PARTS_BYTES: Final = 16 * 1024

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
        large_bodies: ReadingProcess,
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._senders = senders
        self._allowances = allowances
        self._budget = budget
        self._groups = groups
        self._large_bodies = large_bodies
        self._now = now

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
            sent = await body.receive(
                receive,
                hold.grow,
                limit=self._settings.max_body_bytes,
                timeout_s=self._settings.upload_timeout_s,
            )
            found = await self._read(sent, self._reading(kind, sender, received_at), receive)
        lines = [log.line for log in found.logs]
        with self._allowances.taking(sender, lines):
            await self._commit(sender.client_id, received_at, lines, spent_s)
        note(logs=len(found.logs), code=InvalidLog.code if found.refused_lines else "")
        return _stored(found, kind)

    async def _commit(
        self, client_id: str, received_at: datetime, lines: Sequence[bytes], spent_s: float
    ) -> None:
        """Wait for the store as long as may be, less what it took to say who sends; raises as `Groups.commit`."""
        if spent_s <= _NOTICEABLE_S:  # a group has a timer, and one for each request costs 5 us
            await self._groups.commit(client_id, received_at, lines)
            return
        try:
            async with asyncio.timeout(max(0.0, self._settings.ack_timeout_s - spent_s)):
                await self._groups.commit(client_id, received_at, lines)
        except TimeoutError:
            raise NotConfirmed("the log", self._settings.retry_after_s) from None

    def _reading(self, kind: BodyKind, sender: Sender, received_at: datetime) -> Reading:
        limits = self._settings
        return Reading(
            kind.encoding,
            kind.many,
            sender.client_id,
            sender.keeps_traces,
            received_at,
            limits.max_body_bytes,
            sender.limits.largest_log(limits.max_log_bytes),
            limits.max_logs_per_request,
        )

    async def _read(self, sent: Sent, how: Reading, receive: Receive) -> ReceivedLines:
        """The logs of a body; a large one waits for its turn no longer than for the store, nor than its sender does."""
        if (text := _unpack_small(sent, how)) is not None:
            return reading.read_text(text, how)
        gone = asyncio.create_task(_await_end(receive))
        try:
            async with asyncio.timeout(self._settings.ack_timeout_s):
                await self._large_bodies.turns.take(how.client_id)
        except TimeoutError:
            raise Overloaded(self._settings.retry_after_s) from None
        else:
            try:
                if gone.done():
                    raise UploadAborted
                return await self._large_bodies.read(sent, how)
            finally:
                self._large_bodies.turns.give_back()
        finally:
            gone.cancel()


async def _await_end(receive: Receive) -> None:
    """Return once the sender has closed the connection; the body has been received before."""
    await receive()


def _unpack_small(sent: Sent, how: Reading) -> bytes | None:
    """The body without its content coding, where it is soon read; ``None`` where it is large."""
    if len(sent) > _INLINE_BYTES:
        return None
    try:
        text = body.unpack(bytes(sent), how.encoding, limit=_INLINE_BYTES)
    except TooLarge:
        return None
    if how.many and text.count(b"\n") > _INLINE_LINES:
        return None
    is_dense = len(text) > _FEW_PARTS_BYTES and sum(map(text.count, (b",", b"[", b"{"))) > _INLINE_PARTS
    return None if is_dense else text


def _stored(found: ReceivedLines, kind: BodyKind) -> Response:
    ids = [log.log_id for log in found.logs]
    if found.refused_lines:
        return Response(_encode(partial_body(ids, found.refused_lines, found.fields)), 207, media_type=JSON)
    one = {"log_id": ids[0], "status": "stored"}
    answer = {"status": "stored", "logs": len(ids), "log_ids": ids} if kind.many else one
    return Response(_encode(answer), media_type=JSON)
