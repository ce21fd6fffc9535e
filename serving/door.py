"""A server's door: what may come in, in whose words the rest is refused, and the connections it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from uvicorn.config import Config

from serving.connections import Connections


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
    #: What is still read of a body whose request has been answered, so that the answer is seen.
    drain_bytes: int = 64 * 1024


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


Refuse = Callable[[HeadFault, RequestLimits], Refusal]


@dataclass(frozen=True)
class Door:
    """What the connections of one server have in common; ``refuse`` writes in the server's own words."""

    limits: RequestLimits
    refuse: Refuse
    connections: Connections


class DoorConfig(Config):
    """uvicorn's configuration, and the door."""

    def __init__(self, door: Door, app: Any, **options: Any) -> None:
        self.door = door
        super().__init__(app, **options)
