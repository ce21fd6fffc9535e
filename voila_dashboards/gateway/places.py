"""Places of which there are only so many, and of which one user has only so many: whoever has fewest is next.

Of those who have as many, the one whose last turn was longest ago is next. How many sessions, pages or connections a
user has makes no difference: what waits is handed on by user.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

#: As many as anybody asks for.
UNBOUNDED: Final = 1 << 30


class NoPlace(Exception):
    """None became free in time, or as many of the user wait already as may."""


@dataclass(eq=False)
class _Turn:
    whose: str
    is_there: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Places:
    """``most`` places, of which one user has ``most_of_one`` at most; ``most_waiting`` of one user wait for one."""

    def __init__(self, most: int, most_of_one: int, most_waiting: int = UNBOUNDED) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._most_waiting = most_waiting
        self._held: Counter[str] = Counter()
        self._waiting: list[_Turn] = []
        #: The number of the last turn of each user who has a place, or waits.
        self._last_turn: dict[str, int] = {}
        self._turns = 0

    @asynccontextmanager
    async def place(self, whose: str, within_s: float | None = None) -> AsyncIterator[None]:
        """A place while the block runs; raises `NoPlace` where none is free ``within_s``."""
        await self.take(whose, within_s)
        try:
            yield
        finally:
            self.give_back(whose)

    async def take(self, whose: str, within_s: float | None = None) -> None:
        """Wait for a place; who takes one gives it back. Raises `NoPlace`."""
        if self.take_now(whose):
            return
        if sum(turn.whose == whose for turn in self._waiting) >= self._most_waiting:
            raise NoPlace
        turn = _Turn(whose)
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(within_s):
                await turn.is_there
        except BaseException as error:
            self._give_up(turn)
            if isinstance(error, TimeoutError):
                raise NoPlace from error
            raise

    def take_now(self, whose: str) -> bool:
        """Take a place without waiting, where one is free; whether it is taken."""
        if not self._is_free(whose):  # of those who wait nobody could have it, or he had it
            return False
        self._note_turn(whose)
        return True

    def give_back(self, whose: str) -> None:
        """Let the next one have it."""
        self._held[whose] -= 1
        if not self._held[whose]:
            del self._held[whose]
        self._hand_on()

    def held(self, whose: str) -> int:
        """How many places the user has."""
        return self._held[whose]

    def _give_up(self, turn: _Turn) -> None:
        if turn in self._waiting:
            self._waiting.remove(turn)
        else:  # it became free in this moment
            self.give_back(turn.whose)

    def _note_turn(self, whose: str) -> None:
        self._held[whose] += 1
        self._turns += 1
        self._last_turn[whose] = self._turns

    def _is_free(self, whose: str) -> bool:
        return self._held.total() < self._most and self._held[whose] < self._most_of_one

    def _hand_on(self) -> None:
        """Give what is free to whoever has fewest; of equals by turns, and in the order in which they came."""
        while able := [turn for turn in self._waiting if self._is_free(turn.whose)]:
            turn = min(able, key=lambda each: (self._held[each.whose], self._last_turn.get(each.whose, 0)))
            self._waiting.remove(turn)
            self._note_turn(turn.whose)
            turn.is_there.set_result(None)
        present = {*self._held, *(turn.whose for turn in self._waiting)}
        self._last_turn = {whose: last for whose, last in self._last_turn.items() if whose in present}
