"""Requests as bytes, and what may be answered to each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from collector.errors import STATUS

STORED: Final = frozenset({200})
NOT_HTTP: Final = frozenset({400})
#: Documented answers but those of this side: whoever gets one of these was told something true of his request.
ANY: Final = frozenset({200, 207, *STATUS.values()}) - {500, 503}


@dataclass
class Request:
    """One request; ``statuses`` is what it may be answered, ``ids`` the logs that its body holds."""

    key: bytes
    body: bytes
    statuses: frozenset[int]
    media: bytes = b"application/json"
    encoding: bytes | None = None
    ids: tuple[str, ...] = ()
    method: bytes = b"POST"
    target: bytes = b"/v1/logs"
    version: bytes = b"HTTP/1.1"
    before: bytes = b""
    host: bytes = b"Host: collector\r\n"
    lines: list[bytes] = field(default_factory=list)
    framing: bytes | None = None
    framed: bytes | None = None
    #: Whether the body is sent after the head, once something was said to it.
    waits: bool = False
    #: Whether more is announced than is sent.
    is_short: bool = False

    @property
    def head(self) -> bytes:
        own = [b"X-API-Key: " + self.key, b"Content-Type: " + self.media]
        own += [] if self.encoding is None else [b"Content-Encoding: " + self.encoding]
        framing = b"Content-Length: %d" % len(self.body) if self.framing is None else self.framing
        lines = [line for line in [*own, framing, *self.lines] if line]
        first = b"%s %s %s\r\n" % (self.method, self.target, self.version)
        return self.before + first + self.host + b"".join(line + b"\r\n" for line in lines) + b"\r\n"

    @property
    def content(self) -> bytes:
        """What follows the head."""
        return self.body if self.framed is None else self.framed
