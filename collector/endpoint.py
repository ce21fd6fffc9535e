"""``POST /v1/logs``: the steps from a request to its acknowledgement, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from collector import body, reading
from collector.allowances import Allowances
from collector.answers import answer_to, json_response, partial_body
from collector.body import BodyKind, Sent
from collector.budget import Budget
from collector.errors import InvalidLog, NotConfirmed, Overloaded, TooLarge, UploadAborted
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

#: The answer to a client whose level is OFF: taken, and not stored.
_OFF: Final = {"status": "off"}


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


@dataclass(slots=True)
class _Asked:
    """The answer to who sends, of the time ``at``, and how long the store has been waited for, in seconds."""

    sender: Sender
    at: float
    spent_s: float


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
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._senders = senders
        self._allowances = allowances
        self._budget = budget
        self._groups = groups
        self._large_bodies = large_bodies
        self._now = now
        self._clock = clock

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
        asked = await self._ask(headers)
        note(client_id=asked.sender.client_id)
        with self._allowances.telling(asked.sender):
            if asked.sender.is_off:
                return await self._pass_over(headers, receive)
            return await self._store_from(asked, headers, receive)

    async def _ask(self, headers: LogHeaders, spent_s: float = 0.0) -> _Asked:
        begun = asyncio.get_running_loop().time()
        sender = await self._senders.identify(headers.api_keys)
        return _Asked(sender, self._clock(), spent_s + asyncio.get_running_loop().time() - begun)

    async def _ask_again(self, headers: LogHeaders, asked: _Asked) -> _Asked:
        """Who sends, and what is to become of it, as it is now: level and key may have changed since they were asked.

        The answer is remembered for `key_cache_ttl_s`, and is not asked for where next to no time has passed.
        """
        if self._clock() - asked.at <= _NOTICEABLE_S:
            return asked
        return await self._ask(headers, asked.spent_s)

    async def _pass_over(self, headers: LogHeaders, receive: Receive) -> Response:
        """Receive what is sent and keep nothing of it; a body that is larger or slower than one may be is not an error.

        Such a one is not read to its end here, so that the connection carries no other request.
        """
        limit = self._settings.max_body_bytes
        is_whole = body.is_announced_within(headers.lengths, limit) and await body.drop(
            receive, limit=limit, timeout_s=self._settings.upload_timeout_s
        )
        answer = json_response(_OFF)
        if not is_whole:
            answer.headers["Connection"] = "close"
        return answer

    async def _store_from(self, asked: _Asked, headers: LogHeaders, receive: Receive) -> Response:
        await self._hear(asked)
        self._allowances.check(asked.sender)
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
            asked = await self._ask_again(headers, asked)
            asked, found = await self._read_for(asked, headers, kind, received_at, sent, receive)
        if found is None:
            return json_response(_OFF)
        lines = [log.line for log in found.logs]
        await self._hear(asked)
        with self._allowances.taking(asked.sender, lines):
            await self._commit(asked.sender.client_id, received_at, lines, asked.spent_s)
        note(logs=len(found.logs), code=InvalidLog.code if found.refused_lines else "")
        return _stored(found, kind)

    async def _hear(self, asked: _Asked) -> None:
        """Return once it is known what others took of a client with a limit of a day; raises `NotConfirmed`."""
        if not asked.sender.limits.bytes_per_day:
            return
        begun = asyncio.get_running_loop().time()
        if not await self._allowances.hear(self._settings.ack_timeout_s - asked.spent_s):
            note(store_error="counts", reason="what collectors counted today was not read")
            raise NotConfirmed("how much this client has sent today", self._settings.retry_after_s)
        asked.spent_s += asyncio.get_running_loop().time() - begun

    async def _read_for(
        self,
        asked: _Asked,
        headers: LogHeaders,
        kind: BodyKind,
        received_at: datetime,
        sent: Sent,
        receive: Receive,
    ) -> tuple[_Asked, ReceivedLines | None]:
        """The logs of a body by the level that its sender has when they have been read; ``None`` where it is OFF."""
        while not asked.sender.is_off:
            found = await self._read(sent, self._reading(kind, asked.sender, received_at), receive)
            before, asked = asked.sender.keeps_traces, await self._ask_again(headers, asked)
            if asked.sender.keeps_traces == before and not asked.sender.is_off:
                return asked, found
        return asked, None

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
        return json_response(partial_body(ids, found.refused_lines, found.fields), 207)
    one = {"log_id": ids[0], "status": "stored"}
    answer = {"status": "stored", "logs": len(ids), "log_ids": ids} if kind.many else one
    return json_response(answer)
