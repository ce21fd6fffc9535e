"""What uvicorn leaves unbounded: how large, and how long on its way, a request may be before anyone is known.

Everything that is not the body counts as head: request line, headers, the framing and extensions of chunks, and the
trailers behind them. Only what belongs to a body is the application's to bound.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.connections import State
from serving.door import DoorConfig, HeadFault
from serving.ending import AnswerTransport, Ending
from serving.offers import are_for_websocket, are_plainly_framed, lines_without_offer

#: A chunk says its size in up to ten digits, between two line ends: so much is no surplus, however small the chunks.
_FRAMING_BYTES: Final = 14
#: Colon, space and line end of a header.
_PUNCTUATION_BYTES: Final = 4
#: Requests sent before the first of them was answered. Browsers and HTTP libraries send one.
_MOST_PIPELINED: Final = 16
#: A chunk of so many bytes or more is none of the small ones, of which a body may only have so many.
_LARGE_CHUNK_BYTES: Final = 256
_VERSIONS: Final = frozenset({"1.0", "1.1"})


class BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol, but a head is small, it and the first of its body arrive in time, and refusals are ours."""

    def __init__(self, config: DoorConfig, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        self._door = config.door
        self._limits = config.door.limits
        self._fault = HeadFault.NOT_HTTP
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._is_idle = True  # between two messages
        self._in_head = False
        self._in_body = False
        self._is_half_closed = False  # the other side has said all
        self._declined = False  # an upgrade that is not ours
        self._ending: Ending | None = None  # nothing more that comes is wanted
        self._unanswered: deque[RequestResponseCycle] = deque()  # the first of them is being answered
        self._begun = 0  # messages that began in what is being read
        self._carried = 0  # bytes of what is being read that are a body's
        self._told_bytes = self._told_fields = 0  # of the message, as the parser told it
        self._surplus_bytes = 0  # of the message, whatever it is that is no body
        self._drained_bytes = 0
        self._chunks = self._body_bytes = 0  # of the message

    # ---------------------------------------------------------------- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn itself
        super().connection_made(transport)
        self._wait(self._limits.head_timeout_s)
        self._door.connections.join(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_write_timer()
        if self._ending is not None:
            self._ending.stop()
        self._door.connections.leave(self)
        for cycle in self._unanswered:  # uvicorn tells the last one only
            cycle.disconnected = True
            cycle.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn always closes
        """A sender that has closed his side after a whole request still reads its answer."""
        self._is_half_closed = True
        if self._ending is not None:
            return not self._ending.has_begun
        return self._answer_first()

    def abort(self) -> None:
        """Close at once: somebody else needs the place."""
        self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timer()
        self._tell_state()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_write_timer()
        self._tell_state()

    @property
    def is_asked_for(self) -> bool:
        """Whether the application reads the body that comes: what came of it before has been taken."""
        return self._in_body and not self.cycle.response_complete

    def data_received(self, data: memoryview) -> None:  # type: ignore[override]  # a part of the door's buffer
        self._unset_keepalive_if_required()
        if self.transport.is_closing():
            return
        if self._ending is not None:
            self._ending.drop(len(data))
            return
        was_idle, self._begun, self._carried = self._is_idle, 0, 0
        try:
            self._parse(data)
        except httptools.HttpParserUpgrade:
            self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            self._refuse(self._fault)
        else:
            self._count(len(data), was_idle=was_idle)
            self._keep_alive()
            if self._in_body and not self._is_idle and self.cycle.body and not self._is_answered():
                self.flow.pause_reading()  # until the application takes it

    def handle_websocket_upgrade(self) -> None:
        self._stop_waiting()
        self._door.connections.leave(self)
        super().handle_websocket_upgrade()

    # ---------------------------------------------------------------- what the parser tells

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun += 1
        self._is_idle, self._in_head, self._in_body = False, True, False
        self._told_bytes = self._told_fields = self._drained_bytes = self._chunks = self._body_bytes = 0
        if self._timer is None:
            self._wait(self._limits.head_timeout_s)

    def on_url(self, url: bytes) -> None:
        self._tell(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._told_fields += 1
        self._tell(len(name) + len(value) + _PUNCTUATION_BYTES)
        # Trailers are counted and dropped, as https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1 allows.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        method = self.parser.get_method()
        if self.parser.should_upgrade() and method == b"CONNECT":
            raise ValueError("no proxy")  # the parser turns it into an error of its own
        if self.parser.get_http_version() not in _VERSIONS or not are_plainly_framed(self.headers):
            raise ValueError("another version or coding")  # the parser takes 0.9, 2.0 and any list of codings
        if self.parser.should_upgrade() and not (method == b"GET" and self._is_websocket()):
            self._declined = True
            return
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise ValueError("too many at once")
        super().on_headers_complete()
        self._in_head = False
        if not self.parser.should_upgrade():
            self._take_up(self.cycle)
        self._tell_state()

    def _is_websocket(self) -> bool:
        return self._should_upgrade() and are_for_websocket(self.headers)

    def _take_up(self, cycle: RequestResponseCycle) -> None:
        self._unanswered.append(cycle)
        has_body = cycle.scope["method"] != "HEAD"
        cycle.transport = AnswerTransport(self.transport, self._end, self._is_over, has_body=has_body)  # type: ignore[assignment]  # all it uses
        if self.expect_100_continue:  # where the answer comes first, nobody knows whether the body will
            cycle.keep_alive = False

    def on_chunk_header(self) -> None:
        self._carried += _FRAMING_BYTES
        self._chunks += 1
        if self._chunks > self._limits.small_chunks + self._body_bytes // _LARGE_CHUNK_BYTES:
            self._fault = HeadFault.TOO_LARGE
            raise ValueError("too many chunks")

    def on_body(self, body: bytes) -> None:
        self._carried += len(body)
        self._body_bytes += len(body)
        if not self._in_body:
            self._in_body = True
            self._stop_waiting()
            if self._limits.body_timeout_s is not None:
                self._wait(self._limits.body_timeout_s)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._declined:
            return
        self._is_idle = True
        self._stop_waiting()
        super().on_message_complete()
        self._tell_state()

    def on_response_complete(self) -> None:
        self._unanswered.popleft()
        if not self._is_over():
            super().on_response_complete()
        if self._is_answered() and not (self._is_idle or self._ending or self._timer):  # before it was whole
            self._wait(self._limits.head_timeout_s)
        self._tell_state()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # the parser's words help nobody
        self._refuse(HeadFault.NOT_HTTP)

    # ---------------------------------------------------------------- an upgrade that is not ours

    def _parse(self, rest: memoryview) -> None:
        """Feed the parser; raises what it raises. An offer other than a websocket's is as if not made.

        The parser takes what follows such a head for another protocol, and would skip the body: it begins anew with
        the same head, less the offer. `curl --http2` makes one with every POST.
        """
        while rest:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                if not self._declined:
                    raise
                rest = rest[upgrade.args[0] :]
                self._parse_head_without_offer()
            else:
                return

    def _parse_head_without_offer(self) -> None:
        version, method = self.parser.get_http_version().encode(), self.parser.get_method()
        lines = [b"%s %s HTTP/%s" % (method, self.url, version), *lines_without_offer(self.headers), b"", b""]
        self._declined = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn
        self.parser.feed_data(b"\r\n".join(lines))

    # ---------------------------------------------------------------- limits

    def _tell(self, size: int) -> None:
        self._told_bytes += size
        if self._told_bytes > self._limits.head_bytes or self._told_fields > self._limits.head_fields:
            self._fault = HeadFault.TOO_LARGE
            raise ValueError("too large")

    def _count(self, size: int, *, was_idle: bool) -> None:
        """Count what was read and is no body: a header that has no end yet, and what the parser tells nobody."""
        surplus = max(0, size - self._carried)
        if self._begun == 0:
            self._surplus_bytes += surplus
        else:  # where one message ends and others begin, nobody can say whose the surplus is
            self._surplus_bytes = surplus if was_idle and self._begun == 1 else 0
        if self._surplus_bytes > self._limits.head_bytes:
            self._refuse(HeadFault.TOO_LARGE)
        elif self._is_answered() and not self._is_idle and not self._in_head:
            self._drain(size, self._limits.drain_bytes)

    def _drain(self, size: int, limit: int) -> None:
        """Count what nobody wants; beyond the limit the connection carries no other request."""
        self._drained_bytes += size
        if self._drained_bytes > limit:
            self._linger()

    def _wait(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _keep_alive(self) -> None:
        """Wait for the next request as long as is set; uvicorn forgets to where bytes came in between."""
        if self._is_idle and self._is_answered() and self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _give_up(self) -> None:
        self._timer = None
        if self._is_answered() and not (self._is_idle or self._in_head):
            self._linger()
        elif not self._answer_first():
            self.transport.close()

    def _refuse(self, fault: HeadFault) -> None:
        if self.transport.is_closing() or self._answer_first():
            return
        if not (self._in_head or self._is_idle) and self.cycle.response_started:
            if self._is_answered():
                self._linger()
            else:
                self.transport.close()  # an answer is on its way already
            return
        self.transport.write(self._door.refuse(fault, self._limits).as_answer(self._door.headers))
        self._linger()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _answer_first(self) -> bool:
        """Whether a request before this one waits for its answer: that is the last then, and nothing more is read."""
        if self.pipeline and not (self._in_head or self._is_idle):  # this one waits too, and is not whole
            self.pipeline.popleft()
            self._unanswered.pop()
            self.cycle = self._unanswered[-1]
        elif self._is_answered() or not (self._in_head or self._is_idle):
            return False
        self.cycle.keep_alive = False
        self._stop_waiting()
        self._ending = self._ending or Ending(self.transport, self.loop, self._door)
        return True

    def _end(self) -> None:
        """The last answer is written; whatever else was sent, it has to be seen."""
        if self._is_half_closed:
            self.transport.close()
        else:
            self._linger()
        self._start_write_timer()  # for what has not been taken yet

    def _is_over(self) -> bool:
        return self.transport.is_closing() or (self._ending is not None and self._ending.has_begun)

    def _linger(self) -> None:
        self._stop_waiting()
        self._ending = self._ending or Ending(self.transport, self.loop, self._door)
        self._ending.begin()

    def _start_write_timer(self) -> None:
        self._stop_write_timer()
        if self.transport.get_write_buffer_size():
            self._write_timer = self.loop.call_later(self._limits.write_timeout_s, self.transport.abort)

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _is_answered(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn has none before the first request
        return cycle is None or cycle.response_complete

    def _tell_state(self) -> None:
        if self._is_answered():
            state = State.WAITS if self._is_idle or self._in_head or self._ending else State.LAGS
        elif self.flow.write_paused or not (self._is_idle or self._in_head):
            state = State.LAGS
        else:
            state = State.WORKS
        self._door.connections.move(self, state)
