"""One at a time, and each client in turn: what one sends keeps another waiting for two of it at most."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """A lock that goes round the clients who wait for it, one turn each."""

    def __init__(self) -> None:
        self._is_taken = False
        #: Who waits, by client; the client whose turn is next is the first.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def take(self, client_id: str) -> None:
        """Return when it is this one's turn; whoever is given it calls `give_back`."""
        if not self._is_taken:
            self._is_taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client_id, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # given in the same moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """Let the next client have it."""
        while self._waiting:
            client_id = next(iter(self._waiting))
            theirs = self._waiting.pop(client_id)
            turn = theirs.popleft()
            if theirs:
                self._waiting[client_id] = theirs  # behind all others
            if not turn.done():  # else it was given up
                turn.set_result(None)
                return
        self._is_taken = False
