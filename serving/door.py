"""A server's door: what may come in, in whose words the rest is refused, and the connections it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from uvicorn.config import Config

from serving.connections import Connections
from serving.exchange import new_request_id


@dataclass(frozen=True)
class RequestLimits:
    """How much of a request arrives before anybody is asked whether he wants it."""

    #: Request line and headers together; a sender's take less than one KiB.
    head_bytes: int = 32 * 1024
    head_fields: int = 100
    #: Until the head and the first byte of the body are there.
    head_timeout_s: float = 10.0
    #: From then until the body is complete; None where the application has a clock of its own.
    body_timeout_s: float | None = None
    #: Chunks of fewer bytes than `serving.heads` expects: each costs as much time as a large one.
    small_chunks: int = 64 * 1024
    #: What is still read of a body whose request has been answered, so that the connection can carry another.
    drain_bytes: int = 64 * 1024
    #: What is read and dropped of a sender to whom the last answer was given, and for how long: so that it is seen.
    linger_bytes: int = 1024 * 1024
    linger_s: float = 30.0
    #: How long an answer may wait for the other side to take more of it.
    write_timeout_s: float = 60.0


class HeadFault(Enum):
    """Why a request never becomes one."""

    NOT_HTTP = 400
    TOO_LARGE = 431


@dataclass(frozen=True)
class Refusal:
    """The answer to a request that never becomes one."""

    status: int
    media_type: str
    body: bytes

    def as_answer(self, headers: Mapping[str, str]) -> bytes:
        """The whole answer, after which the connection ends; like every other it bears a request id and ``headers``."""
        status = HTTPStatus(self.status)
        others = "".join(f"{name.lower()}: {value}\r\n" for name, value in headers.items())
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: {self.media_type}\r\n"
            f"content-length: {len(self.body)}\r\nx-request-id: {new_request_id()}\r\nconnection: close\r\n"
            f"{others}\r\n"
        )
        return head.encode() + self.body


Refuse = Callable[[HeadFault, RequestLimits], Refusal]


#: So much is read of one connection at once.
_READ_BYTES: Final = 64 * 1024


@dataclass
class Door:
    """What the connections of one server have in common; ``refuse`` writes in the server's own words.

    They read into one ``buffer``, whose content is taken before another one reads. ``ending`` counts those whose last
    answer is given. Answers that no application makes bear ``headers``.
    """

    limits: RequestLimits
    refuse: Refuse
    connections: Connections
    buffer: memoryview = field(default_factory=lambda: memoryview(bytearray(_READ_BYTES)))
    ending: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


class DoorConfig(Config):
    """uvicorn's configuration, and the door."""

    def __init__(self, door: Door, app: Any, **options: Any) -> None:
        self.door = door
        super().__init__(app, **options)
