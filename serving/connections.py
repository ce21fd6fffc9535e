"""How many connections a server holds at once, and which is closed to make room for a new one.

A process that is out of file descriptors answers nobody, not even `/healthz`. So there is a limit below theirs, and
beyond it the connection goes that costs nobody an answer: first those that have waited longest for a request, then
those whose request or answer the other side has not taken further, then the newest websocket. One whose
request is being worked on is never closed.
"""

from __future__ import annotations

import logging
import resource
import time
from collections import OrderedDict
from enum import Enum
from typing import Final, Protocol

logger = logging.getLogger(__name__)

#: More than this is memory that nobody has planned for, whatever number of files the system allows.
_MOST: Final = 4096
#: Files beside the connections: the store, Voila, kernels, data, and connections that wait to be accepted.
_RESERVE: Final = 512
#: So many more may come in, each until it has asked, while all others are being answered.
_SPARE: Final = 16
_SAY_EVERY_S: Final = 10.0


class State(Enum):
    """What a connection does, in the order in which it is given up."""

    WAITS = "no request has come in whole"
    LAGS = "the other side has to send or to take more"
    SOCKET = "a websocket"
    WORKS = "this side has to answer"


class Connection(Protocol):
    """Anything that can be closed at once."""

    def abort(self) -> None:
        """Close, without waiting for what is not sent yet."""


class Connections:
    """The connections of one server; ``most`` of them at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._states: dict[Connection, State] = {}
        self._queues: dict[State, OrderedDict[Connection, None]] = {state: OrderedDict() for state in State}
        self._closed = 0
        self._said_at = float("-inf")

    def __len__(self) -> int:
        return len(self._states)

    def join(self, newcomer: Connection, state: State = State.WAITS) -> None:
        """Count a new connection, and close another where that is one too many."""
        self._states[newcomer] = state
        self._queues[state][newcomer] = None
        while len(self._states) > self.most:
            victim = self._next_to_go(newcomer)
            if victim is None and len(self._states) <= self.most + _SPARE:
                return
            self._close(newcomer if victim is None else victim)

    def move(self, connection: Connection, state: State) -> None:
        """Record what a connection does from now on; the same as before changes nothing."""
        before = self._states.get(connection)
        if before is not None and before is not state:
            del self._queues[before][connection]
            self._queues[state][connection] = None
            self._states[connection] = state

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is over, or is counted as another from now on."""
        state = self._states.pop(connection, None)
        if state is not None:
            del self._queues[state][connection]

    def _next_to_go(self, newcomer: Connection) -> Connection | None:
        for state in (State.WAITS, State.LAGS):
            for longest in self._queues[state]:
                if longest is not newcomer:
                    return longest
        sockets = self._queues[State.SOCKET]  # old ones are pages that somebody looks at
        return next((newest for newest in reversed(sockets) if newest is not newcomer), None)

    def _close(self, connection: Connection) -> None:
        self.leave(connection)
        connection.abort()
        self._closed += 1
        now = time.monotonic()
        if now - self._said_at >= _SAY_EVERY_S:
            logger.warning(
                "There were more than %d connections: %d that waited were closed.", self.most, self._closed
            )
            self._said_at, self._closed = now, 0


def connections_within(open_files: int) -> tuple[int, int]:
    """How many connections a process may hold that may open so many files, and how many may wait to be accepted.

    >>> connections_within(1024), connections_within(128), connections_within(1_048_576)
    ((640, 192), (80, 24), (4096, 256))
    """
    reserve = min(_RESERVE, open_files * 3 // 8)
    return min(_MOST, open_files - reserve), reserve // 2


def open_files_limit() -> int:
    """How many files this process may open."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST + _RESERVE if soft == resource.RLIM_INFINITY else soft
